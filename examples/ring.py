r"""
Does a ring laser choose a direction?
=====================================

Eight ensembles sit around a ring resonator, a quarter of a wavelength apart, and are pumped. Its
two modes run round in opposite senses and nothing tells them apart, so their means are equal. Is
each single realisation symmetric, too?
"""

import matplotlib.pyplot as plt
import numpy as np

from blochball import exact, models, twa

sites, size, winding = 8, 100, 2
pump = 0.3 * sites * size / 2
ring = models.ring(sites, size, winding, pump=pump)
times = np.linspace(0, 0.5, 51)
paths = twa.trajectories(ring, times, trajectories=400, seed=1)

# %%
# A trajectory's amplitude of a mode is the sum of its spins with the phases of the mode.

wave = np.exp(2j * np.pi * winding * paths.site / sites)
down = paths.spin_x - 1j * paths.spin_y
forward = abs((wave.conj() * down).sum("site")) ** 2
backward = abs((wave * down).sum("site")) ** 2
share = (forward / (forward + backward)).isel(time=-1)

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.3), layout="constrained")
for k, color in enumerate(("C0", "C1", "C2")):
    left.plot(times, forward.isel(trajectory=k) / (sites * size) ** 2, color=color)
    left.plot(times, backward.isel(trajectory=k) / (sites * size) ** 2, "--", color=color)
left.set(xlabel=r"time $\Gamma t$", ylabel="forward (solid), backward (dashed)")
right.hist(share, bins=20, range=(0, 1), color="0.5")
right.set(xlabel="forward share of a trajectory", ylabel="trajectories")

# %%
# Three trajectories on the left, the shares of all at the last time on the right. A share near 0 or
# 1 is the most frequent: the modes compete for the same emitters, and one of them usually wins. It
# can lose again, by noise.
#
# **Check.** Forward and backward are equal on average; and for three sites of four emitters the
# exact mean intensities are those of TWA.

means = [float(mode.isel(time=-1).mean()) for mode in (forward, backward)]
spread = float((forward - backward).isel(time=-1).std() / np.sqrt(paths.sizes["trajectory"]))
print(f"forward - backward: {(means[0] - means[1]) / spread:.1f} standard errors")
assert abs(means[0] - means[1]) < 5 * spread
few = models.ring(3, 4, 1, pump=2.0)
true, sampled = exact.solve(few, [2.0]), twa.solve(few, [2.0], trajectories=20000, seed=2)
print(f"three sites of four: exact {true.output.values[0]}, TWA {sampled.output.values[0]}")
assert abs(sampled.output / true.output - 1).max() < 0.05
