"""Fig. 3 and Fig. 4: several ensembles along a waveguide; families of runs for `workflow.runs`.

All start in the ground state. Rates in units of Gamma, phases between neighbours in units of pi.
"""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np

from blochball import models
from workflow.runs import Family, Point, Run, seed_of

STEP = 0.05  # time step of `cost`, in 1/(N_tot Gamma): about that of the other families

# -- Fig. 3 ----------------------------------------------------------------------------------------


def pair(config: dict[str, Any], name: str) -> Family:
    """Two ensembles for each phase, Fig. 3(b); and one alone, for comparison."""
    settings = config["simulations"][name]
    size, pump = settings["size"], settings["pump"]
    times = np.linspace(0, settings["until"], settings["outputs"])

    def point(label: object, sites: int, phase: float) -> Point:
        return Point(
            models.waveguide_chain(sites, size, phase * pi, pump),
            times,
            trajectories=settings["trajectories"],
            steps=settings["steps"],
            seed=seed_of(config, name, label),
        )

    two = {phase: point(phase, 2, phase) for phase in settings["phases"]}
    one = {1: point("alone", 1, 0.0)}
    return {
        "two.exact": Run("exact", two, scan="phase"),
        "two.twa": Run("twa", two, scan="phase"),
        "one.exact": Run("exact", one),
        "one.twa": Run("twa", one),
    }


def array(config: dict[str, Any], name: str) -> Family:
    """Ensembles in phase, which together are one of all emitters: inset of Fig. 3(b)."""
    settings, runs = config["simulations"][name], {}
    for member in settings["members"]:
        sites, size = member["sites"], member["size"]
        total = sites * size
        label = f"sites-{sites}-size-{size}"
        system = models.waveguide_chain(sites, size, 0.0, settings["pump"] * total)
        times = np.linspace(0, settings["until"], settings["outputs"]) / total
        for theory, method, trajectories in (
            ("twa", "auto", member["trajectories"]),
            ("exact", member["exact"], settings["samples"]),
        ):
            point = Point(
                system,
                times,
                method=method,
                trajectories=trajectories,
                steps=settings["steps"],
                seed=seed_of(config, name, label, theory),
            )
            runs[f"{label}.{theory}"] = Run(theory, {sites: point})
    return runs


def cost(config: dict[str, Any], name: str) -> Family:
    """Time of a step against the number of ensembles."""
    settings, points = config["simulations"][name], {}
    # each repeat goes through all sites, so that a slow minute of the machine hits them alike
    for repeat in range(settings["repeats"]):
        for sites in settings["sites"]:
            total = sites * settings["size"]
            steps = round(settings["ensemble_steps"] / (settings["trajectories"] * sites))
            points[len(points)] = Point(
                models.waveguide_chain(sites, settings["size"], pi / 10, 0.25 * total),
                np.array([STEP * steps / total]),
                trajectories=settings["trajectories"],
                steps=steps,
                seed=seed_of(config, name, sites, repeat),
            )
    return {"waveguide.cost": Run("cost", points, scan="run")}


# -- Fig. 4 ----------------------------------------------------------------------------------------


def chain(config: dict[str, Any], name: str) -> Family:
    """One extended chain without drive, on a logarithmic time axis: Fig. 4(a-c)."""
    settings = config["simulations"][name]
    times = np.geomspace(settings["first"], settings["until"], settings["outputs"])
    # a run is known by its times, and powers end in other digits on other processors
    times = np.array([float(f"{time:.12g}") for time in times])
    point = Point(
        models.waveguide_chain(
            settings["sites"], settings["size"], settings["phase"] * pi, settings["pump"]
        ),
        times,
        trajectories=settings["trajectories"],
        steps="auto",
        tolerance=settings["tolerance"],
        momenta=tuple(np.linspace(-pi, pi, settings["momenta"]).tolist()),
        seed=seed_of(config, name),
    )
    run = Run("twa", {settings["sites"]: point}, jobs=settings["jobs"])
    return {f"sites-{settings['sites']}.twa": run}


def drive(config: dict[str, Any], name: str) -> Family:
    """Emission of driven chains at late times against the drive: Fig. 4(d)."""
    settings, runs = config["simulations"][name], {}
    times = np.linspace(settings["from"], settings["until"], settings["outputs"])
    for member in settings["members"]:
        sites, points = member["sites"], {}
        pump = sites * settings["size"] / settings["cooperativity"]
        for strength in settings["drives"]:
            points[strength] = Point(
                models.waveguide_chain(
                    sites,
                    settings["size"],
                    settings["winding"] * pi / sites,
                    pump,
                    drive=strength * pump,
                ),
                times,
                trajectories=member["trajectories"],
                steps="auto",
                tolerance=settings["tolerance"],
                seed=seed_of(config, name, sites, strength),
            )
        runs[f"sites-{sites}.twa"] = Run("twa", points, scan="drive", jobs=member["jobs"])
    return runs


FAMILIES = {"pair": pair, "array": array, "cost": cost, "chain": chain, "drive": drive}
