"""TWA against second-order cumulants and per-emitter TWA; cost against N, M, trajectories, threads.

The same laser and the same chain for every method, and for both that sample the same number of
trajectories. How wrong each is: `figures.rivals`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.timing import Row, measure, median
from blochball import System, cumulants, models, per_emitter, twa
from blochball.support.parallel import thread_count

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
    cores = thread_count("benchmarks", None)
    return {
        "TWA": lambda task: sample(task, threads=cores),
        "cumulants": lambda task: cumulants.solve(*task, order=2),
        "per-emitter TWA": lambda task: per_emitter.solve(
            *task, trajectories=TRAJECTORIES, seed=1, steps=STEPS
        ),
    }


def side_by_side(
    name: str, against: str, at: int, task: tuple[System, np.ndarray], rivals: tuple[str, ...]
) -> list[Row]:
    """Return a row for each method, `at` the point of the axis `against`."""
    known = methods()
    rows: list[Row] = []
    for method in ("TWA", *rivals):
        runs = 2 if rows else 5
        value, spread = median(measure(lambda method=method: known[method](task), runs))
        ratio = value / rows[0].median if rows else float("nan")
        label = f"{method}, {name} {against}={at}"
        of = "TWA" if rows else ""
        rows.append(Row(label, value, spread, "s", of, ratio, "", method, against, at))
    return rows


def against_size() -> list[Row]:
    """Cost against N."""
    rows = []
    for size in (10, 100, 1000, 10**6):
        # a million spins by 512 trajectories by 200 steps would take an hour
        rivals = ("cumulants", "per-emitter TWA") if size <= 1000 else ("cumulants",)
        rows += side_by_side("laser", "N", size, laser(size), rivals)
    return rows


def against_sites() -> list[Row]:
    """Cost against M."""
    rows = []
    for sites in (2, 10, 30):
        rivals = ("cumulants", "per-emitter TWA")
        rows += side_by_side("chain", "M", sites, chain(sites), rivals)
    return rows


def against_effort() -> list[Row]:
    """Cost against trajectories and threads."""
    rows, task, most = [], laser(100), 100_000

    def timed(name: str, against: str, count: int, threads: int) -> Row:
        value, spread = median(measure(lambda: sample(task, count, threads), runs=3))
        at = count if against == "trajectories" else threads
        return Row(name, value, spread, "s", curve="TWA", against=against, at=at)

    for count in (1000, 10_000, most):
        rows.append(timed(f"TWA, {count} trajectories, 1 thread", "trajectories", count, 1))
    one = rows[-1]
    rows.append(replace(one, against="threads", at=1, name=f"TWA, {most} trajectories, threads=1"))
    cores = thread_count("benchmarks", None)
    # powers of two, and all
    for threads in sorted({2**k for k in range(1, cores.bit_length())} | ({cores} - {1})):
        row = timed(f"TWA, {most} trajectories, threads={threads}", "threads", most, threads)
        rows.append(replace(row, of="1 thread", ratio=row.median / one.median))
    return rows


def rows() -> list[Row]:
    """Return all rows."""
    return [*against_size(), *against_sites(), *against_effort()]
