"""From a System to the arrays that the kernels read: what turns each Bloch vector, and how fast.

Every collective jump and every term of H that is linear in J rotates, dJ_l = omega_l x J_l; with
omega = omega_x + i omega_y (Stratonovich, unit complex white noise eta_k a jump):

====================================  ==========================================================
term                                  contribution to omega_l
====================================  ==========================================================
jump L = sum w_l J_l^-, rate G        w_l (sqrt(G) eta + i G sum_l' w_l'^* J_l'^+)
jump L = sum w_l J_l^+, rate G        w_l^* (sqrt(G) eta - i G sum_l' w_l' J_l'^+)
jump L = sum w_l J_l^z, rate G        omega_z += w_l sqrt(G) Re eta
H = sum (Omega_l J_l^+ + h.c.)        2 Omega_l^*
H = sum h_ll' J_l^+ J_l'^-            2 sum_l' h_ll'^* J_l'^+ , omega_z += h_ll
H = sum delta_l J_l^z                 omega_z += delta_l
H = sum h_la,mb J_l^a J_m^b           omega^a += 2 sum_mb h_la,mb J_m^b
jump L = sum c_la J_l^a, rate G       Re[c_la (sqrt(G) eta + i G L^*)]
====================================  ==========================================================

The exchange of a chain, sin(phase |l - l'|), is a sum of two fields that travel along the chain and
pick up exp(-i phase) from site to site; together with the two jumps of a waveguide only one of them
remains. Travelling fields ("guides") cost O(sites), jumps O(sites) each, a dense exchange
O(sites^2). So do spin couplings and jumps of several kinds (`blochball.twa.couplings`); with one
such jump all jumps are taken in that form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.operators import MasterEquation
from blochball.system import System
from blochball.terms import ChainExchange
from blochball.twa.local import Rates

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STRUCTURES = ("auto", "jumps", "dense")
STRONG = 4  # noise is strong from one over so many times the rate of the collective field


class Guides(NamedTuple):
    """Fields that travel along the chain; arrays with one row a guide.

    Attributes
    ----------
    gain : ndarray, shape (guides,)
        A site adds i gain J^+.
    cos, sin : ndarray, shape (guides,)
        Of the phase from site to site.
    jumps : ndarray of int, shape (guides, 2)
        Jumps whose noise enters from the left and from the right; -1 for none.
    left, right : ndarray, shape (guides, 2)
        Complex factor (two numbers) of that noise.
    """

    gain: Floats
    cos: Floats
    sin: Floats
    jumps: Ints
    left: Floats
    right: Floats


class Fields(NamedTuple):
    """Arrays that describe omega; K jumps, of which R act through their amplitude.

    Attributes
    ----------
    axis : ndarray, shape (3, sites)
        Constant part of omega.
    strength : ndarray, shape (jumps,)
        sqrt(G) of every jump.
    ranked : ndarray of int, shape (R,)
        Jumps of decay or pump that are not part of a guide.
    gains : ndarray, shape (R,)
        G for decay, -G for pump.
    weights_re, weights_im : ndarray, shape (R, sites)
        w for decay, w^* for pump.
    guides : Guides
    exchange_re, exchange_im : ndarray, shape (sites, sites) or (0, 0)
        2 h^*.
    turning : ndarray of int, shape (Z,)
        Jumps of dephasing.
    turning_weights : ndarray, shape (Z, sites)
    frame : ndarray, shape (2, sites)
        cos and sin of phase * l: in this rotating frame the right-moving field has no phase.
    planar : ndarray, shape (jumps, sites)
        G |w|^2 of decay and pump: the rate at which the noise of a jump turns a site, in the plane.
    axial : ndarray, shape (sites,)
        The sum of G |w|^2 of dephasing, whose noise turns about z.
    area : ndarray, shape (jumps, sites) or (0, sites)
        Where noise is strong: turn about z in a step, over the step, that replaces what two noises
        of a jump in the plane make as they do not commute.
    rates : Rates
        Sizes and local rates.
    limit : ndarray, shape (sites,)
        |J|^2 above which a trajectory is lost: far outside the ball, with room for its noise.
    """

    axis: Floats
    strength: Floats
    ranked: Ints
    gains: Floats
    weights_re: Floats
    weights_im: Floats
    guides: Guides
    exchange_re: Floats
    exchange_im: Floats
    turning: Ints
    turning_weights: Floats
    frame: Floats
    planar: Floats
    axial: Floats
    area: Floats
    rates: Rates
    limit: Floats

    @property
    def guided(self) -> bool:
        """Whether one travelling field and a constant in the x-y plane are all of omega."""
        guides = self.guides.gain
        alone = guides.size == 1 and self.ranked.size == self.exchange_re.size == 0
        planar = not self.axis[2].any() and self.turning.size == self.area.shape[0] == 0
        return bool(alone and planar and guides[0] > 0)


def fields_of(system: System, structure: str = "auto") -> Fields:
    """Translate a System, without what is in `couplings.couplings_of`.

    Parameters
    ----------
    system : System
    structure : {"auto", "jumps", "dense"}
        How much structure of the System to use: "auto" uses all that it declares; "jumps" keeps
        the jumps of a waveguide apart from its exchange; "dense" expands the exchange into a
        matrix, too. All three are the same physics and, from the same noise, the same trajectory
        to rounding.
    """
    sites, equation = system.sites, MasterEquation.of(system)
    kinds, rates = np.array([jump.kind for jump in system.jumps], dtype=str), equation.rates
    mixed = "mixed" in kinds
    # each jump of one kind has one column of weights only
    weights = np.zeros((rates.size, sites), complex) if mixed else equation.weights.sum(axis=-1)

    guides, taken = _guides(system, "jumps" if mixed and structure == "auto" else structure)
    exchange = np.zeros((0, 0), complex)
    if system.exchange is not None and (
        structure == "dense" or not isinstance(system.exchange, ChainExchange)
    ):
        matrix = equation.exchange_matrix
        if matrix.any():
            exchange = 2 * matrix.conj()

    ranked = np.array(
        [k for k in range(rates.size) if kinds[k] != "dephasing" and k not in taken], np.int64
    )
    turning = np.flatnonzero((kinds == "dephasing") & (rates > 0))
    if mixed:
        ranked, turning = ranked[:0], turning[:0]
    sign = np.where(kinds == "pump", -1.0, 1.0)
    amplitude = np.where((kinds == "pump")[:, None], weights.conj(), weights)
    ranked = ranked[rates[ranked] > 0]
    chain = system.exchange
    size = equation.sizes
    shaken = rates[:, None] * abs(weights) ** 2
    planar = np.where((kinds == "dephasing")[:, None], 0.0, shaken)
    angle = (chain.phase if isinstance(chain, ChainExchange) else 0.0) * np.arange(sites)
    return Fields(
        np.ascontiguousarray(equation.linear.T),
        np.sqrt(rates),
        ranked,
        (sign * rates)[ranked],
        np.ascontiguousarray(amplitude.real[ranked]),
        np.ascontiguousarray(amplitude.imag[ranked]),
        guides,
        np.ascontiguousarray(exchange.real),
        np.ascontiguousarray(exchange.imag),
        turning,
        np.ascontiguousarray(weights.real[turning]),
        np.stack([np.cos(angle), np.sin(angle)]),
        planar,
        (shaken - planar).sum(axis=0),
        np.zeros((rates.size, sites)) if mixed else _area(planar, sign, size),
        Rates(equation.sizes, *np.ascontiguousarray(equation.local.T)),
        (size / 2 + 10 * np.sqrt(size) + 10) ** 2,
    )


def _guides(system: System, structure: str) -> tuple[Guides, set[int]]:
    """Return the travelling fields, and the jumps that they replace.

    exchange + jumps of a waveguide: 2 h J^+ and i G sum cos(phase (l - l')) J^+ add up to one field
    of gain 2 h. The exchange alone: 2 h sin(x) = i h exp(-i x) - i h exp(i x). One uniform decay:
    a field without phase, into which its noise enters at one end.
    """
    # gain, phase, jumps at both ends, factors of their noise
    found: list[tuple[float, float, tuple[int, int], complex, complex]] = []
    taken: set[int] = set()
    chain = system.exchange
    if isinstance(chain, ChainExchange) and structure != "dense":
        h, phase = chain.strength, chain.phase
        pair = _waveguide_jumps(system, chain) if structure == "auto" else None
        if pair is None:
            found += [(h, phase, (-1, -1), 0, 0), (-h, -phase, (-1, -1), 0, 0)]
        else:
            left, right = np.exp(1j * phase), np.exp(1j * phase * system.sites)
            found.append((2 * h, phase, pair, left, right))
            taken.update(pair)
    if structure == "auto":
        for k, jump in enumerate(system.jumps):
            if jump.kind == "decay" and k not in taken and len(set(jump.weights)) == 1:
                w = jump.weights[0]
                found.append((jump.rate * abs(w) ** 2, 0.0, (k, -1), w, 0))
                taken.add(k)
    gain, phases, jumps, lefts, rights = zip(*found, strict=True) if found else ((),) * 5
    guides = Guides(
        np.array(gain, float),
        np.cos(np.array(phases, float)),
        np.sin(np.array(phases, float)),
        np.array(jumps, np.int64).reshape(-1, 2),
        _parts(lefts),
        _parts(rights),
    )
    return guides, taken


def _area(planar: Floats, sign: Floats, size: Floats) -> Floats:
    """Return `Fields.area`: empty where the collective field is four times as fast as its noise.

    For one site g noise a site, of all jumps together, would be missed; what the jumps share of it
    is what they would miss alone.
    """
    site = planar.sum(axis=0)
    net = abs((sign[:, None] * planar * size / 2).sum()) if sign.size else 0.0
    if site.max() <= net / STRONG:
        return np.zeros((0, size.size))
    alone = np.sqrt((planar**2).sum(axis=0))
    return 0.5 * planar * np.divide(site, alone, out=np.zeros_like(site), where=alone > 0)


def _parts(numbers: Sequence[complex]) -> Floats:
    """Return real and imaginary parts, shape (numbers, 2)."""
    found = np.array(numbers, complex)
    return np.stack([found.real, found.imag], axis=1)


def _waveguide_jumps(system: System, chain: ChainExchange) -> tuple[int, int] | None:
    """Find the jumps that complete the exchange to a waveguide: (forward, backward)."""
    wave = np.exp(-1j * chain.phase * np.arange(system.sites))
    found: list[int] = []
    for weights in (wave, wave.conj()):
        for k, jump in enumerate(system.jumps):
            if (
                k not in found
                and jump.kind == "decay"
                and jump.rate == chain.strength
                and np.allclose(jump.weights, weights, rtol=0, atol=1e-12)
            ):
                found.append(k)
                break
        else:
            return None
    return found[0], found[1]
