"""Correlations at two times and spectra: which method serves, and the result.

===========  ===================================================================  ================
method       serves                                                               size of a state
===========  ===================================================================  ================
liouvillian  everything, as far as memory goes                                    the density matrix
jumps        everything by Monte Carlo: coherences of emitters that are alike,    one (J, M), or
             or pairs of kets of definite J                                       two kets
===========  ===================================================================  ================
"""

from __future__ import annotations

import time as clock
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from blochball import field
from blochball.exact import choice, coherence_sampling, ket_pairs, liouvillian, regression
from blochball.exact.space import Complexes, Floats
from blochball.support import progress as bars
from blochball.support import validation
from blochball.support.arguments import named
from blochball.system import System

# emitters from which "auto" samples: delays cost the density matrix N^4 operations
MANY = 400
_SAMPLED = ("burn_in", "seed", "threads", "trajectories")
_OPTIONS = {"liouvillian": ("tolerance",), "jumps": _SAMPLED}


@named("exact.two_time")
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
        "auto" samples more than 400 emitters that are all alike, and what does not fit into memory
        as a density matrix; and it takes a method that knows the options. "jumps" needs no drive,
        and emitters and weights that are all alike, to be fast; any others take pairs of kets.
    memory_limit : float
        Bytes beyond which a density matrix is refused, before it is allocated.
    progress : bool
        Show a progress bar.
    **options
        Of "liouvillian" `tolerance`, as for `solve`. Of "jumps" `trajectories`, `seed` and
        `threads`, as for `solve`, and `burn_in`, the time that a trajectory takes to become
        stationary.

    Returns
    -------
    xarray.Dataset
        See `blochball.field.assemble_two_time`; with standard errors from "jumps", whose attribute
        `trajectories_of` is "coherences" or "kets". Where several states are stationary, kets
        are in the one that the System's own state ends in.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, a System that no method serves, and a steady state that is not unique.

    Warns
    -----
    UserWarning
        If a trajectory is not yet stationary after the burn-in.

    Examples
    --------
    >>> from blochball import exact, models
    >>> ds = exact.two_time(models.superradiant_laser(size=20, pump=5.0), [0.0, 0.1])
    >>> ds.first_order.values.real.round(2).tolist()
    [38.0, 32.64]

    Photons of one driven emitter come one by one; of three, by sampling:

    >>> from blochball import Ensemble, System
    >>> atoms = [System(Ensemble(n, decay=1.0), drive=[1.0]) for n in (1, 3)]
    >>> exact.two_time(atoms[0], [0.0]).second_order.item()
    0.0
    >>> ds = exact.two_time(atoms[1], [0.0, 1.0], method="jumps", trajectories=200, seed=1)
    >>> bool(abs(ds.first_order[0] - ds.intensity) < 1e-12)
    True
    """
    owner = "exact.two_time"
    delays = validation.times(owner, delays, "delays")
    time = field.time(owner, time)
    started = clock.perf_counter()
    memory_limit = validation.real(owner, "memory_limit", memory_limit, 0)
    amplitudes = field.amplitudes(owner, system, weights)
    method, reason = _choose(owner, system, amplitudes, time, method, memory_limit, options)
    covariance: Floats | None = None
    about: dict[str, Any]
    if method == "jumps":
        # covariances of all delays, of a dozen blocks at a time
        validation.memory(owner, "delays", 12.0 * (3 * delays.size) ** 2, memory_limit)
        alike = coherence_sampling.obstacle(system, amplitudes, time) is None
        sampling = coherence_sampling if alike else ket_pairs
        with bars.shown(owner, progress, method, inside=True):
            moments, about = sampling.two_time(
                owner, system, amplitudes, delays, time, progress=progress, **options
            )
        about["trajectories_of"] = "coherences" if alike else "kets"
        real, imaginary, second = np.split(moments.mean[:-1], 3)
        values = real + 1j * imaginary, second, moments.mean[-1]
        covariance = moments.covariance
    else:
        tolerance = options.pop("tolerance", liouvillian.TOLERANCE)
        tolerance = validation.real(owner, "tolerance", tolerance, 1e-14)
        source = regression.Field(owner, system, amplitudes, memory_limit)
        with bars.shown(owner, progress, method):
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
        "auto" takes the first where its matrices stay sparse or frequencies are few, and where
        a coherence lives too long for the second.

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
    owner: str,
    system: System,
    weights: Complexes,
    time: float,
    method: str,
    memory_limit: float,
    options: dict[str, Any],
) -> tuple[str, str]:
    """Return the method and why it is the one."""
    unknown = choice.unknown(owner, method, _OPTIONS, options, two_time)
    unlike = coherence_sampling.obstacle(system, weights, time)
    reasons = {
        "liouvillian": liouvillian.obstacle(system, memory_limit),
        "jumps": unlike and ket_pairs.obstacle(system, time),
    }
    if method == "auto":
        reasons = {name: reason or unknown[name] for name, reason in reasons.items()}
        if unlike is None and reasons["jumps"] is None and system.emitters > MANY:
            many = f"more than {MANY} emitters that are all alike are sampled sooner"
            reasons["liouvillian"] = many
    return choice.made(owner, method, reasons)
