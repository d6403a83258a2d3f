r"""
Do two lasers of different colour synchronise?
==============================================

Two ensembles of 200 emitters share one lossy cavity. Their transition frequencies differ by
:math:`\delta`, and each emitter is pumped at the rate :math:`w`. Are the dipoles of the two in
phase? M. Xu and others asked this of two clouds of atoms (Phys. Rev. Lett. 113, 154101 (2014)):
they lock as long as :math:`\delta` is smaller than the rate at which the cavity couples them.
"""

import matplotlib.pyplot as plt
import numpy as np

from blochball import CollectiveJump, Ensemble, System, exact, twa


def pair(size, splitting):
    """Two ensembles, detuned by plus and minus half of the splitting (units of N Gamma)."""
    rate = size  # N Gamma, with Gamma = 1
    ensembles = [
        Ensemble(size, pump=rate / 2, detuning=sign * splitting * rate / 2) for sign in (1, -1)
    ]
    return System(ensembles, CollectiveJump(1.0, [1, 1], name="cavity"))


def correlation(ds):
    """Correlation of the dipoles of the two ensembles, with their phase; 1 is perfect."""
    pairs = ds.correlation[-1].values
    return pairs[0, 1] / np.sqrt(pairs[0, 0].real * pairs[1, 1].real)


# %%
# TWA for 200 emitters in each ensemble, at ten splittings, and the exact density matrix for 6 in
# each. Both start inverted and are looked at after :math:`N\Gamma t=20`.

splittings = np.linspace(0.1, 3, 10)
late = {size: [20.0 / size] for size in (200, 6)}
sampled = [
    correlation(
        twa.solve(pair(200, s), late[200], trajectories=1000, seed=1, correlations=late[200])
    )
    for s in splittings
]
true = [correlation(exact.solve(pair(6, s), late[6], correlations=late[6])) for s in splittings]

# %%
# The dipoles are in phase at small splittings and turn away from each other as it grows; then the
# correlation is lost.

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.plot(splittings, np.abs(sampled), "o-", label="TWA, 200 + 200 emitters")
ax.plot(splittings, np.abs(true), "s--", color="0.4", label="exact, 6 + 6 emitters")
ax.set(xlabel=r"splitting $\delta/N\Gamma$", ylabel="correlation of the two dipoles", ylim=(0, 1))
ax.legend()

# %%
# **Check.** TWA at the exact solver's size, at one splitting.

there = 4
small = pair(6, splittings[there])
few = correlation(twa.solve(small, late[6], trajectories=20000, seed=2, correlations=late[6]))
print(f"6 + 6 emitters: exact {abs(true[there]):.3f}, TWA {abs(few):.3f}")
assert abs(few - true[there]) < 0.05
assert abs(sampled[0]) > 0.9
assert abs(sampled[-1]) < 0.5
