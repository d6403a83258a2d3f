"""Quantum-jump trajectories along ramps: against the density matrix, and a closed form."""

from math import pi

import numpy as np
import pytest

from blochball import (
    ChainExchange,
    CollectiveJump,
    Ensemble,
    Protocol,
    Rotation,
    SpinCoupling,
    System,
    exact,
)
from blochball.moments import MOMENTS
from tests.blochball.known import all_within, within

TIMES = np.array([0.0, 0.3, 0.7, 1.0, 1.3])


def closed(drive, twist, detuning, exchange=0.3):
    """Two ensembles that no noise acts on."""
    return System(
        [Ensemble(4, polar=1.0, azimuth=0.3, detuning=detuning), Ensemble(3, polar=0.4)],
        exchange=[[0.2, exchange], [exchange, 0.0]],
        drive=[drive, 1j * drive],
        couplings=SpinCoupling(twist, "xz"),
    )


def test_without_noise_one_trajectory_is_the_state():
    entries = [(0, closed(0.0, 0.0, 0.0, 0.0)), (0.5, closed(3.0, 0.8, -5.0)), Rotation(0.7, "y")]
    protocol = Protocol([*entries, (1.1, closed(-1.0 + 2.0j, 0.0, 2.0))])
    ds = exact.solve(protocol, TIMES, "jumps", trajectories=2)
    expected = exact.solve(protocol, TIMES, "liouvillian", tolerance=1e-12)
    for name in MOMENTS:
        np.testing.assert_allclose(ds[name], expected[name], 0, 1e-9, err_msg=name)
    # negative control: the mean System of each ramp commutes with itself, and errs
    steps = [protocol.mean(a, b) for a, b in ((0, 0.5), (0.5, 1.1), (1.1, 1.3))]
    kept = [(0, steps[0]), (0.5, steps[0]), Rotation(0.7, "y"), (0.5, steps[1])]
    coarse = Protocol([*kept, (1.1, steps[1]), (1.1, steps[2])])
    other = exact.solve(coarse, TIMES, "jumps", trajectories=2)
    assert abs(other.inversion - expected.inversion).max() > 0.05


def test_an_area_of_many_radians():
    """A drive that grows from zero turns by its area: J^z = N/2 cos(a t^2)."""
    size, a = 50, 40.0
    off, on = (System(Ensemble(size), drive=[d]) for d in (0.0, 2 * a))
    ds = exact.solve(Protocol([(0, off), (2, on)]), [0.5, 1.4, 2.0], "jumps", trajectories=2)
    expected = size / 2 * np.cos(a * np.array([0.5, 1.4, 2.0]) ** 2)
    np.testing.assert_allclose(ds.inversion[:, 0], expected, atol=1e-9)


def open_system(pump=0.2, drive=0.3, weight=0.5j, rate=0.3, twist=0.4):
    return System(
        [Ensemble(2, decay=0.3, pump=pump, polar=1.0), Ensemble(1, dephasing=rate, polar=0.4)],
        CollectiveJump(rate, {"decay": [1, weight], "dephasing": [0, 0.3]}),
        drive=[drive, 0],
        couplings=SpinCoupling(twist, "zz"),
    )


def laser(pump, weight, rate=0.6):
    """Two ensembles from Dicke states, whose total M is definite."""
    return System(
        [Ensemble(2, pump=pump), Ensemble(3, decay=0.2, polar=pi)],
        CollectiveJump(rate, [1, weight]),
        [[0, 0.3], [0.3, 0]],
    )


RAMPS = {
    "rates and fields": [
        (0, open_system()),
        (0.5, open_system(1.5, -1.0)),
        (1.2, open_system(0.0, 2.0)),
    ],
    "weights": [(0, open_system()), (0.9, open_system(weight=-2.0, rate=1.0))],
    "from nothing": [(0, open_system(0.0, 0.0, 1.0, 0.0)), (1.0, open_system(3.0, 1.0, 1.0, 2.0))],
    "definite M": [(0, laser(0.3, 1.0, 0.0)), (0.7, laser(2.0, -0.5j, 2.0))],
}


@pytest.mark.parametrize("entries", RAMPS.values(), ids=RAMPS)
def test_trajectories_along_ramps(entries):
    protocol, count = Protocol(entries), 6000
    expected = exact.solve(protocol, TIMES, "liouvillian")
    ds = exact.solve(protocol, TIMES, "jumps", trajectories=count, seed=2)
    assert ds.attrs["trajectories_of"] == "kets"
    # what none of n trajectories does has no honest error: of |J| <= 3/2, J (J + 1) / n
    all_within(ds, {name: expected[name] for name in (*MOMENTS, "output")}, floor=3.75 / count)
    # negative control: the same without time
    still = exact.solve(protocol.initial, TIMES, "jumps", trajectories=count, seed=2)
    off = abs(still.output - expected.output) / np.maximum(still.output_stderr, 1e-3)
    assert off.max() > 10


def test_emitters_that_do_not_fit_as_a_density_matrix():
    """Decay whose rate grows: n = exp(-a t^2 / 2) for each of 200 emitters."""
    size, a = 200, 1.5
    off, on = (System(Ensemble(size, decay=g), drive=[0.0]) for g in (0.0, 2 * a))
    ds = exact.solve(Protocol([(0, off), (2, on)]), [0.4, 1.0], "jumps", trajectories=60, seed=1)
    excited = np.exp(-a * np.array([0.4, 1.0]) ** 2 / 2)
    within(ds.inversion[:, 0], size * (excited - 0.5), ds.inversion_stderr[:, 0])


def test_a_phase_that_changes_is_refused():
    pair = [Ensemble(2), Ensemble(2, polar=1.0)]
    one, other = (System(pair, exchange=ChainExchange(0.3, phase)) for phase in (0.1, 0.9))
    with pytest.raises(ValueError, match=r"jumps does not serve .* the phase of a chain changes"):
        exact.solve(Protocol([(0, one), (1, other)]), [1.0], "jumps")
    jump = Protocol([(0, one), (1, one), (1, other)])
    exact.solve(jump, [1.0], "jumps", trajectories=2)
