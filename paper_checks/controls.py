"""Controls: a claim measured where its effect is not must come out otherwise.

The ``controls.py`` of each figure's folder lists them as CONTROLS. A control counts for a number
only if both verdicts are decided, the one on the data as they are and the one on the data without
the effect, and if they differ. ``test_claims.py`` finds all of them and holds every number of
every claim to one that counts.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch

import xarray as xr

from paper_checks import ledger
from paper_checks.ledger import Claim, Finding
from paper_checks.quantity import Verdict
from workflow.results import Results

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
        (entry,) = (claim for claim in ledger.claims() if claim.id == self.claim)
        return entry

    def measure(self, results: Results) -> Finding:
        """Return what is measured on the spoiled data."""
        return ledger.measure(self.entry, Spoiled(results, self.runs, self.spoil))


def of(figure: str) -> list[Control]:
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
