"""From a System to the arrays that the kernels read: what rotates each Bloch vector, and how fast.

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
====================================  ==========================================================

The exchange of a chain, sin(phase |l - l'|), is a sum of two fields that travel along the chain and
pick up exp(-i phase) from site to site; together with the two jumps of a waveguide only one of them
remains. Travelling fields ("guides") cost O(sites), jumps O(sites) each, a dense exchange
O(sites^2).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.support import validation
from blochball.system import ChainExchange, System

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FORMS = ("auto", "jumps", "dense")


class Fields(NamedTuple):
    """Arrays that describe omega; K jumps, of which R act through their amplitude.

    Attributes
    ----------
    axis : ndarray, shape (3, sites)
        Constant part of omega.
    noise : ndarray, shape (jumps,)
        sqrt(G) of every jump.
    ranked : ndarray of int, shape (R,)
        Jumps of decay or pump that are not part of a guide.
    gains : ndarray, shape (R,)
        G for decay, -G for pump.
    weights_re, weights_im : ndarray, shape (R, sites)
        w for decay, w^* for pump.
    guides : ndarray, shape (guides, 7)
        Gain, cos phase, sin phase, and twice a complex factor (two numbers) of the noise that
        enters from the left and from the right.
    inputs : ndarray of int, shape (guides, 2)
        Jumps whose noise enters from the left and from the right; -1 for none.
    exchange_re, exchange_im : ndarray, shape (sites, sites) or (0, 0)
        2 h^*.
    turning : ndarray of int, shape (Z,)
        Jumps of dephasing.
    turning_weights : ndarray, shape (Z, sites)
    frame : ndarray, shape (2, sites)
        cos and sin of the angle that turns J^+ of a site to where a field that travels along the
        chain from its first site has no phase left to pick up.
    """

    axis: Floats
    noise: Floats
    ranked: Ints
    gains: Floats
    weights_re: Floats
    weights_im: Floats
    guides: Floats
    inputs: Ints
    exchange_re: Floats
    exchange_im: Floats
    turning: Ints
    turning_weights: Floats
    frame: Floats

    @property
    def guided(self) -> bool:
        """Whether one travelling field and a constant in the x-y plane are all of omega."""
        alone = self.guides.shape[0] == 1 and self.ranked.size == self.exchange_re.size == 0
        planar = not self.axis[2].any() and self.turning.size == 0
        return bool(alone and planar and self.guides[0, 0] > 0)


def fields_of(system: System, form: str = "auto") -> Fields:
    """Translate a System.

    Parameters
    ----------
    system : System
    form : {"auto", "jumps", "dense"}
        "auto" uses all structure that the System declares; "jumps" keeps the jumps of a waveguide
        apart from its exchange; "dense" expands the exchange into a matrix, too. All three are the
        same physics and, from the same noise, the same trajectory to rounding.
    """
    validation.choice("twa.solve", "form", form, FORMS)
    sites = system.sites
    weights = np.array([j.weights for j in system.jumps], complex).reshape(-1, sites)
    rates = np.array([jump.rate for jump in system.jumps], float)
    kinds = np.array([jump.kind for jump in system.jumps], dtype=str)

    axis = np.zeros((3, sites))
    rotation = 2 * system.drive_vector.conj()
    axis[0], axis[1], axis[2] = rotation.real, rotation.imag, system.column("detuning")

    guides, inputs, taken = _guides(system, form)
    exchange = np.zeros((0, 0), complex)
    if system.exchange is not None and (
        form == "dense" or not isinstance(system.exchange, ChainExchange)
    ):
        matrix = system.exchange_matrix
        axis[2] += matrix.diagonal().real
        if matrix.any():
            exchange = 2 * matrix.conj()

    ranked = np.array(
        [k for k in range(rates.size) if kinds[k] != "dephasing" and k not in taken], np.int64
    )
    turning = np.flatnonzero((kinds == "dephasing") & (rates > 0))
    sign = np.where(kinds == "pump", -1.0, 1.0)
    amplitude = np.where((kinds == "pump")[:, None], weights.conj(), weights)
    ranked = ranked[rates[ranked] > 0]
    chain = system.exchange
    angle = (chain.phase if isinstance(chain, ChainExchange) else 0.0) * np.arange(sites)
    return Fields(
        axis,
        np.sqrt(rates),
        ranked,
        (sign * rates)[ranked],
        np.ascontiguousarray(amplitude.real[ranked]),
        np.ascontiguousarray(amplitude.imag[ranked]),
        np.array(guides, float).reshape(-1, 7),
        np.array(inputs, np.int64).reshape(-1, 2),
        np.ascontiguousarray(exchange.real),
        np.ascontiguousarray(exchange.imag),
        turning,
        np.ascontiguousarray(weights.real[turning]),
        np.stack([np.cos(angle), np.sin(angle)]),
    )


def _guides(system: System, form: str) -> tuple[list[list[float]], list[tuple[int, int]], set[int]]:
    """Return the travelling fields, the jumps whose noise enters them, and the jumps they replace.

    exchange + jumps of a waveguide: 2 h J^+ and i G sum cos(phase (l - l')) J^+ add up to one field
    of gain 2 h. The exchange alone: 2 h sin(x) = i h exp(-i x) - i h exp(i x). One uniform decay:
    a field without phase, into which its noise enters at one end.
    """
    guides: list[list[float]] = []
    inputs: list[tuple[int, int]] = []
    taken: set[int] = set()
    chain = system.exchange
    if isinstance(chain, ChainExchange) and form != "dense":
        h, c, s = chain.strength, np.cos(chain.phase), np.sin(chain.phase)
        pair = _waveguide_jumps(system, chain) if form == "auto" else None
        if pair is None:
            guides += [[h, c, s, 0, 0, 0, 0], [-h, c, -s, 0, 0, 0, 0]]
            inputs += [(-1, -1)] * 2
        else:
            left = np.exp(1j * chain.phase)
            right = np.exp(1j * chain.phase * system.sites)
            guides.append([2 * h, c, s, left.real, left.imag, right.real, right.imag])
            inputs.append(pair)
            taken.update(pair)
    if form == "auto":
        for k, jump in enumerate(system.jumps):
            if jump.kind == "decay" and k not in taken and len(set(jump.weights)) == 1:
                w = jump.weights[0]
                guides.append([jump.rate * abs(w) ** 2, 1, 0, w.real, w.imag, 0, 0])
                inputs.append((k, -1))
                taken.add(k)
    return guides, inputs, taken


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
