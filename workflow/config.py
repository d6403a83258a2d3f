"""A config file: what is simulated for the figures, and with what effort.

Figures are found by their folders. ``figures/X/runs.py`` has

- ``FAMILIES``: a dataclass of settings for each family of runs, by the family's name, which is its
  key in a config's ``simulations``;
- ``ALSO``, where the figure draws runs of other figures' families: their names;
- ``THEORIES``, where it has a kind of run of its own.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import yaml

from blochball.support import validation
from workflow import resources, settings
from workflow.runs import Family
from workflow.theories import THEORIES, Theory

ROOT = Path(__file__).resolve().parents[1]
# by which the workflow tells its scripts the config file: another name of a file with the same
# content is no reason to do anything again
VARIABLE = "BLOCHBALL_CONFIG"


def command_line(description: str) -> argparse.ArgumentParser:
    """Return the command line of a script, with the config file whose results it works on.

    And with the files that it has to write; see `workflow.results.at_work`.
    """
    parser = argparse.ArgumentParser(description=description)
    default = os.environ.get(VARIABLE, "config/paper.yaml")
    parser.add_argument("--config", default=default, help="default: %(default)s")
    parser.add_argument(
        "--output", nargs="+", type=Path, help="files to write; by default in results/NAME"
    )
    return parser


# -- figures ---------------------------------------------------------------------------------------


@cache
def modules() -> dict[str, ModuleType]:
    """Return ``figures/X/runs.py`` for each figure X, the paper's numbered ones first."""
    names = [path.parent.name for path in (ROOT / "figures").glob("*/runs.py")]
    names.sort(key=lambda name: (not re.fullmatch(r"fig\d+", name), name))
    return {name: importlib.import_module(f"figures.{name}.runs") for name in names}


@cache
def kinds() -> dict[str, Any]:
    """Return the class of settings of every family.

    Raises
    ------
    ValueError
        If two figures have a family of the same name.
    """
    known: dict[str, Any] = {}
    for figure, module in modules().items():
        if twice := known.keys() & module.FAMILIES.keys():
            raise ValueError(f"figures/{figure}: the family {twice.pop()} is another figure's")
        known |= module.FAMILIES
    return known


def theories() -> dict[str, Theory]:
    """Return every kind of run, those of single figures included."""
    own = (theory for module in modules().values() for theory in getattr(module, "THEORIES", ()))
    return THEORIES | {theory.name: theory for theory in own}


def figures() -> dict[str, list[str]]:
    """Return which families each figure draws, and its claims measure."""
    return {
        name: [*module.FAMILIES, *getattr(module, "ALSO", ())] for name, module in modules().items()
    }


# -- a config --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Config:
    """All that a config file says.

    Attributes
    ----------
    name : str
        Results go to ``results/NAME``.
    seed : int
        From which the seed of every point is derived.
    chunk : int
        Ensemble-steps between two files of finished trajectories.
    simulations : mapping
        The settings of each family.
    """

    name: settings.Name
    seed: settings.Seed
    chunk: settings.Count
    simulations: Mapping[str, Any]

    def seed_of(self, *names: object) -> int:
        """Return the seed of one point; no two share one, or their errors would be correlated."""
        return zlib.crc32("/".join(map(str, (self.seed, *names))).encode())

    def family(self, name: str) -> Family:
        """Return the runs of a family, by "MEMBER.THEORY".

        Raises
        ------
        ValueError
            If the family's numbers, each of them right, do not fit together; naming the family.
        """
        try:
            with np.errstate(all="ignore"):  # what overflows is refused as what it becomes
                runs = self.simulations[name].runs(partial(self.seed_of, name), self.simulations)
            for label, run in runs.items():
                for point in run.points.values():
                    run.theory.check(name, point.times)
                    if point.steps != "auto":
                        validation.integer(name, "steps", point.steps, 0)
                resources.refuse(label, run)
        except (TypeError, ValueError, ArithmeticError) as error:
            text = str(error)
            raise ValueError(text if text.startswith(name) else f"{name}: {text}") from error
        return runs

    def families(self) -> dict[str, Family]:
        """Return the runs of every family."""
        return {name: self.family(name) for name in self.simulations}

    def plain(self) -> dict[str, Any]:
        """Return the config as mappings and numbers, as in its file."""
        return dataclasses.asdict(self)


def load(path: str | Path) -> Config:
    """Read a config file and check it.

    Raises
    ------
    ValueError
        Naming the file and every key that is unknown, missing or has a wrong value.
    """
    try:
        return of(yaml.load(Path(path).read_text(encoding="utf-8"), _Loader))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is not a valid configuration: {error}") from error


def of(plain: Any, families: Mapping[str, Any] | None = None) -> Config:
    """Return a config from mappings and numbers.

    Parameters
    ----------
    plain : mapping
        As it is read from a file.
    families : mapping of str to dataclass, optional
        Whose settings it has; by default those of every figure.

    Raises
    ------
    ValueError
        Naming every key that is unknown, missing or has a wrong value.
    """
    known = kinds() if families is None else families
    every = settings.closed({name: settings.schema(kind) for name, kind in known.items()})
    head = {"name": settings.Name, "seed": settings.Seed, "chunk": settings.Count}
    whole = {key: settings.schema(kind) for key, kind in head.items()} | {"simulations": every}
    settings.check(plain, settings.closed(whole))
    built = {name: settings.build(known[name], e) for name, e in plain["simulations"].items()}
    return Config(**{**plain, "simulations": built})


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Refuses a key that is there twice: the second one would win, and nobody would notice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)}: there twice{node.start_mark}")
        return super().construct_mapping(node, deep)
