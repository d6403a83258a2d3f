"""Draw the table that `python -m benchmarks` kept: ``python -m benchmarks.draw``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from figures import style  # first: it chooses how matplotlib writes

import matplotlib.pyplot as plt  # isort: skip
from matplotlib.axes import Axes
from matplotlib.figure import Figure

LOOK = {
    "TWA": {"color": style.BLUE, "marker": "o"},
    "cumulants": {"color": style.VERMILION, "marker": "^"},
    "per-emitter TWA": {"color": "#5a9a3c", "marker": "D"},
}
AXES = {
    "N": ("emitters $N$, one ensemble", "wall time (s)"),
    "M": ("ensembles $M$ of ten emitters", "wall time (s)"),
    "M, a step": ("ensembles $M$ of 250 emitters", "ns a step and ensemble"),
    "trajectories": ("trajectories, one thread", "wall time (s)"),
    "threads": ("threads", "wall time (s)"),
}
LEVEL = ("M, a step", "threads")  # linear axes: what should stay level, or fall as 1/threads
LETTERS = "bcdef"

Rows = list[dict[str, Any]]


def draw(rows: Rows) -> Figure:
    """Return the figure; suites that were not run leave their axes out."""
    compared = (row for row in rows if row["ratio"] is not None and not row["curve"])
    # chunks are compared with ourselves
    peers = [row for row in compared if row["suite"] != "chunks"]
    found = [name for name in AXES if any(row["against"] == name for row in rows)]
    height = 0.75 + 0.26 * len(peers)
    figure = plt.figure(figsize=(style.TWO_COLUMNS, height + 1.75 * -(-len(found) // 3)))
    # peers above, costs below, either of which may be missing
    parts = [part for part, there in (("peers", peers), ("costs", found)) if there]
    if not parts:
        return figure
    heights = {"peers": height, "costs": 1.75 * -(-len(found) // 3)}
    frames = figure.subfigures(len(parts), squeeze=False, height_ratios=[heights[p] for p in parts])
    for part, frame in zip(parts, frames[:, 0], strict=True):
        if part == "peers":
            against_peers(frame.subplots(), peers)
            continue
        panels = frame.subplots(-(-len(found) // 3), min(3, len(found)), squeeze=False).ravel()
        for letter, ax, name in zip(LETTERS, panels, found, strict=False):
            curves(ax, [row for row in rows if row["against"] == name], name)
            style.panel_label(ax, f"({letter})", y=1.13, x=-0.02)
        for ax in panels[len(found) :]:
            ax.set_axis_off()
        handles, labels = panels[0].get_legend_handles_labels()
        frame.legend(handles, labels, loc="outside lower right", ncols=len(labels))
    return figure


def against_peers(ax: Axes, rows: Rows) -> None:
    """Draw how many times longer each peer takes than ours, with both times beside it."""
    for place, row in enumerate(rows):
        error = row["ratio"] * row["spread"] / row["median"]
        ax.barh(place, row["ratio"] - 1, left=1, height=0.6, color=style.BLUE)
        ax.errorbar(row["ratio"], place, xerr=error, color="black", linewidth=0.8)
        ax.text(row["ratio"] + error, place, f"  {row['ratio']:.3g}", va="center", fontsize=7)
    labels = [f"{row['name']}\nover {row['of']}" for row in rows]
    ax.set_yticks(range(len(rows)), labels, fontsize=6)
    largest = max(row["ratio"] for row in rows)
    ax.set(xscale="log", xlim=(min(0.7, *(r["ratio"] for r in rows)), 4 * largest))
    ax.set(xlabel="time of the peer / time of ours", ylim=(len(rows) - 0.4, -0.6))
    ax.axvline(1, color="black", linewidth=0.6)
    ax.tick_params(axis="y", length=0)
    style.panel_label(ax, "(a)", x=0.96)


def curves(ax: Axes, rows: Rows, name: str) -> None:
    """Draw one curve for each method, with bars of half the range."""
    where, what = AXES[name]
    at: list[float] = []
    for method in dict.fromkeys(row["curve"] for row in rows):
        mine = [row for row in rows if row["curve"] == method]
        at, value, spread = ([row[key] for row in mine] for key in ("at", "median", "spread"))
        ax.errorbar(at, value, spread, linewidth=0.8, label=method, **LOOK[method])
    ax.set(xscale="log", xlabel=where, ylabel=what)
    ax.xaxis.label.set_size(8)
    ax.yaxis.label.set_size(8)
    if name in LEVEL:
        ax.set_ylim(0, 1.1 * max(row["median"] + row["spread"] for row in rows))
    else:
        ax.set_yscale("log")
    if len(at) < 6 and max(at) < 100:
        ax.set_xticks(at, [str(round(place)) for place in at])
        ax.minorticks_off()


def save(path: Path) -> None:
    """Draw the JSON at `path` into a PNG and a PDF beside it."""
    rows = json.loads(path.read_text())["rows"]
    with plt.rc_context({**style.RC, "figure.constrained_layout.use": True}):
        figure = draw(rows)
        for kind, metadata in (("png", {"Software": None}), ("pdf", {"CreationDate": None})):
            figure.savefig(path.with_suffix(f".{kind}"), metadata=metadata)
        plt.close(figure)


def main() -> None:
    """Read the command line, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, default=Path("results/bench/bench.json"))
    save(parser.parse_args().json)


if __name__ == "__main__":
    main()
