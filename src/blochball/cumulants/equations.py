"""The cumulant equations of first and second order, and their integration.

Every emitter has its own Pauli vector; the emitters of one ensemble are alike, so there is one
mean ``m_l^a = <sigma_l^a>`` a site and one correlation ``c_{ll'}^{ab} = <sigma_l^a sigma_l'^b> -
m_l^a m_l'^b`` a pair of sites, of two *different* emitters, with a, b = x, y, z. Order 1 sets the
correlations to zero, order 2 the third cumulants.

A collective jump ``sum_n v_n . sigma_n`` (v complex, one vector a site) and the exchange enter by

    K_{ll'}^{ab} = sum_k rate_k v_{kl}^a conj(v_{kl'}^b) ,     G_{ll'}^{ab} (exchange, real)

of which ``F = G - Im K`` turns emitter n about the vector ``2 F sigma_n'`` of every other emitter
n', and ``Re K`` is the noise that two emitters share. The Heisenberg equations are then::

    d sigma_n = A sigma_n + b + 2 sum_{n' != n} (F_{nn'} sigma_n') x sigma_n
    d (sigma_n sigma_m) = (d sigma_n) sigma_m + sigma_n (d sigma_m)
                          + 4 Re K_{nm}^{ab} (e_a x sigma_n) (e_b x sigma_m) ,

operator products of one emitter being symmetrised. A, b hold what acts on each emitter alone, the
emitter's own part of the collective jumps included. Nothing here assumes a phase symmetry: drive,
tilted initial states, unequal sizes and complex weights are all served by the same few lines.

References: Kubo, J. Phys. Soc. Jpn. 17, 1100 (1962) for cumulants; Meiser, Ye, Carlson & Holland,
Phys. Rev. Lett. 102, 163601 (2009) for the superradiant laser; Plankensteiner, Hotter & Ritsch,
Quantum 6, 617 (2022) for the general scheme.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blochball import operators
from blochball.ensemble import Ensemble
from blochball.moments import SECOND
from blochball.operators import TABLE, VECTORS, MasterEquation
from blochball.support import progress, validation
from blochball.system import System
from blochball.terms import AXES, KINDS

Array = NDArray[np.float64]

operators.declare(
    "cumulants",
    *operators.LOCAL,
    *operators.LINEAR,
    "exchange",
    "spin coupling",
    *operators.COLLECTIVE,
    "collective mixed",
    *operators.STATES,
)
_EPSILON = np.zeros((3, 3, 3))
_EPSILON[[0, 1, 2], [1, 2, 0], [2, 0, 1]] = 1
_EPSILON[[0, 2, 1], [2, 1, 0], [1, 0, 2]] = -1

# spin correlations are bounded by 1; far outside the truncation has failed for good
_DIVERGED = 100.0
# as a share of the time: rounding errors of it, over which nothing happens and LSODA makes no step
_NO_TIME = 1e-15


def start(owner: str, system: System, order: int, times: int = 1) -> tuple[Equations, Array]:
    """Return the equations of a System and its initial state; `times` of them are to be held."""
    operators.require_system(owner, system)
    operators.require(owner, "cumulants", system)
    if isinstance(order, bool) or not isinstance(order, int | np.integer) or order not in (1, 2):
        raise ValueError(f"{owner}: order must be 1 or 2, got {validation.shown(order)}")
    means = 3 * system.sites
    variables = means + (means * (means + 1) // 2 if order == 2 else 0)
    # F, F times N, the exchange, a dozen arrays like F at work; the path
    validation.memory(owner, "system", 144.0 * system.sites**2 + (12.0 + times) * variables)
    m, c = initial_moments(system)
    if order == 2:
        return Equations.of(system), pack(m, c)
    if c.any():
        argument = operators.STATES[operators.states_of(system)[-1]]
        raise ValueError(
            f"{owner}: order must be 2 for the initial state of {argument}, got 1, which has no "
            "correlations of emitters"
        )
    return Equations.of(system), pack(m, None)


def initial_moments(system: System) -> tuple[Array, Array]:
    """Return m and c at time 0."""
    m = np.zeros((system.sites, 3))
    total = np.zeros((system.sites, 3, system.sites, 3))
    for chance, start in system.parts:
        one = np.array([_mean(ensemble) for ensemble in start])
        pairs = np.multiply.outer(one, one)
        for l, ensemble in enumerate(start):
            if ensemble.dicke is not None:
                pairs[l, :, l] = _pair(ensemble)
        m += chance * one
        total += chance * pairs
    # not a difference of equal numbers where emitters are independent
    plain = not {"dicke", "mixture"} & set(operators.states_of(system))
    c = np.zeros_like(total) if plain else total - np.multiply.outer(m, m)
    return m, c * ~np.diag(system.column("size") == 1)[:, None, :, None]


def _direction(ensemble: Ensemble) -> Array:
    # sin(pi) is not quite zero, and would seed what the symmetry forbids
    tilt = 0.0 if ensemble.diagonal else np.sin(ensemble.polar)
    azimuth = ensemble.azimuth
    return np.array([tilt * np.cos(azimuth), tilt * np.sin(azimuth), np.cos(ensemble.polar)])


def _mean(ensemble: Ensemble) -> Array:
    """Pauli vector of an emitter at time 0, shape (3,)."""
    length = ensemble.length
    if ensemble.dicke is not None:
        length = 2 * ensemble.dicke[1] / ensemble.size
    return length * _direction(ensemble)


def _pair(ensemble: Ensemble) -> Array:
    """<sigma^a sigma'^b> of two emitters in a Dicke state, shape (3, 3)."""
    assert ensemble.dicke is not None
    (spin, m), size = ensemble.dicke, ensemble.size
    if size == 1:
        return np.zeros((3, 3))
    # 4 <J_a J_b> = N + N (N - 1) <sigma_a sigma'_b> for a = b
    along, across = (
        (4 * square - size) / (size * (size - 1))
        for square in (m**2, (spin * (spin + 1) - m**2) / 2)
    )
    n = _direction(ensemble)
    return np.asarray(across * np.eye(3) + (along - across) * np.outer(n, n))


