"""Linewidths, line positions and second-order coherence, from correlations at two times.

What `blochball.observables` offers of them.
"""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from blochball.dataset import system_of
from blochball.lines import Correlation
from blochball.squeezing import finished
from blochball.support import validation
from blochball.support.arguments import named

# intensity over that of independent emitters below which its square is lost in rounding
_DARK = 3e-8


@named("observables.linewidth")
def linewidth(
    ds: xr.Dataset, start: float | None = None, stop: float | None = None
) -> xr.DataArray:
    """Full width at half maximum of the spectral line that decays last.

    It is twice the rate at which the first order decays between two delays, by a fit to its
    logarithm. Delays far shorter than the coherence time will do, and the shorter they are the
    smaller is the error for the same cost; but other lines must have died out at the first.

    Parameters
    ----------
    ds : xarray.Dataset
        From `two_time` of any of the three theories, at two delays or more.
    start, stop : float, optional
        First and last delay of the fit; by default all are taken.

    Returns
    -------
    xarray.DataArray, no dims

    Raises
    ------
    ValueError
        For fewer than two delays, and for a driven System, whose first order does not decay.

    Warns
    -----
    UserWarning
        If the first order does not decay as one exponential between these delays.

    Examples
    --------
    >>> from blochball import exact, models, observables
    >>> ds = exact.two_time(models.superradiant_laser(20, pump=5.0), [5.0, 6.0])
    >>> round(observables.linewidth(ds).item(), 5)
    2.45212
    """
    rate, gradient, first = _line("observables.linewidth", ds, start, stop)
    width, error = -2 * rate.real, first.error(2 * gradient)
    return _scalar(ds, width, error, "linewidth", "full width at half maximum")


@named("observables.line_position")
def line_position(
    ds: xr.Dataset, start: float | None = None, stop: float | None = None
) -> xr.DataArray:
    """Frequency of the spectral line that decays last; a detuning d of all emitters moves it by d.

    Parameters, errors and warnings are those of `linewidth`; neighbouring delays must lie closer
    than half a turn of the phase.

    Returns
    -------
    xarray.DataArray, no dims

    Examples
    --------
    >>> from blochball import CollectiveJump, Ensemble, System, exact, observables
    >>> shifted = System(Ensemble(20, pump=5.0, detuning=3.0), CollectiveJump(1.0, [1]))
    >>> ds = exact.two_time(shifted, [5.0, 5.5])
    >>> round(observables.line_position(ds).item(), 5)
    3.0
    """
    rate, gradient, first = _line("observables.line_position", ds, start, stop)
    return _scalar(ds, rate.imag, first.error(-1j * gradient), "line_position", "line position")


@named("observables.g2")
def g2(ds: xr.Dataset) -> xr.DataArray:
    """Second-order coherence g2(tau) = <L^+ (L^+ L)(tau) L> / <L^+ L>^2 of a stationary field.

    Parameters
    ----------
    ds : xarray.Dataset
        From `two_time` of any of the three theories, in the steady state.

    Returns
    -------
    xarray.DataArray, dims (delay,)
        NaN where there is no light but for rounding.

    Raises
    ------
    ValueError
        If the first time is finite: the intensity at the second is not known.

    Examples
    --------
    >>> from blochball import exact, models, observables
    >>> ds = exact.two_time(models.superradiant_laser(size=20, pump=1.0), [0.0])
    >>> round(observables.g2(ds).item(), 6)  # pump = coupling: 2 - 2/N
    1.9
    """
    owner = "observables.g2"
    validation.dataset(owner, ds, ("second_order", "intensity"))
    if ds.attrs.get("time") != np.inf:
        raise ValueError(f"{owner}: ds must be of the steady state, got one of a finite time")
    # of light as weak as rounding makes it the quotient says nothing
    light = ds.intensity.where(ds.intensity > _DARK * _independent(ds))
    value = ds.second_order / light**2
    variance = None
    if "intensity_covariance" in ds:
        by_second, by_intensity = ds.intensity**-2.0, -2 * value / ds.intensity
        variance = by_second**2 * ds.second_order_stderr**2
        variance = variance + by_intensity**2 * ds.intensity_stderr**2
        variance = variance + 2 * by_second * by_intensity * ds.intensity_covariance
    return finished(value, "g2", "second-order coherence g2", variance)


def _independent(ds: xr.Dataset) -> float:
    """Return <L^+ L> of inverted emitters that emit independently, sum_l N_l |w_l|^2."""
    if "weights" not in ds.attrs or "system" not in ds.attrs:
        return 1.0  # several points of a scan
    weights = np.array(json.loads(ds.attrs["weights"]))
    return float((weights**2).sum(axis=1) @ system_of(ds).column("size"))


def _line(
    owner: str, ds: xr.Dataset, start: float | None, stop: float | None
) -> tuple[complex, np.ndarray, Correlation]:
    """Fit the decay of the first order; return its rate, the gradient of that, and what decays."""
    validation.dataset(owner, ds, ("first_order",))
    if ds.first_order.dims != ("delay",):
        raise ValueError(
            f"{owner}: ds must be one point of a scan with dimension delay, got dimensions "
            f"{ds.first_order.dims}"
        )
    ds = ds.sortby("delay")
    try:
        driven = system_of(ds).drive_vector.any()
    except ValueError as error:
        raise ValueError(f"{owner}: {error}") from error
    if driven:
        raise ValueError(f"{owner}: ds must be of a System without drive, got one with a drive")
    delays = np.atleast_1d(ds.delay.values)
    first = float(delays[0]) if start is None else validation.real(owner, "start", start, 0)
    last = float(delays[-1]) if stop is None else validation.real(owner, "stop", stop, 0)
    inside = int(np.count_nonzero((delays >= first) & (delays <= last)))
    if inside < 2:
        raise ValueError(
            f"{owner}: start and stop must have two delays of ds between them, got {inside}"
        )
    covariance = None
    if "first_order_covariance" in ds:
        ordered = ds.first_order_covariance.sel(delay_other=delays)
        covariance = ordered.transpose("part", "delay", "part_other", "delay_other").values
    decay = Correlation(delays, ds.first_order.values, covariance)
    if decay.differs(first, last):
        validation.warn(
            f"{owner}: the first order does not decay as one exponential between the delays "
            f"{first:.3g} and {last:.3g}; a later start may help"
        )
    rate, gradient = decay.rate(first, last)
    return rate, gradient, decay


def _scalar(
    ds: xr.Dataset, value: float, error: np.ndarray, name: str, long_name: str
) -> xr.DataArray:
    variance = xr.DataArray(error**2) if "first_order_covariance" in ds else None
    return finished(xr.DataArray(value), name, long_name, variance)
