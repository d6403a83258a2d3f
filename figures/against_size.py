"""Errors against the number of emitters, drawn in one way by several figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from paper_checks.quantity import Quantity, arrays, resolved


def size_axis(ax: Axes, sizes: Sequence[int]) -> None:
    """Make the horizontal axis logarithmic in N, with ticks at the sizes and nowhere else."""
    ax.set_xscale("log")
    texts: list[str] = []
    last = 0.0
    for size in sizes:
        # numbers that are too close would run into each other
        room = size > last * (sizes[-1] / sizes[0]) ** 0.09
        texts.append(f"{size}" if room else "")
        last = size if room else last
    ax.set_xticks(list(sizes), texts)
    ax.minorticks_off()
    # minor ticks of the other axis are wanted where it is logarithmic
    if ax.get_yscale() == "log":
        ax.yaxis.set_minor_locator(LogLocator(subs="auto"))
        ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("$N$")


def errors(
    ax: Axes, sizes: Sequence[int], found: Sequence[Quantity], label: str, **look: Any
) -> None:
    """Draw errors with one-standard-error bars; hollow, and not joined, where not resolved."""
    size = np.array(sizes, dtype=float)
    value, stderr = arrays(found)
    seen = resolved(found)
    ax.errorbar(size[seen], value[seen], stderr[seen], label=label, linewidth=0.8, **look)
    hollow = {**look, "linestyle": "none", "markerfacecolor": "white", "markeredgewidth": 0.7}
    ax.plot(size[~seen], value[~seen], **hollow)
