"""What the paper's figures simulate: from a config file to Systems, times and numerics.

A *family* is a set of runs that belong together (the curves of Fig. 2(a), the sweep in its
neighbour's inset); a *run* is one theory applied to one member of a family, and one file,
``results/NAME/data/FAMILY/MEMBER.THEORY.nc``. The config holds the numbers, this module their
meaning: a new family is a function here, an entry in both config files and one in the schema.
"""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import yaml
from numpy.typing import NDArray

from blochball import System, models, twa
from blochball.support import validation

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "config" / "schema.yaml"


@dataclass(frozen=True)
class Point:
    """One system to solve: when, and for a sampling theory with what effort."""

    system: System
    times: NDArray[np.float64]
    steady: bool = False  # exact: the limit of long times instead of `times`
    method: str = "auto"  # exact: "jumps" samples, with `trajectories` and `seed`
    trajectories: int = 0
    steps: int | str = 0
    seed: int = 0
    tolerance: float = 0.1  # of steps="auto"
    strata: int = 0  # of the amplitude that triggers a burst; 0 for plain sampling
    momenta: tuple[float, ...] = ()

    @property
    def work(self) -> int:
        """Ensemble-steps of the sampling theory; 0 for steps="auto", whose number is not known."""
        return self.trajectories * self.system.sites * (self.steps if self.steps != "auto" else 0)

    @property
    def sampling(self) -> dict[str, Any]:
        """Arguments of `twa.solve` and `twa.plan` besides the System and the times."""
        return {
            "trajectories": self.trajectories,
            "seed": self.seed,
            "steps": self.steps,
            "tolerance": self.tolerance,
            "momenta": self.momenta or None,
        }


