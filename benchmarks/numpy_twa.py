"""Plain NumPy programs for the same physics: what one would write in an afternoon.

`heun` integrates the Ito equations of one pumped ensemble with collective decay by Heun's method;
`chain_step` makes the very step of the engine (Strang splitting, mid-point rotation) for a pumped
waveguide chain.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def heun(
    size: int, pump: float, until: float, steps: int, trajectories: int, seed: int
) -> np.ndarray:
    """Return samples of (Jx, Jy, Jz) at the end, shape (3, trajectories); Gamma = 1."""
    rng = np.random.default_rng(seed)
    h = until / steps
    vectors = inverted(rng.standard_normal((2, trajectories)), size)
    for _ in range(steps):
        noise = rng.normal(0, np.sqrt(h), (5, trajectories))
        vectors = heun_step(vectors, noise, size, pump, h)
    return np.stack(vectors)


def inverted(normals: Any, size: int, xp: Any = np) -> tuple[Any, Any, Any]:
    """Return a fully inverted ensemble from two normal variates a trajectory; `xp` as below."""
    x, y = (size / 4) ** 0.5 * normals
    return x, y, xp.sqrt(xp.maximum(size / 2 * (size / 2 + 1) - x**2 - y**2, 0))


def heun_step(
    vectors: tuple[Any, Any, Any], noise: Any, size: int, pump: float, h: float, xp: Any = np
) -> tuple[Any, Any, Any]:
    """Return (Jx, Jy, Jz) a step h later, from five variates of variance h a trajectory.

    `xp` is numpy or what takes its place, so that a rival library makes the same step.
    """
    x, y, z = vectors
    a = pump * size / 4
    root = a**0.5
    k = pump / (2 * root)

    def drift(x: Any, y: Any, z: Any) -> tuple[Any, Any, Any]:
        # local: Ito; collective (omega = i J^+): Stratonovich, whose correction is Jz's below
        return (
            -pump / 2 * x + x * z,
            -pump / 2 * y + y * z,
            pump * (size / 2 - z) - (x**2 + y**2),
        )

    def turn(x: Any, y: Any, z: Any) -> tuple[Any, Any, Any]:
        return noise[4] * z, -noise[3] * z, noise[3] * y - noise[4] * x

    v = xp.sqrt(xp.maximum(pump * (size / 2 - z) - k**2 * (x**2 + y**2), 0))
    # local noise, Ito: with the coefficients at the start of the step
    local = (
        root * noise[0],
        root * noise[1],
        v * noise[2] - k * (x * noise[0] + y * noise[1]),
    )
    f, g = drift(x, y, z), turn(x, y, z)
    p = [u + h * df + dg + dl for u, df, dg, dl in zip(vectors, f, g, local, strict=True)]
    f2, g2 = drift(*p), turn(*p)
    x, y, z = (
        u + h / 2 * (df + df2) + (dg + dg2) / 2 + dl
        for u, df, df2, dg, dg2, dl in zip(vectors, f, f2, g, g2, local, strict=True)
    )
    return x, y, z


def chain_step(
    vectors: np.ndarray, size: int, pump: float, phase: float, h: float, rng: np.random.Generator
) -> np.ndarray:
    """Step a pumped waveguide chain; vectors have the shape (3, sites, trajectories), Gamma = 1."""
    x, y, z = vectors
    _, sites, trajectories = vectors.shape

    # local pump over h: exact mean, covariance as in the engine
    keep_x, keep_z = np.exp(-pump * h / 2), np.exp(-pump * h)
    once = (1 - keep_z) / pump
    sigma2 = size * pump / 4 * once
    tie = pump / 2 * keep_x * once / np.sqrt(sigma2)
    half = size / 2
    n = rng.standard_normal((3, sites, trajectories))
    variance = pump * keep_z * once * (half - z) - tie**2 * (x**2 + y**2)
    z = half + keep_z * (z - half) - tie * (x * n[0] + y * n[1])
    z += np.sqrt(np.maximum(variance, 0)) * n[2]
    x = keep_x * x + np.sqrt(sigma2) * n[0]
    y = keep_x * y + np.sqrt(sigma2) * n[1]

    eta = rng.standard_normal((4, trajectories)) * np.sqrt(0.5 / h)
    forward, backward = eta[0] + 1j * eta[1], eta[2] + 1j * eta[3]
    back = np.exp(-1j * phase)

    def omega(jp):
        right = np.empty_like(jp)
        field = forward
        for l in range(sites):
            field = (back * field if l else field) + 1j * jp[l]
            right[l] = field
        field = backward * np.exp(1j * phase * (sites - 1))
        for l in range(sites - 1, -1, -1):
            right[l] += field
            field = back * (field + 1j * jp[l])
        return right

    def turn(t):
        a, b = t.real, t.imag
        p, q, r = x + b * z, y - a * z, z + a * y - b * x
        f = 2 / (1 + a * a + b * b)
        return np.stack([x + f * b * r, y - f * a * r, z + f * (a * q - b * p)])

    middle = turn(h / 4 * omega(x + 1j * y))
    return turn(h / 2 * omega(middle[0] + 1j * middle[1]))
