"""The paper's four variables beside the Bloch ball: errors, where they are from, agreement.

Outside the workflow, once the data exist:
``python -m figures.formulations.draw --config CONFIG``
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import against_size, style
from paper_checks import quantity
from paper_checks.fig2 import measure as fig2
from paper_checks.fig3 import measure as fig3
from paper_checks.formulations import measure
from workflow.results import Results

COLOURS = {"Eq. (6)": style.VERMILION, "ball": style.BLUE}
MARKERS = {"Eq. (6)": "s", "ball": "o"}
LINES = {"Eq. (6)": "-", "ball": (0, (3.0, 1.2))}
COURSES = 4  # sizes whose errors are drawn against time


def draw(results: Results) -> Figure:
    """Return the figure."""
    figure, axes = plt.subplots(
        2, 3, figsize=(style.TWO_COLUMNS, 0.6 * style.TWO_COLUMNS), layout="constrained"
    )
    errors(axes[0, 0], results, "emission", r"max. error of $\langle \hat J^+\hat J^-\rangle/N^2$")
    errors(axes[1, 0], results, "inversion", r"max. error of $\langle \hat J^z\rangle/N$")
    courses(
        axes[0, 1], results, "emission", r"$N\times$ error of $\langle \hat J^+\hat J^-\rangle/N^2$"
    )
    courses(
        axes[1, 1], results, "spin_squared", r"$N\times$ error of $\langle \hat J^2\rangle/N^2$"
    )
    weak(axes[0, 2], results)
    pair(axes[1, 2], results)
    for ax, label in zip(axes.T.flat, "abcdef", strict=True):
        ax.set_title(f"({label})", loc="left", fontsize=9, pad=3)
    return figure


def errors(ax: Axes, results: Results, name: str, label: str) -> None:
    """Draw the largest error of both forms against N, without sampling."""
    sizes = measure.sizes(results)
    for form, shown in measure.FORMS.items():
        found = [measure.inset(results, form, size, name) for size in sizes]
        exponent = quantity.scaling(sizes, found)
        text = f"{shown}: $N^{{{exponent.value:.2f}\\pm{exponent.stderr:.2f}}}$"
        look = {"color": COLOURS[shown], "marker": MARKERS[shown]}
        against_size.errors(ax, sizes, found, text, **look)
    level = 1.3 * measure.inset(results, "density_eq6", sizes[0], name).value * sizes[0]
    look = {"color": style.REFERENCE, "linewidth": 0.8, "linestyle": "--"}
    ax.plot(sizes, level / np.array(sizes), **look)
    ax.set_yscale("log")
    against_size.size_axis(ax, sizes)
    ax.set_ylabel(label)
    ax.legend(loc="lower left", handlelength=1.2)


def courses(ax: Axes, results: Results, name: str, label: str) -> None:
    """Draw N times the error against time: equally high for all N where it falls as 1/N."""
    sizes = measure.sizes(results)
    some = [sizes[k] for k in np.linspace(0, len(sizes) - 1, COURSES).round().astype(int)]
    settings = results.settings("formulations")
    time = measure.times(results)
    early = time <= settings.until_N_gamma_t
    for form, shown in measure.FORMS.items():
        for size, width in zip(some, np.linspace(0.5, 1.3, len(some)), strict=True):
            error = measure.error(results, form, size, name).value
            look = {"color": COLOURS[shown], "linestyle": LINES[shown], "linewidth": width}
            label_of = f"{size}" if form == "density_eq6" else "_"
            ax.plot(time[early], error[early], label=label_of, **look)
    # one size from trajectories, here and there
    exact = measure.sampled(results, "exact", name)
    when = results.load("formulations", "laser.exact").time.values * settings.size
    few = slice(len(when) // 8, None, len(when) // 8)
    for theory, shown in measure.SAMPLED.items():
        error = (measure.sampled(results, theory, name) - exact) / (1 / settings.size)
        ax.errorbar(
            when[few], error.value[few], error.stderr[few], color=COLOURS[shown],
            marker=MARKERS[shown], markersize=2.2, linestyle="none", elinewidth=0.7,
        )  # fmt: skip
    ax.axhline(0, color=style.GREY, linewidth=0.5, zorder=0)
    ax.set(xlim=(0, settings.until_N_gamma_t), xlabel=r"$N\Gamma t$", ylabel=label)
    if name == "emission":
        low, high = ax.get_ylim()
        ax.set_ylim(low, high + 0.45 * (high - low))
        ax.legend(title="$N$", loc="upper right", handlelength=1.6, ncols=2, columnspacing=1)


def weak(ax: Axes, results: Results) -> None:
    """Draw squeezing and subradiance of Fig. 2(b): exact, and both forms."""
    time = fig2.weak(results, "exact").time.values
    for name, text, y in (("squeezing", r"$\xi^2$", 0.8), ("subradiance", "$s$", 0.3)):
        exact = fig2.parameter(results, name, "exact").value
        ax.plot(time, exact, color=style.GREY, **style.EXACT)
        for form, shown in measure.FORMS.items():
            _form(ax, time, fig2.parameter(results, name, form).value, shown)
        ax.text(0.9 * time[-1], y, text, fontsize=9)
    ax.set(xlim=(0, time[-1]), ylim=(0, 1.5), xlabel=r"$\Gamma t$", ylabel=r"$\xi^2$, $s$")
    handles = [plt.Line2D([], [], color=style.GREY, **style.EXACT)]
    handles += [
        plt.Line2D([], [], color=COLOURS[shown], linestyle=LINES[shown], linewidth=1.2)
        for shown in COLOURS
    ]
    ax.legend(handles, ["exact", *COLOURS], loc="upper right", handlelength=2)


def pair(ax: Axes, results: Results) -> None:
    """Draw the forward emission of the pair of Fig. 3(b): exact, and both forms; inset: errors."""
    time = results.load("pair", "two.exact").time.values
    phase = fig3.phases(results)[1]
    exact = fig3.two(results, phase, "exact").value
    ax.plot(time, exact, color=style.GREY, **style.EXACT)
    small = style.inset(ax, (0.45, 0.17, 0.53, 0.45))
    for theory, shown in measure.SAMPLED.items():
        value = fig3.two(results, phase, theory).value
        _form(ax, time, value, shown)
        scaled = results.settings("pair").size * (value - exact)
        small.plot(time, scaled, color=COLOURS[shown], linestyle=LINES[shown], linewidth=0.7)
    small.axhline(0, color=style.GREY, linewidth=0.5, zorder=0)
    small.set(xlim=(0, time[-1]), ylabel=r"$N\times$ error")
    ax.set(xlim=(0, time[-1]), xlabel=r"$\Gamma t$")
    ax.set_ylabel(r"$\langle \hat I_\mathrm{F}\rangle/N_\mathrm{tot}^2$")
    ax.set_ylim(bottom=0)


def _form(ax: Axes, time: np.ndarray, value: np.ndarray, shown: str) -> None:
    ax.plot(time, value, color=COLOURS[shown], linestyle=LINES[shown], linewidth=1.2)


if __name__ == "__main__":
    style.main("formulations", draw)
