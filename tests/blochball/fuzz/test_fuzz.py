"""A minute of the randomised trial; ``make fuzz`` goes on for as long as it is told to."""

from random import Random

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from blochball import CollectiveJump, Ensemble, System, exact, operators
from blochball.terms import KINDS
from tests.blochball.fuzz import generate, trial
from tests.blochball.fuzz.checks import CHECKS
from tests.blochball.fuzz.judge import Judge

EXAMPLES = {"exact.solve, jumps": 8, "twa.solve": 10}


@pytest.mark.parametrize("name", CHECKS)
def test_no_theory_is_wrong_without_a_warning(name):
    @settings(
        max_examples=EXAMPLES.get(name, 20),
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],  # a seed does not shrink
    )
    @given(st.integers(0, 2**32))
    def check(seed):
        random = Random(seed)
        system = generate.system(random, 4)
        found = trial.outcome(name, CHECKS[name], Judge(system), random)
        assert found.status not in ("wrong", "silent"), (found.reason, system.to_json())

    check()


# -- the trial itself ------------------------------------------------------------------------------


def test_every_kind_of_system_is_tried():
    systems = [generate.system(Random(seed)) for seed in range(200)]
    assert {s.sites for s in systems} == {1, 2, 3}
    assert {s.emitters for s in systems} == {1, 2, 3, 4, 5}
    kinds = {jump.kind for s in systems for jump in s.jumps}
    assert kinds == {"decay", "dephasing", "pump", "mixed"}
    assert sum(bool(s.couplings) for s in systems) > 15
    assert {name for s in systems for name in operators.states_of(s)} == set(operators.STATES)
    assert sum(s.drive is not None for s in systems) > 50
    assert sum(s.exchange is not None for s in systems) > 50
    assert sum(exact.populations.obstacle(s) is None for s in systems) > 30
    rates = [r for s in systems for kind in KINDS for r in s.column(kind) if r]
    assert min(rates) < 1e-2
    assert max(rates) > 1e2


@pytest.mark.parametrize("name", ["exact.solve, liouvillian", "exact.two_time", "observables"])
def test_a_small_change_of_the_system_is_seen(name):
    # negative control: the judge knows another System than the theory
    system = System(Ensemble(3, pump=1.0, polar=1.0), CollectiveJump(1.0, 1.0), drive=0.5)
    other = System(Ensemble(3, pump=1.01, polar=1.0), CollectiveJump(1.0, 1.0), drive=0.5)
    judge = Judge(system)
    judge.system = other
    found = trial.outcome(name, CHECKS[name], judge, Random(1))
    assert found.status == "right"  # the judge is lazy: it has built nothing yet
    judge = Judge(system)
    assert judge.generator.nnz
    judge.system = other
    assert trial.outcome(name, CHECKS[name], judge, Random(1)).status == "wrong"


def test_outcomes_are_told_apart():
    def status(check):
        return trial.outcome("name", check, None, Random(0)).status

    def refuse(*_):
        raise ValueError("no")

    def crash(*_):
        raise KeyError("no")

    def warn(*_):
        trial.warnings.warn("careful", stacklevel=1)

    def warn_of_what_is_off(*_):
        warn()
        raise trial.Silent("far off")

    assert status(lambda *_: None) == "right"
    assert [status(check) for check in (refuse, crash)] == ["refused", "wrong"]
    assert [status(check) for check in (warn, warn_of_what_is_off)] == ["in vain", "warned"]


def test_the_judge_finds_limits_and_what_has_none():
    decaying = Judge(System(Ensemble(2, decay=1.0, polar=1.0), drive=0.3))
    assert decaying.unique()
    late = decaying.after(decaying.initial, [200.0])[0]
    np.testing.assert_allclose(decaying.limit(), late, atol=1e-9)
    turning = Judge(System(Ensemble(1, polar=1.0), drive=0.5))
    assert not turning.unique()
    assert turning.limit() is None
    still = Judge(System(Ensemble(1, polar=1.0)))
    np.testing.assert_array_equal(still.limit(), still.initial)
    # a limit that depends on the start
    dark = Judge(System([Ensemble(1), Ensemble(1, polar=np.pi)], CollectiveJump(1.0, [1, 1])))
    assert not dark.unique()
    np.testing.assert_allclose(dark.limit(), dark.after(dark.initial, [200.0])[0], atol=1e-9)


def test_the_judge_carries_states_as_the_2_to_the_n_program_does():
    systems = (generate.system(Random(seed)) for seed in range(100))
    judge = Judge(next(system for system in systems if system.emitters == 5))
    times = np.array([0.0, 3.0, 40.0]) / judge.fastest
    found = judge.after(judge.initial, times)
    np.testing.assert_allclose(found, judge.evolve(judge.initial, times), atol=1e-11)
