"""Quantum-jump trajectories against the density matrix, and what a trajectory has to keep."""

import numpy as np
import pytest
from hypothesis import given, settings

from blochball import CollectiveJump, Ensemble, Protocol, System, exact, models
from blochball.exact import ket_kernels as kets
from blochball.exact import kets as unravel
from blochball.exact import liouvillian
from tests.blochball.exact.bruteforce import BruteForce
from tests.blochball.exact.systems import SINGLE_TERMS, systems

NAMES = ("spin_x", "spin_y", "inversion", "emission", "spin_squared", "output")
TIMES = np.array([0.0, 0.2, 0.6, 1.5])


def worst(sampled, expected):
    """Largest deviation in standard errors, of which n samples cannot know less than 1/n."""
    found = []
    for name in NAMES:
        if sampled[name].size:
            scale = max(1.0, float(np.abs(expected[name]).max()))
            # a jump so rare that none or one of n trajectories has it has no honest spread
            rare = 2 * scale / sampled.attrs["trajectories"]
            error = np.hypot(sampled[f"{name}_stderr"].values, rare)
            found.append((np.abs(sampled[name].values - expected[name]) / error).max())
    return max(found)


def matrix_means(system, times=TIMES):
    ds = liouvillian.solve(system, times)
    return {name: ds[name].values for name in NAMES if ds[name].size}


# 5 standard errors: one in two million for each of some 30 numbers a test


@pytest.mark.parametrize("name", SINGLE_TERMS)
def test_each_term_alone(name):
    system = SINGLE_TERMS[name]
    sampled = unravel.solve(system, TIMES, trajectories=2000, seed=1)
    expected = BruteForce(system).solve(TIMES)
    assert worst(sampled, expected) < 5
    if name in ("drive", "detuning", "exchange"):
        # nothing is random in a trajectory without jumps
        for variable in NAMES[:-1]:
            np.testing.assert_allclose(sampled[variable].values, expected[variable], atol=1e-9)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(systems(emitters=4))
def test_all_terms_together(system):
    sampled = unravel.solve(system, TIMES, trajectories=1000, seed=2)
    assert worst(sampled, matrix_means(system)) < 5


@settings(max_examples=15, deadline=None, derandomize=True)
@given(systems(emitters=6, polarized=True, driven=False))
def test_all_terms_at_definite_total_m(system):
    sampled = unravel.solve(system, TIMES, trajectories=1000, seed=3)
    largest = max(e.size for e in system.ensembles)
    product = np.prod([e.size + 1 for e in system.ensembles])
    # a ket of definite total M, unless a drive of the strategy's making is zero throughout
    assert sampled.attrs["amplitudes"] == product // (largest + 1)
    assert worst(sampled, matrix_means(system)) < 5


@pytest.mark.parametrize(
    "system",
    [
        models.waveguide_chain(2, 12, 0.7, 6.0),
        models.waveguide_chain(3, 3, 1.1, 2.0),
        models.waveguide_chain(2, 4, 0.7, 3.0, drive=0.8),
        models.boundary_time_crystal(15, 2.0, 3.0, decay=0.5, dephasing=0.3, pump=0.2),
    ],
    ids=["two ensembles", "three ensembles", "two driven", "one driven"],
)
def test_against_the_density_matrix(system):
    sampled = unravel.solve(system, TIMES, trajectories=3000, seed=4)
    assert worst(sampled, matrix_means(system)) < 5


def test_the_wrong_answer_is_noticed():
    # negative control: exchange of the other sign turns forward emission into backward
    system = models.waveguide_chain(2, 4, 0.7, 3.0, drive=0.8)
    turned = System(
        system.ensembles, system.jumps, -system.exchange_matrix, drive=system.drive_vector
    )
    sampled = unravel.solve(turned, TIMES, trajectories=3000, seed=4)
    assert worst(sampled, matrix_means(system)) > 8


def test_against_populations():
    system = models.superradiant_laser(40, 10.0)
    times = np.array([0.02, 0.1, 0.4])
    sampled = unravel.solve(system, times, trajectories=3000, seed=5)
    expected = exact.solve(system, times, method="populations")
    assert worst(sampled, {name: expected[name].values for name in NAMES}) < 5


def test_kets_and_populations_of_identical_ensembles():
    # at phase 0 both kinds of trajectory serve, and one is not derived from the other
    system = models.waveguide_chain(2, 6, 0.0, 3.0)
    kinds = unravel.solve(system, TIMES, trajectories=3000, seed=6)
    alike = exact.solve(system, TIMES, method="jumps", trajectories=3000, seed=6)
    assert alike.attrs["trajectories_of"] == "populations"
    for name in ("inversion", "emission", "output"):
        error = np.hypot(kinds[f"{name}_stderr"].values, alike[f"{name}_stderr"].values)
        assert (np.abs(kinds[name] - alike[name]).values <= 5 * error + 1e-9).all()


