"""Which wrong physics breaks which claim: measured on purpose, kept, and shown in the report.

Everything sampled is solved anew by a program with one error in it (`paper_checks.wrong`), and each
claim is measured on that. It takes half an hour of two cores, so ``make wrong`` renews
``data/reference/quick/wrong_physics.json`` by hand, as ``make baseline`` does the reference data,
and so does, for the claims of some figures or for some claims only::

    python -m paper_checks.matrix fig2 decay-burst

The tests ask that every claim is in it, that a claim which nothing breaks says why, and that what
`controls.Wrong` measures anew agrees.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from enum import StrEnum
from functools import partial
from pathlib import Path

from blochball.dataset import revision
from blochball.support import sparse
from blochball.support.parallel import thread_count
from paper_checks import controls, ledger
from paper_checks.ledger import Claim, Finding
from paper_checks.quantity import Verdict
from workflow.config import load
from workflow.results import Results

CONFIG = "config/quick.yaml"


class Effect(StrEnum):
    """What wrong physics does to a claim."""

    BREAKS = "breaks"  # a number is decided otherwise
    BLURS = "blurs"  # a number that was decided no longer is
    NOTHING = "nothing"


def effect(before: Finding, after: Finding) -> Effect:
    """Return what became of a claim."""
    if controls.turned(before, after):
        return Effect.BREAKS
    decided = {name for name, v in before.verdicts.items() if v != Verdict.UNDECIDED}
    blurred = any(after.verdicts[name] == Verdict.UNDECIDED for name in decided)
    return Effect.BLURS if blurred else Effect.NOTHING


@sparse.one_blas_thread
def column(kind: str, asked: Sequence[Claim]) -> dict[str, Effect]:
    """Return what one kind of wrong physics does to each claim, by its id."""
    results = Results(load(CONFIG), Path("results"))
    effects = {}
    for claim in asked:
        before = ledger.measure(claim, results)
        effects[claim.id] = effect(before, controls.Wrong(claim.id, kind).measure(results))
    return effects


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure claims with every kind of wrong physics, and write each kind down as it ends."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    known = f"{', '.join(ledger.figures())}, or of their claims"
    parser.add_argument("names", nargs="*", help=f"some of {known}; all by default")
    names = set(parser.parse_args(arguments).names)
    if unknown := names - set(ledger.figures()) - {claim.id for claim in ledger.claims()}:
        parser.error(f"names must be some of {known}, got {', '.join(sorted(unknown))}")
    asked = [claim for claim in ledger.claims() if not names or names & {claim.id, claim.figure}]
    kept = ledger.wrong_physics()
    claims = {claim.id: dict(kept.get(claim.id, {})) for claim in ledger.claims()}
    with ProcessPoolExecutor(thread_count("matrix", None)) as pool:
        columns = pool.map(partial(column, asked=asked), controls.KINDS)
        for kind, effects in zip(controls.KINDS, columns, strict=True):
            for claim in effects:
                claims[claim][kind] = effects[claim]
            whole = {"revision": revision(), "claims": claims}
            ledger.WRONG.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
            broken = sum(effect == Effect.BREAKS for effect in effects.values())
            print(f"{kind}: breaks {broken} of {len(effects)} claims", flush=True)


if __name__ == "__main__":
    main()
