"""Eq. (6) in its four variables in plain NumPy, with psi moving as it should or frozen.

`paper_checks.wrong` solves in the Bloch ball, which knows no psi. Here the local jumps act on the
amplitudes of docs/derivation.md, section 6,

    a = sqrt(R + M) exp(-i (phi + psi) / 2),    b = sqrt(R - M) exp(i (phi - psi) / 2).

The noises are isotropic, so the value of psi at the start of a step is free (it is 0); that it
moves during the step is not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blochball import System
from blochball.twa.phase_space import amplitude_squared
from paper_checks.wrong import Ball, Physics

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Amplitudes = tuple[Complex, Complex]

LAYER = 0.02  # width in R in which the coefficients' slope is cut off, as in `blochball.twa.eq6`


class FourVariables(Ball):
    """As `Ball`, with the local jumps of Eq. (6).

    Parameters
    ----------
    system, physics, trajectories, seed
        As for `Ball`.
    frozen : bool
        Whether psi does not move.
    """

    def __init__(
        self, system: System, physics: Physics, trajectories: int, seed: int, frozen: bool = True
    ) -> None:
        super().__init__(system, physics, trajectories, seed)
        self.frozen = frozen

    def _local(self, step: float) -> None:
        """Let local jumps act: the implicit mid-point rule in three iterations."""
        x, y, z = self.vectors
        length = np.maximum(np.sqrt(x**2 + y**2 + z**2), 1e-9)
        reach = np.sqrt(length**2 + 0.25)  # R
        phi = np.arctan2(y, x)
        a = np.sqrt(np.maximum(reach * (1 + z / length), 0)) * np.exp(-0.5j * phi)
        b = np.sqrt(np.maximum(reach * (1 - z / length), 0)) * np.exp(0.5j * phi)
        shape = (2, 3, 3, *x.shape)
        scale = np.sqrt(step) * self.physics.local_noise
        real, imaginary = scale * self.random.standard_normal(shape)
        noise = real + 1j * imaginary
        middle = a, b
        for _ in range(3):
            middle, (end_a, end_b) = self._iterate((a, b), middle, noise, step)
        square_a, square_b = np.abs(end_a) ** 2, np.abs(end_b) ** 2
        reach = (square_a + square_b) / 2
        shrink = np.sqrt(np.maximum(1 - 1 / (4 * np.maximum(reach, 0.5) ** 2), 0))
        plus = shrink * np.conj(end_a) * end_b
        self.vectors = np.stack([plus.real, plus.imag, shrink * (square_a - square_b) / 2])

    def _iterate(
        self, start: Amplitudes, middle: Amplitudes, noise: Complex, step: float
    ) -> tuple[Amplitudes, Amplitudes]:
        """Return middle and end of a step of the flow of Re sum_k L_k xi_k, from a guess of it."""
        (a, b), (mid_a, mid_b) = start, middle
        reach = (np.abs(mid_a) ** 2 + np.abs(mid_b) ** 2) / 2
        coefficients = {j: self._coefficient(j, reach) for j in (-1, 0, 1)}
        slope_a, slope_b = np.zeros_like(a), np.zeros_like(b)  # dH / d a*, dH / d b*
        turn = np.zeros_like(reach)
        ca, cb, root = np.conj(mid_a), np.conj(mid_b), np.sqrt(0.5)
        # L, and its derivatives by a, b, a*, b*, each without the coefficient
        zero = np.zeros_like(a)
        pump = {
            0: (ca * mid_b, zero, ca, mid_b, zero),
            1: (root * ca**2, zero, zero, 2 * root * ca, zero),
            -1: (root * mid_b**2, zero, 2 * root * mid_b, zero, zero),
        }
        decay = {
            0: (cb * mid_a, cb, zero, zero, mid_a),
            1: (root * cb**2, zero, zero, zero, 2 * root * cb),
            -1: (root * mid_a**2, 2 * root * mid_a, zero, zero, zero),
        }
        dephasing = {
            0: (ca * mid_a - cb * mid_b, ca, -cb, mid_a, -mid_b),
            1: (2 * root * ca * cb, zero, zero, 2 * root * cb, 2 * root * ca),
            -1: (-2 * root * mid_a * mid_b, -2 * root * mid_b, -2 * root * mid_a, zero, zero),
        }
        kinds = ((decay, self.decay), (dephasing, self.dephasing), (pump, self.pump))
        for k, (symbols, rate) in enumerate(kinds):
            if not rate.any():
                continue
            for j, (symbol, by_a, by_b, by_ca, by_cb) in symbols.items():
                value, slope = coefficients[j]
                xi = np.sqrt(rate) * noise[k, j + 1] + 1j * rate * step * np.conj(value * symbol)
                slope_a += value * (by_ca * xi + np.conj(by_a * xi)) / 2
                slope_b += value * (by_cb * xi + np.conj(by_b * xi)) / 2
                turn += slope * (symbol * xi).real
        # what the coefficients' dependence on R does is to turn psi, half before and half after
        half = np.exp(-0.25j * turn * (not self.frozen))
        a, b = a * half, b * half
        end_a, end_b = a - 1j * slope_a, b - 1j * slope_b
        if self.frozen:
            # psi = -arg(a b)
            back = np.exp(-0.5j * np.angle(end_a * end_b * np.conj(a * b)))
            end_a, end_b = end_a * back, end_b * back
        return ((a + end_a) / 2, (b + end_b) / 2), (end_a * half, end_b * half)

    def _coefficient(self, j: int, reach: Array) -> tuple[Array, Array]:
        """Return X_j / (2 R) and its derivative by R."""
        reach = np.maximum(reach, 0.5)
        square = np.maximum(amplitude_squared(j, self.size, reach), 0)
        value = np.sqrt(square) / (2 * reach)
        upper, lower = self.size + 2 - 2 * j * reach, 2 * reach + j
        slope = 1 / np.maximum(lower, LAYER) - j / np.maximum(upper, LAYER) - 1.5 / reach
        return value, value * slope * (np.minimum(upper, lower) > 2 * LAYER)
