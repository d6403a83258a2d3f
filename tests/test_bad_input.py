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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import blochball
from blochball import (
    ChainExchange,
    CollectiveJump,
    Ensemble,
    System,
    cumulants,
    exact,
    models,
    observables,
    twa,
)
from tests import badvalues as bad

EXAMPLES = 60  # of bad values for one argument
ENOUGH = 5000  # in all
CASES: Counter[str] = Counter()
SOURCES = Path(blochball.__file__).parent

LASER = models.superradiant_laser(3, 1.0)
TIMES = [0.0, 0.01]
JSON = LASER.to_json()
SOLVED = exact.solve(LASER, TIMES)
CHAIN = exact.solve(models.waveguide_chain(2, 2, 0.1, 1.0), TIMES, "liouvillian", correlations=[0])
PLAN = twa.plan(LASER, TIMES, 4, steps=1)
PART = twa.run_part(PLAN, 0)

rate, number = bad.not_real(0), bad.not_real()
count = bad.not_integer(1)
jump, ensemble = CollectiveJump(1.0, [1, 1]), Ensemble(2)
not_system, not_dataset = bad.neither(System), bad.neither(xr.Dataset)
local = dict.fromkeys(("decay", "dephasing", "pump"), rate)
# what is asked for but cannot be had: no such attribute, no such variable
bare = st.just(xr.Dataset()) | st.just(SOLVED.drop_attrs()) | st.just(SOLVED[["spin_x"]])


@dataclass(frozen=True)
class Target:
    """A public function, arguments that are good, and for each the values that are not."""

    function: Callable[..., Any]
    good: dict[str, Any]
    bad: dict[str, SearchStrategy[Any]]


