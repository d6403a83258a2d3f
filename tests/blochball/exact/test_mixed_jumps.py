"""Jumps that are sums of J^-, J^z and J^+: brute force, and squeezed decay with its dark state."""

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, System, cumulants, exact
from blochball.exact import liouvillian
from blochball.operators import MasterEquation
from tests.blochball.exact.bruteforce import BruteForce
from tests.blochball.known import all_within

TIMES = np.array([0.3, 0.9])
WEIGHTS = {
    "decay": [0.8 - 0.3j, 0.4],
    "pump": [0.2 + 0.5j, -0.3j],
    "dephasing": [0.4j - 0.3, 0.6 - 0.2j],
}


def pair(kinds, polar=1.0, rate=0.9):
    return System(
        [Ensemble(2, 0.6, polar=polar, azimuth=0.3), Ensemble(1, pump=0.1, polar=polar)],
        CollectiveJump(rate, {kind: WEIGHTS[kind] for kind in kinds}, name="mixed"),
        exchange=[[0, 0.5], [0.5, 0.3]],
    )


@pytest.mark.parametrize(
    ("kinds", "step"),
    [
        (("decay", "pump"), 2),
        (("decay", "dephasing"), 1),
        (("pump", "dephasing"), 1),
        (("decay", "pump", "dephasing"), 1),
    ],
)
@pytest.mark.parametrize("polar", [1.0, np.pi])
def test_against_brute_force(kinds, step, polar):
    system = pair(kinds, polar)
    assert MasterEquation.of(system).order_step == step
    expected = BruteForce(system).solve(TIMES)
    ds = liouvillian.solve(system, TIMES, correlations=TIMES)
    for name, value in expected.items():
        np.testing.assert_allclose(ds[name], value, atol=1e-8, err_msg=name)
    # negative control: the kinds act together, not one after the other
    apart = [CollectiveJump(0.9, WEIGHTS[kind], kind) for kind in kinds if kind != "dephasing"]
    other = liouvillian.solve(System(system.ensembles, apart, system.exchange), TIMES)
    assert float(np.abs(other.emission - ds.emission).max()) > 1e-3


@pytest.mark.parametrize("polar", [1.0, np.pi])
def test_trajectories(polar):
    system = pair(WEIGHTS, polar)
    # late enough that rare jumps of J are among them
    times = 2 * TIMES
    expected = BruteForce(system).solve(times)
    expected.pop("correlation")
    ds = exact.solve(system, times, "jumps", trajectories=1500, seed=4)
    all_within(ds, expected, floor=1e-8)


def test_cumulants_of_two_emitters():
    jump = CollectiveJump(0.9, WEIGHTS)
    system = System([Ensemble(1, 0.2, polar=1.0), Ensemble(1, pump=0.1, polar=2.0)], jump)
    ds = cumulants.solve(system, TIMES)
    for name, value in BruteForce(system).solve(TIMES).items():
        if name in ds:
            np.testing.assert_allclose(ds[name], value, atol=1e-7, err_msg=name)


@pytest.mark.parametrize(
    ("size", "squeezing", "inversion"), [(20, 0.3, -0.49509), (20, 0.6, -0.47805)]
)
def test_squeezed_decay_ends_in_its_dark_state(size, squeezing, inversion):
    weights = {"decay": np.cosh(squeezing), "pump": np.sinh(squeezing)}
    system = System(Ensemble(size, polar=np.pi), CollectiveJump(1.0, weights))
    ds = exact.steady_state(system)
    assert ds.output.item() == pytest.approx(0, abs=1e-8)
    assert ds.inversion.item() / size == pytest.approx(inversion, abs=1e-5)
    # even sizes only have one: L|psi> = 0 gives Var J^x + Var J^y = |<J^z>| cosh(2 r)
    flips = ds.emission.item() - ds.inversion.item()
    assert flips == pytest.approx(-ds.inversion.item() * np.cosh(2 * squeezing), rel=1e-8)


def test_one_kind_in_a_mapping_is_that_kind():
    # of populations no coherence forms, whichever way it is written
    plain, mapped = (
        System(Ensemble(3), CollectiveJump(0.7, weights)) for weights in ([1j], {"decay": [1j]})
    )
    one, other = (liouvillian.solve(system, TIMES) for system in (plain, mapped))
    np.testing.assert_allclose(one.output.values, other.output.values, atol=1e-12)
    assert MasterEquation.of(mapped).order_step == 0
    with pytest.raises(ValueError, match="a jump of several kinds creates coherence"):
        exact.solve(System(Ensemble(3), CollectiveJump(1, WEIGHTS | ONE)), TIMES, "populations")


ONE = {kind: [1.0] for kind in WEIGHTS}
