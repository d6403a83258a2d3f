"""What users do to a Dataset first: selections, other orders, concatenation, and observables."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from blochball import (
    CollectiveJump,
    Ensemble,
    System,
    dataset,
    exact,
    models,
    observables,
)


def random_dataset(seed, system, times=4):
    """A Dataset of random numbers: what observables do to it depends on labels alone."""
    rng = np.random.default_rng(seed)
    sites, channels, width = system.sites, len(system.jumps), len(dataset.MOMENTS)
    root = rng.standard_normal((times, sites, width, width))
    out = rng.standard_normal((times, channels, channels))
    pairs = rng.standard_normal((2, 2, sites, sites)).T.reshape(2, sites, sites, 2) @ [1, 1j]
    return dataset.assemble(
        system,
        np.arange(times) / 10,
        {
            **{name: rng.uniform(1, 2, (times, sites)) for name in dataset.MOMENTS},
            "output": rng.uniform(1, 2, (times, channels)),
            "correlation": pairs + pairs.conj().swapaxes(1, 2),
            "structure_factor": rng.uniform(1, 2, (times, 3)),
        },
        {"structure_factor": rng.uniform(0, 1, (times, 3))},
        method="random",
        covariance=root @ root.swapaxes(-1, -2),
        output_covariance=out @ out.swapaxes(-1, -2),
        times_kept=[0.1, 0.3],
        momenta=[0.0, 0.5, 1.0],
    )


def several(sizes, rates=(1.0, 3.0, 0.5)):
    jumps = [CollectiveJump(r, np.ones(len(sizes)), name=f"c{k}") for k, r in enumerate(rates)]
    return System([Ensemble(size) for size in sizes], jumps)


SITED = {"squeezing": observables.squeezing, "subradiance": observables.subradiance}
TIMED = {
    "direction_fraction": lambda ds: observables.direction_fraction(ds, "c1"),
    "structure_factor": observables.structure_factor,
}


@st.composite
def selections(draw, ds, dims):
    """A chain of what people do: (method, arguments) of a Dataset or a DataArray."""
    steps = []
    for dim in draw(st.permutations(dims)):
        length = ds.sizes[dim]
        some = draw(st.lists(st.integers(0, length - 1), min_size=1, max_size=5))
        place = some[0]
        index = {
            "one": place,
            "list": some,
            "slice": slice(min(some), max(some) + 1, 2),
            "reversed": slice(None, None, -1),
            "mask": np.arange(length) >= place,
        }[draw(st.sampled_from(["one", "list", "slice", "reversed", "mask"]))]
        label = ds[dim].values[place]
        steps.append(
            draw(
                st.sampled_from(
                    [
                        ("isel", {dim: index}),
                        ("isel", {dim: index, "drop": True}),
                        ("sel", {dim: label}),
                        ("sel", {dim: [label]}),
                        ("squeeze", {}),
                    ]
                )
            )
        )
    return steps


def chosen(ds, steps):
    for method, arguments in steps:
        ds = getattr(ds, method)(**arguments)
    return ds


def apart(result):
    """Value and error as two variables: `drop` would take a coordinate away."""
    return result.rename("value").reset_coords("stderr")


def assert_same(one, other):
    one, other = (apart(r) if isinstance(r, xr.DataArray) else r for r in (one, other))
    for name in ("value", "stderr"):
        assert one[name].dims == other[name].dims
        np.testing.assert_allclose(one[name], other[name], rtol=1e-12, atol=1e-12)
    for dim in one.value.dims:
        np.testing.assert_array_equal(one[dim], other[dim])


@pytest.mark.parametrize("name", {**SITED, **TIMED})
@given(st.data(), st.integers(0, 2**32))
def test_selections_commute_with_every_observable(name, data, seed):
    sizes = data.draw(st.lists(st.integers(1, 50), min_size=1, max_size=4))
    ds = random_dataset(seed, several(sizes))
    function = {**SITED, **TIMED}[name]
    dims = ["time", "site"] if name in SITED else ["time"]
    steps = data.draw(selections(ds, dims))
    assert_same(apart(function(chosen(ds, steps))), chosen(apart(function(ds)), steps))


@pytest.mark.parametrize("name", SITED)
def test_one_site_of_many_has_its_own_size(name):
    # what went wrong once: sizes by position instead of by label
    ds = random_dataset(0, several([4, 8]))
    both = SITED[name](ds)
    assert_same(SITED[name](ds.isel(site=[1, 0])), both.isel(site=[1, 0]))
    assert_same(SITED[name](ds.isel(site=1)), both.isel(site=1))
    halved = SITED[name](
        ds.assign(ensemble_size=ds.ensemble_size.isel(site=[1, 0]).values + 0 * ds.ensemble_size)
    )
    assert not np.allclose(halved, both)


@given(st.data(), st.integers(0, 2**32))
def test_runs_of_different_systems_are_joined_and_come_apart_again(data, seed):
    parts = [
        random_dataset(seed + k, several(sizes, rates))
        for k, (sizes, rates) in enumerate([([4, 8], (1, 2, 3)), ([16, 2], (0.5, 3, 1))])
    ]
    options = data.draw(
        st.sampled_from(
            [{}, {"data_vars": "all", "coords": "minimal", "compat": "override", "join": "exact"}]
        )
    )
    joined = xr.concat(parts, dim="run", **options)
    for name, function in {**SITED, **TIMED}.items():
        found = function(joined)
        for k, part in enumerate(parts):
            alone = function(part)
            assert_same(found.isel(run=k).transpose(*alone.dims), alone)
        assert found.name == name
    at = data.draw(st.integers(1, 3))
    halves = [parts[0].isel(time=slice(at)), parts[0].isel(time=slice(at, None))]
    again = xr.concat([h.drop_dims("time_kept") for h in halves], dim="time", data_vars="minimal")
    for function in {**SITED, **TIMED}.values():
        assert_same(function(again), function(parts[0]))


@given(st.data(), st.integers(0, 2**32))
def test_the_structure_factor_of_a_selection_is_the_sum_over_it(data, seed):
    ds = random_dataset(seed, several([4, 8, 3]))
    some = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True))
    p = [0.0, 0.7, -2.0]
    found = observables.structure_factor(ds.isel(site=some, site_conj=some[::-1]), p)
    for n, momentum in enumerate(p):
        expected = sum(
            np.exp(1j * momentum * (k - l)) * ds.correlation.isel(site=k, site_conj=l)
            for k in some
            for l in some
        )
        np.testing.assert_allclose(found.isel(momentum=n), expected.real, rtol=1e-10, atol=1e-10)
    one = ds.isel(site=some[0], site_conj=some[0])
    np.testing.assert_allclose(
        observables.structure_factor(one, p).transpose("momentum", ...)[0],
        one.correlation.real,
        rtol=1e-12,
    )


def test_half_a_correlation_matrix_is_refused():
    ds = random_dataset(0, several([4, 8, 3]))
    with pytest.raises(ValueError, match="ds must hold the correlations of all pairs"):
        observables.structure_factor(ds.isel(site=[0, 1]), [0.0])


def test_a_fraction_needs_every_channel_in_any_order():
    ds = random_dataset(0, several([4, 8]))
    whole = observables.direction_fraction(ds, "c1")
    turned = ds.isel(channel=[2, 0, 1], channel_other=[1, 2, 0])
    assert_same(observables.direction_fraction(turned, "c1"), whole)
    for some in ([0, 1], [1], 1):
        with pytest.raises(ValueError, match="ds must hold every channel of its System"):
            observables.direction_fraction(ds.isel(channel=some), "c1")
    alone = random_dataset(0, several([4, 8], [2.0])).squeeze()
    assert (observables.direction_fraction(alone, "c0") == 1).all()
    assert observables.direction_fraction(alone, "c0").stderr.max() < 1e-12


def test_one_number_is_one_number():
    ds = exact.solve(models.superradiant_laser(4, 1.0), [1.0])
    assert float(observables.squeezing(ds.squeeze())) == observables.squeezing(ds).item()
    assert float(ds.inversion.squeeze()) == ds.inversion.item()
