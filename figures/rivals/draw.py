"""TWA among the methods one would otherwise pick: error and wall time against N.

Outside the workflow, once the data exist: ``python -m figures.rivals.draw --config CONFIG``
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import against_size, style
from figures.rivals.compare import RIVALS, SHOWN
from figures.rivals.runs import CASES
from paper_checks.rivals import measure
from workflow.results import Results

TITLES = {
    "laser": "superradiant laser",
    "subradiant": "deep subradiant",
    "time_crystal": "time crystal",
    "two_ensembles": r"two ensembles, $\varphi=\pi/4$",
}
COLOURS = {
    "exact": style.REFERENCE,
    "mean_field": style.GREY,
    "cumulants": style.VERMILION,
    "per_emitter": "#5a9a3c",
    "twa": style.BLUE,
}
MARKERS = {"exact": "x", "mean_field": "v", "cumulants": "^", "per_emitter": "D", "twa": "o"}


def draw(results: Results) -> Figure:
    """Return the figure."""
    figure, axes = plt.subplots(
        2, len(CASES), squeeze=False, sharex="col", layout="constrained",
        figsize=(style.TWO_COLUMNS, 0.62 * style.TWO_COLUMNS),
    )  # fmt: skip
    for ax in axes[1, 1:]:
        ax.sharey(axes[1, 0])
    for (upper, lower), case in zip(axes.T, CASES, strict=True):
        upper.set_title(TITLES[case], fontsize=8)
        sizes = measure.sizes(results, case)
        for method in RIVALS:
            found = [measure.error(results, case, method, size) for size in sizes]
            look = {"color": COLOURS[method], "marker": MARKERS[method]}
            against_size.errors(upper, sizes, found, "_", **look)
        for method in ("exact", *RIVALS):
            times(lower, results, case, method)
        for ax in (upper, lower):
            ax.set_yscale("log")
            against_size.size_axis(ax, sizes)
        upper.set_xlabel("")
        upper.set_ylabel(f"max. error of {CASES[case].label}", fontsize=7.5)
    axes[1, 0].set_ylabel("wall time (s)")
    handles, labels = axes[1, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def times(ax: Axes, results: Results, case: str, method: str) -> None:
    """Draw the median wall time against N, with bars from the fastest to the slowest."""
    sizes = measure.sizes(results, case)
    runs = (measure.seconds(results, case, f"{size}-{method}") for size in sizes)
    wall = np.array([np.quantile(run, (0, 0.5, 1)) for run in runs])
    spread = np.abs(wall[:, [0, 2]] - wall[:, [1]]).T
    ax.errorbar(
        sizes, wall[:, 1], spread, label=SHOWN.get(method, method), linewidth=0.8,
        color=COLOURS[method], marker=MARKERS[method],
    )  # fmt: skip


if __name__ == "__main__":
    style.main("rivals", draw)
