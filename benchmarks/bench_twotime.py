"""Two times: the linewidth of a laser by sampling, and spectra of density matrices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from benchmarks.timing import Row, beside, measure, median
from blochball import System, exact, models, observables, twa

DELAYS = np.array([20.0, 40, 60, 100])  # in 1/(N Gamma), a tenth of the coherence time
PERCENT = 0.01


def laser(size: int) -> System:
    """Return the superradiant laser with the pump for which it is brightest."""
    return models.superradiant_laser(size, pump=0.5 * size)


def to_a_percent(name: str, theory: Any, size: int, goal: str, **options: Any) -> Row:
    """Return the time until the linewidth has a standard error of 1%.

    The error falls with the root of the number of trajectories, so the time of one run is scaled.
    """

    def run() -> xr.DataArray:
        return observables.linewidth(theory.two_time(laser(size), DELAYS / size, **options))

    width = run()  # compiles
    share = (width.stderr / width).item() / PERCENT
    value, spread = median(measure(run, runs=3, warmup=0), share**2)
    label = f"{name}: linewidth {width.item():.4g} to 1%, N={size}"
    return Row(label, value, spread, "s", goal=goal)


def first_order_to_a_percent(size: int, goal: str) -> Row:
    """Return the time until <L^+(tau) L(0)> has a standard error of 1% at every delay."""

    def run() -> xr.Dataset:
        return exact.two_time(laser(size), DELAYS / size, trajectories=128, seed=1)

    ds = run()  # compiles
    errors = np.sqrt(np.diagonal(ds.first_order_covariance.values[..., 0, 0]))
    share = float((errors / np.abs(ds.first_order.values)).max()) / PERCENT
    value, spread = median(measure(run, runs=3, warmup=0), share**2)
    return Row(f"exact, sampled: g1 at four delays to 1%, N={size}", value, spread, "s", goal=goal)


def against_solve() -> list[Row]:
    """Two times against one, with as many trajectories and steps."""
    system, times = laser(1000), np.linspace(0, 0.1, 11)
    options = {"trajectories": 2048, "seed": 1, "threads": 1}
    steps = twa.solve(system, times, **options).attrs["steps"]
    single = median(measure(lambda: twa.solve(system, times, steps=steps, **options), 3))
    one = Row("twa.solve, N=1000, one core", *single, "s")
    both = measure(lambda: twa.two_time(system, times, time=0.0, **options), 3)
    return [one, beside("twa.two_time, the same", both, one, goal="<= 5x")]


def spectrum() -> Row:
    """Time a spectrum of two ensembles, all frequencies together."""
    system = models.waveguide_chain(2, 8, 0.7, 4.0)
    frequencies = np.linspace(-30, 30, 201)
    value, spread = median(measure(lambda: exact.spectrum(system, frequencies), 3))
    return Row("exact.spectrum, M=2, N=8, 201 frequencies", value, spread, "s")


def rows() -> Iterator[Row]:
    """Time linewidths, correlation functions and a spectrum."""
    options = {"trajectories": 512, "origins": 30, "seed": 1}
    yield to_a_percent("TWA", twa, 1000, "< 60 s", **options)
    yield first_order_to_a_percent(10_000, "< 300 s")
    yield to_a_percent("exact, sampled", exact, 10_000, "", trajectories=128, seed=1)
    yield from against_solve()
    yield spectrum()
