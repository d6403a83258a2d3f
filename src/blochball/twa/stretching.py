"""How far a cloud is stretched around the sphere where little damps it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from blochball.operators import MasterEquation
from blochball.protocol import Piece, Protocol
from blochball.system import System
from blochball.twa.lanes import LANES
from blochball.twa.pilot import Pilot, shaken
from blochball.twa.plan import Plan
from blochball.twa.timed import Floats, segments

NEAR = 1e-5  # radians between neighbours, at most
# what ends interference, times the duration of a run, beyond which too little of it is left
ENDED = 3.0
# of these rates, three times as much does no more: dephasing, which tells no emitter of another
# one, and N times a collective rate, which is as fast only while a burst lasts
SLOW = 3.0
# turning by coupled spins over all dissipation: below it a cloud is stretched by a burst, in which
# noise has the last word
COHERENT = 2.0


def stretched(protocol: Protocol, plan: Plan) -> float:
    """Return how far the cloud is stretched at most, in units of the radius N/2, by neighbours.

    Trajectories are run beside others with the same noise that start up to `NEAR` away, in any
    direction; what their distance, root mean square, grows by stretches a round cloud of width
    sqrt(N)/2 along with it. Where a run carries on, what both stretch together is at most the
    product.
    """
    system, begun = protocol.initial, plan.initial
    pair = [Pilot(system, plan.structure, plan.seed, begun) for _ in range(2)]
    _part(pair[1])
    first = last = _distance(pair)
    for segment in segments(protocol, plan.times, plan.schedule):
        piece = Piece(0.0, math.inf, segment.system, segment.system, segment.rotations)
        for pilot in pair:
            pilot.enter(piece)
            pilot.advance(segment.step, segment.number)
        last = max(last, _distance(pair))
    before = 0.0 if begun is None else begun.stretched
    return last / first * (before or float(system.column("size").mean()) ** -0.5)


def _vectors(pilot: Pilot) -> Floats:
    """Return a view of the Bloch vectors, shape (sites, 3, LANES)."""
    return pilot.lanes.vectors[0, :, : 3 * LANES].reshape(-1, 3, LANES)


def _part(pilot: Pilot) -> None:
    """Turn every vector of a pilot by `NEAR`, each lane in a direction of its own.

    Over lanes, the directions of a site are uniform and those of different sites uncorrelated.
    """
    vectors = _vectors(pilot)
    x, y, z = vectors.swapaxes(0, 1)
    azimuth, polar = np.arctan2(y, x), np.arctan2(np.hypot(x, y), z)
    lane, site = np.arange(LANES), np.arange(len(vectors))[:, None]
    angle = np.pi / LANES * lane * (2 * site + 1)
    # so much towards growing polar angle and so much towards growing azimuth
    south, east = np.cos(angle), np.sin(angle)
    flat = south * np.cos(polar)
    move = [
        flat * np.cos(azimuth) - east * np.sin(azimuth),
        flat * np.sin(azimuth) + east * np.cos(azimuth),
        -south * np.sin(polar),
    ]
    vectors += NEAR * np.linalg.norm(vectors, axis=1, keepdims=True) * np.stack(move, axis=1)


def _distance(pair: Sequence[Pilot]) -> float:
    return float(np.linalg.norm(_vectors(pair[0]) - _vectors(pair[1])))


def left(protocol: Protocol, until: float) -> float:
    """Return what dissipation leaves of interference of what couplings have stretched, about.

    0 where it is next to nothing, where dissipation is as fast as the couplings, and where there
    are none.
    """
    fast, slow, coherent = _rates(protocol, until)
    ended = fast + slow / SLOW
    if ended > ENDED or coherent <= COHERENT * (fast + slow):
        return 0.0
    return math.exp(-ended)


def damping(protocol: Protocol, until: float) -> float:
    """Return the sum of all rates of dissipation over time, those of jumps as fast as can be."""
    return sum(_rates(protocol, until)[:2])


def _rates(protocol: Protocol, until: float) -> Floats:
    """Return fast and slow dissipation, and turning by other spins, summed over time."""
    total = np.zeros(3)
    for piece in protocol.pieces:
        length = min(piece.stop, until) - piece.start
        if length > 0:
            total += length * (_rates_of(piece.first) + _rates_of(piece.last)) / 2
    return total


def _rates_of(system: System) -> Floats:
    equation, column = MasterEquation.of(system), system.column
    # what a jump lets grow or decay; none if it is Hermitian, which only shakes
    gains = np.linalg.norm(np.cross(equation.vectors.real, equation.vectors.imag), axis=-1)
    fast = float((column("decay") + column("pump") + shaken(system)).max())
    slow = 4 * float(column("dephasing").max()) + float(equation.rates @ gains @ equation.sizes)
    form = equation.quadratic.transpose(0, 2, 1, 3).copy()
    own = np.arange(system.sites)
    # |J|^2 turns nothing
    form[own, own] -= np.trace(form[own, own], axis1=1, axis2=2)[:, None, None] / 3 * np.eye(3)
    coherent = float((np.linalg.norm(form, 2, axis=(2, 3)) @ equation.sizes).max())
    return np.array([fast, slow, coherent])