@dataclass(frozen=True)
class Equations:
    """Equations of motion of means m (sites, 3) and correlations c (sites, 3, sites, 3).

    A flat state holds m and the upper triangle of c, which is symmetric: an antisymmetric part
    means nothing, and the truncated equations would let it grow from rounding.

    Attributes
    ----------
    drift, pull : array, shapes (sites, 3, 3) and (sites, 3)
        A and b: what acts on each emitter alone.
    turn : array, shape (sites, 3, sites, 3)
        F: emitter of the first site is turned about 2 F sigma by another one of the second site.
    turn_all : array, shape as `turn`
        F times the number of such other emitters.
    kicks : array, shape (noises, sites, 3, 3)
        Matrices X_k with sum_k X_kl sigma_l (X_kl' sigma_l')^T the shared noise of a pair.
    pairs : array of bool, shape (sites, 1, sites, 1)
        False where a site has no two different emitters.
    """

    drift: Array
    pull: Array
    turn: Array
    turn_all: Array
    kicks: Array
    pairs: NDArray[np.bool_]

    @classmethod
    def of(cls, system: System) -> Equations:
        """Derive the coefficients from the System."""
        equation = MasterEquation.of(system)
        sites = np.arange(system.sites)
        # a collective spin is half the sum of Pauli vectors
        vectors = equation.vectors / 2
        kossakowski = np.zeros((system.sites, 3, system.sites, 3), dtype=complex)
        for rate, v in zip(equation.rates, vectors, strict=True):
            kossakowski += rate * np.multiply.outer(v, v.conj())
        turn = equation.quadratic / 2 - kossakowski.imag

        alone = kossakowski[sites, :, sites, :]
        for rates, kind in zip(equation.local.T, TABLE.values(), strict=True):
            vector = kind.local * np.array(kind.vector)
            alone += np.multiply.outer(rates, np.outer(vector, vector.conj()))
        field = equation.linear / 2
        trace = np.trace(alone, axis1=1, axis2=2).real[:, None, None]
        drift = 2 * (alone.real - trace * np.eye(3) + _cross(field))
        pull = -2 * np.einsum("cab,lab->lc", _EPSILON, alone.imag)

        size = system.column("size")
        turn_all = turn * size[:, None]
        turn_all[sites, :, sites, :] -= turn[sites, :, sites, :]
        # Re K is the sum over the real and the imaginary part of every jump
        amplitudes = [np.sqrt(rate) * v for rate, v in zip(equation.rates, vectors, strict=True)]
        parts = [part for v in amplitudes for part in (v.real, v.imag) if part.any()]
        kicks = np.array([2 * _cross(part) for part in parts])
        pairs = ~np.diag(size == 1)[:, None, :, None]
        return cls(drift, pull, turn, turn_all, kicks, pairs)

    def unpack(self, state: Array) -> tuple[Array, Array | None]:
        """Split a flat state into m and c; c is None in first order."""
        n = self.pull.size
        m, half = state[:n].reshape(self.pull.shape), state[n:]
        if half.size == 0:
            return m, None
        c = np.empty((n, n))
        upper = _upper(n)
        c[upper] = half
        c.T[upper] = half
        return m, c.reshape(self.turn.shape)

    def derivative(self, _: float, state: Array) -> Array:
        """Time derivative of a flat state."""
        m, c = self.unpack(state)
        # the mean field of all the other emitters
        mean_drift = self.drift + 2 * _cross(np.tensordot(self.turn_all, m))
        dm = np.einsum("lce,le->lc", mean_drift, m) + self.pull
        if c is None:
            return np.asarray(dm.ravel())
        n = m.size
        pulled = (self.turn_all.reshape(n, n) @ c.reshape(n, n)).reshape(c.shape)
        dm += 2 * np.einsum("cae,lale->lc", _EPSILON, pulled)
        dc = self._one_sided(m, c, mean_drift, pulled)
        dc = dc + _swap(dc)
        total = np.multiply.outer(m, m) + c
        for kick in self.kicks:
            dc += _swap(_apply(kick, _swap(_apply(kick, total))))
        dc *= self.pairs
        return pack(dm, dc)

    def response(self, m: Array) -> Array:
        """Mean-field derivative of dm by m, shape (sites, 3, sites, 3)."""
        sites = np.arange(len(m))
        found = -2 * _apply(_cross(m), self.turn_all)
        found[sites, :, sites, :] += self.drift + 2 * _cross(np.tensordot(self.turn_all, m))
        return found

    def _one_sided(self, m: Array, c: Array, mean_drift: Array, pulled: Array) -> Array:
        """<(d sigma_l) sigma_l'> less the product of means; the other side is its transpose."""
        own = np.einsum("lalb->lab", c)
        # what the sums over all others hold too much: the partner l', whose products are exact
        # (sigma^b sigma^d symmetrised is 1 if b = d) instead of closed by cumulants
        partner = np.einsum("lamb,mbd->lamd", self.turn, own)
        dc = _apply(mean_drift, c) - 2 * _apply(_cross(m), pulled - partner + self.turn)
        field = np.einsum("lamb,mb->lam", self.turn, m)
        turned = np.einsum("cae,lam->lcem", _EPSILON, field)
        torque = np.einsum("lcem,lemb->lcmb", turned, np.multiply.outer(m, m) + c)
        pair = np.einsum("lamb,lemb->laem", self.turn, c)
        torque += np.einsum("cae,laem->lcm", _EPSILON, pair)[..., None] * m
        dc -= 2 * torque
        return dc


