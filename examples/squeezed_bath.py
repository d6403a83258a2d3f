r"""
What does a squeezed reservoir make of its emitters?
====================================================

Emitters that decay together into a squeezed vacuum share the jump
:math:`L=\cosh r\,J^-+\sinh r\,J^+` (G. S. Agarwal and R. R. Puri, Phys. Rev. A 41, 3782 (1990)).
They come to rest in a state that :math:`L` annihilates, whose spin is squeezed as the reservoir is:
:math:`\xi_R^2=e^{-2r}`. That is so if there is such a state, which there is for an even number of
emitters only. How many must there be for it not to matter?
"""

import matplotlib.pyplot as plt
import numpy as np

from blochball import exact, models, observables, twa

figure, axes = plt.subplots(1, 2, figsize=(8, 3.3), layout="constrained")
squeezing = 1.0
sizes = np.arange(2, 62)


def at_rest(size):
    """Return xi_R^2 of the steady state."""
    ds = exact.steady_state(models.squeezed_superradiance(size, squeezing), moments="second")
    return observables.wineland_squeezing(ds).item()


xi = np.array([at_rest(size) for size in sizes])
for first, symbol, label in ((0, "o", "even"), (1, "s", "odd")):
    axes[0].plot(sizes[first::2], xi[first::2], symbol, ms=3.5, label=f"exact, N {label}")
larger = [40, 60, 100, 200, 400]
times = np.linspace(0, 3, 31)
for size in larger:
    system = models.squeezed_superradiance(size, squeezing, coupling=10 / size)
    ds = twa.solve(system, times[-1:], trajectories=20_000, seed=1, moments="second")
    sampled = observables.wineland_squeezing(ds)[0, 0]
    axes[0].errorbar(size, sampled, 3 * sampled.stderr, fmt="C3x", label="TWA" * (size == 40))
axes[0].axhline(np.exp(-2 * squeezing), color="0.6", lw=0.8)
axes[0].axvline(4 * np.exp(2 * squeezing), color="0.6", lw=0.8, ls=":")
axes[0].set(xlabel="emitters N", ylabel=r"$\xi_R^2$ at rest", xscale="log", yscale="log")
axes[0].set_yticks([0.2, 0.5, 1, 2, 4], ["0.2", "0.5", "1", "2", "4"], minor=False)
axes[0].set_yticks([], minor=True)
axes[0].set_title(r"$r=1$")
axes[0].legend()

# %%
# An odd number is not squeezed at all until there are many more emitters than
# :math:`e^{2r}=7.4`. From :math:`4e^{2r}` on (dotted) even and odd agree, and TWA, which knows no
# parity and warns below that, is right. In time, of a hundred emitters:

system = models.squeezed_superradiance(100, squeezing, coupling=0.1)
path = exact.solve(system, times, "liouvillian", moments="second")
ds = twa.solve(system, times, trajectories=20_000, seed=2, moments="second")
true, mean = (observables.wineland_squeezing(one)[:, 0] for one in (path, ds))
axes[1].plot(times, true, color="k", label="exact")
axes[1].plot(times, mean, "C3--", label="TWA")
axes[1].fill_between(times, mean - 3 * mean.stderr, mean + 3 * mean.stderr, color="C3", alpha=0.3)
axes[1].axhline(np.exp(-2 * squeezing), color="0.6", lw=0.8)
axes[1].set(xlabel=r"time $N\Gamma t/10$", ylabel=r"$\xi_R^2$", yscale="log")
axes[1].set_yticks([0.2, 0.5, 1], ["0.2", "0.5", "1"])
axes[1].set_yticks([], minor=True)
axes[1].set_title("100 emitters")
axes[1].legend()

# %%
# **Check.** The dark state of an even number has :math:`\xi_R^2` close to :math:`e^{-2r}` where
# :math:`N\gg e^{2r}`, and TWA agrees with the exact solution at all times.

print(f"N=60: {xi[-2]:.4f}, e^-2 = {np.exp(-2):.4f}, 100 emitters by TWA {mean[-1].item():.4f}")
assert abs(xi[-2] / np.exp(-2) - 1) < 0.2
assert xi[1] > 0.9
assert (abs(mean - true) < 5 * mean.stderr + 0.02 * true).all()
