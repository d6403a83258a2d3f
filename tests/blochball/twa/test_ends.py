"""Runs that carry on with the trajectories of an earlier one."""

import numpy as np
import pytest

from blochball import Ensemble, Protocol, Rotation, System, exact, models, storage, twa
from blochball.twa import stretching
from blochball.twa.ends import End
from tests.blochball.known import within
from tests.blochball.twa.paths import SMALL, chain, everything

FIRST, LATER = 0.05, np.array([0.08, 0.12])
COUNT = 1100  # more than two blocks, and a group that is not full


def halves(system, after, **options):
    """Two runs, the second of which carries on with the trajectories of the first."""
    one = twa.solve(system, [FIRST], COUNT, 3, steps=[7], end=True, **options)
    return one, twa.solve(after, LATER - FIRST, initial=one, steps=[5, 4], **options)


def whole(system, **options):
    return twa.solve(system, [FIRST, *LATER], COUNT, 3, steps=[7, 5, 4], **options)


def same(ds, other, rtol=0):
    for name in ds.data_vars:
        if "time" in ds[name].dims:
            np.testing.assert_allclose(ds[name], other[name], rtol=rtol, atol=rtol, err_msg=name)


SYSTEMS = {name: s for name, s in SMALL.items() if isinstance(s, System)}


@pytest.mark.parametrize("name", SYSTEMS)
def test_two_runs_have_the_bits_of_one(name):
    system = SYSTEMS[name]
    one, two = halves(system, system)
    expected = whole(system)
    same(one, expected.isel(time=slice(0, 1)))
    same(two, expected.isel(time=slice(1, None)))


def test_keeping_the_end_changes_no_bit_and_threads_do_not_either():
    system = everything(2)
    one = twa.solve(system, [FIRST], COUNT, 3, steps=[7], end=True, threads=2)
    plain = twa.solve(system, [FIRST], COUNT, 3, steps=[7], threads=1)
    assert set(one.data_vars) - set(plain.data_vars) == {"end_spin", "end_random"}
    same(plain, one)
    # these are the trajectories that were averaged over
    paths = twa.trajectories(system, [FIRST], COUNT, 3, steps=[7])
    for k, name in enumerate(("spin_x", "spin_y", "inversion")):
        np.testing.assert_array_equal(one.end_spin[..., k], paths[name][0])
        mean = one.end_spin[..., k].mean("trajectory")
        np.testing.assert_allclose(mean, plain[name][0], rtol=1e-12)


def test_a_long_chain_carries_on_as_well():
    """Its steps keep the random bits of the lanes in another order."""
    system, t = chain(130), 2.0**-11
    one = twa.solve(system, [t], 70, 1, steps=[3], end=True)
    two = twa.solve(system, [t], initial=one, steps=[2])
    same(two, twa.solve(system, [t, 2 * t], 70, 1, steps=[3, 2]).isel(time=slice(1, None)))


def test_what_happens_next_may_be_a_protocol():
    before, after = models.superradiant_laser(30, 5.0), models.superradiant_laser(30, 50.0)
    turn = Rotation(1.0, "y")
    one = Protocol([(0, before), (FIRST, before), turn, (FIRST, after), (2 * FIRST, before)])
    later = Protocol([(0, after), turn, (FIRST, before)])
    _, two = halves(before, later)
    same(two, whole(one).isel(time=slice(1, None)), rtol=1e-10)


def test_a_file_and_a_chain_of_runs(tmp_path):
    system = everything(2)
    storage.save(twa.solve(system, [FIRST], COUNT, 3, steps=[7], end=True), tmp_path / "a.nc")
    two = twa.solve(
        system, [LATER[0] - FIRST], initial=storage.load(tmp_path / "a.nc"), steps=[5], end=True
    )
    three = twa.trajectories(system, [LATER[1] - LATER[0]], initial=two, steps=[4])
    expected = twa.trajectories(system, [FIRST, *LATER], COUNT, 3, steps=[7, 5, 4])
    same(three, expected.isel(time=slice(2, None)), rtol=1e-12)


