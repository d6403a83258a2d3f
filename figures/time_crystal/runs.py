"""Boundary time crystals subject to decoherence, a benchmark of the paper's supplement.

The paper names the system, but the supplement with its parameters is not at hand. These follow the
literature: the drive at half and at one and a half times the transition, kappa = coupling / 2, from
the ground state (Iemini et al., Phys. Rev. Lett. 121, 035301 (2018)); weak local rates (Tucker et
al., New J. Phys. 20, 123003 (2018)). Times in units of the inverse of the coupling, N Gamma.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from blochball import models
from workflow.runs import Drawn, Family, Member, Seeds, by_size
from workflow.settings import Count, Grid, Positive

# local processes: none, and each kind alone
LOCAL = ("none", "decay", "dephasing", "pump")
PHASES = ("still", "oscillating")


@dataclass(frozen=True)
class TimeCrystal:
    """Driven collective spin on both sides of its transition, without and with local processes."""

    drawn: ClassVar[Drawn] = ("inversion",)

    # drives on either side of the transition, which is at half of N Gamma
    still_in_N_gamma: Annotated[float, {"minimum": 1e-100, "exclusiveMaximum": 0.5}]
    oscillating_in_N_gamma: Annotated[float, {"exclusiveMinimum": 0.5, "maximum": 1e100}]
    local_in_N_gamma: Positive  # rate of the one local process
    until_N_gamma_t: Positive
    outputs: Grid
    steps: Count
    members: tuple[Member, ...]

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return the runs of each size."""
        times = np.linspace(0, self.until_N_gamma_t, self.outputs)
        drives = dict(
            zip(PHASES, (self.still_in_N_gamma, self.oscillating_in_N_gamma), strict=True)
        )
        runs: Family = {}
        for member in self.members:
            systems = {}
            for phase, drive in drives.items():
                for local in LOCAL:
                    rates = {} if local == "none" else {local: self.local_in_N_gamma}
                    systems[f"{phase}-{local}"] = models.boundary_time_crystal(
                        member.size, drive, 1.0, **rates
                    )
            runs |= by_size(member, systems, times, self.steps, seed)
        return runs


FAMILIES = {"time_crystal": TimeCrystal}
