"""The paper's four variables, Eq. (6), beside the ball: the laser of Fig. 2(a) in both forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from blochball import models
from figures.fig2.runs import Pulse
from workflow.runs import BATCHES, Family, Run, Seeds
from workflow.settings import Count, Positive, Several
from workflow.theories import EQ6, EXACT, TWA, Point

# both forms without sampling, and of two ensembles
ALSO = ("squeezing", "pair", "inset")


@dataclass(frozen=True)
class Formulations:
    """Trajectories of both forms for one size of Fig. 2(a), beside what has no sampling error."""

    size: Count
    until_N_gamma_t: Positive
    outputs: Several
    steps: Count  # Eq. (6) is integrated to first order only, and needs short ones
    eq6_trajectories: Several
    ball_trajectories: Several

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return both forms and what is exact."""
        pulse: Pulse = of["pulse"]
        system = models.superradiant_laser(self.size, pump=pulse.pump_in_N_gamma * self.size)
        times = np.linspace(0, self.until_N_gamma_t, self.outputs) / self.size
        # the seeds are those of the first results, which called Eq. (6) so
        efforts = (
            (EQ6, self.eq6_trajectories, seed(self.size, "top")),
            (TWA, self.ball_trajectories, seed(self.size, "ball")),
            (EXACT, 0, 0),
        )
        return {
            f"laser.{theory.name}": Run(
                theory,
                {
                    self.size: Point(
                        system, times, steps=self.steps, batches=BATCHES,
                        trajectories=trajectories, seed=own,
                    )
                },
            )
            for theory, trajectories, own in efforts
        }  # fmt: skip


FAMILIES = {"formulations": Formulations}
