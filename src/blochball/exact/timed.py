"""The density matrix under a Protocol: Systems that change in time, and pulses.

Where nothing changes the evolution is by Krylov spaces, as for a System. Along a ramp the
Liouvillian is a polynomial in time, of first degree in all numbers but the weights of jumps, and is
integrated as it is, without steps of the envelope. (The phase of a chain is no such number: with it
the Liouvillian is made anew wherever it is asked for.) A pulse is the exponential of its
Hamiltonian.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
import xarray as xr
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike

from blochball import operators, ramps
from blochball.dataset import assemble
from blochball.exact import krylov, liouvillian, superoperators
from blochball.exact.expectations import Expectations
from blochball.exact.space import Floats, Space
from blochball.exact.state import State
from blochball.moments import KEPT
from blochball.protocol import Piece, Protocol, Rotation
from blochball.support import validation
from blochball.system import System


def solve(
    protocol: Protocol,
    times: ArrayLike,
    *,
    tolerance: float = liouvillian.TOLERANCE,
    memory_limit: float = liouvillian.MEMORY_LIMIT,
    initial: State | None = None,
    correlations: ArrayLike | None = None,
    moments: str = "first",
) -> xr.Dataset:
    """Integrate the master equation of a Protocol; see `blochball.exact.solve`.

    Parameters
    ----------
    protocol : Protocol
    times, tolerance, memory_limit, initial, correlations, moments
        As for `liouvillian.solve`. An output at the time of a pulse precedes it.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, and for what needs more than the memory limit.
    """
    started = time.perf_counter()
    owner = "exact.solve"
    validation.instance(owner, "system", protocol, Protocol)
    second = validation.choice(owner, "moments", moments, KEPT) != "first"
    times = validation.times(owner, times)
    tolerance = validation.real(owner, "tolerance", tolerance, 1e-14)
    kept = liouvillian.kept_times(times, correlations)
    whole = _whole(protocol, times[-1])
    operators.require(owner, "exact.liouvillian", whole)
    coherence = None if ramps.mixing(protocol) else liouvillian.coherence_of(whole, initial, second)
    space = liouvillian.space_for(owner, whole, coherence, memory_limit, initial)
    states = _Path(protocol, space, tolerance / len(protocol.pieces)).states(
        liouvillian.start_of(whole, space, initial), times
    )
    expectations, values = None, []
    last = None
    for now, state in zip(times, states, strict=True):
        system = protocol.at(now)
        # outputs are those of the weights at the time
        if expectations is None or [j.weights for j in system.jumps] != last:
            expectations = Expectations(system, space, pairs=bool(kept.size), kept=moments)
            last = [j.weights for j in system.jumps]
        values.append(expectations.of(state[None]))
    assert expectations is not None
    return assemble(
        protocol.initial,
        times,
        expectations.variables(np.concatenate(values), kept),
        times_kept=times[kept],
        method=liouvillian.METHOD,
        protocol=protocol.to_json(),
        unknowns=space.dimension,
        tolerance=tolerance,
        wall_time=time.perf_counter() - started,
    )


def obstacle(protocol: Protocol, memory_limit: float) -> str | None:
    """Say which term is not served, or with its memory that the Protocol is too large, or None."""
    whole = _whole(protocol)
    refused = operators.refusal("exact.liouvillian", whole)
    if refused is not None:
        return refused
    coherence = None if ramps.mixing(protocol) else liouvillian.coherence_of(whole, None)
    return liouvillian.too_large(whole, coherence, memory_limit)


def _whole(protocol: Protocol, end: float = 0.0) -> System:
    """Return a System with all the terms that there are at any time."""
    return protocol.mean(0, max(protocol.knots[-1], end) + 1)


class _Path:
    """What a Protocol does to the unknowns of a density matrix."""

    def __init__(self, protocol: Protocol, space: Space, tolerance: float) -> None:
        self.protocol, self.space, self.tolerance = protocol, space, tolerance

    def states(self, state: Floats, times: Floats) -> Iterator[Floats]:
        """Yield the unknowns at the output times."""
        return ramps.states(self.protocol, times, state, self._turned, self._along)

    def _turned(self, state: Floats, rotation: Rotation) -> Floats:
        """Return the state after a pulse."""
        pulse = ramps.pulse(self.protocol, rotation)
        generator = superoperators.liouvillian(pulse, self.space)
        angle = np.array([abs(rotation.angle)])
        (found,) = krylov.propagate(generator.__matmul__, state, angle, self.tolerance)
        return np.asarray(found[-1])

    def _along(self, piece: Piece, state: Floats, times: Floats) -> Iterator[Floats]:
        """Yield the unknowns at times within a piece, given those at its beginning."""
        past = times - piece.start
        parts = ramps.polynomials(piece)
        matrices = [superoperators.liouvillian(system, self.space) for _, system in parts]
        if len(parts) == 1:
            for some in krylov.propagate(matrices[0].__matmul__, state, past, self.tolerance):
                yield from some
            return
        length = piece.stop - piece.start
        powers = _powers([share for share, _ in parts], matrices)

        def slope(now: float, unknowns: Floats) -> Floats:
            if not powers:
                system = piece.at(piece.start + now)
                return np.asarray(superoperators.liouvillian(system, self.space) @ unknowns)
            share, total = now / length, np.zeros_like(unknowns)
            for matrix in reversed(powers):
                total = share * total + matrix @ unknowns
            return total

        # takes longer to import than this package
        from scipy.integrate import solve_ivp

        # the error of a step is compared with tolerance times what may be in one element
        allowed = self.tolerance / np.sqrt(self.space.dimension)
        found = solve_ivp(
            slope, (0, past[-1]), state, "DOP853", past, rtol=self.tolerance, atol=allowed
        )
        yield from found.y.T


def _powers(shares: list[Polynomial], matrices: list[sp.csr_array]) -> list[sp.csr_array]:
    """Return the coefficients of the powers in the sum of polynomials times matrices."""
    powers: list[sp.csr_array] = []
    for power in range(len(shares)):
        parts = [p.coef[power] * matrix for p, matrix in zip(shares, matrices, strict=True)]
        powers.append(sum(parts[1:], parts[0]).tocsr())
    return powers
