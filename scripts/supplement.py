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

from collections.abc import Iterator
from typing import Any

import numpy as np

from blochball import System, models
from scripts.runs import Family, Point, Run, seed_of

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
        times = np.linspace(0, settings["until"], settings["outputs"]) / size
        for kind, rates in losses.items():
            system = models.superradiant_decay(size, **{k: r * size for k, r in rates.items()})
            runs.update(_both(config, name, f"{kind}-{size}", member, system, times, settings))
    return runs


def time_crystal(config: dict[str, Any], name: str) -> Family:
    """Driven collective spin on both sides of its transition, without and with local processes.

    Times in units of the inverse of the coupling.
    """
    settings = config["simulations"][name]
    times = np.linspace(0, settings["until"], settings["outputs"])
    runs: Family = {}
    for member in settings["members"]:
        for phase in PHASES:
            for local in LOCAL:
                rates = {} if local == "none" else {local: settings["local"]}
                system = models.boundary_time_crystal(member["size"], settings[phase], 1.0, **rates)
                label = f"{phase}-{local}-{member['size']}"
                runs.update(_both(config, name, label, member, system, times, settings))
    return runs


def _both(
    config: dict[str, Any],
    name: str,
    label: str,
    member: dict[str, Any],
    system: System,
    times: np.ndarray,
    settings: dict[str, Any],
) -> Iterator[tuple[str, Run]]:
    """Yield the TWA run of one System and, where it is asked for, the exact one."""
    point = Point(
        system,
        times,
        trajectories=member["trajectories"],
        steps=settings["steps"],
        seed=seed_of(config, name, label),
    )
    yield f"{label}.twa", Run("twa", {member["size"]: point})
    if member["exact"]:
        yield f"{label}.exact", Run("exact", {member["size"]: point})


FAMILIES = {"decay": decay, "time_crystal": time_crystal}
