"""Numbers behind the claims about Fig. 4, measured from the data of the workflow."""

from __future__ import annotations

from math import pi

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball import observables
from paper_checks.fig2.measure import power_law
from paper_checks.ledger import Quantity
from workflow.results import Results, at

Array = NDArray[np.float64]
LATE = 0.5  # outputs after this fraction of the time are averaged for the steady state


# -- (a): emission of the whole chain --------------------------------------------------------------


def chain(results: Results) -> xr.Dataset:
    """Return the run behind (a-c)."""
    return results.load("chain", f"sites-{results.settings('chain').sites}.twa")


def total(results: Results) -> tuple[Array, Array, Array]:
    """Return times, I_F / N^2 and its standard error."""
    ds, size = chain(results), results.settings("chain").size
    forward = ds.sel(channel="forward")
    return ds.time.values, forward.output.values / size**2, forward.output_stderr.values / size**2


def burst(results: Results) -> dict[str, Quantity]:
    """Time and height of the burst, and the time from which on emission is steady within 20%.

    Times are as exact as the output times are dense.
    """
    time, value, stderr = total(results)
    steady, uncertainty = _steady(time, value, stderr)
    top = int(np.argmax(value))
    height = value[top] / steady
    relative = np.hypot(stderr[top] / value[top], uncertainty / steady)
    outside = int(np.flatnonzero(np.abs(value / steady - 1) > 0.2)[-1])
    settled = min(outside + 1, time.size - 1)
    return {
        "time of the burst": Quantity(float(time[top]), _spacing(time, top)),
        "burst / steady state": Quantity(float(height), float(height * relative)),
        "steady from": Quantity(float(time[settled]), _spacing(time, settled)),
    }


def _steady(time: Array, value: Array, stderr: Array) -> tuple[float, float]:
    # the same trajectories throughout: an average over time need not have a smaller error
    late = time >= LATE * time[-1]
    return float(value[late].mean()), float(stderr[late].mean())


def _spacing(time: Array, index: int) -> float:
    """Return the standard deviation of a time known to lie between its neighbours on the grid."""
    low, high = max(index - 1, 0), min(index + 1, time.size - 1)
    return float((time[high] - time[low]) / np.sqrt(12))


# -- (b): emission along the chain -----------------------------------------------------------------


def profile(results: Results) -> tuple[Array, Array, Array]:
    """Return times, I_l / N^2 and its standard error, the latter two of shape (times, sites)."""
    ds, size = chain(results), results.settings("chain").size
    return ds.time.values, ds.emission.values / size**2, ds.emission_stderr.values / size**2


def contrast(results: Results) -> tuple[Array, Array, Array]:
    """Return times, the relative modulation of the profile and its standard error.

    The modulation is the standard deviation over sites divided by the mean, less what the sampling
    error of each site adds to it.
    """
    time, value, stderr = profile(results)
    sites = value.shape[1]
    mean = value.mean(axis=1)
    noise = (stderr**2).mean(axis=1)
    variance = value.var(axis=1) - noise
    # of a variance of independent errors around a profile of its own
    spread = np.sqrt((4 * np.maximum(variance, 0) * noise + 2 * noise**2) / sites)
    modulation = np.sqrt(np.maximum(variance, 0))
    error = spread / (2 * np.maximum(modulation, np.sqrt(spread)))
    return time, modulation / mean, error / mean


def redistribution(results: Results) -> dict[str, Quantity]:
    """Modulation of the profile after the burst and at late times, and when it has gone.

    "Gone" is when nine tenths of the largest modulation's excess over the late one have.
    """
    time, modulation, stderr = contrast(results)
    begin = burst(results)["steady from"].value
    after = np.flatnonzero(time >= begin)
    most = int(after[np.argmax(modulation[after])])
    late = time >= LATE * time[-1]
    last, error = float(modulation[late].mean()), float(stderr[late].mean())
    goal = last + 0.1 * (modulation[most] - last)
    below = [k for k in range(most, time.size) if modulation[k] <= goal]
    gone = below[0] if below else time.size - 1
    slope = abs(np.gradient(modulation, time)[gone])
    when = np.hypot(_spacing(time, gone), stderr[gone] / slope if slope else np.inf)
    return {
        "modulation after the burst": Quantity(
            float(modulation[most]), float(stderr[most]), f"at t = {time[most]:.2g}/Γ"
        ),
        "modulation at late times": Quantity(last, error),
        "time of redistribution": Quantity(float(time[gone]), float(when)),
    }


