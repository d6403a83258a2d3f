"""Equations without a third emitter to act: they are linear, and exponentials serve any time.

An integrator errs by more the longer an undamped system turns, and takes as many steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from blochball.cumulants.equations import Equations, pack

Array = NDArray[np.float64]

NAME = "exponential"
LARGEST = 200  # variables up to which matrices are exponentiated
# of the generator times the time, up to which rounding changes the result by 1e-7 at most
LONGEST = 1e9


def carried(
    equations: Equations, emitters: float, state: Array, times: Array, begin: float
) -> Array | None:
    """Return the states at `times`, shape (times, variables), from that at time `begin`.

    None where the equations are not linear, or too large.
    """
    second = state.size > equations.pull.size
    # in first order another emitter makes a product, in second order it takes a third
    products = equations.turn_all.any() and (emitters > 2 or not second)
    if products or state.size > LARGEST:
        return None
    generator = _generator(equations, state.size)
    if np.abs(generator).sum(axis=1).max() * (times[-1] - begin) > LONGEST:
        return None
    first = np.append(_products(equations, state), 1.0)
    after = np.array([expm(generator * (time - begin)) @ first for time in times])
    return np.array([_products(equations, one, -1.0) for one in after[:, :-1]])


def _products(equations: Equations, state: Array, sign: float = 1.0) -> Array:
    """Return means and products of different emitters from means and correlations, or back."""
    m, c = equations.unpack(state)
    return pack(m, None if c is None else c + sign * np.multiply.outer(m, m) * equations.pairs)


def _generator(equations: Equations, size: int) -> Array:
    """Return the matrix that acts on means, products and 1."""

    def slope(values: Array) -> Array:
        state = _products(equations, values, -1.0)
        changes = equations.derivative(0.0, state)
        (m, c), (dm, dc) = equations.unpack(state), equations.unpack(changes)
        if c is None or dc is None:
            return changes
        both = np.multiply.outer(dm, m) + np.multiply.outer(m, dm)
        return pack(dm, dc + both * equations.pairs)

    found = np.zeros((size + 1, size + 1))
    found[:-1, -1] = slope(np.zeros(size))
    for k, one in enumerate(np.eye(size)):
        found[:-1, k] = slope(one) - found[:-1, -1]
    return found
