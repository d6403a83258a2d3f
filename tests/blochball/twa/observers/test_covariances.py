"""Runs that keep means and standard errors alone: the same bits, in far less memory."""

import tracemalloc

import numpy as np
import pytest
import xarray as xr

from blochball import Ensemble, System, models, observables, per_emitter, twa
from blochball.support import validation

CHAIN = models.waveguide_chain(3, 20, 0.7, 5.0)
RUN = {"trajectories": 1200, "seed": 1, "steps": 20}
TIMES = [0.0, 0.1]
KEPT = {"covariance", "output_covariance"}


def test_all_else_has_the_same_bits():
    options = {**RUN, "correlations": [0.1], "momenta": [0.0, 0.7]}
    full = twa.solve(CHAIN, TIMES, **options)
    lean = twa.solve(CHAIN, TIMES, **options, covariances=False)
    assert set(full) - set(lean) == KEPT
    dims = ["moment", "moment_other", "channel_other"]
    xr.testing.assert_identical(
        full.drop_dims(dims).assign_attrs(wall_time=0), lean.assign_attrs(wall_time=0)
    )


@pytest.mark.parametrize("jumps", [0, 1])
def test_a_single_output_or_none(jumps):
    # widths of 0 and 1, at which all products and the squares alone look alike
    system = System(Ensemble(50, decay=1.0)) if jumps == 0 else models.superradiant_laser(50, 5.0)
    full, lean = (twa.solve(system, TIMES, **RUN, covariances=flag) for flag in (True, False))
    assert lean.output_stderr.dims == ("time", "channel")
    for name in ("output_stderr", "emission_stderr"):
        np.testing.assert_array_equal(lean[name], full[name])
    assert KEPT.isdisjoint(lean)


DERIVED = {
    "squeezing": ("covariance", observables.squeezing),
    "subradiance": ("covariance", observables.subradiance),
    "direction_fraction": ("output_covariance", observables.direction_fraction),
}


@pytest.mark.parametrize("name", DERIVED)
def test_an_observable_that_would_have_no_error_says_what_keeps_it(name):
    lost, function = DERIVED[name]
    full = twa.solve(CHAIN, TIMES, 64, steps=50)
    assert "stderr" in function(full).coords
    message = rf"observables\.{name}: ds must hold `{lost}`, .* covariances=True"
    for ds in (full.drop_vars(lost), twa.solve(CHAIN, TIMES, 64, steps=50, covariances=False)):
        with pytest.raises(ValueError, match=message):
            function(ds)


def test_squeezing_in_one_direction_says_so_too():
    ds = twa.solve(models.one_axis_twisting(20, 1.0), [0.05], 64, steps=20, moments="second")
    for function in (observables.wineland_squeezing, observables.spin_inequalities):
        with pytest.raises(ValueError, match=rf"observables\.{function.__name__}: ds must hold"):
            function(ds.drop_vars("covariance"))


def test_what_is_kept_for_every_pair_or_wave_needs_none():
    ds = twa.solve(CHAIN, TIMES, **RUN, covariances=False, momenta=[0.7])
    np.testing.assert_array_equal(
        observables.structure_factor(ds).stderr, ds.structure_factor_stderr
    )


def test_a_run_to_a_standard_error_needs_none():
    ds = twa.solve(CHAIN, [0.1], error={"emission": 0.05}, steps=20, covariances=False)
    assert ds.emission_stderr.max() <= 0.05 * ds.emission.max()


def test_second_moments_have_errors_only_with_them():
    for function in (twa.solve, twa.plan):
        with pytest.raises(ValueError, match=r"covariances must be True with moments='second'"):
            function(CHAIN, TIMES, **RUN, moments="second", covariances=False)


def test_parts_and_files_of_the_two_are_not_mixed(tmp_path):
    full, lean = (twa.plan(CHAIN, TIMES, **RUN, covariances=flag) for flag in (True, False))
    again = twa.Plan.from_dataset(lean.to_dataset())
    (blocks,) = twa.division(1200, 1, 3)
    part = twa.run_part(again, blocks)
    whole = twa.solve(CHAIN, TIMES, **RUN, covariances=False)
    assert (twa.gather(lean, [part]).emission_stderr == whole.emission_stderr).all()
    with pytest.raises(ValueError, match=r"twa\.gather: parts must belong to the plan"):
        twa.gather(full, [part])
    keep = {"checkpoint": twa.Checkpoint(tmp_path, work=1)}
    twa.solve(CHAIN, TIMES, **RUN, **keep, covariances=False)
    with pytest.warns(UserWarning, match="belongs to something else"):
        ds = twa.solve(CHAIN, TIMES, **RUN, **keep)
    assert set(ds) >= KEPT


def peak(covariances, times):
    """Return the largest number of bytes that arrays of a run take at once."""
    twa.solve(CHAIN, TIMES, 64, steps=50, covariances=covariances)  # compiled before
    tracemalloc.start()
    try:
        twa.solve(CHAIN, times, 2048, steps=1, threads=1, covariances=covariances)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_run_without_them_takes_far_less_memory():
    times = np.linspace(0, 0.01, 3001)
    assert peak(False, times) < 0.5 * peak(True, times)


def test_what_is_refused_as_too_large_is_less_without_them(monkeypatch):
    times = np.linspace(0, 0.01, 3001)
    twa.plan(CHAIN, times, **RUN | {"steps": 1})
    monkeypatch.setattr(validation, "available", lambda: (4e6, "the memory of a test"))
    with pytest.raises(ValueError, match=r"times \(with covariances\) must be such that all fits"):
        twa.plan(CHAIN, times, **RUN | {"steps": 1})
    twa.plan(CHAIN, times, **RUN | {"steps": 1}, covariances=False)


def test_the_rival_knows_the_covariance_of_its_outputs():
    small = models.waveguide_chain(2, 4, 0.7, 5.0)
    ds = per_emitter.solve(small, [0.1], 64, steps=10)
    np.testing.assert_allclose(
        np.diagonal(ds.output_covariance[0]) ** 0.5, ds.output_stderr[0], rtol=1e-12
    )
    assert observables.direction_fraction(ds).stderr.item() > 0
