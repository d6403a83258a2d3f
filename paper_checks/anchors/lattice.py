"""Eq. (8) against what it is derived from: emitters in a lattice of coupled resonators.

One excitation in an infinite chain of resonators of frequency 0 and hopping rate one, some of which
host an emitter with coupling g. Resonators beyond the outermost hosts are replaced by their
self-energy at the emitters' frequency, so that light that gets there is gone.
"""

from __future__ import annotations

from math import pi, sin

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from blochball import System, models
from paper_checks import quantity
from paper_checks.curves import Array
from paper_checks.quantity import Quantity
from workflow.results import Results

Complex = NDArray[np.complex128]
HOSTS, SPACING = 4, 3  # resonators with an emitter, and how far apart they are
WAVE = 0.3 * pi  # wave number of light of the emitters' frequency
COUPLINGS = (0.025, 0.05, 0.1, 0.2)  # g in units of the hopping
TIMES = np.linspace(0, 4, 41)  # in units of the lifetime of one emitter


def bad_cavity(results: Results) -> dict[str, Quantity]:
    """Largest difference over time between the emitters' amplitudes in the lattice and in Eq. (8).

    Of the emitter that is excited at first and of all others; for the weakest coupling, and its
    exponent against the coupling.
    """
    system = models.waveguide_chain(HOSTS, 1, SPACING * WAVE, pump=0.0)
    expected = np.array([expm(-1j * effective(system) * time)[:, 0] for time in TIMES])
    errors = []
    for coupling in COUPLINGS:
        off = np.abs(amplitudes(coupling) - expected).max()
        errors.append(Quantity(off, methods=frozenset({"lattice", "Eq. (8)"})))
    each = zip(COUPLINGS, errors, strict=True)
    shown = ", ".join(f"{error.value:.2g} at g = {g:g}" for g, error in each)
    return {
        "difference": errors[0].noted(shown),
        "exponent": quantity.power_law(COUPLINGS, errors),
    }


def effective(system: System) -> Complex:
    """Return H - (i/2) sum of rate L*L for one excitation among single emitters: Eq. (8)."""
    exchange = system.exchange
    assert exchange is not None
    place = np.arange(system.sites)
    distance = np.abs(place[:, None] - place)
    matrix = exchange.strength * np.sin(exchange.phase * distance).astype(complex)
    for jump in system.jumps:
        weights = np.asarray(jump.weights)
        matrix -= 0.5j * jump.rate * np.outer(weights.conj(), weights)
    return matrix


def amplitudes(coupling: float) -> Array:
    """Return the amplitudes of all emitters at TIMES, of the first excited one; (times, emitters).

    The frequency of the emitters is that of light with the wave number WAVE, the lifetime of one
    is sin(WAVE) / g^2.
    """
    resonators = (HOSTS - 1) * SPACING + 1
    energy = -2 * np.cos(WAVE)
    matrix = np.zeros((resonators + HOSTS, resonators + HOSTS), complex)
    chain = matrix[:resonators, :resonators]
    chain -= np.eye(resonators, k=1) + np.eye(resonators, k=-1)
    for end in (0, -1):
        chain[end, end] -= np.exp(1j * WAVE)  # of what is beyond
    for emitter in range(HOSTS):
        matrix[resonators + emitter, resonators + emitter] = energy
        host = emitter * SPACING
        matrix[host, resonators + emitter] = matrix[resonators + emitter, host] = coupling
    lifetime = sin(WAVE) / coupling**2
    matrix -= energy * np.eye(len(matrix))
    return np.array(
        [expm(-1j * matrix * time * lifetime)[resonators:, resonators] for time in TIMES]
    )
