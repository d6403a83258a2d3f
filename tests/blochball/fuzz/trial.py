"""One System through every theory and verb, each against the 2^n program.

A check returns nothing if the answer is right. A theory may refuse: a ValueError, TypeError,
ArithmeticError or MemoryError whose message is counted. What it answers must be right, or come with
a warning.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

import numpy as np

from blochball import exact, observables
from tests.blochball.fuzz import generate
from tests.blochball.fuzz.judge import Judge, Undecided

# besides right, wrong and silent; "in vain": right, but warned about
CHOICES = ("warned", "in vain", "refused", "undecided", "does not apply")
REFUSALS = (ValueError, TypeError, ArithmeticError, MemoryError)
# largest disagreement of two exact programs; both promise 1e-9 in the density matrix
EXACT = 1e-7


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
            if warned := told(caught):
                return Outcome(name, "warned", _anonymous(warned[0]))
            status = "wrong" if isinstance(error, Wrong) else "silent"
            return Outcome(name, status, str(error))
        except REFUSALS as error:
            return Outcome(name, "refused", f"{type(error).__name__}: {_anonymous(str(error))}")
        except Exception as error:
            return Outcome(name, "wrong", f"raised {type(error).__name__}: {error}")
    if len(told(caught)) < len(caught):
        return Outcome(name, "wrong", f"right, but with {caught[0].category.__name__}")
    if warned := told(caught):
        return Outcome(name, "in vain", _anonymous(warned[0]))
    return Outcome(name, "right")


def told(caught: list[warnings.WarningMessage]) -> list[str]:
    """Return what a user is told; what numpy says of overflow is no warning of ours."""
    return [str(one.message) for one in caught if one.category is UserWarning]


def _anonymous(message: str) -> str:
    # the same reason, whatever the numbers
    return re.sub(r"[-+]?\d[\d.,]*(e[-+]?\d+)?", "#", message)[:200]


# -- comparing -----------------------------------------------------------------------------------


def scale(name: str, judge: Judge) -> float:
    """Return what a variable can be, about."""
    half = judge.emitters / 2
    if name in ("inversion", "spin_x", "spin_y"):
        return half
    weight = [
        sum(abs(w) for weights in j.amplitudes.values() for w in weights) ** 2
        for j in judge.system.jumps
    ]
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


def compare_sampled(
    solve, expected, sizes: dict[str, float], trajectories: int, bias: float
) -> None:
    """Raise where sampled means are off by more than 6 standard errors and `bias` of their size.

    Rare events make standard errors that are too small: what is off must be off again with more
    trajectories and another seed. Only what has warned already is not asked again.
    """
    for attempt in range(2):
        many = trajectories * 8**attempt
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            ds = solve(trajectories=many, seed=attempt)
        for warning in caught:
            warnings.warn(warning.message, warning.category, stacklevel=2)
        worst = _worst(ds, expected, sizes, bias + 8 / many)
        if worst is None:
            return
        if told(caught):
            break
    raise (Wrong if bias == 0 else Silent)(worst)


def _worst(ds, expected, sizes: dict[str, float], share: float) -> str | None:
    """Say what is off by more than 6 standard errors and a share of its size, or return None.

    The share is for a bias, and for events that have not been seen in so many trajectories.
    """
    worst = None
    for name, value in expected.items():
        if name not in ds or not np.size(value) or name == "correlation":
            continue
        stderr = ds[f"{name}_stderr"].values
        allowed = np.maximum(6 * stderr + share * max(sizes[name], 1e-300), 1e-12)
        off = np.abs(ds[name].values - value) / allowed
        if not (off.max() <= 1):
            at = np.unravel_index(np.argmax(np.where(np.isnan(off), np.inf, off)), off.shape)
            worst = (
                f"{ds.method}: {name}{list(map(int, at))} {ds[name].values[at]:.6g}"
                f"({stderr[at]:.2g}), right is {np.asarray(value)[at]:.6g}"
            )
    return worst


def sizes(judge: Judge, names: Iterable[str]) -> dict[str, float]:
    """Return `scale` by name."""
    return {name: scale(name, judge) for name in names}


# -- exact ---------------------------------------------------------------------------------------


def times_of(judge: Judge, random: Random, most: float = 200) -> list[float]:
    return generate.times(random, judge.fastest, 1e5 if judge.dense and most > 100 else most)


def solved(method: str) -> Callable[[Judge, Random], None]:
    def check(judge: Judge, random: Random) -> None:
        times = times_of(judge, random)
        ds = exact.solve(judge.system, times, method)
        compare(ds, judge.solution(times), judge)

    return check


def jumps(judge: Judge, random: Random) -> None:
    times = times_of(judge, random, 50)

    def solve(**options):
        return exact.solve(judge.system, times, "jumps", threads=1, **options)

    expected = judge.solution(times)
    compare_sampled(solve, expected, sizes(judge, expected), 200, bias=0)


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


def steady_state_of_the_start(judge: Judge, random: Random) -> None:
    """The state that the System's own state ends in, where there may be several."""
    if not judge.dense:
        raise NotApplicable("too many emitters for the judge")
    limit = judge.limit()
    ds = exact.steady_state(judge.system, initial="ensembles")
    if limit is None:
        raise Wrong("a limit of a state that turns for ever")
    compare(ds, judge.expectations([limit]), judge, 1e-6)


def some_of(judge: Judge, random: Random) -> None:
    """Random selections, and every observable of them."""
    times = times_of(judge, random)
    ds = exact.solve(judge.system, times)
    value = judge.solution(times)
    half = np.array([e.size for e in judge.system.ensembles]) / 2
    length = sum(value[name] ** 2 for name in ("inversion", "spin_x", "spin_y"))
    excited = np.where((number := value["inversion"] + half) > 1e-6, number, np.nan)
    expected = {
        "squeezing": (value["spin_squared"] - length) / half,
        "subradiance": value["emission"] / excited,
    }
    chosen, time, site = generate.selection(random, ds)
    for name, numbers in expected.items():
        found = getattr(observables, name)(chosen).values
        right = numbers[time][..., site]
        known = ~np.isnan(right)
        if found.shape != right.shape or not np.allclose(found[known], right[known], 1e-5, 1e-6):
            raise Wrong(f"{name} of a selection {time} {site}: {found}, right is {right}")
