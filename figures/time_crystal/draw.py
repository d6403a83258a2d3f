"""Boundary time crystal, exact and TWA: inversion on both sides of the transition, local processes.

Outside the workflow, once the data exist:
``python -m figures.time_crystal.draw --config CONFIG``
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import against_size, style
from figures.time_crystal.runs import LOCAL, PHASES
from paper_checks.quantity import arrays
from paper_checks.time_crystal import measure
from workflow.results import Results

COLOURS = dict(zip(LOCAL, (style.REFERENCE, style.BLUE, style.VERMILION, "#5a9a3c"), strict=True))
MARKERS = dict(zip(LOCAL, "os^D", strict=True))

DYING = 0.2  # damping rate, in N Gamma; a period is 11 / (N Gamma)


def draw(results: Results) -> Figure:
    """Return the figure."""
    figure, axes = plt.subplots(
        2, 2, figsize=(style.TWO_COLUMNS, 0.6 * style.TWO_COLUMNS), layout="constrained"
    )
    by_size(axes[0, 0], results)
    by_process(axes[0, 1], results)
    errors(axes[1, 0], results)
    damping(axes[1, 1], results)
    for ax, label in zip(axes.flat, "abcd", strict=True):
        ax.set_title(f"({label})", loc="left", fontsize=9, pad=3)
    return figure


def by_size(ax: Axes, results: Results) -> None:
    """Draw the inversion on both sides of the transition, without local processes."""
    exact = measure.sizes(results, exact=True)
    shade = dict(zip(measure.sizes(results), style.SHADES, strict=False))
    for phase in PHASES:
        for size, colour in shade.items():
            _pair(ax, results, f"{phase}-none", size, colour, size in exact)
    _axis(ax, results)
    handles = [Line2D([], [], color=colour, **style.EXACT) for colour in shade.values()]
    ax.legend(handles, [f"${size}$" for size in shade], title="$N$", ncols=2, columnspacing=1)


def by_process(ax: Axes, results: Results) -> None:
    """Draw the oscillating side at the largest exact size, for each local process."""
    size = measure.sizes(results, exact=True)[-1]
    for local in LOCAL:
        _pair(ax, results, f"oscillating-{local}", size, COLOURS[local], True)
    _axis(ax, results)
    handles = [Line2D([], [], color=COLOURS[local], **style.EXACT) for local in LOCAL]
    ax.legend(handles, LOCAL, title=f"local, $N={size}$", ncols=2, columnspacing=1)


def errors(ax: Axes, results: Results) -> None:
    """Draw the largest error of the inversion against N; open line style for the still side."""
    sizes = measure.sizes(results, exact=True)
    for phase, line in zip(PHASES, (":", "-"), strict=True):
        for local in LOCAL:
            found = [measure.largest_error(results, f"{phase}-{local}", size) for size in sizes]
            label = local if phase == "oscillating" else "_"
            against_size.errors(
                ax, sizes, found, label, color=COLOURS[local], marker=MARKERS[local], linestyle=line
            )
    reference = np.array([sizes[0], sizes[-1]], dtype=float)
    ax.plot(reference, 0.1 / reference, "--", color=style.REFERENCE, linewidth=0.8)
    ax.set_yscale("log")
    against_size.size_axis(ax, sizes)
    ax.set_ylabel(r"max. error of $\langle \hat J^z\rangle/N$")
    ax.legend(ncols=2, columnspacing=1)


def damping(ax: Axes, results: Results) -> None:
    """Draw the fitted damping rate against N, exact (open squares) and TWA (dots)."""
    exact = measure.sizes(results, exact=True)
    for local in LOCAL:
        for theory, sizes in (("exact", exact), ("twa", measure.sizes(results))):
            every = {
                size: measure.oscillation(results, f"oscillating-{local}", size, theory)["damping"]
                for size in sizes
            }
            # what has died out within two periods no cosine can be fitted to
            known = {n: q for n, q in every.items() if 20 * q.stderr < q.value < DYING}
            look = {"color": COLOURS[local], "linestyle": "none", "linewidth": 0.8}
            if theory == "exact":
                look |= {"marker": "s", "markerfacecolor": "none", "markersize": 5.5}
            else:
                look |= {"marker": "o"}
            values, stderr = arrays(list(known.values()))
            ax.errorbar(list(known), values, stderr, **look)
    against_size.size_axis(ax, measure.sizes(results))
    ax.set_ylabel(r"damping rate / $N\Gamma$")
    ax.set_ylim(bottom=0)


def _pair(ax: Axes, results: Results, label: str, size: int, colour: str, exact: bool) -> None:
    """Draw one system: the exact curve in its colour and the sampled one on top of it."""
    for theory in ("exact", "twa") if exact else ("twa",):
        z = measure.curve(results, label, size, theory).value
        on_top = theory == "twa" and exact
        look = style.EXACT if theory == "exact" else style.SAMPLED
        ax.plot(measure.times(results), z, color="black" if on_top else colour, **look)


def _axis(ax: Axes, results: Results) -> None:
    ax.set(xlabel=r"$N\Gamma t$", ylabel=r"$\langle \hat J^z\rangle/N$")
    ax.set(xlim=(0, results.settings("time_crystal").until_N_gamma_t), ylim=(-0.55, 0.95))


if __name__ == "__main__":
    style.main("time_crystal", draw)
