"""Print the table of `make bench`, keep it as JSON and draw it: ours against peers, in one run.

Ratios are of medians from the same run; numbers of different suites may be from different minutes.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import time
from pathlib import Path

from benchmarks import draw
from blochball.dataset import revision
from blochball.support.parallel import thread_count

SUITES = ("populations", "exact", "twa", "chunks", "twotime", "rivals")


def main() -> None:
    """Run the suites."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}")
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path("results/bench"),
        help="for bench.json, bench.png and bench.pdf (default: %(default)s)",
    )
    args = parser.parse_args()
    unknown = sorted(set(args.suites) - set(SUITES))
    if unknown:
        parser.error(f"SUITE must be of {', '.join(SUITES)}, got {unknown[0]!r}")
    about = {
        "machine": platform.machine(),
        "cores": thread_count("benchmarks", None),
        "python": platform.python_version(),
        "revision": revision(),
        # what else the machine was doing: timings on a busy one are worth little
        "load": os.getloadavg()[0],
    }
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print("medians +- half the range")
    rows, started = [], time.perf_counter()
    for suite in args.suites or SUITES:
        for row in importlib.import_module(f"benchmarks.bench_{suite}").rows():
            print(row.line(), flush=True)
            rows.append({"suite": suite, **row.record()})
    about["seconds"] = time.perf_counter() - started
    args.directory.mkdir(parents=True, exist_ok=True)
    path = args.directory / "bench.json"
    path.write_text(json.dumps({"about": about, "rows": rows}, indent=1, allow_nan=False) + "\n")
    draw.save(path)
    print(f"{about['seconds']:.0f} s; {path} and its picture are written")


if __name__ == "__main__":
    main()
