"""Measure every claim of the ledger and write it out: the rule `claims`.

Outside the workflow, once the data exist::

    python -m workflow.report.claims --config config/quick.yaml
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from blochball import __version__
from blochball.dataset import revision
from paper_checks import ledger
from paper_checks.ledger import Finding
from paper_checks.quantity import SIGMAS, Quantity
from workflow.config import Config, command_line, load
from workflow.report import sources
from workflow.results import Results

HEAD = ("Claim", "Where", "Measured", "Number", "Criterion", "Verdict")


def criterion(bounds: dict[str, float]) -> str:
    """Return the bounds as text, e.g. "> 0, < 0.1"."""
    sign = {"above": ">", "below": "<"}
    return ", ".join(f"{sign[name]} {value:g}" for name, value in sorted(bounds.items()))


def clearance(quantity: Quantity, bounds: dict[str, float]) -> float | None:
    """Return by how many standard errors a number keeps its criterion; negative if it does not.

    None for a number that is not sampled.
    """
    if not quantity.stderr or math.isinf(quantity.stderr) or math.isinf(quantity.value):
        return None
    sign = {"above": 1, "below": -1}
    return min(
        sign[name] * (quantity.value - value) / quantity.stderr for name, value in bounds.items()
    )


def as_data(
    findings: Sequence[Finding],
    config: Config,
    read: Mapping[str, Sequence[Path]] | None = None,
    root: Path = Path(),
) -> dict[str, Any]:
    """Return everything as plain data, for JSON.

    Parameters
    ----------
    findings : sequence of Finding
    config : Config
    read : mapping of claim to paths, optional
        The data files that each claim, by its id, was measured from.
    root : path, optional
        Where their names begin.
    """
    files = {
        claim: [str(path.relative_to(root)) for path in paths]
        for claim, paths in (read or {}).items()
    }
    broken = ledger.breakers()
    return {
        "config": config.name,
        "seed": config.seed,
        "version": __version__,
        "revision": revision(),
        "sigmas": SIGMAS,
        "sources": {
            name: sources.describe(root / name)
            for name in sorted({path for paths in files.values() for path in paths})
        },
        "claims": [
            {
                "id": found.claim.id,
                "figure": found.claim.figure,
                "claim": found.claim.claim,
                "where": found.claim.where,
                "measured": found.claim.measured
                + (f". Weak: {found.claim.weak}" if found.claim.weak else ""),
                "verdict": found.verdict,
                "sources": files.get(found.claim.id, []),
                "broken_by": broken.get(found.claim.id, []),
                "numbers": [
                    {
                        "name": name,
                        "value": quantity.value,
                        "stderr": quantity.stderr,
                        "text": str(quantity),
                        "note": quantity.note,
                        "methods": sorted(quantity.methods),
                        "criterion": criterion(found.claim.criteria[name]),
                        "clearance": clearance(quantity, found.claim.criteria[name]),
                        "verdict": found.verdicts[name],
                    }
                    for name, quantity in found.quantities.items()
                ],
            }
            for found in findings
        ],
    }


def summary(data: dict[str, Any]) -> str:
    """Return one sentence on where the numbers are from and how they were judged."""
    return (
        f"Measured by the workflow with config {data['config']} (seed {data['seed']}), blochball "
        f"{data['version']}, revision {data['revision']}. A number decides if it lies "
        f"{data['sigmas']} standard errors clear of its criterion; ± is one standard error."
    )


def markdown(data: dict[str, Any]) -> str:
    """Return the ledger as a Markdown table."""
    rows = [" | ".join(HEAD), " | ".join("---" for _ in HEAD)]
    for claim in data["claims"]:
        number = "<br>".join(f"{named(n)}: {_noted(n)}" for n in claim["numbers"])
        bound = "<br>".join(n["criterion"] for n in claim["numbers"])
        cells = [claim["claim"], claim["where"], claim["measured"], number, bound]
        rows.append(" | ".join([_cell(text) for text in cells] + [f"**{claim['verdict']}**"]))
    table = "\n".join(f"| {row} |" for row in rows)
    return f"{table}\n\n{summary(data)}\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def named(number: dict[str, Any]) -> str:
    """Return the name of a number with the methods that it is from."""
    methods = f" [{', '.join(number['methods'])}]" if number["methods"] else ""
    return number["name"] + methods


def _noted(number: dict[str, Any]) -> str:
    return number["text"] + (f" ({number['note']})" if number["note"] else "")


def main() -> None:
    """Read the command line, measure, write."""
    args = command_line(__doc__.splitlines()[0]).parse_args()
    whole, paths = Results.at_work(load(args.config), args.output, "claims.json", "claims.md")
    findings, read = [], {}
    for claim in ledger.claims():
        found = Results(whole.config, whole.directory.parent)  # each notes what is read
        findings.append(ledger.measure(claim, found))
        read[claim.id] = found.read
    data = as_data(findings, whole.config, read, whole.directory.parents[1])
    text = {
        "json": json.dumps(data, indent=1, ensure_ascii=False) + "\n",
        "md": markdown(data),
    }
    for path in paths:
        path.write_text(text[path.suffix.removeprefix(".")], encoding="utf-8")


if __name__ == "__main__":
    main()
