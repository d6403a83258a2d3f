"""The generators of both forms in the coordinates R and c, as sums of separable terms.

R is the length of the spin and c the cosine of its polar angle: in the ball R = |J| and J^z = R c,
in Eq. (6) R = 𝒥 + 1/2 and M = R c. A term f(R) g(c) d^n/dR^n d^m/dc^m is a tuple (f, g, n, m),
with f and g given at the nodes of the quadrature. Both generators are written in the sense of Ito:
drift times first derivatives, and half of the diffusion matrix times second ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from blochball.operators import CHANGES
from blochball.twa import phase_space
from blochball.twa.density.splines import NODES, Floats, Line

Term = tuple[Floats, Floats, int, int]


@dataclass(frozen=True)
class Rates:
    """One ensemble: its size, its local rates and those of collective decay and pump."""

    size: float
    decay: float
    dephasing: float
    pump: float
    collective_decay: float
    collective_pump: float

    @property
    def local(self) -> tuple[float, float, float]:
        """Local rates in the order of operators.CHANGES."""
        return self.decay, self.dephasing, self.pump

    @property
    def across(self) -> float:
        """Diffusion D_xx = D_yy of the ball, (7.1) of docs/derivation.md."""
        return self.size / 4 * (self.decay + self.pump) + self.size * self.dephasing

    @property
    def fastest(self) -> float:
        """Return about the largest rate at which means of J change."""
        return sum(self.local) + self.size * (self.collective_decay + self.collective_pump)


class Nodes(NamedTuple):
    """Where the generator is wanted: R, c, and what multiplies the diffusion of local jumps."""

    length: Floats
    c: Floats
    fade: Floats


# -- Eq. (6) ---------------------------------------------------------------------------------------


def eq6(rates: Rates, at: Nodes) -> list[Term]:
    """Eq. (6) for functions of R and M: the sum of (g^2 + X g^2 / 2) X + g^2 X^2 / 2.

    X = q d/dM + j d/dR for the jump (j, q), (6.4) of docs/derivation.md. Beyond R = N/2 + 1 the
    amplitude of j = 1 is 0; below R = 1/2 the amplitudes are those of spinors with the coefficients
    at R = 1/2. Both are what the integrator of Eq. (6) does.
    """
    terms: list[Term] = []
    for q, rate in zip(CHANGES, rates.local, strict=True):
        for j in (-1, 0, 1) if rate else ():
            terms += _jump(j, q, rate / 2 if q else rate, rates.size, at)
    return terms + collective("eq6", rates, at)


def _jump(j: int, q: int, scale: float, size: float, at: Nodes) -> list[Term]:
    # g^2 = h(R) d(c);  X = j d/dR + (u/R) d/dc with u = q - j c
    length, c, fade = at
    h, slope = (scale * value for value in _radial(j, size, length))
    d, bend = _angular(q, j, c)
    u = q - j * c
    terms: list[Term] = []
    for f, g in ((h + j * slope / 2, d), (h / length / 2, u * bend)):
        terms += [(j * f, g, 1, 0), (f / length, g * u, 0, 1)]
    half = fade * h / 2
    return [
        *terms,
        (j * j * half, d, 2, 0),
        (2 * j * half / length, d * u, 1, 1),
        (half / length**2, d * u * u, 0, 2),
        (-2 * j * half / length**2, d * u, 0, 1),
    ]


def _radial(j: int, size: float, length: Floats) -> tuple[Floats, Floats]:
    """Return X_j^2 and its derivative by R, both continued past the ends of R."""
    inside = np.maximum(length, 0.5)
    square = phase_space.amplitude_squared(j, size, inside)
    slope = -j * (2 * inside + j) / inside - j * (size + 2 - 2 * j * inside) / (2 * inside**2)
    slope, square = np.where(square > 0, slope, 0), np.maximum(square, 0)
    below = length < 0.5
    return (
        square * np.where(below, 4 * length**2, 1),
        np.where(below, square * 8 * length, slope),
    )


def _angular(q: int, j: int, c: Floats) -> tuple[Floats, Floats]:
    """Return the square of d^1_qj and its derivative by c."""
    if q and j:
        return (1 + q * j * c) ** 2 / 4, q * j * (1 + q * j * c) / 2
    return ((1 - c * c) / 2, -c) if q or j else (c * c, 2 * c)


def reflection(rates: Rates, radial: Line, angular: Line) -> sparse.csr_array:
    """Return what the generator of Eq. (6) gains if nothing may flow through the end of R.

    Minus half of the integral over that end of phi n . D grad u, in the measure R dR dc.
    """
    end = radial.breaks[-1:]
    value, slope = radial.values(end), radial.values(end, 1)
    total = sparse.csr_array((radial.size * angular.size,) * 2)
    for q, rate in zip(CHANGES, rates.local, strict=True):
        for j in (-1, 1) if rate else ():
            h = (rate / 2 if q else rate) * float(_radial(j, rates.size, end)[0][0])
            d, u = _angular(q, j, angular.x)[0], q - j * angular.x
            along = sparse.kron(value.T @ slope * (-h * end[0] / 2), angular.matrix(d))
            across = sparse.kron(value.T @ value * (-j * h / 2), angular.matrix(d * u, 1))
            total = total + along + across
    return sparse.csr_array(total)


# -- the Bloch ball --------------------------------------------------------------------------------


def ball(rates: Rates, at: Nodes) -> list[Term]:
    """Drift and diffusion (7.1) of docs/derivation.md for functions of |J| and J^z.

    Without the clip of the variance of J^z, which is not separable: see `clip`.
    """
    length, c, fade = at
    one, flat = np.ones_like(length), np.ones_like(c)
    terms: list[Term] = []
    if any(rates.local):
        size, gain, loss = rates.size, rates.pump - rates.decay, rates.pump + rates.decay
        shrink = loss / 2 + 2 * rates.dephasing
        # -shrink rho d/drho = -shrink (R d/dR - z d/dz), and A_z d/dz
        terms += [(-shrink * length, flat, 1, 0)]
        terms += _z(at, shrink * length, c)
        terms += _z(at, size * gain / 2 * one, flat) + _z(at, -loss * length, c)
        # D_xx (d^2/dx^2 + d^2/dy^2) = D_xx (Laplacian - d^2/dz^2)
        half = rates.across / 2 * fade
        terms += [(half, flat, 2, 0), (2 * half / length, flat, 1, 0)]
        terms += [(half / length**2, 1 - c * c, 0, 2), (half / length**2, -2 * c, 0, 1)]
        terms += _zz(at, -half, flat)
        # rho d/drho d/dz = d/dz (R d/dR) - d/dz - z d^2/dz^2
        mixed = -gain / 2 * fade
        terms += [(mixed, c, 1, 0), (mixed * length, c, 2, 0), (mixed, 1 - c * c, 1, 1)]
        terms += _z(at, -mixed, flat) + _zz(at, -mixed * length, c)
        # D_zz d^2/dz^2
        terms += _zz(at, fade * size * loss / 4, flat) + _zz(at, -fade * gain / 2 * length, c)
    return terms + collective("ball", rates, at)


def _z(at: Nodes, f: Floats, g: Floats) -> list[Term]:
    """Return f g d/dz at constant x and y."""
    return [(f, g * at.c, 1, 0), (f / at.length, g * (1 - at.c**2), 0, 1)]


# d^2/dz^2: functions of c, powers of 1/R, and the orders of the derivatives by R and c
_SECOND: tuple[tuple[Callable[[Floats], Floats], int, int, int], ...] = (
    (lambda c: c * c, 0, 2, 0),
    (lambda c: 2 * c * (1 - c * c), 1, 1, 1),
    (lambda c: (1 - c * c) ** 2, 2, 0, 2),
    (lambda c: 1 - c * c, 1, 1, 0),
    (lambda c: -3 * c * (1 - c * c), 2, 0, 1),
)


def _zz(at: Nodes, f: Floats, g: Floats) -> list[Term]:
    """Return f g d^2/dz^2 at constant x and y."""
    return [(f / at.length**p, g * of(at.c), n, m) for of, p, n, m in _SECOND]


def clip(
    rates: Rates, radial: Line, angular: Line, fade: Callable[[Floats], Floats]
) -> sparse.csr_array | None:
    """Return what the clip adds to the ball, in the measure R^2 dR dc; None if it never acts.

    Where D_zz - D_rz^2 / D_rr is negative, J^z has that much more variance than (7.1) says. The
    border is a curve; every line of constant c is integrated from its border on.
    """
    gain, excess = rates.pump - rates.decay, rates.size / 2 * (rates.pump + rates.decay)
    if not gain:
        return None
    # the missing variance is tie R^2 + tilt R - excess
    tie = gain**2 / (4 * rates.across) * (1 - angular.x**2)
    tilt = gain * angular.x
    root = tilt + np.sqrt(tilt**2 + 4 * tie * excess)
    border = np.divide(2 * excess, root, out=np.full_like(root, np.inf), where=root > 0)
    lines = np.flatnonzero(border < radial.breaks[-1])
    found = []
    for cell in range(radial.breaks.size - 1):
        low, high = np.maximum(radial.breaks[cell], border[lines]), radial.breaks[cell + 1]
        some, low = lines[low < high], low[low < high]
        if some.size:
            x, weights = _nodes(low, high)
            missing = np.maximum(tie[some, None] * x * x + tilt[some, None] * x - excess, 0)
            weights = weights * missing * fade(x) * x * x / 2
            found.append(_second(radial, angular, cell, some, (x, weights)))
    return sum(found[1:], found[0]) if found else None


def _second(
    radial: Line, angular: Line, cell: int, lines: NDArray[np.intp], nodes: tuple[Floats, Floats]
) -> sparse.csr_array:
    """Integrate phi d^2 u/dz^2 over parts of lines of constant c in one cell of R."""
    x, weights = nodes
    near = radial.near(cell)
    test, test_c = radial.values(x, 0, near), angular.local(lines, 0)
    block: Floats | float = 0.0
    for of, power, order, order_c in _SECOND:
        along = weights / x**power * (of(angular.x) * angular.weights)[lines, None]
        right, right_c = radial.values(x, order, near), angular.local(lines, order_c)
        sums = np.einsum("lx,lxa,lxb->lab", along, test, right, optimize=True)
        block = block + np.einsum("lab,li,lj->laibj", sums, test_c, right_c, optimize=True)
    # lines of one cell of c share their splines
    cells, starts = np.unique(lines // NODES, return_index=True)
    block = np.add.reduceat(block, starts, axis=0)
    of_r = np.arange(near.start, near.stop)
    of_c = np.array([np.arange(angular.size)[angular.near(int(k))] for k in cells])
    row = of_r[None, :, None] * angular.size + of_c[:, None, :]
    rows = np.broadcast_to(row[:, :, :, None, None], block.shape)
    columns = np.broadcast_to(row[:, None, None, :, :], block.shape)
    shape = (radial.size * angular.size,) * 2
    place = rows.ravel(), columns.ravel()
    return sparse.csr_array(sparse.coo_array((block.ravel(), place), shape=shape))


def _nodes(low: Floats, high: float) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half = (high - low)[:, None] / 2
    return (high + low)[:, None] / 2 + half * nodes, half * weights


# -- both ------------------------------------------------------------------------------------------


def collective(form: str, rates: Rates, at: Nodes) -> list[Term]:
    """Return collective decay and pump: (6.4) with X = q d/dM at constant R."""
    c, sine = at.c, 1 - at.c * at.c
    if form == "ball":  # |J|^2 over the length and over its square
        drift, diffusion = at.length, np.ones_like(at.length)
    else:
        square = np.maximum(at.length**2 - 0.25, 0)
        drift, diffusion = square / at.length, square / at.length**2
    terms: list[Term] = []
    for q, rate in ((-1, rates.collective_decay), (1, rates.collective_pump)):
        if rate:
            terms += [
                (q * rate * drift, sine, 0, 1),
                (rate / 2 * diffusion, sine, 0, 2),
                (rate / 2 * diffusion, -2 * c, 0, 1),
            ]
    return terms