@dataclass(frozen=True)
class Run:
    """One theory applied to one point, or to several along the parameter `scan`."""

    theory: str
    points: dict[float | str, Point]
    scan: str | None = None
    jobs: int = 1  # over how many to scatter the trajectories of the sampling theory

    @property
    def work(self) -> int:
        """Ensemble-steps of all points together, as long as those of the ball; 0 if none."""
        return COST.get(self.theory, 0) * sum(point.work for point in self.points.values())

    @property
    def inputs(self) -> str:
        """SHA-256 of systems, times and numerics: all that decides about the run's numbers."""
        return hashlib.sha256(self._described.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """Short text that changes whenever the run would give other numbers."""
        return f"{zlib.crc32(self._described.encode()):08x}"

    @property
    def _described(self) -> str:
        text = []
        for value, p in self.points.items():
            text += [repr(value), p.system.to_json(), p.times.tolist()]
            # a deterministic theory knows no trajectories, a sampling one no infinite times
            if self.theory in SAMPLING or p.method == "jumps":
                text += [p.method, *p.sampling.values(), p.strata]
            else:
                text += [p.method, p.steady]
        return json.dumps([self.theory, self.scan, text])

    def pieces(self) -> list[tuple[int, int]]:
        """Return (number of the point, number of the part) of every job of a scattered run."""
        share = max(1, self.jobs // len(self.points))
        return [
            (number, part)
            for number, point in enumerate(self.points.values())
            for part in range(len(twa.division(point.trajectories, share, point.system.sites)))
        ]


SAMPLING = ("twa", "top", "paths", "cost")  # theories whose numbers depend on trajectories
COST = {"twa": 1, "top": 16}  # of an ensemble-step
Family = dict[str, Run]  # by "MEMBER.THEORY"


def load(path: str | Path) -> dict[str, Any]:
    """Read a config file and check it against the schema.

    Raises
    ------
    ValueError
        Naming the file and every key that is unknown, missing or has a wrong value.
    """
    try:
        config = yaml.load(Path(path).read_text(encoding="utf-8"), _Loader)
        check(config)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is not a valid configuration: {error}") from error
    return config


def check(config: Any) -> None:
    """Check a config against the schema.

    Raises
    ------
    ValueError
        Naming every key that is unknown, missing or has a wrong value.
    """
    errors = list(_validator().iter_errors(config))
    wrong = sorted(f"{error.json_path.removeprefix('$.')}: {error.message}" for error in errors)
    # a schema cannot ask for finite numbers, and YAML has others
    wrong += [f"{place}: {value} is not finite" for place, value in _numbers(config, "")]
    if wrong:
        raise ValueError("; ".join(wrong))


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice: the second one would win, and nobody would notice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        found = super().construct_mapping(node, deep)
        keys = [key.value for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)}: there twice{node.start_mark}")
        return found


@cache
def _validator() -> Any:
    known = jsonschema.Draft202012Validator
    # to JSON Schema 2.0 is an integer; to the solvers it is none
    integer = known.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    strict = jsonschema.validators.extend(known, type_checker=integer)
    return strict(yaml.safe_load(SCHEMA.read_text(encoding="utf-8")))


def _numbers(entry: Any, place: str) -> Iterator[tuple[str, float]]:
    """Yield the numbers in a config that are not finite, with their places."""
    if isinstance(entry, dict | list):
        for key, value in entry.items() if isinstance(entry, dict) else enumerate(entry):
            yield from _numbers(value, f"{place}.{key}".removeprefix("."))
    elif isinstance(entry, float) and not math.isfinite(entry):
        yield place, entry


def families(config: dict[str, Any]) -> dict[str, Family]:
    """Return every run that the config asks for, by family and then by "MEMBER.THEORY".

    Raises
    ------
    ValueError
        If the numbers of a family, each of them right, do not fit together; naming the family.
    """
    from workflow import formulations, networks, supplement  # built on the types of this module

    modules = (networks, supplement, formulations)
    known = FAMILIES | {k: f for module in modules for k, f in module.FAMILIES.items()}
    # `rivals` are compared, and timed, in one go by a script of their own
    found = {}
    for name in config["simulations"]:
        if name == "rivals":
            continue
        try:
            with np.errstate(all="ignore"):  # what overflows is refused as what it becomes
                found[name] = known[name](config, name)
            for run in found[name].values():
                for point in run.points.values():
                    validation.times(name, point.times)
                    if point.steps != "auto":
                        validation.integer(name, "steps", point.steps, 0)
        except (TypeError, ValueError, ArithmeticError) as error:
            text = str(error)
            raise ValueError(text if text.startswith(name) else f"{name}: {text}") from error
    return found


def seed_of(config: dict[str, Any], *names: object) -> int:
    """Return the seed of one point; no two share one, or their errors would be correlated."""
    return zlib.crc32("/".join(map(str, (config["seed"], *names))).encode())


# -- Fig. 2: one ensemble under local pump and collective decay (Gamma = 1) ------------------------


def _pulse_point(settings: dict[str, Any], size: int, **numerics: Any) -> Point:
    """Fully inverted laser with the pump in units of N Gamma, times in 1/(N Gamma)."""
    times = np.linspace(0, settings["until"], settings["outputs"]) / size
    system = models.superradiant_laser(size, pump=settings["pump"] * size)
    return Point(system, times, steps=settings["steps"], **numerics)


def pulse(config: dict[str, Any], name: str) -> Family:
    """Superradiant pulse and relaxation for each size: Fig. 2(a) and the errors of its inset."""
    settings, runs = config["simulations"][name], {}
    for member in settings["members"]:
        size = member["size"]
        seed = seed_of(config, name, size)
        effort = {"trajectories": member["trajectories"], "strata": member.get("strata", 0)}
        point = _pulse_point(settings, size, seed=seed, **effort)
        runs[f"size-{size}.twa"] = Run("twa", {size: point})
        if member["exact"]:
            runs[f"size-{size}.exact"] = Run("exact", {size: point})
    return runs


def sampling(config: dict[str, Any], name: str) -> Family:
    """One curve of `pulse` again with fewer trajectories: how the sampling error falls."""
    settings = config["simulations"][name]
    compared = {m["size"] for m in config["simulations"]["pulse"]["members"] if m["exact"]}
    if settings["size"] not in compared:
        raise ValueError(
            f"{name}: size must be one of pulse with exact: true, got {settings['size']}"
        )
    points = {}
    for trajectories in settings["trajectories"]:
        for repeat in range(settings["repeats"]):
            seed = seed_of(config, name, trajectories, repeat)
            point = _pulse_point(
                config["simulations"]["pulse"],
                settings["size"],
                trajectories=trajectories,
                seed=seed,
            )
            points[len(points)] = point
    return {f"size-{settings['size']}.twa": Run("twa", points, scan="sample")}


def squeezing(config: dict[str, Any], name: str) -> Family:
    """Weakly pumped laser from full inversion: Fig. 2(b), and its mean-field counterpart."""
    settings = config["simulations"][name]
    size, pump = settings["size"], settings["pump"]
    times = np.linspace(0, settings["until"], settings["outputs"])
    point = Point(
        models.superradiant_laser(size, pump),
        times,
        trajectories=settings["trajectories"],
        steps=settings["steps"],
        seed=seed_of(config, name),
    )
    # full inversion is a fixed point of the coherence at mean-field level; the tilt, as large as
    # the quantum fluctuations, starts the pulse
    tilted = Point(models.superradiant_laser(size, pump, polar=2 / np.sqrt(size)), times)
    return {
        f"size-{size}.exact": Run("exact", {pump: point}),
        f"size-{size}.twa": Run("twa", {pump: point}),
        f"size-{size}.mean_field": Run("mean_field", {pump: tilted}),
    }


def pump_sweep(config: dict[str, Any], name: str) -> Family:
    """Steady state against the pump: inset of Fig. 2(b)."""
    settings = config["simulations"][name]
    size = settings["size"]

    def scan(theory: str, count: int) -> Run:
        points = {}
        for pump in np.geomspace(settings["lowest"], settings["highest"], count):
            pump = float(f"{pump:.4g}")
            # the inversion relaxes with the pump, the coherence with Gamma or faster
            until = settings["relaxations"] * (1 + 1 / pump)
            step = min(settings["step"], settings["step_in_pump"] / pump)
            points[pump] = Point(
                models.superradiant_laser(size, pump),
                np.array([until]),
                steady=True,
                trajectories=settings["trajectories"],
                steps=int(np.ceil(until / step)),
                seed=seed_of(config, name, pump),
            )
        return Run(theory, points, scan="pump")

    exact, twa = (scan(theory, settings[f"{theory}_points"]) for theory in ("exact", "twa"))
    if not twa.points.keys() <= exact.points.keys():
        raise ValueError(
            f"{name}: exact_points - 1 must be a multiple of twa_points - 1, got "
            f"{settings['exact_points']} and {settings['twa_points']}"
        )
    return {f"size-{size}.exact": exact, f"size-{size}.twa": twa}


FAMILIES: dict[str, Callable[[dict[str, Any], str], Family]] = {
    "pulse": pulse,
    "sampling": sampling,
    "squeezing": squeezing,
    "pump_sweep": pump_sweep,
}

# which families each figure draws and its claims measure
FIGURES: dict[str, list[str]] = {
    "fig1": ["sphere"],
    "fig2": ["pulse", "sampling", "squeezing", "pump_sweep"],
    "fig3": ["pair", "array", "cost"],
    "fig4": ["chain", "drive"],
    "decay": ["decay"],
    "time_crystal": ["time_crystal"],
    "formulations": ["formulations", "squeezing", "pair"],
    "rivals": [],  # compared in one go, by rules/rivals.smk
}
