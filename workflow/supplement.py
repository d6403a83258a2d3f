"""The supplement's benchmarks: families of runs beside those of the paper's figures.

The paper names the systems, "boundary time crystals subject to decoherence, and standard
superradiant decay", but the supplement with their parameters is not at hand. These follow the
literature: full inversion and rates in N Gamma, so that every size shows the same competition
(Gross & Haroche, Phys. Rep. 93, 301 (1982); Shammah et al., Phys. Rev. A 98, 063815 (2018)); the
drive at half and at one and a half times the transition, kappa = coupling / 2, from the ground
state (Iemini et al., Phys. Rev. Lett. 121, 035301 (2018)); weak local rates (Tucker et al., New J.
Phys. 20, 123003 (2018)).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from blochball import System, models
from workflow.runs import Family, Point, Run, seed_of

# local processes of the time crystal: none, and each kind alone
LOCAL = ("none", "decay", "dephasing", "pump")
PHASES = ("still", "oscillating")


def decay(config: dict[str, Any], name: str) -> Family:
    """Superradiant decay for each size, "clean" and "lossy" (local decay and dephasing)."""
    settings = config["simulations"][name]
    losses = {
        "clean": {},
        "lossy": {kind: settings[kind] for kind in ("decay", "dephasing")},
    }
    runs: Family = {}
    for member in settings["members"]:
        size = member["size"]
        systems = {
            kind: models.superradiant_decay(size, **{k: r * size for k, r in rates.items()})
            for kind, rates in losses.items()
        }
        runs |= _both(config, name, member, systems, 1 / size)
    return runs


def time_crystal(config: dict[str, Any], name: str) -> Family:
    """Driven collective spin on both sides of its transition, without and with local processes.

    Times in units of the inverse of the coupling.
    """
    settings = config["simulations"][name]
    runs: Family = {}
    for member in settings["members"]:
        systems = {}
        for phase in PHASES:
            for local in LOCAL:
                rates = {} if local == "none" else {local: settings["local"]}
                systems[f"{phase}-{local}"] = models.boundary_time_crystal(
                    member["size"], settings[phase], 1.0, **rates
                )
        runs |= _both(config, name, member, systems, 1.0)
    return runs


def _both(
    config: dict[str, Any],
    name: str,
    member: dict[str, Any],
    systems: dict[str, System],
    unit: float,
) -> Family:
    """Return the TWA run of all systems of one size and, where it is asked for, the exact one."""
    settings, size = config["simulations"][name], member["size"]
    times = np.linspace(0, settings["until"], settings["outputs"]) * unit
    points: dict[float | str, Point] = {
        label: Point(
            system,
            times,
            trajectories=member["trajectories"],
            steps=settings["steps"],
            seed=seed_of(config, name, label, size),
        )
        for label, system in systems.items()
    }
    theories = ("twa", "exact") if member["exact"] else ("twa",)
    return {f"size-{size}.{theory}": Run(theory, points, scan="label") for theory in theories}


FAMILIES = {"decay": decay, "time_crystal": time_crystal}