@lru_cache(maxsize=8)
def _upper(n: int) -> tuple[NDArray[np.intp], ...]:
    return np.triu_indices(n)


def pack(m: Array, c: Array | None) -> Array:
    """Return the flat state of m and c: inverse of `Equations.unpack`."""
    if c is None:
        return m.ravel()
    n = m.size
    return np.concatenate([m.ravel(), c.reshape(n, n)[_upper(n)]])


def turned(state: tuple[Array, Array | None], matrices: Array) -> tuple[Array, Array | None]:
    """Return m and c after turns of the Pauli vectors of each site, shape (sites, 3, 3)."""
    m, c = state
    if c is not None:
        c = _swap(_apply(matrices, _swap(_apply(matrices, c))))
    return np.einsum("lab,lb->la", matrices, m), c


def observables(system: System, m: Array, c: Array | None, kept: str = "first") -> dict[str, Array]:
    """Return what the Dataset holds at one time, from m and c (None: no correlations).

    `kept` is "first", "second" or "pairs", as `moments` of `cumulants.solve`.
    """
    sites, size = np.arange(system.sites), system.column("size")
    spins = products(system, m, c)
    own = spins[sites, :, sites, :]
    minus = VECTORS[KINDS.index("decay")]
    spin = size[:, None] * m / 2
    found = {
        "inversion": spin[:, 2],
        "spin_x": spin[:, 0],
        "spin_y": spin[:, 1],
        "emission": np.einsum("a,b,lab->l", minus.conj(), minus, own).real / 4,
        "spin_squared": np.einsum("laa->l", own).real / 4,
    }
    vectors = MasterEquation.of(system).vectors
    found["output"] = np.array(
        [np.einsum("la,mb,lamb->", v.conj(), v, spins, optimize=True).real / 4 for v in vectors]
    )
    second = spins.real.transpose(0, 2, 1, 3) / 4
    if kept != "first":
        for name in SECOND:
            a, b = (AXES.index(axis) for axis in name[-2:])
            found[name] = second[sites, sites, a, b]
    if kept == "pairs":
        found["pair_product"] = second
    return found


