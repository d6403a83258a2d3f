"""Put the measured claims and the figures of one config into the README: ``make readme``.

Between two lines that name a figure stands the table of ``figures/X/table.py``.
"""

from __future__ import annotations

import importlib
import json
import re
import shutil
from typing import Any

from paper_checks import ledger
from workflow import config, provenance, results
from workflow.report import claims

README = config.ROOT / "README.md"
BEGIN, END = "<!-- claims: written by make readme -->", "<!-- end of claims -->"
TABLES = r"<!-- table of (\w+): written by make readme -->"


def table(data: dict[str, Any]) -> str:
    """Return the ledger in short: the name of a claim, its first number, its verdict.

    Claims of our own, which the paper does not make, are named by their verdict below the table.

    Raises
    ------
    ValueError
        If the claims were measured by a source tree with changes that no revision holds.
    """
    if wrong := provenance.untraceable(data["revision"]):
        raise ValueError(
            f"the claims are from {wrong}: commit, and run snakemake --forcerun claims"
        )
    rows = ["| Claim | First of its numbers | Verdict |", "| --- | --- | --- |"]
    ours: dict[str, list[str]] = {}
    for claim in data["claims"]:
        number = claim["numbers"][0]["text"].replace("|", "\\|")
        if claim["where"].startswith(ledger.OURS):
            ours.setdefault(claim["verdict"], []).append(f"`{claim['id']}`")
        else:
            rows.append(f"| `{claim['id']}` | {number} | {claim['verdict']} |")
    named = "; ".join(f"{verdict}: {', '.join(ids)}" for verdict, ids in ours.items())
    return "\n".join(rows) + f"\n\nClaims of our own, {named}.\n\n{claims.summary(data)}"


def insert(text: str, content: str, markers: tuple[str, str] = (BEGIN, END)) -> str:
    """Return `text` with `content` between the two markers.

    Raises
    ------
    ValueError
        If the markers are not there, once each.
    """
    begin, end = markers
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"README.md must have the lines {begin!r} and {end!r} once each")
    pattern = re.escape(begin) + ".*" + re.escape(end)
    return re.sub(pattern, lambda _: f"{begin}\n\n{content}\n\n{end}", text, flags=re.DOTALL)


def main() -> None:
    """Read the command line, renew README.md and docs/images."""
    found = results.Results(config.load(config.command_line(__doc__).parse_args().config))
    data = json.loads((found.directory / "claims.json").read_text(encoding="utf-8"))
    text = README.read_text(encoding="utf-8")
    text = insert(text, table(data))
    for figure in re.findall(TABLES, text):
        drawn = importlib.import_module(f"figures.{figure}.table").table(found)
        markers = TABLES.replace(r"(\w+)", figure), f"<!-- end of the table of {figure} -->"
        text = insert(text, drawn, markers)
    images = provenance.shown(text)
    recorded = provenance.record(found, images)  # refuses what cannot be traced, before any change
    README.write_text(text, encoding="utf-8")
    for image in images:
        shutil.copyfile(found.figure(image, "png"), provenance.IMAGES / f"{image}.png")
    provenance.write(recorded)


if __name__ == "__main__":
    main()
