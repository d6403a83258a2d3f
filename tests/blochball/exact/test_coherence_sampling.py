"""Monte Carlo of two times against the density matrix, with honest standard errors."""

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, System, exact, models
from blochball.support.statistics import Moments
from tests.blochball.known import all_within

DELAYS = np.array([0.0, 0.1, 0.4, 1.2])


def network(size, sites=1, **changes):
    """Every rate at once, with phases; odd sizes have the negative product of dephasing."""
    ensemble = Ensemble(size, decay=0.3, dephasing=0.2, pump=2.0, detuning=0.7)
    jumps = [
        CollectiveJump(1.0, [1j] * sites, name="out"),
        CollectiveJump(0.2, [1] * sites, "pump"),
        CollectiveJump(0.3, [1] * sites, "dephasing"),
    ]
    exchange = changes.get("exchange", 0.8)
    return System([ensemble] * sites, jumps, np.full((sites, sites), exchange))


def agree(system, judged=None, delays=DELAYS, time=np.inf, weights=None, **options):
    ds = exact.two_time(system, delays, time, weights, method="jumps", **options)
    judge = exact.two_time(judged or system, delays, time, weights, method="liouvillian")
    for part in ("real", "imag"):
        k = ["real", "imag"].index(part)
        variance = np.diagonal(ds.first_order_covariance.values[..., k, k])
        error = getattr(ds.first_order - judge.first_order, part).values
        assert (np.abs(error) <= 5 * np.sqrt(variance) + 1e-9).all()
    all_within(ds, {name: judge[name] for name in ("second_order", "intensity")}, floor=1e-9)
    return ds


@pytest.mark.parametrize("time", [0.2, np.inf])
@pytest.mark.parametrize("size", [1, 2, 7])
def test_every_term(size, time):
    agree(network(size), time=time, trajectories=4000 if time < 1 else 400, seed=size)


def test_identical_ensembles_and_complex_weights():
    agree(network(2, sites=2), weights=[1 - 2j] * 2, trajectories=400, seed=3)


def test_a_wrong_exchange_would_be_seen():
    with pytest.raises(AssertionError):
        agree(network(7), network(7, exchange=0.4), trajectories=2000, seed=7)


def test_the_start_does_not_matter_in_the_steady_state():
    tilted = models.superradiant_laser(6, 2.0, polar=1.0)
    agree(tilted, trajectories=400, seed=2)
    at_last = exact.two_time(tilted, [0.0], method="jumps", trajectories=2)
    early = exact.two_time(tilted, [0.0], 0.5, method="jumps", trajectories=2)
    of = [ds.attrs["trajectories_of"] for ds in (at_last, early)]
    assert of == ["coherences", "kets"]


def test_no_delay_is_the_emission():
    ds = exact.two_time(network(9), [0.0], weights="out", method="jumps", trajectories=50)
    assert ds.first_order.item() == pytest.approx(ds.intensity.item(), rel=1e-12)
    assert ds.first_order_stderr.item() == pytest.approx(ds.intensity_stderr.item(), rel=1e-9)


def test_standard_errors_are_honest():
    """Over many seeds deviations have variance one, and covariances say how they go together."""
    system = models.superradiant_laser(5, 2.0)
    delays = np.array([0.0, 0.2, 0.8])
    judge = exact.two_time(system, delays, method="liouvillian")
    runs = [
        exact.two_time(system, delays, method="jumps", trajectories=100, seed=seed)
        for seed in range(60)
    ]
    deviation = np.array([run.first_order.values.real for run in runs]) - judge.first_order.values
    expected = np.mean([run.first_order_covariance.values[..., 0, 0] for run in runs], axis=0)
    measured = Moments.of(deviation.real).covariance * len(runs)
    # 60 samples know a variance to 18%
    assert np.abs(measured / expected - 1).max() < 4 * 0.18
    product = [run.second_order_covariance.values[0, 2] for run in runs]
    second = np.array([run.second_order.values for run in runs])
    assert np.mean(product) == pytest.approx(np.cov(second.T)[0, 2], rel=4 * 0.18)


def test_a_thousand_emitters():
    """Linewidth of the laser, 0.857(2) by an independent program, from the decay between delays."""
    system = models.superradiant_laser(1000, 250.0)
    ds = exact.two_time(system, [0.03, 0.4], trajectories=24, seed=1)
    assert ds.attrs["method"] == "exact.jumps"
    first, second = ds.first_order.values.real
    width = 2 * np.log(first / second) / 0.37
    gradient = np.array([1 / first, -1 / second]) * 2 / 0.37
    error = np.sqrt(gradient @ ds.first_order_covariance.values[..., 0, 0] @ gradient)
    assert error < 0.1
    assert abs(width - 0.857) < 5 * np.hypot(error, 0.002)


def test_threads_do_not_matter():
    runs = [
        exact.two_time(network(4), DELAYS, method="jumps", trajectories=30, seed=4, threads=n)
        for n in (1, 3)
    ]
    assert runs[0].drop_attrs().identical(runs[1].drop_attrs())


def test_a_burn_in_that_is_too_short():
    with pytest.warns(UserWarning, match=r"two_time: the intensity is .* not yet stationary"):
        exact.two_time(network(20), [0.0], method="jumps", trajectories=2000, burn_in=0.04)


def test_refusals():
    laser = models.superradiant_laser(3, 1.0)
    with pytest.raises(ValueError, match="burn_in must be None for a finite time"):
        exact.two_time(laser, [0.0], 1.0, method="jumps", burn_in=2.0)
    with pytest.raises(ValueError, match=r"a trajectory has at most 1e\+12 jumps"):
        exact.two_time(laser, [1e13], method="jumps")
    with pytest.raises(TypeError, match="jumps takes no option named tolerance"):
        exact.two_time(laser, [1.0], method="jumps", tolerance=1e-9)
