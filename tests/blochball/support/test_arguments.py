"""Keywords that nobody knows: the answer names the argument that is meant."""

import inspect
import re
import warnings

import pytest

import blochball
from blochball import (
    CollectiveJump,
    Ensemble,
    System,
    cumulants,
    exact,
    models,
    observables,
    pictures,
    scan,
    storage,
    twa,
)
from blochball.support import arguments, validation

LASER = models.superradiant_laser(3, 1.0)
PUBLIC = {"scan": scan} | {
    f"{module.__name__.rpartition('.')[2]}.{name}": function
    for module in (exact, twa, cumulants, models, observables, pictures, storage)
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if name in getattr(module, "__all__", ()) or function.__module__ == module.__name__
    if not name.startswith("_")
}
CLASSES = {cls.__name__: cls for cls in vars(blochball).values() if inspect.isclass(cls)}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: System(Ensemble(2), H=1), r"System: no argument is called H, use System\.exch"),
        (lambda: Ensemble(2, gamma=1), r"Ensemble: .* gamma, use Ensemble\.decay, "),
        (lambda: Ensemble(2, Gamma=1), r"Ensemble: .* Gamma, use Ensemble\.decay, "),
        (lambda: Ensemble(N=2), r"Ensemble: .* N, use Ensemble\.size; arguments: size, decay,"),
        (lambda: Ensemble(2, theta=1), r"Ensemble: .* theta, use Ensemble\.polar"),
        (lambda: Ensemble(2, n_thermal=1), "n_thermal, use a CollectiveJump at rate"),
        (lambda: CollectiveJump(1, weight=[1]), "CollectiveJump: .* weight, use weights"),
        # too many without a name
        (
            lambda: twa.solve(LASER, [1.0], 100, 1, 20),
            r"twa\.solve: at most 4 .* \(system, times, trajectories, seed\), got 5; .* steps,",
        ),
        (lambda: Ensemble(2, *range(1, 10)), r"Ensemble: at most 9 .* \(size, decay, .*, got 10"),
        (lambda: models.superradiant_laser(N=2, pump=1), r"is called N, use size; arguments: size"),
        (lambda: twa.solve(LASER, [1.0], traj=9), r"twa\.solve: .* traj, use trajectories; arg"),
        (lambda: exact.solve(LASER, [1.0], methd="auto"), r"^exact\.solve: .*name, use method$"),
        (lambda: exact.two_time(LASER, [1.0], weight=[1]), r"^exact\.two_time: .*use weights$"),
        # known to a sibling
        (lambda: twa.plan(LASER, [1.0], end=True), r"twa\.plan: .* end, twa\.solve takes it; arg"),
        # not known, and not near to anything
        (lambda: Ensemble(2, colour=1), r"Ensemble: no argument is called colour; arguments: s"),
    ],
)
def test_what_is_meant_is_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: twa.solve(LASER), r"^twa\.solve: times must be given; arguments: system, times,"),
        (lambda: twa.solve(times=[1.0]), r"^twa\.solve: system must be given"),
        (lambda: CollectiveJump(), r"^CollectiveJump: rate and weights must be given"),
        (lambda: models.superradiant_laser(5), r"^models\.superradiant_laser: pump must be given"),
        (lambda: storage.save(), r"^storage\.save: ds and path must be given"),
        # of functions that take any keywords
        (lambda: exact.solve(LASER), r"^exact\.solve: times must be given; arguments: system, ti"),
        (lambda: exact.solve(LASER, t=[1.0]), r"^exact\.solve: times must be given, got t; arg"),
        (lambda: exact.steady_state(), r"^exact\.steady_state: system must be given"),
        (lambda: exact.two_time(LASER), r"^exact\.two_time: delays must be given"),
        (lambda: scan(twa.solve), r"^scan: systems must be given; arguments: solve, systems, dim"),
        (lambda: pictures.wigner(), r"^pictures\.wigner: source must be given"),
    ],
)
def test_what_is_missing_is_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_a_word_for_steps_hears_what_they_may_be():
    with pytest.raises(ValueError, match=r"steps must be 'auto', an integer >= 1 or 1 of them"):
        twa.solve(LASER, [1.0], steps="many")


def test_every_public_function_answers_so():
    missing = [name for name, function in PUBLIC.items() if not hasattr(function, "__wrapped__")]
    assert not missing
    for solve in (exact.solve, twa.solve, cumulants.solve):
        with pytest.raises(TypeError, match="n_traj") as caught:
            solve(LASER, [1.0], n_traj=7)
        assert ("use trajectories" in str(caught.value)) == (solve is not cumulants.solve)


def test_a_bare_name_is_suggested_only_where_there_is_one():
    assert arguments.hint("n_traj", ["trajectories", "seed"]) == ", use trajectories"
    assert arguments.hint("n_traj", ["order"]) == ""
    assert arguments.hint("n_traj") == ", use trajectories"
    assert arguments.hint("trajectoires", ["trajectories"]) == ", use trajectories"


def test_every_argument_that_is_suggested_is_there():
    every = {
        name for function in PUBLIC.values() for name in inspect.signature(function).parameters
    }
    for name, meant in arguments.MEANT.items():
        dotted = re.findall(r"\b([A-Z]\w+)\.(\w+)", meant)
        for owner, argument in dotted:
            assert argument in inspect.signature(CLASSES[owner]).parameters, (name, meant)
        if not dotted:
            # options of the methods of exact.solve are not in its signature
            assert meant in every | {"tolerance"}, (name, meant)


def test_names_that_are_taken_are_not_in_the_dictionary():
    for owner, function in {**PUBLIC, **CLASSES}.items():
        clash = set(inspect.signature(function).parameters) & set(arguments.MEANT)
        assert not clash, (owner, clash)


def test_signatures_stay_as_they_are():
    @arguments.named("f")
    def f(a: int, /, b: float = 1.0, *, c: str = "") -> float:
        """Say something."""
        return a + b

    assert str(inspect.signature(f)) == "(a: int, /, b: float = 1.0, *, c: str = '') -> float"
    assert f.__doc__ == "Say something."
    assert f.__name__ == "f"
    assert f(1, b=2) == 3
    assert list(inspect.signature(Ensemble).parameters)[:2] == ["size", "decay"]
    with pytest.raises(TypeError, match="Ensemble: size must be given"):
        Ensemble()


def test_open_functions_have_to_look_for_themselves():
    f = arguments.named("f")(lambda first, *args, last=1, **options: (first, args, last, options))
    assert f(1, 2, 3, n_traj=7) == (1, (2, 3), 1, {"n_traj": 7})
    with pytest.raises(TypeError, match=r"^f: first must be given, got n_traj; arguments: first, "):
        f(n_traj=7)
    with pytest.raises(TypeError, match=r"^exact\.solve: at most 3 arguments go without"):
        exact.solve(LASER, [1.0], "auto", True)
    with pytest.raises(TypeError, match="option named n_traj, use trajectories"):
        validation.no_options("f", "this", {"n_traj": 1})


def test_warnings_point_to_the_line_of_the_user():
    inside = compile("def f(warn): warn('x')\ndef g(warn): f(warn)", validation.__file__, "exec")
    scope = {}
    exec(inside, scope)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        scope["g"](validation.warn)
    assert caught[0].filename == __file__
