"""Squeezing and entanglement from the first and second moments of a spin.

What `blochball.observables` offers of them. They want `spin_covariance`, which a solver keeps with
``moments="second"``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball.dataset import spin_covariance_error
from blochball.moments import FIRST, MOMENTS, SECOND, TABLE
from blochball.support import validation
from blochball.support.arguments import named

Array = NDArray[np.float64]

# N xi_S^2 from which TWA errs by some percent or more, by twisting of 10 to 200 emitters
LIMIT = 3.0


def finished(
    value: xr.DataArray, name: str, long_name: str, variance: xr.DataArray | None = None
) -> xr.DataArray:
    """Name a result for readers and plots, and attach the root of its variance."""
    value = value.rename(name).drop_attrs()
    value.attrs = {"long_name": long_name, "units": "1"}
    if variance is None:
        return value
    # rounding can leave -0 where all samples agree
    error = (variance.clip(min=0) ** 0.5).transpose(*value.dims)
    labels = {"long_name": f"standard error of {long_name}", "units": "1"}
    return value.assign_coords(stderr=(value.dims, error.data, labels))


@named("observables.total_spin")
def total_spin(ds: xr.Dataset) -> xr.Dataset:
    """Return the moments of the sum of the spins of all ensembles, as those of one ensemble.

    What is asked of one ensemble can then be asked of all of them together: squeezing in all its
    forms, and Toth's inequalities.

    Parameters
    ----------
    ds : xarray.Dataset
        With `pair_covariance` of all pairs of its sites, from ``moments="pairs"``. Of one that was
        sampled all sites: the errors of the sum of some are not kept.

    Returns
    -------
    xarray.Dataset
        `spin_x`, `spin_y`, `inversion`, `emission`, `spin_squared`, `spin_covariance` and
        `ensemble_size`, of the single site 0; with standard errors and `covariance` where `ds` was
        sampled.

    Raises
    ------
    ValueError
        If the Dataset lacks a pair, or was sampled and lacks a site of the run.

    Examples
    --------
    Two ensembles that twist together are squeezed together more than each by itself:

    >>> from math import pi
    >>> from blochball import Ensemble, SpinCoupling, System, exact, observables
    >>> twisted = SpinCoupling([[1.0, 1.0], [1.0, 1.0]], "zz")
    >>> system = System([Ensemble(6, polar=pi / 2)] * 2, couplings=twisted)
    >>> ds = exact.solve(system, [0.1], moments="pairs")
    >>> observables.wineland_squeezing(ds).values.round(3).tolist()
    [[0.783, 0.783]]
    >>> observables.wineland_squeezing(observables.total_spin(ds)).values.round(3).tolist()
    [[0.383]]
    """
    owner = "observables.total_spin"
    validation.dataset(owner, ds, ("pair_covariance", *FIRST, "ensemble_size"))
    sites = np.atleast_1d(ds.site.values)
    if set(sites) != set(np.atleast_1d(ds.site_conj.values)):
        raise ValueError(
            f"{owner}: ds must hold all pairs of its sites, got {validation.shown(sites)} with "
            f"{validation.shown(ds.site_conj.values)}"
        )
    over = [dim for dim in ("site", "site_conj") if dim in ds.pair_covariance.dims]
    covariance = ds.pair_covariance.sum(over)
    x, y, z, size = (_over_sites(ds[name]) for name in (*FIRST, "ensemble_size"))
    xx, yy, zz = (covariance.sel(axis=a, axis_other=a, drop=True) for a in "xyz")
    found = {
        **dict(zip(FIRST, (x, y, z), strict=True)),
        "emission": xx + yy + x**2 + y**2 + z,
        "spin_squared": xx + yy + zz + x**2 + y**2 + z**2,
        "spin_covariance": covariance,
        "ensemble_size": size,
    }
    if "total_covariance" in ds:
        if (size != ds.total_size).any():
            raise ValueError(
                f"{owner}: ds must hold all sites of a run that was sampled, whose sum alone has a "
                f"known error, got some with {validation.shown(size.values)} of "
                f"{validation.shown(ds.total_size.values)} emitters"
            )
        found |= _errors_of_total(ds.total_covariance, found)
    whole = xr.Dataset({name: value.drop_attrs() for name, value in found.items()})
    whole = whole.drop_vars(["site", "site_conj"], errors="ignore").expand_dims(site=[0])
    for name in found:
        kept, prefix = TABLE[name.removesuffix("_stderr")], ""
        if name.endswith("_stderr"):
            prefix = "standard error of "
        dims = (dim for dim in kept.dims if dim in whole[name].dims)
        whole[name] = whole[name].transpose(..., *dims)
        whole[name].attrs = {"long_name": prefix + kept.long_name, "units": "1"}
    return whole.assign_attrs(ds.attrs)


def _over_sites(value: xr.DataArray) -> xr.DataArray:
    """Return the sum over the sites that there are."""
    return value.sum("site") if "site" in value.dims else value


def _errors_of_total(
    covariance: xr.DataArray, found: dict[str, xr.DataArray]
) -> dict[str, xr.DataArray]:
    """Return the covariance of the means of the sum of all spins, and their standard errors."""
    labels = [*MOMENTS, *SECOND]
    covariance = covariance.sel(moment=labels, moment_other=labels)
    covariance = covariance.transpose(..., "moment", "moment_other")
    errors = {"covariance": covariance}
    for name in MOMENTS:
        variance = covariance.sel(moment=name, moment_other=name, drop=True)
        errors[f"{name}_stderr"] = variance.clip(min=0) ** 0.5
    rest = covariance.dims[:-2]
    like = found["spin_covariance"].transpose(*rest, "axis", "axis_other")
    means = {name: found[name].transpose(*rest).values for name in FIRST}
    error = spin_covariance_error(means, covariance.values)
    return errors | {"spin_covariance_stderr": like.copy(data=error)}


@named("observables.wineland_squeezing")
def wineland_squeezing(ds: xr.Dataset) -> xr.DataArray:
    """Wineland's squeezing parameter xi_R^2 = N min Var(J_perp) / |<J>|^2 of every ensemble.

    The square of the phase error of Ramsey spectroscopy in units of that of a coherent spin state;
    below 1 the emitters are entangled (Wineland et al., Phys. Rev. A 50, 67 (1994); Sorensen et
    al., Nature 409, 63 (2001)). NaN where <J> vanishes.

    Parameters
    ----------
    ds : xarray.Dataset
        With `spin_covariance`, from ``moments="second"``.

    Returns
    -------
    xarray.DataArray, dims (time, site)
        Where `ds` was sampled, less the bias that the smallest of sampled variances has.

    Warns
    -----
    UserWarning
        Where N xi_S^2 is below 3 in a Dataset of TWA: the squeezed variance is then that of a few
        emitters, and wrong by some percent to tens of percent there and later, at any N.

    Examples
    --------
    One-axis twisting, of Kitagawa and Ueda:

    >>> from math import pi
    >>> from blochball import Ensemble, SpinCoupling, System, exact, observables
    >>> twisting = System(Ensemble(20, polar=pi / 2), couplings=SpinCoupling(1.0, "zz"))
    >>> ds = exact.solve(twisting, [0.0, 0.1], moments="second")
    >>> observables.wineland_squeezing(ds).values[:, 0].round(4).tolist()
    [1.0, 0.2274]
    """

    def parameter(moments: Array, size: Array) -> Array:
        mean, smallest = _smallest_variance(moments)
        length = (mean**2).sum(axis=-1)
        return size * smallest / np.where(length > 0, length, np.nan)

    found = _of_moments(ds, parameter, "wineland_squeezing", "Wineland squeezing xi_R^2")
    _warn_at_the_limit("observables.wineland_squeezing", ds)
    return found


@named("observables.kitagawa_ueda_squeezing")
def kitagawa_ueda_squeezing(ds: xr.Dataset) -> xr.DataArray:
    """Kitagawa and Ueda's squeezing parameter xi_S^2 = 4 min Var(J_perp) / N of every ensemble.

    The smallest variance across the mean spin in units of that of a coherent spin state (Kitagawa
    & Ueda, Phys. Rev. A 47, 5138 (1993)). All else is as for `wineland_squeezing`.

    Examples
    --------
    >>> from math import pi
    >>> from blochball import Ensemble, SpinCoupling, System, exact, observables
    >>> twisting = System(Ensemble(20, polar=pi / 2), couplings=SpinCoupling(1.0, "zz"))
    >>> ds = exact.solve(twisting, [0.0, 0.1], moments="second")
    >>> observables.kitagawa_ueda_squeezing(ds).values[:, 0].round(4).tolist()
    [1.0, 0.188]
    """

    def parameter(moments: Array, size: Array) -> Array:
        mean, smallest = _smallest_variance(moments)
        return np.where((mean != 0).any(axis=-1), 4 * smallest / size, np.nan)

    found = _of_moments(ds, parameter, "kitagawa_ueda_squeezing", "squeezing xi_S^2")
    _warn_at_the_limit("observables.kitagawa_ueda_squeezing", ds)
    return found


def _warn_at_the_limit(owner: str, ds: xr.Dataset) -> None:
    """Warn where trajectories are asked for a variance of a few emitters."""
    if not str(ds.attrs.get("method", "")).startswith("twa"):
        return
    like = ds.spin_covariance.isel(axis=0, axis_other=0, drop=True)
    number = 4 * like.copy(data=_smallest_variance(_moments(owner, ds))[1])
    # few that are not squeezed have as little
    least = number.where(number < 0.9 * ds.ensemble_size).min().item()
    if least < LIMIT:
        validation.warn(
            f"{owner}: N times xi_S^2 is {max(least, 0):.2g}, the variance of a few emitters: TWA "
            "errs by some to tens of percent there and later, at any N (compare exact.solve)"
        )


@named("observables.squeezing_direction")
def squeezing_direction(ds: xr.Dataset) -> xr.DataArray:
    """Direction across <J> in which the variance is smallest; its sign means nothing.

    Returns
    -------
    xarray.DataArray, dims (time, site, axis)
        Unit vectors; NaN where <J> vanishes.

    Examples
    --------
    >>> from math import pi
    >>> from blochball import Ensemble, SpinCoupling, System, exact, observables
    >>> twisting = System(Ensemble(20, polar=pi / 2), couplings=SpinCoupling(1.0, "zz"))
    >>> ds = exact.solve(twisting, [0.0, 0.1], moments="second")
    >>> direction = observables.squeezing_direction(ds)[1, 0]
    >>> abs(direction).values.round(3).tolist()
    [0.0, 0.424, 0.906]
    """
    mean, covariance = _mean_and_covariance(_moments("observables.squeezing_direction", ds))
    normal, across = _across(mean, covariance)
    # the mean spin itself comes last
    lift = 2 * np.abs(covariance).sum(axis=(-2, -1)) + 1
    lifted = across + lift[..., None, None] * normal[..., :, None] * normal[..., None, :]
    known = ~np.isnan(lifted).any(axis=(-2, -1), keepdims=True)
    vectors = np.linalg.eigh(np.where(known, lifted, np.eye(3)))[1][..., :, 0]
    found = np.where(known[..., 0], vectors, np.nan)
    like = ds.spin_covariance.isel(axis_other=0, drop=True).transpose(..., "axis")
    return finished(like.copy(data=found), "squeezing_direction", "direction of least variance")


@named("observables.spin_inequalities")
def spin_inequalities(ds: xr.Dataset) -> xr.DataArray:
    """Return Toth's inequalities of every ensemble: a negative one shows entanglement.

    With gamma the covariance of J, C = gamma + <J><J>^T and X = (N - 1) gamma + C, no separable
    state of N spins 1/2 makes one of these negative (Toth, Knapp, Guehne & Briegel, Phys. Rev. A
    79, 042334 (2009)). They are named after how many axes have variances that are too small::

        three  tr gamma - N/2                                               singlets
        two    (N - 1) tr gamma - N (N - 2)/4 - largest eigenvalue of X     planar squeezing
        one    smallest eigenvalue of X - tr C + N/2                        squeezing, Dicke states

    Each is divided by N/2; "three" then is `observables.squeezing` - 1.

    Parameters
    ----------
    ds : xarray.Dataset
        With `spin_covariance`, from ``moments="second"``.

    Returns
    -------
    xarray.DataArray, dims (inequality, time, site)
        Where `ds` was sampled, less the bias of sampled eigenvalues.

    Examples
    --------
    >>> from math import pi
    >>> from blochball import Ensemble, SpinCoupling, System, exact, observables
    >>> twisting = System(Ensemble(20, polar=pi / 2), couplings=SpinCoupling(1.0, "zz"))
    >>> ds = exact.solve(twisting, [0.0, 0.1], moments="second")
    >>> margins = observables.spin_inequalities(ds)
    >>> round(margins.sel(inequality="one")[1, 0].item(), 2)
    -8.12
    """

    def margin(kind: str, moments: Array, size: Array) -> Array:
        mean, gamma = _mean_and_covariance(moments)
        second = gamma + mean[..., :, None] * mean[..., None, :]
        spread, total = (np.trace(m, axis1=-2, axis2=-1) for m in (gamma, second))
        if kind == "three":
            return 2 * spread / size - 1
        values = np.linalg.eigvalsh((size - 1)[..., None, None] * gamma + second)
        if kind == "two":
            return 2 * ((size - 1) * spread - values[..., -1]) / size - (size - 2) / 2
        return 2 * (values[..., 0] - total) / size + 1

    kinds = ("three", "two", "one")
    parts = [
        _of_moments(ds, partial(margin, kind), "spin_inequalities", "separable states have >= 0")
        for kind in kinds
    ]
    joined = xr.concat(parts, dim="inequality", coords="different", compat="equals")
    return joined.assign_coords(inequality=np.array(kinds, dtype=object))


def _of_moments(
    ds: xr.Dataset, function: Callable[[Array, Array], Array], name: str, long_name: str
) -> xr.DataArray:
    """Apply a function of first and second moments; correct what sampling does to its mean."""
    moments = _moments(f"observables.{name}", ds)
    like = ds.spin_covariance.isel(axis=0, axis_other=0, drop=True)
    size = np.asarray((ds.ensemble_size + 0 * like).transpose(*like.dims))
    value = function(moments, size)
    labels = [*FIRST, *SECOND]
    sampled = validation.sampled(f"observables.{name}", ds, FIRST)
    if not (sampled and set(labels) <= set(ds.moment.values)):
        return finished(like.copy(data=value), name, long_name)
    covariance = ds.covariance.sel(moment=labels, moment_other=labels)
    covariance = covariance.transpose(*like.dims, "moment", "moment_other")
    value, variance = corrected(
        lambda point: function(point, size), moments, np.asarray(covariance.values)
    )
    return finished(like.copy(data=value), name, long_name, like.copy(data=variance))


def corrected(
    function: Callable[[Array], Array], moments: Array, covariance: Array
) -> tuple[Array, Array]:
    """Return a function of sampled means less its bias, and its variance.

    The means of many samples scatter as a Gaussian with a known covariance. What a function that
    is not linear makes of that, on average, is its bias; cubature of third degree (Julier &
    Uhlmann, Proc. IEEE 92, 401 (2004), with the kurtosis of a Gaussian) gives it and the error
    without derivatives, which eigenvalues that cross do not have.

    Parameters
    ----------
    function : callable
        From means, shape (..., quantities), to values, shape (...).
    moments, covariance : ndarray, shapes (..., quantities), (..., quantities, quantities)
    """
    scatter, axes = np.linalg.eigh(covariance)
    root = axes * np.sqrt(3 * np.maximum(scatter, 0))[..., None, :]
    shifts = [root[..., k] for k in range(moments.shape[-1])]

    def unbiased(point: Array) -> Array:
        here = function(point)
        around = [function(point + sign * s) - here for s in shifts for sign in (1, -1)]
        return here - sum(around, np.zeros_like(here)) / 6

    value = unbiased(moments)
    # of the corrected value: it scatters more than the one with the bias
    slopes = [unbiased(moments + s) - unbiased(moments - s) for s in shifts]
    return value, sum((slope**2 for slope in slopes), np.zeros_like(value)) / 12


def _moments(owner: str, ds: xr.Dataset) -> Array:
    """Return <J_a>, then <J_a J_b> symmetrised in the order of SECOND, on the last axis."""
    validation.dataset(owner, ds, ("spin_covariance", *FIRST, "ensemble_size"))
    axes = dict(zip("xyz", FIRST, strict=True))
    first = [ds[name] for name in FIRST]
    second = [
        ds.spin_covariance.sel(axis=a, axis_other=b, drop=True) + ds[axes[a]] * ds[axes[b]]
        for a, b in ((name[-2], name[-1]) for name in SECOND)
    ]
    like = ds.spin_covariance.isel(axis=0, axis_other=0, drop=True)
    return np.stack([part.transpose(*like.dims).values for part in [*first, *second]], axis=-1)


def _mean_and_covariance(moments: Array) -> tuple[Array, Array]:
    mean = moments[..., :3]
    place = {name[-2:]: 3 + k for k, name in enumerate(SECOND)}
    index = [[place[min(a, b) + max(a, b)] for b in "xyz"] for a in "xyz"]
    return mean, moments[..., index] - mean[..., :, None] * mean[..., None, :]


def _across(mean: Array, covariance: Array) -> tuple[Array, Array]:
    """Return the direction of <J>, and the covariance projected on what is across it."""
    length = np.linalg.norm(mean, axis=-1, keepdims=True)
    normal = mean / np.where(length > 0, length, np.nan)
    projector = np.eye(3) - normal[..., :, None] * normal[..., None, :]
    return normal, projector @ covariance @ projector


def _smallest_variance(moments: Array) -> tuple[Array, Array]:
    """Return <J>, and the smaller of the two eigenvalues across it."""
    mean, covariance = _mean_and_covariance(moments)
    across = _across(mean, covariance)[1]
    trace = np.trace(across, axis1=-2, axis2=-1)
    squares = (across**2).sum(axis=(-2, -1))
    return mean, (trace - np.sqrt(np.maximum(2 * squares - trace**2, 0))) / 2
