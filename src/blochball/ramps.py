"""What a master equation does under a Protocol, for theories that integrate it as it is.

A piece of a Protocol is one of three: constant, a ramp along which everything is a polynomial of
time, or a change of a phase, which is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from blochball.operators import MasterEquation
from blochball.protocol import Piece, Protocol, Rotation
from blochball.support import progress
from blochball.system import Ensemble, System

Floats = NDArray[np.float64]
State = TypeVar("State")


def states(
    protocol: Protocol,
    times: Floats,
    state: State,
    turned: Callable[[State, Rotation], State],
    along: Callable[[Piece, State, Floats], Iterator[State]],
) -> Iterator[State]:
    """Yield the state at each output time; at the time of a pulse the one before it.

    Parameters
    ----------
    protocol : Protocol
    times : array, shape (times,)
        Increasing.
    state
        At time 0.
    turned : callable
        From a state and a pulse to the state after it.
    along : callable
        From a piece, the state at its beginning and increasing times in it to the states then.
    """
    end = float(times[-1]) or 1.0
    for piece in protocol.pieces:
        # an output at the end of a piece precedes the pulses of the next one
        outputs = times[(times > piece.start) & (times <= piece.stop)]
        if piece.start == 0 and times[0] == 0:
            yield state
        passed, after = (min(edge / end, 1.0) for edge in (piece.start, piece.stop))
        with progress.portion(passed, passed):
            for rotation in piece.rotations:
                state = turned(state, rotation)
        if piece.stop > times[-1]:
            if outputs.size:
                with progress.portion(passed, after):
                    yield from along(piece, state, outputs)
            return
        ended = outputs.size and outputs[-1] == piece.stop
        later = along(piece, state, outputs if ended else np.append(outputs, piece.stop))
        with progress.portion(passed, after):
            for k, state in enumerate(later):
                if k < outputs.size:
                    yield state


def mixing(protocol: Protocol) -> bool:
    """Say whether coherences of different order mix at any time, by pulses or otherwise."""
    pulses = (rotation for piece in protocol.pieces for rotation in piece.rotations)
    if any(rotation.axis[0] or rotation.axis[1] for rotation in pulses):
        return True
    ends = (system for piece in protocol.pieces for system in (piece.first, piece.last))
    return any(MasterEquation.of(system).order_step for system in ends)


def pulse(protocol: Protocol, rotation: Rotation) -> System:
    """Return a System that does what a pulse does, in a time of the magnitude of its angle."""
    sites = range(protocol.sites) if rotation.sites is None else rotation.sites
    x, y, z = math.copysign(1, rotation.angle) * np.array(rotation.axis)
    on = np.isin(np.arange(protocol.sites), sites)
    ensembles = [
        Ensemble(ensemble.size, detuning=z if here else 0.0)
        for ensemble, here in zip(protocol.initial.ensembles, on, strict=True)
    ]
    # Omega J^+ + h.c. = 2 Re(Omega) J^x - 2 Im(Omega) J^y
    return System(ensembles, drive=(x - 1j * y) / 2 * on)


def polynomials(piece: Piece) -> list[tuple[Polynomial, System]]:
    """Return Systems of a piece, each with a polynomial p of the share of it that has passed.

    The master equation, and whatever is linear in its Lindblad terms and in H, is the sum over p
    times its value at the System. A constant piece has one of them. There are none where the phase
    of a chain changes.
    """
    if piece.constant:
        return [(Polynomial([1.0]), piece.first)]
    phases = {getattr(end.exchange, "phase", None) for end in (piece.first, piece.last)}
    if len(phases) > 1:
        return []
    same = [j.weights for j in piece.first.jumps] == [j.weights for j in piece.last.jumps]
    # of first degree in rates and fields, and of second in the weights of jumps
    nodes = np.linspace(0, 1, 2 if same else 4)
    length = piece.stop - piece.start
    return [
        (_lagrange(nodes, k), piece.at(piece.start + node * length)) for k, node in enumerate(nodes)
    ]


def _lagrange(nodes: Floats, k: int) -> Polynomial:
    """Return the polynomial that is 1 at a node and 0 at the others."""
    through = Polynomial.fromroots(np.delete(nodes, k))
    return through / through(nodes[k])
