"""Drawing of composite systems: what is one collective spin each has one colour. Fig. 3(a)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Arc, Circle, FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle

# in order of luminance, and apart for every kind of colour blindness
COLOURS = ("#0b2f55", "#2c6fa3", "#ee8450", "#f3c765")
LINE = "#555555"
GUIDE = "#e9eef2"
SIZE = 0.042  # radius of an emitter
GOLDEN = np.pi * (3 - np.sqrt(5))


def draw(ax: Axes) -> None:
    """Draw the three systems side by side, in a frame of 6.6 by 2.2 units."""
    ax.set(xlim=(0, 6.6), ylim=(-0.05, 2.15), aspect="equal")
    ax.axis("off")
    array(ax, 0.25)
    broadened(ax, 2.5)
    lattice(ax, 4.6)
    for x, text in (
        (1.2, "emitter array\non a waveguide"),
        (3.3, "inhomogeneously\nbroadened ensemble"),
        (5.5, "ensembles in a\nresonator lattice"),
    ):
        ax.text(x, 0.05, text, ha="center", va="baseline", fontsize=6.5, linespacing=1.05)


def cloud(count: int, radius: float, turn: float = 0.0) -> np.ndarray:
    """Return `count` points spread evenly over a disc: a sunflower, so that none touch."""
    k = np.arange(count)
    r = (radius - SIZE) * np.sqrt((k + 0.5) / (count - 0.5))
    angle = GOLDEN * k + turn
    return np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)


def emitters(ax: Axes, centre: tuple[float, float], points: np.ndarray, colours: Sequence) -> None:
    for point, colour in zip(points, colours, strict=True):
        ax.add_patch(
            Circle(point + centre, SIZE, facecolor=colour, edgecolor=LINE, linewidth=0.2, zorder=4)
        )


def array(ax: Axes, x: float) -> None:
    """Clouds of emitters above a waveguide in which light runs both ways."""
    ax.add_patch(Rectangle((x, 0.82), 1.9, 0.16, facecolor=GUIDE, edgecolor=LINE, linewidth=0.5))
    for k, colour in enumerate(COLOURS):
        centre = (x + 0.29 + 0.44 * k, 1.24)
        emitters(ax, centre, cloud(9, 0.21, k), [colour] * 9)
        ax.add_patch(Circle(centre, 0.21, facecolor=colour, alpha=0.15, linewidth=0))
    for begin, end in ((x + 0.25, x - 0.12), (x + 1.65, x + 2.02)):
        arrow(ax, (begin, 0.9), (end, 0.9))


def broadened(ax: Axes, x: float) -> None:
    """Emitters between two mirrors, and the distribution of their frequencies in classes."""
    middle = x + 0.8
    for side, angles in ((-1, (130, 230)), (1, (-50, 50))):
        ax.add_patch(
            Arc((middle - 0.12 * side, 0.95), 1.6, 1.0, theta1=angles[0], theta2=angles[1],
                color=LINE, linewidth=1.6)
        )  # fmt: skip
    points = cloud(24, 0.36) * (1.5, 0.8)
    emitters(ax, (middle, 0.95), points, [COLOURS[k % 4] for k in range(24)])
    detuning = np.linspace(-1, 1, 101)
    density = np.exp(-((detuning / 0.48) ** 2))
    edges = np.linspace(-1, 1, 5)
    base, width, height = 1.5, 0.75, 0.5
    for low, high, colour in zip(edges, edges[1:], COLOURS, strict=False):
        inside = (detuning >= low - 1e-9) & (detuning <= high + 1e-9)
        u, v = detuning[inside], density[inside]
        corners = [(u[0], 0), *zip(u, v, strict=True), (u[-1], 0)]
        shape = [(middle + width * a, base + height * b) for a, b in corners]
        ax.add_patch(Polygon(shape, facecolor=colour, linewidth=0))
    ax.plot(middle + width * detuning, base + height * density, color=LINE, linewidth=0.6)
    ax.annotate(
        "", (middle + 0.92, base), (middle - 0.85, base),
        arrowprops={"arrowstyle": "-|>,head_width=0.1,head_length=0.2", "linewidth": 0.5,
                    "color": LINE, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
    ax.text(middle + 0.95, base, r"$\omega$", fontsize=6.5, va="center")


def lattice(ax: Axes, x: float) -> None:
    """Coupled resonators on a square grid; every other one hosts an ensemble."""
    pitch = 0.6
    for row in range(2):
        for column in range(3):
            centre = (x + 0.3 + pitch * column, 0.98 + pitch * row)
            ax.add_patch(
                FancyBboxPatch(
                    (centre[0] - 0.2, centre[1] - 0.2), 0.4, 0.4, facecolor=GUIDE, edgecolor=LINE,
                    linewidth=0.5, boxstyle="round,pad=0,rounding_size=0.08",
                )
            )  # fmt: skip
            if column < 2:
                wave(ax, centre, (1, 0))
            if row < 1:
                wave(ax, centre, (0, 1))
            hosted = {(0, 0): 0, (0, 2): 1, (1, 1): 2, (1, 0): None, (0, 1): None, (1, 2): 3}
            kind = hosted[row, column]
            if kind is not None:
                emitters(ax, centre, cloud(7, 0.18, kind), [COLOURS[kind]] * 7)


def wave(ax: Axes, centre: tuple[float, float], direction: tuple[int, int]) -> None:
    """Couple a resonator to its neighbour."""
    begin, end = (np.add(centre, np.multiply(direction, d)) for d in (0.21, 0.39))
    ax.plot(*zip(begin, end, strict=True), color=LINE, linewidth=1.4, solid_capstyle="butt")


def arrow(ax: Axes, begin: tuple[float, float], end: tuple[float, float]) -> None:
    ax.add_patch(
        FancyArrowPatch(
            begin, end, arrowstyle="-|>,head_width=1.6,head_length=2.4", linewidth=0.9, color=LINE,
            shrinkA=0, shrinkB=0,
        )
    )  # fmt: skip
