"""Lines: what the decay of a first-order correlation function says about its spectrum.

With <L^+(tau) L(0)> ~ exp((i position - width/2) tau) at late delays, the spectrum has a Lorentzian
of that full width at half maximum. Errors are propagated linearly from the covariance of real and
imaginary parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

SIGMA = 4.0  # standard errors that two rates may differ by to be one
EXACT = 1e-3  # share that numbers without errors may differ by
NODES = 8  # of Gauss-Legendre quadrature between two delays, and more where waves turn faster


@dataclass(frozen=True)
class Correlation:
    """A first-order correlation function without its coherent part.

    Attributes
    ----------
    delays : ndarray, shape (delays,)
    values : ndarray of complex, shape (delays,)
    covariance : ndarray, shape (2, delays, 2, delays), or None
        Of real and imaginary parts; None where nothing is sampled.
    """

    delays: Floats
    values: Complexes
    covariance: Floats | None

    def error(self, gradient: Complexes) -> Floats:
        """Return the standard error of Re(gradient . values), shape (...) of (..., delays).

        It is 0 where nothing is sampled.
        """
        if self.covariance is None:
            return np.zeros(gradient.shape[:-1])
        parts = np.stack([gradient.real, -gradient.imag], axis=-2)
        variance = np.einsum("...pk,pkql,...ql->...", parts, self.covariance, parts, optimize=True)
        return np.asarray(np.sqrt(np.maximum(variance, 0)))

    def rate(self, start: float, stop: float) -> tuple[complex, Complexes]:
        """Fit log(values) by a line between two delays.

        Returns
        -------
        rate : complex
            i position - width / 2.
        gradient : ndarray, shape (delays,)
            Of the rate by each of the values.
        """
        some = np.flatnonzero((self.delays >= start) & (self.delays <= stop))
        # errors of a logarithm are relative ones
        weight = np.ones(some.size)
        if self.covariance is not None:
            variance = np.einsum("pkpk->k", self.covariance)[some]
            weight = np.abs(self.values[some]) ** 2 / np.maximum(variance, 1e-300)
        centred = self.delays[some] - np.average(self.delays[some], weights=weight)
        slope = weight * centred / (weight @ centred**2)
        logarithm = np.log(np.abs(self.values)) + 1j * np.unwrap(np.angle(self.values))
        gradient = np.zeros(self.delays.size, dtype=np.complex128)
        gradient[some] = slope / self.values[some]
        return complex(slope @ logarithm[some]), gradient

    def sizes(self) -> Floats:
        """Return the standard error of each value, of both parts together; 0 without one."""
        if self.covariance is None:
            return np.zeros(self.delays.size)
        return np.asarray(np.sqrt(np.einsum("pkpk->k", self.covariance)))

    def differs(self, start: float, stop: float) -> bool:
        """Whether the values between two delays are seen not to be one exponential.

        The rates of the first and of the second half differ, or a value is off the line.
        """
        some = (self.delays >= start) & (self.delays <= stop)
        delays, values = self.delays[some], self.values[some]
        rate, _ = self.rate(start, stop)
        line = np.exp(rate * delays)
        # with the amplitude that fits best
        line = line * (np.vdot(line, values) / np.vdot(line, line))
        allowed = SIGMA * self.sizes()[some] + EXACT * np.abs(values[0])
        if (np.abs(values - line) > allowed).any():
            return True
        if delays.size < 4:
            return False
        middle = float(delays[delays.size // 2])
        (early, one), (late, other) = self.rate(start, middle), self.rate(middle, stop)
        change, gradient = early - late, one - other
        allowed = EXACT * abs(rate)
        return bool(
            abs(change.real) > SIGMA * self.error(gradient) + allowed
            or abs(change.imag) > SIGMA * self.error(-1j * gradient) + allowed
        )

    def every_second(self) -> Correlation:
        """Return the function at every second delay, and at the last."""
        some = np.unique(np.append(np.arange(0, self.delays.size, 2), self.delays.size - 1))
        return Correlation(self.delays[some], self.values[some], None)

    def spectrum(self, frequencies: Floats, tail: float | None) -> tuple[Floats, Complexes]:
        """Return 2 Re int exp(-i omega tau) of a cubic spline, and of an exponential beyond it.

        Parameters
        ----------
        frequencies : array, shape (frequencies,)
        tail : float or None
            Delay from which the decay is fitted that goes on after the last one; None ends there.

        Returns
        -------
        values : ndarray, shape (frequencies,)
        gradient : ndarray, shape (frequencies, delays)
            values = Re(gradient . values of the correlation), for changes of these.
        """
        from scipy.interpolate import CubicSpline  # and all that it imports: seldom needed

        nodes, weights = _quadrature(self.delays, float(np.abs(frequencies).max(initial=0)))
        basis = CubicSpline(self.delays, np.eye(self.delays.size))(nodes)
        waves = 2 * np.exp(-1j * np.outer(frequencies, nodes)) * weights
        gradient = waves @ basis
        found = (gradient @ self.values).real
        if tail is not None:
            last = float(self.delays[-1])
            rate, slope = self.rate(tail, last)
            wave = 2 * np.exp(-1j * frequencies * last) / (1j * frequencies - rate)
            found = found + (wave * self.values[-1]).real
            gradient[:, -1] += wave
            by_rate = wave * self.values[-1] / (1j * frequencies - rate)
            gradient += by_rate[:, None] * slope
        return found, gradient


def _quadrature(delays: Floats, fastest: float) -> tuple[Floats, Floats]:
    """Return nodes and weights between the delays."""
    more = int(np.ceil(fastest * np.diff(delays).max(initial=0) / 2))
    nodes, weights = np.polynomial.legendre.leggauss(NODES + more)
    middle, half = (delays[1:] + delays[:-1]) / 2, np.diff(delays) / 2
    return (middle[:, None] + np.outer(half, nodes)).ravel(), np.outer(half, weights).ravel()
