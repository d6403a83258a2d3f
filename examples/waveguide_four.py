r"""
What do thousands of emitters at four places of a waveguide emit?
=================================================================

The waveguide example of QuantumCumulants.jl: four clusters of 4000, 4000, 1000 and 1000 inverted
emitters at the phases 0, :math:`\pi`, 0, :math:`\pi` of a waveguide, with local decay. No exact
solution exists for different clusters of this size, so two theories are compared: second-order
cumulants, as there, and TWA.
"""

import matplotlib.pyplot as plt
import numpy as np

from blochball import CollectiveJump, Ensemble, System, cumulants, exact, twa


def clusters(sizes):
    """Ensembles at the phases 0, pi, 0, pi: an exchange sin(pi (k - l)) = 0 is left out."""
    signs = (-1.0) ** np.arange(len(sizes))
    guide = [CollectiveJump(0.5, signs, name=name) for name in ("left", "right")]
    return System([Ensemble(size, decay=1.0) for size in sizes], guide)


system = clusters([4000, 4000, 1000, 1000])
times = np.linspace(0, 4e-3, 101)
sampled = twa.solve(system, times, trajectories=2000, seed=1)
second = cumulants.solve(system, times, order=2)

figure, ax = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
for site, color in ((0, "C0"), (2, "C1")):
    size = system.ensembles[site].size
    mean, error = sampled.emission.isel(site=site), sampled.emission_stderr.isel(site=site)
    ax.plot(1e3 * times, mean / size**2, color=color, label=f"cluster of {size}, TWA")
    low, high = (mean - 3 * error) / size**2, (mean + 3 * error) / size**2
    ax.fill_between(1e3 * times, low, high, color=color, alpha=0.3)
    curve = second.emission.isel(site=site) / size**2
    ax.plot(1e3 * times, curve, ":", color=color, label="second-order cumulants")
ax.set(xlabel=r"time $10^3\,\Gamma t$", ylabel=r"$\langle J_l^+J_l^-\rangle/N_l^2$")
ax.legend()

# %%
# Phases of 0 and :math:`\pi` make all emitters one, apart from signs: the clusters burst
# together. Cumulants put the burst at the right time but make it too short and too high: they
# know the mean of its timing, not its spread.
#
# **Check.** As one ensemble of 10,000 the same system has an exact solution by Monte Carlo of
# populations.

one = System(Ensemble(10_000, decay=1.0), CollectiveJump(1.0, [1.0], name="guide"))
true = exact.solve(one, times, method="jumps", trajectories=1500, seed=1)
total = sum(sampled.output.sel(channel=name) for name in ("left", "right")) / 2
peak, expected = float(total.max()), float(true.output.max())
rival = float(second.output.sel(channel="left").max())
print(f"peak of the output / N^2: exact {expected / 1e8:.4f}, TWA {peak / 1e8:.4f}, ", end="")
print(f"cumulants {rival / 1e8:.4f}")
error = float(true.output_stderr.max())
assert abs(peak - expected) < 5 * error + 0.01 * expected
assert rival > 1.1 * expected
