"""The field L = sum_l weights_l J_l^- at two times: what every theory takes and returns.

=======================  =========================================  ================================
variable                 dims                                       meaning
=======================  =========================================  ================================
first_order              delay                                      <L^+(t + tau) L(t)>, complex
second_order             delay                                      <L^+(t) (L^+ L)(t + tau) L(t)>
intensity                                                           <L^+ L> at time t
NAME_stderr              as NAME                                    standard error, where sampled
first_order_covariance   delay, delay_other, part, part_other       of real and imaginary parts
second_order_covariance  delay, delay_other                         of the second order
intensity_covariance     delay                                      of second order with intensity
=======================  =========================================  ================================

None is divided by the intensity or its square. The time t is an attribute; infinity is the steady
state.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball import operators
from blochball.dataset import provenance
from blochball.support import validation
from blochball.system import System

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_DELAYS = ("delay", "delay_other")


def amplitudes(owner: str, system: System, weights: ArrayLike | str | None) -> Complexes:
    """Return the weights of L: given as numbers, as the name of a channel, or as one each.

    Raises
    ------
    TypeError, ValueError
        If `system` is no System, and for weights that are none of these.
    """
    operators.require_system(owner, system)
    if weights is None:
        return np.ones(system.sites, dtype=np.complex128)
    if not isinstance(weights, str):
        what = f"the name of a decay channel or one number an ensemble ({system.sites})"
        return validation.array(owner, "weights", weights, (system.sites,), what)
    channels = zip(system.channels, system.jumps, strict=True)
    decays = {name: jump.weights for name, jump in channels if jump.kind == "decay"}
    if not decays:
        raise ValueError(
            f"{owner}: weights must be one number an ensemble ({system.sites}) where there is no "
            f"collective decay, got {weights!r}"
        )
    return np.array(decays[validation.choice(owner, "weights", weights, decays)])


def time(owner: str, value: float) -> float:
    """Return t as a float; alone among times it may be infinite."""
    if isinstance(value, float | np.floating) and value == np.inf:
        return np.inf
    try:
        return validation.real(owner, "time", value, 0)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{error}; infinity stands for the steady state") from None


def assemble_two_time(
    system: System,
    delays: ArrayLike,
    first_order: ArrayLike,
    second_order: ArrayLike,
    intensity: float,
    covariance: Floats | None = None,
    *,
    weights: Complexes,
    **attrs: Any,
) -> xr.Dataset:
    """Put correlation functions into the Dataset that `two_time` of every theory returns.

    Parameters
    ----------
    system : System
    delays : array_like, shape (delays,)
    first_order, second_order : array_like, shape (delays,)
    intensity : float
    covariance : array, shape (3 delays + 1, 3 delays + 1), optional
        Of the means, where they are sampled: real and imaginary part of the first order, second
        order, intensity.
    weights : array of complex, shape (sites,)
    **attrs
        Further attributes (method, time, seed, ...).

    Returns
    -------
    xarray.Dataset
    """
    delays = np.asarray(delays, float)
    data: dict[str, Any] = {
        "first_order": ("delay", first_order, {"long_name": "<L^+(t + tau) L(t)>"}),
        "second_order": ("delay", second_order, {"long_name": "<L^+(t) (L^+ L)(t + tau) L(t)>"}),
        "intensity": ((), intensity, {"long_name": "<L^+ L>"}),
    }
    coords: dict[str, Any] = {"delay": ("delay", delays, {"long_name": "delay", "units": "1/rate"})}
    if covariance is not None:
        n = delays.size
        parts = covariance[: 2 * n, : 2 * n].reshape(2, n, 2, n).transpose(1, 3, 0, 2)
        stderr = np.sqrt(np.maximum(np.diagonal(covariance), 0))
        data |= {
            "first_order_stderr": ("delay", np.hypot(stderr[:n], stderr[n : 2 * n])),
            "second_order_stderr": ("delay", stderr[2 * n : -1]),
            "intensity_stderr": ((), stderr[-1]),
            "first_order_covariance": ((*_DELAYS, "part", "part_other"), parts),
            "second_order_covariance": (_DELAYS, covariance[2 * n : -1, 2 * n : -1]),
            "intensity_covariance": ("delay", covariance[2 * n : -1, -1]),
        }
        names = np.array(["real", "imaginary"], dtype=object)
        coords |= {"delay_other": delays, "part": names, "part_other": names}
    return xr.Dataset(data, coords, _attributes(system, weights, attrs))


def assemble_spectrum(
    system: System,
    frequencies: Floats,
    values: Floats,
    stderr: Floats | None = None,
    *,
    weights: Complexes,
    **attrs: Any,
) -> xr.DataArray:
    """Put a spectrum into the DataArray that `spectrum` of every theory returns."""
    labels = {"long_name": "frequency", "units": "rate"}
    coords: dict[str, Any] = {"frequency": ("frequency", frequencies, labels)}
    if stderr is not None:
        coords["stderr"] = ("frequency", stderr, {"long_name": "standard error of the spectrum"})
    described = {"long_name": "spectrum", **_attributes(system, weights, attrs)}
    return xr.DataArray(values, coords, ("frequency",), "spectrum", described)


def _attributes(system: System, weights: Complexes, attrs: dict[str, Any]) -> dict[str, Any]:
    return {
        **provenance(system),
        "weights": json.dumps([[w.real, w.imag] for w in weights.tolist()]),
        **attrs,
    }
