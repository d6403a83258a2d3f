"""Fig. 1: one ensemble, and trajectories along the Bloch sphere and into its interior.

Outside the workflow, once the data exist: ``python -m figures.fig1.draw --config CONFIG``
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from figures import style
from figures.fig1 import ensemble
from paper_checks.fig1 import measure
from workflow.results import Results

Array = NDArray[np.float64]

CLOUD, DRAWN = 400, 5  # how many are drawn, as dots and as lines
COLOURS = {"collective": style.BLUE, "local": style.VERMILION}
# the direction one looks from, and with it the axes of the paper
POLAR, AZIMUTH = np.deg2rad((68, 62))
TOWARDS = np.array(
    [np.sin(POLAR) * np.cos(AZIMUTH), np.sin(POLAR) * np.sin(AZIMUTH), np.cos(POLAR)]
)
RIGHT = np.array([-np.sin(AZIMUTH), np.cos(AZIMUTH), 0.0])
UP = np.cross(TOWARDS, RIGHT)


def draw(results: Results) -> Figure:
    """Return the figure."""
    figure, axes = plt.subplots(
        1, 5, figsize=(style.TWO_COLUMNS, 0.245 * style.TWO_COLUMNS), layout="constrained",
        width_ratios=[1, 1, 1, 1, 1.05],
    )  # fmt: skip
    ensemble.draw(axes[0])
    cloud(axes[1], results)
    for ax, motion in zip(axes[2:], COLOURS, strict=False):
        paths(ax, results, motion)
    lengths(axes[4], results)
    titles = ("ensemble", "initial state", "collective", "collective + local", "lengths")
    for ax, label, title in zip(axes, "abcde", titles, strict=True):
        ax.set_title(f"({label}) {title}", loc="left", fontsize=8.5, pad=3)
    return figure


def project(points: Array) -> tuple[Array, Array]:
    """Return the places on paper of points (..., 3), and how far in front of the centre they lie.

    Parallel projection along TOWARDS.
    """
    return np.stack([points @ RIGHT, points @ UP], axis=-1), points @ TOWARDS


def sphere(ax: Axes) -> None:
    """Draw the unit sphere: outline, equator and two meridians; thin where they are behind."""
    angle = np.linspace(0, 2 * np.pi, 361)
    c, s, zero = np.cos(angle), np.sin(angle), np.zeros(angle.size)
    ax.fill(c, s, color="#f4f4f4", zorder=0)
    ax.plot(c, s, color=style.REFERENCE, linewidth=0.8, zorder=5)
    for circle in ([c, s, zero], [c, zero, s], [zero, c, s]):
        flat, depth = project(np.stack(circle, axis=-1))
        for front, width in ((True, 0.5), (False, 0.3)):
            shown = np.where(((depth > 0) == front)[:, None], flat, np.nan)
            look = {"color": style.GREY, "linewidth": width, "zorder": 1}
            ax.plot(*shown.T, **look, linestyle="-" if front else (0, (4, 3)))
    ax.set(xlim=(-1.06, 1.06), ylim=(-1.06, 1.06), aspect="equal")
    ax.axis("off")


def cloud(ax: Axes, results: Results) -> None:
    """Draw the sampled initial points, and the ensemble's spin as an arrow."""
    sphere(ax)
    start = measure.vectors(results, "collective")[0, :CLOUD]
    flat, depth = project(start)
    for front, alpha in ((False, 0.25), (True, 0.8)):
        ax.scatter(
            *flat[(depth > 0) == front].T, s=3, color=style.BLUE, alpha=alpha, linewidths=0,
            zorder=3,
        )  # fmt: skip
    tip, _ = project(start.mean(axis=0))
    arrow = {"arrowstyle": "-|>,head_width=0.25,head_length=0.5", "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", tip, (0, 0), arrowprops=arrow | {"linewidth": 1.6, "color": "black"}, zorder=4)
    ax.plot(0, 0, "o", color="black", markersize=2.5, zorder=4)


def paths(ax: Axes, results: Results, motion: str) -> None:
    """Draw a few trajectories: bright at first and dark at last, thin where behind the centre."""
    sphere(ax)
    for path in np.moveaxis(measure.vectors(results, motion), 1, 0)[:DRAWN]:
        flat, depth = project(path)
        segments = np.stack([flat[:-1], flat[1:]], axis=1)
        # farther pieces first, so that nearer ones cross over them
        order = np.argsort(depth[1:])
        width = np.where(depth[1:] > 0, 0.9, 0.45)[order]
        lines = LineCollection(
            segments[order], cmap=_shade(motion), linewidths=width, capstyle="round", zorder=3
        )
        lines.set_array(np.linspace(0, 1, len(segments))[order])
        ax.add_collection(lines)
        ax.plot(*flat[0], "o", color="black", markersize=2.2, zorder=4, markeredgewidth=0)
        ax.plot(*flat[-1], "s", color="white", markersize=2.6, zorder=4, markeredgewidth=0.6,
                markeredgecolor="black")  # fmt: skip


def lengths(ax: Axes, results: Results) -> None:
    """Draw |J| of the same trajectories, rms (dashed) and nine tenths of all, against time."""
    time = measure.times(results)
    for motion, colour in COLOURS.items():
        length = measure.lengths(results, motion)
        # the collective ones lie on top of each other
        width = 1.8 if motion == "collective" else 0.7
        low, high = np.quantile(length, (0.05, 0.95), axis=1)
        ax.fill_between(time, low, high, color=colour, alpha=0.2, linewidth=0)
        ax.plot(time, length[:, :DRAWN], color=colour, linewidth=width)
        ax.plot(time, np.sqrt((length**2).mean(axis=1)), color="black", **style.SAMPLED)
    ax.text(0.97, 1.03, "collective", transform=ax.get_yaxis_transform(), ha="right", fontsize=7.5)
    ax.text(0.05, 0.1, "collective + local", transform=ax.get_yaxis_transform(), fontsize=7.5)
    ax.set(xlim=(0, time[-1]), ylim=(0, 1.15))
    ax.set(xlabel=r"$N\Gamma t$", ylabel=r"$|\mathbf{J}|/|\mathbf{J}(0)|$")


def _shade(motion: str) -> LinearSegmentedColormap:
    return LinearSegmentedColormap.from_list(motion, ["#bcbcbc", COLOURS[motion], "black"])


if __name__ == "__main__":
    style.main("fig1", draw)
