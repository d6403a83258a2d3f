"""Eq. (8) against what it is derived from: emitters in a lattice of coupled resonators.

One excitation in a chain of resonators of frequency 0 and hopping rate one, some of which host an
emitter with coupling g. Resonators beyond the outermost hosts are replaced by their self-energy at
the emitters' frequency, so that light that gets there is gone: as good as an infinite chain up to
corrections of the order of what is measured, a tenth of it.
"""

from __future__ import annotations

from math import pi, sin

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from blochball import System, models
from paper_checks import quantity
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


def directions(results: Results) -> dict[str, Quantity]:
    """Share of the light to the right, of one excitation with the phases of the printed drive.

    By the jump L_F as printed, and in the note by the one with the opposite phases, over that in
    the lattice.
    """
    place = np.arange(HOSTS)
    start = np.exp(1j * SPACING * WAVE * place) / np.sqrt(HOSTS)
    right, left = leaving(COUPLINGS[0], start)
    share = right / (right + left)
    system = models.waveguide_chain(HOSTS, 1, SPACING * WAVE, pump=0.0)
    fine = np.linspace(0, 20, 2001)
    states = np.array([expm(-1j * effective(system) * time) @ start for time in fine])
    printed, other = (
        np.trapezoid(np.abs(states @ np.exp(sign * 1j * SPACING * WAVE * place)) ** 2, fine) / 2
        for sign in (1, -1)
    )
    of_printed, of_other = (rate / (printed + other) / share for rate in (printed, other))
    note = f"{share:.3f} in the lattice; {of_other:.4f} of it by the jump with the opposite phases"
    methods = frozenset({"lattice", "Eq. (8)"})
    return {"L_F as printed / lattice": Quantity(of_printed, note=note, methods=methods)}


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


def amplitudes(coupling: float) -> Complex:
    """Return the amplitudes of all emitters at TIMES, the first excited; (times, emitters)."""
    matrix, resonators, lifetime = hamiltonian(coupling)
    return np.array(
        [expm(-1j * matrix * time * lifetime)[resonators:, resonators] for time in TIMES]
    )


def leaving(coupling: float, start: Complex) -> tuple[float, float]:
    """Return how much light of emitters with these amplitudes ends on the right and on the left."""
    matrix, resonators, lifetime = hamiltonian(coupling)
    state = np.concatenate([np.zeros(resonators), start])
    fine = np.linspace(0, 20 * lifetime, 4001)
    step = expm(-1j * matrix * fine[1])
    flux = np.zeros((fine.size, 2))
    for row in flux:
        # the current into a lead is the imaginary part of its self-energy
        row[:] = 2 * np.sin(WAVE) * np.abs(state[[resonators - 1, 0]]) ** 2
        state = step @ state
    right, left = np.trapezoid(flux, fine, axis=0)
    return float(right), float(left)


def hamiltonian(coupling: float) -> tuple[Complex, int, float]:
    """Return the Hamiltonian of resonators and emitters, how many resonators, and the lifetime.

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
        host = emitter * SPACING
        matrix[resonators + emitter, resonators + emitter] = energy
        matrix[host, resonators + emitter] = matrix[resonators + emitter, host] = coupling
    return matrix - energy * np.eye(len(matrix)), resonators, sin(WAVE) / coupling**2
