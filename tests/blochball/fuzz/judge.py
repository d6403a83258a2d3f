"""The 2^n program as a judge: what it says about states, steady states, two times and spectra."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.linalg import eig, expm

from blochball import System
from tests.blochball.exact.bruteforce import BruteForce

DENSE = 3  # emitters up to which generators are exponentiated and diagonalised as they are
STEP = 10.0  # of Taylor series, in units of the largest rate


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
        state = matrix.ravel().astype(complex)
        if self.dense:
            dense = self.generator.toarray()
            found = [expm(dense * t) @ state for t in times]
        else:
            found, now = [], 0.0
            for t in times:
                state, now = self._carried(state, t - now), t
                found.append(state)
        return np.reshape(found, (-1, *matrix.shape))

    def _carried(self, state, time):
        """exp(t L) state by its Taylor series; rounding is up to exp(STEP) times as large."""
        steps = int(np.ceil(time * self.fastest / STEP))
        for _ in range(steps):
            term, order = state, 0
            while order < STEP or abs(term).max() > 1e-18 * abs(state).max():
                order += 1
                term = self.generator @ term * (time / steps / order)
                state = state + term
        return state

    def solution(self, times):
        """Expectation values by name, as in a Dataset."""
        return self.expectations(self.after(self.initial, times))

    @cached_property
    def spectrum(self):
        """Eigenvalues of the generator, and left and right eigenvectors."""
        return eig(self.generator.toarray(), left=True)

    def limit(self):
        """Return the state at infinite time from the initial one; None if it has no limit."""
        return self.ended(self.initial)

    def ended(self, matrix):
        """Return what a matrix ends in; None if it turns for ever.

        Raises
        ------
        Undecided
            If the slowest rates cannot be told from rounding.
        """
        if not self.fastest:
            return matrix
        values, left, right = self.spectrum
        size = abs(values.real) / self.fastest
        if ((size > 1e-13) & (size < 1e-9)).any():
            raise Undecided("the slowest rates are lost in rounding")
        lasting = size <= 1e-13
        # left eigenvectors of equal eigenvalues are no dual basis of the right ones as they stand
        right, left = right[:, lasting], left[:, lasting]
        share = np.linalg.solve(left.conj().T @ right, left.conj().T @ matrix.ravel())
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
        flux = high @ low
        first = [self.mean(high, x) for x in self.after(low @ rho, delays)]
        second = [self.mean(flux, x).real for x in self.after(low @ rho @ high, delays)]
        return np.array(first), np.array(second), self.mean(flux, rho).real

    def spectrum_of_light(self, frequencies, weights):
        """2 Re tr L^+ (i omega - generator)^-1 (L - <L>) rho in the state that is ended in."""
        low, rho = self.lowering(weights), self.limit()
        source = (low @ rho - self.mean(low, rho) * rho).ravel()
        generator, one, high = self.generator.toarray(), np.eye(len(source)), low.conj().T
        found = []
        for w in frequencies:
            x = np.linalg.lstsq(1j * w * one - generator, source)[0].reshape(rho.shape)
            # of what is stationary the source holds nothing, and so does the solution
            found.append(2 * self.mean(high, x - self.ended(x)).real)
        return np.array(found)
