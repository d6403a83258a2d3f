"""How far a cloud is stretched around the sphere where little damps it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from blochball.operators import MasterEquation
from blochball.protocol import Piece, Protocol, Rotation
from blochball.system import System
from blochball.twa.initial import beside
from blochball.twa.lanes import LANES
from blochball.twa.pilot import Pilot, steady_rate
from blochball.twa.plan import Plan
from blochball.twa.timed import Floats, segments, turn

NEAR = 1e-5  # radians between neighbours


def stretched(protocol: Protocol, plan: Plan) -> float:
    """Return how far the cloud is stretched at most, in units of the radius N/2, by neighbours.

    Trajectories are run beside others with the same noise that start `NEAR` away; what their
    distance, root mean square, grows by stretches a cloud of width sqrt(N)/2 along with it. Where a
    run carries on, what both stretch together is at most the product.
    """
    system, begun = protocol.initial, plan.initial
    starts = (system, beside(system, NEAR)) if begun is None else (system, system)
    pair = [Pilot(start, plan.structure, plan.seed, begun) for start in starts]
    if begun is not None:
        vectors = pair[1].lanes.vectors
        turn(vectors, _aside(vectors))
    first = last = _distance(pair)
    for segment in segments(protocol, plan.times, plan.schedule):
        piece = Piece(0.0, math.inf, segment.system, segment.system, segment.rotations)
        for pilot in pair:
            pilot.enter(piece)
            pilot.advance(segment.step, segment.number)
        last = max(last, _distance(pair))
    before = 0.0 if begun is None else begun.stretched
    return last / first * (before or float(system.column("size").mean()) ** -0.5)


def _aside(vectors: Floats) -> list[Rotation]:
    """Return small turns of every site about an axis across its mean vector, in a plane with z."""
    means = vectors[0, :, : 3 * LANES].reshape(-1, 3, LANES).mean(axis=2)
    found = []
    for l, (x, y, _) in enumerate(means.tolist()):
        across = (-y, x, 0.0) if math.hypot(x, y) > 0 else (0.0, 1.0, 0.0)
        found.append(Rotation(NEAR, across, [l]))
    return found


def _distance(pair: Sequence[Pilot]) -> float:
    one, other = (pilot.lanes.vectors[0, :, : 3 * LANES] for pilot in pair)
    return float(np.linalg.norm(one - other))


def damping(protocol: Protocol, until: float) -> float:
    """Return the sum of all rates of dissipation over time, those of jumps as fast as can be."""
    total = 0.0
    for piece in protocol.pieces:
        length = min(piece.stop, until) - piece.start
        if length > 0:
            total += length * (_damping(piece.first) + _damping(piece.last)) / 2
    return total


def _damping(system: System) -> float:
    equation = MasterEquation.of(system)
    squares = (np.abs(equation.vectors) ** 2).sum(axis=-1)
    return steady_rate(system) + float(equation.rates @ squares @ system.column("size"))
