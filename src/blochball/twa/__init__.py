"""Truncated Wigner approximation: trajectories of Bloch vectors in the Bloch ball."""

from blochball import operators
from blochball.support.checkpoints import Checkpoint
from blochball.twa import density, eq6
from blochball.twa.correlations import spectrum, two_time
from blochball.twa.driver import LeftBallError
from blochball.twa.parts import division, gather, plan, run_part
from blochball.twa.plan import Plan
from blochball.twa.single import trajectories
from blochball.twa.solver import solve, solve_stratified, step_error

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
