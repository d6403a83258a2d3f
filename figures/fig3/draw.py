"""Fig. 3: composite systems; two ensembles along a waveguide, and many in phase.

Outside the workflow, once the data exist: ``python -m figures.fig3.draw --config CONFIG``
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MultipleLocator

from figures import style
from figures.fig3 import composites
from paper_checks.fig3 import measure
from workflow.results import Results

DRAWN = {1: "$1$", 10: "$10$", 100: "$10^2$", 1000: "$10^3$"}


def draw(results: Results) -> Figure:
    """Return the figure."""
    figure = plt.figure(figsize=(style.COLUMN, 1.25 * style.COLUMN), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[1, 2.3])
    composites.draw(above.add_axes((0, 0, 1, 1)))
    above.text(0.01, 0.99, "(a)", va="top", ha="left", fontsize=9)
    ax = below.add_subplot()
    pair(ax, results)
    array(style.inset(ax, (0.45, 0.135, 0.53, 0.335)), results)
    return figure


def pair(ax: Axes, results: Results) -> None:
    """Panel (b): forward emission of two ensembles per N_tot^2 against Gamma t."""
    settings = results.settings("pair")
    phases = measure.phases(results)
    times = np.linspace(0, settings.until_gamma_t, settings.outputs)
    for phase, colour in zip(phases, style.shades(len(phases) + 1)[:-1], strict=True):
        exact, twa = (measure.two(results, phase, theory).value for theory in measure.THEORIES)
        ax.plot(times, exact, color=colour, **style.EXACT)
        ax.plot(times, twa, color=style.on(colour), **style.SAMPLED)
        # between the curves there is room below the second only
        above = phase != phases[1]
        ax.annotate(
            rf"$\varphi={name(phase)}$",
            (0.72 * times[-1], exact[int(0.72 * times.size)]),
            (0, 2.5 if above else -3),
            textcoords="offset points",
            va="bottom" if above else "top",
            fontsize=8,
            color=colour,
        )
    ax.set(xlabel=r"$\Gamma t$", xlim=(0, settings.until_gamma_t), ylim=(0, 0.128))
    ax.set_ylabel(r"$\langle \hat I_{\mathrm{F}}\rangle/N_{\mathrm{tot}}^2$")
    ax.xaxis.set_major_locator(MultipleLocator(0.5))
    ax.yaxis.set_major_locator(MultipleLocator(0.05))
    ax.legend(
        [Line2D([], [], color="black", **look) for look in (style.EXACT, style.SAMPLED)],
        ["exact", "TWA"],
        loc="upper right",
        ncols=2,
        handlelength=1.9,
        columnspacing=1.0,
        borderaxespad=0.2,
    )
    style.panel_label(ax, "(b)")


def name(phase: float) -> str:
    """Return a phase in units of pi as text, e.g. pi/4 as TeX."""
    if phase == 0 or (1 / phase) % 1:
        return f"{phase:g}" + (r"\,\pi" if phase else "")
    return rf"\pi/{1 / phase:g}"


def array(ax: Axes, results: Results) -> None:
    """Inset of (b): emission of each of M ensembles in phase per N^2."""
    settings = results.settings("array")
    times = np.linspace(0, settings.until_N_tot_gamma_t, settings.outputs)
    size = results.settings("pair").size
    members = [
        member.sites for member in settings.members if member.size == size and member.sites in DRAWN
    ]
    for sites, colour in zip(sorted(members), style.SHADES, strict=True):
        exact, twa = (
            measure.local(results, sites, size, theory).mean(1).value for theory in measure.THEORIES
        )
        ax.plot(times, exact, color=colour, **{**style.EXACT, "linewidth": 1.6})
        ax.plot(times, twa, color=style.on(colour), **{**style.SAMPLED, "linewidth": 0.7})
    ax.set(xlim=(0, settings.until_N_tot_gamma_t), ylim=(0, 0.21))
    ax.set_xlabel(r"$N_{\mathrm{tot}}\Gamma t$")
    ax.set_ylabel(r"$\langle \hat I_\ell\rangle/N^2$")
    ax.yaxis.set_major_locator(MultipleLocator(0.1))
    ax.legend(
        [Line2D([], [], color=colour, linewidth=1.6) for colour in style.SHADES],
        [DRAWN[sites] for sites in sorted(members)],
        title="$M$",
        title_fontsize=6,
        fontsize=6,
        loc="lower right",
        ncols=2,
        handlelength=1.0,
        handletextpad=0.4,
        columnspacing=0.8,
        labelspacing=0.1,
        borderaxespad=0.1,
    )


if __name__ == "__main__":
    style.main("fig3", draw)
