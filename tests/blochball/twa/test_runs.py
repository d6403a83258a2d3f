"""Warnings of runs: clouds that little damps and that wrap around the sphere; parity."""

import warnings

import numpy as np
import pytest

from blochball import (
    CollectiveJump,
    Ensemble,
    Protocol,
    SpinCoupling,
    System,
    exact,
    models,
    observables,
    twa,
)
from blochball.twa import parity, stretching

DAMPED = CollectiveJump(1.0, [1, 1])
DECAY, PUMP = CollectiveJump(1.0, [1]), CollectiveJump(0.5, [1], "pump")


def opposite(size, jumps=()):
    return System([Ensemble(size), Ensemble(size, polar=np.pi)], jumps, [[0, 1], [1, 0]])


@pytest.mark.parametrize("size", [10, 20])
def test_opposite_ensembles_that_exchange_are_warned_about(size):
    times = np.linspace(0, 12 / size, 13)[1:]
    with pytest.warns(UserWarning, match="twa.solve: little damps this system") as caught:
        ds = twa.solve(opposite(size), times, 4000)
    assert caught[0].filename == __file__
    # they are wrong: measured .32 and .25 of N/2, at |J| > 2
    off = abs(ds.inversion - exact.solve(opposite(size), times).inversion).max() / (size / 2)
    assert off > 0.2
    assert ds.short_fraction.max() == 0
    # the negative control: so far they are right
    soon = [1 / size]
    ds = twa.solve(opposite(size), soon, 4000)
    off = abs(ds.inversion - exact.solve(opposite(size), soon).inversion)
    assert (off < 0.02 * size / 2 + 4 * ds.inversion_stderr).all()


@pytest.mark.parametrize(("decay", "least", "most"), [(0.05, 0.15, 0.3), (4.0, 0.0, 0.02)])
def test_little_damping_does_not_help(decay, least, most):
    # a twentieth of the emitters decays, or nearly all
    times = np.array([0.3, 0.9, 1.2])
    ensembles = [Ensemble(10, decay), Ensemble(10, decay, polar=np.pi)]
    system = System(ensembles, exchange=[[0, 1], [1, 0]])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ds = twa.solve(system, times, 4000)
    off = float(abs(ds.inversion - exact.solve(system, times).inversion).max() / 5)
    assert least <= off < most
    assert ["little damps this system" in str(w.message) for w in caught] == [True] * bool(least)


def test_what_is_gathered_is_warned_about_as_well():
    plan = twa.plan(opposite(10), [1.2], 512)
    (blocks,) = twa.division(512, 1, 2)
    with pytest.warns(UserWarning, match=r"twa\.gather: little damps this system") as caught:
        twa.gather(plan, [twa.run_part(plan, blocks)])
    assert caught[0].filename == __file__


def test_what_is_damped_or_turns_rigidly_is_not_warned_about():
    assert stretching.damping(Protocol([(0, opposite(10, DAMPED))]), 1.0) > 20
    twa.solve(opposite(10, DAMPED), [1.2], 200)
    twa.solve(System(Ensemble(20, polar=0.5), drive=[1.0]), [30.0], 200)


def test_a_rigid_rotation_stretches_nothing():
    size, system = 16, System(Ensemble(16, polar=0.5), drive=[1.0])
    plan = twa.plan(system, [3.0], 64)
    stretched = stretching.stretched(Protocol([(0, system)]), plan)
    # the width of the cloud, as it was
    assert stretched == pytest.approx(size**-0.5, rel=0.2)


def test_a_shear_stretches_as_much_as_it_should():
    # H = J^+ J^- turns a vector by 2 Jz t about z: neighbours in polar angle on the equator part,
    # those in azimuth do not, and the cloud is as wide in both directions
    size, t = 100, 0.5
    system = System(Ensemble(size, polar=np.pi / 2), exchange=[[1.0]])
    plan = twa.plan(system, [t], 64)
    stretched = stretching.stretched(Protocol([(0, system)]), plan)
    assert stretched == pytest.approx(np.hypot(1, size * t / np.sqrt(2)) / np.sqrt(size), rel=0.05)


def twisted(size, axes="xx", jumps=(), **local):
    """Return a spin along y that is sheared about another axis."""
    ensemble = Ensemble(size, polar=np.pi / 2, azimuth=np.pi / 2, **local)
    return System(ensemble, jumps, couplings=SpinCoupling(1.0, axes))


