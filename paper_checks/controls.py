"""Controls: a claim measured where its effect is not must come out otherwise.

The ``controls.py`` of each figure's folder lists them as CONTROLS. A control counts for a number
only if both verdicts are decided, the one on the data as they are and the one on the data without
the effect, and if they differ. ``test_claims.py`` finds all of them and holds every number of
every claim to one that counts.
"""

from __future__ import annotations

import importlib
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatch

import xarray as xr

from paper_checks import ledger, wrong
from paper_checks.ledger import Claim, Finding
from paper_checks.quantity import Verdict
from paper_checks.wrong_eq6 import FourVariables
from workflow import stack
from workflow.results import Results
from workflow.runs import Run

# theories that solve what physics can be wrong in
REPLACED = ("twa", "eq6", "paths", "density", "density_eq6")
PSI_FROZEN = "ψ frozen"
KINDS = (*wrong.WRONG, PSI_FROZEN)
# what a wrong System is as good for: at two times, too, which the program for wrong physics lacks
SYSTEMS = {
    "half of the dephasing": lambda e: replace(e, dephasing=e.dephasing / 2),
    "2N in the place of N": lambda e: replace(e, size=2 * e.size),
}
EFFORT = 4096  # trajectories times sites of a run with wrong physics, where it asks for more
BATCHES = 4
# chains hardly change long before the times that the claims look at, in very many short steps
EARLIER = {"drive": 0.1, "later": 0.25}

# from a run and the exact run of the same member (itself, where there is none) to the spoiled run
Spoil = Callable[[xr.Dataset, xr.Dataset], xr.Dataset]


class Spoiled(Results):
    """Results of which the runs FAMILY/MEMBER.THEORY that match a pattern are spoiled.

    Parameters
    ----------
    results : Results
    runs : str
        Shell patterns, separated by blanks.
    spoil : callable
        `spoil(ds, exact)` returns the Dataset that is handed out in the place of `ds`.
    """

    def __init__(self, results: Results, runs: str, spoil: Spoil) -> None:
        super().__init__(results.config, results.directory.parent)
        self.patterns, self.spoil = runs.split(), spoil

    def batches(self, family: str, run: str) -> list[xr.Dataset]:
        """Return the Datasets of a run, spoiled if its name matches."""
        datasets = super().batches(family, run)
        if not any(fnmatch(f"{family}/{run}", pattern) for pattern in self.patterns):
            return datasets
        exact = run.rsplit(".", 1)[0] + ".exact"
        judges = super().batches(family, exact) if self.path(family, exact).exists() else datasets
        return [self.spoil(ds, judges[k % len(judges)]) for k, ds in enumerate(datasets)]


@dataclass(frozen=True)
class Control:
    """An effect removed from the runs of a claim by `spoil(ds, exact)`; see `Spoiled`."""

    claim: str
    effect: str
    runs: str
    spoil: Spoil

    @property
    def entry(self) -> Claim:
        """The claim itself."""
        return ledger.claim(self.claim)

    def measure(self, results: Results) -> Finding:
        """Return what is measured on the spoiled data."""
        return ledger.measure(self.entry, Spoiled(results, self.runs, self.spoil))


class WrongPhysics(Results):
    """Results of which everything sampled is solved anew, by a program with wrong physics.

    Parameters
    ----------
    results : Results
    kind : str
        One of KINDS.
    """

    def __init__(self, results: Results, kind: str) -> None:
        super().__init__(results.config, results.directory.parent)
        self.kind = kind

    def batches(self, family: str, run: str) -> list[xr.Dataset]:
        """Return the Datasets of a run, those of TWA with wrong physics."""
        member, theory = run.rsplit(".", 1)
        if theory not in REPLACED and not (self.kind in SYSTEMS and "twa" in member):
            return super().batches(family, run)
        asked = self.config.family(family)[run]
        key = self.kind, family, _solved_once(asked)
        if key not in _SOLVED:
            _SOLVED[key] = _wrong(self.kind, asked, EARLIER.get(family, 1.0))
        whole = _SOLVED[key]
        if "batch" not in whole.dims:
            return [whole]
        return [whole.isel(batch=k, drop=True) for k in range(whole.sizes["batch"])]


