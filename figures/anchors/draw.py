"""Closed solutions and TWA.

Outside the workflow, once the data exist: ``python -m figures.anchors.draw --config CONFIG``
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import style
from figures.anchors.runs import DRIVES
from paper_checks.anchors import measure
from paper_checks.decay import measure as decay
from workflow.results import Results

DOTS = {"linestyle": "none", "marker": "o", "markersize": 2.4}


def draw(results: Results) -> Figure:
    """Return the figure."""
    figure, axes = plt.subplots(
        2, 3, figsize=(style.TWO_COLUMNS, 0.58 * style.TWO_COLUMNS), layout="constrained"
    )
    panels = (pulse, hot, driven, fast, domains, cascade)
    for ax, panel, label in zip(axes.flat, panels, "abcdef", strict=True):
        panel(ax, results)
        ax.set_title(f"({label})", loc="left", fontsize=9, pad=3)
    return figure


def pulse(ax: Axes, results: Results) -> None:
    """Draw the pulse of the largest ensemble on the universal one."""
    size = max(decay.sizes(results))
    ds = decay.curve(results, "clean", size, "twa")
    time = np.linspace(0, ds.time.values[-1], 500)
    ax.plot(time, measure.universal(time, size)["emission"], color=style.BLUE, **style.EXACT)
    ax.plot(ds.time, ds.emission, color="black", **style.SAMPLED)
    ax.set(xlabel=r"$N\Gamma t$", ylabel=r"$\langle \hat J^+\hat J^-\rangle/N^2$")
    ax.set(xlim=(0, time[-1]), ylim=(0, None))


def hot(ax: Axes, results: Results) -> None:
    """Draw the late emission along the chain."""
    ds = measure.run(results, "hot")
    late = ds.isel(time=-1)
    sites = np.arange(1, ds.site.size + 1)
    size = results.settings("anchors").size
    ax.axhline(size / 2, color=style.BLUE, **style.EXACT)
    ax.errorbar(sites, late.emission, late.emission_stderr, color="black", **DOTS)
    ax.set(xlabel=r"site $\ell$", ylabel=r"$\langle \hat I_\ell\rangle$", ylim=(0, size))


def driven(ax: Axes, results: Results) -> None:
    """Draw the transverse spin on both sides of the transition."""
    size = results.settings("anchors").driven_size
    for name, colour in zip(DRIVES, (style.BLUE, style.VERMILION), strict=True):
        ds = measure.run(results, name)
        exact = measure.run(results, name, "exact").spin_y.item()
        ax.axhline(2 * exact / size, color=colour, **style.EXACT)
        ax.plot(ds.time / size, 2 * ds.spin_y[:, 0] / size, color="black", **DOTS)
    ax.set(xlabel=r"$\Gamma t$", ylabel=r"$2\langle \hat J^y\rangle/N$", ylim=(0, 1))


def fast(ax: Axes, results: Results) -> None:
    """Draw the decay under a fast drive, against Gamma t."""
    size = results.settings("anchors").size
    for name, variable, rate, colour in (
        ("fast_z", "inversion", 0.75, style.BLUE),
        ("fast_x", "spin_x", 0.5, style.VERMILION),
    ):
        ds = measure.run(results, name)
        time = ds.time.values / size
        value = 2 * np.abs(ds[variable].values[:, 0]) / size
        ax.plot(time, value[0] * np.exp(-rate * time), color=colour, **style.EXACT)
        ax.plot(time, value, color="black", **DOTS)
    ax.set(yscale="log", xlabel=r"$\Gamma t$", xlim=(0, time[-1]))
    ax.set_ylabel(r"$2|\langle \hat J^{z,x}\rangle|/N$")


def domains(ax: Axes, results: Results) -> None:
    """Draw the inversion of both domains, and where they end."""
    ds = measure.run(results, "domains")
    for site, end, colour in (
        (0, measure.SMALL, style.VERMILION),
        (1, measure.TOTAL - measure.SMALL, style.BLUE),
    ):
        ax.axhline(end, color=colour, **style.EXACT)
        ax.plot(ds.time, ds.inversion[:, site], color="black", **DOTS)
    ax.set(xlabel=r"$\Gamma t$", ylabel=r"$\langle \hat J^z_\ell\rangle$")


def cascade(ax: Axes, results: Results) -> None:
    """Draw the emission of the first two sites, and of these two alone."""
    size = results.settings("anchors").cascade_size
    exact, twa = (measure.run(results, "cascade", theory) for theory in ("exact", "twa"))
    for site, colour in ((0, style.BLUE), (1, style.VERMILION)):
        ax.plot(exact.time, exact.emission[:, site] / size**2, color=colour, **style.EXACT)
        ax.plot(twa.time, twa.emission[:, site] / size**2, color="black", **style.SAMPLED)
    ax.set(xlabel=r"$\Gamma t$", ylabel=r"$\langle \hat I_\ell\rangle/N^2$", ylim=(0, None))


if __name__ == "__main__":
    style.main("anchors", draw)
