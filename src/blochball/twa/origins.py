"""Runs for two times: where the first time lies, the origins, and what is made of the samples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blochball import field, operators
from blochball.lines import Correlation
from blochball.support import validation
from blochball.support.parallel import thread_count
from blochball.support.statistics import Moments
from blochball.system import System
from blochball.twa import runs, stationary
from blochball.twa.noise import Stream
from blochball.twa.observers import means, response
from blochball.twa.observers.response import Outputs
from blochball.twa.plan import METHOD, Plan

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

PRODUCTION = 8  # burn-ins that a stationary run takes, by default
ORIGINS = 64  # of a trajectory, by default at most
APART = 16  # origins in the time of a burn-in at most
# rms of what the copies differ by from L, as a share of L, up to which a response is linear
LINEAR = 0.3
DIFFERENT = 5.0  # standard errors by which two estimates of one number may differ
# of the pilots that look at means, and for the end of a correlation
PILOTS, DOUBLINGS, SMALL = 256, 10, 0.01
KNOWN = 5.0  # standard errors that a rate is away from 0 to be known
RESOLVED, MANY = 5, 384  # steps between the first delays of a spectrum, and delays of all


@dataclass(frozen=True)
class Source:
    """What is looked at and how, with a first time once the burn-in is known.

    Attributes
    ----------
    owner : str
        Who asks, for messages.
    system : System
    weights : array of complex, shape (sites,)
    time, start : float
        t; and when the first origin is: t, or the end of the burn-in.
    origins : int or None
    trajectories, seed, tolerance, threads
        As for `two_time`.
    """

    owner: str
    system: System
    weights: Complexes
    time: float
    start: float
    origins: int | None
    trajectories: int
    seed: int
    tolerance: float
    threads: int

    @classmethod
    def of(
        cls,
        owner: str,
        system: System,
        weights: ArrayLike | str | None,
        time: float,
        trajectories: int,
        seed: int,
        tolerance: float,
        threads: int | None,
    ) -> Source:
        """Validate arguments."""
        amplitudes = field.amplitudes(owner, system, weights)
        operators.require(owner, "twa", system)
        time = field.time(owner, time)
        trajectories = validation.integer(owner, "trajectories", trajectories, 1)
        seed = validation.seed(owner, seed)
        tolerance = validation.real(owner, "tolerance", tolerance, 0)
        count = thread_count(owner, threads)
        return cls(owner, system, amplitudes, time, time, 1, trajectories, seed, tolerance, count)

    def begun(self, origins: int | None, burn_in: float | None) -> Source:
        """Validate, and find the burn-in where it is not given."""
        owner = self.owner
        if origins is not None:
            origins = validation.integer(owner, "origins", origins, 1)
        if burn_in is not None:
            burn_in = validation.real(owner, "burn_in", burn_in, 0)
        if self.time == np.inf:
            if burn_in is None:
                burn_in = stationary.burn_in(
                    owner, self.system, self.seed, self.tolerance, self.threads
                )
            return replace(self, start=burn_in, origins=origins)
        for name, value in (("origins", origins), ("burn_in", burn_in)):
            if value is not None:
                raise ValueError(f"{owner}: {name} must be None for a finite time, got {value}")
        return self

    def run(self, delays: Floats, progress: bool = False) -> Found:
        """Run all trajectories."""
        spacing, origins = float(delays[-1]), self.origins
        if self.time == np.inf:
            spacing = max(spacing, self.start / APART)
        if origins is None:
            wanted = PRODUCTION * self.start / spacing if spacing > 0 else 1
            origins = int(np.clip(round(wanted), 1, ORIGINS))
        first = Outputs.of(self.start, delays, spacing, 1)
        plan = runs.planned(
            self.owner,
            self.system,
            first.times,
            self.trajectories,
            self.seed,
            "auto",
            tolerance=self.tolerance,
        )
        outputs = Outputs.of(self.start, delays, spacing, origins)
        # every origin has the steps of the first
        schedule = response.repeated(plan.schedule, origins)
        kept = np.full(outputs.times.size, -1)
        plan = replace(plan, times=outputs.times, schedule=schedule, kept=kept)
        observer = response.observer(plan, outputs, delays, self.weights)
        run = runs.Run(self.owner, plan, plan.staged(response.copied(plan)), observer)
        (sums,), _ = run.total(self.threads, progress)
        spread = np.sqrt(sums.spread[:, 0] / np.maximum(sums.spread[:, 1], 1e-300))
        return Found(self.owner, plan, outputs.origins, delays, sums.moments, spread)

    def check(self, delays: Floats) -> None:
        """Warn of what `solve` warns of, as some trajectories show it between t and the end."""
        span = 0.0 if self.time == np.inf else float(delays[-1])
        times = np.unique(self.start + span * np.array([0, 0.5, 1]))
        plan = runs.planned(
            self.owner, self.system, times, PILOTS, self.seed, "auto", tolerance=self.tolerance
        )
        run = runs.Run(self.owner, plan, plan.stages, means.observer(plan, Stream.STATIONARY))
        runs.warned(self.owner, plan, means.dataset(plan, *run.total(self.threads, False)))

    def about(self, found: Found) -> dict[str, Any]:
        """Return attributes of a result."""
        stationary = {"burn_in": self.start} if self.time == np.inf else {}
        return {
            "method": METHOD,
            "seed": self.seed,
            "trajectories": self.trajectories,
            "origins": found.origins,
            **stationary,
            "steps": found.plan.schedule.total,
        }

    def window(self) -> tuple[float, float | None, float]:
        """Return the last delay of a spectrum, from where its tail is fitted, and a step.

        A pilot doubles the last delay until the first order is small, or exponential from a third
        of it on.
        """
        few = replace(self, trajectories=max(PILOTS, self.trajectories // 4))
        slowest = stationary.slowest(self.system)
        if slowest == 0:
            raise ValueError(f"{self.owner}: system must have dissipation, got one without")
        last = max(self.start, 1.0 / slowest)
        for _ in range(DOUBLINGS):
            delays = last * np.concatenate([[0.0], np.geomspace(1 / 64, 1, 37)])
            found = few.run(delays)
            whole, step = found.first_order(), float(found.plan.schedule.steps[-1])
            tail = last / 3
            size, late = np.abs(whole.values), delays >= tail
            if (size <= SMALL * size[0] + 3 * whole.sizes())[late].all():
                return last, None, step
            rate, gradient = whole.rate(tail, last)
            known = rate.real < -KNOWN * whole.error(gradient)
            if known and not whole.differs(tail, last):
                return last, tail, step
            last *= 2
        raise ValueError(
            f"{self.owner}: system must have a first order that decays within {last / 2:.3g}, got "
            "one that neither does nor becomes exponential"
        )


def grid(last: float, step: float) -> Floats:
    """Return delays that resolve what happens in some steps, further apart towards the end."""
    apart = RESOLVED * step
    if last <= MANY * apart:
        return np.linspace(0, last, max(16, int(np.ceil(last / apart))) + 1)
    early = apart * np.arange(MANY // 2)
    return np.concatenate([early, np.geomspace(early[-1] + apart, last, MANY // 2)])


@dataclass(frozen=True)
class Found:
    """What a run has found.

    Attributes
    ----------
    owner : str
    plan : Plan
    origins : int
    delays : ndarray, shape (delays,)
    moments : Moments
        Of the samples of `response.Record`.
    spread : ndarray, shape (delays,)
    """

    owner: str
    plan: Plan
    origins: int
    delays: Floats
    moments: Moments
    spread: Floats

    def check(self) -> None:
        """Warn of a run that is not stationary, and of copies that part too far."""
        if self.origins > 1:
            share = np.array([(self.origins + 1) // 2, self.origins // 2]) / self.origins
            early, late = self.moments.mean[-2:] / share
            contrast = np.array([1, -1]) / share
            variance = float(contrast @ self.moments.covariance[-2:, -2:] @ contrast)
            error = np.sqrt(max(variance, 0.0))
            if abs(late - early) > DIFFERENT * error:
                validation.warn(
                    f"{self.owner}: the intensity is {early:.6g} in the first half of the run and "
                    f"{late:.6g} in the second, with a standard error of {error:.2g}: it is not "
                    "stationary; a longer burn_in is needed"
                )
        far = np.flatnonzero(self.spread > LINEAR)
        if far.size:
            trusted = self.delays[far[0] - 1] if far[0] else 0.0
            validation.warn(
                f"{self.owner}: copies of trajectories part by {self.spread.max():.0%} of the "
                f"field; their response can be trusted up to the delay {trusted:.3g}"
            )

    def first_order(self) -> Correlation:
        """Return the first order without the coherent part."""
        n, moments = self.delays.size, self.moments
        values = moments.mean[:n] + 1j * moments.mean[n : 2 * n]
        mean, covariance = moments.mean[3 * n + 1 : 3 * n + 3], moments.covariance
        change = np.zeros((2 * n, len(moments.mean)))
        change[:, : 2 * n] = np.eye(2 * n)
        # without a symmetry of turns about z the field has a mean
        if operators.MasterEquation.of(self.plan.system).order_step == 1:
            values = values - mean @ mean
            change[:n, 3 * n + 1 : 3 * n + 3] = -2 * mean
        parts = (change @ covariance @ change.T).reshape(2, n, 2, n)
        return Correlation(self.delays, values, parts)
