"""Two times: the linewidth of lasers, photon statistics, two lines that become one, chains.

Outside the workflow, once the data exist: ``python -m figures.linewidth.draw --config CONFIG``
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures import style
from figures.linewidth.runs import limit
from paper_checks.linewidth import measure
from workflow.results import Results

MARKERS = ("o", "s", "D", "^", "v")
DOTS = {"linestyle": "none", "markersize": 3.2, "markeredgewidth": 0.6}
APART = 1.2  # of spectra that stand one above the other, each with a height of about one


def draw(results: Results) -> Figure:
    """Return the figure."""
    figure, axes = plt.subplots(
        3, 2, figsize=(style.TWO_COLUMNS, 1.08 * style.TWO_COLUMNS), layout="constrained"
    )
    panels = (lines, coherence, few, many, forward, photons)
    for ax, panel, label in zip(axes.flat, panels, "abcdef", strict=True):
        panel(ax, results)
        ax.set_title(f"({label})", loc="left", fontsize=9, pad=3)
    return figure


def lines(ax: Axes, results: Results) -> None:
    """Draw the linewidth against the pump, for each size."""
    sizes = measure.sizes(results)
    pumps = np.array(measure.pumps(results))
    fine = np.linspace(pumps[0], pumps[-1], 200)
    ax.plot(fine, limit(fine), color="black", linewidth=0.9)
    ax.plot(fine, (1 + fine**2) / (1 - fine), color=style.VERMILION, linewidth=0.9, linestyle="--")
    shades = style.shades(len(sizes))[::-1]
    for size, colour, marker in zip(sizes, shades, MARKERS, strict=False):
        if size in measure.sizes(results, "exact"):
            exact = measure.widths(results, size, "exact")
            if exact.stderr.any():
                look = {"linestyle": "none", "elinewidth": 2.0}
                ax.errorbar(pumps, exact.value, exact.stderr, color=colour, **look)
            else:
                ax.plot(pumps, exact.value, color=colour, **style.EXACT)
        twa = measure.widths(results, size, "twa")
        ax.errorbar(
            pumps, twa.value, twa.stderr, color=colour, marker=marker, markeredgecolor="black",
            elinewidth=0.7, label=f"{size:,}", zorder=3, **DOTS,
        )  # fmt: skip
    largest = measure.widths(results, sizes[-1], "cumulants")
    ax.plot(pumps, largest.value, color=style.VERMILION, marker="x", **DOTS)
    ax.set(yscale="log", xlabel=r"$w/N\Gamma$", ylabel=r"linewidth$/\Gamma$", xlim=(0, 0.9))
    ticks = (0.5, 1, 2, 5, 10)
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set_ylim(0.45, 13)
    sizes_shown = ax.legend(title="$N$", loc="upper left", handletextpad=0.1, labelspacing=0.2)
    ax.add_artist(sizes_shown)
    looks = [
        Line2D([], [], color=style.SHADES[2], **style.EXACT),
        Line2D([], [], color="black", linewidth=0.9),
        Line2D([], [], color=style.VERMILION, linewidth=0.9, linestyle="--", marker="x"),
    ]
    names = ["exact", r"$N\to\infty$", "cumulants"]
    ax.legend(looks, names, loc="upper left", bbox_to_anchor=(0.2, 1), labelspacing=0.25)


def coherence(ax: Axes, results: Results) -> None:
    """Draw g2(0) against the pump."""
    settings = results.settings("coherence")
    sizes = (*sorted(settings.sizes), settings.large)
    for size, colour, marker in zip(sizes, style.shades(3)[::-1], MARKERS, strict=False):
        pumps = settings.pumps(size)
        if size in settings.sizes:
            ax.plot(pumps, measure.g2(results, size, "exact").value, color=colour, **style.EXACT)
        twa = measure.g2(results, size, "twa")
        ax.errorbar(
            pumps, twa.value, twa.stderr, color=colour, marker=marker, markeredgecolor="black",
            elinewidth=0.7, label=f"{size:,}", zorder=3, **DOTS,
        )  # fmt: skip
    ax.axhline(2, color=style.REFERENCE, linewidth=0.6, linestyle=":")
    ax.axhline(1, color=style.REFERENCE, linewidth=0.6, linestyle=":")
    ax.set(xscale="log", xlabel=r"$w/\Gamma$", ylabel=r"$g^{(2)}(0)$", ylim=(0.9, None))
    ax.legend(title="$N$", loc="upper center", handletextpad=0.1, ncols=3, columnspacing=1)


def few(ax: Axes, results: Results) -> None:
    """Draw the spectrum of few emitters for some detunings, one above the other."""
    settings = results.settings("synchronisation")
    detunings = settings.small_detunings_in_N_tot_gamma
    for k, (detuning, colour) in enumerate(
        zip(detunings, style.shades(len(detunings)), strict=True)
    ):
        exact, twa = (measure.spectrum(results, f"small-{t}", detuning) for t in ("exact", "twa"))
        place = measure.frequencies(results, "small")
        place = np.concatenate([-place[:0:-1], place])
        for curve, look in (
            (exact, {"color": colour, **style.EXACT}),
            (twa, {"color": style.on(colour), **style.SAMPLED}),
        ):
            even = np.concatenate([curve.value[:0:-1], curve.value]) / exact.value.max()
            ax.plot(place, even + APART * k, **look)
        ax.axhline(APART * k, color=style.GREY, linewidth=0.5, zorder=0)
    ax.set_yticks(APART * np.arange(len(detunings)), [f"{detuning:g}" for detuning in detunings])
    ax.set(xlabel=r"$\omega/N_\mathrm{tot}\Gamma$", xlim=(place[0], place[-1]))
    ax.set_ylabel(r"spectrum, shifted, for $\delta/N_\mathrm{tot}\Gamma$")
    ax.tick_params(axis="y", length=0)
    looks = [Line2D([], [], color=style.SHADES[2], **style.EXACT)]
    looks += [Line2D([], [], color="black", **style.SAMPLED)]
    ax.legend(
        looks, ["exact", "TWA"], loc="center right", bbox_to_anchor=(1, 0.2), labelspacing=0.25
    )


def many(ax: Axes, results: Results) -> None:
    """Draw the spectrum of more emitters as a map: detuning upwards."""
    detunings = np.array(results.settings("synchronisation").detunings_in_N_tot_gamma)
    place = measure.frequencies(results, "large")
    rows = []
    for detuning in detunings:
        value = measure.spectrum(results, "large-twa", detuning).value
        rows.append(np.concatenate([value[:0:-1], value]) / value.max())
    place = np.concatenate([-place[:0:-1], place])
    shown = ax.pcolormesh(
        place, detunings, np.maximum(rows, 0), norm=PowerNorm(0.5, 0, 1), cmap="Blues",
        shading="nearest", rasterized=True, linewidth=0,
    )  # fmt: skip
    for sign in (-1, 1):
        ax.plot(sign * detunings / 2, detunings, color=style.VERMILION, linestyle=":", linewidth=1)
    ax.set(xlabel=r"$\omega/N_\mathrm{tot}\Gamma$", ylabel=r"$\delta/N_\mathrm{tot}\Gamma$")
    bar = ax.figure.colorbar(shown, ax=ax, pad=0.02)
    bar.set_label("spectrum / its maximum", fontsize=7.5)
    bar.outline.set_linewidth(0.6)


def forward(ax: Axes, results: Results) -> None:
    """Draw the spectrum of a chain, without and with drive."""
    settings = results.settings("forward")
    place = settings.chain.frequencies(settings.frequencies)[0] / settings.chain.pump
    for drive, colour in _drives(results):
        curve = measure.forward(results, "chain", "spectrum", drive)
        # the area below is the share of the light that is not coherent
        curve = curve / (2 * np.pi * measure.output(results, drive) / settings.chain.pump)
        ax.plot(place, curve.value, color=colour, linewidth=1.2, label=f"{drive:g}")
        low, high = curve.value - curve.stderr, curve.value + curve.stderr
        ax.fill_between(place, low, high, color=colour, alpha=0.25, linewidth=0)
    reach = 5 * settings.chain.half_in_pump
    ax.set(
        xlabel=r"$\omega/w$",
        ylabel=r"$S(\omega)\,w/2\pi\langle L^\dagger L\rangle$",
        xlim=(-reach, reach),
    )
    ax.legend(title=r"$\Omega/w$", loc="upper right")


def photons(ax: Axes, results: Results) -> None:
    """Draw the second-order coherence of a chain against the delay, without and with drive."""
    settings = results.settings("forward")
    delays = np.linspace(0, settings.last_delay_times_pump, settings.delays)
    for (drive, colour), marker in zip(_drives(results), MARKERS, strict=False):
        curve = measure.forward(results, "chain", "g2", drive)
        ax.errorbar(
            delays, curve.value, curve.stderr, color=colour, marker=marker, elinewidth=0.7,
            label=f"{drive:g}", **DOTS,
        )  # fmt: skip
    ax.axhline(1, color=style.REFERENCE, linewidth=0.6, linestyle=":")
    ax.set(xlabel=r"$w\tau$", ylabel=r"$g^{(2)}(\tau)$")
    ax.legend(title=r"$\Omega/w$", loc="upper right", handletextpad=0.1)


def _drives(results: Results) -> list[tuple[float, str]]:
    """Return the drives with their colours."""
    drives = sorted(results.settings("forward").drives_in_pump)
    return list(zip(drives, (style.BLUE, style.VERMILION), strict=False))


if __name__ == "__main__":
    style.main("linewidth", draw)
