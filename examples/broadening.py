r"""
How much disorder does superradiance survive?
=============================================

Emitters in a solid differ in frequency. A thousand inverted ones with a Gaussian distribution of
standard deviation :math:`\sigma` decay into one bad cavity. The distribution is cut into classes
of one frequency; each is an ensemble. Are the classes fine enough, and from which :math:`\sigma`
on is there no burst?
"""

import matplotlib.pyplot as plt
import numpy as np

from blochball import exact, models, twa

size = 1000
times = np.linspace(0, 16 / size, 81)


def light(width, classes):
    """Photons per time from the cavity over N^2, and its standard error."""
    system = models.broadened(size, width * size, classes)
    ds = twa.solve(system, times, trajectories=1000, seed=1).sel(channel="cavity")
    return ds.output / size**2, ds.output_stderr / size**2


# %%
# The peak falls once :math:`\sigma` is comparable with the rate :math:`N\Gamma` of the burst.
# Solid lines have 20 classes, dots have 40.

figure, ax = plt.subplots(figsize=(6.5, 3.5), layout="constrained")
peaks = {}
for width, color in ((0.0, "k"), (0.2, "C0"), (0.5, "C1"), (1.0, "C2")):
    mean, error = light(width, 20 if width else 1)
    ax.plot(size * times, mean, color=color, label=rf"$\sigma={width}\,N\Gamma$")
    ax.fill_between(size * times, mean - 3 * error, mean + 3 * error, color=color, alpha=0.3)
    peaks[width] = mean.max().item()
    if width:
        finer, error_finer = light(width, 40)
        ax.plot(size * times[::4], finer[::4], ".", color=color)
        off = abs(finer - mean) / np.hypot(error, error_finer)
        print(
            f"sigma = {width}: 20 and 40 classes differ by {off.max().item():.1f} standard errors"
        )
        assert off[1:].max() < 5
ax.set(xlabel=r"time $N\Gamma t$", ylabel=r"output $\langle L^\dagger L\rangle/N^2$")
ax.legend()

# %%
# **Check.** Without disorder the exact solution is known; and the noise of an inverted ensemble
# grows only if the line is narrow enough, :math:`\sigma<\sqrt{\pi/8}\,N\Gamma=0.63\,N\Gamma` for
# a Gaussian line.

true = exact.solve(models.superradiant_decay(size), times).emission.max().item() / size**2
print(f"peak without disorder: exact {true:.4f}, TWA {peaks[0.0]:.4f}")
assert abs(peaks[0.0] / true - 1) < 0.05
assert peaks[0.5] > 3 * peaks[1.0]
