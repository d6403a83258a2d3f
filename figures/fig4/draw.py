"""Fig. 4: emission of an extended, pumped chain, and its direction under a weak drive.

Outside the workflow, once the data exist: ``python -m figures.fig4.draw --config CONFIG``
"""

from __future__ import annotations

from math import pi

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from blochball import observables
from figures import style
from paper_checks.fig4 import direction as directions
from paper_checks.fig4 import measure
from workflow.results import Results

DECADES = 1e4  # of S(p) that are told apart
MAP = "magma"  # perceptually uniform, in greyscale and for every kind of colour blindness, too


def draw(results: Results) -> Figure:
    """Return the figure."""
    figure = plt.figure(figsize=(style.TWO_COLUMNS, 0.62 * style.TWO_COLUMNS), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1.12, 1])
    axes = left.subplots(3, 1, sharex=True, height_ratios=[1, 1.25, 1.25])
    total(axes[0], results)
    for ax, panel in zip(axes[1:], (local, spectrum), strict=True):
        label, shown = panel(ax, results)
        left.colorbar(shown, ax=ax, label=label, pad=0.015, aspect=14)
    time_axis(axes[-1], results)
    left.align_ylabels(axes)
    direction(right.subplots(), results)
    return figure


def time_axis(ax: Axes, results: Results) -> None:
    """Make the axis that (a-c) share logarithmic."""
    settings = results.settings("chain")
    ax.set(
        xscale="log", xlim=(settings.first_gamma_t, settings.until_gamma_t), xlabel=r"$\Gamma t$"
    )
    ax.xaxis.set_major_locator(LogLocator(numticks=9))
    ax.xaxis.set_minor_locator(LogLocator(subs="auto", numticks=9))
    ax.xaxis.set_minor_formatter(NullFormatter())


def total(ax: Axes, results: Results) -> None:
    """Panel (a): forward emission of the whole chain per N^2."""
    time, emission = measure.times(results), measure.total(results)
    value, stderr = emission.value, emission.stderr
    ax.fill_between(time, value - stderr, value + stderr, color=style.SHADES[3], linewidth=0)
    ax.plot(time, value, color=style.SHADES[0], linewidth=1)
    ax.set(ylabel=r"$\langle \hat I_{\mathrm{F}}\rangle/N^2$", ylim=(0, None))
    style.panel_label(ax, "(a)", y=0.95)


def local(ax: Axes, results: Results) -> tuple[str, ScalarMappable]:
    """Panel (b): emission of each ensemble per N^2 over time."""
    time, value = measure.times(results), measure.profile(results).value
    sites = np.arange(1, value.shape[1] + 1)
    shown = ax.pcolormesh(
        time, sites, value.T, cmap=MAP, vmin=0, shading="nearest", rasterized=True
    )
    ax.set(
        ylabel=r"site $\ell$", ylim=(0.5, sites[-1] + 0.5), yticks=[1, sites[-1] // 2, sites[-1]]
    )
    label(ax, "(b)")
    return r"$\langle \hat I_\ell\rangle/N^2$", shown


def spectrum(ax: Axes, results: Results) -> tuple[str, ScalarMappable]:
    """Panel (c): structure factor over time; outside the momenta drawn it is flat and small."""
    kept = observables.structure_factor(measure.chain(results))
    phase = results.settings("chain").phase_in_pi
    height = kept.values.T / 1e6
    # on a logarithmic scale, as the peaks come up out of five decades
    scale = LogNorm(height.max() / DECADES, height.max())
    shown = ax.pcolormesh(
        kept.time, kept.momentum / pi, np.maximum(height, scale.vmin), cmap=MAP, norm=scale,
        shading="nearest", rasterized=True,
    )  # fmt: skip
    ax.set(ylabel=r"$p/\pi$", ylim=(-5 * phase, 5 * phase))
    ax.set_yticks([k * phase for k in (-5, -3, -1, 1, 3, 5)])
    for side in (-1, 1):
        ax.axhline(side * phase, color="white", linewidth=0.5, linestyle=(0, (1, 4)))
    label(ax, "(c)")
    return r"$S(p)\ \left[10^6\right]$", shown


def label(ax: Axes, text: str) -> None:
    """Write "(b)" on a dark map."""
    ax.text(0.02, 0.95, text, transform=ax.transAxes, va="top", fontsize=9, color="white")


def direction(ax: Axes, results: Results) -> None:
    """Panel (d): fractions of the emission with and against the drive."""
    sizes = directions.sizes(results)
    colours = style.shades(len(sizes))
    for sites, colour in zip(sizes, colours, strict=True):
        drives, fraction = directions.fractions(results, sites)
        forward, stderr = fraction.value, fraction.stderr
        for value, look in (
            (forward, {"linestyle": "-", "markerfacecolor": colour}),
            (1 - forward, {"linestyle": (0, (3, 1.5)), "markerfacecolor": "white"}),
        ):
            ax.errorbar(
                drives, value, stderr, color=colour, marker="o", markersize=3.2,
                markeredgewidth=0.8, linewidth=0.9, elinewidth=0.8, clip_on=False, **look,
            )  # fmt: skip
    ax.axhline(0.5, color=style.REFERENCE, linewidth=0.5, linestyle=":")
    ax.set(xscale="log", ylim=(0, 1), xlim=(drives[0] / 1.12, drives[-1] * 1.12))
    ax.set(xlabel=r"$\Omega/\gamma$", ylabel="fraction of the intensity")
    handles = [Line2D([], [], color=colour, linewidth=1.6) for colour in colours]
    names = [f"${sites}$" for sites in sizes]
    first = ax.legend(
        handles,
        names,
        title="$M$",
        loc="center left",
        bbox_to_anchor=(0.02, 0.24),
        handlelength=1.2,
    )
    ax.add_artist(first)
    kinds = [
        Line2D([], [], color="black", marker="o", markersize=3.2, linewidth=0.9, **look)
        for look in (
            {"markerfacecolor": "black"},
            {"markerfacecolor": "white", "linestyle": (0, (3, 1.5))},
        )
    ]
    ax.legend(kinds, ["forward", "backward"], loc="upper left", bbox_to_anchor=(0.02, 0.88))
    style.panel_label(ax, "(d)")


if __name__ == "__main__":
    style.main("fig4", draw)
