"""The one result type: what every theory returns, so that "TWA minus exact" is a subtraction.

========================  ==========================  ==============================================
variable                  dims                        meaning
========================  ==========================  ==============================================
inversion                 time, site                  <J_l^z>
spin_x, spin_y            time, site                  <J_l^x>, <J_l^y>
emission                  time, site                  <J_l^+ J_l^->
spin_squared              time, site                  <J_l^2>
spin_covariance           time, site, axis,           ½<J^a J^b + J^b J^a> - <J^a><J^b>, only where
                          axis_other                  asked for
pair_covariance           time, site, site_conj,      ½<J_k^a J_l^b + J_l^b J_k^a> - <J_k^a><J_l^b>,
                          axis, axis_other            only where asked for
output                    time, channel               <L_k^+ L_k>, without the rate
correlation               time_kept, site, site_conj  <J_k^+ J_l^->, only where asked for
structure_factor          time, momentum              S(p), only where asked for
NAME_stderr               as NAME                     standard error of the mean, where sampled
covariance                time, site, moment,         covariance of the means of the site variables,
                          moment_other                where sampled
output_covariance         time, channel,              the same for the outputs
                          channel_other
pair_moment_covariance    time, site, site_conj,      covariance of the means of two sites k and l:
                          pair_moment,                components, their products, (J^x)^2 + (J^y)^2,
                          pair_moment_other           where pairs are asked for and sampled
total_covariance          time, moment,               covariance of the means of the sum of all
                          moment_other                spins, where sampled
total_size                                            number of emitters that it is the sum of
ensemble_size             site                        number of emitters N_l
channel_rate              channel                     rate of the jump, in the unit of all rates
========================  ==========================  ==============================================

Sizes and rates are variables, so that they stay beside what they belong to when sites are selected
or runs of several Systems are joined. Every variable and coordinate has a `long_name` and, where it
is a number, `units`: "1" for a pure number, "rate" for the unit in which the rates were given.
"""

from __future__ import annotations

import functools
import importlib
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball._version import __version__
from blochball.moments import DIMS, FIRST, MOMENTS, PAIR_MOMENTS, SECOND, TABLE
from blochball.system import System


def assemble(
    system: System,
    times: ArrayLike,
    variables: Mapping[str, Any],
    stderr: Mapping[str, Any] | None = None,
    *,
    method: str,
    covariance: ArrayLike | None = None,
    output_covariance: ArrayLike | None = None,
    times_kept: ArrayLike | None = None,
    momenta: ArrayLike | None = None,
    extra_dims: Mapping[str, tuple[str, ...]] | None = None,
    **attrs: Any,
) -> xr.Dataset:
    """Put arrays into the Dataset that every theory returns.

    Parameters
    ----------
    system : System
        What was solved; kept as JSON in the attributes.
    times : array_like, shape (times,)
        Output times in the inverse unit of the rates; infinity stands for the steady state.
    variables, stderr : mapping of name to array
        Named and shaped as in the table of this module; `stderr` holds standard errors under the
        names of the variables they belong to. Without jumps `output` has no channel.
    method : str
        Theory and method, e.g. ``"exact.populations"``.
    covariance, output_covariance : array_like, optional
        Covariances of the means of MOMENTS (times, sites, 5, 5), followed by SECOND where these are
        kept, and of the outputs (times, channels, channels); the standard errors of these are taken
        from them.
    times_kept, momenta : array_like, optional
        Coordinates of `correlation` and of `structure_factor`.
    extra_dims : mapping of name to dims, optional
        Dims of variables that are not in the table.
    **attrs
        Further attributes (seed, trajectories, steps, wall_time, ...).

    Returns
    -------
    xarray.Dataset
    """
    dims = {**DIMS, **(extra_dims or {})}
    errors = dict(stderr or {})
    values = {
        **variables,
        "ensemble_size": system.column("size"),
        "channel_rate": [jump.rate for jump in system.jumps],
    }
    wide = covariance is not None and np.shape(covariance)[-1] > len(MOMENTS)
    if "spin_xx" in values:
        if wide:
            errors["spin_covariance"] = spin_covariance_error(values, np.asarray(covariance))
        values["spin_covariance"] = _spin_covariance(values)
    if "pair_product" in values:
        means = np.stack([values[name] for name in FIRST], axis=-1)
        product = np.einsum("...ka,...lb->...klab", means, means)
        values["pair_covariance"] = values.pop("pair_product") - product
    if not system.jumps and "emission" in values:
        values["output"] = np.zeros((np.size(times), 0))
        errors |= {} if covariance is None and not errors else {"output": values["output"]}
    if covariance is not None:
        values["covariance"] = covariance
        for k, name in enumerate(MOMENTS):
            errors[name] = _root(np.asarray(covariance)[..., k, k])
    if output_covariance is not None:
        values["output_covariance"] = output_covariance
        errors["output"] = _root(np.diagonal(output_covariance, axis1=-2, axis2=-1))
    data = {name: (dims[name], np.asarray(value), _labels(name)) for name, value in values.items()}
    for name, value in errors.items():
        labels = _labels(name, "standard error of ")
        data[f"{name}_stderr"] = (dims[name], np.asarray(value), labels)
    # an empty array of objects does not say what they are
    channels = np.array(system.channels, dtype=object if system.jumps else str)
    axes = np.array(["x", "y", "z"], dtype=object)
    moments = np.array((*MOMENTS, *SECOND) if wide else MOMENTS, dtype=object)
    pair_moments = np.array(PAIR_MOMENTS, dtype=object)
    sites = np.arange(system.sites)
    places = {
        "time": (np.asarray(times, float), "time", "1/rate"),
        "site": (sites, "site", ""),
        "site_conj": (sites, "site of the second operator", ""),
        "channel": (channels, "channel", ""),
        "channel_other": (channels, "other channel", ""),
        "moment": (moments, "moment", ""),
        "moment_other": (moments, "other moment", ""),
        "pair_moment": (pair_moments, "moment of two sites", ""),
        "pair_moment_other": (pair_moments, "other moment of two sites", ""),
        "axis": (axes, "axis", ""),
        "axis_other": (axes, "other axis", ""),
        "time_kept": (times_kept, "time", "1/rate"),
        "momentum": (momenta, "momentum p", "rad/site"),
    }
    used = {"time", "site"}.union(*(entry[0] for entry in data.values()))
    coords = {
        dim: (dim, value, {"long_name": label, **({"units": unit} if unit else {})})
        for dim, (value, label, unit) in places.items()
        if dim in used
    }
    return xr.Dataset(data, coords, {**provenance(system), "method": method, **attrs})


