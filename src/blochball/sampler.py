"""A function of time as straight lines between times that are close enough."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from blochball.support import validation
from blochball.support.arithmetic import numbers
from blochball.system import System

MOST_KNOTS = 100_000
_SHORTEST = 2.0**-30  # an interval relative to the whole, below which a jump is taken


class Sampler:
    """Divides intervals until straight lines are as good as a function."""

    def __init__(self, function: Callable[[float], System], tolerance: float, span: float) -> None:
        self.function, self.tolerance, self.shortest = function, tolerance, _SHORTEST * span
        self.known: dict[float, System] = {}
        self.scale: NDArray[np.float64] = np.zeros(1)

    def system(self, time: float) -> System:
        """Return the function's value, asked for once."""
        if time not in self.known:
            value = self.function(time)
            validation.instance("Protocol.sample", "what function returns", value, System)
            self.known[time] = value
            self.scale = np.maximum(self.scale, np.abs(numbers(value)))
            if len(self.known) > 4 * MOST_KNOTS:
                raise ValueError(
                    "Protocol.sample: tolerance must allow for at most "
                    f"{MOST_KNOTS:,} times, got {self.tolerance!r}"
                )
        return self.known[time]

    def straight(self, a: float, b: float) -> bool:
        """Whether the function is close to a straight line between two times."""
        one, other = numbers(self.system(a)), numbers(self.system(b))
        for share in (0.25, 0.5, 0.75):
            line = (1 - share) * one + share * other
            off = np.abs(numbers(self.system(a + share * (b - a))) - line)
            if (off > self.tolerance * self.scale).any():
                return False
        return True

    def entries(self, grid: NDArray[np.float64]) -> list[tuple[float, System]]:
        """Return the entries of the Protocol."""
        for time in grid:
            self.system(float(time))  # so that all know the largest values
        kept = [(float(grid[0]), self.system(float(grid[0])))]
        for left, right in itertools.pairwise(map(float, grid)):
            todo = [(left, right)]
            while todo:
                a, b = todo.pop()
                if self.straight(a, b):
                    kept.append((b, self.system(b)))
                elif b - a < self.shortest:
                    # a jump: the value on the left holds up to it
                    kept += [(b, self.system(a)), (b, self.system(b))]
                else:
                    middle = a + (b - a) / 2
                    todo += [(middle, b), (a, middle)]
        return kept
