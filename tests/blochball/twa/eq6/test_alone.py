"""What is known exactly of emitters that know nothing of each other, and the warning from it."""

import warnings
from random import Random

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, System, exact, twa
from blochball.twa.eq6 import alone
from tests.blochball.fuzz import generate

TIMES = np.array([0.0, 0.1, 0.7, 2.0])
# found by random trials: <J^2> too large by a fifth of what it can be, and |J| as it should be
SILENT_BEFORE = System(Ensemble(5, decay=2.5, pump=0.465, polar=np.pi), exchange=[[1.2]])


def test_moments_are_those_of_the_exact_solution():
    tried = 0
    for seed in range(400):
        system = generate.system(Random(seed), 5)
        if not alone.serves(system):
            continue
        tried += 1
        right = exact.solve(system, TIMES, "liouvillian")
        for name, value in alone.moments(system, TIMES).items():
            np.testing.assert_allclose(value, right[name].values, atol=1e-6)
    assert tried > 10


@pytest.mark.parametrize(
    "system",
    [
        System(Ensemble(3), CollectiveJump(1.0, 1.0)),
        System(Ensemble(3), CollectiveJump(1.0, {"decay": 0.1, "dephasing": 1.0})),
        System(Ensemble(3), drive=1.0, exchange=1.0),
        System(Ensemble(3), CollectiveJump(1.0, 1.0, "dephasing"), drive=1.0),
        System([Ensemble(3), Ensemble(2)], exchange=[[0, 1], [1, 0]]),
        System(Ensemble(4, dicke=(2, 0))),
    ],
)
def test_what_couples_emitters_or_is_driven_is_not_served(system):
    assert not alone.serves(system)


def test_collective_dephasing_and_jumps_that_do_nothing_leave_the_moments_alone():
    jumps = [CollectiveJump(2.0, [1.0, 0.5], "dephasing"), CollectiveJump(0.0, [1.0, 1.0])]
    system = System([Ensemble(2, decay=1.0), Ensemble(3, pump=0.3, polar=1.0)], jumps)
    assert alone.serves(system)
    right = exact.solve(system, TIMES, "liouvillian")
    for name, value in alone.moments(system, TIMES).items():
        np.testing.assert_allclose(value, right[name].values, atol=1e-6)


def warned(system, trajectories=4096, seed=1):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        twa.eq6.solve(system, [0.1, 0.3, 1.0], trajectories, seed)
    return [str(w.message) for w in caught if "known exactly" in str(w.message)]


def test_a_silent_error_is_told_of():
    (message,) = warned(SILENT_BEFORE)
    assert message.startswith("twa.eq6.solve: spin_squared is off by up to about ")
    # not of many emitters, and not of noise, whose size two trajectories do not tell
    assert not warned(System(Ensemble(100, decay=2.5, pump=0.465, polar=np.pi)))
    assert not warned(SILENT_BEFORE, trajectories=64)
    assert not any(warned(SILENT_BEFORE, 2, seed) for seed in range(40))
