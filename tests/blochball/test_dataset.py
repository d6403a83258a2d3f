"""The one result type: names, dims, labels and what is left out."""

from functools import partial

import numpy as np
import pytest
from xarray.plot.utils import label_from_attrs

from blochball import (
    CollectiveJump,
    Ensemble,
    System,
    cumulants,
    dataset,
    exact,
    models,
    observables,
    twa,
)
from blochball._version import __version__
from blochball.moments import MOMENTS

CHAIN = models.waveguide_chain(3, 4, 0.3, 1.0)
LARGE = models.waveguide_chain(3, 50, 0.3, 1.0)


def test_every_variable_lands_on_its_dims():
    rng = np.random.default_rng(0)
    length = {
        "time": 2, "site": 3, "site_conj": 3, "channel": 2, "channel_other": 2, "time_kept": 1,
        "momentum": 4, "moment": 5, "moment_other": 5,
    }  # fmt: skip
    sampled = {
        name: rng.random([length[d] for d in dims])
        for name, dims in dataset.DIMS.items()
        if "covariance" not in name and name not in ("ensemble_size", "total_size", "channel_rate")
    }
    ds = dataset.assemble(
        CHAIN, [0.5, 1], sampled, sampled, method="test", times_kept=[1.0], momenta=range(4), seed=7
    )
    for name, value in sampled.items():
        for full in (name, f"{name}_stderr"):
            assert ds[full].dims == dataset.DIMS[name]
            np.testing.assert_array_equal(ds[full], value)
        assert ds[f"{name}_stderr"].attrs["long_name"].startswith("standard error of <") or (
            name == "output" or name == "structure_factor"
        )
    assert ds.channel.values.tolist() == ["forward", "backward"]
    assert ds.site.values.tolist() == ds.site_conj.values.tolist() == [0, 1, 2]
    assert ds.time.values.tolist() == [0.5, 1.0]
    assert ds.time_kept.values.tolist() == [1.0]
    assert ds.attrs["blochball_version"] == __version__
    assert ds.attrs["method"] == "test"
    assert ds.attrs["seed"] == 7
    assert dataset.system_of(ds) == CHAIN


def test_standard_errors_are_taken_from_covariances():
    rng = np.random.default_rng(1)
    root = rng.standard_normal((2, 3, 5, 5))
    covariance = root @ np.swapaxes(root, -1, -2)
    outputs = np.array([[[4.0, 1.0], [1.0, 9.0]], [[1.0, 0.0], [0.0, -1e-20]]])
    ds = dataset.assemble(
        CHAIN, [0, 1], {}, method="test", covariance=covariance, output_covariance=outputs
    )
    for k, name in enumerate(MOMENTS):
        np.testing.assert_allclose(ds[f"{name}_stderr"] ** 2, covariance[..., k, k])
        chosen = ds.covariance.sel(moment=name, moment_other="emission")
        np.testing.assert_array_equal(chosen, covariance[..., k, 3])
    # rounding may leave a variance below 0
    np.testing.assert_array_equal(ds.output_stderr, [[2, 3], [1, 0]])
    assert ds.output_covariance.sel(channel="forward", channel_other="backward")[0] == 1


def test_a_single_sample_has_no_standard_error_and_says_so():
    covariance = np.full((1, 3, 5, 5), np.nan)
    ds = dataset.assemble(CHAIN, [0], {}, method="test", covariance=covariance)
    assert np.isnan(ds.emission_stderr).all()


@pytest.mark.parametrize(
    "solve",
    [exact.solve, cumulants.solve, partial(twa.solve, trajectories=10, steps=2)],
    ids=["exact", "cumulants", "twa"],
)
def test_output_has_no_channel_where_there_are_no_jumps(solve):
    ds = solve(System(Ensemble(50, decay=1.0)), [0.0, 0.1])
    assert ds.output.dims == ("time", "channel")
    assert ds.output.sizes == {"time": 2, "channel": 0}
    assert ("output_stderr" in ds) == ("emission_stderr" in ds)
    with pytest.raises(ValueError, match="channel must be one of"):
        observables.direction_fraction(ds)


def test_sizes_and_rates_are_kept_beside_what_they_belong_to():
    system = System(
        [Ensemble(4), Ensemble(7)],
        [CollectiveJump(1.0, [1, 1], name="a"), CollectiveJump(0.5, [1, 0], name="b")],
    )
    ds = dataset.assemble(system, [0.0], {}, method="test")
    assert ds.ensemble_size.sel(site=1) == 7
    assert ds.channel_rate.sel(channel="b") == 0.5


def plain(system, times):
    return exact.solve(system, times, "liouvillian", correlations=times)


@pytest.mark.parametrize(
    "make",
    [
        lambda: plain(CHAIN, [0.0, 0.1]),
        lambda: plain(System(Ensemble(2)), [0.0, 0.1]),
        lambda: exact.solve(models.superradiant_laser(4, 1.0), [0.1], "jumps", trajectories=3),
        lambda: cumulants.solve(CHAIN, [0.0, 0.1]),
        lambda: twa.solve(
            LARGE, [0.0, 0.1], 10, steps=4, correlations=[0.1], momenta=[0.0, 1.0]
        ),
        lambda: twa.step_error(LARGE, [0.0, 0.1], 2, steps=2),
        lambda: twa.eq6.solve(LARGE, [0.0, 0.1], 10, steps=4),
        lambda: twa.trajectories(LARGE, [0.0, 0.1], 2, steps=4),
    ],
)  # fmt: skip
def test_every_axis_of_a_plot_has_a_label(make):
    ds = make()
    for name in (*ds, *ds.coords):
        assert ds[name].attrs.get("long_name"), name
        # labels of sites, channels and moments are no numbers of anything
        assert ds[name].attrs.get("units") or name in ds.indexes, name
    assert label_from_attrs(ds.time) == "time [1/rate]"


def test_extra_dims():
    ds = dataset.assemble(
        CHAIN, [0], {"lag": [[1, 2, 3]]}, method="test", extra_dims={"lag": ("time", "site")}
    )
    assert ds.lag.dims == ("time", "site")


def test_a_variable_without_known_dims_is_an_error():
    with pytest.raises(KeyError, match="colour"):
        dataset.assemble(CHAIN, [0], {"colour": [1]}, method="test")


def test_two_theories_subtract():
    system = System([Ensemble(6), Ensemble(6)], CollectiveJump(1.0, [1, 1], name="cavity"))
    times = [0.0, 0.1]
    difference = twa.solve(system, times, trajectories=10, steps=2) - exact.solve(system, times)
    names = {*MOMENTS, "output"}
    assert names <= set(difference)
    for name in names:
        assert difference[name].dims == dataset.DIMS[name]
        assert difference[name].notnull().all()


def test_revision_is_a_word():
    assert dataset.revision()
    assert " " not in dataset.revision()