# -- (c): structure factor -------------------------------------------------------------------------


def spectrum(results: Results) -> tuple[Array, Array, Array]:
    """Return momenta, S(p) averaged over late times, and its standard error."""
    kept = observables.structure_factor(chain(results))
    late = kept.time >= LATE * kept.time[-1]
    value = kept.where(late, drop=True)
    return kept.momentum.values, value.mean("time").values, value.stderr.values.mean(axis=0)


def peaks(results: Results) -> dict[str, Quantity]:
    """Position, width, symmetry and background of the two peaks of the late S(p).

    The position is the centre of mass of what lies above half of the peak; the width, between the
    places where S falls to half, is in units of that of M equal emitters in line, 5.57/M.
    """
    p, value, stderr = spectrum(results)
    settings = results.settings("chain")
    phase = settings.phase_in_pi * pi
    heights, found = [], {}
    for name, side in (("p > 0", p > 0), ("p < 0", p < 0)):
        momentum, s, error = np.abs(p[side]), value[side], stderr[side]
        order = np.argsort(momentum)
        momentum, s, error = momentum[order], s[order], error[order]
        top = int(np.argmax(s))
        heights.append(Quantity(float(s[top]), float(error[top])))
        low, high = _half(momentum, s, top)
        inside = (momentum >= low) & (momentum <= high)
        weight = s[inside] / s[inside].sum()
        centre = float(weight @ momentum[inside])
        # the noise of neighbouring momenta is common, that of the two flanks is not
        noise = float(error[top] / s[top] * (high - low) / np.sqrt(12))
        found[f"position / φ, {name}"] = Quantity(centre / phase, noise / phase)
        limit = 5.57 / settings.sites
        found[f"width / (5.57/M), {name}"] = Quantity((high - low) / limit, 2 * noise / limit)
    ratio = heights[0].value / heights[1].value
    relative = np.hypot(*(h.stderr / h.value for h in heights))
    found["height, p > 0 / p < 0"] = Quantity(ratio, float(ratio * relative))
    away = np.abs(np.abs(p) - phase) > phase / 2
    other = int(np.flatnonzero(away)[np.argmax(value[away])])
    top = max(heights, key=lambda height: height.value)
    found["largest S elsewhere / peak"] = Quantity(
        float(value[other] / top.value), float(stderr[other] / top.value)
    )
    return found


def _half(momentum: Array, s: Array, top: int) -> tuple[float, float]:
    """Return where S falls to half of its value at `top`, left and right of it, interpolated."""
    half = s[top] / 2
    ends = []
    for step in (-1, 1):
        k = top
        while s[k] > half and 0 <= k + step < s.size:
            k += step
        inner = k - step
        share = (s[inner] - half) / (s[inner] - s[k]) if s[k] <= half else 1.0
        ends.append(float(momentum[inner] + share * (momentum[k] - momentum[inner])))
    return ends[0], ends[1]


# -- text: validity --------------------------------------------------------------------------------


def validity(results: Results) -> dict[str, Quantity]:
    """N <1/|J|>, averaged over sites: in the steady state, and how long it exceeds ten."""
    ds, size = chain(results), results.settings("chain").size
    time = ds.time.values
    value = size * ds.inverse_length.values.mean(axis=1)
    stderr = size * ds.inverse_length_stderr.values.mean(axis=1)
    steady = Quantity(*_steady(time, value, stderr))
    share = np.trapezoid((value > 10).astype(float), time) / (time[-1] - time[0])
    top = int(np.argmax(value))
    note = f"largest {value[top]:.0f} ± {stderr[top]:.0f}, at t = {time[top]:.2g}/Γ"
    return {
        "N <1/|J|>, steady state": steady,
        "share of the time above 10": Quantity(float(share), 0.0, note),
    }


