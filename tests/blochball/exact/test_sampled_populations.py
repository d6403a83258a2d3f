"""Monte Carlo of the populations against the populations, with honest standard errors."""

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, System, dataset, exact, models
from tests.blochball.known import SITE_VARIABLES, all_within, superradiance_of_two

TIMES = np.array([0.0, 0.2, 0.7, 2.0])
RATES = {
    "decay": (0.75, 0, 0, 0, 0),
    "dephasing": (0, 0.75, 0, 0, 0),
    "pump": (0, 0, 0.75, 0, 0),
    "collective decay": (0, 0, 0, 0.75, 0),
    "collective pump": (0, 0, 0, 0, 0.75),
    "laser": (0, 0, 1.5, 0.5, 0),
    "decay and dephasing": (0.5, 0.3, 0, 0.4, 0),
    "all": (0.25, 0.125, 0.5, 0.3, 0.1),
}


def single(size, polar, decay, dephasing, pump, collective_decay, collective_pump):
    jumps = [CollectiveJump(collective_decay, [1]), CollectiveJump(collective_pump, [1j], "pump")]
    return System(Ensemble(size, decay, dephasing, pump, polar=polar), jumps)


def agree(system, times=TIMES, **options):
    ds = exact.solve(system, times, method="jumps", **options)
    judge = exact.solve(system, times, method="populations")
    names = [*SITE_VARIABLES, *(["output"] if system.jumps else [])]
    # 1e-9: where all trajectories agree there is no standard error to measure by
    all_within(ds, {name: judge[name] for name in names}, floor=1e-9 * system.emitters**2)
    return ds


@pytest.mark.parametrize("rates", RATES.values(), ids=RATES)
@pytest.mark.parametrize("polar", [0.0, np.pi], ids=["inverted", "ground"])
@pytest.mark.parametrize("size", [1, 2, 7, 8])
def test_every_rate(size, polar, rates):
    agree(single(size, polar, *rates), trajectories=4000, seed=size)


def test_a_wrong_rate_would_be_seen():
    ds = exact.solve(single(8, 0.0, *RATES["all"]), TIMES, method="jumps", trajectories=4000)
    other = exact.solve(single(8, 0.0, 0.25, 0.125, 0.65, 0.3, 0.1), TIMES)
    with pytest.raises(AssertionError, match="allowed 5 x"):
        all_within(ds, {"inversion": other.inversion})


def test_superradiance_of_two():
    ds = exact.solve(
        models.superradiant_decay(2), TIMES, method="jumps", trajectories=20_000, seed=3
    )
    all_within(ds, superradiance_of_two(TIMES), floor=1e-12)


def test_identical_ensembles():
    ensembles = [Ensemble(3, 0.2, 0.1, 1.0, polar=np.pi)] * 3
    system = System(
        ensembles,
        [CollectiveJump(0.5, [1, 1, 1]), CollectiveJump(0.3, [2, 2, 2], "dephasing")],
    )
    ds = agree(system, trajectories=4000, seed=5)
    assert ds.sizes == {"time": 4, "site": 3, "channel": 2, "moment": 5, "channel_other": 2,
                        "moment_other": 5}  # fmt: skip


def test_emitters_by_the_ten_thousand():
    # too many for the populations (25 million states); inversion and emission obey
    # d<J^z>/dt = -Gamma <J^+J^-> + pump (N/2 - <J^z>), which fixes one from the other
    size = 10_000
    times = np.linspace(0, 20, 401) / size
    system = models.superradiant_laser(size, 0.25 * size)
    ds = exact.solve(system, times, method="jumps", trajectories=8, seed=1)
    z, e = ds.inversion.values[:, 0] / size, ds.emission.values[:, 0] / size**2
    tau = times * size
    gain = -e + 0.25 * (0.5 - z)
    integral = np.concatenate([[0], np.cumsum((gain[1:] + gain[:-1]) / 2 * np.diff(tau))])
    # in every single trajectory it holds up to shot noise, sqrt(jumps) / N = 0.02 / sqrt(8)
    np.testing.assert_allclose(z - z[0], integral, atol=0.02)
    assert z.min() < 0.15
    assert e.max() > 0.1


def test_standard_errors_are_neither_too_small_nor_too_large():
    # deviations in units of the standard error, over many seeds, have variance 1
    system = models.superradiant_laser(10, 2.5)
    judge = exact.solve(system, [0.15, 1.0])
    runs = [
        exact.solve(system, [0.15, 1.0], method="jumps", trajectories=100, seed=seed)
        for seed in range(150)
    ]
    for name in ("inversion", "emission", "spin_squared", "output"):
        z = np.array([(ds[name] - judge[name]) / ds[f"{name}_stderr"] for ds in runs])
        # 150 deviations a time: the variance is known to 1.2e-1, the mean to 8e-2
        assert z.var(axis=0) == pytest.approx(1, abs=0.45), name
        assert z.mean(axis=0) == pytest.approx(0, abs=0.35), name


