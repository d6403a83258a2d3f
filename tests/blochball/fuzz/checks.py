"""Every theory and verb that is tried, by the name that the table has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from blochball import System
from tests.blochball.fuzz import fields, trial, truncated
from tests.blochball.fuzz.judge import Judge
from tests.blochball.fuzz.trial import Outcome, outcome

CHECKS: dict[str, Callable[[Judge, Random], None]] = {
    "exact.solve, auto": trial.solved("auto"),
    "exact.solve, populations": trial.solved("populations"),
    "exact.solve, liouvillian": trial.solved("liouvillian"),
    "exact.solve, jumps": trial.jumps,
    "exact.steady_state": trial.steady_state,
    "exact.steady_state, start": trial.steady_state_of_the_start,
    "exact.two_time": fields.two_time,
    "exact.two_time, jumps": fields.kets,
    "exact.spectrum": fields.spectrum,
    "exact, modes": fields.modes,
    "observables": trial.some_of,
    "cumulants, order 2": truncated.second_order,
    "cumulants, order 1": truncated.mean_field,
    "cumulants.steady_state": truncated.fixed_point,
    "twa.solve": truncated.ball,
    "twa.eq6.solve": truncated.eq6,
    "twa.solve_stratified": truncated.stratified,
    "twa.density, ball": truncated.without_sampling("ball"),
    "twa.density, eq6": truncated.without_sampling("eq6"),
    "twa.two_time": fields.ball,
}


def outcomes(system: System, random: Random) -> Iterator[Outcome]:
    """Run every check on a System."""
    judge = Judge(system)
    for name, check in CHECKS.items():
        yield outcome(name, check, judge, random)
