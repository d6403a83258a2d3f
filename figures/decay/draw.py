"""Superradiant decay from full inversion, exact and TWA: emission, inversion, burst, errors.

Outside the workflow, once the data exist: ``python -m figures.decay.draw --config CONFIG``
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import against_size, style
from paper_checks.decay import measure
from workflow.results import Results

LOOK = {"exact": style.EXACT, "twa": style.SAMPLED}


def draw(results: Results) -> Figure:
    """Return the figure."""
    figure, axes = plt.subplots(
        2, 3, figsize=(style.TWO_COLUMNS, 0.58 * style.TWO_COLUMNS), layout="constrained"
    )
    for row, kind in zip(axes, measure.KINDS, strict=True):
        curves(row[0], results, kind, "emission")
        curves(row[1], results, kind, "inversion")
    bursts(axes[0, 2], results)
    errors(axes[1, 2], results)
    for ax, label in zip(axes.flat, "abcdef", strict=True):
        ax.set_title(f"({label})", loc="left", fontsize=9, pad=3)
    return figure


def curves(ax: Axes, results: Results, kind: str, name: str) -> None:
    """Draw emission or inversion against N Gamma t for each size."""
    exact = measure.sizes(results, exact=True)
    shade = _shades(results)
    for size in measure.sizes(results):
        for theory in ("exact", "twa") if size in exact else ("twa",):
            ds = measure.curve(results, kind, size, theory)
            # dashes lie on top of an exact curve, or stand alone in its colour
            colour = "black" if theory == "twa" and size in exact else shade[size]
            ax.plot(ds.time, ds[name], color=colour, **LOOK[theory])
    ax.set(xlim=(0, results.settings("decay").until_N_gamma_t), xlabel=r"$N\Gamma t$")
    if name == "emission":
        ax.set(ylabel=r"$\langle \hat J^+\hat J^-\rangle/N^2$")
        ax.set_ylim(bottom=0)
    else:
        ax.set(ylabel=r"$\langle \hat J^z\rangle/N$", ylim=(-0.55, 0.55))
        if kind == measure.KINDS[0]:
            handles = [Line2D([], [], color=colour, **style.EXACT) for colour in shade.values()]
            ax.legend(handles, [_power(size) for size in shade], title="$N$")


def bursts(ax: Axes, results: Results) -> None:
    """Draw the delay of the burst against N, with ln N / (N Gamma), and its height in an inset."""
    small = style.inset(ax, (0.64, 0.15, 0.34, 0.27))
    exact = measure.sizes(results, exact=True)
    for kind, colour in zip(measure.KINDS, (style.BLUE, style.VERMILION), strict=True):
        for theory, marker in (("exact", "s"), ("twa", "o")):
            where = exact if theory == "exact" else measure.sizes(results)
            found = [measure.top(measure.curve(results, kind, n, theory)) for n in where]
            look = {"color": colour, "marker": marker, "linestyle": "none"}
            if theory == "exact":
                look |= {"markerfacecolor": "none", "markersize": 5.5, "markeredgewidth": 0.8}
            shown = "TWA" if theory == "twa" else theory
            for panel, k, label in ((ax, 0, f"{kind}, {shown}"), (small, 1, "_")):
                panel.plot(where, [burst[k] for burst in found], label=label, **look)
    sizes = np.array(measure.sizes(results), dtype=float)
    ax.plot(sizes, np.log(sizes), "--", color=style.REFERENCE, linewidth=0.8, label=r"$\ln N$")
    ax.set(xscale="log", xlabel="$N$", ylabel=r"$N\Gamma t_\mathrm{burst}$")
    ax.set_ylim(0, 1.45 * np.log(sizes.max()))
    ax.legend(loc="upper left", handlelength=1, labelspacing=0.2)
    small.set(xscale="log", ylim=(0, 0.27))
    small.set_title("height", fontsize=6.5, pad=2)


def errors(ax: Axes, results: Results) -> None:
    """Draw the largest error of emission and inversion against N, without sampling."""
    sizes = np.array(results.settings("decay").grid_sizes)
    for name, colour in (("inversion", style.VERMILION), ("emission", style.BLUE)):
        for kind, marker in zip(measure.KINDS, ("o", "^"), strict=True):
            found = [measure.largest_error(results, "density", kind, int(n), name) for n in sizes]
            against_size.errors(ax, sizes, found, f"{name}, {kind}", color=colour, marker=marker)
    ax.plot(sizes, 0.1 / sizes, "--", color=style.REFERENCE, linewidth=0.8)
    ax.set_yscale("log")
    against_size.size_axis(ax, sizes)
    ax.set_ylabel("max. error")
    # room for the legend below all lines
    ax.set_ylim(bottom=0.1 * ax.get_ylim()[0])
    ax.legend(loc="lower left", handlelength=1, labelspacing=0.25)


def _shades(results: Results) -> dict[int, str]:
    return dict(zip(measure.sizes(results), style.SHADES, strict=False))


def _power(size: int) -> str:
    exponent = round(np.log10(size))
    return f"$10^{exponent}$" if size == 10**exponent and exponent > 1 else f"${size}$"


if __name__ == "__main__":
    style.main("decay", draw)
