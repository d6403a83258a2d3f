"""Squeezed decay: its dark state, which only an even number of emitters has, is not seen here."""

from __future__ import annotations

from blochball.operators import MasterEquation
from blochball.protocol import Protocol
from blochball.terms import KINDS

# emitters over e^(2r) from which N and N + 1 agree within a percent, whatever their parity
ENOUGH = 4.0
# local rates over that of the squeezed decay from which they agree within some percent for all r
BROKEN = 0.3


def unseen(protocol: Protocol, until: float) -> tuple[float, float] | None:
    """Say how many emitters decay how strongly squeezed, where their parity decides; or None.

    A jump u J^- + v J^+ squeezes by e^(2r) = (|u| + |v|) / | |u| - |v| |. Its dark state is reached
    after about 1 / (rate N ||u|^2 - |v|^2|), unless local rates break it.

    Parameters
    ----------
    protocol : Protocol
    until : float
        Last time of a run.

    Returns
    -------
    emitters, factor : float
        That the jump sees, and e^(2r), where the ratio is least.
    """
    worst = None
    for piece in protocol.pieces:
        length = min(piece.stop, until) - piece.start
        for system in (piece.first, piece.last) if length > 0 else ():
            equation = MasterEquation.of(system)
            down, up = (abs(equation.weights[..., KINDS.index(k)]) for k in ("decay", "pump"))
            for rate, u, v in zip(equation.rates, down, up, strict=True):
                seen = (u > 0) & (v > 0)
                emitters = float(equation.sizes[seen].sum())
                damping = rate * abs(u**2 - v**2)[seen]
                if length * emitters * damping.sum() <= seen.sum():
                    continue
                if (equation.local[seen].sum(axis=1) > BROKEN * damping).any():
                    continue
                factor = float(((u + v) / abs(u - v))[seen & (u != v)].max())
                if emitters < ENOUGH * factor and (
                    worst is None or emitters * worst[1] < worst[0] * factor
                ):
                    worst = emitters, factor
    return worst
