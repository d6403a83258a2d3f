"""The paper's phase space: single trajectories (Fig. 1), and its four variables beside the ball.

Families of runs for `workflow.runs`. Rates and times of the first two in units of N Gamma, so that
every size shows the same competition; the rest are systems of Figs. 2 and 3 again, solved in the
four variables of Eq. (6) (theory "top") instead of in the ball.
"""

from __future__ import annotations

import dataclasses
from math import pi
from typing import Any

import numpy as np

from blochball import CollectiveJump, Ensemble, System, models
from workflow import networks, runs
from workflow.runs import Family, Point, Run, seed_of

# what moves the trajectories of Fig. 1
MOTIONS = ("collective", "local")


def sphere(config: dict[str, Any], name: str) -> Family:
    """One cloud of trajectories under collective processes, and with local ones as well: Fig. 1."""
    settings = config["simulations"][name]
    size = settings["size"]
    rates = {kind: size * settings[kind] for kind in ("pump", "dephasing")}
    points: dict[float | str, Point] = {}
    for motion in MOTIONS:
        ensemble = Ensemble(
            size,
            polar=pi * settings["polar"],
            detuning=size * settings["detuning"],
            **(rates if motion == "local" else {}),
        )
        points[motion] = Point(
            System(ensemble, CollectiveJump(1.0, [1])),
            np.linspace(0, settings["until"], settings["outputs"]) / size,
            trajectories=settings["trajectories"],
            steps=settings["steps"],
            # the same cloud and the same noise for both: what differs is the motion
            seed=seed_of(config, name),
        )
    return {"cloud.paths": Run("paths", points, scan="motion")}


def formulations(config: dict[str, Any], name: str) -> Family:
    """Both forms for each size of Fig. 2(a), and Eq. (6) for Fig. 2(b) and one pair of Fig. 3(b).

    The ball's and the exact runs of the latter two are those of `squeezing` and `pair`.
    """
    settings, found = config["simulations"][name], {}
    for member in settings["members"]:
        size = member["size"]
        system = models.superradiant_laser(size, pump=settings["pump"] * size)
        times = np.linspace(0, settings["until"], settings["outputs"]) / size
        for theory, form in (("top", "top"), ("twa", "ball")):
            point = Point(
                system,
                times,
                trajectories=member[form],
                strata=member.get("strata", 0) if form == "ball" else 0,
                steps=settings["steps"],
                seed=seed_of(config, name, size, form),
            )
            found[f"size-{size}.{theory}"] = Run(theory, {size: point})
        found[f"size-{size}.exact"] = Run("exact", {size: point})
    weak, pair = runs.squeezing(config, "squeezing"), networks.pair(config, "pair")
    (squeezed,) = (run for label, run in weak.items() if label.endswith(".twa"))
    phases = pair["two.twa"].points
    if settings["phase"] not in phases:
        raise ValueError(f"{name}: phase must be one of pair's, got {settings['phase']}")
    for label, point in (
        ("squeezing", *squeezed.points.values()),
        ("pair", phases[settings["phase"]]),
    ):
        seed = seed_of(config, name, label)
        point = dataclasses.replace(point, trajectories=settings[label], seed=seed)
        found[f"{label}.top"] = Run("top", {label: point})
    return found


FAMILIES = {"sphere": sphere, "formulations": formulations}
