r"""
How short must a pulse be to bring an echo?
===========================================

Twenty thousand emitters with a Gaussian line of standard deviation :math:`\sigma` are turned into
the equator. They radiate into a cavity together until their phases have parted. A pulse of
:math:`\pi` at the time :math:`T` turns the order of their phases round, and at :math:`2T` they
radiate together again (E. L. Hahn, Phys. Rev. 80, 580 (1950)). A pulse of finite length is a ramp
up and a ramp down of the drive; how much of the echo does it bring?
"""

from math import exp, pi

import matplotlib.pyplot as plt
import numpy as np

from blochball import Protocol, Rotation, System, models, twa

size, wait, dephasing = 20_000, 5.0, 0.01  # times in 1 / sigma
times = np.linspace(0, 2.6 * wait, 261)


def line(coupling, drive=0.0):
    """Return the emitters and their cavity, with a field along x."""
    system = models.broadened(
        size, 1.0, 40, coupling=coupling / size, dephasing=dephasing, polar=pi
    )
    return System(system.ensembles, system.jumps, drive=[drive] * system.sites)


def light(protocol):
    """Return the output of the cavity over N^2, and its standard error."""
    ds = twa.solve(protocol, times, trajectories=512, seed=1).sel(channel="cavity")
    return ds.output / size**2, ds.output_stderr / size**2


def pulsed(length, coupling):
    """Return a pulse of pi that takes twice a length: half of its area is in each ramp."""
    quiet, peak = line(coupling), line(coupling, pi / (2 * length))
    ramps = [(wait - length, quiet), (wait, peak), (wait + length, quiet)]
    return Protocol([(0, quiet), Rotation(pi / 2, "y"), *ramps])


# %%
# Every number of a System may change along straight lines, and a ``Rotation`` takes no time. The
# steps of the trajectories find the pulse by themselves.

figure, axes = plt.subplots(1, 2, figsize=(8, 3.3), layout="constrained")
sharp, error = light(models.spin_echo(line(0.3), wait))
axes[0].plot(times, sharp, color="k", label="no time")
for length, color in ((0.5, "C0"), (2.0, "C1")):
    mean, _ = light(pulsed(length, 0.3))
    axes[0].plot(times, mean, color=color, label=rf"{2 * length:g}$/\sigma$")
    axes[0].axvspan(wait - length, wait + length, color=color, alpha=0.12, lw=0)
axes[0].set(xlabel=r"time $\sigma t$", ylabel=r"$\langle L^\dagger L\rangle/N^2$", ylim=(0, 0.26))
axes[0].legend(title="the pulse takes")

lengths = np.geomspace(0.02, 3.0, 7)
for coupling, color in ((0.0, "C2"), (0.3, "C3"), (1.0, "C4")):
    echo = [light(pulsed(length, coupling))[0][times > 1.5 * wait].max() for length in lengths]
    axes[1].semilogx(2 * lengths, echo, "o-", color=color, label=rf"$N\Gamma={coupling:g}\,\sigma$")
axes[1].set(xlabel=r"length of the pulse $\sigma\tau$", ylabel="height of the echo", ylim=(0, None))
axes[1].legend()

# %%
# A pulse that takes less than :math:`1/\sigma` brings nearly all of the echo. A long one turns
# only those emitters that are as close to resonance as the pulse is narrow in frequency. The cavity
# changes little, because the emitters radiate together for a short time only.
#
# **Check.** An echo undoes every difference of frequency and no dephasing: without a cavity the
# mean spin at :math:`2T` is :math:`(N/2)e^{-4\gamma^0T}`.

ds = twa.solve(models.spin_echo(line(0.0), wait), [wait, 2 * wait], trajectories=512, seed=1)
lost, back = -ds.spin_x.sum("site")
noise = float(np.sqrt((ds.spin_x_stderr[1] ** 2).sum()))
known = size / 2 * exp(-4 * dephasing * wait)
print(
    f"mean spin {lost:.1f} at the pulse, {back:.1f} +- {noise:.1f} at the echo; known {known:.1f}"
)
assert abs(lost) < 0.02 * size
assert abs(back - known) < 5 * noise
