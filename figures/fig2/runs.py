"""Fig. 2: one ensemble under local pump and collective decay (Gamma = 1), from full inversion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from blochball import CollectiveJump, Ensemble, System, models
from workflow.runs import BATCHES, Drawn, Family, Member, Run, Seeds
from workflow.settings import Count, Counts, Grid, Positive, Several
from workflow.theories import DENSITY, DENSITY_EQ6, EXACT, MEAN_FIELD, TWA, Point

RELAXATIONS = 8


@dataclass(frozen=True)
class Pulse:
    """Superradiant pulse and relaxation for each size: Fig. 2(a) and the errors of its inset."""

    drawn: ClassVar[Drawn] = ("emission", "inversion")

    pump_in_N_gamma: Positive
    until_N_gamma_t: Positive
    outputs: Grid
    steps: Count
    members: tuple[Member, ...]

    def point(self, size: int, **numerics: Any) -> Point:
        """Return the laser of one size."""
        times = np.linspace(0, self.until_N_gamma_t, self.outputs) / size
        system = models.superradiant_laser(size, pump=self.pump_in_N_gamma * size)
        return Point(system, times, steps=self.steps, **numerics)

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return a run of TWA for each size, and the exact one where it is asked for."""
        runs = {}
        for member in self.members:
            size = member.size
            effort = {"trajectories": member.trajectories, "seed": seed(size)}
            point = self.point(size, batches=BATCHES, **effort)
            runs[f"size-{size}.twa"] = Run(TWA, {size: point})
            if member.exact:
                runs[f"size-{size}.exact"] = Run(EXACT, {size: point})
        return runs


@dataclass(frozen=True)
class Inset:
    """Errors of `Pulse` against N, without sampling: of Eq. (6) and of the ball."""

    drawn: ClassVar[Drawn] = ("emission", "inversion", "spin_squared")

    sizes: Annotated[tuple[Several, ...], {"minItems": 3}]

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return three runs of all sizes; their rates are in units of N Gamma."""
        pulse: Pulse = of["pulse"]
        times = np.linspace(0, pulse.until_N_gamma_t, pulse.outputs)
        points: dict[float | str, Point] = {
            size: Point(
                System(Ensemble(size, pump=pulse.pump_in_N_gamma), CollectiveJump(1 / size, [1])),
                times,
                batches=BATCHES,
            )
            for size in self.sizes
        }
        theories = (EXACT, DENSITY, DENSITY_EQ6)
        return {f"sizes.{theory.name}": Run(theory, points, scan="size") for theory in theories}


@dataclass(frozen=True)
class MonteCarlo:
    """More emitters of `Pulse` than the master equation is solved for: exact by Monte Carlo."""

    drawn: ClassVar[Drawn] = ("emission", "inversion")

    sizes: Counts
    trajectories: Several  # of TWA
    exact_trajectories: Several

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return a run of each theory for each size."""
        pulse: Pulse = of["pulse"]
        runs: Family = {}
        for size in self.sizes:
            for theory, method, effort in (
                (TWA, "auto", self.trajectories),
                (EXACT, "jumps", self.exact_trajectories),
            ):
                point = pulse.point(
                    size, method=method, trajectories=effort, batches=BATCHES,
                    seed=seed(size, theory.name),
                )  # fmt: skip
                runs[f"size-{size}.{theory.name}"] = Run(theory, {size: point})
        return runs


@dataclass(frozen=True)
class Sampling:
    """One curve of `Pulse` again with fewer trajectories: how the sampling error falls."""

    drawn: ClassVar[Drawn] = ("emission",)

    size: Count
    trajectories: Annotated[tuple[Several, ...], {"minItems": 2}]
    repeats: Grid

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return one run of all repeats."""
        pulse: Pulse = of["pulse"]
        if self.size not in {member.size for member in pulse.members if member.exact}:
            raise ValueError(f"size must be one of pulse with exact: true, got {self.size}")
        points: dict[float | str, Point] = {}
        for trajectories in self.trajectories:
            for repeat in range(self.repeats):
                effort = {"trajectories": trajectories, "seed": seed(trajectories, repeat)}
                points[len(points)] = pulse.point(self.size, **effort)
        return {f"size-{self.size}.twa": Run(TWA, points, scan="sample")}


@dataclass(frozen=True)
class Squeezing:
    """Weakly pumped laser: Fig. 2(b), and its mean-field counterpart."""

    size: Count
    pump_in_gamma: Positive
    until_gamma_t: Positive
    outputs: Grid
    steps: Count
    trajectories: Several

    def point(self, seed: int, trajectories: int, polar: float = 0.0) -> Point:
        """Return the laser, by default fully inverted."""
        return Point(
            models.superradiant_laser(self.size, self.pump_in_gamma, polar=polar),
            np.linspace(0, self.until_gamma_t, self.outputs),
            trajectories=trajectories,
            batches=BATCHES,
            steps=self.steps,
            seed=seed,
        )

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return each theory's run."""
        point = self.point(seed(), self.trajectories)
        # full inversion is a fixed point of the coherence at mean-field level; the tilt, as large
        # as the quantum fluctuations, starts the pulse
        tilted = self.point(0, 0, polar=2 / np.sqrt(self.size))
        return {
            f"size-{self.size}.{theory.name}": Run(theory, {self.pump_in_gamma: start})
            for theory, start in (
                (EXACT, point),
                (TWA, point),
                (DENSITY, point),
                (DENSITY_EQ6, point),
                (MEAN_FIELD, tilted),
            )
        }


@dataclass(frozen=True)
class PumpSweep:
    """Steady state against the pump: inset of Fig. 2(b)."""

    drawn: ClassVar[Drawn] = ("emission",)

    size: Count
    lowest_in_gamma: Positive  # pump rates, equally spaced on a logarithmic axis
    highest_in_gamma: Positive
    exact_points: Grid
    twa_points: Grid

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return the exact run, and those of both forms of TWA at some of the pumps."""
        exact, some = self._points(self.exact_points), self._points(self.twa_points)
        if not some.keys() <= exact.keys():
            raise ValueError(
                "exact_points - 1 must be a multiple of twa_points - 1, got "
                f"{self.exact_points} and {self.twa_points}"
            )
        return {
            f"size-{self.size}.{theory.name}": Run(theory, points, scan="pump")
            for theory, points in ((EXACT, exact), (DENSITY, some), (DENSITY_EQ6, some))
        }

    def _points(self, count: int) -> dict[float | str, Point]:
        points: dict[float | str, Point] = {}
        for pump in np.geomspace(self.lowest_in_gamma, self.highest_in_gamma, count):
            pump = float(f"{pump:.4g}")
            # where what cannot jump to the steady state ends: the inversion relaxes with the pump,
            # the coherence with Gamma or faster
            until = np.array([RELAXATIONS * (1 + 1 / pump)])
            system = models.superradiant_laser(self.size, pump)
            points[pump] = Point(system, until, steady=True, batches=BATCHES)
        return points


FAMILIES = {
    "pulse": Pulse,
    "inset": Inset,
    "monte_carlo": MonteCarlo,
    "sampling": Sampling,
    "squeezing": Squeezing,
    "pump_sweep": PumpSweep,
}
