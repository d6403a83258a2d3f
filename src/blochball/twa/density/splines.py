"""Splines on graded meshes, one coordinate at a time, and the matrices of their products.

Functions of two coordinates are sums of products of these splines. An operator that is a sum of
products f(x) g(y) d^n/dx^n d^m/dy^m becomes a sum of Kronecker products of small banded matrices.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.interpolate import BSpline

Floats = NDArray[np.float64]
DEGREE = 3
NODES = DEGREE + 2  # of Gauss and Legendre, in every cell
_SAMPLES = 2001


def graded(
    ends: tuple[float, float], steep: Sequence[tuple[float, float]], spacing: float, widest: float
) -> Floats:
    """Return break points between two ends, closer to each other where functions are steep.

    Parameters
    ----------
    ends : tuple of two floats
    steep : sequence of (place, scale)
        Cells are at most spacing * (distance to the place + scale) wide.
    spacing, widest : float
        The latter in units of the coordinate.
    """
    low, high = ends
    fine = [np.linspace(low, high, _SAMPLES)]
    for place, scale in steep:
        away = scale * np.expm1(np.linspace(0, np.log1p((high - low) / scale), _SAMPLES))
        fine += [place + away, place - away]
    x = np.unique(np.clip(np.concatenate(fine), low, high))
    width = np.min([spacing * (abs(x - place) + scale) for place, scale in steep], axis=0)
    density = 1 / np.minimum(width, widest)
    cells = np.concatenate([[0.0], np.cumsum(np.diff(x) * (density[1:] + density[:-1]) / 2)])
    count = max(1, int(np.ceil(cells[-1])))
    breaks = np.interp(np.linspace(0, cells[-1], count + 1), cells, x)
    breaks[0], breaks[-1] = low, high
    return breaks


class Line:
    """Cubic splines on a mesh, and Gauss-Legendre quadrature in its cells.

    Parameters
    ----------
    breaks : array, shape (cells + 1,)
    kink : float, optional
        A break point at which splines have one continuous derivative only.

    Attributes
    ----------
    size : int
        Number of splines.
    x, weights, width : array, shape (cells * NODES,)
        Nodes and weights of the quadrature, and the width of the cell of each node.
    """

    def __init__(self, breaks: Floats, kink: float | None = None) -> None:
        self.breaks = breaks
        ends = np.repeat(breaks[[0, -1]], DEGREE)
        twice = breaks[1:-1][breaks[1:-1] == kink]
        self.knots = np.sort(np.concatenate([ends, breaks, twice]))
        self.size = self.knots.size - DEGREE - 1
        nodes, weights = np.polynomial.legendre.leggauss(NODES)
        half, middle = np.diff(breaks)[:, None] / 2, (breaks[1:] + breaks[:-1])[:, None] / 2
        self.x = (middle + half * nodes).ravel()
        self.width = np.repeat(2 * half, NODES)
        self.weights = (half * weights).ravel()
        self._at_nodes = [self.values(self.x, order) for order in range(DEGREE + 1)]

    def values(self, x: Floats, order: int = 0, some: slice = slice(None)) -> Floats:
        """Return a derivative of some splines at points x, shape (*x.shape, splines)."""
        chosen = np.eye(self.size)[:, some]
        return np.asarray(BSpline(self.knots, chosen, DEGREE)(x, order))

    def near(self, cell: int) -> slice:
        """Return which splines are not zero in a cell."""
        first = int(np.searchsorted(self.knots, self.breaks[cell], "right")) - DEGREE - 1
        return slice(first, first + DEGREE + 1)

    def local(self, nodes: NDArray[np.intp], order: int) -> Floats:
        """Return the splines of `near` at some nodes, shape (nodes, DEGREE + 1)."""
        rows = [self._at_nodes[order][node, self.near(int(node) // NODES)] for node in nodes]
        return np.array(rows)

    def matrix(self, factor: Floats, order: int = 0, test: int = 0) -> sparse.csr_array:
        """Integrate (derivative `test` of spline i) factor(x) (derivative `order` of spline j)."""
        left = self._at_nodes[test] * (self.weights * factor)[:, None]
        return sparse.csr_array(left.T @ self._at_nodes[order])

    def integrals(self, factor: Floats) -> Floats:
        """Integrate factor(x) times every spline."""
        return np.asarray((self.weights * factor) @ self._at_nodes[0])

    def coefficients(self, values: Floats) -> Floats:
        """Return the spline that comes closest to a function given at the nodes."""
        mass = self.matrix(np.ones_like(self.x)).toarray()
        return np.asarray(np.linalg.solve(mass, self.integrals(values)))
