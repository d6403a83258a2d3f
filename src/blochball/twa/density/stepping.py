"""Steps of the moments of splines: rational approximations of exp(t G), and how long they are."""

from __future__ import annotations

from collections.abc import Callable
from math import factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.interpolate import BPoly
from scipy.sparse.linalg import SuperLU

from blochball.support import progress
from blochball.support.sparse import factorised

Floats = NDArray[np.float64]
_DEGREE = 4  # of the denominator
_LOOSE = 64.0  # by which a pair of steps may miss the tolerance of a step twice as long
_FIRST = 1 / 32  # first step, in units of the fastest rate
_LONGEST = 1e6  # implicit steps towards the steady state, in the same unit


def poles(degree: int) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Return poles z and residues c of the Pade approximation of exp with degree - 1 over degree.

    exp(x) = sum c / (x - z) up to x^(2 degree); it vanishes at infinity and is below one on the
    left of the imaginary axis, so that what decays fast does so without ringing.
    """
    n = degree

    def share(j: int, top: int) -> float:
        return (
            factorial(2 * n - 1 - j)
            / (factorial(2 * n - 1) * factorial(j))
            * (factorial(top) / factorial(top - j))
        )

    above = np.polynomial.Polynomial([share(j, n - 1) for j in range(n)])
    below = np.polynomial.Polynomial([share(j, n) * (-1) ** j for j in range(n + 1)])
    z = below.roots().astype(np.complex128)
    return z, above(z) / below.deriv()(z)


class Seen(NamedTuple):
    """Means of what is watched after every step, to which no accuracy is owed.

    Attributes
    ----------
    places : array, shape (places,)
        Times.
    values : array, shape (places, watched)
    """

    places: Floats
    values: Floats


class Propagator:
    """The moments P_i(t) = E[B_i] of all splines B_i, which obey dP/dt = (M^-1 K)^T P.

    A state is w with P = M^T w.

    Parameters
    ----------
    mass, generator : sparse arrays
        M, the integrals of B_i B_j, and K, those of B_i G B_j.
    fastest : float
        Rate that sets the first step.
    """

    def __init__(self, mass: sparse.csr_array, generator: sparse.csr_array, fastest: float) -> None:
        self.mass, self.generator, self.fastest = mass, generator, fastest
        self._solvers: dict[float, list[tuple[SuperLU, complex]]] = {}

    def state(self, moments: Floats) -> Floats:
        """Return w for given moments of the splines."""
        return np.asarray(factorised(self.mass.T).solve(moments))

    def step(self, state: Floats, duration: float) -> Floats:
        """Advance a state; its error is of the eighth order in the duration."""
        if duration not in self._solvers:
            for known in sorted(self._solvers, key=lambda d: abs(np.log(d / duration)))[2:]:
                del self._solvers[known]  # steps change by factors of two
            self._solvers[duration] = [
                (factorised((duration * self.generator - z * self.mass).T), 2 * c)
                for z, c in zip(*poles(_DEGREE), strict=True)
                if z.imag > 0  # they come in conjugate pairs
            ]
        right = (self.mass.T @ state).astype(np.complex128)
        parts = [(c * solver.solve(right)).real for solver, c in self._solvers[duration]]
        return np.asarray(sum(parts))

    def derivatives(self, functions: Floats) -> Floats:
        """Return f, G f and G^2 f as what gives their means from a state, (splines, 3, functions).

        `functions` are coefficients of splines, shape (splines, functions).
        """
        solver, levels = factorised(self.mass), [functions]
        for _ in range(2):
            levels.append(solver.solve(self.generator @ levels[-1]))
        return np.stack([self.mass @ level for level in levels], axis=1)

    def means(
        self,
        moments: Floats,
        functions: Floats,
        scale: Floats,
        times: Floats,
        tolerance: float,
        watched: Floats,
    ) -> tuple[Floats, Seen]:
        """Return means of functions at all times, (times, functions), and those of what is watched.

        Two steps are compared with one twice as long, in every mean and its derivative and in what
        an interpolation of fifth degree makes of the middle.

        Parameters
        ----------
        moments : array, shape (splines,)
            E[B_i] at time 0.
        functions : array, shape (splines, functions)
            Coefficients of the functions.
        scale : array, shape (functions,)
            Errors are relative to it.
        times : array, shape (times,)
        tolerance : float
            Of a step.
        watched : array, shape (splines, watched)
            Coefficients of more functions.
        """
        weights, watching = self.derivatives(functions), self.mass @ watched

        def look(state: Floats) -> Floats:
            return np.asarray(np.tensordot(state, weights, axes=(0, 0)))

        state, at = self.state(moments), 0.0
        places, values, seen = [at], [look(state)], [state @ watching]
        if self.fastest == 0 or times[-1] == 0:
            still = np.repeat(values[0][:1], times.size, axis=0)
            return still, Seen(np.array(places), np.array(seen))
        step = shortest = _FIRST / self.fastest
        while places[-1] < times[-1]:
            middle = self.step(state, step)
            end, coarse = self.step(middle, step), look(self.step(state, 2 * step))
            pair = [look(middle), look(end)]
            guess = _hermite([at, at + 2 * step], [values[-1], coarse])(at + step)
            misses = [pair[1][0] - coarse[0], step * (pair[1][1] - coarse[1]), pair[0][0] - guess]
            error = float(np.max(np.abs(misses) / scale))
            if error > _LOOSE * tolerance and step > shortest / 64:
                step /= 2
                continue
            places += [at + step, at + 2 * step]
            values += pair
            seen += [middle @ watching, end @ watching]
            state, at = end, at + 2 * step
            progress.report(at / times[-1])
            step *= 2 if error < tolerance else 1
        return _hermite(places, values)(times), Seen(np.array(places), np.array(seen))

    def settled(
        self, moments: Floats, functions: Floats, scale: Floats, tolerance: float, watched: Floats
    ) -> tuple[Floats, Floats]:
        """Return means of functions and of what is watched in the state that the moments end in.

        Raises
        ------
        ArithmeticError
            If they still change.
        """
        weights = self.mass @ functions
        state = self.state(moments)
        watching = self.mass @ watched
        if self.fastest == 0:
            return np.asarray(state @ weights), np.asarray(state @ watching)
        solver = factorised((self.mass - _LONGEST / self.fastest * self.generator).T)
        # the splines add up to one; of so long a step, rounding leaves a drift of what is conserved
        total = self.mass.sum(axis=1)
        norm, values = state @ total, state @ weights
        for _ in range(100):
            state = solver.solve(self.mass.T @ state)
            state *= norm / (state @ total)
            before, values = values, state @ weights
            if np.max(np.abs(values - before) / scale) < tolerance:
                return np.asarray(values), np.asarray(state @ watching)
        raise ArithmeticError("the means still change")


def _hermite(places: list[float], values: list[Floats]) -> Callable[[float | Floats], Floats]:
    """Interpolate by polynomials of fifth degree from values and two derivatives."""
    return BPoly.from_derivatives(places, np.array(values))
