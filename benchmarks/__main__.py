"""Print the table of `make bench` and keep it as JSON: ours against peers, in one run."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
from pathlib import Path

SUITES = ("populations", "exact", "twa", "rivals")


def main() -> None:
    """Run the suites."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}")
    parser.add_argument("--json", type=Path, default=Path("results/bench.json"))
    args = parser.parse_args()
    unknown = sorted(set(args.suites) - set(SUITES))
    if unknown:
        parser.error(f"SUITE must be of {', '.join(SUITES)}, got {unknown[0]!r}")
    print(f"{platform.machine()}, Python {platform.python_version()}; medians +- half the range")
    rows = []
    for suite in args.suites or SUITES:
        for row in importlib.import_module(f"benchmarks.bench_{suite}").rows():
            print(row.line(), flush=True)
            rows.append(row.record())
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
