"""The ledger of the paper's claims: what is claimed, what is measured, and the verdict.

Each figure has a folder here. Its ``claims.yaml`` holds each claim in our words with the name of
the function of its ``measure.py`` that measures it, and a bound for every number that the function
returns; the verdict is computed, never written down. A number decides only if it is SIGMAS standard
errors away from its bound.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from paper_checks.quantity import Quantity, UnmeasurableError, Verdict, unknown
from workflow.results import Results

FOLDER = Path(__file__).parent
# what wrong physics does to the claims, see `paper_checks.matrix`
WRONG = FOLDER.parent / "data" / "reference" / "quick" / "wrong_physics.json"

# how `where` begins if the paper does not make the claim
OURS = "ours"


@dataclass(frozen=True)
class Claim:
    """One entry of a claims.yaml.

    Parameters
    ----------
    id, figure : str
        Its name and the folder it is in, e.g. "fig2".
    claim, where, measured : str
        The claim in our words; where the paper makes it, or OURS and what it is about; what we
        measure.
    measure : str
        Function of ``paper_checks.FIGURE.measure``, or with the name of another file before it
        ("direction.rise") of that one, that takes `Results` and `arguments` and
        returns a Quantity for each key of `criteria`.
    criteria : dict
        For each number, ``below`` and/or ``above``.
    expected : str
        The verdict known so far. Anything else is news: the test of the claim fails.
    undecided_with : dict
        Names of configs whose data are known to decide nothing, each with the reason.
    weak : str
        Why no wrong physics would break the claim, where that is so.
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
    undecided_with: Mapping[str, str] = field(default_factory=dict)
    weak: str = ""

    @property
    def function(self) -> Callable[..., dict[str, Quantity]]:
        """The function that measures."""
        file, name = ["measure", *self.measure.split(".")][-2:]
        return getattr(importlib.import_module(f"paper_checks.{self.figure}.{file}"), name)


@dataclass(frozen=True)
class Finding:
    """A claim with its measured numbers.

    Parameters
    ----------
    claim : Claim
    quantities : dict
    failure : Exception, optional
        What kept the numbers from being measured.
    """

    claim: Claim
    quantities: dict[str, Quantity]
    failure: Exception | None = None

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
        verdicts = set(self.verdicts.values())
        if len(verdicts) == 1:
            return verdicts.pop()
        if {Verdict.REPRODUCED, Verdict.NOT_REPRODUCED} <= verdicts:
            return Verdict.PARTLY
        return Verdict.UNDECIDED


def figures() -> list[str]:
    """Return the names of the folders with claims: the paper's figures first."""
    names = (path.parent.name for path in FOLDER.glob("*/claims.yaml"))
    return sorted(names, key=lambda name: (not re.fullmatch(r"fig\d+", name), name))


@cache
def claims() -> list[Claim]:
    """Return the ledger's entries, figure by figure."""
    return [
        Claim(figure=figure, **entry)
        for figure in figures()
        for entry in yaml.safe_load((FOLDER / figure / "claims.yaml").read_text(encoding="utf-8"))
    ]


def claim(name: str) -> Claim:
    """Return the entry of a name."""
    (entry,) = (entry for entry in claims() if entry.id == name)
    return entry


def measure(claim: Claim, results: Results) -> Finding:
    """Measure one claim.

    A claim whose numbers the data do not give, for whatever reason, is undecided and says why: it
    must not cost the others their verdicts.

    Raises
    ------
    ValueError
        If the measured numbers are not those that have a criterion.
    """
    try:
        quantities = claim.function(results, **claim.arguments)
    except Exception as error:
        kind = "" if isinstance(error, UnmeasurableError) else f"{type(error).__name__}: "
        reason = unknown(f"{kind}{error}")
        return Finding(claim, dict.fromkeys(claim.criteria, reason), error)
    if list(quantities) != list(claim.criteria):
        raise ValueError(
            f"{claim.id}: criteria must be for {list(quantities)}, got {list(claim.criteria)}"
        )
    return Finding(claim, quantities)


def wrong_physics() -> dict[str, dict[str, str]]:
    """Return what each kind of wrong physics did to every claim when that was measured last.

    "breaks", "blurs" or "nothing" (`paper_checks.matrix`); no claims where it never was.
    """
    if not WRONG.is_file():
        return {}
    found: dict[str, dict[str, str]] = json.loads(WRONG.read_text(encoding="utf-8"))["claims"]
    return found


def breakers() -> dict[str, list[str]]:
    """Return for every claim the kinds of wrong physics that break it."""
    return {
        claim: [kind for kind, effect in row.items() if effect == "breaks"]
        for claim, row in wrong_physics().items()
    }
