"""The paper's four variables, Eq. (6), beside the ball: systems of Figs. 2 and 3 in both forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from blochball import models
from figures.fig2.runs import Squeezing
from figures.fig3.runs import Pair
from workflow.runs import BATCHES, Family, Run, Seeds
from workflow.settings import Count, Positive, Several
from workflow.theories import DENSITY, DENSITY_EQ6, EQ6, EXACT, TWA, Point

# the ball's and the exact runs of these systems; both forms without sampling
ALSO = ("squeezing", "pair", "inset")


@dataclass(frozen=True)
class FormulationsMember:
    """One size, with the trajectories of either form."""

    size: Count
    eq6_trajectories: Several
    ball_trajectories: Several
    strata: Several = 0  # of the ball


@dataclass(frozen=True)
class Formulations:
    """Both forms for each size of Fig. 2(a); Eq. (6) for Fig. 2(b) and a pair of Fig. 3(b)."""

    pump_in_N_gamma: Positive
    until_N_gamma_t: Positive
    outputs: Several
    steps: Count  # Eq. (6) is integrated to first order only, and needs short ones
    members: Annotated[tuple[FormulationsMember, ...], {"minItems": 3}]
    pair_trajectories: Several  # of Eq. (6) for the system of that name
    phase_in_pi: Positive  # which of the pairs

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return three runs for each size, and those of the other two systems."""
        runs = {}
        for member in self.members:
            size = member.size
            system = models.superradiant_laser(size, pump=self.pump_in_N_gamma * size)
            times = np.linspace(0, self.until_N_gamma_t, self.outputs) / size
            # the seeds are those of the first results, which called Eq. (6) so
            eq6 = {"trajectories": member.eq6_trajectories, "seed": seed(size, "top")}
            ball = {"trajectories": member.ball_trajectories, "seed": seed(size, "ball")}
            for theory, effort in (
                (EQ6, eq6),
                (TWA, ball | {"strata": member.strata}),
                (EXACT, ball | {"strata": member.strata}),
            ):
                point = Point(system, times, steps=self.steps, batches=BATCHES, **effort)
                runs[f"size-{size}.{theory.name}"] = Run(theory, {size: point})
        squeezing: Squeezing = of["squeezing"]
        pair: Pair = of["pair"]
        if self.phase_in_pi not in pair.phases_in_pi:
            raise ValueError(f"phase_in_pi must be one of pair's, got {self.phase_in_pi}")
        # one ensemble is solved without sampling, two are not
        for theory in (DENSITY, DENSITY_EQ6):
            runs[f"squeezing.{theory.name}"] = Run(theory, {"squeezing": squeezing.point(0, 0)})
        point = pair.point(2, self.phase_in_pi, seed("pair"), self.pair_trajectories)
        runs[f"pair.{EQ6.name}"] = Run(EQ6, {"pair": point})
        return runs


FAMILIES = {"formulations": Formulations}
