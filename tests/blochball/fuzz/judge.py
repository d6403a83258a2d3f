"""The 2^n program as a judge: what it says about states, steady states, two times and spectra."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.linalg import eig, expm

from blochball import System
from tests.blochball.exact.bruteforce import BruteForce

DENSE = 3  # emitters up to which generators are exponentiated and diagonalised as they are


class Undecided(Exception):
    """The judge cannot say."""


class Judge(BruteForce):
    """All that a theory is compared with; `system` is the System of which it speaks."""

    def __init__(self, system: System) -> None:
        super().__init__(system)
        self.dense = self.emitters <= DENSE

    @cached_property
    def fastest(self) -> float:
        """Upper bound on all rates: the 1-norm of the generator."""
        return float(abs(self.generator).sum(axis=0).max())

    def after(self, matrix, times):
        """exp(t L) matrix, shape (times, states, states)."""
        if not self.dense:
            return self.evolve(matrix, times)
        dense, state = self.generator.toarray(), matrix.ravel().astype(complex)
        return np.array([expm(dense * t) @ state for t in times]).reshape(-1, *matrix.shape)

    def solution(self, times):
        """Expectation values by name, as in a Dataset."""
        return self.expectations(self.after(self.initial, times))

    @cached_property
    def spectrum(self):
        """Eigenvalues of the generator, and left and right eigenvectors."""
        return eig(self.generator.toarray(), left=True)

    def limit(self):
        """Return the state at infinite time from the initial one; None if it has no limit.

        Raises
        ------
        Undecided
            If the slowest rates cannot be told from rounding.
        """
        values, left, right = self.spectrum
        size = abs(values.real) / self.fastest
        if ((size > 1e-13) & (size < 1e-9)).any():
            raise Undecided("the slowest rates are lost in rounding")
        lasting = size <= 1e-13
        # left eigenvectors of equal eigenvalues are no dual basis of the right ones as they stand
        right, left = right[:, lasting], left[:, lasting]
        share = np.linalg.solve(left.conj().T @ right, left.conj().T @ self.initial.ravel())
        still = abs(values[lasting]) < 1e-9 * self.fastest
        if abs(share[~still]).max(initial=0) > 1e-6:
            return None
        return (right[:, still] @ share[still]).reshape(self.states, self.states)

    def unique(self):
        """Say whether every initial state ends in the same one."""
        values = self.spectrum[0]
        return int((abs(values.real) < 1e-11 * self.fastest).sum()) == 1

    def lowering(self, weights):
        """L = sum_l w_l J_l^-."""
        return sum(w * self.collective("-", l) for l, w in enumerate(weights))

    def two_time(self, delays, time, weights):
        """<L^+(t + tau) L(t)>, <L^+(t) L^+(t + tau) L(t + tau) L(t)> and <L^+ L>."""
        low = self.lowering(weights)
        high = low.conj().T
        rho = self.after(self.initial, [time])[0]
        first = [self.mean(high, x) for x in self.after(low @ rho, delays)]
        second = [self.mean(high @ low, x).real for x in self.after(low @ rho @ high, delays)]
        return np.array(first), np.array(second), self.mean(high @ low, rho).real
