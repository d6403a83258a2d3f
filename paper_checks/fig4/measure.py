"""Numbers behind the claims about Fig. 4, measured from the data of the workflow."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import ndtr

from blochball import observables
from paper_checks import quantity
from paper_checks.curves import Curve, largest, methods_of, vertex
from paper_checks.quantity import Quantity, UnmeasurableError
from workflow.results import Results

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
        "spread of the burst's time over the chain": _synchrony(results),
    }


def _synchrony(results: Results) -> Quantity:
    """Return the standard deviation over the ensembles of the time of their burst, over its mean.

    Of each ensemble the time is the vertex of a smooth curve against the logarithm of the time.
    """
    time, along = times(results), profile(results)
    # what comes later is redistribution, no burst
    early = time <= 2 * time[np.argmax(total(results).value)]
    logarithm = np.log(time[early])
    when = np.exp([vertex(logarithm, emission)[0] for emission in along.value[early].T])
    spread = when.std(ddof=1) / when.mean()
    return Quantity(spread, spread / np.sqrt(2 * (when.size - 1)), methods=along.methods)


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
    error of each site adds to it. Of nothing but noise it is as often negative as positive: it is
    the root of a variance, with the sign of that.
    """
    along = profile(results)
    sites = along.value.shape[1]
    mean = along.value.mean(axis=1)
    noise = (along.stderr**2).mean(axis=1)
    variance = along.value.var(axis=1, ddof=1) - noise
    # of a variance of independent errors around a profile of its own
    spread = np.sqrt((4 * np.maximum(variance, 0) * noise + 2 * noise**2) / sites)
    modulation = np.sign(variance) * np.sqrt(np.abs(variance))
    error = spread / (2 * np.maximum(np.abs(modulation), np.sqrt(spread)))
    return Curve(modulation, error, along.methods) / mean


