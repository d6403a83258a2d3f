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
from paper_checks.fig2 import measure as fig2
from paper_checks.formulations import measure
from workflow.results import Results

COLOURS = {"eq6": style.VERMILION, "twa": style.BLUE}
MARKERS = {"eq6": "s", "twa": "o"}
LINES = {"eq6": "-", "twa": (0, (3.0, 1.2))}


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
    """Draw the largest error of both forms against N, without sampling, and of trajectories."""
    sizes = measure.sizes(results)
    grid = results.settings("inset").sizes
    exponents = measure.scaling(results, name)
    for (form, shown), solved in zip(measure.FORMS.items(), fig2.FORMS, strict=True):
        smooth = [fig2.inset(results, solved, size, name).value for size in grid]
        ax.plot(grid, smooth, color=COLOURS[form], linewidth=3, alpha=0.35)
        found = [measure.largest_error(results, form, size, name) for size in sizes]
        exponent = exponents[shown]
        text = f"{shown}: $N^{{{exponent.value:.2f}\\pm{exponent.stderr:.2f}}}$"
        look = {"color": COLOURS[form], "marker": MARKERS[form], "linestyle": "none"}
        against_size.errors(ax, sizes, found, text, **look)
        if form == "eq6":
            level = 1.3 * found[0].value * sizes[0]
            look = {"color": style.REFERENCE, "linewidth": 0.8, "linestyle": "--"}
            ax.plot(sizes, level / np.array(sizes), **look)
    ax.set_yscale("log")
    against_size.size_axis(ax, sizes)
    ax.set_ylabel(label)
    ax.legend(loc="lower left", handlelength=1.2)


def courses(ax: Axes, results: Results, name: str, label: str) -> None:
    """Draw N times the error against time: equally high for all N where it falls as 1/N."""
    sizes = measure.sizes(results)
    for form in measure.FORMS:
        for size, width in zip(sizes, np.linspace(0.5, 1.3, len(sizes)), strict=True):
            time = measure.times(results, size)
            error = measure.error(results, form, size, name)
            value, stderr = error.value, error.stderr
            look = {"color": COLOURS[form], "linestyle": LINES[form], "linewidth": width}
            ax.plot(time, value, label=f"{size}" if form == "eq6" else "_", **look)
            # one standard error, here and there
            late = len(time) // 8
            ax.errorbar(
                time[late::late], value[late::late], stderr[late::late], color=COLOURS[form],
                linestyle="none", elinewidth=0.5 * width,
            )  # fmt: skip
    ax.axhline(0, color=style.GREY, linewidth=0.5, zorder=0)
    ax.set(xlim=(0, time[-1]), xlabel=r"$N\Gamma t$", ylabel=label)
    if name == "emission":
        low, high = ax.get_ylim()
        ax.set_ylim(low, high + 0.45 * (high - low))
        ax.legend(title="$N$", loc="upper right", handlelength=1.6, ncols=2, columnspacing=1)


def weak(ax: Axes, results: Results) -> None:
    """Draw squeezing and subradiance of Fig. 2(b): exact, and both forms."""
    time = measure.weak(results, "exact").time.values
    for name, shown, y in (("squeezing", r"$\xi^2$", 0.8), ("subradiance", "$s$", 0.3)):
        ax.plot(
            time, measure.parameter(results, name, "exact").value, color=style.GREY, **style.EXACT
        )
        for form, solved in zip(measure.FORMS, fig2.FORMS, strict=True):
            _form(ax, time, measure.parameter(results, name, solved).value, form)
        ax.text(0.9 * time[-1], y, shown, fontsize=9)
    ax.set(xlim=(0, time[-1]), ylim=(0, 1.5), xlabel=r"$\Gamma t$", ylabel=r"$\xi^2$, $s$")
    handles = [plt.Line2D([], [], color=style.GREY, **style.EXACT)]
    handles += [
        plt.Line2D([], [], color=COLOURS[form], linestyle=LINES[form], linewidth=1.2)
        for form in measure.FORMS
    ]
    ax.legend(handles, ["exact", *measure.FORMS.values()], loc="upper right", handlelength=2)


def pair(ax: Axes, results: Results) -> None:
    """Draw the forward emission of the pair of Fig. 3(b): exact, and both forms; inset: errors."""
    time = results.load("formulations", "pair.eq6").time.values
    exact = measure.emission_of_pair(results, "exact").value
    ax.plot(time, exact, color=style.GREY, **style.EXACT)
    small = style.inset(ax, (0.45, 0.17, 0.53, 0.45))
    for form in measure.FORMS:
        value = measure.emission_of_pair(results, form).value
        _form(ax, time, value, form)
        scaled = results.settings("pair").size * (value - exact)
        small.plot(time, scaled, color=COLOURS[form], linestyle=LINES[form], linewidth=0.7)
    small.axhline(0, color=style.GREY, linewidth=0.5, zorder=0)
    small.set(xlim=(0, time[-1]), ylabel=r"$N\times$ error")
    ax.set(xlim=(0, time[-1]), xlabel=r"$\Gamma t$")
    ax.set_ylabel(r"$\langle \hat I_\mathrm{F}\rangle/N_\mathrm{tot}^2$")
    ax.set_ylim(bottom=0)


def _form(ax: Axes, time: np.ndarray, value: np.ndarray, form: str) -> None:
    ax.plot(time, value, color=COLOURS[form], linestyle=LINES[form], linewidth=1.2)


if __name__ == "__main__":
    style.main("formulations", draw)
