"""Spin couplings in the exact solvers: brute force, closed forms, and the sectors that are left."""

from itertools import product

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, SpinCoupling, System, cumulants, exact
from blochball.exact import liouvillian
from blochball.operators import MasterEquation
from tests.blochball.exact.bruteforce import BruteForce
from tests.blochball.known import all_within, twisting, twisting_covariance

TIMES = np.array([0.4, 1.1])
AXES = [a + b for a, b in product("xyz", repeat=2)]


def pair(axes, polar=1.0, **changes):
    strengths = ([[0.4, -0.9], [0.3, 0.7]], 0.6)
    rates = {"decay": 0.3, "dephasing": 0.1, "pump": 0.2, **changes}
    return System(
        [Ensemble(2, polar=polar, azimuth=0.3, **rates), Ensemble(1, polar=polar, detuning=0.5)],
        CollectiveJump(0.3, [1, 0.5j]),
        couplings=[SpinCoupling(strengths[k], a) for k, a in enumerate(axes)],
    )


def compare(ds, system, tolerance=1e-8):
    for name, value in BruteForce(system).solve(TIMES).items():
        if name in ds:
            np.testing.assert_allclose(ds[name], value, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("axes", AXES)
def test_every_pair_of_axes_within_and_between_ensembles(axes):
    system = pair([axes, axes[::-1]])
    compare(liouvillian.solve(system, TIMES, correlations=TIMES), system)
    # negative control: the coupling matters
    bare = System(system.ensembles, system.jumps)
    moved = liouvillian.solve(bare, TIMES) - liouvillian.solve(system, TIMES)
    assert max(float(np.abs(moved[name]).max()) for name in moved) > 0.05


@pytest.mark.parametrize("axes", ["zz", "xx", "xy", "zx"])
@pytest.mark.parametrize("polar", [1.0, np.pi])
def test_trajectories(axes, polar):
    system = pair([axes], polar)
    ds = exact.solve(system, TIMES, "jumps", trajectories=1500, seed=3)
    expected = BruteForce(system).solve(TIMES)
    expected.pop("correlation")
    all_within(ds, expected, floor=1e-8)


@pytest.mark.parametrize("axes", ["zz", "xx", "xy", "zx"])
def test_cumulants_of_two_emitters(axes):
    for sizes in ((2,), (1, 1)):
        ensembles = [Ensemble(n, 0.2, 0.1, 0.3, polar=1.0 + n, azimuth=0.4) for n in sizes]
        strength = np.array([[0.5, -0.8], [1.3, 0.2]])[: len(sizes), : len(sizes)]
        system = System(ensembles, couplings=SpinCoupling(strength, axes))
        compare(cumulants.solve(system, TIMES), system, 1e-7)


@pytest.mark.parametrize(
    ("axes", "step"),
    [((), 0), (("zz",), 0), (("xx",), 2), (("xy",), 2), (("zx",), 1), (("zz", "zy"), 1)],
)
def test_the_smallest_sector_that_the_terms_leave(axes, step):
    system = pair(axes, polar=np.pi)
    assert MasterEquation.of(system).order_step == step
    ds = liouvillian.solve(system, TIMES)
    compare(ds, system)
    whole = liouvillian.Space.of(system, None).dimension
    kept = {0: liouvillian.Space.of(system, 0).dimension, 1: whole}
    even = ds.attrs["unknowns"] if step == 2 else whole / 2
    assert ds.attrs["unknowns"] == kept.get(step, even)
    assert even <= 0.6 * whole
    assert (
        liouvillian.memory(system, None, step=2)[0]
        == liouvillian.Space.of(system, None, step=2).dimension
    )
    brute = BruteForce(system)
    steady = liouvillian.steady_state(system, correlations=True)
    for name, value in brute.expectations([brute.steady()]).items():
        np.testing.assert_allclose(steady[name], value, atol=1e-8, err_msg=name)


def test_flip_flops_written_as_a_coupling_are_the_exchange():
    ensembles = [Ensemble(2, decay=0.2), Ensemble(3, pump=0.1, polar=np.pi)]
    h = 0.7
    exchanged = System(ensembles, exchange=[[0, h], [h, 0]])
    between = [[0, 2 * h], [0, 0]]
    coupled = System(
        ensembles, couplings=[SpinCoupling(between, "xx"), SpinCoupling(between, "yy")]
    )
    one, other = (liouvillian.solve(system, TIMES) for system in (exchanged, coupled))
    assert one.attrs["unknowns"] == other.attrs["unknowns"]
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=1e-9)


RATES = [{}, {"decay": 1.0}, {"dephasing": 0.25}, {"decay": 1.0, "pump": 0.6, "dephasing": 0.25}]
TWENTY = [(20, rates) for rates in RATES]


@pytest.mark.parametrize(("size", "rates"), [*TWENTY, (60, RATES[-1])])
def test_one_axis_twisting_with_every_loss(size, rates):
    ensemble = Ensemble(size, polar=np.pi / 2, **rates)
    times = np.linspace(0, 1, 6)
    system = System(ensemble, couplings=SpinCoupling(1.0))
    ds = exact.solve(system, times, tolerance=1e-11, moments="second")
    for name, value in twisting(ensemble, 1.0, times).items():
        np.testing.assert_allclose(ds[name], value, atol=1e-8, err_msg=name)
    covariance = twisting_covariance(ensemble, 1.0, times)
    np.testing.assert_allclose(ds.spin_covariance, covariance, atol=1e-8)
    # negative control: the other sign turns the spin the other way
    other = twisting(ensemble, -1.0, times)["spin_y"]
    assert np.abs(ds.spin_y - other).max() > 0.1 or not rates.get("decay")


def test_twisting_of_polarized_emitters_is_served_by_populations():
    ensemble = Ensemble(6, decay=0.3, dephasing=0.2, pump=0.9)
    jump, strength = CollectiveJump(0.5, [1]), SpinCoupling(0.8)
    twisted = exact.solve(System(ensemble, jump, couplings=strength), TIMES)
    assert twisted.attrs["method"] == "exact.populations"
    other = liouvillian.solve(System(ensemble, jump, couplings=strength), TIMES)
    for name in twisted:
        np.testing.assert_allclose(twisted[name], other[name], atol=1e-8)
    alike = [ensemble] * 2
    same = System(alike, CollectiveJump(0.5, [1, 1]), couplings=SpinCoupling(np.ones((2, 2))))
    assert exact.solve(same, TIMES).attrs["method"] == "exact.populations"
    for couplings, reason in (
        (SpinCoupling(0.8), "tells the ensembles apart"),
        (SpinCoupling(np.ones((2, 2)), "xx"), "other axes than zz"),
    ):
        system = System(alike, CollectiveJump(0.5, [1, 1]), couplings=couplings)
        with pytest.raises(ValueError, match=reason):
            exact.solve(system, TIMES, "populations")
