"""Equations that are linear: exponentials carry them right however long a system turns."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, Protocol, SpinCoupling, System, cumulants
from tests.blochball.fuzz import generate
from tests.blochball.fuzz.judge import Judge

NAMES = ("inversion", "spin_x", "spin_y", "emission", "spin_squared")


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("size", [1, 300])
def test_rabi_turns_of_undamped_emitters_at_all_times(size, order):
    drive, detuning = 0.9, 0.7
    times = np.array([0.3, 1e3, 1e5, 1e6])
    ds = cumulants.solve(System(Ensemble(size, detuning=detuning), drive=drive), times, order)
    # the formula of Rabi, fully inverted at first
    rabi = np.hypot(detuning, 2 * drive)
    left = (2 * drive / rabi * np.sin(rabi * times / 2)) ** 2
    np.testing.assert_allclose(ds.inversion[:, 0], size * (0.5 - left), atol=1e-9 * size)
    assert ds.integrator == "exponential"


def undamped_pair(random):
    """Return two emitters that nothing damps, as one ensemble or as two."""
    sizes = random.choice([(2,), (1, 1)])
    half = np.array([[generate.amplitude(random) for _ in sizes] for _ in sizes])
    return System(
        [Ensemble(n, detuning=random.gauss(0, 1), **generate.angles(random)) for n in sizes],
        exchange=half + half.conj().T,
        couplings=[SpinCoupling(random.gauss(0, 1), random.choice(["xx", "xy", "zz"]))],
        drive=[generate.amplitude(random) for _ in sizes],
    )


@pytest.mark.parametrize("seed", range(20))
def test_undamped_pairs_at_all_times(seed):
    system, times = undamped_pair(Random(seed)), [0.7, 1000.0]
    ds, expected = cumulants.solve(system, times), Judge(system).solution(times)
    for name in NAMES:
        np.testing.assert_allclose(ds[name], expected[name], atol=1e-8)


@pytest.mark.parametrize("order", [1, 2])
def test_the_same_as_an_integrator(order):
    local = Ensemble(4, decay=0.4, pump=0.2, dephasing=0.3, polar=1.0, azimuth=0.4, detuning=0.6)
    system = System(
        [local, Ensemble(1, pump=0.3, polar=2.0)],
        CollectiveJump(0.7, [1.0, -0.5], "dephasing"),
        drive=[0.3, 0.2j],
    )
    changed = replace(system, drive=[0.1, 0.0])
    protocol = Protocol([(0.0, system), (0.6, system), (0.6, changed)])
    for what in (system, protocol):
        one, other = (
            cumulants.solve(what, [0.0, 0.4, 1.5], order, integrator=name)
            for name in ("auto", "DOP853")
        )
        assert (one.integrator, other.integrator) == ("exponential", "DOP853")
        for name in (*NAMES, "output"):
            np.testing.assert_allclose(one[name], other[name], atol=1e-7)


@pytest.mark.parametrize(
    ("system", "order"),
    [
        (System(Ensemble(3), CollectiveJump(1.0, [1])), 2),  # a third emitter
        (System(Ensemble(2, polar=1.0), CollectiveJump(1.0, [1])), 1),  # a product of means
        (System([Ensemble(1) for _ in range(7)], drive=[1.0] * 7), 2),  # many variables
        (System(Ensemble(1, decay=1e12, polar=1.0)), 2),  # rounding
    ],
)
def test_what_is_not_linear_or_too_large_is_integrated(system, order):
    assert cumulants.solve(system, [1.0], order).integrator == "LSODA"
