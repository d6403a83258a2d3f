"""Truncated Wigner approximation: trajectories of Bloch vectors in the Bloch ball."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from blochball import operators
from blochball.support.checkpoints import Checkpoint
from blochball.twa import eq6
from blochball.twa.correlations import spectrum, two_time
from blochball.twa.driver import LeftBallError
from blochball.twa.parts import division, gather, plan, run_part
from blochball.twa.plan import Plan
from blochball.twa.single import trajectories
from blochball.twa.solver import solve, solve_stratified, step_error

if TYPE_CHECKING:
    from blochball.twa import density

__all__ = [
    "Checkpoint",
    "LeftBallError",
    "Plan",
    "density",
    "division",
    "eq6",
    "gather",
    "plan",
    "run_part",
    "solve",
    "solve_stratified",
    "spectrum",
    "step_error",
    "trajectories",
    "two_time",
]

_NAMES = (*operators.LOCAL, *operators.LINEAR, "exchange", *operators.COLLECTIVE)
operators.declare("twa", *_NAMES, "spin coupling", "collective mixed", "length", "mixture")
operators.declare("twa.eq6", *_NAMES)


def __getattr__(name: str) -> Any:
    """Import what sampling does without when it is first asked for."""
    if name == "density":
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
