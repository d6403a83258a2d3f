"""Quantum-jump trajectories of several ensembles with coherence between them, or under a drive.

Between jumps a trajectory is a ket at fixed (J_1, ..., J_M), |psi> = sum c |J_1 M_1> ... |J_M M_M>;
collective jumps act on it as they are, local jumps of ensemble l take J_l to J_l + j and M_l to
M_l + q with the amplitudes of `dicke`, one jump operator for each (q, j). This is the unravelling
of the master equation (J. Dalibard, Y. Castin, K. Molmer, Phys. Rev. Lett. 68, 580 (1992)), and
density matrices of a definite J are all that it needs. Without drive and from a polarised state
the total M is definite as well: one ensemble's M then follows from those of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball import operators, ramps
from blochball.dataset import assemble
from blochball.exact import dicke, initial, ket_layout, superoperators
from blochball.exact import ket_kernels as kets
from blochball.exact import sampling as montecarlo
from blochball.moments import MOMENTS
from blochball.operators import CHANGES, MasterEquation
from blochball.protocol import Piece, Protocol
from blochball.support import validation
from blochball.support.statistics import Moments
from blochball.system import System
from blochball.terms import KINDS

BLOCK = 16  # trajectories
AMPLITUDES = 1_000_000  # of the largest ket
operators.declare(
    "exact.jumps",
    *operators.LOCAL,
    *operators.LINEAR,
    "exchange",
    "spin coupling",
    *operators.COLLECTIVE,
    "collective mixed",
    "dicke",
)


def obstacle(system: System | Protocol) -> str | None:
    """Say what is not served or why kets would be too large, or return None."""
    protocol = _protocol(system)
    for piece in protocol.pieces:
        for end in (piece.first, piece.last):
            refused = operators.refusal("exact.jumps", end)
            if refused is not None:
                return refused
        if not ramps.polynomials(piece):
            return "the phase of a chain changes along a ramp, and not by jumps"
    amplitudes = _amplitudes(protocol)
    if amplitudes <= AMPLITUDES:
        return None
    count = f"{amplitudes:,}" if amplitudes < 10**15 else "more than 1e15"
    return f"a trajectory needs {count} amplitudes, more than {AMPLITUDES:,}"


def solve(system: System | Protocol, times: ArrayLike, **options: Any) -> xr.Dataset:
    """Average over quantum-jump trajectories; options are those of `montecarlo.average`.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, and for a System whose kets are too large.
    """
    owner = "exact.solve"
    if not isinstance(system, Protocol):
        validation.instance(owner, "system", system, System)
    times = validation.times(owner, times)
    refused = obstacle(system)
    if refused is not None:
        raise ValueError(f"{owner}: jumps does not serve this system: {refused}")
    protocol = _protocol(system)
    sites, jumps = protocol.sites, len(protocol.initial.jumps)
    quantities = len(MOMENTS) * sites
    ket, spins, total = _start(protocol)
    legs = list(_legs(protocol, times))

    def trajectory(generator: np.random.Generator, out: NDArray[np.float64]) -> None:
        point = kets.Point(ket.copy(), spins.copy(), np.array([total], dtype=np.int64))
        done = 0
        for leg in legs:
            seen = np.empty((len(leg.times), out.shape[1]))
            kets.trajectory(*leg.models, point, leg.times, generator, seen)
            out[done : done + leg.kept] = seen[: leg.kept]
            done += leg.kept

    def moments(samples: NDArray[np.float64]) -> tuple[Moments, ...]:
        by_site = samples[..., :quantities].reshape(*samples.shape[:2], sites, len(MOMENTS))
        return Moments.of(by_site), Moments.of(samples[..., quantities:])

    def spread(found: tuple[Moments, ...]) -> float:
        inversion = found[0].stderr[..., MOMENTS.index("inversion")]
        return float((inversion / protocol.initial.column("size")).max())

    shape = (times.size, quantities + jumps)
    (by_site, outputs), about = montecarlo.average(
        trajectory, shape, BLOCK, moments, spread=spread, **options
    )
    means = {name: by_site.mean[..., k] for k, name in enumerate(MOMENTS)}
    if protocol is system:
        about["protocol"] = protocol.to_json()
    return assemble(
        protocol.initial,
        times,
        {**means, "output": outputs.mean},
        covariance=by_site.covariance,
        output_covariance=outputs.covariance,
        amplitudes=_amplitudes(protocol),
        **about,
    )


Models = tuple[ket_layout.Model, ket_layout.Ramp]
Word = tuple[tuple[int, int], tuple[int, int]]


# -- from a Protocol to arrays ---------------------------------------------------------------------


class Leg(NamedTuple):
    """A stretch of a trajectory: a System, times from its beginning, how many of them are kept."""

    models: Models
    times: NDArray[np.float64]
    kept: int


def _protocol(system: System | Protocol) -> Protocol:
    return system if isinstance(system, Protocol) else Protocol([(0.0, system)])


def _legs(protocol: Protocol, times: NDArray[np.float64]) -> Iterator[Leg]:
    """Yield what follows one another up to the last output; each output is in one of them."""
    follows = _follows(protocol)
    for piece in protocol.pieces:
        if piece.start > times[-1]:
            return
        models = _models(piece, follows)
        # what is recorded at a pulse precedes it; at a jump outputs are those of the weights after
        inside = times[(times >= piece.start) & (times < piece.stop)] - piece.start
        if piece.rotations and inside.size and inside[0] == 0:
            yield Leg(models, inside[:1], 1)
            inside = inside[1:]
        for rotation in piece.rotations:
            pulse = ramps.pulse(protocol, rotation)
            turning = _models(Piece(0.0, np.inf, pulse, pulse), follows)
            yield Leg(turning, np.array([abs(rotation.angle)]), 0)
        ends = [piece.stop - piece.start] if piece.stop <= times[-1] else []
        if inside.size or ends:
            yield Leg(models, np.concatenate([inside, ends]), inside.size)


def _follows(protocol: Protocol) -> int:
    """Return the site whose M follows from the total, -1 if the total is not definite."""
    if ramps.mixing(protocol) or not protocol.initial.diagonal:
        return -1
    return int(np.argmax(protocol.initial.column("size")))


def _amplitudes(protocol: Protocol) -> int:
    follows = _follows(protocol)
    return prod(e.size + 1 for l, e in enumerate(protocol.initial.ensembles) if l != follows)


def _start(protocol: Protocol) -> tuple[NDArray[np.complex128], NDArray[np.int64], int]:
    """Return the initial ket, twice the J of each ensemble, and twice the total M."""
    follows = _follows(protocol)
    ket: NDArray[np.complex128] = np.ones(1, dtype=np.complex128)
    total = 0
    for l, ensemble in enumerate(protocol.initial.ensembles):
        # digits of the kernels count upwards from -J
        up = initial.ket(ensemble)[::-1]
        total += 2 * int(np.argmax(np.abs(up))) - (len(up) - 1)
        if l != follows:
            ket = np.kron(ket, up).astype(np.complex128)
    spins = [e.size if e.dicke is None else 2 * e.dicke[0] for e in protocol.initial.ensembles]
    room = np.zeros(_amplitudes(protocol), dtype=np.complex128)
    room[: ket.size] = ket
    return room, np.rint(spins).astype(np.int64), total


def _models(piece: Piece, follows: int) -> Models:
    """Return a piece of a Protocol as the kernels take it."""
    shares, nodes = zip(*ramps.polynomials(piece), strict=True)
    words = list(dict.fromkeys(word for system in nodes for word in _terms(system)))
    models = [_model(system, follows, words) for system in nodes]
    # by power of time; of a constant piece there is one, whatever its length
    factors = np.array([share.coef for share in shares]).T
    if len(factors) > 1:
        factors = factors / (piece.stop - piece.start) ** np.arange(len(factors))[:, None]

    def slopes(name: str) -> NDArray[Any]:
        """Return the coefficients of the powers from the first on."""
        values = np.array([getattr(model, name) for model in models])
        found = [np.tensordot(row, values, 1) for row in factors[1:]]
        return np.array(found, values.dtype).reshape(len(found), *values.shape[1:])

    first = {}
    for name in ("rates", "jump_rates", "weights"):
        found = slopes(name)
        first[name] = found[0] if len(found) else np.zeros(found.shape[1:], found.dtype)
    changes = {name: slopes(name) for name in ("loss", "cross", "coefficient")}
    return models[0], ket_layout.Ramp(**changes, **first)


def _model(system: System, follows: int, words: Sequence[Word]) -> ket_layout.Model:
    """Return a System as the kernels take it, with some terms at least."""
    equation = MasterEquation.of(system)
    sizes = equation.sizes.astype(np.int64)
    longest = int(sizes.max())
    # diagonal of K at each site, axes (N - 2J)/2 and J + M
    diagonal = np.zeros((system.sites, longest // 2 + 1, longest + 1), dtype=np.complex128)
    for l, size in enumerate(sizes):
        for k, spin in enumerate(dicke.spins(size)):
            m = np.arange(round(2 * spin) + 1) - spin
            diagonal[l, k, : len(m)] = superoperators.at_site(equation, l, 0, spin, m)
    cross = np.zeros((system.sites, system.sites), dtype=np.complex128)
    for l, p, k, q, coefficient in superoperators.between(equation):
        if p == q == 0:
            cross[l, k] = coefficient
    terms = _terms(system)
    # a jump of several kinds leaves no M definite: what it changes the total by does not matter
    changes = [
        CHANGES[KINDS.index(jump.kind)] if jump.kind in KINDS else 0 for jump in system.jumps
    ]
    return ket_layout.Model(
        sizes,
        follows,
        diagonal,
        cross,
        np.array(words, dtype=np.int64).reshape(-1, 2, 2),
        np.array([terms.get(word, 0) for word in words], dtype=np.complex128),
        equation.local,
        equation.rates,
        np.array(changes, dtype=np.int64),
        equation.weights,
    )


def _terms(system: System) -> dict[Word, complex]:
    """Return the terms of -i H_eff off its diagonal, by their words in `ket_layout.Model`."""
    equation = MasterEquation.of(system)
    terms: dict[Word, complex] = {
        ((l, p), (k, q)): coefficient
        for l, p, k, q, coefficient in superoperators.between(equation)
        if (p, q) != (0, 0)
    }
    linear, pairs = equation.effective
    for l, p in product(range(system.sites), CHANGES):
        if p:
            terms[(l, p), (-1, 0)] = linear[l, 1 + p]
        for q in CHANGES:
            if p + q:
                terms[(l, p), (l, q)] = pairs[l, 1 + p, l, 1 + q]
    return {word: coefficient for word, coefficient in terms.items() if coefficient}
