"""Systems with a closed solution, most of them for every size, beside TWA; and psi frozen.

Where the closed solution holds for a limit (many emitters, a strong drive, long times) the runs are
far enough in it for what they are compared to.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from math import pi
from typing import Any, ClassVar

import numpy as np
import xarray as xr

from blochball import CollectiveJump, Ensemble, System, models
from paper_checks import wrong, wrong_eq6
from workflow.runs import BATCHES, Drawn, Family, Run, Seeds
from workflow.settings import Count, Grid, Positive, Several
from workflow.theories import EQ6, EXACT, TWA, Array, Point, Theory

# the universal pulse, and the system in which psi is frozen
ALSO = ("decay", "formulations")
THERMAL = 0.5  # photons of the bath
DRIVES = {"below": 0.5, "above": 1.5}  # of the collective spin, in units of its transition
DOMAINS = (5, 15)  # emitters that start in the ground state, and fully inverted
EMITTERS = 4  # solved one by one, too
MOST_TURNS = 100_000  # of a fast drive: their time steps are followed one by one
PUMPED = 2.0  # local pump of the cascade, in Gamma


def _frozen(point: Point, threads: int = 1, **kept: Any) -> xr.Dataset:
    ball = wrong_eq6.FourVariables(point.system, wrong.Physics(), point.trajectories, point.seed)
    return wrong.watched(ball, point.times)


FROZEN = Theory("frozen", _frozen, ("paper_checks.wrong_eq6",), sampled=True, cost=100)


@dataclass(frozen=True)
class Anchors:
    """One run for each closed solution."""

    # <J^2> is conserved in most of these runs, and has no error there to compare with
    drawn: ClassVar[Drawn] = ("emission", "inversion", "spin_x", "spin_y", "output")

    size: Count  # emitters of an ensemble, where nothing else is said
    chain_sites: Grid
    chain_phase_in_pi: Positive
    cascade_size: Count
    driven_size: Count
    fast_drive_in_N_gamma: Positive
    trajectories: Several
    chain_trajectories: Several
    frozen_trajectories: Several

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return the runs of TWA, and of what the closed solution is, where that is another run."""
        runs: Family = {}
        for name, (system, times, steps) in self.systems().items():
            count = self.chain_trajectories if name == "hot" else self.trajectories
            point = Point(
                system, times, trajectories=count, batches=BATCHES, steps=steps, seed=seed(name)
            )
            runs[f"{name}.twa"] = Run(TWA, {name: point})
        # what the cascade's first two sites are by themselves, and the driven spins of this size
        runs["cascade.exact"] = Run(EXACT, {"cascade": self._exact("cascade", self.cascade(2))})
        for name in DRIVES:
            runs[f"{name}.exact"] = Run(EXACT, {name: self._exact(name, steady=True)})
        few = System(
            Ensemble(EMITTERS, decay=0.3, dephasing=0.2, pump=0.5, polar=1.0),
            CollectiveJump(1.0, [1]),
        )
        # the general solver, which Eq. (3) is for
        point = Point(few, np.linspace(0, 2, 11), method="liouvillian")
        runs["emitters.exact"] = Run(EXACT, {"emitters": point})
        return runs | self._four_variables(runs, seed, of)

    def _exact(self, name: str, system: System | None = None, **options: Any) -> Point:
        own, times, _ = self.systems()[name]
        return Point(system or own, times, **options)

    def _four_variables(self, runs: Family, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return Eq. (6) without local rates, where psi is redundant, and with psi frozen."""
        (point,) = runs["collective.twa"].points.values()
        collective = dataclasses.replace(point, seed=seed("collective", "eq6"))
        (moving,) = of["formulations"].runs(seed, of)["laser.eq6"].points.values()
        still = dataclasses.replace(
            moving, trajectories=self.frozen_trajectories, batches=1, seed=seed("frozen")
        )
        return {
            "collective.eq6": Run(EQ6, {"collective": collective}),
            "local.frozen": Run(FROZEN, {"local": still}),
        }

    def systems(self) -> dict[str, tuple[System, Array, int]]:
        """Return the systems by name, each with its times and number of time steps."""
        size, ground, inverted = self.size, *DOMAINS
        phase, drive = self.chain_phase_in_pi * pi, self.fast_drive_in_N_gamma
        domains = [Ensemble(ground, polar=pi), Ensemble(inverted)]
        # once a period, at which the drive has turned the spin all around
        turns = 2 * pi / drive * np.arange(0, self._turns(), 4)
        fast = {
            name: models.boundary_time_crystal(size, drive, 1.0, polar=polar)
            for name, polar in (("fast_z", pi), ("fast_x", pi / 2))
        }
        long = np.linspace(0, 4.0 * self.driven_size, 41)
        return {
            # pump and decay of every emitter balance
            "hot": (
                models.waveguide_chain(self.chain_sites, size, phase, pump=1.0),
                np.linspace(0, 10, 21),
                4000,
            ),
            "bath": (
                models.thermal_bath(size, THERMAL, local=1.0), np.linspace(0, 5, 21), 1000,
            ),
            "domains": (
                System(domains, CollectiveJump(1.0, [1, 1])), np.linspace(0, 10, 21), 2000,
            ),
            "cascade": (self.cascade(3), np.linspace(0, 2, 41), 800),
            "collective": (models.superradiant_decay(size), np.linspace(0, 10 / size, 41), 400),
            **{name: (system, turns, 240 * turns.size) for name, system in fast.items()},
            **{
                name: (models.boundary_time_crystal(self.driven_size, r / 2, 1.0), long, 4000)
                for name, r in DRIVES.items()
            },
        }  # fmt: skip

    def _turns(self) -> int:
        """Return how often the fast drive turns the spin before it has relaxed."""
        turns = self.fast_drive_in_N_gamma * self.size / pi
        if turns > MOST_TURNS:
            raise ValueError(
                f"fast_drive_in_N_gamma and size must give at most {MOST_TURNS:,} turns, got "
                f"{turns:.3g}"
            )
        return round(turns)

    def cascade(self, sites: int) -> System:
        """Return the first ensembles of a waveguide that guides one way only."""
        phase = self.chain_phase_in_pi * pi
        return models.chiral_waveguide(
            sites, self.cascade_size, phase, forward=1.0, backward=0.0, pump=PUMPED
        )


FAMILIES = {"anchors": Anchors}
