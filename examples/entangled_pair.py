r"""
How long do two ensembles stay entangled?
=========================================

One ensemble is inverted, another is in its ground state, and excitations are exchanged. Pairs of
quanta appear out of nothing: as many leave the upper state as the lower one, so that the spins
across :math:`z` become correlated, more than any two separate ensembles can be. L.-M. Duan and
others, Phys. Rev. Lett. 84, 2722 (2000), say by how much; B. Julsgaard and others, Nature 413, 400
(2001), have seen it of two clouds of atoms. A cavity that both decay into destroys it.
"""

from math import pi

import matplotlib.pyplot as plt
import numpy as np

from blochball import CollectiveJump, Ensemble, System, exact, observables, twa


def pair(size, coupling):
    """Return opposite ensembles that exchange excitations and decay together."""
    ensembles = [Ensemble(size), Ensemble(size, polar=pi)]
    return System(ensembles, CollectiveJump(coupling, [1, 1]), exchange=[[0, 1], [1, 0]])


def both(size, coupling, times):
    """Return Duan's criterion, which is negative for entangled ensembles, of TWA."""
    ds = twa.solve(pair(size, coupling), times / size, 20_000, seed=1, moments="pairs")
    return observables.duan_criterion(ds)


# %%
# ``moments="pairs"`` keeps the second moments of two ensembles together, with the covariance of
# everything that the smallest eigenvalue in the criterion depends on: hence its standard error.

figure, axes = plt.subplots(1, 2, figsize=(8, 3.3), layout="constrained")
times = np.linspace(0, 1.5, 31)
few = 16
for coupling, color in ((0.0, "C0"), (0.5, "C1"), (2.0, "C3")):
    ds = exact.solve(pair(few, coupling), times / few, moments="pairs")
    true, mean = observables.duan_criterion(ds), both(few, coupling, times)
    axes[0].plot(times, true / few, "k", lw=0.8)
    axes[0].plot(times, mean / few, "--", color=color, label=rf"$\Gamma={coupling:g}\,h$")
    low, high = mean - 3 * mean.stderr, mean + 3 * mean.stderr
    axes[0].fill_between(times, low / few, high / few, color=color, alpha=0.3, lw=0)
axes[0].axhline(0, color="0.6", lw=0.8)
axes[0].set(xlabel=r"time $Nht$", ylabel="Duan's criterion / N", title="2 x 16 emitters")
axes[0].legend()

for size, style in ((16, ":"), (100, "--"), (1000, "-")):
    mean = both(size, 0.5, times)
    axes[1].plot(times, mean / size, style, color="C1", label=f"N = {size}")
axes[1].axhline(0, color="0.6", lw=0.8)
axes[1].set(xlabel=r"time $Nht$", title=r"$\Gamma=0.5\,h$, TWA")
axes[1].legend()

# %%
# Lines are exact, dashes TWA, and bands three standard errors.
#
# **Check.** Early on each ensemble is a mode with few quanta and the pair a two-mode squeezer: with
# :math:`s=Nht` the criterion is :math:`-\tfrac N2(1-e^{-2s})`.

early = np.array([0.05, 0.1, 0.2])
found = both(1000, 0.0, early)
known = -500 * (1 - np.exp(-2 * early))
print(
    [
        f"{f:.1f} +- {e:.1f}, known {k:.1f}"
        for f, e, k in zip(found.values, found.stderr.values, known, strict=True)
    ]
)
assert (abs(found - known) < 5 * found.stderr + 0.01 * 500).all()
