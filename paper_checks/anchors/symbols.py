"""Eqs. (4) and (5) against operators: symbols as traces with the kernel, and their products."""

from __future__ import annotations

from itertools import product

import numpy as np

from blochball.exact import dicke
from blochball.twa import phase_space
from paper_checks import quantity
from paper_checks.curves import Array
from paper_checks.quantity import Quantity
from workflow.results import Results

KINDS = (-1, 0, 1)
OPERATORS = frozenset({"operators"})
SIZES = (2, 3, 4)  # emitters; the kernel has all sectors, and costs N^6
POINTS = 5  # of the phase space, for each spin
SPINS = (5, 10, 20, 50, 100, 200)  # 𝒥 of the products, of four times as many emitters
POLARS = np.linspace(0, np.pi, 31)


def symbols(results: Results) -> dict[str, Quantity]:
    """Largest |Tr[O Δ] - χ D| of collective and of effective local jumps, in units of √N or N.

    Over all spins 𝒥 > 0 of a few emitters and points of the phase space. Of operators that do not
    couple the sectors of a 𝒥 the symbol there is 0. The sign of an effective jump is free, one for
    all points.
    """
    worst = {"local": 0.0, "collective": 0.0}
    random = np.random.default_rng(0)
    for size in SIZES:
        inversion, raising = phase_space.spin_operators(size)
        total = dict(zip(KINDS, (raising.T, inversion, raising), strict=True))
        jumps = {(j, q): effective_jump(size, j, q) for j, q in product(KINDS, KINDS)}
        for spin in np.arange(1, size + 1) / 2:
            ways = np.zeros((len(jumps), 2))
            for phi, theta, psi in random.uniform(0.1, 3, (POINTS, 3)):
                delta = phase_space.kernel(size, spin, phi, theta, psi)
                point = phi, theta, psi, spin
                whole = (size / 2 - spin) % 1 == 0
                for q, operator in total.items():
                    expected = phase_space.collective_jump(q, point) if whole else 0.0
                    off = abs(np.trace(operator @ delta) - expected) / size
                    worst["collective"] = max(worst["collective"], off)
                for way, ((j, q), operator) in zip(ways, jumps.items(), strict=True):
                    there = (size / 2 - spin - j / 2) % 1 == 0
                    expected = phase_space.local_jump(j, q, size, point) if there else 0.0
                    trace = np.trace(operator @ delta)
                    off = np.abs([trace - expected, trace + expected]) / np.sqrt(size)
                    np.maximum(way, off, out=way)
            worst["local"] = max(worst["local"], float(ways.min(axis=1).max()))
    return {name: Quantity(value, methods=OPERATORS) for name, value in worst.items()}


def effective_jump(size: int, j: int, q: int) -> Array:
    """Return the effective jump l^{jq} on the Dicke basis, with the signs of a vector operator."""
    basis = phase_space.dicke_basis(size)
    row = {state: k for k, state in enumerate(basis)}
    jump = np.zeros((len(basis), len(basis)))
    for column, (spin, m) in enumerate(basis):
        after = spin + j, m + q
        if after in row and (spin, j) != (0, 0):
            # of <J M, 1 q | J+j M+q>
            coupling = phase_space.wigner_3j(spin, 1, spin + j, m, q, -m - q)
            sign = np.sign(coupling) * (-1) ** round(spin - 1 + m + q)
            rate = dicke.branching(j, size, spin) * dicke.amplitude_squared(q, j, spin, m)
            jump[row[after], column] = sign * np.sqrt(rate)
    return jump


def expansion(results: Results) -> dict[str, Quantity]:
    """Exponent against 𝒥 of the relative error of Eq. (5), and the error at the largest 𝒥.

    For the products L*L that say how fast a jump happens, of all three collective jumps and of all
    nine effective local ones of N = 4𝒥 emitters; the largest error over the polar angle, over the
    largest symbol. And that of collective decay of inverted spins over the symbol there.
    """
    worst: dict[str, list[float]] = {"local": [], "collective": [], "inverted": []}
    for spin in SPINS:
        size = 4 * spin
        found: dict[str, list[float]] = {name: [] for name in worst}
        for q in KINDS:
            found["collective"].append(_error(size, spin, q, None))
            found["local"] += [_error(size, spin, q, j) for j in KINDS]
        found["inverted"].append(_error(size, spin, -1, None, POLARS[:1]))
        for name, errors in found.items():
            worst[name].append(max(errors))
    numbers = {}
    for name, errors in worst.items():
        each = [Quantity(error, methods=OPERATORS) for error in errors]
        shown = ", ".join(f"{error:.2g}" for error in errors)
        note = f"{shown} at 𝒥 = {', '.join(map(str, SPINS))}"
        numbers[f"exponent, {name}"] = quantity.power_law(SPINS, each).noted(note)
        numbers[f"largest error, {name}"] = each[-1]
    return numbers


def _error(size: int, spin: int, q: int, j: int | None, polars: Array = POLARS) -> float:
    """Return the relative error of Eq. (5) for L*L of one jump; collective, where j is None."""
    m = np.arange(-spin, spin + 1.0)
    if j is None:
        rate = m**2 if q == 0 else (spin - q * m) * (spin + q * m + 1)
    else:
        rate = dicke.branching(j, size, spin) * dicke.amplitude_squared(q, j, spin, m)
    # at the poles, where the angle phi has no meaning, next to them
    near = np.clip(polars, 1e-3, np.pi - 1e-3)
    exact = diagonal_symbol(rate, near)
    approximate = np.array([_product(size, spin, q, j, polar) for polar in near])
    return float(np.abs(exact - approximate).max() / np.abs(exact).max())


def diagonal_symbol(diagonal: Array, polar: Array) -> Array:
    """Return the Weyl symbol of an operator in one sector that is diagonal and quadratic in M.

    The kernel is that of a single spin, a sum of tensors T^K_0 whose diagonals are orthonormal
    polynomials in M; turned by the polar angle each is multiplied by a Legendre polynomial.
    """
    states = diagonal.size
    m = np.arange(states) - (states - 1) / 2
    tensors, signs = np.linalg.qr(np.vander(m, 3, increasing=True))
    tensors = tensors * np.sign(np.diag(signs))
    symbol = np.zeros(polar.shape)
    for rank in range(3):
        legendre = np.polynomial.legendre.Legendre.basis(rank)(np.cos(polar))
        weight = np.sqrt((2 * rank + 1) / states)
        symbol += weight * legendre * float(tensors[:, rank] @ diagonal)
    return symbol


def _product(size: int, spin: int, q: int, j: int | None, polar: float) -> float:
    """Return L*L + (i/2) {L*, L}, the right-hand side of Eq. (5)."""
    point = np.array([0.3, polar, 0.7, spin])
    widths = np.array([1e-5, 1e-5, 1e-5, 1e-5 * spin])

    def symbol(point: Array) -> complex:
        where = tuple(point)
        if j is None:
            return complex(phase_space.collective_jump(q, where))
        return complex(phase_space.local_jump(j, q, size, where))

    slopes = np.array(
        [
            (symbol(point + width * unit) - symbol(point - width * unit)) / (2 * width)
            for width, unit in zip(widths, np.eye(4), strict=True)
        ]
    )
    bracket = phase_space.poisson_bracket(slopes.conj(), slopes, polar, spin)
    return float((abs(symbol(point)) ** 2 + 0.5j * bracket).real)
