"""Draw the table that `python -m benchmarks` kept: ``python -m benchmarks.draw``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from figures import style  # first: it chooses how matplotlib writes

import matplotlib.pyplot as plt  # isort: skip


def main() -> None:
    """Read the JSON, write a PNG beside it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, default=Path("results/bench.json"))
    path = parser.parse_args().json
    rows = json.loads(path.read_text())
    units = list(dict.fromkeys(row["unit"] for row in rows))
    groups = [[row for row in rows if row["unit"] == unit] for unit in units]
    with plt.rc_context(style.RC):
        figure, axes = plt.subplots(
            len(units), squeeze=False, layout="constrained",
            figsize=(style.TWO_COLUMNS, 1 + 0.16 * len(rows) + 0.4 * len(units)),
            height_ratios=[len(group) + 1 for group in groups],
        )  # fmt: skip
        for ax, unit, group in zip(axes[:, 0], units, groups, strict=True):
            places = range(len(group))
            values, spread = zip(*((row["median"], row["spread"]) for row in group), strict=True)
            ax.errorbar(values, places, xerr=spread, fmt="o", color=style.BLUE)
            ax.set_yticks(places, [row["name"] for row in group], fontsize=6.5)
            ax.set(xscale="log", xlabel=unit, ylim=(len(group) - 0.3, -0.7))
            ax.tick_params(axis="y", length=0)
            ax.grid(axis="x", linewidth=0.3)
        figure.savefig(path.with_suffix(".png"), metadata={"Software": None})


if __name__ == "__main__":
    main()
