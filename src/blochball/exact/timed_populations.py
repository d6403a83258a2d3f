"""Populations p(J, M) under a Protocol: rates that jump or change along ramps, and half turns.

Where nothing changes it is uniformization, as for a System; along a ramp it is the same series with
the Taylor coefficients of the rates (see `uniformization`). Errors are those of rounding.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike, NDArray

from blochball import ramps
from blochball.dataset import assemble
from blochball.exact import symmetric, uniformization
from blochball.exact.populations import METHOD, correlation_of, variables_of
from blochball.protocol import Piece, Protocol, Rotation
from blochball.support import validation

Floats = NDArray[np.float64]
_HALF_TURN = 1e-12  # what -1 or 1 may lack in the turn of a pulse

__all__ = ["obstacle", "solve"]


class State(NamedTuple):
    """What is known at a time: <M>, <M^2> and <J(J+1)>; the populations at the end of a piece."""

    means: Floats
    populations: Floats


def obstacle(protocol: Protocol) -> str | None:
    """Say why coherence forms under the Protocol, or return None."""
    for piece in protocol.pieces:
        for system in (piece.first, piece.last):
            refused = symmetric.obstacle(system)
            if refused is not None:
                return refused
        for rotation in piece.rotations:
            if abs(abs(rotation.matrix[2, 2]) - 1) > _HALF_TURN:
                return "a pulse that turns z neither into z nor into -z creates coherence"
            on = range(protocol.sites) if rotation.sites is None else rotation.sites
            if _upside_down(rotation) and len(on) not in (0, protocol.sites):
                return "a pulse tells the ensembles apart"
    return None


def solve(
    protocol: Protocol,
    times: Floats,
    *,
    memory_limit: float | None = None,
    tolerance: float = 1e-12,
    correlations: ArrayLike | None = None,
) -> xr.Dataset:
    """Solve for the populations of a Protocol; see `populations.solve` and `exact.solve`.

    Parameters
    ----------
    protocol : Protocol
    times, memory_limit, tolerance, correlations
        As for `populations.solve`. An output at the time of a pulse precedes it.
    """
    owner = "exact.solve"
    started = time.perf_counter()
    validation.real(owner, "tolerance", tolerance, 1e-12)
    kept = np.empty(0, dtype=np.intp)
    if correlations is not None:
        kept = validation.among(owner, "correlations", correlations, times)
    states = uniformization.count(protocol.initial.emitters)
    # up to nine grids along a ramp, half of each of which is rim
    validation.memory(owner, "size (of the ensembles)", 18.0 * states, memory_limit)
    path = _Path(owner, memory_limit)
    start = uniformization.initial(symmetric.reduce(protocol.initial))
    found = ramps.states(
        protocol,
        times,
        State(uniformization.means_of(start), start),
        path.turned,
        path.along,
    )
    means = np.array([state.means for state in found])
    parts = [
        variables_of(protocol.at(now), row[None]) for now, row in zip(times, means, strict=True)
    ]
    variables = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    if kept.size:
        variables["correlation"] = correlation_of(protocol.initial, means[kept])
    return assemble(
        protocol.initial,
        times,
        variables,
        times_kept=times[kept],
        method=METHOD,
        protocol=protocol.to_json(),
        steps=path.powers,
        states=states,
        wall_time=time.perf_counter() - started,
    )


def _upside_down(rotation: Rotation) -> bool:
    return bool(rotation.matrix[2, 2] < 0)


class _Path:
    """What a Protocol does to populations."""

    def __init__(self, owner: str, memory_limit: float | None) -> None:
        self.owner, self.memory_limit, self.powers = owner, memory_limit, 0

    def turned(self, state: State, rotation: Rotation) -> State:
        """Return the state after a pulse."""
        if not _upside_down(rotation):
            return state
        return State(state.means, uniformization.flipped(state.populations))

    def along(self, piece: Piece, state: State, times: Floats) -> Iterator[State]:
        """Yield the states at times within a piece; the last one has the populations then."""
        past = times - piece.start
        # the rates up to the last of the times
        share = 1.0 if piece.constant else past[-1] / (piece.stop - piece.start)
        rates = [rate(Polynomial([0.0, share])) for rate in _rates(piece)]
        table = uniformization.coefficients(rates)
        if len(table) == 1:
            means, powers, p = uniformization.constant(
                self.owner, state.populations, table[0], past, self.memory_limit, ending=True
            )
        else:
            means, powers, p = uniformization.changing(state.populations, rates, past)
        self.powers += powers
        for row in means:
            yield State(row, p)


def _rates(piece: Piece) -> list[Polynomial]:
    """Return each rate as a polynomial of the share of the piece that has passed."""
    # an exchange among emitters that are all alike does nothing to populations
    ends = [replace(system, exchange=None) for system in (piece.first, piece.last)]
    plain = replace(piece, first=ends[0], last=ends[1])
    total = [Polynomial([0.0])] * 5
    for share, system in ramps.polynomials(plain):
        values = uniformization.rates(system).tolist()
        total = [rate + value * share for rate, value in zip(total, values, strict=True)]
    return total
