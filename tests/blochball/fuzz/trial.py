"""One System through every theory and verb, each against the 2^n program.

A check returns nothing if the answer is right. A theory may refuse: a ValueError, TypeError,
ArithmeticError or MemoryError whose message is counted. What it answers must be right, or come with
a warning.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import numpy as np

from blochball import System, cumulants, exact, observables, twa
from tests.blochball.fuzz import generate
from tests.blochball.fuzz.judge import Judge, Undecided

CHOICES = ("refused", "warned", "undecided", "does not apply")  # besides right, wrong and silent
REFUSALS = (ValueError, TypeError, ArithmeticError, MemoryError)
SITED = ("inversion", "spin_x", "spin_y", "emission", "spin_squared")
# largest disagreement of two exact programs; both promise 1e-9 in the density matrix
EXACT = 1e-7
# of a truncated theory, in units of what a variable can be: beyond it a user must be warned
SILENT = 0.05


class Wrong(AssertionError):
    """An answer that is wrong, without a warning."""


class Silent(AssertionError):
    """An answer of an approximation that is far off, without a warning."""


class NotApplicable(Exception):
    """The check has nothing to say about this System."""


@dataclass(frozen=True)
class Outcome:
    """What became of one check: a status of CHOICES, "right", "wrong" or "silent", and why."""

    check: str
    status: str
    reason: str = ""


def outcomes(system: System, random: Random) -> Iterator[Outcome]:
    """Run every check on a System."""
    judge = Judge(system)
    for name, check in CHECKS.items():
        yield outcome(name, check, judge, random)


def outcome(
    name: str, check: Callable[[Judge, Random], None], judge: Judge, random: Random
) -> Outcome:
    """Run one check."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            check(judge, random)
        except NotApplicable as error:
            return Outcome(name, "does not apply", str(error))
        except Undecided as error:
            return Outcome(name, "undecided", str(error))
        except (Wrong, Silent) as error:
            if caught:
                return Outcome(name, "warned", _anonymous(str(caught[0].message)))
            status = "wrong" if isinstance(error, Wrong) else "silent"
            return Outcome(name, status, str(error))
        except REFUSALS as error:
            return Outcome(name, "refused", f"{type(error).__name__}: {_anonymous(str(error))}")
        except Exception as error:
            return Outcome(name, "wrong", f"raised {type(error).__name__}: {error}")
    return Outcome(name, "right")


def _anonymous(message: str) -> str:
    # the same reason, whatever the numbers
    return re.sub(r"[-+]?\d[\d.,]*(e[-+]?\d+)?", "#", message)[:200]


# -- comparing -----------------------------------------------------------------------------------


def scale(name: str, judge: Judge) -> float:
    """Return what a variable can be, about."""
    half = judge.emitters / 2
    if name in ("inversion", "spin_x", "spin_y"):
        return half
    weight = [sum(map(abs, j.weights)) ** 2 for j in judge.system.jumps]
    return half * (half + 1) * (max(weight, default=1.0) if name == "output" else 1.0)


def compare(ds, expected, judge: Judge, tolerance: float = EXACT) -> None:
    """Raise Wrong where a Dataset and the judge differ by more than `tolerance` of `scale`."""
    for name, value in expected.items():
        if name not in ds or not value.size:
            continue
        off = np.abs(ds[name].values - value) / max(scale(name, judge), 1e-300)
        if not (off.max() <= tolerance):  # NaN as well
            at = np.unravel_index(np.argmax(np.where(np.isnan(off), np.inf, off)), off.shape)
            raise Wrong(
                f"{ds.method}: {name}{list(map(int, at))} {ds[name].values[at]:.10g}, "
                f"right is {value[at]:.10g}"
            )


def compare_sampled(solve, expected, judge: Judge, trajectories: int, bias: float) -> None:
    """Raise where sampled means are off by more than 6 standard errors and `bias` of `scale`.

    Rare events make standard errors that are too small: what is off must be off again with more
    trajectories and another seed.
    """
    for attempt in range(2):
        many = trajectories * 8**attempt
        ds = solve(trajectories=many, seed=attempt)
        worst = None
        for name, value in expected.items():
            if name not in ds or not value.size or name == "correlation":
                continue
            size = max(scale(name, judge), 1e-300)
            # an event that has not been seen may still happen at a rate of a few in `many`
            allowed = 6 * ds[f"{name}_stderr"].values + (bias + 8 / many) * size
            off = np.abs(ds[name].values - value) / np.maximum(allowed, 1e-12)
            if not (off.max() <= 1):
                at = np.unravel_index(np.argmax(np.where(np.isnan(off), np.inf, off)), off.shape)
                worst = (
                    f"{ds.method}: {name}{list(map(int, at))} {ds[name].values[at]:.6g}"
                    f"({ds[f'{name}_stderr'].values[at]:.2g}), right is {value[at]:.6g}"
                )
        if worst is None:
            return
    raise (Wrong if bias == 0 else Silent)(worst)


# -- exact ---------------------------------------------------------------------------------------