def products(system: System, m: Array, c: Array | None) -> NDArray[np.complex128]:
    """Return <S_l^a S_l'^b>, shape (sites, 3, sites, 3), S the sum of a site's Pauli matrices."""
    sites, size = np.arange(system.sites), system.column("size")
    total = np.multiply.outer(m, m) + (0 if c is None else c)
    spins = (total * np.multiply.outer(size, size)[:, None, :, None]).astype(complex)
    same = size * (size - 1)
    spins[sites, :, sites, :] = total[sites, :, sites, :] * same[:, None, None]
    spins[sites, :, sites, :] += size[:, None, None] * (
        np.eye(3) + 1j * np.einsum("abc,lc->lab", _EPSILON, m)
    )
    return spins


def _cross(vectors: Array) -> Array:
    """Matrices of the cross product with each vector, shape (sites, 3, 3)."""
    return np.asarray(np.einsum("cae,la->lce", _EPSILON, vectors))


def _apply(matrices: Array, c: Array) -> Array:
    """Act with one matrix a site on the first emitter of each pair."""
    sites = len(c)
    return np.asarray((matrices @ c.reshape(sites, 3, 3 * sites)).reshape(c.shape))


def _swap(c: Array) -> Array:
    """Exchange the two emitters of each pair."""
    return c.transpose(2, 3, 0, 1)


def integrate(
    owner: str,
    derivative: Callable[[float, Array], Array],
    state: Array,
    times: Array,
    integrator: str = "LSODA",
    rtol: float = 1e-9,
    atol: float = 1e-12,
    begin: float = 0.0,
    most: int | None = None,
) -> Array:
    """Return the states at `times`, shape (times, variables), from that at time `begin`.

    After more than `most` evaluations of the derivative it gives up.
    """
    if times[-1] - begin <= _NO_TIME * times[-1]:
        return np.tile(state, (times.size, 1))
    # takes longer to import than this package
    from scipy.integrate import solve_ivp

    def diverged(now: float, y: Array) -> float:
        progress.report((now - begin) / (times[-1] - begin))
        return _DIVERGED - float(np.abs(y).max())

    diverged.terminal = True  # type: ignore[attr-defined]
    evaluations = count()

    def counted(now: float, y: Array) -> Array:
        if next(evaluations) == most:
            raise ArithmeticError(
                f"{owner}: the truncated equations do not come to rest: they still move at time "
                f"{now:.3g}"
            )
        return derivative(now, y)

    options: dict[str, Any] = {"method": integrator, "rtol": rtol, "atol": atol}
    with np.errstate(over="ignore", invalid="ignore"):
        found = solve_ivp(
            counted, (begin, times[-1]), state, t_eval=times, events=diverged, **options
        )
    if found.status != 0:
        reached = found.t_events[0][0] if found.t_events[0].size else None
        why = found.message if reached is None else f"correlations diverge at time {reached:g}"
        raise ArithmeticError(f"{owner}: the truncated equations have no solution here ({why})")
    return np.asarray(found.y.T)