# -- (d): directionality ---------------------------------------------------------------------------


def sizes(results: Results) -> list[int]:
    """Return the numbers of ensembles, in order."""
    return sorted(member.sites for member in results.settings("drive").members)


def fractions(results: Results, sites: int) -> tuple[Array, Array, Array]:
    """Return drives in units of the pump, forward fractions and their standard errors.

    Fractions are averaged over the output times; as the trajectories are the same at all of them,
    the errors are averaged, too, which is right if they stay as they are and too large if not.
    """
    ds = results.load("drive", f"sites-{sites}.twa")
    drives = np.sort(ds.drive.values)
    found = [observables.direction_fraction(at(ds, drive=drive)) for drive in drives]
    value = np.array([float(fraction.mean()) for fraction in found])
    stderr = np.array([float(fraction.stderr.mean()) for fraction in found])
    return drives, value, stderr


def rise(results: Results) -> dict[str, Quantity]:
    """Smallest rise, over all M, of the forward fraction: first to last drive."""
    rises = []
    for sites in sizes(results):
        _, value, stderr = fractions(results, sites)
        rises.append(Quantity(float(value[-1] - value[0]), float(np.hypot(stderr[0], stderr[-1]))))
    least = min(rises, key=lambda rise: rise.value)
    return {"smallest rise": least}


def threshold(drives: Array, value: Array, stderr: Array, level: float = 0.75) -> Quantity:
    """Return the drive at which the fraction crosses `level`, on a line through log(drive)."""
    above = np.flatnonzero(value > level)
    if not above.size or above[0] == 0:
        return Quantity(float(drives[0] if above.size else drives[-1]), np.inf)
    after = int(above[0])
    before = after - 1
    share = (level - value[before]) / (value[after] - value[before])
    span = np.log(drives[after] / drives[before])
    slope = (value[after] - value[before]) / span
    error = np.hypot((1 - share) * stderr[before], share * stderr[after]) / slope
    where = float(drives[before] * np.exp(share * span))
    return Quantity(where, float(where * error))


def steepening(results: Results) -> dict[str, Quantity]:
    """How the drive that sends three quarters forward falls with M."""
    found = [threshold(*fractions(results, sites)) for sites in sizes(results)]
    size = np.array(sizes(results), dtype=float)
    value = np.array([quantity.value for quantity in found])
    relative = np.array([quantity.stderr for quantity in found]) / value
    slope, stderr = power_law(size, value, relative)
    note = ", ".join(f"{v:.3f} at M = {m:.0f}" for m, v in zip(size, value, strict=True))
    ratio = value[1:] / value[:-1]
    error = ratio * np.hypot(relative[1:], relative[:-1])
    worst = int(np.argmax(ratio))
    return {
        "exponent of the drive at 3/4": Quantity(slope, stderr, note),
        "largest ratio to the next smaller M": Quantity(
            float(ratio[worst]), float(error[worst]), f"M = {size[worst + 1]:.0f}"
        ),
    }


def saturation(results: Results, sites: int) -> dict[str, Quantity]:
    """Forward fraction of one chain at the strongest drive, and how much of it comes last.

    The latter is the rise over the last half decade of the drive, by the difference of the
    fractions at the last drive and at the one nearest to a third of it.
    """
    names = ("fraction at the strongest drive", "rise over the last half decade")
    if sites not in sizes(results):
        return {name: Quantity(0.5, np.inf, f"no M = {sites} with this config") for name in names}
    drives, value, stderr = fractions(results, sites)
    third = int(np.argmin(np.abs(np.log(3 * drives / drives[-1]))))
    last = Quantity(float(value[-1]), float(stderr[-1]))
    rest = Quantity(float(value[-1] - value[third]), float(np.hypot(stderr[-1], stderr[third])))
    return dict(zip(names, (last, rest), strict=True))
