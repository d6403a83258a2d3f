"""Rotation covariance of TWA: a System that is turned has turned means and covariances."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation as Turn

from blochball import CollectiveJump, Ensemble, SpinCoupling, System, twa
from tests.blochball.exact.test_rotations import isotropic, spins, turned, turns_of
from tests.blochball.known import within

TIMES = [0.3, 0.8]
NAMES = ("spin_x", "spin_y", "inversion")


def everything(size):
    """Two ensembles with every term; local noise is the same along all axes."""
    half = size // 2
    mixed = {"decay": [1, 0.5j], "pump": [0.3, 0.2], "dephasing": [0.4j, 0.7]}
    return isotropic(
        System(
            [
                Ensemble(half, polar=0.5, azimuth=0.2, decay=0.2),
                Ensemble(half, polar=2.0, detuning=0.3, decay=0.4),
            ],
            [CollectiveJump(2 / size, mixed), CollectiveJump(1 / size, [1, -1j])],
            drive=[0.2, 0.1j],
            exchange=np.array([[0, 0.6], [0.6, 0]]) / size,
            couplings=SpinCoupling(np.array([[0.6, -1], [0.4, 0]]) / size, "xz"),
        )
    )


def run(system, seed):
    return twa.solve(system, TIMES, 20_000, seed, steps=24, moments="pairs")


def agree(one, other, turns):
    """Means and covariances of all pairs, within both errors."""
    means = np.einsum("lab,tlb->tla", turns, spins(one))
    # along turned axes the errors of the first run are no larger than all of them together
    errors = [np.stack([ds[f"{name}_stderr"] for name in NAMES], -1) for ds in (one, other)]
    within(spins(other), means, np.hypot(_largest(errors[0], 1), errors[1]))
    pairs = np.einsum("kac,tklcd,lbd->tklab", turns, one.pair_covariance, turns, optimize=True)
    errors = [ds.pair_covariance_stderr.values for ds in (one, other)]
    within(other.pair_covariance, pairs, np.hypot(_largest(errors[0], 2), errors[1]))


def _largest(errors, axes):
    """The root of the sum of squares over the last axes: a bound on the error along any other."""
    over = tuple(range(-axes, 0))
    return np.sqrt((errors**2).sum(axis=over, keepdims=True))


@pytest.mark.parametrize("seed", [1, 2])
def test_trajectories_turn_with_the_system(seed):
    system = everything(40)
    turns = turns_of(seed, 2)
    one, other = run(system, 10), run(turned(system, turns), 11)
    agree(one, other, turns)
    within(other.output, one.output, np.hypot(one.output_stderr, other.output_stderr))
    # negative control: turned the other way they are something else
    with pytest.raises(AssertionError):
        agree(one, other, np.swapaxes(turns, 1, 2))


def test_noise_of_one_axis_does_not_turn():
    """Negative control: local decay alone points along z."""
    system = System(Ensemble(40, decay=1.0, polar=0.4), couplings=SpinCoupling(0.01, "xx"))
    turns = Turn.from_euler("x", [[0.9]]).as_matrix()
    one, other = run(system, 10), run(turned(system, turns), 11)
    with pytest.raises(AssertionError):
        agree(one, other, turns)
