"""Numbers behind the claims about Fig. 4, measured from the data of the workflow."""

from __future__ import annotations

from math import pi

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball import observables
from paper_checks import quantity
from paper_checks.quantity import Curve, Quantity, UnmeasurableError, methods_of
from workflow.results import Results, at

Array = NDArray[np.float64]
LATE = 0.5  # outputs after this fraction of the time are averaged for the steady state


# -- (a): emission of the whole chain --------------------------------------------------------------


def chain(results: Results) -> xr.Dataset:
    """Return the run behind (a-c)."""
    return results.load("chain", f"sites-{results.settings('chain').sites}.twa")


def times(results: Results) -> Array:
    """Return the times in 1/Gamma."""
    return chain(results).time.values


def late(time: Array) -> NDArray[np.bool_]:
    """Return which outputs count as the steady state."""
    return time >= LATE * time[-1]


def total(results: Results) -> Curve:
    """Return I_F / N^2."""
    ds, size = chain(results), results.settings("chain").size
    return Curve.of(ds.sel(channel="forward"), "output", size**2)


def burst(results: Results) -> dict[str, Quantity]:
    """Time and height of the burst, and the time from which on emission is steady within 20%.

    Times are as exact as the output times are dense.
    """
    time, emission = times(results), total(results)
    steady = emission[late(time)].average()
    top = int(np.argmax(emission.value))
    outside = int(np.flatnonzero(np.abs(emission.value / steady.value - 1) > 0.2)[-1])
    settled = min(outside + 1, time.size - 1)
    return {
        "time of the burst": _time(time, top, emission.methods),
        "burst / steady state": emission.at(top) / steady,
        "steady from": _time(time, settled, emission.methods),
    }


def _time(time: Array, index: int, methods: frozenset[str]) -> Quantity:
    """Return a time known to lie between its neighbours on the grid, with standard deviation."""
    low, high = max(index - 1, 0), min(index + 1, time.size - 1)
    return Quantity(time[index], (time[high] - time[low]) / np.sqrt(12), methods=methods)


# -- (b): emission along the chain -----------------------------------------------------------------


def profile(results: Results) -> Curve:
    """Return I_l / N^2, shape (times, sites)."""
    return Curve.of(chain(results), "emission", results.settings("chain").size ** 2)


def contrast(results: Results) -> Curve:
    """Return the relative modulation of the profile.

    The modulation is the standard deviation over sites divided by the mean, less what the sampling
    error of each site adds to it.
    """
    along = profile(results)
    sites = along.value.shape[1]
    mean = along.value.mean(axis=1)
    noise = (along.stderr**2).mean(axis=1)
    variance = along.value.var(axis=1) - noise
    # of a variance of independent errors around a profile of its own
    spread = np.sqrt((4 * np.maximum(variance, 0) * noise + 2 * noise**2) / sites)
    modulation = np.sqrt(np.maximum(variance, 0))
    error = spread / (2 * np.maximum(modulation, np.sqrt(spread)))
    return Curve(modulation, error, along.methods) / mean


def redistribution(results: Results) -> dict[str, Quantity]:
    """Modulation of the profile after the burst and at late times, and when it has gone.

    "Gone" is when nine tenths of the largest modulation's excess over the late one have.
    """
    time, modulation = times(results), contrast(results)
    begin = burst(results)["steady from"].value
    after = np.flatnonzero(time >= begin)
    most = int(after[np.argmax(modulation.value[after])])
    last = modulation[late(time)].average()
    goal = last.value + 0.1 * (modulation.value[most] - last.value)
    below = [k for k in range(most, time.size) if modulation.value[k] <= goal]
    gone = below[0] if below else time.size - 1
    slope = abs(np.gradient(modulation.value, time)[gone])
    if not slope:
        raise UnmeasurableError("the profile does not change")
    when = _time(time, gone, modulation.methods)
    return {
        "modulation after the burst": modulation.at(most).noted(f"at t = {time[most]:.2g}/Γ"),
        "modulation at late times": last,
        "time of redistribution": when + Quantity(0, modulation.stderr[gone] / slope),
    }


# -- (c): structure factor -------------------------------------------------------------------------


def spectrum(results: Results) -> tuple[Array, Curve]:
    """Return momenta and S(p) averaged over late times."""
    ds = chain(results)
    kept = observables.structure_factor(ds)
    value = kept.where(late(kept.time), drop=True)
    mean, stderr = value.mean("time").values, value.stderr.values.mean(axis=0)
    return kept.momentum.values, Curve(mean, stderr, methods_of(ds))


