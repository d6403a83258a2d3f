"""Correlations at two times and spectra: which method serves, and the result.

===========  ===================================================================  ================
method       serves                                                               size of a state
===========  ===================================================================  ================
liouvillian  everything, as far as memory goes                                    the density matrix
jumps        emitters that are all alike, no drive, by Monte Carlo                one (J, M)
===========  ===================================================================  ================
"""

from __future__ import annotations

import time as clock
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from blochball import field
from blochball.exact import coherence_sampling, liouvillian, regression
from blochball.exact.space import Complexes, Floats
from blochball.support import progress as bars
from blochball.support import validation
from blochball.support.arguments import named
from blochball.system import System

# emitters from which "auto" samples: delays cost the density matrix N^4 operations
MANY = 400


def two_time(
    system: System,
    delays: ArrayLike,
    time: float = np.inf,
    weights: ArrayLike | str | None = None,
    method: str = "auto",
    *,
    memory_limit: float = liouvillian.MEMORY_LIMIT,
    progress: bool = False,
    **options: Any,
) -> xr.Dataset:
    """Return the first- and second-order correlation functions of the field L = sum_l w_l J_l^-.

    Parameters
    ----------
    system : System
        What to solve.
    delays : array_like, shape (delays,)
        tau, increasing from a value >= 0.
    time : float
        t; infinity is the steady state.
    weights : array_like of complex, shape (sites,), or str, optional
        w_l, or the name of a collective decay whose weights are meant; all one by default.
    method : {"auto", "liouvillian", "jumps"}
        "auto" samples more than 400 emitters that are all alike.
    memory_limit : float
        Bytes beyond which a density matrix is refused, before it is allocated.
    progress : bool
        Show a progress bar.
    **options
        Of "liouvillian" `tolerance`, as for `solve`. Of "jumps" `trajectories`, `seed` and
        `threads`, as for `blochball.twa.solve`, and `burn_in`, the time that a trajectory takes to
        become stationary.

    Returns
    -------
    xarray.Dataset
        See `blochball.field.assemble_two_time`; with standard errors from "jumps".

    Raises
    ------
    TypeError, ValueError
        For a bad argument, a System that no method serves, and a steady state that is not unique.

    Examples
    --------
    >>> from blochball import exact, models
    >>> ds = exact.two_time(models.superradiant_laser(size=20, pump=5.0), [0.0, 0.1])
    >>> ds.first_order.values.real.round(2).tolist()
    [38.0, 32.64]
    """
    owner = "exact.two_time"
    delays = validation.times(owner, delays, "delays")
    time = field.time(owner, time)
    started = clock.perf_counter()
    memory_limit = validation.real(owner, "memory_limit", memory_limit, 0)
    amplitudes = field.amplitudes(owner, system, weights)
    method, reason = _choose(owner, system, amplitudes, time, method, memory_limit)
    covariance: Floats | None = None
    about: dict[str, Any]
    if method == "jumps":
        # covariances of all delays, of a dozen blocks at a time
        validation.memory(owner, "delays", 12.0 * (3 * delays.size) ** 2, memory_limit)
        moments, about = coherence_sampling.two_time(
            owner, system, amplitudes, delays, time, progress=progress, **options
        )
        real, imaginary, second = np.split(moments.mean[:-1], 3)
        values = real + 1j * imaginary, second, moments.mean[-1]
        covariance = moments.covariance
    else:
        tolerance = options.pop("tolerance", liouvillian.TOLERANCE)
        tolerance = validation.real(owner, "tolerance", tolerance, 1e-14)
        validation.no_options(owner, method, options)
        source = regression.Field(owner, system, amplitudes, memory_limit)
        with bars.shown(owner, progress):
            values = regression.two_time(source, delays, time, tolerance)
        unknowns = source.space.dimension
        about = {"method": "exact.liouvillian", "unknowns": unknowns, "tolerance": tolerance}
    about["wall_time"] = clock.perf_counter() - started
    return field.assemble_two_time(
        system,
        delays,
        *values,
        covariance,
        weights=amplitudes,
        time=time,
        method_reason=reason,
        **about,
    )


@named("exact.spectrum")
def spectrum(
    system: System,
    frequencies: ArrayLike,
    weights: ArrayLike | str | None = None,
    method: str = "auto",
    *,
    memory_limit: float = liouvillian.MEMORY_LIMIT,
    progress: bool = False,
) -> xr.DataArray:
    """Return the spectrum of the field L in the steady state, without its coherent part.

    S(omega) = int dtau exp(-i omega tau) (<L^+(tau) L(0)> - <L^+><L>) over all tau, so that
    int domega S / 2 pi = <L^+ L> - |<L>|^2. Nothing is cut off or sampled in time. Frequencies
    count from the frame that the System is written in: a detuning d moves the line of an emitter
    to omega = d.

    Parameters
    ----------
    system, weights, memory_limit, progress
        As for `two_time`.
    frequencies : array_like, shape (frequencies,)
        omega, any finite real numbers.
    method : {"auto", "direct", "transform"}
        One sparse linear system a frequency, or one integration over the delays for all of them;
        "auto" takes the first where its matrices stay sparse.

    Returns
    -------
    xarray.DataArray
        On the dimension `frequency`.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, a System that is too large, and a steady state that is not unique.

    Examples
    --------
    >>> from blochball import exact, models
    >>> line = exact.spectrum(models.superradiant_laser(10, pump=5.0), [-2.0, 0.0, 2.0])
    >>> bool(line[1] > line[0]), bool(abs(line[0] - line[2]) < 1e-6 * line[1])
    (True, True)
    """
    owner = "exact.spectrum"
    what = "a one-dimensional sequence of finite real numbers"
    wanted = validation.reals(owner, "frequencies", frequencies, what)
    started = clock.perf_counter()
    memory_limit = validation.real(owner, "memory_limit", memory_limit, 0)
    validation.choice(owner, "method", method, ("auto", "direct", "transform"))
    amplitudes = field.amplitudes(owner, system, weights)
    source = regression.Field(owner, system, amplitudes, memory_limit)
    with bars.shown(owner, progress):
        values, method = regression.spectrum(source, wanted, method)
    return field.assemble_spectrum(
        system,
        wanted,
        values,
        weights=amplitudes,
        method=f"exact.{method}",
        unknowns=source.space.dimension,
        wall_time=clock.perf_counter() - started,
    )


def _choose(
    owner: str, system: System, weights: Complexes, time: float, method: str, memory_limit: float
) -> tuple[str, str]:
    """Return the method and why it is the one."""
    validation.choice(owner, "method", method, ("auto", "liouvillian", "jumps"))
    unlike = coherence_sampling.obstacle(system, weights, time)
    if method == "jumps" and unlike is not None:
        raise ValueError(f"{owner}: jumps does not serve this system: {unlike}")
    if method != "auto":
        return method, "asked for"
    if unlike is None and system.emitters > MANY:
        return "jumps", f"more than {MANY} emitters that are all alike are sampled"
    refused = liouvillian.obstacle(system, memory_limit)
    if refused is None or unlike is not None:
        # which says itself that the system is too large
        return "liouvillian", f"jumps: {unlike or 'few emitters'}; liouvillian: serves"
    return "jumps", f"liouvillian: {refused}; jumps: serves"