def provenance(system: System) -> dict[str, str]:
    """Return the attributes of every result: version, revision, and the System as JSON."""
    return {
        "blochball_version": __version__,
        "revision": revision(),
        "system": system.to_json(),
    }


def joined(points: Mapping[Any, Any], dim: str) -> Any:
    """Return Datasets or DataArrays along `dim`; attributes that differ become variables."""
    every = [part.attrs for part in points.values()]
    parts = [part.drop_attrs(deep=False) for part in points.values()]
    if any("stderr" in part.coords for part in parts):
        # of an array; a point without has none
        parts = [
            part if "stderr" in part.coords else part.assign_coords(stderr=np.nan * part.real)
            for part in parts
        ]
    whole = xr.concat(
        parts,
        dim=xr.IndexVariable(dim, list(points)),
        join="exact",
        data_vars="all",
        coords=_own(parts),
        compat="override",
    )
    # points may be solved by methods that say different things about themselves
    for name in (name for name in every[0] if all(name in attrs for attrs in every)):
        values = [attrs[name] for attrs in every]
        if all(np.array_equal(values[0], value) for value in values):
            whole.attrs[name] = values[0]
        elif np.ndim(values[0]) == 0 and isinstance(whole, xr.Dataset):
            whole[name] = (dim, values)
    return whole


def _own(parts: list[Any]) -> list[str]:
    """Return which coordinates, beside those of dimensions, each point has for itself."""
    first, *others = parts
    beside = set(first.coords).difference(first.dims)
    shared = beside.intersection(*[part.coords for part in others])
    return sorted(
        name
        for name in shared
        if name == "stderr"
        or not all(first[name].variable.equals(part[name].variable) for part in others)
    )


def _spin_covariance(values: dict[str, Any]) -> NDArray[np.float64]:
    """Take the second moments out of `values` and return the covariances they give."""
    second = {name: np.asarray(values.pop(name)) for name in SECOND}
    means = np.stack([values[name] for name in FIRST], axis=-1)
    pairs = [[second[f"spin_{min(a, b)}{max(a, b)}"] for b in "xyz"] for a in "xyz"]
    products = np.moveaxis(np.array(pairs), (0, 1), (-2, -1))
    return np.asarray(products - means[..., :, None] * means[..., None, :])


def spin_covariance_error(
    values: Mapping[str, Any], covariance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the standard errors of <J^a J^b> - <J^a><J^b>, to first order."""
    names = (*MOMENTS, *SECOND)
    found = np.zeros((*covariance.shape[:-2], 3, 3))
    for a, b in np.ndindex(3, 3):
        first, other = "xyz"[a], "xyz"[b]
        slope = np.zeros(covariance.shape[:-1])
        slope[..., names.index(f"spin_{min(first, other)}{max(first, other)}")] = 1.0
        for c, d in ((a, b), (b, a)):
            slope[..., names.index(FIRST[c])] -= np.asarray(values[FIRST[d]])
        found[..., a, b] = _root(np.einsum("...p,...pq,...q", slope, covariance, slope))
    return found


def _labels(name: str, prefix: str = "") -> dict[str, str]:
    """Return what a plot writes at an axis."""
    if name in TABLE:
        return {"long_name": prefix + TABLE[name].long_name, "units": TABLE[name].units}
    return {"long_name": prefix + name.replace("_", " "), "units": "1"}


def _root(variance: NDArray[np.float64]) -> NDArray[np.float64]:
    # rounding can leave -0 where all samples agree; NaN (a single sample) stays
    return np.sqrt(np.maximum(variance, 0.0))


def system_of(ds: xr.Dataset) -> System:
    """Rebuild the System that a Dataset was computed from.

    Raises
    ------
    ValueError
        If it does not say, as several points of a scan together.
    """
    text = ds.attrs.get("system")
    if text is None and "system" in ds and ds["system"].ndim == 0:
        text = ds["system"].item()  # of one point of a scan
    if text is None:
        raise ValueError("ds must have the attribute `system`, or be one point of a scan")
    return System.from_json(text)


@functools.cache
def revision() -> str:
    """Git revision of the sources, or of those of the build; "-dirty" if they had changes."""
    # asked only of our own checkout: an installed copy may lie inside somebody else's repository
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return _built_from()
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _built_from() -> str:
    # setup.py writes this module into wheels and sdists
    try:
        return str(importlib.import_module("blochball._revision").REVISION)
    except ImportError:
        return "unknown"
