"""What every run has in common: its plan, its blocks over threads, what it keeps in files."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball import operators
from blochball.moments import KEPT, MOMENTS, SECOND
from blochball.protocol import Protocol
from blochball.support import validation
from blochball.support.checkpoints import Finished, checkpoint_of
from blochball.support.statistics import Leaf, Moments
from blochball.system import System
from blochball.twa import driver, lengths, parity, pilot, schedule, stretching
from blochball.twa.driver import Observer
from blochball.twa.ends import STRETCHED, End
from blochball.twa.fields import STRUCTURES
from blochball.twa.observers import pairs
from blochball.twa.plan import Plan
from blochball.twa.timed import Stage, size

_LOG = logging.getLogger("blochball")

# how far a cloud may be stretched, times what is left of it, without a warning; and how far one of
# a handful of emitters an ensemble, with so much more for each of them
WRAPPED = 1.0
SOONER, EACH = 0.45, 0.02
GROWN = 1.05  # times its first width, which it must be stretched to at least
LEAST_ERROR = 0.01  # relative error of the time steps above which a run is warned about


def planned(
    owner: str,
    system: System | Protocol,
    times: ArrayLike,
    trajectories: int,
    seed: int,
    steps: Any,
    *,
    correlations: ArrayLike | None = None,
    momenta: ArrayLike | None = None,
    tolerance: float = pilot.ANGLE,
    structure: str = "auto",
    moments: str = "first",
    theory: str = "twa",
    judged: bool = True,
    timed: bool = False,
    initial: End | None = None,
    end: bool = False,
    covariances: bool = True,
) -> Plan:
    """Validate the arguments of a run and fix its time steps; see `twa.plan`.

    Parameters
    ----------
    owner : str
        The function that was called, for errors.
    theory : str
        Which must serve the terms of the System.
    judged : bool
        Whether to warn of steps that are too long.
    timed : bool
        Whether a Protocol is served.
    initial : End, optional
        Trajectories to carry on with, as many as there are.
    end : bool
        Whether the end of the trajectories is kept.
    covariances : bool
        Whether the covariances of the means are kept.
    """
    protocol = _protocol(owner, system, theory, timed)
    times = validation.times(owner, times)
    trajectories = validation.integer(owner, "trajectories", trajectories, 1)
    seed = validation.seed(owner, seed)
    tolerance = validation.positive(owner, "tolerance", tolerance)
    validation.choice(owner, "structure", structure, STRUCTURES)
    second = validation.choice(owner, "moments", moments, KEPT) != "first"
    if not validation.flag(owner, "covariances", covariances) and second:
        raise ValueError(
            f"{owner}: covariances must be True with moments={moments!r}, got False: they make the "
            "standard errors of spin_covariance"
        )
    kept = _kept(owner, correlations, times)
    waves = _momenta(owner, momenta)
    each, what = _each(second, covariances), "times (with covariances)" if covariances else "times"
    validation.memory(owner, what, times.size * (each * protocol.sites + 2.0 * waves.size))
    if moments == "pairs":
        validation.memory(owner, "moments", pairs.size(times.size, protocol.sites))
    # of every pair where correlations are kept
    validation.memory(owner, "correlations", 4.0 * kept.max() * protocol.sites**2)
    if isinstance(steps, str) and steps == "auto":
        chosen = pilot.schedule_of(owner, protocol, structure, times, seed, tolerance, initial)
    else:
        chosen = schedule.uniform(owner, times, steps, protocol.knots)
        if judged:
            count, error = pilot.judge(owner, protocol, structure, times, seed, chosen, initial)
            warn_of_long_steps(owner, chosen.total, count, error, trajectories)
    validation.memory(owner, "steps", size(protocol, times, chosen, structure))
    changing = protocol if isinstance(system, Protocol) else None
    if end:
        words = 4.0 * protocol.sites + len(protocol.initial.jumps) + 4
        # the last two parts are merged
        validation.memory(owner, "trajectories (whose end is kept)", 2 * words * trajectories)
    numbers = trajectories, seed, chosen, kept, waves, structure, moments
    return Plan(protocol.initial, times, *numbers, changing, initial, end, covariances)


def _protocol(owner: str, system: System | Protocol, theory: str, timed: bool) -> Protocol:
    """Return a System as a Protocol, or one itself, after asking whether it is served."""
    if not (timed and isinstance(system, Protocol)):
        operators.require_system(owner, system)
    protocol = system if isinstance(system, Protocol) else Protocol([(0, system)])
    for piece in protocol.pieces:
        for end in (piece.first, piece.last):
            operators.require(owner, theory, end)
    return protocol


def _each(second: bool, covariances: bool) -> float:
    """Return how many numbers a run of one block holds for each site and output time."""
    kept = len(MOMENTS) + (len(SECOND) if second else 0)
    products = kept**2 if covariances else kept
    # sums, and means and co-moments: these 1.4 to 1.8 times, measured
    return 2 * kept + products + 6 + 1.5 * (kept + products + 4)


def _kept(
    owner: str, correlations: ArrayLike | None, times: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return for every output time its index among those with correlations, or -1."""
    kept = np.full(times.size, -1, dtype=np.int64)
    if correlations is not None:
        nearest = validation.among(owner, "correlations", correlations, times)
        kept[nearest] = np.arange(nearest.size)
    return kept


