"""Whatever is thrown at the public interface: an error that names the argument, soon, and ours.

Every argument of every public function in turn is replaced by values that it cannot take, while the
others are good. Functions that would run are given so little to do that a value which slips
through fails the test, not the patience.
"""

from __future__ import annotations

import inspect
import re
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import blochball
from blochball import ChainExchange, Ensemble, System, cumulants, exact, models, twa
from blochball.support import storage
from tests.blochball import badtargets, badtargets_derived, badtargets_terms, badtargets_twa
from tests.blochball import badvalues as bad
from tests.blochball.badtargets import FILE, LASER, SOLVED, TIMES, ensemble
from tests.public import NAMES, value_of

TARGETS = {
    **badtargets.TARGETS,
    **badtargets_terms.TARGETS,
    **badtargets_twa.TARGETS,
    **badtargets_derived.TARGETS,
}
EXAMPLES = 60  # of bad values for one argument
ENOUGH = 5000  # in all
CASES: Counter[str] = Counter()
OPTIONS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
SOURCES = Path(blochball.__file__).parent

PAIRS = [(name, argument) for name, target in TARGETS.items() for argument in target.bad]


def refuse(function: Callable[..., Any], argument: str, arguments: dict[str, Any]) -> None:
    """Assert that a call is refused as it should be."""
    started = time.thread_time()
    with pytest.raises((TypeError, ValueError)) as found:
        function(**arguments)
    # of this thread: how busy the machine is does not matter
    assert time.thread_time() - started < 1
    assert re.search(rf"\b{argument}\b", str(found.value)), found.value
    assert len(str(found.value)) < 2000
    # raised by us, and not by what we called
    assert Path(found.traceback[-1].path).is_relative_to(SOURCES), found.traceback[-1]


# made by functions, not by hand
MADE = {"blochball.exact.State", "blochball.twa.LeftBallError", "blochball.twa.Plan"}


@pytest.mark.parametrize("name", sorted(set(NAMES) - MADE))
def test_every_argument_of_every_public_function_is_tried(name: str) -> None:
    function = inspect.unwrap(value_of(name))
    tried = {
        argument
        for target in TARGETS.values()
        if inspect.unwrap(target.function) == function
        for argument in target.bad
    }
    known = inspect.signature(function).parameters.values()
    passed_on = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    assert {argument.name for argument in known if argument.kind not in passed_on} <= tried


@pytest.mark.parametrize("name", TARGETS)
def test_good_arguments_are_taken(name: str) -> None:
    """Or the refusals below would be of something else."""
    target = TARGETS[name]
    target.function(**target.good)
    known = inspect.signature(target.function).parameters
    assert set(target.bad) <= set(known) or "options" in known


@pytest.mark.parametrize(("name", "argument"), PAIRS, ids=lambda value: value)
def test_bad_values_are_refused_by_name(name: str, argument: str) -> None:
    target = TARGETS[name]

    @OPTIONS
    @given(target.bad[argument])
    def check(value: Any) -> None:
        CASES[name] += 1
        refuse(target.function, argument, {**target.good, argument: value})

    check()


@pytest.mark.parametrize("name", TARGETS)
def test_unknown_arguments_are_refused_by_name(name: str) -> None:
    target = TARGETS[name]
    with pytest.raises(TypeError, match="colour"):
        target.function(**target.good, colour=1)


def test_a_function_without_checks_would_not_pass() -> None:
    """What a refusal must not be: no error, no name, somebody else's, late."""

    def late(size: int) -> None:
        while time.thread_time() < ends:
            pass
        Ensemble(size)

    ends = time.thread_time() + 1.1
    for function in (lambda size: size, float, lambda size: np.zeros(size), late):
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            refuse(lambda size, f=function: f(size), "size", {"size": -1.5})


@pytest.mark.parametrize("argument", ["ds", "path"])
def test_a_bad_call_leaves_existing_output_alone(argument: str) -> None:
    before = FILE.read_bytes(), sorted(FILE.parent.rglob("*"))

    @OPTIONS
    @given(TARGETS["storage.save"].bad[argument])
    def check(value: Any) -> None:
        CASES["storage.save"] += 1
        with pytest.raises((TypeError, ValueError)):
            storage.save(**{"ds": SOLVED, "path": FILE, argument: value})

    check()
    assert (FILE.read_bytes(), sorted(FILE.parent.rglob("*"))) == before


# -- values that may be right ----------------------------------------------------------------------

CONSTRUCTED = ("Ensemble", "CollectiveJump", "ChainExchange", "superradiant_laser",
               "superradiant_decay", "boundary_time_crystal", "waveguide_chain")  # fmt: skip
anything = st.one_of(
    st.floats(), st.integers(), st.integers(1, 20), st.integers(10**5, 2 * 10**6),
    bad.not_real(), bad.not_array, bad.not_choice,
)  # fmt: skip


