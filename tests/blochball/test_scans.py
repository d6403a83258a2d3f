"""Many Systems with one call: the same numbers, one dimension more, nothing lost."""

import numpy as np
import pytest
import xarray as xr

import blochball
from blochball import CollectiveJump, Ensemble, System, cumulants, exact, models, twa

PUMPS = (2.0, 5.0, 10.0)
LASERS = {pump: models.superradiant_laser(20, pump) for pump in PUMPS}
RUN = {"trajectories": 256, "steps": 5}


def test_points_are_those_of_single_calls():
    ds = blochball.scan(exact.solve, LASERS, [0.0, 0.1], dim="pump")
    assert ds.emission.dims == ("pump", "time", "site")
    assert ds.pump.values.tolist() == list(PUMPS)
    for pump, laser in LASERS.items():
        alone = exact.solve(laser, [0.0, 0.1])
        xr.testing.assert_equal(ds.emission.sel(pump=pump, drop=True), alone.emission)
        assert ds.system.sel(pump=pump) == alone.attrs["system"]
    assert ds.attrs["method"] == "exact.populations"
    assert ds.emission.attrs == alone.emission.attrs


def test_observables_take_a_scan():
    ds = blochball.scan(exact.solve, LASERS, [0.1], dim="pump")
    scanned = blochball.observables.subradiance(ds)
    alone = blochball.observables.subradiance(exact.solve(LASERS[5.0], [0.1]))
    np.testing.assert_array_equal(scanned.sel(pump=5.0).values, alone.values)


def test_a_data_array_brings_its_dimension():
    systems = xr.DataArray(list(LASERS.values()), {"w": list(PUMPS)}, "w")
    ds = blochball.scan(cumulants.steady_state, systems, order=1)
    one = blochball.scan(cumulants.steady_state, LASERS, dim="w", order=1)
    xr.testing.assert_equal(ds.emission, one.emission)


def test_spectra_are_arrays():
    few = {pump: models.superradiant_laser(4, pump) for pump in PUMPS}
    found = blochball.scan(exact.spectrum, few, [0.0, 1.0], dim="pump")
    assert isinstance(found, xr.DataArray)
    assert found.dims == ("pump", "frequency")
    np.testing.assert_array_equal(found[1].values, exact.spectrum(few[5.0], [0.0, 1.0]).values)


def emission(system, trajectories):
    """Emission at one time as an array, with a standard error that is told apart."""
    ds = twa.solve(system, [0.1], trajectories, seed=5, steps=5)
    return ds.emission.assign_coords(stderr=ds.emission_stderr.drop_attrs()).isel(site=0)


@pytest.mark.filterwarnings("ignore:.*points are not a number:UserWarning")
def test_every_point_has_its_own_standard_error():
    found = blochball.scan(emission, LASERS, 256, dim="pump")
    for pump, laser in LASERS.items():
        alone = emission(laser, 256)
        np.testing.assert_array_equal(found.sel(pump=pump).stderr, alone.stderr)
    assert len(set(found.stderr.values.ravel())) == len(PUMPS)

    def only_the_last(system):
        if system.ensembles[0].pump < PUMPS[-1]:
            raise ValueError("no")
        return emission(system, 256)

    failed = blochball.scan(only_the_last, LASERS, dim="pump")
    assert np.isnan(failed.stderr.values).ravel().tolist() == [True, True, False]


def test_coordinates_that_differ_get_the_dimension():
    sizes = {n: models.superradiant_laser(n, 5.0) for n in (4, 6)}
    found = blochball.scan(exact.spectrum_of_liouvillian, sizes, dim="size", count=3)
    for size, system in sizes.items():
        alone = exact.spectrum_of_liouvillian(system, count=3)
        for name in set(alone.coords) - set(alone.dims):
            np.testing.assert_array_equal(found.sel(size=size)[name], alone[name])