def _momenta(owner: str, momenta: ArrayLike | None) -> NDArray[np.float64]:
    if momenta is None:
        return np.empty(0)
    what = "a one-dimensional sequence of finite real numbers"
    return validation.reals(owner, "momenta", momenta, what)


@dataclass(frozen=True)
class Run:
    """A plan, how its trajectories move and what is looked at.

    Attributes
    ----------
    owner : str
        The function that was called, for errors.
    plan : Plan
    stages : tuple of Stage
    observer : Observer
    label : str
        What decides the sums besides the plan.
    cost : float
        Of a step, in steps of the ball form.
    record : type
        Of what the observer's leaves are tuples of.
    """

    owner: str
    plan: Plan
    stages: tuple[Stage, ...]
    observer: Observer
    label: str = ""
    cost: float = 1.0
    record: type = Moments

    @property
    def identity(self) -> str:
        """Changes whenever the sums of a block would: that of the plan for plain means."""
        if not self.label:
            return self.plan.identity
        return hashlib.sha256(f"{self.plan.identity} {self.label}".encode()).hexdigest()

    @property
    def blocks(self) -> range:
        """All blocks."""
        return range(-(-self.plan.trajectories // self.observer.block))

    def total(
        self, threads: int, progress: bool, checkpoint: Any = None, blocks: range | None = None
    ) -> tuple[Leaf, float]:
        """Run some blocks, by default all; return their sums and the seconds that they took.

        `checkpoint` is the argument of that name; seconds count what was loaded from it.
        """
        validation.flag(self.owner, "progress", progress)
        finished = self._finished(checkpoint)
        if blocks is None:
            blocks = self.blocks
        elif finished is not None and finished.blocks >= len(blocks):
            finished = None  # a part that is no more than one file is kept by whoever asked for it
        started = time.perf_counter()
        tree = driver.run(
            self.owner, self.plan, self.stages, self.observer, threads, progress, blocks, finished
        )
        seconds = time.perf_counter() - started + (finished.seconds if finished else 0.0)
        size = self.observer.block
        count = min(blocks.stop * size, self.plan.trajectories) - blocks.start * size
        told = self.owner, count, self.plan.schedule.total, seconds
        _LOG.info("%s: %d trajectories of %d steps, %.1f s", *told)
        return tree.total(), seconds

    def _finished(self, checkpoint: Any) -> Finished | None:
        kept = checkpoint_of(self.owner, checkpoint)
        if kept is None:
            return None
        steps = max(1, self.plan.schedule.total) * self.plan.system.sites
        cost = self.observer.block * steps * self.cost
        return Finished(kept, self.identity, self.record, cost)


def warned(
    owner: str,
    plan: Plan,
    ds: xr.Dataset,
    otherwise: Callable[[str, System, xr.Dataset], None] | None = None,
) -> xr.Dataset:
    """Return what a plan gave, after warning of what it must not be trusted for.

    Where all lengths are as they should be, `otherwise` looks further.
    """
    if not lengths.warn(owner, ds) and otherwise is not None:
        otherwise(owner, plan.system, ds)
    warn_of_parity(owner, plan)
    times = warn_of_stretching(owner, plan)
    return ds.assign_attrs({STRETCHED: times}) if plan.end else ds


def warn_of_long_steps(
    owner: str, given: int, count: float, error: float, trajectories: int
) -> None:
    """Warn of steps that err by more than a percent and than the noise of the trajectories."""
    if error > max(LEAST_ERROR, trajectories**-0.5):
        validation.warn(
            f"{owner}: steps are too long: {given}, where steps='auto' would take about "
            f"{count:.3g}; means may err by {min(error, 1):.2g} of themselves (twa.step_error "
            "measures by how much)"
        )


def warn_of_stretching(owner: str, plan: Plan) -> float:
    """Warn where little damps what the cloud has been stretched to: a wave that interferes.

    Return by how much it has, in units of the radius N/2; 0 where something damps it.
    """
    protocol = plan.protocol or Protocol([(0, plan.system)])
    left = stretching.left(protocol, float(plan.times[-1]))
    if not left:
        return 0.0
    times = stretching.stretched(protocol, plan)
    size = plan.system.column("size")
    bound = min(WRAPPED, SOONER + EACH * float(size.min()))
    # the cloud of one or two emitters is as wide from the beginning
    if times * left > max(bound, GROWN * float(size.mean()) ** -0.5):
        much = "tens of percent" if times > 1 else "several percent"
        validation.warn(
            f"{owner}: little damps this system, and its cloud is stretched to {times:.2g} times "
            f"the radius N/2: interference, which this theory lacks, can change means by {much} "
            "(compare exact.solve of a smaller system)"
        )
    return times


def warn_of_parity(owner: str, plan: Plan) -> None:
    """Warn where squeezed decay ends in a state that depends on the parity of N."""
    protocol = plan.protocol or Protocol([(0, plan.system)])
    found = parity.unseen(protocol, float(plan.times[-1]))
    if found is not None:
        emitters, factor = found
        validation.warn(
            f"{owner}: a collective jump is squeezed by e^(2r) = {factor:.3g} and sees "
            f"{emitters:.0f} emitters, fewer than {parity.ENOUGH:g} times that: whether their "
            "number is even decides about variances that are squeezed, and this theory does not "
            "know it (compare exact.solve)"
        )
