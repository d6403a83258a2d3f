"""Blocks, groups and their sums: the same bits however a run is cut, and numpy's statistics."""

import os
import threading

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, System, models, twa
from blochball.support import validation
from blochball.support.statistics import Tree
from blochball.twa import driver, initial
from blochball.twa.lanes import LANES
from blochball.twa.observers import means
from blochball.twa.plan import block_size
from tests.blochball.known import SITE_VARIABLES, python
from tests.blochball.twa.paths import block_of, chain, everything, paths, plan_of

TIMES = [0.0, 0.02, 0.05]
LASER = models.superradiant_laser(40, 10.0)
MIXED = System(
    [Ensemble(30, pump=2.0, polar=1.0), Ensemble(20, decay=1.0, polar=2.0, azimuth=1.0)],
    [
        CollectiveJump(0.3, [1, 0.5j]),
        CollectiveJump(0.2, [1j, 1], "pump"),
        CollectiveJump(0.4, [1, 2], "dephasing"),
    ],
)
BLOCK = block_size(MIXED.sites)


def data(ds):
    return ds.drop_attrs(deep=False)


# -- the same bits --------------------------------------------------------------------------------


@pytest.mark.parametrize("trajectories", [1, 63, 3 * BLOCK + 77])
def test_same_bits_for_any_number_of_threads(trajectories):
    runs = [
        twa.solve(MIXED, TIMES, trajectories, seed=4, steps=10, threads=threads,
                  correlations=[0.05], momenta=[0.3])
        for threads in (1, 2, 3)
    ]  # fmt: skip
    for other in runs[1:]:
        assert data(other).equals(data(runs[0]))


def test_same_bits_again_and_other_bits_for_another_seed():
    one, same, other = (
        data(twa.solve(LASER, TIMES, 100, seed=seed, steps=10)) for seed in (1, 1, 2)
    )
    assert one.equals(same)
    for name in SITE_VARIABLES:
        assert (one[name][1:] != other[name][1:]).all(), name


def test_blocks_have_streams_of_their_own():
    plan = plan_of(LASER, [0.05], 10, seed=1)
    first, second = paths(plan, 0), paths(plan, 1)
    assert (first != second).all()
    # and so have the lanes
    assert np.unique(first[0, 0, 0]).size == plan.block
    correlation = np.corrcoef(first[0, 0, 0], second[0, 0, 0])[0, 1]
    assert abs(correlation) < 5 / np.sqrt(plan.block)


def test_blocks_of_few_ensembles_are_larger_and_all_are_powers_of_two_of_groups():
    sizes = [block_size(sites) for sites in (1, 2, 3, 4, 5, 1000, 10**6)]
    assert sizes == [2048, 1024, 512, 512, 512, 512, 512]
    assert all(size % LANES == 0 for size in sizes)


def same_moments(found, expected):
    for a, b in zip(found, expected, strict=True):
        assert a.count == b.count
        np.testing.assert_array_equal(a.mean, b.mean)
        np.testing.assert_array_equal(a.comoment, b.comoment)


def run(plan, threads, blocks=None):
    return driver.run("test", plan, plan.stages, means.observer(plan), threads, blocks=blocks)


def test_ranges_of_blocks_merge_to_the_bits_of_one_run():
    plan = plan_of(MIXED, TIMES, 10, seed=4, trajectories=6 * BLOCK + 100)
    tree = Tree()
    tree.add(run(plan, 2, range(4)).total(), level=2)
    tree.add(run(plan, 1, range(4, 6)).total(), level=1)
    tree.add(run(plan, 3, range(6, 7)).total())
    same_moments(tree.total(), run(plan, 2).total())


def test_a_longer_run_begins_with_the_trajectories_of_a_shorter_one():
    plan = plan_of(MIXED, TIMES, 10, seed=4, trajectories=2 * BLOCK)
    every = paths(plan)[..., :]
    observer = means.observer(plan)
    for n in (1, 2, 63, 64, 65, 300, BLOCK):
        mean = block_of(plan, observer, trajectories=n)[0].mean
        np.testing.assert_allclose(mean[..., :3], every[..., :n].mean(axis=-1), atol=1e-11)
    # whole blocks are the same leaves in a run of any length
    one, two = (block_of(plan, observer, block=k) for k in range(2))
    both = tuple(a.merge(b) for a, b in zip(one, two, strict=True))
    same_moments(run(plan, 1).total(), both)


# -- statistics -----------------------------------------------------------------------------------


def symbols(vectors):
    """Weyl symbols of the site variables, shape (..., 5), from vectors (..., 3, lanes)."""
    x, y, z = np.moveaxis(vectors, -2, 0)
    found = [x, y, z, x**2 + y**2 + z, x**2 + y**2 + z**2]
    return np.stack(found, axis=-1)


