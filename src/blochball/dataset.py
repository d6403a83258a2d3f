"""The one result type: what every theory returns, so that "TWA minus exact" is a subtraction.

========================  =========================  ==============================================
variable                  dims                       meaning
========================  =========================  ==============================================
inversion                 time, site                 <J_l^z>
spin_x, spin_y            time, site                 <J_l^x>, <J_l^y>
emission                  time, site                 <J_l^+ J_l^->
spin_squared              time, site                 <J_l^2>
output                    time, channel              <L_k^+ L_k>, without the rate
correlation               time_kept, site, site_conj <J_k^+ J_l^->, only where asked for
structure_factor          time, momentum             S(p), only where asked for
NAME_stderr               as NAME                    standard error of the mean, where sampled
covariance                time, site, moment,        covariance of the means of the site variables,
                          moment_other               where sampled
output_covariance         time, channel,             the same for the outputs
                          channel_other
========================  =========================  ==============================================
"""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball._version import __version__
from blochball.moments import DIMS, LONG_NAMES, MOMENTS
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
        names of the variables they belong to. `output` is dropped for a System without jumps.
    method : str
        Theory and method, e.g. ``"exact.populations"``.
    covariance, output_covariance : array_like, optional
        Covariances of the means of MOMENTS (times, sites, 5, 5) and of the outputs (times,
        channels, channels); the standard errors of these are taken from them.
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
    entries = {name: (name, value, "") for name, value in variables.items()}
    if covariance is not None:
        entries["covariance"] = ("covariance", covariance, "")
        for k, name in enumerate(MOMENTS):
            errors[name] = _root(np.asarray(covariance)[..., k, k])
    if output_covariance is not None and system.jumps:
        entries["output_covariance"] = ("output_covariance", output_covariance, "")
        errors["output"] = _root(np.diagonal(output_covariance, axis1=-2, axis2=-1))
    for name, value in errors.items():
        entries[f"{name}_stderr"] = (name, value, "standard error of ")
    coords: dict[str, Any] = {"time": np.asarray(times, float), "site": np.arange(system.sites)}
    places = {
        "site_conj": np.arange(system.sites),
        "channel": np.array(system.channels, dtype=object),
        "channel_other": np.array(system.channels, dtype=object),
        "moment": np.array(MOMENTS, dtype=object),
        "moment_other": np.array(MOMENTS, dtype=object),
        "time_kept": times_kept,
        "momentum": momenta,
    }
    data = {}
    for full, (name, value, prefix) in entries.items():
        if name == "output" and not system.jumps:
            continue
        label = {"long_name": prefix + LONG_NAMES[name]} if name in LONG_NAMES else {}
        data[full] = (dims[name], np.asarray(value), label)
        coords.update({dim: places[dim] for dim in dims[name] if dim in places})
    described = {
        "blochball_version": __version__,
        "revision": revision(),
        "system": system.to_json(),
        "method": method,
        **attrs,
    }
    return xr.Dataset(data, coords, described)


def _root(variance: NDArray[np.float64]) -> NDArray[np.float64]:
    # rounding can leave -0 where all samples agree; NaN (a single sample) stays
    return np.sqrt(np.maximum(variance, 0.0))


def system_of(ds: xr.Dataset) -> System:
    """Rebuild the System that a Dataset was computed from."""
    return System.from_json(ds.attrs["system"])


@functools.cache
def revision() -> str:
    """Git revision of the source tree, with "-dirty" if it has changes; "unknown" outside one."""
    # asked only of our own checkout: an installed copy may lie inside somebody else's repository
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return "unknown"
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
