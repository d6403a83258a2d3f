r"""
How good is TWA for a superradiant laser?
=========================================

A hundred inverted emitters decay together into a bad cavity while each of them is pumped. The
truncated Wigner approximation (TWA) follows 2000 trajectories of one classical spin, the exact
solver the populations of the 2601 states :math:`|J, M\rangle`.
"""

import matplotlib.pyplot as plt
import numpy as np

from blochball import exact, models, twa

size = 100
laser = models.superradiant_laser(size, pump=0.25 * size)  # rates in units of the collective decay
times = np.linspace(0, 10 / size, 101)
sampled = twa.solve(laser, times, trajectories=2000, seed=1).isel(site=0)
true = exact.solve(laser, times).isel(site=0)

# %%
# The burst is sharper and earlier than the light of independent emitters, and it starts from
# quantum noise. TWA gets its time and its height.

scaled = size * times
band = 3 * sampled.emission_stderr / size**2
figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.plot(scaled, true.emission / size**2, color="k", label="exact")
ax.plot(scaled, sampled.emission / size**2, "--", color="C1", label="TWA")
mean = sampled.emission / size**2
ax.fill_between(scaled, mean - band, mean + band, color="C1", alpha=0.3, label="3 standard errors")
ax.set(xlabel=r"time $N\Gamma t$", ylabel=r"emission $\langle J^+J^-\rangle/N^2$")
ax.legend()

# %%
# **Check.** All points of the two curves together agree within the noise, and the noise is small.

error = (sampled.emission - true.emission)[1:] / sampled.emission_stderr[1:]
print(f"largest difference: {float(abs(error).max()):.1f} standard errors")
print(f"largest standard error: {float(band.max()) / 3:.4f}")
assert abs(error).max() < 5
assert band.max() / 3 < 0.003
