"""Derived quantities: Dataset in, DataArray with its standard error out.

Each function takes a Dataset `ds` of any of the three theories; where it was sampled, the
coordinate ``stderr`` holds its error, by linear propagation of the covariance of the means.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from blochball.dataset import system_of
from blochball.support import validation


def _propagate(
    ds: xr.Dataset, value: xr.DataArray, gradient: dict[str, xr.DataArray | float]
) -> xr.DataArray:
    """Attach sqrt(g^T C g), with C the covariance of the means of site variables."""
    if "covariance" not in ds:
        return value
    variance = xr.zeros_like(value)
    for a, da in gradient.items():
        for b, db in gradient.items():
            variance = variance + da * db * ds.covariance.sel(moment=a, moment_other=b, drop=True)
    error = np.sqrt(np.maximum(variance, 0))
    return value.assign_coords(stderr=(value.dims, xr.DataArray(error).transpose(*value.dims).data))


def squeezing(ds: xr.Dataset) -> xr.DataArray:
    """Generalised squeezing parameter xi^2 = (<J^2> - |<J>|^2) / (N/2) of every ensemble.

    Below 1 the emitters are entangled (Toth et al., Phys. Rev. A 79, 042334 (2009)); paper
    Fig. 2(b).

    Returns
    -------
    xarray.DataArray, dims (time, site)
    """
    needed = ("spin_squared", "spin_x", "spin_y", "inversion")
    validation.dataset("observables.squeezing", ds, needed)
    half = xr.DataArray(system_of(ds).column("size") / 2, dims="site")
    mean = ds.spin_x**2 + ds.spin_y**2 + ds.inversion**2
    gradient = {
        "spin_squared": 1 / half,
        "spin_x": -2 * ds.spin_x / half,
        "spin_y": -2 * ds.spin_y / half,
        "inversion": -2 * ds.inversion / half,
    }
    value = (ds.spin_squared - mean) / half
    return _propagate(ds, value.rename("squeezing"), gradient)


def subradiance(ds: xr.Dataset) -> xr.DataArray:
    """Emission in units of that of independent emitters, s = <J^+ J^-> / <J^z + N/2>.

    Below 1 is subradiant; NaN where nothing is excited (paper Fig. 2(b)).

    Returns
    -------
    xarray.DataArray, dims (time, site)
    """
    validation.dataset("observables.subradiance", ds, ("emission", "inversion"))
    half = xr.DataArray(system_of(ds).column("size") / 2, dims="site")
    excited = ds.inversion + half
    excited = excited.where(excited > 1e-12 * half)
    value = ds.emission / excited
    gradient = {"emission": 1 / excited, "inversion": -value / excited}
    return _propagate(ds, value.rename("subradiance"), gradient)


def structure_factor(ds: xr.Dataset, momenta: ArrayLike | None = None) -> xr.DataArray:
    """Structure factor S(p) = sum_kl exp(i p (k - l)) <J_k^+ J_l^-> (paper Fig. 4(c)).

    Parameters
    ----------
    ds : xarray.Dataset
        With `correlation`, or with `structure_factor` where `momenta` were given to the solver.
    momenta : array_like, optional
        Momenta p in radians a site; not given, those that the solver has kept (then with standard
        error).

    Returns
    -------
    xarray.DataArray, dims (time or time_kept, momentum)

    Raises
    ------
    ValueError
        If the Dataset holds neither.
    """
    owner = "observables.structure_factor"
    validation.dataset(owner, ds)
    if momenta is None:
        if "structure_factor" not in ds:
            raise ValueError(f"{owner}: momenta must be given for a Dataset without them, got None")
        kept = ds.structure_factor
        return kept.assign_coords(stderr=(kept.dims, ds.structure_factor_stderr.data))
    if "correlation" not in ds:
        raise ValueError(f"{owner}: ds must hold `correlation`, got {sorted(map(str, ds))}")
    what = "a one-dimensional sequence of finite real numbers"
    p = validation.reals(owner, "momenta", momenta, what)
    validation.memory(owner, "momenta", 4.0 * p.size * ds.site.size)
    wave = np.exp(1j * np.outer(p, ds.site.values))
    value = np.einsum("pk,tkl,pl->tp", wave, ds.correlation.values, wave.conj()).real
    coords = {"time_kept": ds.time_kept, "momentum": p}
    return xr.DataArray(value, coords, ("time_kept", "momentum"), "structure_factor")


def direction_fraction(ds: xr.Dataset, channel: str = "forward") -> xr.DataArray:
    """Fraction of the emission of all channels that leaves through one (paper Fig. 4(d)).

    Parameters
    ----------
    ds : xarray.Dataset
        From any of the three theories; channels are weighted with their rates.
    channel : str
        Name of the channel.

    Returns
    -------
    xarray.DataArray, dims (time,)

    Raises
    ------
    ValueError
        If there is no such channel.
    """
    validation.dataset("observables.direction_fraction", ds, ("output",))
    system = system_of(ds)
    validation.choice("observables.direction_fraction", "channel", channel, system.channels)
    rate = xr.DataArray([jump.rate for jump in system.jumps], {"channel": ds.channel})
    total = (rate * ds.output).sum("channel")
    part = rate.sel(channel=channel, drop=True) * ds.output.sel(channel=channel, drop=True)
    value = (part / total).rename("direction_fraction").drop_attrs()
    if "output_covariance" not in ds:
        return value
    gradient = rate * ((ds.channel == channel) - value) / total
    other = gradient.rename(channel="channel_other")
    variance = (gradient * ds.output_covariance * other).sum(["channel", "channel_other"])
    return value.assign_coords(stderr=("time", np.sqrt(np.maximum(variance, 0)).data))
