"""Permutation-invariant states |J M><J M'| and what one-emitter jumps do to them.

For N emitters J = N/2, N/2 - 1, ..., 0 or 1/2. A local jump of the kind q = -1, 0, +1 (decay,
dephasing, pump) summed over the emitters takes |J M><J M'| to |J+j, M+q><J+j, M'+q|, j = -1, 0, 1,
with coefficient ``branching(j) * amplitude(q, j, M) * amplitude(q, j, M')``; see Chase & Geremia,
Phys. Rev. A 78, 052101 (2008), and Shammah et al., Phys. Rev. A 98, 063815 (2018). The emitter's
operator is sigma^- , sigma^z (not half of it) or sigma^+.

All functions take floats or arrays that broadcast, and compile under numba as they stand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, xlogy


def spins(size: int) -> NDArray[np.float64]:
    """Return the total spins J of `size` emitters, from size/2 down, shape (size//2 + 1,)."""
    return np.asarray(size / 2 - np.arange(size // 2 + 1), dtype=np.float64)


def branching(j, size, spin):
    """Weight c_j of the transition J -> J + j under a local jump of `size` emitters in Eq. (3)."""
    # at J = 0 every amplitude that meets the singular factor vanishes; any finite value will do
    safe = np.maximum(spin, 0.5)
    if j == 0:
        return (size / 2 + 1) / (2 * safe * (safe + 1))
    if j == -1:
        return (size / 2 + spin + 1) / (2 * safe * (2 * safe + 1))
    return (size / 2 - spin) / (2 * (spin + 1) * (2 * spin + 1))


def amplitude_squared(q, j, spin, m):
    """Square of the amplitude f(M) of a local jump q from |J M> to J + j, M + q."""
    if q == 0:
        if j == 0:
            return 4 * m * m
        if j == -1:
            return 4 * (spin + m) * (spin - m)
        return 4 * (spin + m + 1) * (spin - m + 1)
    # decay is pump seen upside down
    n = q * m
    if j == 0:
        return (spin - n) * (spin + n + 1)
    if j == -1:
        return (spin - n) * (spin - n - 1)
    return (spin + n + 1) * (spin + n + 2)


def amplitude(q, j, spin, m):
    """Amplitude f(M) of a local jump, signed where the sign depends on M (q = j = 0): Eq. (3)."""
    if q == 0 and j == 0:
        return 2 * m
    return np.sqrt(amplitude_squared(q, j, spin, m))


def local_loss(q, size, m):
    """Total rate of a local jump out of |J M>, per unit rate; equal to the sum over j."""
    if q == 0:
        return size + 0 * m
    return size / 2 - q * m


def ladder_squared(q, spin, m):
    """Square of <J, M+q| J^q |J M>: collective decay, dephasing (J^z) and pump."""
    if q == 0:
        return m * m
    return (spin - q * m) * (spin + q * m + 1)


def coherent_amplitudes(size: int, polar: float, azimuth: float) -> NDArray[np.complex128]:
    """Amplitudes of a coherent spin state on |N/2 M>, M from N/2 down, shape (size + 1,).

    Every emitter is in cos(polar/2) |up> + exp(i azimuth) sin(polar/2) |down>, so that the Bloch
    vector is N/2 (sin polar cos azimuth, sin polar sin azimuth, cos polar).
    """
    down = np.arange(size + 1)
    # logarithms, because binomials overflow near N = 1000
    choose = gammaln(size + 1) - gammaln(down + 1) - gammaln(size - down + 1)
    cosine, sine = np.cos(polar / 2), np.sin(polar / 2)
    length = np.exp(choose / 2 + xlogy(size - down, abs(cosine)) + xlogy(down, abs(sine)))
    sign = np.sign(cosine) ** (size - down) * np.sign(sine) ** down
    return np.asarray(length * sign * np.exp(1j * azimuth * down), dtype=np.complex128)
