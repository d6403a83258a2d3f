"""Derived quantities: Dataset in, DataArray with its standard error out.

Each function takes a Dataset `ds` of any of the three theories, or what a selection, a reordering
or a concatenation has left of it: it looks at labels, never at positions. Where `ds` was sampled,
the coordinate ``stderr`` of the result holds its error, by linear propagation of the covariance of
the means.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from blochball.coherence import g2, line_position, linewidth
from blochball.dataset import system_of
from blochball.entanglement import (
    classical_fisher_information,
    duan_criterion,
    quantum_fisher_information,
)
from blochball.squeezing import (
    finished,
    kitagawa_ueda_squeezing,
    spin_inequalities,
    squeezing_direction,
    total_spin,
    wineland_squeezing,
)
from blochball.support import validation
from blochball.support.arguments import named

__all__ = [
    "classical_fisher_information",
    "direction_fraction",
    "duan_criterion",
    "g2",
    "kitagawa_ueda_squeezing",
    "line_position",
    "linewidth",
    "quantum_fisher_information",
    "spin_inequalities",
    "squeezing",
    "squeezing_direction",
    "structure_factor",
    "subradiance",
    "total_spin",
    "wineland_squeezing",
]


def _variance(owner: str, ds: xr.Dataset, gradient: dict[str, xr.DataArray]) -> xr.DataArray | None:
    """Return g^T C g, with C the covariance of the means of site variables; None if not sampled."""
    if not validation.sampled(owner, ds, gradient):
        return None
    terms = [
        da * db * ds.covariance.sel(moment=a, moment_other=b, drop=True)
        for a, da in gradient.items()
        for b, db in gradient.items()
    ]
    total: xr.DataArray = sum(terms[1:], start=terms[0])
    return total


@named("observables.squeezing")
def squeezing(ds: xr.Dataset) -> xr.DataArray:
    """Generalised squeezing parameter xi^2 = (<J^2> - |<J>|^2) / (N/2) of every ensemble.

    Below 1 the emitters are entangled (Toth et al., Phys. Rev. A 79, 042334 (2009)); paper
    Fig. 2(b). It finds singlets. It never falls below 1 in the symmetric subspace J = N/2, however
    squeezed the state is in one direction: there <J^2> = N/2 (N/2 + 1) and |<J>| <= N/2.

    Returns
    -------
    xarray.DataArray, dims (time, site)

    Examples
    --------
    >>> from blochball import exact, models, observables
    >>> ds = exact.solve(models.superradiant_laser(size=25, pump=0.4), [2.2])
    >>> round(observables.squeezing(ds).item(), 4)
    0.6244
    """
    owner = "observables.squeezing"
    needed = ("spin_squared", "spin_x", "spin_y", "inversion", "ensemble_size")
    validation.dataset(owner, ds, needed)
    half = ds.ensemble_size / 2
    mean = ds.spin_x**2 + ds.spin_y**2 + ds.inversion**2
    gradient = {
        "spin_squared": 1 / half,
        "spin_x": -2 * ds.spin_x / half,
        "spin_y": -2 * ds.spin_y / half,
        "inversion": -2 * ds.inversion / half,
    }
    value = (ds.spin_squared - mean) / half
    return finished(value, "squeezing", "squeezing parameter xi^2", _variance(owner, ds, gradient))


@named("observables.subradiance")
def subradiance(ds: xr.Dataset) -> xr.DataArray:
    """Emission in units of that of independent emitters, s = <J^+ J^-> / <J^z + N/2>.

    Below 1 is subradiant; NaN where nothing is excited (paper Fig. 2(b)).

    Returns
    -------
    xarray.DataArray, dims (time, site)

    Examples
    --------
    >>> from blochball import exact, models, observables
    >>> ds = exact.solve(models.superradiant_laser(size=25, pump=0.4), [0.0, 8.0])
    >>> observables.subradiance(ds).values[:, 0].round(2).tolist()
    [1.0, 0.43]
    """
    owner = "observables.subradiance"
    validation.dataset(owner, ds, ("emission", "inversion", "ensemble_size"))
    half = ds.ensemble_size / 2
    excited = ds.inversion + half
    excited = excited.where(excited > 1e-12 * half)
    value = ds.emission / excited
    gradient = {"emission": 1 / excited, "inversion": -value / excited}
    variance = _variance(owner, ds, gradient)
    return finished(value, "subradiance", "emission of an independent emitter's", variance)


@named("observables.structure_factor")
def structure_factor(ds: xr.Dataset, momenta: ArrayLike | None = None) -> xr.DataArray:
    """Structure factor S(p) = sum_kl exp(i p (k - l)) <J_k^+ J_l^-> (paper Fig. 4(c)).

    Parameters
    ----------
    ds : xarray.Dataset
        With `correlation`, or with `structure_factor` where `momenta` were given to the solver. Of
        a selection of sites, the same one in `site` and `site_conj`, it is the sum over these.
    momenta : array_like, optional
        Momenta p in radians a site; not given, those that the solver has kept (then with standard
        error).

    Returns
    -------
    xarray.DataArray, dims (time or time_kept, momentum)

    Raises
    ------
    ValueError
        If the Dataset holds neither, or not all pairs of its sites.

    Examples
    --------
    >>> from blochball import exact, models, observables
    >>> ds = exact.solve(models.waveguide_chain(2, 3, 0.5, 1.0), [5.0], correlations=[5.0])
    >>> observables.structure_factor(ds, momenta=[0.0, 0.5]).dims
    ('time_kept', 'momentum')
    """
    owner = "observables.structure_factor"
    validation.dataset(owner, ds)
    if momenta is None:
        if "structure_factor" not in ds:
            raise ValueError(f"{owner}: momenta must be given for a Dataset without them, got None")
        variance = ds.get("structure_factor_stderr")
        return finished(
            ds.structure_factor,
            "structure_factor",
            "structure factor S(p)",
            None if variance is None else variance**2,
        )
    if "correlation" not in ds:
        raise ValueError(f"{owner}: ds must hold `correlation`, got {sorted(map(str, ds))}")
    what = "a one-dimensional sequence of finite real numbers"
    p = xr.DataArray(validation.reals(owner, "momenta", momenta, what), dims="momentum")
    sides = [np.atleast_1d(ds[name].values) for name in ("site", "site_conj")]
    if set(sides[0]) != set(sides[1]):
        raise ValueError(
            f"{owner}: ds must hold the correlations of all pairs of its sites, got "
            f"{validation.shown(sides[0])} with {validation.shown(sides[1])}"
        )
    validation.memory(owner, "momenta", 4.0 * p.size * sides[0].size)
    left, right = np.exp(1j * p * ds.site), np.exp(-1j * p * ds.site_conj)
    over = [dim for dim in ("site", "site_conj") if dim in ds.correlation.dims]
    value = xr.dot(left, ds.correlation, right, dim=over).real
    value = value.transpose(..., "momentum").assign_coords(momentum=p.values)
    value.momentum.attrs = {"long_name": "momentum p", "units": "rad/site"}
    return finished(value, "structure_factor", "structure factor S(p)")


@named("observables.direction_fraction")
def direction_fraction(ds: xr.Dataset, channel: str = "forward") -> xr.DataArray:
    """Fraction of the emission of all channels that leaves through one (paper Fig. 4(d)).

    Parameters
    ----------
    ds : xarray.Dataset
        From any of the three theories, with all of its channels; they are weighted with their
        rates.
    channel : str
        Name of the channel.

    Returns
    -------
    xarray.DataArray, dims (time,)

    Raises
    ------
    ValueError
        If there is no such channel, or a channel has been left out of `ds`.

    Examples
    --------
    >>> from blochball import exact, models, observables
    >>> chain = models.waveguide_chain(2, 3, phase=1.0, pump=1.0)
    >>> observables.direction_fraction(exact.solve(chain, [0.5])).values.round(6).tolist()
    [0.5]
    """
    owner = "observables.direction_fraction"
    validation.dataset(owner, ds, ("output", "channel_rate"))
    names = np.atleast_1d(ds.channel.values).tolist()
    validation.choice(owner, "channel", channel, names)
    every = set(system_of(ds).channels) if "system" in ds.attrs else set()
    if missing := sorted(every.difference(names)):
        raise ValueError(
            f"{owner}: ds must hold every channel of its System, got one without "
            f"{validation.shown(missing)}"
        )
    rate, output = (_along(ds[name], "channel") for name in ("channel_rate", "output"))
    total = (rate * output).sum("channel")
    value = (rate * output).sel(channel=channel, drop=True) / total
    label = f"fraction emitted into {channel}"
    if not validation.sampled(owner, ds, ("output",), "output_covariance"):
        return finished(value, "direction_fraction", label)
    gradient = rate * ((rate.channel == channel) - value) / total
    other = gradient.rename(channel="channel_other")
    covariance = _along(ds.output_covariance, "channel", "channel_other")
    variance = (gradient * covariance * other).sum(["channel", "channel_other"])
    return finished(value, "direction_fraction", label, variance)


def _along(array: xr.DataArray, *dims: str) -> xr.DataArray:
    """Give back dims that were squeezed out."""
    unused = {"channel", "channel_other"}.difference(dims)
    array = array.drop_vars(list(unused), errors="ignore")
    return array.expand_dims([dim for dim in dims if dim not in array.dims])