@pytest.mark.parametrize("trajectories", [2, LANES, LANES + 6, BLOCK, BLOCK + 30])
def test_means_and_errors_are_those_of_numpy(trajectories):
    plan = plan_of(MIXED, TIMES, 10, seed=4)
    blocks = [paths(plan, k) for k in range(-(-trajectories // BLOCK))]
    every = np.concatenate(blocks, axis=-1)[..., :trajectories]
    n = trajectories
    ds = twa.solve(
        MIXED, TIMES, n, seed=4, steps=10, correlations=TIMES[1:], momenta=[0.0, 0.8, -2.0]
    )
    values = symbols(every)  # (time, site, lane, 5)
    for k, name in enumerate(SITE_VARIABLES):
        v = values[..., k]
        scale = np.abs(v).max()
        np.testing.assert_allclose(ds[name], v.mean(axis=-1), atol=1e-13 * scale)
        error = v.std(axis=-1, ddof=1) / np.sqrt(n)
        np.testing.assert_allclose(ds[f"{name}_stderr"], error, atol=1e-9 * scale)
    for t in range(3):
        for site in range(2):
            expected = np.cov(values[t, site].T, ddof=1) / n
            scale = np.outer(*[[30, 30, 30, 900, 900]] * 2) / n
            np.testing.assert_allclose(ds.covariance[t, site] / scale, expected / scale, atol=1e-10)

    plus, z = every[:, :, 0] + 1j * every[:, :, 1], every[:, :, 2]
    w = [np.array(jump.weights)[:, None] for jump in MIXED.jumps]
    out = np.stack(
        [
            abs((w[0].conj() * plus).sum(1)) ** 2 + (abs(w[0]) ** 2 * z).sum(1),
            abs((w[1] * plus).sum(1)) ** 2 - (abs(w[1]) ** 2 * z).sum(1),
            (w[2].real * z).sum(1) ** 2,
        ],
        axis=1,
    )
    np.testing.assert_allclose(ds.output, out.mean(axis=-1), rtol=1e-11)
    for t in range(3):
        expected = np.cov(out[t], ddof=1) / n
        np.testing.assert_allclose(ds.output_covariance[t], expected, rtol=1e-7, atol=1e-9)

    pairs = np.einsum("tkn,tln->tkln", plus, plus.conj())
    for l in range(2):
        pairs[:, l, l] += z[:, l]
    pairs = pairs[1:]
    np.testing.assert_allclose(ds.correlation, pairs.mean(axis=-1), atol=1e-9)
    error = np.hypot(pairs.real.std(axis=-1, ddof=1), pairs.imag.std(axis=-1, ddof=1)) / np.sqrt(n)
    np.testing.assert_allclose(ds.correlation_stderr, error, rtol=1e-6, atol=1e-9)

    wave = np.exp(1j * np.outer(ds.momentum, [0, 1]))
    power = abs(np.einsum("pk,tkn->tpn", wave, plus)) ** 2 + z.sum(axis=1)[:, None]
    np.testing.assert_allclose(ds.structure_factor, power.mean(axis=-1), rtol=1e-11)
    error = power.std(axis=-1, ddof=1) / np.sqrt(n)
    np.testing.assert_allclose(ds.structure_factor_stderr, error, rtol=1e-7)

    length = np.linalg.norm(every, axis=2)
    np.testing.assert_allclose(ds.inverse_length, (1 / length).mean(axis=-1), rtol=1e-12)
    np.testing.assert_allclose(ds.short_fraction, (length < 2).mean(axis=-1), atol=1e-15)


def test_one_trajectory_has_no_standard_error():
    ds = twa.solve(LASER, TIMES, 1, steps=10)
    assert np.isnan(ds.emission_stderr).all()
    assert np.isnan(ds.output_stderr).all()
    assert ds.emission.notnull().all()


def test_structure_factor_is_the_sum_over_the_correlations():
    ds = twa.solve(chain(), TIMES, 200, steps=10, correlations=TIMES, momenta=[0.7, -0.7, 0.0])
    wave = np.exp(1j * np.outer(ds.momentum, ds.site))
    expected = np.einsum("pk,tkl,pl->tp", wave, ds.correlation, wave.conj())
    np.testing.assert_allclose(ds.structure_factor, expected.real, rtol=1e-11)
    # the phase of the guide picks out its two channels
    np.testing.assert_allclose(ds.structure_factor[:, :2], ds.output[:, ::1], rtol=1e-11)


def test_emission_is_the_diagonal_of_the_correlations():
    ds = twa.solve(everything(), TIMES, 100, steps=10, correlations=[0.05])
    diagonal = np.diagonal(ds.correlation[0])
    np.testing.assert_allclose(diagonal.real, ds.emission[2], rtol=1e-12)
    np.testing.assert_allclose(diagonal.imag, 0, atol=1e-12)
    np.testing.assert_allclose(ds.correlation[0], ds.correlation[0].values.conj().T, rtol=1e-14)


# -- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.*steps are too long")
@pytest.mark.parametrize("site", [0, 2])
def test_a_trajectory_that_is_lost_stops_the_run_and_names_time_and_site(site, monkeypatch):
    monkeypatch.setattr(validation, "LARGEST", 1e300)  # which no System should have
    detunings = [0.0, 0.0, 0.0]
    detunings[site] = 1e300  # its square is not finite
    system = System([Ensemble(20, detuning=d, polar=1.0) for d in detunings])
    with pytest.raises(twa.LeftBallError, match=rf"at time 0\.02, site {site} \(block 0\)"):
        twa.solve(system, TIMES, 100, steps=10)


def test_the_ball_has_an_edge(monkeypatch):
    # an ensemble three times as large as the edge is made for
    def large(system):
        cloud = initial.cloud_of(system)
        return cloud._replace(size=3 * cloud.size)

    monkeypatch.setattr(driver, "cloud_of", large)
    with pytest.raises(twa.LeftBallError, match=r"near the Bloch ball.* time 0, site 0"):
        twa.solve(models.superradiant_laser(1000, 1.0), TIMES, 10, steps=10)


def test_an_error_in_a_block_ends_the_run(monkeypatch):
    begun = []

    def broken(owner, plan, step, observer, stop, block, trajectories):
        begun.append(block)
        raise KeyboardInterrupt

    monkeypatch.setattr(driver, "run_block", broken)
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        twa.solve(LASER, TIMES, 10**9, steps=10, threads=2)
    assert len(begun) <= 4
    assert threading.active_count() == before


INTERRUPTED = """
import os, signal, sys, threading, time
import numpy as np
from blochball import models, twa
name, sites, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
system = models.superradiant_laser(100, 25.0)
if sites > 1:
    system = models.waveguide_chain(sites, 100, 0.3, 25.0)
times = np.linspace(0, 1e-3, 101)
solve = twa.eq6.solve if name == "eq6" else getattr(twa, name)
solve(system, times, 640, steps=100)
many = 10**6 if name == "trajectories" else 10**9  # of which the memory is checked
if name == "trajectories":
    times = times[-1:]
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by background jobs
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
started = time.perf_counter()
try:
    solve(system, times, many, steps=steps, threads=2)
except KeyboardInterrupt:
    print("interrupted", time.perf_counter() - started)
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.parametrize(
    ("name", "sites", "steps"),
    # a single block of all but the first takes half a minute and more
    [
        ("solve", 1, 1000),
        ("solve", 200, 100_000),
        ("solve_stratified", 1, 1_000_000),
        ("step_error", 1, 1_000_000),
        ("trajectories", 1, 1_000_000),
        ("eq6", 1, 1_000_000),
    ],
)
def test_ctrl_c_ends_a_run_of_many_hours_at_once(name, sites, steps):
    word, seconds = python(INTERRUPTED, name, sites, steps).split()
    assert word == "interrupted"
    assert float(seconds) < 3


def test_a_run_that_cannot_be_trusted_is_warned_about():
    with pytest.warns(UserWarning, match=r"% of the trajectories have \|J\| < 2"):
        ds = twa.solve(models.superradiant_laser(2, 1.0), [0.0], 1000)
    # |J|^2 = 2, but for those whose Gaussian reaches past the sphere: exponential, of mean 1
    assert ds.short_fraction.item() == pytest.approx(1 - np.exp(-4), abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"system": "laser"}, TypeError, "system must be a System"),
        ({"times": [1, 0]}, ValueError, "times must be"),
        ({"times": [-1, 0]}, ValueError, "times must be"),
        ({"trajectories": 0}, ValueError, "trajectories must be an integer >= 1, got 0"),
        ({"trajectories": 10.0}, TypeError, "trajectories must be an integer"),
        ({"seed": -1}, ValueError, "seed must be an integer >= 0, got -1"),
        ({"seed": None}, TypeError, "seed must be an integer"),
        ({"threads": 0}, ValueError, "threads must be an integer >= 1, got 0"),
        ({"correlations": [0.03]}, ValueError, "correlations must be some of the times"),
        ({"correlations": 0.02}, ValueError, "correlations must be"),
        ({"momenta": [1j]}, TypeError, "momenta must be .* got complex numbers"),
        ({"momenta": [[1]]}, ValueError, "momenta must be"),
        ({"momenta": [np.nan]}, ValueError, "momenta must be"),
        ({"structure": "sparse"}, ValueError, "structure must be one of auto, jumps, dense"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=rf"twa\.solve: .*{message}"):
        twa.solve(**{"system": LASER, "times": TIMES, "steps": 10, **arguments})


def test_unknown_arguments_are_refused():
    with pytest.raises(TypeError, match="colour"):
        twa.solve(LASER, TIMES, colour=1)
