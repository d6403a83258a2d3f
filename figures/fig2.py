"""Fig. 2: one ensemble under local pump and collective decay, exact and TWA.

Outside the workflow, once the data exist: ``python -m figures.fig2 --config config/quick.yaml``
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MultipleLocator, NullFormatter

from blochball import observables
from figures import style
from paper_checks import measure_fig2
from scripts.results import Results

DRAWN = (10, 100, 1000, 1_000_000)
LABELS = {10: "$10$", 100: "$10^2$", 1000: "$10^3$", 1_000_000: "$10^6$"}


def draw(results: Results) -> Figure:
    """Return the figure."""
    figure, (upper, lower) = plt.subplots(
        2, 1, figsize=(style.COLUMN, 1.28 * style.COLUMN), layout="constrained"
    )
    pulse(upper, results)
    errors(style.inset(upper, (0.62, 0.56, 0.36, 0.41)), results)
    squeezing(lower, results)
    pump_sweep(style.inset(lower, (0.50, 0.42, 0.48, 0.50)), results)
    return figure


def pulse(ax: Axes, results: Results) -> None:
    """(a) Emission per N^2 against N Gamma t for each size."""
    members = {entry["size"]: entry for entry in results.settings("pulse")["members"]}
    shade = dict(zip(DRAWN, style.SHADES, strict=True))
    for size in (size for size in DRAWN if size in members):
        if members[size]["exact"]:
            ds = results.load("pulse", f"size-{size}.exact")
            emission = ds.emission.isel(site=0) / size**2
            ax.plot(ds.time * size, emission, color=shade[size], **style.EXACT)
        ds = results.load("pulse", f"size-{size}.twa")
        emission = ds.emission.isel(site=0) / size**2
        # black on dark blue is not seen: dashes are light on the darkest curve
        colour = "white" if size == DRAWN[0] else "black"
        if not members[size]["exact"]:
            colour = shade[size]
        ax.plot(ds.time * size, emission, color=colour, **style.SAMPLED)
    ax.set(xlabel=r"$N\Gamma t$", ylabel=r"$\langle \hat J^+\hat J^-\rangle/N^2$")
    ax.set(xlim=(0, results.settings("pulse")["until"]), ylim=(0, 0.33))
    ax.yaxis.set_major_locator(MultipleLocator(0.1))
    style.panel_label(ax, "(a)")
    handles = [
        Line2D([], [], color=shade[size], **style.EXACT) for size in DRAWN if size in members
    ]
    ax.legend(
        handles,
        [LABELS[size] for size in DRAWN if size in members],
        title="$N$",
        ncols=1,
        loc="upper left",
        bbox_to_anchor=(0.08, 1.0),
        handlelength=1.4,
        labelspacing=0.2,
    )


def errors(ax: Axes, results: Results) -> None:
    """Inset of (a): largest error of emission and inversion against the size."""
    for name, marker, colour in (
        ("inversion", "s", style.VERMILION),
        ("emission", "o", style.BLUE),
    ):
        size, error, stderr = measure_fig2.largest_errors(results, name)
        resolved = measure_fig2.resolved(error, stderr)
        ax.errorbar(
            size[resolved], error[resolved], stderr[resolved],
            color=colour, marker=marker, markersize=2.2, linewidth=0.8, elinewidth=0.8,
        )  # fmt: skip
        # what the sampling error hides is drawn hollow: an upper limit
        ax.plot(
            size[~resolved], error[~resolved], marker,
            color=colour, markersize=2.2, markerfacecolor="white", markeredgewidth=0.6,
        )  # fmt: skip
    reference = np.array([size.min(), size.max()], dtype=float)
    ax.plot(reference, 0.1 / reference, "--", color=style.REFERENCE, linewidth=0.8)
    ax.set(xscale="log", yscale="log", xlabel="$N$", ylabel="max. error")


def squeezing(ax: Axes, results: Results) -> None:
    """(b) Squeezing and subradiance parameters against Gamma t."""
    size = results.settings("squeezing")["size"]
    for theory, look in (("exact", style.EXACT), ("twa", style.SAMPLED)):
        ds = results.load("squeezing", f"size-{size}.{theory}")
        for function, colour in (
            (observables.squeezing, style.BLUE),
            (observables.subradiance, style.VERMILION),
        ):
            values = function(ds).isel(site=0)
            ax.plot(ds.time, values, color=colour if theory == "exact" else "black", **look)
    ax.axhline(1, color=style.REFERENCE, linewidth=0.6, linestyle=":")
    ax.set(xlabel=r"$\Gamma t$", ylabel=r"$\xi^2,\ s$")
    ax.set(xlim=(0, results.settings("squeezing")["until"]), ylim=(0, 3))
    style.panel_label(ax, "(b)")


def pump_sweep(ax: Axes, results: Results) -> None:
    """Inset of (b): steady emission per emitter against the pump."""
    size = results.settings("pump_sweep")["size"]
    exact = results.load("pump_sweep", f"size-{size}.exact")
    sampled = results.load("pump_sweep", f"size-{size}.twa")
    ax.axhspan(1e-3, 1, color="#f6c9bd", linewidth=0)
    ax.axhspan(1e-3, 1 / size, color=style.GREY, linewidth=0)
    ax.plot(exact.pump, exact.emission.squeeze() / size, color="black", linewidth=0.9)
    ax.plot(sampled.pump, sampled.emission.squeeze() / size, "o", color=style.BLUE, markersize=2.6)
    ax.set(xscale="log", yscale="log", xlabel=r"$\gamma/\Gamma$")
    ax.set_ylabel(r"$\langle \hat J^+\hat J^-\rangle/N$")
    ax.set(xlim=(exact.pump[0], exact.pump[-1]), ylim=(0.02, 6))
    ax.xaxis.set_major_locator(LogLocator(numticks=5))
    ax.xaxis.set_minor_formatter(NullFormatter())


if __name__ == "__main__":
    style.main("fig2", draw)
