r"""
How far can a spin be twisted?
==============================

One-axis twisting, :math:`H=\chi (J^z)^2`, turns a spin that points along :math:`x` by an angle that
depends on its own :math:`J^z`. The uncertainty is sheared: at first it becomes squeezed, later it
wraps around the sphere and the mean spin is lost (M. Kitagawa and M. Ueda, Phys. Rev. A 47, 5138
(1993)). At :math:`\chi t=\pi` a spin that loses no emitter comes back. What do the theories know of
that?
"""

import matplotlib.pyplot as plt
import numpy as np

from blochball import cumulants, exact, models, observables, twa

figure, axes = plt.subplots(1, 2, figsize=(8, 3.3), layout="constrained")

few = models.one_axis_twisting(size=21)
times = np.linspace(0, np.pi, 200)
early = times[times < 0.8]
true = exact.solve(few, times).spin_x
sampled = twa.solve(few, times, trajectories=4000, seed=1)
second = cumulants.solve(few, early).spin_x
axes[0].plot(times, true / 10.5, color="k", label="exact")
axes[0].plot(times, sampled.spin_x / 10.5, "--", color="C1", label="TWA")
axes[0].plot(early, second / 10.5, ":", color="C0", label="second-order cumulants")
axes[0].set(xlabel=r"time $\chi t$", ylabel=r"$2\langle J^x\rangle/N$")
axes[0].set_title("21 emitters, no loss")
axes[0].legend()

lossy = models.one_axis_twisting(size=100, decay=1.0)
soon = np.linspace(0, 0.12, 41)
exactly = observables.wineland_squeezing(exact.solve(lossy, soon, moments="second"))[:, 0]
ds = twa.solve(lossy, soon, trajectories=20000, seed=1, moments="second")
xi = observables.wineland_squeezing(ds)[:, 0]
axes[1].plot(soon, exactly, color="k")
axes[1].plot(soon, xi, "--", color="C1")
axes[1].fill_between(soon, xi - 3 * xi.stderr, xi + 3 * xi.stderr, color="C1", alpha=0.3)
axes[1].set(xlabel=r"time $\chi t$", ylabel=r"$\xi_R^2$", yscale="log")
axes[1].set_title(r"100 emitters, decay $\chi$")

# %%
# TWA follows the collapse and the squeezing. It knows nothing of the revival: that :math:`J^z` is a
# whole or half number is forgotten when the state becomes a cloud of vectors. Cumulants of second
# order miss even the collapse and turn the spin round. The band is three standard errors.
#
# **Check.** The smallest :math:`\xi_R^2` of 100 emitters that decay at the rate :math:`\chi` is
# 0.1095, from the closed form of M. Foss-Feig and others, Phys. Rev. A 87, 042101 (2013).

best = int(exactly.argmin("time"))
mean, error = xi[best].item(), xi.stderr[best].item()
print(f"exact {exactly[best].item():.4f}, TWA {mean:.4f} +- {error:.4f}")
assert abs(exactly[best] - 0.10947) < 3e-4
assert abs(mean - exactly[best]) < 5 * error + 0.01 * exactly[best]
assert true[-1] > 10.4
assert abs(sampled.spin_x[-1]) < 1
