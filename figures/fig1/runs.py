"""Fig. 1: one cloud of trajectories under collective processes, and with local ones as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi
from typing import Annotated, Any, ClassVar

import numpy as np

from blochball import CollectiveJump, Ensemble, System
from workflow.runs import Drawn, Family, Run, Seeds
from workflow.settings import Count, Positive, Several
from workflow.theories import PATHS, Point

# what moves the trajectories
MOTIONS = ("collective", "local")


@dataclass(frozen=True)
class Sphere:
    """Single trajectories of one ensemble."""

    drawn: ClassVar[Drawn] = ("inversion", "spin_x", "spin_y")

    size: Count
    polar_in_pi: Annotated[float, {"exclusiveMinimum": 0, "maximum": 1}]
    detuning_in_N_gamma: Positive
    pump_in_N_gamma: Positive
    dephasing_in_N_gamma: Positive
    until_N_gamma_t: Positive
    outputs: Several
    steps: Count
    trajectories: Several

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return one run of both motions."""
        rates = {"pump": self.pump_in_N_gamma, "dephasing": self.dephasing_in_N_gamma}
        points: dict[float | str, Point] = {}
        for motion in MOTIONS:
            ensemble = Ensemble(
                self.size,
                polar=pi * self.polar_in_pi,
                detuning=self.size * self.detuning_in_N_gamma,
                **{k: self.size * rate for k, rate in rates.items() if motion == "local"},
            )
            points[motion] = Point(
                System(ensemble, CollectiveJump(1.0, [1])),
                np.linspace(0, self.until_N_gamma_t, self.outputs) / self.size,
                trajectories=self.trajectories,
                steps=self.steps,
                # the same cloud and the same noise for both: what differs is the motion
                seed=seed(),
            )
        return {"cloud.paths": Run(PATHS, points, scan="motion")}


FAMILIES = {"sphere": Sphere}