def _times(judge: Judge, random: Random, most: float = 200) -> list[float]:
    return generate.times(random, judge.fastest, 1e5 if judge.dense and most > 100 else most)


def _exact(method: str) -> Callable[[Judge, Random], None]:
    def check(judge: Judge, random: Random) -> None:
        times = _times(judge, random)
        ds = exact.solve(judge.system, times, method)
        compare(ds, judge.solution(times), judge)

    return check


def jumps(judge: Judge, random: Random) -> None:
    times = _times(judge, random, 50)

    def solve(**options):
        return exact.solve(judge.system, times, "jumps", threads=1, **options)

    compare_sampled(solve, judge.solution(times), judge, 200, bias=0)


def steady_state(judge: Judge, random: Random) -> None:
    if not judge.dense:
        raise NotApplicable("too many emitters for the judge")
    limit = judge.limit()
    try:
        ds = exact.steady_state(judge.system)
    except REFUSALS as error:
        if judge.unique():
            raise type(error)(f"there is one, but {error}") from error
        raise
    if limit is None:
        raise Wrong("a steady state that does not exist")
    # the rounding of the judge grows with the ratio of the fastest and the slowest rate
    compare(ds, judge.expectations([limit]), judge, 1e-6)


def two_time(judge: Judge, random: Random) -> None:
    delays, (time, *_) = _times(judge, random, 100), _times(judge, random, 100)
    weights = [generate.amplitude(random) for _ in judge.members]
    ds = exact.two_time(judge.system, delays, time, weights)
    names = ("first_order", "second_order", "intensity")
    expected = zip(names, judge.two_time(delays, time, weights), strict=True)
    size = (sum(map(abs, weights)) * judge.emitters) ** 2
    for name, value in expected:
        off = np.abs(ds[name].values - value).max() / max(size**2 if name[0] == "s" else size, 1)
        if not off <= EXACT:
            raise Wrong(f"{name} of {weights} off by {off:.3g}")


def some_of(judge: Judge, random: Random) -> None:
    """Random selections, and every observable of them."""
    times = _times(judge, random)
    ds = exact.solve(judge.system, times)
    value = judge.solution(times)
    half = np.array([e.size for e in judge.system.ensembles]) / 2
    length = sum(value[name] ** 2 for name in ("inversion", "spin_x", "spin_y"))
    excited = value["inversion"] + half
    expected = {
        "squeezing": (value["spin_squared"] - length) / half,
        "subradiance": np.where(excited > 1e-6, value["emission"] / excited, np.nan),
    }
    chosen, time, site = generate.selection(random, ds)
    for name, numbers in expected.items():
        found = getattr(observables, name)(chosen).values
        right = numbers[time][..., site]
        known = ~np.isnan(right)
        if found.shape != right.shape or not np.allclose(found[known], right[known], 1e-5, 1e-6):
            raise Wrong(f"{name} of a selection {time} {site}: {found}, right is {right}")


# -- truncated theories --------------------------------------------------------------------------


def second_order(judge: Judge, random: Random) -> None:
    """Second-order cumulants are exact for two emitters; for more nothing is promised."""
    if judge.emitters > 2:
        raise NotApplicable("cumulants of more than two emitters are an approximation")
    times = _times(judge, random)
    compare(cumulants.solve(judge.system, times), judge.solution(times), judge, 1e-6)


def mean_field(judge: Judge, random: Random) -> None:
    """Mean field is exact for emitters that know nothing of each other."""
    alone = judge.emitters == 1
    if not alone and (judge.system.jumps or judge.system.exchange is not None):
        raise NotApplicable("mean field of emitters that are coupled is an approximation")
    times = _times(judge, random)
    compare(cumulants.solve(judge.system, times, 1), judge.solution(times), judge, 1e-6)


def ball(judge: Judge, random: Random) -> None:
    times = _times(judge, random, 30)
    _ball(judge, times, judge.solution(times))


def larger_ball(judge: Judge, random: Random) -> None:
    """The same for more emitters than the judge knows; the exact solvers stand in for it."""
    times = generate.times(random, generate.speed(judge.system), 30)
    try:
        ds = exact.solve(judge.system, times, memory_limit=1e8)
    except ValueError as error:
        raise NotApplicable(str(error)) from error
    _ball(judge, times, {name: ds[name].values for name in (*SITED, "output")})


def _ball(judge: Judge, times, expected) -> None:
    def solve(**options):
        return twa.solve(judge.system, times, threads=1, **options)

    compare_sampled(solve, expected, judge, 4096, bias=SILENT)


CHECKS: dict[str, Callable[[Judge, Random], None]] = {
    "exact.solve, auto": _exact("auto"),
    "exact.solve, populations": _exact("populations"),
    "exact.solve, liouvillian": _exact("liouvillian"),
    "exact.solve, jumps": jumps,
    "exact.steady_state": steady_state,
    "exact.two_time": two_time,
    "observables": some_of,
    "cumulants, order 2": second_order,
    "cumulants, order 1": mean_field,
    "twa.solve": ball,
}
