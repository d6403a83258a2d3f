"""The TWA engine against plain NumPy, and its cost against sites, threads and precision of time."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.numpy_twa import chain_step, heun
from benchmarks.timing import Row, measure, median, peak_memory
from blochball import models, twa

NANO = 1e9


def engine(system, until: float, steps: int, trajectories: int, threads: int = 1):
    """Return a function that makes a run, and its number of ensemble-steps."""
    planned = twa.plan(system, [until], trajectories, 1, steps)
    return (
        lambda: twa.run_part(planned, 0, threads=threads),
        steps * trajectories * system.sites,
    )


def one_ensemble() -> list[Row]:
    size = 100
    system = models.superradiant_laser(size, pump=0.25 * size)
    run, work = engine(system, 10 / size, 400, 65536)
    ours, spread = median(measure(run), NANO / work)
    count, steps = 8192, 100
    plain = measure(lambda: heun(size, 0.25 * size, 2.5 / size, steps, count, 1), runs=3)
    peer, _ = median(plain, NANO / (count * steps))
    # 1024 trajectories fit the cache: NumPy at its best
    small = measure(lambda: heun(size, 0.25 * size, 2.5 / size, steps, 1024, 1), runs=5)
    best, _ = median(small, NANO / (1024 * steps))
    unit = "ns/ensemble-step/core"
    return [
        Row("TWA, one ensemble", ours, spread, unit, "NumPy Heun", peer / ours, "<= 8 ns, >= 40x"),
        Row("TWA, one ensemble (peer in cache)", ours, spread, unit, "NumPy Heun", best / ours),
    ]


def chain(sites: int, trajectories: int, threads: int = 1, runs: int = 5) -> tuple[float, float]:
    """Return nanoseconds per ensemble-step per core, and their spread."""
    system = models.waveguide_chain(sites, 250, np.pi / 10, pump=250.0)
    steps = max(200, 40000 // sites)  # so many that sampling and start-up do not count
    run, work = engine(system, steps * 3e-5, steps, trajectories, threads)
    return median(measure(run, runs), NANO * threads / work)


def waveguide() -> list[Row]:
    sites, count, steps = 100, 512, 20
    ours, spread = chain(sites, 512)
    cores = os.cpu_count() or 1
    both, both_spread = chain(sites, 1024, threads=cores)

    def plain(seed: int) -> None:
        rng = np.random.default_rng(seed)
        vectors = rng.standard_normal((3, sites, count))
        for _ in range(steps):
            vectors = chain_step(vectors, 250, 250.0, np.pi / 10, 3e-5, rng)

    with ThreadPoolExecutor(cores) as pool:
        times = measure(lambda: list(pool.map(plain, range(cores))), runs=3)
    # per core, both at work on all cores
    peer, _ = median(times, NANO / (sites * count * steps))
    unit = "ns/ensemble-step/core"
    return [
        Row("TWA, waveguide M=100, one core", ours, spread, unit, goal="<= 6 ns"),
        Row(
            f"TWA, waveguide M=100, {cores} cores", both, both_spread, unit,
            "NumPy, same step", peer / both, ">= 45x",
        ),
    ]  # fmt: skip


def scaling() -> list[Row]:
    rows = []
    reference = None
    for sites in (1, 10, 30, 100, 300, 1000):
        ours, spread = chain(sites, 512, runs=5)
        if sites == 10:
            reference = ours
        goal = "within 15% of M=10" if sites == 1000 else ""
        ratio = ours / reference if reference else float("nan")
        name = f"TWA, waveguide M={sites}"
        rows.append(Row(name, ours, spread, "ns/ensemble-step/core", "of M=10", ratio, goal))
    return rows


def memory() -> list[Row]:
    code = (
        "from blochball import models, twa; import numpy as np;"
        "s = models.waveguide_chain(1000, 250, np.pi / 10, 250.0);"
        "twa.solve(s, np.linspace(0, 2e-6, 11), trajectories=10000, steps=10)"
    )
    peak = peak_memory(code)
    return [Row("TWA, M=1000, 10^4 trajectories, 11 times", peak, 0.0, "MB peak", goal="< 1000 MB")]


def rows() -> list[Row]:
    return [*one_ensemble(), *waveguide(), *scaling(), *memory()]