sampling = {
    "system": not_system,
    "times": bad.not_times,
    "trajectories": count,
    "seed": bad.not_seed,
    "steps": bad.not_integer(1)
    | st.sampled_from([[0], [1, 2], [[1]], [2**63], [None], [True], [[1], [1, 2]], range(10**9)]),
    "tolerance": rate | st.just(0),
}
running = {"threads": bad.not_integer(1, none=True), "progress": bad.not_flag}
few = {"system": models.superradiant_laser(100, 1.0), "times": TIMES, "trajectories": 2, "steps": 1}
TARGETS = {
    "Ensemble": Target(
        Ensemble,
        {"size": 2},
        {"size": count, **local, **dict.fromkeys(("detuning", "polar", "azimuth"), number)},
    ),
    "CollectiveJump": Target(
        CollectiveJump,
        {"rate": 1.0, "weights": [1]},
        {
            "rate": rate,
            "weights": bad.not_array | st.none(),
            "kind": bad.not_choice,
            "name": bad.neither(str).filter(lambda value: value is not None)
            | st.sampled_from(["", "\0", "a\n", "\ud800"]),
        },
    ),
    "ChainExchange": Target(
        ChainExchange,
        {"strength": 1.0, "phase": 0.1},
        {"strength": number, "phase": number},
    ),
    "ChainExchange.matrix": Target(ChainExchange(1, 1).matrix, {"sites": 2}, {"sites": count}),
    "System": Target(
        System,
        {"ensembles": [ensemble] * 2, "jumps": [jump]},
        {
            "ensembles": bad.several(ensemble),
            "jumps": bad.several(jump),
            "exchange": bad.not_array | st.just([[0, 1], [2, 0]]) | st.just(np.eye(3)),
            "drive": bad.not_array | st.just([1, 2, 3]),
        },
    ),
    "System.column": Target(LASER.column, {"name": "pump"}, {"name": bad.not_choice}),
    "System.from_json": Target(
        System.from_json,
        {"text": LASER.to_json()},
        {
            "text": st.one_of(
                bad.texts,
                bad.things,
                st.sampled_from(["[" * 10**5, "1" * 10**4, "NaN"]),
                # the JSON of a System, cut short
                st.builds(
                    lambda end, put: JSON[:end] + put,
                    st.integers(0, len(JSON) - 1),
                    st.sampled_from(["", "[", "null", "]]"]),
                ),
            )
        },
    ),
    "superradiant_laser": Target(
        models.superradiant_laser,
        {"size": 2, "pump": 1.0},
        {"size": count, "pump": rate, "coupling": rate, "polar": number},
    ),
    "superradiant_decay": Target(
        models.superradiant_decay,
        {"size": 2},
        {"size": count, "coupling": rate, "decay": rate, "dephasing": rate},
    ),
    "boundary_time_crystal": Target(
        models.boundary_time_crystal,
        {"size": 2, "drive": 1.0, "coupling": 1.0},
        {"size": count, "drive": number, "coupling": rate, "polar": number, **local},
    ),
    "waveguide_chain": Target(
        models.waveguide_chain,
        {"sites": 2, "size": 2, "phase": 0.1, "pump": 1.0},
        {
            "sites": count | st.just(10**12),
            "size": count,
            "phase": number,
            "pump": rate,
            "coupling": rate,
            "drive": number,
            "polar": number,
        },
    ),
    "exact.solve": Target(
        exact.solve,
        {"system": LASER, "times": TIMES},
        {
            "system": not_system,
            "times": bad.not_times,
            "method": bad.not_choice,
            "memory_limit": rate,
        },
    ),
    "exact.steady_state": Target(
        exact.steady_state,
        {"system": LASER},
        {"system": not_system, "method": bad.not_choice, "memory_limit": rate},
    ),
    "exact.solve, liouvillian": Target(
        exact.solve,
        {"system": LASER, "times": TIMES, "method": "liouvillian"},
        {
            "tolerance": bad.not_real(1e-14),
            "memory_limit": rate,
            "initial": bad.neither(type(None)),
            "correlations": bad.not_times.filter(lambda value: value is not None) | st.just([5.0]),
        },
    ),
    "exact.solve, jumps": Target(
        exact.solve,
        {"system": LASER, "times": TIMES, "method": "jumps", "trajectories": 2},
        {"trajectories": count, "seed": bad.not_seed, **running},
    ),
    "liouvillian.states": Target(
        exact.liouvillian.states,
        {"system": LASER, "times": TIMES},
        {"system": not_system, "times": bad.not_times, "tolerance": bad.not_real(1e-14)},
    ),
    "liouvillian.steady_state": Target(
        exact.liouvillian.steady_state,
        {"system": LASER},
        {"system": not_system, "memory_limit": rate, "correlations": bad.not_flag},
    ),
    "correlations.two_time": Target(
        exact.correlations.two_time,
        {"system": LASER, "delays": TIMES, "time": 0.0},
        {
            "system": not_system,
            "delays": bad.not_times,
            "time": rate.filter(lambda value: not (isinstance(value, float) and value == np.inf)),
            "weights": bad.not_array,
            "tolerance": bad.not_real(1e-14),
            "memory_limit": rate,
        },
    ),
    "correlations.spectrum": Target(
        exact.correlations.spectrum,
        {"system": LASER, "frequencies": [0.0]},
        {"system": not_system, "frequencies": bad.not_array | st.none(), "weights": bad.not_array},
    ),
    "from_piqs": Target(
        exact.piqs.from_piqs, {"rho": np.diag([1, 0])}, {"rho": bad.not_array | st.none()}
    ),
    "to_piqs": Target(
        exact.piqs.to_piqs,
        {"state": exact.liouvillian.stationary(LASER)},
        {"state": bad.neither(exact.liouvillian.State)},
    ),
    "twa.solve": Target(
        twa.solve,
        few,
        {
            **sampling,
            **running,
            "formulation": bad.not_choice,
            "correlations": bad.not_times.filter(lambda value: value is not None) | st.just([5.0]),
            "momenta": bad.not_array,
            "form": bad.not_choice,
            "strata": bad.not_integer(0) | st.integers(2, 2**53),
            "step_error": bad.not_integer(0),
        },
    ),
    "twa.solve, top": Target(
        twa.solve, {**few, "formulation": "top"}, {**sampling, **running, "tolerance": rate}
    ),
    "twa.plan": Target(
        twa.plan,
        few,
        {
            **sampling,
            "correlations": bad.not_times.filter(lambda value: value is not None),
            "momenta": bad.not_array,
            "form": bad.not_choice,
            "parts": count,
        },
    ),
    "twa.trajectories": Target(twa.trajectories, few, {**sampling, "form": bad.not_choice}),
    "twa.division": Target(
        twa.division,
        {"trajectories": 100, "parts": 2},
        {"trajectories": count, "parts": count},
    ),
    "twa.run_part": Target(
        twa.run_part,
        {"planned": PLAN, "part": 0},
        {"planned": not_dataset | bare, "part": bad.not_integer(0) | st.integers(1), **running},
    ),
    "twa.gather": Target(
        twa.gather,
        {"planned": PLAN, "parts": [PART]},
        {
            "planned": not_dataset | bare,
            "parts": bad.several(PART) | st.sampled_from([[], [PART, PART], [PLAN], [SOLVED]]),
        },
    ),
    "cumulants.solve": Target(
        cumulants.solve,
        {"system": LASER, "times": TIMES},
        {
            "system": not_system,
            "times": bad.not_times,
            "order": bad.not_integer(1) | st.integers(3),
            "rtol": bad.not_real(1e-13),
            "atol": rate,
            "integrator": bad.not_choice,
        },
    ),
    "squeezing": Target(observables.squeezing, {"ds": SOLVED}, {"ds": not_dataset | bare}),
    "subradiance": Target(observables.subradiance, {"ds": SOLVED}, {"ds": not_dataset | bare}),
    "structure_factor": Target(
        observables.structure_factor,
        {"ds": CHAIN, "momenta": [0.0]},
        {"ds": not_dataset | bare, "momenta": bad.not_array | st.none()},
    ),
    "direction_fraction": Target(
        observables.direction_fraction,
        {"ds": CHAIN},
        {"ds": not_dataset | bare, "channel": bad.not_choice},
    ),
}
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

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
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

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
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
    "terms": lambda: exact.solve(LASER, [1e12], "populations"),
    "jumps": lambda: exact.solve(LASER, [1e15], "jumps"),
    "steps": lambda: twa.plan(LASER, [1e15], 10),
    "steps, tolerance": lambda: twa.plan(LASER, TIMES, 10, tolerance=1e-90),
    "steps, rate": lambda: twa.plan(models.superradiant_laser(3, 1e99), [1.0], 10),
    "trajectories": lambda: twa.plan(LASER, TIMES, 10**18, steps=1),
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


def test_large_ensembles_are_no_burden() -> None:
    """The refusals above are of what cannot be done, not of what is merely large."""
    planned = twa.plan(models.superradiant_laser(2**53, 1.0), [1e-17], 10**15, parts=10**12)
    assert planned.trajectories == 10**15
    exact.solve(models.superradiant_decay(2 * 10**6), [1e-13], trajectories=2)


def test_enough_cases(request: pytest.FixtureRequest) -> None:
    """Asked last, and only of a run of the whole file."""
    ran = {item.name for item in request.session.items if item.path == request.path}
    if len(ran) > len(PAIRS) + len(CONSTRUCTED):
        assert sum(CASES.values()) >= ENOUGH, CASES