def test_points_draw_random_numbers_of_their_own():
    same = {"a": LASERS[2.0], "b": LASERS[2.0]}
    ds = blochball.scan(twa.solve, same, [0.1], seed=3, **RUN)
    first, second = ds.emission.values[:, 0, 0]
    assert first != second
    assert abs(first - second) < 5 * np.hypot(*ds.emission_stderr.values[:, 0, 0])
    # whatever the others are
    alone = blochball.scan(twa.solve, {"b": LASERS[2.0]}, [0.1], seed=3, **RUN)
    assert alone.emission.sel(point="b") == second
    again = twa.solve(LASERS[2.0], [0.1], seed=int(ds.seed.sel(point="b")), **RUN)
    assert again.emission.item() == second
    # however the value is written
    numbers = [{key: LASERS[2.0]} for key in (2, 2.0, np.float64(2), np.int64(2))]
    seeds = {int(blochball.scan(twa.solve, one, [0.1], **RUN).seed) for one in numbers}
    assert len(seeds) == 1
    other = blochball.scan(twa.solve, same, [0.1], seed=4, **RUN)
    assert (other.emission != ds.emission).all()


def test_a_folder_keeps_finished_points(tmp_path):
    calls = []

    def counted(system, times, **options):
        calls.append(system)
        if system == LASERS[10.0] and len(calls) == 3:
            raise KeyboardInterrupt
        return exact.solve(system, times, **options)

    with pytest.raises(KeyboardInterrupt):
        blochball.scan(counted, LASERS, [0.1], checkpoint=tmp_path)
    ds = blochball.scan(counted, LASERS, [0.1], checkpoint=tmp_path)
    assert calls == [*LASERS.values(), LASERS[10.0]]
    xr.testing.assert_equal(
        ds, blochball.scan(exact.solve, LASERS, [0.1]).assign(ds[["wall_time"]])
    )
    kept = next(tmp_path.iterdir())
    # another point, and another time
    more = {**LASERS, 20.0: models.superradiant_laser(20, 20.0)}
    blochball.scan(counted, more, [0.1], checkpoint=tmp_path)
    assert len(calls) == 5
    blochball.scan(counted, LASERS, [0.2], checkpoint=tmp_path)
    assert len(calls) == 8
    # a damaged file is computed again, and said
    kept.write_bytes(kept.read_bytes()[:-9])
    with pytest.warns(UserWarning, match="computed again"):
        blochball.scan(counted, LASERS, [0.1], checkpoint=tmp_path)
    assert len(calls) == 9


def test_more_trajectories_extend_those_of_every_point(tmp_path):
    run = {"steps": 20, "seed": 1}
    keep = twa.Checkpoint(tmp_path)
    with pytest.raises(TypeError, match="checkpoint must be a path"):
        blochball.scan(twa.solve, LASERS, [0.1], checkpoint=keep, **run)
    for count in (2048, 4096):
        ds = blochball.scan(
            twa.solve, LASERS, [0.1], checkpoint=tmp_path, trajectories=count, **run
        )
    alone = blochball.scan(twa.solve, LASERS, [0.1], trajectories=4096, **run)
    assert (ds.emission == alone.emission).all()


def test_one_bad_point_costs_the_others_nothing():
    # an undamped precession has no steady state
    systems = {
        0.0: System(Ensemble(2), drive=[0.5]),
        1.0: System(Ensemble(2, decay=1), drive=[0.5]),
    }
    with pytest.warns(UserWarning, match=r"scan: 1 of 2 points are not a number; decay = 0\.0: "):
        ds = blochball.scan(exact.steady_state, systems, dim="decay")
    assert np.isnan(ds.emission.sel(decay=0.0)).all()
    alone = exact.steady_state(systems[1.0])
    np.testing.assert_array_equal(ds.emission.sel(decay=1.0).values, alone.emission.values)


def test_if_no_point_can_be_solved_the_first_reason_is_said():
    with pytest.raises(
        ValueError, match=r"scan: no point .* pump = 2\.0: exact\.solve: times must"
    ):
        blochball.scan(exact.solve, LASERS, [0.2, 0.1], dim="pump")


