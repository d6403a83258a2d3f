"""Runs to a standard error: what they stop at, their bits, and what stopping does to a mean."""

import numpy as np
import pytest
import xarray as xr

from blochball import models, twa
from blochball.support.statistics import Moments, doubled

LASER = models.superradiant_laser(100, pump=25.0)
BLOCK = 2048  # trajectories of one ensemble
RUN = {"seed": 1, "steps": 60}


@pytest.mark.parametrize("threads", [1, 3])
def test_a_run_ends_at_the_first_look_that_is_good_enough(threads):
    ds = twa.solve(LASER, [0.03, 0.06], error={"emission": 0.003}, threads=threads, **RUN)
    assert ds.emission_stderr.max() <= 0.003 * ds.emission.max()
    assert ds.attrs["error"] == "emission: 0.003"
    # the bits of a run of as many trajectories, and half of them are not enough
    whole, half = (twa.solve(LASER, [0.03, 0.06], ds.trajectories // k, **RUN) for k in (1, 2))
    xr.testing.assert_identical(
        ds.assign_attrs(wall_time=0, error=""),
        whole.assign_attrs(wall_time=0, error=""),
    )
    assert half.emission_stderr.max() > 0.003 * half.emission.max()


def test_several_errors_are_reached_together():
    both = twa.solve(LASER, [0.06], error={"emission": 0.01, "inversion": 0.002}, **RUN)
    assert both.emission_stderr.max() <= 0.01 * both.emission.max()
    assert both.inversion_stderr.max() <= 0.002 * abs(both.inversion).max()
    one = twa.solve(LASER, [0.06], error={"emission": 0.01}, **RUN)
    assert one.trajectories < both.trajectories


def test_an_error_that_is_not_reached_is_said():
    with pytest.warns(UserWarning, match=r"twa\.solve: error of emission is .* after all 5000"):
        ds = twa.solve(LASER, [0.06], 5000, error={"emission": 1e-4}, **RUN)
    # odd numbers of blocks have the bits of a run at once, too
    whole = twa.solve(LASER, [0.06], 5000, **RUN)
    assert ds.trajectories == 5000
    assert (ds.emission == whole.emission).all()
    assert (ds.covariance == whole.covariance).all()


def test_a_checkpoint_serves_runs_to_any_error(tmp_path):
    keep = {"checkpoint": twa.Checkpoint(tmp_path, work=BLOCK * 60)}
    rough = twa.solve(LASER, [0.06], error={"emission": 0.003}, **RUN, **keep)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert before
    fine = twa.solve(LASER, [0.06], error={"emission": 0.0015}, **RUN, **keep)
    assert fine.trajectories > rough.trajectories
    assert {path: path.stat().st_mtime_ns for path in before} == before
    alone = twa.solve(LASER, [0.06], fine.trajectories, **RUN)
    assert (fine.emission == alone.emission).all()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (0.01, "error must be a mapping"),
        ({}, "error must be a mapping"),
        ({"light": 0.1}, "some of .*light"),
        ({"correlation": 0.1}, "error must be a mapping"),
        ({"emission": 0.0}, "error must be a mapping"),
        ({"emission": "small"}, "error must be a finite real number"),
    ],
)
def test_bad_errors_are_refused(error, message):
    with pytest.raises((TypeError, ValueError), match=rf"twa\.solve: .*{message}"):
        twa.solve(LASER, [0.06], error=error)


def stopped(draw, share, repeats=3000):
    """Return (mean - 1) / share of runs that stop at that error, and its standard error."""
    generator = np.random.default_rng(0)

    def block(blocks):
        return (Moments.of(draw(generator, (64 * len(blocks), 1))),)

    def enough(sums, blocks):
        return sums[0].stderr.item() <= share

    means = [doubled(block, enough, 64)[0][0].mean.item() for _ in range(repeats)]
    off = (np.array(means) - 1) / share
    return off.mean(), off.std() / np.sqrt(repeats)


def exponential(generator, shape):
    return generator.exponential(size=shape)


def test_stopping_is_biased_by_less_than_it_is_documented_to_be():
    # the estimate of the error follows the mean where a distribution is skewed; the error after
    # four blocks is what is asked for, so that half of the runs stop there
    bias, error = stopped(exponential, 64**-0.5 / 2)
    assert -0.2 + 3 * error < bias < -5 * error
    # theory: - correlation of mean and variance / 2 / sqrt(2 pi)
    assert bias == pytest.approx(-(0.5**0.5) / 2 / np.sqrt(2 * np.pi), abs=4 * error)


@pytest.mark.parametrize(
    ("draw", "share"),
    [
        (lambda generator, shape: generator.normal(1, 1, shape), 64**-0.5 / 2),
        (exponential, 64**-0.5 / 2.4),  # between two looks
    ],
    ids=["symmetric", "between looks"],
)
def test_elsewhere_stopping_is_not_biased(draw, share):
    bias, error = stopped(draw, share)
    assert abs(bias) < 4 * error
