"""Drawing of one ensemble: emitters in a common field, which lose light together and one by one."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from figures import style
from figures.fig3.composites import LINE, cloud, emitters

COUNT = 21
FIELD = "#dbe8f4"


def draw(ax: Axes) -> None:
    """Draw emitters between two mirrors, with the rates at which light leaves."""
    ax.set(xlim=(-1.06, 1.06), ylim=(-1.06, 1.06), aspect="equal")
    ax.axis("off")
    points = cloud(COUNT, 0.3) * (1.6, 0.95)
    emitters(ax, (0, 0), points, [style.BLUE] * COUNT)
    # the mirrors, and the mode of the field between them, narrowest in the middle
    angle = np.deg2rad(np.linspace(-40, 40, 41))
    right = np.stack([0.95 * np.cos(angle) - 0.15, 0.575 * np.sin(angle)], axis=1)
    left = -right
    for mirror in (right, left):
        ax.plot(*mirror.T, color=LINE, linewidth=1.6, solid_capstyle="butt")
    across = np.linspace(right[-1, 0], left[0, 0], 41)
    waist = right[-1, 1] - 0.1 * (1 - (across / across[0]) ** 2)
    upper, lower = np.stack([across, waist], axis=1), np.stack([-across, -waist], axis=1)
    ax.fill(*np.concatenate([right, upper, left, lower]).T, color=FIELD, linewidth=0, zorder=0)
    # together, along the axis of the field; alone, from the outermost emitter to the side
    wave(ax, (0.84, 0), (1.04, 0), style.BLUE)
    ax.text(0.94, 0.12, r"$\Gamma$", color=style.BLUE, fontsize=9, ha="center")
    top = points[np.argmax(points[:, 1])]
    ax.add_patch(
        Circle(top, 0.042, facecolor=style.VERMILION, edgecolor=LINE, linewidth=0.2, zorder=5)
    )
    wave(ax, (top[0], top[1] + 0.09), (top[0], top[1] + 0.5), style.VERMILION)
    ax.text(top[0] + 0.12, top[1] + 0.26, r"$\gamma$", color=style.VERMILION, fontsize=9)
    ax.text(
        0, -0.78, "emitters in\na common field", ha="center", va="top", fontsize=7, linespacing=1.05
    )


def wave(ax: Axes, begin: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    """Draw a wavy arrow."""
    line = np.subtract(end, begin)
    length = float(np.hypot(*line))
    along = np.linspace(0, 1, 60)
    shift = 0.035 * np.sin(2 * np.pi * along * length / 0.14)
    across = np.array([-line[1], line[0]]) / length
    path = np.asarray(begin) + along[:, None] * line + shift[:, None] * across
    ax.plot(*path.T, color=colour, linewidth=1.0, clip_on=False)
    look = {"arrowstyle": "-|>,head_width=0.16,head_length=0.3", "linewidth": 1.0, "color": colour}
    tip = np.asarray(end) + 0.1 * line / length
    ax.annotate("", tip, end, arrowprops=look | {"shrinkA": 0, "shrinkB": 0}, annotation_clip=False)
