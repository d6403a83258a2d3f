"""TWA against second-order cumulants and per-emitter TWA; cost against N, M, trajectories, threads.

The same laser and the same chain for every method, and for both that sample the same number of
trajectories. How wrong each is: `scripts.rivals`.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from benchmarks import per_emitter
from benchmarks.timing import Row, measure, median
from blochball import System, cumulants, models, twa

TRAJECTORIES = 512
STEPS = 200  # of both methods that sample: 0.05 / (N Gamma) each


def laser(size: int) -> tuple[System, np.ndarray]:
    """Return the system of Fig. 2(a) and its times."""
    return models.superradiant_laser(size, 0.25 * size), np.linspace(0, 10 / size, 11)


def chain(sites: int) -> tuple[System, np.ndarray]:
    """Return ensembles of ten emitters along a waveguide, and times of the first emission."""
    total = 10 * sites
    return models.waveguide_chain(sites, 10, np.pi / 10, 0.25 * total), np.array([10 / total])


def sample(task: tuple[System, np.ndarray], count: int = TRAJECTORIES, threads: int = 1) -> object:
    """Solve by TWA."""
    return twa.solve(*task, trajectories=count, seed=1, steps=STEPS, threads=threads)


def methods() -> dict[str, Callable[[tuple[System, np.ndarray]], object]]:
    """Return every method by name; per-emitter TWA takes all cores, so TWA does as well."""
    cores = os.cpu_count() or 1
    return {
        "TWA": lambda task: sample(task, threads=cores),
        "cumulants": lambda task: cumulants.solve(*task, order=2),
        "per-emitter TWA": lambda task: per_emitter.solve(
            *task, trajectories=TRAJECTORIES, seed=1, steps=STEPS
        ),
    }


def side_by_side(name: str, task: tuple[System, np.ndarray], rivals: tuple[str, ...]) -> list[Row]:
    """Return a row for each method; the ratio is its time over that of TWA."""
    known = methods()
    ours, spread = median(measure(lambda: known["TWA"](task)))
    found = [Row(f"TWA, {name}", ours, spread, "s")]
    for rival in rivals:
        theirs, spread = median(measure(lambda rival=rival: known[rival](task), runs=2))
        found.append(Row(f"{rival}, {name}", theirs, spread, "s", "of TWA's time", theirs / ours))
    return found


def against_size() -> list[Row]:
    """Cost against N."""
    rows = []
    for size in (10, 100, 1000, 10**6):
        # a million spins by 512 trajectories by 200 steps would take an hour
        rivals = ("cumulants", "per-emitter TWA") if size <= 1000 else ("cumulants",)
        rows += side_by_side(f"laser N={size}", laser(size), rivals)
    return rows


def against_sites() -> list[Row]:
    """Cost against M."""
    rows = []
    for sites in (2, 10, 30):
        rows += side_by_side(f"chain M={sites}", chain(sites), ("cumulants", "per-emitter TWA"))
    return rows


def against_effort() -> list[Row]:
    """Cost against trajectories and threads."""
    rows, task = [], laser(100)
    for count in (1000, 10_000, 100_000):
        value, spread = median(measure(lambda count=count: sample(task, count), runs=3))
        rows.append(Row(f"TWA, {count} trajectories, 1 thread", value, spread, "s"))
    one = value
    for threads in range(2, (os.cpu_count() or 1) + 1):
        value, spread = median(measure(lambda n=threads: sample(task, 100_000, n), runs=3))
        name = f"TWA, 100000 trajectories, {threads} threads"
        rows.append(Row(name, value, spread, "s", "1 thread", one / value))
    return rows


def rows() -> list[Row]:
    """Return all rows."""
    return [*against_size(), *against_sites(), *against_effort()]