@pytest.mark.slow
def test_two_ensembles_of_a_hundred_without_coherent_coupling():
    # at phase pi/2 the two directions add to independent superradiance of each ensemble, and what
    # is left of the coupling is coherent; take that away, and populations know the answer
    system = models.waveguide_chain(2, 100, np.pi / 2, 20.0)
    apart = System(system.ensembles, system.jumps)
    times = np.array([0.02, 0.05])
    sampled = unravel.solve(apart, times, trajectories=200, seed=7)
    one = exact.solve(models.superradiant_laser(100, 20.0, polar=np.pi), times)
    deviation = np.abs(sampled.emission - one.emission.values) / sampled.emission_stderr
    assert deviation.max() < 5


def test_same_bits_for_any_number_of_threads_and_other_numbers_for_another_seed():
    system = models.waveguide_chain(2, 3, 0.7, 3.0)
    runs = [unravel.solve(system, TIMES, trajectories=50, seed=8, threads=n) for n in (1, 3)]
    for name in runs[0]:
        np.testing.assert_array_equal(runs[0][name].values, runs[1][name].values)
    other = unravel.solve(system, TIMES, trajectories=50, seed=9)
    assert (other.output.values[1:] != runs[0].output.values[1:]).all()


def test_standard_errors_are_those_of_the_mean():
    system = models.waveguide_chain(2, 3, 0.7, 3.0)
    means = np.array(
        [unravel.solve(system, [0.5], trajectories=40, seed=s).output.values[0] for s in range(150)]
    )
    claimed = unravel.solve(system, [0.5], trajectories=4000, seed=500).output_stderr.values[0]
    # the spread of 150 means has a relative error of 1/sqrt(300)
    np.testing.assert_allclose(means.std(axis=0, ddof=1), claimed * 10, rtol=5 / np.sqrt(300))


def test_independent_emitters_decay_at_the_right_time():
    # the waiting time: exponential, not a share of a step
    ds = unravel.solve(System(Ensemble(1, decay=2.0)), [0.25, 1.0], trajectories=20_000, seed=10)
    survival = ds.inversion.values[:, 0] + 0.5
    expected = np.exp(-2.0 * np.array([0.25, 1.0]))
    assert (np.abs(survival - expected) < 5 * ds.inversion_stderr.values[:, 0]).all()


@pytest.mark.parametrize("reach", [0.25, 1.0])
def test_result_does_not_depend_on_the_length_of_steps(reach):
    # the same random numbers: jumps fall on the same times up to rounding
    system = models.waveguide_chain(2, 3, 0.7, 3.0, drive=0.5)
    protocol = Protocol([(0, system)])
    (leg,) = unravel._legs(protocol, TIMES)
    start, spins, total = unravel._start(protocol)

    def run():
        point = kets.Point(start.copy(), spins.copy(), np.array([total]))
        generator = np.random.Generator(np.random.PCG64(3))
        out = np.empty((TIMES.size, 12))
        kets.trajectory.py_func(*leg.models, point, leg.times, generator, out)
        return out

    expected = run()
    before = kets.REACH
    try:
        kets.REACH = reach
        found = run()
    finally:
        kets.REACH = before
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_no_rates_at_all():
    ds = unravel.solve(System([Ensemble(2), Ensemble(3, polar=1.0)]), TIMES, trajectories=3)
    np.testing.assert_allclose(ds.inversion.values, [[1.0, 1.5 * np.cos(1.0)]] * 4)
    np.testing.assert_allclose(ds.inversion_stderr.values, 0, atol=1e-12)


def test_jumps_chooses_kets_where_populations_do_not_do():
    system = System([Ensemble(2), Ensemble(3)], CollectiveJump(1.0, [1, 1]))
    ds = exact.solve(system, TIMES, method="jumps", trajectories=20)
    assert ds.attrs["trajectories_of"] == "kets"
    assert ds.attrs["method"] == "exact.jumps"


def test_refusals():
    large = models.waveguide_chain(100, 250, 0.1, 1.0)
    with pytest.raises(ValueError, match="a trajectory needs more than 1e15 amplitudes"):
        unravel.solve(large, TIMES)
    with pytest.raises(ValueError, match=r"no method serves this system .* jumps: a trajectory"):
        exact.solve(large, TIMES)
    small = models.waveguide_chain(2, 3, 0.7, 3.0)
    with pytest.raises(ValueError, match=r"exact\.steady_state: method must be one that solves"):
        exact.steady_state(small, method="jumps")
    for options, message in (
        ({"trajectories": 0}, "trajectories must be an integer >= 1"),
        ({"seed": -1}, "seed must be an integer >= 0"),
        ({"threads": 0}, "threads must be an integer >= 1"),
    ):
        with pytest.raises(ValueError, match=message):
            unravel.solve(small, TIMES, **options)
    with pytest.raises(TypeError, match="tolerance"):
        exact.solve(small, TIMES, method="jumps", tolerance=1e-6)
