"""Superradiant decay, a benchmark of the paper's supplement.

The paper names the system, "standard superradiant decay", but the supplement with its parameters is
not at hand. These follow the literature: full inversion and rates in N Gamma, so that every size
shows the same competition (Gross & Haroche, Phys. Rep. 93, 301 (1982); Shammah et al., Phys. Rev. A
98, 063815 (2018)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from blochball import models
from workflow.runs import Drawn, Family, Member, Run, Seeds, by_size
from workflow.settings import Count, Grid, Positive, Several
from workflow.theories import DENSITY, DENSITY_EQ6


@dataclass(frozen=True)
class Decay:
    """Superradiant decay for each size, "clean" and "lossy" (local decay and dephasing)."""

    drawn: ClassVar[Drawn] = ("emission", "inversion")

    until_N_gamma_t: Positive
    outputs: Grid
    steps: Count
    decay_in_N_gamma: Positive  # local rates of the lossy curves
    dephasing_in_N_gamma: Positive
    members: tuple[Member, ...]
    grid_sizes: Annotated[tuple[Several, ...], {"minItems": 2}]  # of both forms without sampling

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return the runs of each size."""
        if not {m.size for m in self.members if m.exact}.issuperset(self.grid_sizes):
            raise ValueError(
                "grid_sizes must be sizes of members with exact: true, got "
                f"{', '.join(map(str, self.grid_sizes))}"
            )
        rates = {"decay": self.decay_in_N_gamma, "dephasing": self.dephasing_in_N_gamma}
        runs: Family = {}
        for member in self.members:
            size = member.size
            systems = {
                "clean": models.superradiant_decay(size),
                "lossy": models.superradiant_decay(size, **{k: r * size for k, r in rates.items()}),
            }
            times = np.linspace(0, self.until_N_gamma_t, self.outputs) * (1 / size)
            runs |= by_size(member, systems, times, self.steps, seed)
            if size in self.grid_sizes:
                points = runs[f"size-{size}.exact"].points
                for theory in (DENSITY, DENSITY_EQ6):
                    runs[f"size-{size}.{theory.name}"] = Run(theory, points, scan="label")
        return runs


FAMILIES = {"decay": Decay}
