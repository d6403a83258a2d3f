"""Cumulants and the truncated Wigner approximation against the 2^n program and exact solvers."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np

from blochball import cumulants, exact, operators, twa
from blochball.twa import density
from tests.blochball.fuzz import generate
from tests.blochball.fuzz.judge import Judge
from tests.blochball.fuzz.trial import (
    NotApplicable,
    Silent,
    compare,
    compare_sampled,
    scale,
    sizes,
    times_of,
)

SITED = ("inversion", "spin_x", "spin_y", "emission", "spin_squared")
# in units of what a variable can be: beyond it a user must be warned
SILENT = 0.05


# -- cumulants -------------------------------------------------------------------------------------


def second_order(judge: Judge, random: Random) -> None:
    """Second-order cumulants are exact for two emitters; for more nothing is promised."""
    _few(judge)
    times = times_of(judge, random)
    compare(cumulants.solve(judge.system, times), judge.solution(times), judge, 1e-6)


def fixed_point(judge: Judge, random: Random) -> None:
    """So is what they come to rest in."""
    _few(judge)
    limit = judge.limit()
    ds = cumulants.steady_state(judge.system)
    if limit is None:
        raise Silent("a limit of a state that turns for ever")
    compare(ds, judge.expectations([limit]), judge, 1e-6)


def _few(judge: Judge) -> None:
    if judge.emitters > 2:
        raise NotApplicable("cumulants of more than two emitters are an approximation")


def mean_field(judge: Judge, random: Random) -> None:
    """Mean field is exact for emitters that know nothing of each other."""
    system = judge.system
    coupled = system.jumps or system.exchange is not None or system.couplings
    entangled = {"dicke", "mixture"} & set(operators.states_of(system))
    if judge.emitters > 1 and (coupled or entangled):
        raise NotApplicable("mean field of emitters that are coupled is an approximation")
    times = times_of(judge, random)
    compare(cumulants.solve(system, times, 1), judge.solution(times), judge, 1e-6)


# -- TWA -------------------------------------------------------------------------------------------


def ball(judge: Judge, random: Random) -> None:
    times = times_of(judge, random, 30)
    _sampled(twa.solve, judge, times, judge.solution(times), 4096)


def larger_ball(judge: Judge, random: Random) -> None:
    """The same for more emitters than the judge knows; the exact solvers stand in for it."""
    times = generate.times(random, generate.speed(judge.system), 30)
    try:
        ds = exact.solve(judge.system, times, memory_limit=1e8)
    except ValueError as error:
        raise NotApplicable(str(error)) from error
    expected = {name: ds[name].values for name in (*SITED, "output")}
    _sampled(twa.solve, judge, times, expected, 4096)


def eq6(judge: Judge, random: Random) -> None:
    times = times_of(judge, random, 30)
    _sampled(twa.eq6.solve, judge, times, judge.solution(times), 1024)


def stratified(judge: Judge, random: Random) -> None:
    if judge.system.sites > 1 or judge.system.ensembles[0].polarization != 1:
        raise NotApplicable("strata are for a burst of one ensemble")
    times = times_of(judge, random, 30)
    _sampled(twa.solve_stratified, judge, times, judge.solution(times), 4096)


def _sampled(solve, judge: Judge, times, expected, trajectories: int) -> None:
    def run(**options):
        return solve(judge.system, times, threads=1, **options)

    compare_sampled(run, expected, sizes(judge, expected), trajectories, bias=SILENT)


def without_sampling(form: str) -> Callable[[Judge, Random], None]:
    def check(judge: Judge, random: Random) -> None:
        reason = density.obstacle(judge.system)
        if reason is not None:
            raise NotApplicable(reason)
        times = times_of(judge, random, 30)
        ds, expected = density.solve(judge.system, times, form), judge.solution(times)
        for name in (*SITED, "output"):
            off = np.abs(ds[name].values - expected[name]).max(initial=0)
            if not off <= SILENT * max(scale(name, judge), 1e-300):
                raise Silent(f"{ds.method}: {name} off by {off:.3g}")

    return check