def test_automatic_steps_carry_on_within_errors():
    """Half of a burst, and a jump of the pump in the middle: against the exact Protocol."""
    one, other = (models.superradiant_laser(40, pump) for pump in (5.0, 200.0))
    first = twa.solve(one, [0.06], 20_000, 1, end=True)
    ds = twa.solve(other, [0.06], initial=first)
    expected = exact.solve(Protocol([(0, one), (0.06, one), (0.06, other)]), [0.12])
    # 1/N of the theory itself
    within(ds.inversion, expected.inversion, ds.inversion_stderr, floor=0.02 * 20)
    # negative control: a cloud that begins anew
    fresh = twa.solve(other, [0.06], 20_000, 1)
    assert (abs(fresh.inversion - expected.inversion) > 50 * fresh.inversion_stderr).all()


def test_other_jumps_draw_new_bits():
    """A collective decay after local decay alone: no bits of its own had been drawn."""
    alone = System(Ensemble(40, decay=1.0, polar=1.0))
    laser = models.superradiant_laser(40, 10.0)
    first = twa.solve(alone, [0.1], 8000, 1, end=True)
    ds = twa.solve(laser, [0.05], initial=first)
    # the exact second run begins with the density matrix of the first
    (state,) = exact.liouvillian.states(alone, [0.1])
    expected = exact.solve(laser, [0.05], initial=state)
    within(ds.inversion, expected.inversion, ds.inversion_stderr, floor=0.02 * 20)


def test_runs_until_an_error_is_reached_keep_what_was_run():
    laser = models.superradiant_laser(100, 25.0)
    first = twa.solve(laser, [0.06], seed=1, error={"emission": 0.02}, end=True, steps=30)
    assert first.sizes["trajectory"] == first.trajectories < 4096
    again = twa.solve(laser, [0.02], initial=first, error={"emission": 0.02}, steps=10)
    assert again.trajectories <= first.trajectories


def test_checkpoints_know_what_a_run_carries_on_with(tmp_path):
    laser = models.superradiant_laser(20, 5.0)
    keep = twa.Checkpoint(tmp_path, work=1)
    one, other = (twa.solve(laser, [FIRST], 600, seed, steps=7, end=True) for seed in (1, 2))
    first = twa.solve(laser, [FIRST], initial=one, steps=7, checkpoint=keep)
    again = twa.solve(laser, [FIRST], initial=one, steps=7, checkpoint=keep)
    assert first.drop_attrs().identical(again.drop_attrs())
    with pytest.warns(UserWarning, match="belongs to something else"):
        twa.solve(laser, [FIRST], initial=other, steps=7, checkpoint=keep)


def test_stretching_goes_on_from_run_to_run():
    system = System(Ensemble(100, polar=np.pi / 2), exchange=[[1.0]])
    first = twa.solve(system, [0.1], 64, end=True)
    then = twa.plan(system, [0.1], 64)
    begun = End.from_dataset("test", first, system)
    plan = type(then)(**{**vars(then), "initial": begun})
    # a shear by N t of a width, in one of two directions
    assert begun.stretched == pytest.approx(np.hypot(1, 10 / np.sqrt(2)) / 10, rel=0.05)
    # that of both runs, 20 widths, is less than the product
    both = stretching.stretched(Protocol([(0, system)]), plan)
    assert 2 < both < 11
    with pytest.warns(UserWarning, match="little damps this system"):
        twa.solve(system, [0.1], initial=first)
    # a run in which a drive turns all spins alike neither stretches nor forgets
    turned = twa.solve(System(system.ensembles, drive=0.3), [0.1], initial=first, end=True)
    assert turned.attrs["end_stretched"] == pytest.approx(begun.stretched, rel=1e-3)


LASER = models.superradiant_laser(20, 5.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda ds: {"trajectories": 63}, "trajectories must be those of initial, 64, got 63"),
        (lambda ds: {"system": models.superradiant_laser(21, 5.0)}, r"\[21.0\], got \[20.0\]"),
        (lambda ds: {"system": chain(2)}, r"\[30.0, 30.0\], got \[20.0\]"),
        (lambda ds: {"initial": ds.drop_vars("end_random")}, "one without end_spin and end_random"),
        (lambda ds: {"initial": ds.isel(trajectory=0)}, "one without end_spin and end_random"),
        (lambda ds: {"initial": ds.astype(float)}, "one whose trajectories were changed"),
        (lambda ds: {"end": True, "checkpoint": "x"}, "checkpoint must be None with end=True"),
    ],
)
def test_refusals(change, message):
    ds = twa.solve(LASER, [0.01], 64, steps=1, end=True)
    with pytest.raises(ValueError, match=f"twa.solve: .*{message}"):
        twa.solve(**{"system": LASER, "times": [0.01], "initial": ds, **change(ds)})