def peaks(results: Results) -> dict[str, Quantity]:
    """Position, width, symmetry and background of the two peaks of the late S(p).

    The position is the centre of mass of what lies above half of the peak; the width, between the
    places where S falls to half, is in units of that of M equal emitters in line, 5.57/M.
    """
    p, s = spectrum(results)
    settings = results.settings("chain")
    phase = settings.phase_in_pi * pi
    limit = 5.57 / settings.sites
    heights, found = [], {}
    for name, side in (("p > 0", p > 0), ("p < 0", p < 0)):
        order = np.argsort(np.abs(p[side]))
        momentum, flank = np.abs(p[side])[order], s[side][order]
        top = int(np.argmax(flank.value))
        heights.append(flank.at(top))
        low, high = _half(momentum, flank.value, top)
        inside = (momentum >= low) & (momentum <= high)
        weight = flank.value[inside] / flank.value[inside].sum()
        centre = float(weight @ momentum[inside])
        # the noise of neighbouring momenta is common, that of the two flanks is not
        noise = flank.stderr[top] / flank.value[top] * (high - low) / np.sqrt(12)
        position = Quantity(centre, noise, methods=s.methods)
        found[f"position / φ, {name}"] = position / phase
        width = Quantity(high - low, 2 * noise, methods=s.methods)
        found[f"width / (5.57/M), {name}"] = width / limit
    found["height, p > 0 / p < 0"] = heights[0] / heights[1]
    away = np.abs(np.abs(p) - phase) > phase / 2
    top = max(height.value for height in heights)
    found["largest S elsewhere / peak"] = quantity.largest(s[away]) / top
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
    time, size = times(results), results.settings("chain").size
    length = Curve.of(chain(results), "inverse_length", 1 / size).mean(1)
    share = np.trapezoid((length.value > 10).astype(float), time) / (time[-1] - time[0])
    top = int(np.argmax(length.value))
    note = f"largest {length.at(top)}, at t = {time[top]:.2g}/Γ"
    return {
        "N <1/|J|>, steady state": length[late(time)].average(),
        "share of the time above 10": Quantity(share, 0.0, note, length.methods),
    }


# -- (d): directionality ---------------------------------------------------------------------------


def sizes(results: Results) -> list[int]:
    """Return the numbers of ensembles, in order."""
    return sorted(member.sites for member in results.settings("drive").members)


def fractions(results: Results, sites: int) -> tuple[Array, Curve]:
    """Return drives in units of the pump, and forward fractions averaged over the output times."""
    ds = results.load("drive", f"sites-{sites}.twa")
    drives = np.sort(ds.drive.values)
    each = [
        Curve.derived(at(ds, drive=drive), observables.direction_fraction).average()
        for drive in drives
    ]
    return drives, Curve(*quantity.arrays(each), methods_of(ds))


def rise(results: Results) -> dict[str, Quantity]:
    """Smallest rise, over all M, of the forward fraction: first to last drive."""
    curves = (fractions(results, sites)[1] for sites in sizes(results))
    rises = [forward.at(-1) - forward.at(0) for forward in curves]
    return {"smallest rise": min(rises, key=lambda rise: rise.value)}


def threshold(drives: Array, forward: Curve, level: float = 0.75) -> Quantity:
    """Return the drive at which the fraction crosses `level`, on a line through log(drive).

    Raises
    ------
    UnmeasurableError
        If it does not.
    """
    value, stderr = forward.value, forward.stderr
    above = np.flatnonzero(value > level)
    if not above.size or above[0] == 0:
        raise UnmeasurableError(f"the fraction does not cross {level:g}")
    after = int(above[0])
    before = after - 1
    share = (level - value[before]) / (value[after] - value[before])
    span = np.log(drives[after] / drives[before])
    slope = (value[after] - value[before]) / span
    error = np.hypot((1 - share) * stderr[before], share * stderr[after]) / slope
    where = drives[before] * np.exp(share * span)
    return Quantity(where, where * error, methods=forward.methods)


def steepening(results: Results) -> dict[str, Quantity]:
    """How the drive that sends three quarters forward falls with M."""
    size = sizes(results)
    found = [threshold(*fractions(results, sites)) for sites in size]
    note = ", ".join(f"{drive.value:.3f} at M = {m}" for m, drive in zip(size, found, strict=True))
    ratios = [found[k] / found[k - 1] for k in range(1, len(size))]
    worst = int(np.argmax([ratio.value for ratio in ratios]))
    return {
        "exponent of the drive at 3/4": quantity.power_law(size, found).noted(note),
        "largest ratio to the next smaller M": ratios[worst].noted(f"M = {size[worst + 1]}"),
    }


def saturation(results: Results, sites: int) -> dict[str, Quantity]:
    """Forward fraction of one chain at the strongest drive, and how much of it comes last.

    The latter is the rise over the last half decade of the drive, by the difference of the
    fractions at the last drive and at the one nearest to a third of it.
    """
    if sites not in sizes(results):
        raise UnmeasurableError(f"there is no chain of {sites} ensembles with this config")
    drives, forward = fractions(results, sites)
    third = int(np.argmin(np.abs(np.log(3 * drives / drives[-1]))))
    last = forward.at(-1)
    return {
        "fraction at the strongest drive": last,
        "rise over the last half decade": last - forward.at(third),
    }