def test_covariances_are_those_between_runs():
    system = System(
        Ensemble(10, pump=2.5),
        [CollectiveJump(1, [1]), CollectiveJump(0.5, [2], "dephasing")],
    )
    runs = [
        exact.solve(system, [0.3], method="jumps", trajectories=50, seed=seed)
        for seed in range(250)
    ]
    means = np.array([[ds[n].item() for n in SITE_VARIABLES] for ds in runs])
    outputs = np.array([ds.output.values[0] for ds in runs])
    own = np.mean([ds.covariance.values[0, 0] for ds in runs], axis=0)
    own_outputs = np.mean([ds.output_covariance.values[0] for ds in runs], axis=0)
    for found, between in ((own, np.cov(means.T)), (own_outputs, np.cov(outputs.T))):
        scale = np.sqrt(np.outer(np.diag(found), np.diag(found))) + 1e-30
        np.testing.assert_allclose(found / scale, between / scale, atol=0.3)
    # emission = J(J+1) - M^2 + M: far from independent of J(J+1)
    k = [SITE_VARIABLES.index(n) for n in ("spin_squared", "emission")]
    assert abs(own[k[0], k[1]]) > 0.5 * np.sqrt(own[k[0], k[0]] * own[k[1], k[1]])


def test_same_bits_for_any_number_of_threads_and_none_for_another_seed():
    system = models.superradiant_laser(20, 5.0)
    one, two, three = (
        exact.solve(system, TIMES, method="jumps", trajectories=100, seed=4, threads=k)
        for k in (1, 2, 3)
    )
    assert one.equals(two)
    assert one.equals(three)
    other = exact.solve(system, TIMES, method="jumps", trajectories=100, seed=5)
    assert not other.emission[1:].equals(one.emission[1:])


def test_attributes_say_what_was_done():
    system = models.superradiant_laser(5, 1.0)
    ds = exact.solve(system, TIMES, method="jumps", trajectories=33, seed=9)
    assert ds.attrs["method"] == "exact.jumps"
    assert (ds.attrs["trajectories"], ds.attrs["seed"]) == (33, 9)
    assert dataset.system_of(ds) == system


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"trajectories": 0}, ValueError, "trajectories must be an integer >= 1, got 0"),
        ({"trajectories": 1.5}, TypeError, "trajectories must be an integer"),
        ({"seed": -1}, ValueError, "seed must be an integer >= 0, got -1"),
        ({"threads": 0}, ValueError, "threads must be an integer >= 1, got 0"),
        ({"colour": 1}, TypeError, "no method takes an option of that name"),
        (
            {"tolerance": 1e-6},
            TypeError,
            "jumps takes no option named tolerance; populations, liou",
        ),
        ({"error": 0.0}, ValueError, "error must be a finite real number >= 1e-09"),
    ],
)
def test_refusals(options, error, message):
    with pytest.raises(error, match=message):
        exact.solve(models.superradiant_laser(5, 1.0), TIMES, method="jumps", **options)


def test_a_steady_state_is_not_for_monte_carlo():
    with pytest.raises(ValueError, match=r"exact\.steady_state: .*jumps"):
        exact.steady_state(models.superradiant_laser(5, 1.0), method="jumps")


def test_an_error_may_be_asked_for():
    system = models.superradiant_laser(8, 2.0)
    coarse = exact.solve(system, TIMES, method="jumps", trajectories=100, seed=2)
    fine = exact.solve(system, TIMES, method="jumps", trajectories=100, seed=2, error=0.004)
    assert fine.attrs["error"] <= 0.004 < coarse.attrs["error"]
    assert fine.attrs["error"] == pytest.approx(float(fine.inversion_stderr.max()) / 8)
    assert "standard error of 0.004 at most" in fine.attrs["method_reason"]
    # the same bits as a run of as many trajectories; no more of them than it takes
    whole = exact.solve(
        system, TIMES, method="jumps", trajectories=fine.attrs["trajectories"], seed=2
    )
    np.testing.assert_allclose(fine.inversion, whole.inversion, rtol=1e-13)
    assert fine.attrs["error"] > 0.0035
    judge = exact.solve(system, TIMES, method="populations")
    all_within(fine, {"inversion": judge.inversion}, floor=1e-9)
