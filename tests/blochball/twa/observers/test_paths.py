"""Single trajectories: those that the solver averages over, and what each of them keeps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blochball import CollectiveJump, Ensemble, System, models, twa
from blochball.support import storage, validation
from blochball.twa.observers import paths as module
from blochball.twa.plan import block_size
from tests.blochball.known import independent_emitters
from tests.blochball.twa.paths import chain, everything

TIMES = [0.0, 0.05, 0.2]
SYSTEMS = {
    "one ensemble": models.superradiant_laser(20, 5.0),
    "waveguide": chain(3),
    "everything": everything(2),
}


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
@pytest.mark.parametrize("steps", [12, "auto"])
def test_their_mean_is_what_the_solver_returns(system, steps):
    # a block and a part of another, with a group that is not full
    n = block_size(system.sites) + 70
    ds = twa.trajectories(system, TIMES, n, seed=3, steps=steps)
    means = twa.solve(system, TIMES, n, seed=3, steps=steps)
    assert ds.steps == means.steps
    for name in module.COMPONENTS:
        assert ds[name].dims == ("time", "trajectory", "site")
        found = ds[name].mean("trajectory")
        np.testing.assert_allclose(found, means[name], rtol=1e-12, atol=1e-11)
        spread = ds[name].std("trajectory", ddof=1) / np.sqrt(n)
        np.testing.assert_allclose(spread, means[f"{name}_stderr"], rtol=1e-10, atol=1e-12)
    # it would be noticed if these were others
    other = twa.trajectories(system, TIMES, n, seed=4, steps=steps)
    assert abs(other.spin_x.mean("trajectory") - means.spin_x).max() > 1e-3


@given(st.integers(1, 140), st.integers(0, 100))
@settings(max_examples=10)
def test_the_first_do_not_depend_on_how_many_there_are(n, seed):
    system = SYSTEMS["one ensemble"]
    short = twa.trajectories(system, TIMES, n, seed, steps=6)
    long = twa.trajectories(system, TIMES, 150, seed, steps=6).isel(trajectory=slice(n))
    assert short.drop_attrs().equals(long.drop_attrs())


def length_squared(ds):
    return sum(ds[name] ** 2 for name in module.COMPONENTS)


def test_along_the_sphere_and_into_the_ball():
    """Collective processes keep each length; decay, dephasing and pump of emitters do not."""
    size = 50
    collective = System(
        Ensemble(size, polar=1.0, detuning=3.0),
        [CollectiveJump(0.3, [1]), CollectiveJump(0.2, [1], kind="dephasing")],
        drive=[2.0],
    )
    ds = twa.trajectories(collective, [0.0, 0.1, 0.5], 100, seed=1, steps=200)
    np.testing.assert_allclose(length_squared(ds), size / 2 * (size / 2 + 1), rtol=1e-12)
    assert abs(ds.inversion[-1] - ds.inversion[0]).min() > 1
    times = [0.0, 0.5]
    for kind in ("decay", "dephasing", "pump"):
        ensemble = Ensemble(size, polar=1.0, **{kind: 1.0})
        ds = twa.trajectories(System(ensemble), times, 4000, seed=1, steps=10)
        squared = length_squared(ds)[1, :, 0]
        assert squared.std() > 0.05 * size**2 / 4
        expected = independent_emitters(ensemble, times)["spin_squared"][1, 0]
        assert abs(squared.mean() - expected) < 5 * squared.std() / np.sqrt(4000)


def test_through_a_file(tmp_path):
    ds = twa.trajectories(SYSTEMS["waveguide"], TIMES, 5, seed=1, steps=6)
    storage.save(ds, tmp_path / "trajectories.nc")
    assert storage.load(tmp_path / "trajectories.nc").identical(ds)
    assert ds.inversion.long_name == "J^z of a trajectory"


@pytest.mark.filterwarnings("ignore:.*steps are too long")
def test_a_trajectory_that_is_lost_is_named(monkeypatch):
    monkeypatch.setattr(validation, "LARGEST", 1e300)  # which no System should have
    detuned = System([Ensemble(20, polar=1.0), Ensemble(20, detuning=1e300, polar=1.0)])
    message = r"twa\.trajectories: every .* time 0\.05, site 1 \(block 0\)"
    with pytest.raises(twa.LeftBallError, match=message):
        twa.trajectories(detuned, TIMES, 64, steps=6)


def test_bad_arguments():
    system = SYSTEMS["one ensemble"]
    for wrong in ({"trajectories": 0}, {"seed": -1}, {"steps": 0}, {"tolerance": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            twa.trajectories(system, TIMES, **{"steps": 5, **wrong})
    with pytest.raises(TypeError, match="System"):
        twa.trajectories("laser", TIMES)


def test_more_than_memory_holds_is_refused_before_anything_runs():
    with pytest.raises(ValueError, match=r"twa\.trajectories: trajectories must be such that all"):
        twa.trajectories(models.superradiant_laser(10, 1.0), [0.1], 10**12, steps=10)
