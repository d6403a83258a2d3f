"""Fig. 2: one ensemble under local pump and collective decay, exact and TWA.

Outside the workflow, once the data exist: ``python -m figures.fig2.draw --config CONFIG``
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
from paper_checks.fig2 import measure as measure_fig2
from paper_checks.quantity import arrays
from workflow.results import Results

DRAWN = {10: "$10$", 100: "$10^2$", 1000: "$10^3$", 1_000_000: "$10^6$"}
SHADES = dict(zip(DRAWN, style.SHADES, strict=True))


def draw(results: Results) -> Figure:
    """Return the figure."""
    figure, (upper, lower) = plt.subplots(
        2, 1, figsize=(style.COLUMN, 1.3 * style.COLUMN), layout="constrained"
    )
    pulse(upper, results)
    errors(style.inset(upper, (0.63, 0.60, 0.355, 0.375)), results)
    squeezing(lower, results)
    pump_sweep(style.inset(lower, (0.47, 0.585, 0.515, 0.395)), results)
    return figure


def pulse(ax: Axes, results: Results) -> None:
    """Panel (a): emission per N^2 against N Gamma t for each size."""
    settings = results.settings("pulse")
    members = {member.size: member for member in settings.members if member.size in DRAWN}
    for size, member in members.items():
        # on an exact curve the dashes must stand out; alone, they have the size's own shade
        colour = SHADES[size]
        if member.exact:
            ds = results.load("pulse", f"size-{size}.exact")
            ax.plot(ds.time * size, ds.emission[:, 0] / size**2, color=colour, **style.EXACT)
            colour = "white" if colour == style.SHADES[0] else "black"
        ds = results.load("pulse", f"size-{size}.twa")
        ax.plot(ds.time * size, ds.emission[:, 0] / size**2, color=colour, **style.SAMPLED)
    ax.set(xlabel=r"$N\Gamma t$", ylabel=r"$\langle \hat J^+\hat J^-\rangle/N^2$")
    ax.set(xlim=(0, settings.until_N_gamma_t), ylim=(0, 0.36))
    ax.yaxis.set_major_locator(MultipleLocator(0.1))
    handles = [
        Line2D([], [], color=SHADES[size], **(style.EXACT if member.exact else style.SAMPLED))
        for size, member in members.items()
    ]
    legend = ax.legend(
        handles,
        [DRAWN[size] for size in members],
        title="$N$",
        loc="upper left",
        bbox_to_anchor=(0.08, 1.0),
        handlelength=1.3,
        labelspacing=0.15,
    )
    ax.add_artist(legend)
    ax.legend(
        [Line2D([], [], color="black", **look) for look in (style.EXACT, style.SAMPLED)],
        ["exact", "TWA"],
        loc="upper left",
        bbox_to_anchor=(0.25, 0.95),
        handlelength=1.9,
        labelspacing=0.25,
    )
    style.panel_label(ax, "(a)")


def errors(ax: Axes, results: Results) -> None:
    """Inset of (a): largest error of emission and inversion against the size, without sampling."""
    sizes = np.array(results.settings("inset").sizes)
    for form, line in (("density_eq6", "-"), ("density", ":")):
        for name, marker, colour in (
            ("inversion", "s", style.VERMILION),
            ("emission", "o", style.BLUE),
        ):
            found = [measure_fig2.inset(results, form, int(size), name) for size in sizes]
            ax.plot(
                sizes, arrays(found)[0], color=colour, marker=marker, markersize=2.3,
                linewidth=0.8, linestyle=line,
                label=name if form == "density_eq6" else None,
            )  # fmt: skip
    reference = np.array([sizes.min(), sizes.max()], dtype=float)
    ax.plot(reference, 0.12 / reference, "--", color=style.REFERENCE, linewidth=0.8)
    ax.text(
        reference[1], 0.2 / reference[1], "$1/N$", fontsize=6, color=style.REFERENCE, ha="right"
    )
    ax.set(xscale="log", yscale="log", xlabel="$N$", ylabel="max. error")
    # room for the legend below all lines
    ax.set_ylim(bottom=0.08 * ax.get_ylim()[0])
    ax.legend(loc="lower left", fontsize=5.5, handlelength=1, borderaxespad=0.1, labelspacing=0.1)
    ax.yaxis.set_major_locator(LogLocator(numticks=8))
    ax.yaxis.set_minor_locator(LogLocator(subs="auto", numticks=8))
    ax.yaxis.set_minor_formatter(NullFormatter())


def squeezing(ax: Axes, results: Results) -> None:
    """Panel (b): squeezing and subradiance parameters against Gamma t."""
    settings = results.settings("squeezing")
    for theory, look in (("exact", style.EXACT), ("twa", style.SAMPLED)):
        ds = results.load("squeezing", f"size-{settings.size}.{theory}")
        # without bars: the lines are wider, and reference data keep no covariance
        ds = ds[[name for name in ds.data_vars if not str(name).endswith("_stderr")]]
        for parameter, colour in (
            (observables.squeezing, style.BLUE),
            (observables.subradiance, style.VERMILION),
        ):
            values = parameter(ds)[:, 0]
            ax.plot(ds.time, values, color=colour if theory == "exact" else "black", **look)
    ax.axhline(1, color=style.REFERENCE, linewidth=0.6, linestyle=":")
    ax.text(1.55, 0.83, r"$\xi^2$", color=style.BLUE, fontsize=9)
    ax.text(1.55, 0.26, r"$s$", color=style.VERMILION, fontsize=9)
    ax.set(xlabel=r"$\Gamma t$", ylabel=r"$\xi^2,\ s$")
    ax.set(xlim=(0, settings.until_gamma_t), ylim=(0, 2.5))
    ax.yaxis.set_major_locator(MultipleLocator(0.5))
    style.panel_label(ax, "(b)", x=0.09)


def pump_sweep(ax: Axes, results: Results) -> None:
    """Inset of (b): steady emission per emitter against the pump."""
    size = results.settings("pump_sweep").size
    exact = results.load("pump_sweep", f"size-{size}.exact").isel(site=0).squeeze()
    bottom = 0.02
    # subradiant per emitter; and, within, <J+J-> of order one, where TWA must fail
    ax.axhspan(bottom, 1, color="#f6c9bd", linewidth=0)
    ax.axhspan(bottom, 1 / size, color=style.GREY, linewidth=0)
    ax.plot(exact.pump, exact.emission / size, color="black", linewidth=0.9)
    for form, colour, marker in (
        ("density", style.BLUE, "o"),
        ("density_eq6", style.VERMILION, "x"),
    ):
        ds = results.load("pump_sweep", f"size-{size}.{form}").isel(site=0)
        look = {"color": colour, "marker": marker, "markersize": 2.6, "linestyle": "none"}
        ax.plot(ds.pump, ds.emission.squeeze() / size, **look, clip_on=False, zorder=3)
    ax.set(xscale="log", yscale="log", xlabel=r"$\gamma/\Gamma$")
    ax.set_ylabel(r"$\langle \hat J^+\hat J^-\rangle/N$")
    ax.set(xlim=(exact.pump[0], exact.pump[-1]), ylim=(bottom, 6))
    ax.xaxis.set_major_locator(LogLocator(numticks=5))
    ax.xaxis.set_minor_formatter(NullFormatter())


if __name__ == "__main__":
    style.main("fig2", draw)
