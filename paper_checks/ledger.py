"""The ledger of the paper's claims: what is claimed, what is measured, and the verdict.

``claims.yaml`` holds each claim in our words with the name of the function that measures it and a
bound for every number that the function returns; the verdict is computed, never written down. A
number decides only if it is SIGMAS standard errors away from its bound.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from workflow.results import Results

CLAIMS = Path(__file__).with_name("claims.yaml")
SIGMAS = 4


class Verdict(StrEnum):
    """What the measured numbers say about a claim, or about one bound."""

    REPRODUCED = "reproduced"
    PARTLY = "partly"
    NOT_REPRODUCED = "not reproduced"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Quantity:
    """A measured number with its standard error; 0 for one that is not sampled."""

    value: float
    stderr: float = 0.0
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be compared."""
        if math.isnan(self.value) or not self.stderr >= 0:
            raise ValueError(f"Quantity: value and stderr must be numbers, got {self!r}")

    def __str__(self) -> str:
        """Value and standard error, to two digits of the latter."""
        if not self.stderr or math.isinf(self.value):
            return f"{self.value:.3g}"
        if math.isinf(self.stderr):
            return f"{self.value:.3g} ± inf"
        digits = max(0, 1 - math.floor(math.log10(self.stderr)))
        if abs(self.value) >= 1e-3 and digits <= 6:
            return f"{self.value:.{digits}f} ± {self.stderr:.{digits}f}"
        power = math.floor(math.log10(max(abs(self.value), self.stderr)))
        digits = max(0, digits + power)
        scale = 10.0**power
        return f"({self.value / scale:.{digits}f} ± {self.stderr / scale:.{digits}f})e{power}"

    def compare(self, below: float | None = None, above: float | None = None) -> Verdict:
        """Return whether the number lies between the bounds, SIGMAS standard errors clear of them.

        Parameters
        ----------
        below, above : float, optional
            The number must be smaller than `below` and larger than `above`.
        """
        low, high = self.value - SIGMAS * self.stderr, self.value + SIGMAS * self.stderr
        if (below is not None and low >= below) or (above is not None and high <= above):
            return Verdict.NOT_REPRODUCED
        if (below is None or high < below) and (above is None or low > above):
            return Verdict.REPRODUCED
        return Verdict.UNDECIDED


@dataclass(frozen=True)
class Claim:
    """One entry of claims.yaml.

    Parameters
    ----------
    id, figure : str
        Its name and the figure it is about, e.g. "fig2".
    claim, where, measured : str
        The claim in our words; where the paper makes it; what we measure.
    measure : str
        Function of ``paper_checks.FIGURE.measure`` that takes `Results` and `arguments` and
        returns a Quantity for each key of `criteria`.
    criteria : dict
        For each number, ``below`` and/or ``above``.
    expected : str
        The verdict known so far. Anything else is news: the test of the claim fails.
    undecided_with : tuple of str
        Names of configs whose data are known to be too few to decide.
    """

    id: str
    figure: str
    claim: str
    where: str
    measured: str
    measure: str
    criteria: dict[str, dict[str, float]]
    expected: str
    arguments: dict[str, Any] = field(default_factory=dict)
    undecided_with: tuple[str, ...] = ()

    @property
    def function(self) -> Callable[..., dict[str, Quantity]]:
        """The function that measures."""
        return getattr(importlib.import_module(f"paper_checks.{self.figure}.measure"), self.measure)


@dataclass(frozen=True)
class Finding:
    """A claim with its measured numbers."""

    claim: Claim
    quantities: dict[str, Quantity]

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """One verdict a number."""
        return {
            name: quantity.compare(**self.claim.criteria[name])
            for name, quantity in self.quantities.items()
        }

    @property
    def verdict(self) -> Verdict:
        """All numbers together: partly, if some pass and some fail."""
        found = set(self.verdicts.values())
        if len(found) == 1:
            return found.pop()
        if {Verdict.REPRODUCED, Verdict.NOT_REPRODUCED} <= found:
            return Verdict.PARTLY
        return Verdict.UNDECIDED


def claims() -> list[Claim]:
    """Return the ledger's entries, in order."""
    entries = yaml.safe_load(CLAIMS.read_text())
    return [
        Claim(**{**entry, "undecided_with": tuple(entry.get("undecided_with", ()))})
        for entry in entries
    ]


def measure(claim: Claim, results: Results) -> Finding:
    """Measure one claim.

    Raises
    ------
    ValueError
        If the measured numbers are not those that have a criterion.
    """
    quantities = claim.function(results, **claim.arguments)
    if list(quantities) != list(claim.criteria):
        raise ValueError(
            f"{claim.id}: criteria must be for {list(quantities)}, got {list(claim.criteria)}"
        )
    return Finding(claim, quantities)