def redistribution(results: Results) -> dict[str, Quantity]:
    """Modulation of the profile after the burst and at late times, and when it has gone.

    "Gone" is when nine tenths of the largest modulation's excess over the late one have: half-way
    between the first and the last time that it is so much, as noise makes it cross to and fro.
    """
    time, modulation = times(results), contrast(results)
    begin = burst(results)["steady from"].value
    after = np.flatnonzero(time >= begin)
    most = int(after[np.argmax(modulation.value[after])])
    last = modulation[late(time)].average()
    goal = last.value + 0.1 * (modulation.value[most] - last.value)
    beyond = np.arange(time.size) > most
    below = np.flatnonzero(beyond & (modulation.value <= goal))
    above = np.flatnonzero(beyond & (modulation.value > goal))
    if not below.size or not above.size:
        raise UnmeasurableError("the profile does not change")
    first, final = time[below[0]], time[above[-1]]
    when = (first + final) / 2
    spacing = time[below[0]] - time[below[0] - 1]
    gone = Quantity(
        when, np.hypot(spacing, final - first) / np.sqrt(12), methods=modulation.methods
    )
    return {
        "modulation after the burst": modulation.at(most).noted(f"at t = {time[most]:.2g}/Γ"),
        "modulation at late times": last,
        "time of redistribution": gone,
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
    found["largest S elsewhere / peak"] = largest(s[away]) / top
    return found


def emergence(results: Results) -> dict[str, Quantity]:
    """S(p) at the two late peaks over its mean over all p: before the burst, and at late times.

    It is one where the emission has no spatial coherence.
    """
    ds, time = chain(results), times(results)
    kept = observables.structure_factor(ds).transpose("time", "momentum")
    momenta, late_spectrum = spectrum(results)
    places = [
        int(np.argmax(np.where(side * momenta > 0, late_spectrum.value, 0))) for side in (-1, 1)
    ]
    mean = kept.values.mean(axis=1)
    # of many momenta: its error is small beside that of two
    peak = Curve(kept.values[:, places], kept.stderr.values[:, places], methods_of(ds)).mean(1)
    ratio = peak / mean
    when = burst(results)["time of the burst"].value
    early = (time > 0.1 * when) & (time < 0.5 * when)
    final = ratio[late(time)].average()
    above = time[ratio.value >= final.value / 2]
    return {
        "before the burst": ratio[early].average(),
        "late": final.noted(f"half of it from t = {above[0]:.2g}/Γ on, in the burst"),
    }


def one_way(results: Results) -> dict[str, Quantity]:
    """Correlation of both intensities over trajectories, and the share of the larger, late."""
    ds = results.load("lengths", "chain.paths")
    steady = ds[["spin_x", "spin_y"]].isel(time=late(ds.time.values))
    x, y = (steady[k].transpose("time", "trajectory", "site").values for k in steady)
    lower = x - 1j * y
    phase = results.settings("chain").phase_in_pi * pi * np.arange(lower.shape[-1])
    waves = np.array([np.abs(lower @ np.exp(side * 1j * phase)) ** 2 for side in (-1, 1)])
    count = waves.shape[-1]

    def read(kept: NDArray[np.bool_]) -> Array:
        some = waves[:, :, kept]
        centred = some - some.mean(axis=2, keepdims=True)
        covariance = (centred[0] * centred[1]).mean()
        share = (some.max(axis=0) / some.sum(axis=0)).mean()
        return np.array([covariance / np.sqrt((centred**2).mean(axis=(1, 2)).prod()), share])

    without = np.array([read(np.arange(count) != k) for k in range(count)])
    errors = np.sqrt((count - 1) * without.var(axis=0))
    names = ("correlation", "share of the stronger one")
    return {
        name: Quantity(value, error, methods=methods_of(ds))
        for name, value, error in zip(names, read(np.ones(count, bool)), errors, strict=True)
    }


# -- what cumulants make of it ---------------------------------------------------------------------


def cumulants(results: Results) -> dict[str, Quantity]:
    """Late modulation of the profile and forward emission, second-order cumulants over TWA.

    The cumulants at their last time.
    """
    settings = results.settings("chain")
    ds = results.load("chain", f"sites-{settings.sites}.cumulants").isel(time=-1)
    methods = methods_of(ds)
    along = ds.emission.values
    modulation = Quantity(along.std(ddof=1) / along.mean(), methods=methods)
    forward = Quantity(ds.output.sel(channel="forward") / settings.size**2, methods=methods)
    steady = late(times(results))
    note = f"{modulation} at t = {ds.time.item():.2g}/Γ; they took {ds.attrs['wall_time']:.0f} s"
    return {
        "modulation, cumulants / TWA": (modulation / contrast(results)[steady].average()).noted(
            note
        ),
        "forward emission, cumulants / TWA": forward / total(results)[steady].average(),
    }


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
    """How long the spins are: N <1/|J|>, averaged over sites, and N/|J| of single trajectories.

    For how much of the logarithmic time the mean exceeds ten and a tenth of all spins twenty, and
    the largest share of spins shorter than two.
    """
    time, ds = times(results), chain(results)
    inverse = Curve.of(ds, "inverse_length", 1 / results.settings("chain").size).mean(1)
    short = Curve.of(ds, "short_fraction").mean(1)
    # every time counts with the probability that it exceeds ten
    sure = ndtr((inverse.value - 10) / np.maximum(inverse.stderr, 1e-12))
    span = np.gradient(np.log(time))
    share = span @ sure / span.sum()
    edges = np.abs(np.diff(sure)).sum() * span.mean() / span.sum() / np.sqrt(12)
    top = int(np.argmax(inverse.value))
    note = (
        f"N <1/|J|> is {inverse[late(time)].average()} in the steady state, at most "
        f"{inverse.at(top)}, at t = {time[top]:.2g}/Γ"
    )
    return {
        "share of the logarithmic time above 10": Quantity(share, edges, note, inverse.methods),
        "share with a tenth of the spins above 20": _single(results),
        "largest share of spins with |J| < 2": largest(short),
    }


def _single(results: Results) -> Quantity:
    """Return the share of the logarithmic time with the upper decile of N/|J| above twenty."""
    settings = results.settings("chain")
    ds = results.load("lengths", "chain.paths")
    square = ds.spin_x**2 + ds.spin_y**2 + ds.inversion**2
    inverse = settings.size / np.sqrt(square.transpose("time", "trajectory", "site").values)
    span = np.gradient(np.log(ds.time.values))

    def share(kept: NDArray[np.bool_]) -> float:
        upper = np.quantile(inverse[:, kept], 0.9, axis=(1, 2))
        return float(span @ (upper > 20) / span.sum())

    every = np.ones(ds.sizes["trajectory"], bool)
    # sites of one trajectory move together: the jackknife leaves out whole trajectories
    without = [share(np.arange(every.size) != k) for k in range(every.size)]
    spread = np.sqrt((every.size - 1) * np.var(without))
    # it begins and ends somewhere between two outputs
    edges = span.mean() / span.sum() / np.sqrt(6)
    steady = inverse[late(ds.time.values)]
    shown = ", ".join(f"{np.quantile(steady, q):.3g} ({q:.0%})" for q in (0.5, 0.9, 0.99))
    return Quantity(
        share(every), np.hypot(spread, edges), f"in the steady state {shown}", methods_of(ds)
    )


def lengths(results: Results) -> dict[str, Quantity]:
    """Exponent of <1/|J|>, averaged over sites, against N: in the steady state, and over all times.

    Of shorter chains of the same cooperativity; -1 if |J| goes as N.
    """
    return {
        "exponent, steady state": _lengths(results, lambda time, c: c[late(time)].average()),
        "exponent, average": _lengths(results, _average),
    }


def shortest(results: Results) -> dict[str, Quantity]:
    """Return the exponent where <1/|J|> is largest; -1/2 if |J| goes as the root of N there."""
    return {"exponent, largest": _lengths(results, lambda time, c: largest(c))}


def _average(time: Array, curve: Curve) -> Quantity:
    """Return the average over the time; the same trajectories are behind all times."""
    span = np.gradient(time) / np.gradient(time).sum()
    return Quantity(span @ curve.value, span @ curve.stderr, methods=curve.methods)


def _lengths(results: Results, pick: Callable[[Array, Curve], Quantity]) -> Quantity:
    sizes, values = results.settings("lengths").sizes, []
    for size in sizes:
        ds = results.load("lengths", f"size-{size}.twa")
        values.append(pick(ds.time.values, Curve.of(ds, "inverse_length").mean(1)))
    shown = ", ".join(f"{n * q.value:.1f}" for n, q in zip(sizes, values, strict=True))
    note = f"N <1/|J|> = {shown} at N = {', '.join(map(str, sizes))}"
    return quantity.power_law(sizes, values).noted(note)
