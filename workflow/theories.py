"""The kinds of run, by name: which solver each is, and what the machine must know beforehand.

``THEORIES`` is the one table. Most of its entries are theories: the same system, solved exactly, by
mean-field equations or by the truncated Wigner approximation in one of its two forms. Two are no
theories but other kinds of run with the same machinery: ``paths`` keeps single trajectories, and
``cost`` times the steps of TWA. A figure may have a kind of its own (figures/rivals).

Whatever the workflow asks of the solvers, it asks here.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball import System, cumulants, exact, twa
from blochball.exact import jumps, liouvillian, populations
from blochball.support import jit, validation
from blochball.twa import density

Array = NDArray[np.float64]
# beyond which an exact solution without sampling takes hours
MOST_EMITTERS = 4000
# identifies the compiled sources: a plan of other sources is refused
STAMP = jit.STAMP


@dataclass(frozen=True)
class Point:
    """One system to solve: when, and for a sampling theory with what effort."""

    system: System
    times: Array
    steady: bool = False  # exact and density: the limit of long times instead of `times`
    method: str = "auto"  # exact: "jumps" samples, with `trajectories` and `seed`
    trajectories: int = 0
    steps: int | str = 0
    seed: int = 0
    tolerance: float = 0.1  # of steps="auto"
    momenta: tuple[float, ...] = ()
    repeats: int = 1  # of what is timed
    batches: int = 1  # of trajectories, independent and kept apart; see `workflow.results.pooled`

    @property
    def sampling(self) -> dict[str, Any]:
        """Arguments of `twa.solve` and `twa.plan` besides the System and the times."""
        return {
            "trajectories": self.trajectories,
            "seed": self.seed,
            "steps": self.steps,
            "tolerance": self.tolerance,
            "momenta": self.momenta or None,
        }

    @property
    def blocks(self) -> int:
        """In how many blocks, each the work of one thread, plain TWA makes the trajectories."""
        if not self.trajectories:
            return 1
        (blocks,) = twa.division(self.trajectories, 1, self.system.sites)
        return len(blocks)

    def batch(self, number: int) -> Point:
        """Return one of the batches, with a seed of its own."""
        if self.batches == 1:
            return self
        return dataclasses.replace(
            self,
            trajectories=self.trajectories // self.batches,
            seed=zlib.crc32(f"{self.seed}/batch/{number}".encode()),
            batches=1,
        )

    def parts(self, jobs: int) -> int:
        """Return into how many parts the trajectories are divided for so many jobs."""
        return len(twa.division(self.trajectories, jobs, self.system.sites))


@dataclass(frozen=True)
class Theory:
    """A kind of run.

    Attributes
    ----------
    name : str
        Last part of the name of its runs, MEMBER.THEORY.
    solve : callable
        ``solve(point, threads, **kept)`` returns the Dataset of a `Point`; `kept` are the
        folder `keep` and the size `chunk` of a `twa.Checkpoint`, which theories that begin again
        when they are killed ignore.
    modules : tuple of str
        Where it is written. Results are stale when one of these, or what it imports, changes.
    sampled : bool
        Whether its numbers depend on trajectories, steps and seed.
    cost : float
        Time of an ensemble-step, in units of one of the ball's.
    minutes, megabytes : int
        To ask for besides what grows with the number of steps and outputs.
    alone : bool
        Whether it is timed, so that nothing else may run meanwhile.
    obstacle : callable
        ``obstacle(point)`` says, without solving it, why a Point cannot be solved, or returns None.
    check : callable
        ``check(owner, times)`` raises a ValueError, naming the owner, if a Point cannot have these
        times; of a spectrum they are frequencies.
    """

    name: str
    solve: Callable[..., xr.Dataset]
    modules: tuple[str, ...]
    sampled: bool = False
    cost: float = 0
    # interpreter and libraries: measured 250 MB; the compiler, the first time: 400 MB and half a
    # minute; a slow file system
    minutes: int = 5
    megabytes: int = 600
    alone: bool = False
    obstacle: Callable[[Point], str | None] = lambda point: None
    check: Callable[[str, Array], object] = validation.times


def _exact(point: Point, threads: int = 1, **kept: Any) -> xr.Dataset:
    # the bar is in the log of the job
    if point.steady:
        return exact.steady_state(point.system, progress=True)
    sampling = {"trajectories": point.trajectories, "seed": point.seed, "threads": threads}
    options = sampling if point.method == "jumps" else {}
    return exact.solve(point.system, point.times, point.method, progress=True, **options)


def _exact_obstacle(point: Point) -> str | None:
    solvers = {"populations": populations, "liouvillian": liouvillian, "jumps": jumps}
    if point.method == "jumps":
        return jumps.obstacle(point.system)
    if point.system.emitters > MOST_EMITTERS:
        return f"more than {MOST_EMITTERS} emitters are solved exactly by the method jumps only"
    tried = ("populations", "liouvillian") if point.method == "auto" else (point.method,)
    reasons = [solvers[method].obstacle(point.system) for method in tried]
    return None if None in reasons else "; ".join(map(str, reasons))


def _cumulants(point: Point, threads: int = 1, order: int = 2, **kept: Any) -> xr.Dataset:
    return cumulants.solve(point.system, point.times, order=order, progress=True)


def _mean_field(point: Point, threads: int = 1, **kept: Any) -> xr.Dataset:
    return _cumulants(point, order=1)


def _ball(point: Point, threads: int = 1, **kept: Any) -> xr.Dataset:
    running = {"threads": threads, "checkpoint": _checkpoint(**kept), "progress": True}
    return twa.solve(point.system, point.times, **point.sampling, **running)


def _checkpoint(keep: Path | None = None, chunk: int | None = None) -> twa.Checkpoint | None:
    if keep is None:
        return None
    return twa.Checkpoint(keep) if chunk is None else twa.Checkpoint(keep, chunk)


def _eq6(point: Point, threads: int = 1, **kept: Any) -> xr.Dataset:
    sampling = point.sampling | {"threads": threads}
    return twa.eq6.solve(point.system, point.times, **sampling, progress=True)


def _density(point: Point, threads: int = 1, form: str = "ball", **kept: Any) -> xr.Dataset:
    if point.steady:
        return density.steady_state(point.system, form)
    return density.solve(point.system, point.times, form, progress=True)


def _density_eq6(point: Point, threads: int = 1, **kept: Any) -> xr.Dataset:
    return _density(point, form="eq6")


def _paths(point: Point, threads: int = 1, **kept: Any) -> xr.Dataset:
    numerics = {"steps": point.steps, "tolerance": point.tolerance}
    return twa.trajectories(point.system, point.times, point.trajectories, point.seed, **numerics)


def _cost(point: Point, threads: int = 1, **kept: Any) -> xr.Dataset:
    """Measure the seconds that the steps of TWA take on one core.

    A run of a single step is subtracted: drawing the initial state and evaluating the final one
    are not steps.
    """

    def solved(steps: int) -> xr.Dataset:
        times = point.times * (steps / point.steps)
        return _ball(dataclasses.replace(point, times=times, steps=steps))

    solved(1)  # whatever is compiled or looked up but once
    whole, first = solved(point.steps), solved(1)
    numbers = {
        "sites": point.system.sites,
        "emitters": point.system.emitters,
        "trajectory_steps": point.trajectories * (point.steps - 1),
        "seconds": whole.wall_time - first.wall_time,
    }
    return xr.Dataset(numbers, attrs=whole.attrs)


EXACT = Theory(
    "exact", _exact, ("blochball.exact",), minutes=10, megabytes=1000, obstacle=_exact_obstacle
)
# mean field is their first order; a long chain in second order takes minutes
MEAN_FIELD, CUMULANTS = (
    Theory(name, solve, ("blochball.cumulants",), minutes=15, megabytes=1500)
    for name, solve in (("mean_field", _mean_field), ("cumulants", _cumulants))
)
# the ball, alone and scattered over jobs
BALL = ("blochball.twa.solver", "blochball.twa.parts")
TWA = Theory("twa", _ball, BALL, sampled=True, cost=1)
EQ6 = Theory("eq6", _eq6, ("blochball.twa.eq6",), sampled=True, cost=16)
# both forms without sampling, for one undriven ensemble
DENSITY, DENSITY_EQ6 = (
    Theory(
        name, solve, ("blochball.twa.density",), minutes=15, megabytes=1500,
        obstacle=lambda point: density.obstacle(point.system),
    )
    for name, solve in (("density", _density), ("density_eq6", _density_eq6))
)  # fmt: skip
# no theories:
PATHS = Theory("paths", _paths, BALL, sampled=True, cost=1)
COST = Theory("cost", _cost, BALL, sampled=True, cost=1, alone=True)

THEORIES = {
    theory.name: theory
    for theory in (EXACT, MEAN_FIELD, CUMULANTS, TWA, EQ6, DENSITY, DENSITY_EQ6, PATHS, COST)
}


# -- the ball's trajectories scattered over jobs ---------------------------------------------------


def plan(point: Point) -> twa.Plan:
    """Fix all of a point that no random number may decide."""
    return twa.plan(point.system, point.times, **point.sampling)


def taken_up(plan: xr.Dataset) -> twa.Plan:
    """Return the plan that is kept in a file."""
    return twa.Plan.from_dataset(plan)


def blocks(plan: twa.Plan, parts: int) -> tuple[range, ...]:
    """Return the blocks of each of so many parts."""
    return twa.division(plan.trajectories, parts, plan.system.sites)


def run_part(
    plan: twa.Plan, blocks: range, threads: int, keep: Path, chunk: int | None
) -> xr.Dataset:
    """Compute one part, taking up what a killed job has left of it in the folder `keep`."""
    return twa.run_part(plan, blocks, threads, True, _checkpoint(keep, chunk))


def gather(plan: twa.Plan, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return the Dataset of a point from all its parts."""
    return twa.gather(plan, parts)
