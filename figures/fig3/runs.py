"""Fig. 3: several ensembles along a waveguide, from the ground state (Gamma = 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import pi
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from blochball import System, models
from workflow.runs import BATCHES, Drawn, Family, Run, Seeds
from workflow.settings import Count, Grid, Numbers, Place, Positive, Several
from workflow.theories import COST, DENSITY, DENSITY_EQ6, EQ6, EXACT, TWA, Point

FEW = 100  # ensembles, of which batches of trajectories are kept apart
STEP = 0.05  # time step of `Cost`, in 1/(N_tot Gamma): about that of the other families


@dataclass(frozen=True)
class Pair:
    """Two ensembles for each phase, Fig. 3(b); and one alone, for comparison."""

    drawn: ClassVar[Drawn] = ("output",)

    size: Count
    pump_in_gamma: Positive
    phases_in_pi: Numbers  # between the two
    until_gamma_t: Positive
    outputs: Grid
    steps: Count
    trajectories: Several
    eq6_trajectories: Several  # of the paper's four variables

    def point(self, sites: int, phase: float, seed: int, trajectories: int) -> Point:
        """Return ensembles with a phase, in pi, between neighbours."""
        return Point(
            models.waveguide_chain(sites, self.size, phase * pi, self.pump_in_gamma),
            np.linspace(0, self.until_gamma_t, self.outputs),
            trajectories=trajectories,
            batches=BATCHES,
            steps=self.steps,
            seed=seed,
        )

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return runs of two and of one ensemble: exact, and both forms of TWA.

        Of two at the largest phase exactly without their exchange as well.
        """
        runs: Family = {}
        for theory, effort, more in (
            (EXACT, self.trajectories, ()),
            (TWA, self.trajectories, ()),
            (EQ6, self.eq6_trajectories, ("eq6",)),
        ):
            points: dict[float | str, Point] = {
                phase: self.point(2, phase, seed(phase, *more), effort)
                for phase in self.phases_in_pi
            }
            runs[f"two.{theory.name}"] = Run(theory, points, scan="phase")
        last = max(self.phases_in_pi)
        whole = self.point(2, last, seed("exchange"), self.trajectories)
        bare = replace(whole, system=System(whole.system.ensembles, whole.system.jumps))
        runs[f"without_exchange.{EXACT.name}"] = Run(EXACT, {last: bare}, scan="phase")
        alone = self.point(1, 0.0, seed("alone"), self.trajectories)
        # one needs no sampling
        for theory in (EXACT, DENSITY, DENSITY_EQ6):
            runs[f"one.{theory.name}"] = Run(theory, {1: alone})
        return runs


@dataclass(frozen=True)
class ArrayMember:
    """So many ensembles of one size, and by which method they are solved exactly."""

    sites: Place
    size: Count
    trajectories: Several
    exact: Literal["auto", "populations", "liouvillian", "jumps"]


@dataclass(frozen=True)
class Array:
    """Ensembles in phase, which together are one of all emitters: inset of Fig. 3(b)."""

    drawn: ClassVar[Drawn] = ("emission",)
    # all are alike, so that few sites will do for the reference data
    longest: ClassVar[Mapping[str, int]] = {"site": 5}

    pump_in_N_tot_gamma: Positive
    until_N_tot_gamma_t: Positive
    outputs: Grid
    steps: Count
    exact_trajectories: Grid  # of the exact Monte Carlo, where `exact` is jumps
    members: tuple[ArrayMember, ...]

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return the runs of each member in both theories."""
        runs = {}
        for member in self.members:
            sites, size = member.sites, member.size
            total = sites * size
            label = f"sites-{sites}-size-{size}"
            system = models.waveguide_chain(sites, size, 0.0, self.pump_in_N_tot_gamma * total)
            times = np.linspace(0, self.until_N_tot_gamma_t, self.outputs) / total
            for theory, method, trajectories in (
                (TWA, "auto", member.trajectories),
                (EXACT, member.exact, self.exact_trajectories),
            ):
                point = Point(
                    system,
                    times,
                    method=method,
                    trajectories=trajectories,
                    batches=BATCHES if sites <= FEW else 1,
                    steps=self.steps,
                    seed=seed(label, theory.name),
                )
                runs[f"{label}.{theory.name}"] = Run(theory, {sites: point})
        return runs


@dataclass(frozen=True)
class Cost:
    """Time of a step against the number of ensembles, and against that of emitters of one."""

    drawn: ClassVar[Drawn] = ()  # timings are no physics

    size: Count
    sites: Annotated[tuple[Place, ...], {"minItems": 3}]
    lone_sizes: Annotated[tuple[Several, ...], {"minItems": 3}]
    trajectories: Several  # at a time
    ensemble_steps: Count  # of each measurement: steps times trajectories times sites
    repeats: Grid

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return one run of all timings."""
        points: dict[float | str, Point] = {}
        every = [(sites, self.size) for sites in self.sites]
        every += [(1, size) for size in self.lone_sizes]
        # each repeat goes through all of them, so that a slow minute of the machine hits them alike
        for repeat in range(self.repeats):
            for sites, size in every:
                total = sites * size
                steps = round(self.ensemble_steps / (self.trajectories * sites))
                points[len(points)] = Point(
                    models.waveguide_chain(sites, size, pi / 10, 0.25 * total),
                    np.array([STEP * steps / total]),
                    trajectories=self.trajectories,
                    steps=steps,
                    seed=seed(sites, size, repeat),
                )
        return {"waveguide.cost": Run(COST, points, scan="run")}


FAMILIES = {"pair": Pair, "array": Array, "cost": Cost}