# what has been solved with wrong physics: several claims read the same
_SOLVED: dict[tuple[str, ...], xr.Dataset] = {}


def _solved_once(run: Run) -> str:
    """Return what decides about a run with wrong physics, where several theories are the same."""
    alone = run.theory.name == "paths" or run.theory.name not in REPLACED
    points = [
        [
            repr(label),
            p.system.to_json(),
            p.times.tolist(),
            p.momenta,
            p.trajectories,
            p.batches > 1,
            p.seed,
        ]
        for label, p in run.points.items()
    ]
    return json.dumps([run.theory.name if alone else "", run.scan, points])


def _wrong(kind: str, run: Run, earlier: float) -> xr.Dataset:
    """Return a run with wrong physics, its times multiplied by `earlier`."""
    solved = {}
    for label, whole in run.points.items():
        point = replace(whole, times=whole.times * earlier)
        if run.theory.name not in REPLACED:
            ensembles = [SYSTEMS[kind](ensemble) for ensemble in point.system.ensembles]
            system = replace(point.system, ensembles=ensembles)
            solved[label] = run.theory.solve(replace(point, system=system), 1)
            continue
        if run.theory.name == "paths":
            effort = point.trajectories, point.seed
            # single trajectories are those of the ball, which knows no psi
            physics = wrong.WRONG.get(kind, wrong.Physics())
            solved[label] = wrong.paths(point.system, point.times, *effort, physics)
            continue
        # what is solved on a grid asks for no trajectories
        count = min(point.trajectories or EFFORT, max(32, EFFORT // point.system.sites))
        batches = BATCHES if point.batches > 1 else 1
        each = []
        for batch in range(batches):
            arguments = count // batches, point.seed + batch
            if kind == PSI_FROZEN:
                ball: wrong.Ball = FourVariables(point.system, wrong.Physics(), *arguments)
            else:
                ball = wrong.Ball(point.system, wrong.WRONG[kind], *arguments)
            each.append(wrong.watched(ball, point.times, point.momenta))
        solved[label] = stack.batched(each, point.seed)
    return stack.joined(solved, run.scan)


@dataclass(frozen=True)
class Wrong:
    """A control that solves everything sampled anew with wrong physics; see `WrongPhysics`."""

    claim: str
    kind: str

    @property
    def effect(self) -> str:
        """What is wrong."""
        return f"wrong physics: {self.kind}"

    @property
    def entry(self) -> Claim:
        """The claim itself."""
        return ledger.claim(self.claim)

    def measure(self, results: Results) -> Finding:
        """Return what is measured with wrong physics."""
        with warnings.catch_warnings():
            # what is wrong may well divide by zero, and a fit fail
            warnings.simplefilter("ignore")
            return ledger.measure(self.entry, WrongPhysics(results, self.kind))


def of(figure: str) -> list[Control | Wrong]:
    """Return the controls of a figure's claims."""
    return list(importlib.import_module(f"paper_checks.{figure}.controls").CONTROLS)


def turned(before: Finding, after: Finding) -> set[str]:
    """Return the numbers whose verdict a control turned from one decision into another."""
    return {
        name
        for name, verdict in before.verdicts.items()
        if Verdict.UNDECIDED not in (verdict, after.verdicts[name])
        and verdict != after.verdicts[name]
    }


# -- spoilers that several figures share -----------------------------------------------------------


def size_of(ds: xr.Dataset) -> xr.DataArray:
    """Return N of runs of one ensemble; twice the inversion of a fully polarised initial state."""
    return 2 * abs(ds.inversion.isel(time=0, site=0, drop=True))


def scaled(name: str, factor: float) -> Spoil:
    """Return a spoiler: one variable times a factor."""
    return lambda ds, exact: ds.assign({name: ds[name] * factor})


def more_error(name: str, factor: float) -> Spoil:
    """Return a spoiler: the error of one variable times a factor."""
    return lambda ds, exact: ds.assign({name: exact[name] + factor * (ds[name] - exact[name])})
