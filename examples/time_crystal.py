r"""
When does a driven ensemble never come to rest?
===============================================

A resonant field drives a collective spin that also decays collectively. For an infinite number of
emitters there is a transition at the drive :math:`\omega=\kappa/2`: below it the inversion
settles, above it the spin oscillates for ever, as a boundary time crystal (F. Iemini and others,
Phys. Rev. Lett. 121, 035301 (2018)). What do 20 and 80 emitters do?
"""

import matplotlib.pyplot as plt
import numpy as np

from blochball import exact, models, twa

kappa, drive = 1.0, 1.0
times = np.linspace(0, 60, 301)
figure, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
for color, size in (("C0", 20), ("C1", 80)):
    crystal = models.boundary_time_crystal(size, drive, kappa)
    true = exact.solve(crystal, times).isel(site=0)
    sampled = twa.solve(crystal, times, trajectories=2000, seed=1).isel(site=0)
    ax.plot(times, 2 * true.inversion / size, color=color, label=f"exact, N = {size}")
    ax.plot(times, 2 * sampled.inversion / size, "--", color="k", lw=0.8)
ax.plot([], [], "k--", lw=0.8, label="TWA")
ax.set(xlabel=r"time $\kappa t$", ylabel=r"inversion $2\langle J^z\rangle/N$")
ax.legend(loc="lower right")

# %%
# The oscillation lasts longer the larger the ensemble. Where it ends, the mean inversion follows
# from an exact steady state.
#
# **Check.** Below the transition the steady state of infinitely many emitters has the emission
# :math:`r^2/4` and the inversion :math:`-\sqrt{1-r^2}` per emitter, :math:`r=2\omega/\kappa` (R.
# R. Puri and S. V. Lawande, Phys. Lett. A 72, 200 (1979)).

for ratio in (0.4, 0.8):
    settled = exact.steady_state(models.boundary_time_crystal(80, ratio / 2, 1.0)).isel(
        site=0, time=0
    )
    emission, inversion = settled.emission / 80**2, 2 * settled.inversion / 80
    print(f"r = {ratio}: {float(emission):.4f} for {ratio**2 / 4:.4f}, ", end="")
    print(f"{float(inversion):.3f} for {-np.sqrt(1 - ratio**2):.3f}")
    assert abs(emission - ratio**2 / 4) < 0.01
    assert abs(inversion + np.sqrt(1 - ratio**2)) < 0.02
