"""The TWA engine against plain NumPy and JAX, and its cost a step as the number of sites grows."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks import jax_twa
from benchmarks.numpy_twa import chain_step, heun
from benchmarks.timing import Row, beside, measure, median, peak_memory, skipped
from blochball import models, twa
from blochball.support.parallel import thread_count

NANO = 1e9
COUNT = 65536  # trajectories of one ensemble, where all programs have the same
WORK = 50_000_000  # ensemble-steps of a run of a chain
UNIT = "ns/ensemble-step/core"
JAX_NOISE = {"normal": "normal noise", "bits": "noise from bits"}


def engine(system, until: float, steps: int, trajectories: int, threads: int = 1):
    """Return a function that makes a run, and its number of ensemble-steps."""
    planned = twa.plan(system, [until], trajectories, 1, steps=steps)
    (blocks,) = twa.division(trajectories, 1, system.sites)
    return (
        lambda: twa.run_part(planned, blocks, threads),
        steps * trajectories * system.sites,
    )


def one_ensemble() -> list[Row]:
    """Time a step of a trajectory on one core, with as many trajectories as suit each program."""
    system = models.superradiant_laser(jax_twa.SIZE, jax_twa.PUMP)
    run, work = engine(system, jax_twa.UNTIL, jax_twa.STEPS, COUNT)
    value, spread = median(measure(run), NANO / work)
    ours = Row("TWA, one ensemble, a core", value, spread, UNIT, goal="<= 8 ns")
    steps = jax_twa.STEPS
    rows = [ours]
    # 1024 trajectories fit the cache: NumPy at its best
    for count, note, runs in ((8192, "", 3), (1024, ", in cache", 5)):
        times = measure(lambda count=count: laser(steps, count), runs)
        rows.append(beside(f"NumPy Heun, a core{note}", times, ours, NANO / (count * steps)))
    for noise, label in JAX_NOISE.items():
        name = f"JAX Heun, {label}, a core"
        if not jax_twa.INSTALLED:
            rows.append(skipped(name, "not installed"))
            continue
        times = jax_twa.times(noise, COUNT, steps, one_core=True)
        rows.append(beside(name, times, ours, NANO / (COUNT * steps)))
    return rows


def whole_machine() -> list[Row]:
    """Time each program as one would call it, with the same trajectories and steps."""
    steps, cores = jax_twa.STEPS, thread_count("benchmarks", None)
    system = models.superradiant_laser(jax_twa.SIZE, jax_twa.PUMP)
    arguments = (system, [jax_twa.UNTIL], COUNT, 1)
    value, spread = median(measure(lambda: twa.solve(*arguments, steps=steps)))
    # TWA takes all cores by itself, NumPy takes one, JAX what its compiler finds
    ours = Row(f"TWA, {COUNT} x {steps} steps, {cores} cores", value, spread, "s")
    times = measure(lambda: laser(steps, COUNT), runs=3)
    rows = [ours, beside("NumPy Heun, the same, 1 thread", times, ours, goal=">= 40x")]
    for noise, label in JAX_NOISE.items():
        name = f"JAX Heun, the same, {label}"
        if not jax_twa.INSTALLED:
            rows.append(skipped(name, "not installed"))
            continue
        rows.append(beside(name, jax_twa.times(noise, COUNT, steps, one_core=False), ours))
    return rows


def laser(steps: int, count: int) -> None:
    """Run the NumPy program on what JAX runs."""
    heun(jax_twa.SIZE, jax_twa.PUMP, jax_twa.UNTIL, steps, count, 1)


def chain(sites: int, trajectories: int, threads: int = 1) -> tuple[Callable[[], object], float]:
    """Return a function that makes a run, and what its seconds are to be multiplied by."""
    system = models.waveguide_chain(sites, 250, np.pi / 10, pump=250.0)
    # so many that sampling and start-up do not count
    steps = max(400, WORK // (sites * trajectories))
    run, work = engine(system, steps * 3e-5, steps, trajectories, threads)
    return run, NANO * threads / work


def waveguide() -> list[Row]:
    sites, count, steps = 100, 512, 20
    cores = thread_count("benchmarks", None)
    (run, scale), (run_both, scale_both) = chain(sites, 512), chain(sites, 512 * cores, cores)
    ours, spread = median(measure(run), scale)
    both, both_spread = median(measure(run_both), scale_both)

    def plain(seed: int) -> None:
        rng = np.random.default_rng(seed)
        vectors = rng.standard_normal((3, sites, count))
        for _ in range(steps):
            vectors = chain_step(vectors, 250, 250.0, np.pi / 10, 3e-5, rng)

    with ThreadPoolExecutor(cores) as pool:
        times = measure(lambda: list(pool.map(plain, range(cores))), runs=3)
    row = Row("TWA, waveguide M=100, all cores, per core", both, both_spread, UNIT)
    return [
        Row("TWA, waveguide M=100, one core", ours, spread, UNIT, goal="<= 6 ns"),
        row,
        # one thread a core, all at work
        beside(
            "NumPy, same step, all cores, per core",
            times,
            row,
            NANO / (sites * count * steps),
            ">= 45x",
        ),
    ]


def scaling() -> list[Row]:
    rows: list[Row] = []
    runs = {sites: chain(sites, 128) for sites in (1, 10, 30, 100, 300, 1000)}
    # in turns, so that a machine that slows down slows them all
    rounds = [{at: measure(run, 1, 0)[0] for at, (run, _) in runs.items()} for _ in range(6)]
    for sites, (_, scale) in runs.items():
        ours, spread = median([seconds[sites] for seconds in rounds[1:]], scale)
        reference = rows[1].median if len(rows) > 1 else float("nan")
        goal = "within 15% of M=10" if sites == 1000 else ""
        name = f"TWA, waveguide M={sites}"
        ratio = ours / reference
        rows.append(Row(name, ours, spread, UNIT, "M=10", ratio, goal, "TWA", "M, a step", sites))
    return rows


def memory() -> list[Row]:
    code = (
        "from blochball import models, twa; import numpy as np;"
        "s = models.waveguide_chain(1000, 250, np.pi / 10, 250.0);"
        "twa.solve(s, np.linspace(0, 2e-6, 11), trajectories=10000, steps=10)"
    )
    peak = peak_memory(code)
    return [Row("TWA, M=1000, 10^4 trajectories, 11 times", peak, 0.0, "MB peak", goal="< 1000 MB")]


def twisting() -> list[Row]:
    """One-axis twisting with every local loss and second moments, of all cores."""
    system = models.one_axis_twisting(10_000, decay=1.0, dephasing=0.25, pump=0.6)
    times = np.linspace(0, 4e-3, 50)

    def run() -> object:
        return twa.solve(system, times, 100_000, 1, moments="second")

    value, spread = median(measure(run, 3))
    name = "TWA, twisting with losses, N=10^4, 10^5 trajectories"
    return [Row(name, value, spread, "s", goal="< 10 s")]


def rows() -> list[Row]:
    return [*one_ensemble(), *whole_machine(), *twisting(), *waveguide(), *scaling(), *memory()]
