"""Correlations at two times and spectra in the truncated Wigner approximation."""

from __future__ import annotations

import time as clock

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from blochball import field
from blochball.support import validation
from blochball.support.arguments import named
from blochball.system import System
from blochball.twa.origins import DIFFERENT, Source, grid
from blochball.twa.pilot import ANGLE


@named("twa.two_time")
def two_time(
    system: System,
    delays: ArrayLike,
    time: float = np.inf,
    weights: ArrayLike | str | None = None,
    trajectories: int = 1000,
    seed: int = 0,
    *,
    origins: int | None = None,
    burn_in: float | None = None,
    tolerance: float = ANGLE,
    threads: int | None = None,
    progress: bool = False,
) -> xr.Dataset:
    """Return the first- and second-order correlation functions of the field L = sum_l w_l J_l^-.

    Parameters
    ----------
    system : System
        Any that `solve` serves.
    delays : array_like, shape (delays,)
        tau, increasing from a value >= 0.
    time : float
        t; infinity is the steady state.
    weights : array_like of complex, shape (sites,), or str, optional
        w_l, or the name of a collective decay whose weights are meant; all one by default.
    trajectories, seed, tolerance, threads, progress
        As for `solve`. Each trajectory is moved together with three copies.
    origins : int, optional
        For the steady state, how many times t a trajectory serves for, one after the other; by
        default as many as take eight times the burn-in.
    burn_in : float, optional
        For the steady state, the time that a trajectory takes to become stationary; by default a
        pilot run finds it.

    Returns
    -------
    xarray.Dataset
        See `blochball.field`, with standard errors and covariances. Besides, `spread`: what the
        copies differ by from L, root mean square, as a share of L.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.
    LeftBallError
        As for `solve`.

    Warns
    -----
    UserWarning
        If the intensity differs between the two halves of a stationary run, where the copies part
        so far that their response is not linear, and of what `solve` warns of.

    Examples
    --------
    >>> from blochball import models, twa
    >>> laser = models.superradiant_laser(size=100, pump=50.0)
    >>> ds = twa.two_time(laser, [0.0, 0.1], trajectories=128, seed=1)
    >>> bool(ds.first_order.real[1] < ds.first_order.real[0])
    True
    """
    owner = "twa.two_time"
    delays = validation.times(owner, delays, "delays")
    started = clock.perf_counter()
    source = Source.of(owner, system, weights, time, trajectories, seed, tolerance, threads)
    source = source.begun(origins, burn_in)
    # samples of the blocks under way, and covariances of a dozen blocks
    validation.memory(
        owner, "delays", 40.0 * delays.size * (3 * delays.size + 512 * source.threads)
    )
    source.check(delays)
    found = source.run(delays, progress)
    found.check()
    moments, n = found.moments, delays.size
    ds = field.assemble_two_time(
        system,
        delays,
        moments.mean[:n] + 1j * moments.mean[n : 2 * n],
        moments.mean[2 * n : 3 * n],
        float(moments.mean[3 * n]),
        moments.covariance[: 3 * n + 1, : 3 * n + 1],
        weights=source.weights,
        time=source.time,
        **source.about(found),
        wall_time=clock.perf_counter() - started,
    )
    label = {"long_name": "difference of the copies as a share of L"}
    return ds.assign(spread=("delay", found.spread, label))


@named("twa.spectrum")
def spectrum(
    system: System,
    frequencies: ArrayLike,
    weights: ArrayLike | str | None = None,
    trajectories: int = 1000,
    seed: int = 0,
    *,
    origins: int | None = None,
    burn_in: float | None = None,
    tolerance: float = ANGLE,
    threads: int | None = None,
    progress: bool = False,
) -> xr.DataArray:
    """Return the spectrum of the field L in the steady state, without its coherent part.

    The first order is followed until it has decayed, or decays as one exponential; what follows is
    then integrated with the fitted rate, whose error is part of the standard error. So a line far
    narrower than the rates of the System needs no run as long as its coherence time.

    Parameters
    ----------
    system, weights, trajectories, seed, origins, burn_in, tolerance, threads, progress
        As for `two_time`.
    frequencies : array_like, shape (frequencies,)
        As for `blochball.exact.spectrum`.

    Returns
    -------
    xarray.DataArray
        On the dimension `frequency`, with its standard error as coordinate. Attributes:
        `last_delay`, where the run ends, `resolution`, the longest step between delays, and
        `tail_from`, the delay from which the tail is fitted, NaN where there is none.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it; if the first order neither decays nor becomes exponential.
    LeftBallError
        As for `solve`.

    Warns
    -----
    UserWarning
        As for `two_time`, and where every second delay gives another spectrum.

    Examples
    --------
    >>> from blochball import models, twa
    >>> laser = models.superradiant_laser(size=100, pump=50.0)
    >>> line = twa.spectrum(laser, [-20.0, 0.0, 20.0], trajectories=128, seed=1)
    >>> bool(line[1] > 2 * line[0])
    True
    """
    owner = "twa.spectrum"
    what = "a one-dimensional sequence of finite real numbers"
    frequencies = validation.reals(owner, "frequencies", frequencies, what)
    started = clock.perf_counter()
    source = Source.of(owner, system, weights, np.inf, trajectories, seed, tolerance, threads)
    source = source.begun(origins, burn_in)
    last, tail, step = source.window()
    delays = grid(last, step)
    source.check(delays)
    found = source.run(delays, progress)
    found.check()
    whole = found.first_order()
    values, gradient = whole.spectrum(frequencies, tail)
    stderr = whole.error(gradient)
    coarse = whole.every_second().spectrum(frequencies, tail)[0]
    if (np.abs(coarse - values) > DIFFERENT * stderr + 0.01 * np.abs(values).max(initial=0)).any():
        validation.warn(
            f"{owner}: the first order is not resolved by steps of {np.diff(delays).max():.3g} "
            "between delays"
        )
    return field.assemble_spectrum(
        system,
        frequencies,
        values,
        stderr,
        weights=source.weights,
        **source.about(found),
        last_delay=last,
        resolution=float(np.diff(delays).max()),
        tail_from=np.nan if tail is None else tail,
        wall_time=clock.perf_counter() - started,
    )
