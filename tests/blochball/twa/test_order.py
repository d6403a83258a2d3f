"""Second weak order of the rotation where noise does not commute with the axis or with itself.

Means over all patterns of the noise, none drawn: what one step does to J and to J J is compared
with the exponential of the generator a . L + sum_k (n_k . L)^2 / 2 (Stratonovich).
"""

import itertools

import numpy as np
import pytest
from scipy.linalg import expm

from blochball import CollectiveJump, Ensemble, System
from blochball.twa import rotation, step
from blochball.twa.fields import fields_of
from blochball.twa.lanes import COLUMNS, LANES
from blochball.twa.noise import FREQUENT, RARE

SIZE = 40
VALUES = np.array([RARE, -RARE, FREQUENT, -FREQUENT])
CHANCES = np.array([1, 1, 3, 3]) / 8
START = np.array([7.0, -11.0, 4.0])
# (L_a)_bc = -eps_abc: turns about the axes
TURNS = -np.array([[[(a - b) * (b - c) * (c - a) / 2 for c in range(3)] for b in range(3)]
                   for a in range(3)])  # fmt: skip


def turn(axis):
    return np.einsum("a,abc->bc", axis, TURNS)


def pair(matrix):
    """What turns J J."""
    return np.kron(matrix, np.eye(3)) + np.kron(np.eye(3), matrix)


def exact(axis, noises, duration):
    """Mean of J and of J J after a duration."""
    found = []
    for lift, start in ((lambda m: m, START), (pair, np.outer(START, START).ravel())):
        generator = lift(turn(axis)) + sum(lift(turn(n)) @ lift(turn(n)) for n in noises) / 2
        found.append(expm(duration * generator) @ start)
    return np.concatenate(found)


def mean_of_a_step(system, duration, corrected=True):
    """The same of one rotation, over all patterns of its noise."""
    fields, jumps = fields_of(system), len(system.jumps)
    work = step.work(fields)
    columns = [(k, c) for k in range(jumps) for c in range(3)]
    patterns = np.array(list(itertools.product(range(4), repeat=len(columns))))
    chance = CHANCES[patterns].prod(axis=1)
    step.prepare(duration, fields, work)
    if not corrected:
        work.axis[:], work.strength[:] = fields.axis, fields.strength
        fields = fields._replace(area=np.zeros((0, 1)))
    vectors = []
    for first in range(0, len(patterns), LANES):
        work.noises[:] = 0.0
        for (k, c), picked in zip(columns, patterns[first : first + LANES].T, strict=True):
            scale = 1.0 if c == 2 else work.strength[k] / np.sqrt(duration)
            work.noises[k, c * LANES : (c + 1) * LANES] = scale * VALUES[picked]
        state = np.zeros((1, COLUMNS, LANES))
        state[0, :3] = START[:, None]
        rows = state.reshape(1, -1)
        rotation.rotate(rows, duration, fields, work)
        vectors.append(rows.reshape(COLUMNS, LANES)[:3].copy())
    j = np.concatenate(vectors, axis=1)
    second = np.einsum("an,bn,n->ab", j, j, chance).ravel()
    return np.concatenate([j @ chance, second])


BALANCED = [CollectiveJump(0.4, [1]), CollectiveJump(0.4, [1], "pump")]
DRIVEN = {"drive": [0.3 - 0.2j]}
X, Y, Z = np.eye(3)
CASES = {
    "dephasing": ([CollectiveJump(0.5, [1.2], "dephasing")], [np.sqrt(0.72) * Z]),
    # two noises of rate 0.4 in each direction are one of 0.8
    "decay and pump": (BALANCED, [np.sqrt(0.8) * X, np.sqrt(0.8) * Y]),
}


@pytest.mark.parametrize("detuning", [0.0, 0.7])
@pytest.mark.parametrize(("jumps", "noises"), CASES.values(), ids=CASES)
def test_one_step_errs_in_third_order(jumps, noises, detuning):
    system = System(Ensemble(SIZE, detuning=detuning), jumps, **DRIVEN)
    axis = np.array([0.6, 0.4, detuning])
    error, plain = [], []
    for duration in (0.2, 0.1, 0.05):
        expected = exact(axis, noises, duration)
        error.append(abs(mean_of_a_step(system, duration) - expected).max())
        plain.append(abs(mean_of_a_step(system, duration, corrected=False) - expected).max())
    assert np.log2(error[1] / error[2]) > 2.7
    # the negative control: axis and noise in one exponential, as they are
    assert np.log2(plain[1] / plain[2]) < 2.2
    # measured: 5.4 times and more
    assert plain[2] > 4 * error[2]


def test_only_strong_noise_is_told_apart():
    weak = System(Ensemble(100), CollectiveJump(1.0, [1]))
    assert fields_of(weak).area.shape == (0, 1)
    assert fields_of(System(Ensemble(4), CollectiveJump(1.0, [1]))).area.shape == (1, 1)
    assert fields_of(System(Ensemble(100), BALANCED)).area.shape == (2, 1)
    # of any structure
    assert fields_of(weak).guided
    assert not fields_of(System(Ensemble(4), CollectiveJump(1.0, [1]))).guided
