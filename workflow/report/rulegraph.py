"""Draw the workflow's rules as a diagram in docs/workflow.md: ``make graph``."""

from __future__ import annotations

import re
import subprocess
import sys

from workflow import config
from workflow.report.readme import insert

PAGE = config.ROOT / "docs" / "workflow.md"
MARKERS = "<!-- rules: written by make graph -->", "<!-- end of rules -->"


def edges() -> list[tuple[str, str]]:
    """Return (rule, rule that needs its output) for all rules behind ``all``, sorted."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--rulegraph", "mermaid-js"]
    run = subprocess.run(command, cwd=config.ROOT, capture_output=True, text=True, check=True)
    names = dict(re.findall(r"^\s*(id\d+)\[(\w+)\]", run.stdout, flags=re.MULTILINE))
    arrows = re.findall(r"^\s*(id\d+) --> (id\d+)", run.stdout, flags=re.MULTILINE)
    return sorted((names[before], names[after]) for before, after in arrows)


def diagram() -> str:
    """Return the rules in the language of Mermaid."""
    lines = [f"    {before} --> {after}" for before, after in edges()]
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```"])


def main() -> None:
    """Renew the page."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(insert(text, diagram(), MARKERS), encoding="utf-8")


if __name__ == "__main__":
    main()
