"""Measure every claim of the ledger and write it out: the rule `claims`.

Outside the workflow, once the data exist::

    python -m scripts.claims --config config/quick.yaml
"""

from __future__ import annotations

import argparse
import html
import json
from collections.abc import Sequence
from typing import Any

from blochball import __version__
from blochball.dataset import revision
from paper_checks import ledger
from paper_checks.ledger import Finding
from scripts import results, runs

HEAD = ("Claim", "Where", "Measured", "Number", "Criterion", "Verdict")
STYLE = """
body {font: 16px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem}
table {border-collapse: collapse; width: 100%}
th, td {border-bottom: 1px solid #bbb; padding: .45rem .6rem; text-align: left; vertical-align: top}
td.number {white-space: nowrap; font-variant-numeric: tabular-nums}
.reproduced {color: #0a5c2b} .partly {color: #7a4b00} .undecided {color: #444}
.not-reproduced {color: #a01010}
@media (max-width: 50rem) {table, tbody, tr, td {display: block} thead {display: none}}
"""


def criterion(bounds: dict[str, float]) -> str:
    """Return the bounds as text, e.g. "> 0, < 0.1"."""
    sign = {"above": ">", "below": "<"}
    return ", ".join(f"{sign[name]} {value:g}" for name, value in sorted(bounds.items()))


def as_data(findings: Sequence[Finding], config: dict[str, Any]) -> dict[str, Any]:
    """Return everything as plain data, for JSON."""
    return {
        "config": config["name"],
        "seed": config["seed"],
        "version": __version__,
        "revision": revision(),
        "sigmas": ledger.SIGMAS,
        "claims": [
            {
                "id": found.claim.id,
                "figure": found.claim.figure,
                "claim": found.claim.claim,
                "where": found.claim.where,
                "measured": found.claim.measured,
                "verdict": found.verdict,
                "numbers": [
                    {
                        "name": name,
                        "value": quantity.value,
                        "stderr": quantity.stderr,
                        "text": str(quantity),
                        "note": quantity.note,
                        "criterion": criterion(found.claim.criteria[name]),
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
        number = "<br>".join(f"{n['name']}: {_noted(n)}" for n in claim["numbers"])
        bound = "<br>".join(n["criterion"] for n in claim["numbers"])
        cells = [claim["claim"], claim["where"], claim["measured"], number, bound]
        rows.append(" | ".join([_cell(text) for text in cells] + [f"**{claim['verdict']}**"]))
    table = "\n".join(f"| {row} |" for row in rows)
    return f"{table}\n\n{summary(data)}\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _noted(number: dict[str, Any]) -> str:
    return number["text"] + (f" ({number['note']})" if number["note"] else "")


def page(data: dict[str, Any]) -> str:
    """Return the ledger as a HTML page that needs nothing else."""
    head = "".join(f'<th scope="col">{name}</th>' for name in HEAD)
    body = []
    for claim in data["claims"]:
        texts = [html.escape(claim[key]) for key in ("claim", "where", "measured")]
        number = "<br>".join(html.escape(f"{n['name']}: {_noted(n)}") for n in claim["numbers"])
        bound = "<br>".join(html.escape(n["criterion"]) for n in claim["numbers"])
        verdict = claim["verdict"]
        cells = "".join(f"<td>{text}</td>" for text in texts)
        cells += f'<td class="number">{number}</td><td class="number">{bound}</td>'
        cells += f'<td class="{verdict.replace(" ", "-")}"><strong>{verdict}</strong></td>'
        body.append(f'<tr id="{claim["id"]}">{cells}</tr>')
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>The paper's claims, measured</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>The paper's claims, measured</h1>\n<p>{html.escape(summary(data))}</p>\n"
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"
        + "\n".join(body)
        + "\n</tbody>\n</table>\n</body>\n</html>\n"
    )


def main() -> None:
    """Read the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", default="config/paper.yaml", help="default: %(default)s")
    config = runs.load(parser.parse_args().config)
    found = results.Results(config)
    data = as_data([ledger.measure(claim, found) for claim in ledger.claims()], config)
    text = {
        "json": json.dumps(data, indent=1, ensure_ascii=False) + "\n",
        "md": markdown(data),
        "html": page(data),
    }
    for kind, content in text.items():
        (found.directory / f"claims.{kind}").write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