def numbers_of(value: Any) -> list[complex]:
    """Return every number that a description holds."""
    if isinstance(value, System):
        parts = [*value.ensembles, *value.jumps, value.exchange]
        found = [number for part in parts if part is not None for number in numbers_of(part)]
        return [*found, *([] if value.drive is None else value.drive)]
    fields = [getattr(value, name) for name in value.__dataclass_fields__]
    flat = [item for field in fields for item in (field if isinstance(field, tuple) else [field])]
    return [item for item in flat if isinstance(item, int | float | complex)]


@pytest.mark.parametrize("name", CONSTRUCTED)
def test_whatever_is_taken_is_finite(name: str) -> None:
    target = TARGETS[name]
    choose = st.fixed_dictionaries({}, optional=dict.fromkeys(target.bad, anything))

    @OPTIONS
    @given(choose)
    def check(changes: dict[str, Any]) -> None:
        CASES[name] += 1
        # long chains take their time
        if isinstance(changes.get("sites"), int) and 1000 < changes["sites"] <= 10**6:
            changes = {**changes, "sites": 7}
        try:
            made = target.function(**{**target.good, **changes})
        except (TypeError, ValueError) as error:
            text, made = str(error), LASER
        else:
            text = " ".join(target.bad)
        # waves along a chain become the weights and the drive of a System
        assert re.search(rf"\b({'|'.join(changes)}|weights)\b", text), text
        assert np.isfinite(numbers_of(made)).all()

    check()


# -- sizes -----------------------------------------------------------------------------------------

MANY = models.superradiant_laser(10**15, 1.0)
DRIVEN = models.boundary_time_crystal(10**15, 1.0, 1.0)
LONG = models.waveguide_chain(10**5, 10, 0.1, 1.0)
HUGE = {
    "emitters, exact": lambda: exact.solve(MANY, TIMES),
    "emitters, populations": lambda: exact.solve(MANY, TIMES, "populations"),
    "emitters, liouvillian": lambda: exact.solve(DRIVEN, TIMES),
    "emitters, steady": lambda: exact.steady_state(MANY),
    "emitters in all": lambda: exact.steady_state(models.waveguide_chain(1000, 10**9, 0.1, 1.0)),
    "ensembles, liouvillian": lambda: exact.solve(LONG, TIMES, "liouvillian"),
    "ensembles, cumulants": lambda: cumulants.solve(LONG, TIMES),
    "ensembles, matrix": lambda: ChainExchange(1, 1).matrix(10**6),
    "ensembles, system": lambda: System(iter(lambda: ensemble, None)),
    "ensembles, model": lambda: models.waveguide_chain(10**12, 10, 0.1, 1.0),
    "times": lambda: twa.plan(LASER, range(10**9), 10, steps=1),
    "times of correlations": lambda: twa.plan(
        LONG, np.arange(1e4), 10, steps=1, correlations=np.arange(1e4)
    ),
    "jumps": lambda: exact.solve(LASER, [1e15], "jumps"),
    "emitters, two times": lambda: exact.two_time(MANY, TIMES),
    "emitters, spectrum": lambda: exact.spectrum(DRIVEN, TIMES),
    "delays": lambda: exact.two_time(MANY, np.arange(1e5), 0.0, method="jumps"),
    "steps": lambda: twa.plan(LASER, [1e15], 10),
    "steps, tolerance": lambda: twa.plan(LASER, TIMES, 10, tolerance=1e-90),
    "steps, rate": lambda: twa.plan(models.superradiant_laser(3, 1e99), [1.0], 10),
    "trajectories": lambda: twa.plan(LASER, TIMES, 10**18, steps=1),
    "strata": lambda: twa.solve_stratified(
        models.superradiant_laser(100, 1.0), TIMES, 10**10, strata=10**9, steps=100
    ),
}


@pytest.mark.parametrize("what", HUGE)
def test_what_memory_or_time_cannot_hold_is_refused(what: str) -> None:
    tracemalloc.start()
    started = time.thread_time()
    try:
        with pytest.raises(ValueError, match=r"^[\w.]+: .*\b(must|no method|more than)\b"):
            HUGE[what]()
        assert tracemalloc.get_traced_memory()[1] < 1e9
    finally:
        tracemalloc.stop()
    assert time.thread_time() - started < 5  # tracing takes most of it


def test_a_time_without_end_is_the_steady_state() -> None:
    late = exact.solve(LASER, [1e12], "populations").emission.item()
    assert late == pytest.approx(exact.steady_state(LASER).emission.item(), rel=1e-8)


def test_large_ensembles_are_no_burden() -> None:
    """The refusals above are of what cannot be done, not of what is merely large."""
    planned = twa.plan(models.superradiant_laser(2**53, 1.0), [1e-17], 10**15)
    assert planned.trajectories == 10**15
    exact.solve(models.superradiant_decay(2 * 10**6), [1e-13], trajectories=2)


def test_enough_cases(request: pytest.FixtureRequest) -> None:
    """Asked last, and only of a run of the whole file."""
    ran = {item.name for item in request.session.items if item.path == request.path}
    if len(ran) > len(PAIRS) + len(CONSTRUCTED):
        assert sum(CASES.values()) >= ENOUGH, CASES