def test_a_wrong_option_is_refused_at_the_first_point():
    with pytest.raises(TypeError, match=r"twa\.solve: no argument is called colour") as found:
        blochball.scan(twa.solve, LASERS, [0.1], colour=1, dim="pump")
    assert found.value.__notes__ == ["scan: at pump = 2.0"]
    with pytest.raises(TypeError, match=r"^scan: no argument is called process, use processes"):
        blochball.scan(twa.solve, LASERS, [0.1], process=2)


TWO = System([Ensemble(2), Ensemble(2)], CollectiveJump(1.0, [1, 1]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"solve": 3}, "solve must be a function, got 3"),
        ({"solve": lambda system: system}, "solve must be a function that returns a Dataset"),
        ({"systems": [1]}, "systems must be a mapping or a DataArray"),
        ({"systems": {}}, "systems must be .* without Systems"),
        ({"systems": {1.0: 3}}, r"systems must be .* got 3 at 1\.0"),
        ({"systems": {"a": LASERS[2.0], 1.0: LASERS[2.0]}}, "systems must be by different"),
        ({"systems": {np.nan: LASERS[2.0]}}, "key of systems must be a finite real number"),
        ({"systems": {1: LASERS[2.0], 2: TWO}}, "systems must have the same sites"),
        ({"systems": xr.DataArray([LASERS[2.0]], dims="w")}, "systems must be .* its coordinate"),
        ({"dim": 3}, "dim must be a name, got 3"),
        ({"dim": "site"}, "dim must not be one of"),
        ({"progress": 1}, "progress must be True or False"),
        ({"processes": 0}, "processes must be an integer >= 1, got 0"),
        ({"checkpoint": 3}, "checkpoint must be a path"),
        ({"solve": lambda system: system, "checkpoint": "x"}, "solve must be a function with a"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    good = {"solve": exact.steady_state, "systems": LASERS}
    with pytest.raises((TypeError, ValueError), match=rf"^scan: {message}"):
        blochball.scan(**good | arguments)


def test_a_seed_is_given_by_name():
    with pytest.raises(TypeError, match="scan: seed must be given by name"):
        blochball.scan(twa.solve, LASERS, [0.1], 256, 1)


# -- side by side ----------------------------------------------------------------------------------

UNDAMPED = {
    0.0: System(Ensemble(2), drive=[0.5]),
    1.0: System(Ensemble(2, decay=1), drive=[0.5]),
}


def test_processes_change_nothing_but_who_computes(tmp_path):
    one = blochball.scan(twa.solve, LASERS, [0.1], seed=3, **RUN)
    two = blochball.scan(twa.solve, LASERS, [0.1], seed=3, processes=2, checkpoint=tmp_path, **RUN)
    xr.testing.assert_identical(two.drop_vars("wall_time"), one.drop_vars("wall_time"))
    # and find what the other kind has kept
    again = blochball.scan(twa.solve, LASERS, [0.1], seed=3, checkpoint=tmp_path, **RUN)
    xr.testing.assert_identical(again, two)


def test_a_bad_point_of_a_process_costs_the_others_nothing():
    with pytest.warns(UserWarning, match=r"scan: 1 of 2 points .* decay = 0\.0: exact\.steady"):
        ds = blochball.scan(exact.steady_state, UNDAMPED, dim="decay", processes=2)
    alone = blochball.scan(exact.steady_state, {1.0: UNDAMPED[1.0]}, dim="decay")
    np.testing.assert_array_equal(ds.emission.sel(decay=1.0), alone.emission.sel(decay=1.0))
    with pytest.raises(TypeError, match=r"exact\.steady_state: .*colour") as found:
        blochball.scan(exact.steady_state, UNDAMPED, processes=2, colour=1)
    assert found.value.__notes__ == ["scan: at point = 0.0"]


def test_processes_want_a_function_that_they_can_import():
    for local in (lambda system: exact.steady_state(system), type("__main__", (), {})):
        local.__module__ = "__main__"
        with pytest.raises(TypeError, match="scan: solve must be importable from a module"):
            blochball.scan(local, UNDAMPED, processes=2)