@pytest.mark.parametrize(
    "system",
    [
        # a shear that moves neighbours in polar angle by nothing
        twisted(8, dephasing=0.01),
        # noise that turns all spins together leaves a fifth
        twisted(6, jumps=CollectiveJump(0.5, 1.0, "dephasing"), axes="zz"),
    ],
)
def test_revivals_that_weak_dissipation_leaves_are_warned_about(system):
    times = np.linspace(0, 3.3, 12)[1:]
    with pytest.warns(UserWarning, match="twa.solve: little damps this system"):
        ds = twa.solve(system, times, 2000)
    right = exact.solve(system, times)
    off = max(abs(ds[name] - right[name]).max() for name in ("inversion", "spin_x", "spin_y"))
    assert float(off) > 0.08 * system.emitters / 2
    assert ds.short_fraction.max() < 0.25


def test_what_dissipation_leaves():
    def left(*arguments, until=1.0, **local):
        return stretching.left(Protocol([(0, twisted(10, *arguments, **local))]), until)

    assert left() == 1.0
    assert left(decay=0.3, pump=0.2) == pytest.approx(np.exp(-0.5))
    # a third of the rate of coherence, which tells of no other emitter
    assert left(dephasing=0.3) == pytest.approx(np.exp(-0.4))
    shaken = CollectiveJump(0.5, 1.0, "dephasing")
    assert left("zz", shaken) == pytest.approx(np.exp(-0.5))
    # N times the rate of a collective decay, by a third, and its noise
    assert left("zz", CollectiveJump(0.1, 1.0)) == pytest.approx(np.exp(-0.1 - 1 / 3))
    assert left(decay=0.3, until=11.0) == 0.0
    # as fast as what turns the spins
    assert left("zz", CollectiveJump(1.0, 1.0), until=0.1) == 0.0


def test_a_burst_is_stretched_and_not_warned_about():
    # N Gamma t of 2, 6: noise has the last word
    for until in (0.1, 0.3):
        burst = System(Ensemble(20), CollectiveJump(1.0, 1.0), exchange=0.5)
        protocol = Protocol([(0, burst)])
        stretched = stretching.stretched(protocol, twa.plan(burst, [until], 64))
        assert stretched > 2 * 20**-0.5
        assert stretching.left(protocol, until) == 0.0
        twa.solve(burst, [until], 200)


def squeezed(size, squeezing=0.8, **local):
    return models.squeezed_superradiance(size, squeezing, **local)


@pytest.mark.parametrize(
    ("protocol", "until", "warned"),
    [
        ([(0, squeezed(10))], 1.0, True),
        # 4 e^(2r) = 19.8: from there on 20 and 21 emitters agree within a percent
        ([(0, squeezed(19))], 1.0, True),
        ([(0, squeezed(20))], 1.0, False),
        ([(0, squeezed(10))], 0.05, False),
        ([(0, squeezed(10, decay=0.31))], 1.0, False),
        ([(0, squeezed(10, decay=0.29))], 1.0, True),
        ([(0, squeezed(10, 0.0)), (2, squeezed(10, 0.0)), (2, squeezed(10))], 1.0, False),
        ([(0, squeezed(10, 0.0)), (2, squeezed(10, 0.0)), (2, squeezed(10))], 4.0, True),
        # of u = v a spin component is measured, and no state is dark
        ([(0, System(Ensemble(4), CollectiveJump(1, {"decay": 1, "pump": 1})))], 9.0, False),
        ([(0, System(Ensemble(4), [DECAY, PUMP]))], 9.0, False),
    ],
)
def test_where_the_parity_of_emitters_decides(protocol, until, warned):
    assert (parity.unseen(Protocol(protocol), until) is not None) == warned


def test_squeezed_decay_is_warned_about_where_parity_decides():
    match = r"twa\.solve: a collective jump is squeezed by e\^\(2r\) = 4.95 and sees 12 emitters"
    with pytest.warns(UserWarning, match=match) as caught:
        few = twa.solve(squeezed(12), [0.5], 2000, moments="second")
    assert caught[0].filename == __file__
    many = twa.solve(squeezed(24), [0.5], 2000, moments="second")
    off = {}
    for ds in (few, many):
        size = int(ds.ensemble_size.item())
        even, odd = (
            observables.wineland_squeezing(
                exact.solve(squeezed(n), [0.5], "liouvillian", moments="second")
            ).item()
            for n in (size, size + 1)
        )
        off[size] = abs(odd / even - 1)
    assert off[12] > 10 * off[24]
