"""Which wrong physics breaks which claim: measured on purpose, kept, and shown in the report.

Everything sampled is solved anew by a program with one error in it (`paper_checks.wrong`), and each
claim is measured on that. It takes a quarter of an hour, so ``make wrong`` renews
``data/reference/NAME/wrong_physics.json`` by hand, as ``make baseline`` does the reference data::

    python -m paper_checks.matrix --config config/quick.yaml

The tests ask that every claim is in it, that a claim which nothing breaks says why, and that what
`controls.Wrong` measures anew agrees.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from enum import StrEnum
from pathlib import Path

from blochball.dataset import revision
from blochball.support.parallel import thread_count
from paper_checks import controls, ledger
from paper_checks.ledger import Finding
from paper_checks.quantity import Verdict
from workflow.baseline import ROOT
from workflow.config import command_line, load
from workflow.results import Results

NAME = "wrong_physics.json"


class Effect(StrEnum):
    """What wrong physics does to a claim."""

    BREAKS = "breaks"  # a number is decided otherwise
    BLURS = "blurs"  # a number that was decided no longer is
    NOTHING = "nothing"


def path(config: str) -> Path:
    """Return where the matrix of a config is kept."""
    return ROOT / config / NAME


def effect(before: Finding, after: Finding) -> Effect:
    """Return what became of a claim."""
    if controls.turned(before, after):
        return Effect.BREAKS
    decided = {name for name, v in before.verdicts.items() if v != Verdict.UNDECIDED}
    blurred = any(after.verdicts[name] == Verdict.UNDECIDED for name in decided)
    return Effect.BLURS if blurred else Effect.NOTHING


def column(config: str, kind: str) -> dict[str, Effect]:
    """Return what one kind of wrong physics does to every claim, by its id."""
    results = Results(load(config), Path("results"))
    effects = {}
    for claim in ledger.claims():
        before = ledger.measure(claim, results)
        effects[claim.id] = effect(before, controls.Wrong(claim.id, kind).measure(results))
    return effects


def measured(config: str, kinds: Sequence[str]) -> dict[str, dict[str, Effect]]:
    """Return for every claim what each kind of wrong physics does to it."""
    with ProcessPoolExecutor(thread_count("matrix", None)) as pool:
        columns = list(pool.map(column, [config] * len(kinds), kinds))
    return {
        claim.id: dict(zip(kinds, (c[claim.id] for c in columns), strict=True))
        for claim in ledger.claims()
    }


def kept(config: str) -> dict[str, dict[str, str]]:
    """Return the matrix of a config as it was measured last."""
    matrix: dict[str, dict[str, str]] = json.loads(path(config).read_text(encoding="utf-8"))[
        "claims"
    ]
    return matrix


def unbroken(matrix: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Return the claims that no wrong physics breaks."""
    return {claim for claim, row in matrix.items() if Effect.BREAKS not in row.values()}


def main() -> None:
    """Read the command line, measure, write."""
    args = command_line(__doc__.splitlines()[0]).parse_args()
    config = load(args.config)
    found = {"revision": revision(), "claims": measured(str(args.config), controls.KINDS)}
    path(config.name).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
