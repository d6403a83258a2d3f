"""Lanes of long chains are taken in halves: the same trajectories."""

import numpy as np
import pytest

from blochball import models, twa
from blochball.twa import engine, fields, kernels
from blochball.twa.rows import ALL, LANES, PLANAR_COLUMNS


def advanced(function, system, segments, *last, guided=()):
    """A group of lanes after some segments (step, count): state, random numbers, clock, words."""
    (state, random), *_ = engine.initial_groups(system, 1, np.random.default_rng(5))
    state = np.ascontiguousarray(state[:, : PLANAR_COLUMNS * LANES])
    words, clock, work = kernels.scratch(system.sites, len(system.jumps))
    # room for half of the lanes, which only long chains are given
    work = (*work[:4], np.zeros((system.sites, PLANAR_COLUMNS * LANES // 2)))
    local, found = engine.local_rates(system), fields.fields_of(system)
    assert found.guided
    for step, count in segments:
        kernels.local_table(local, 0.5 * step, work[0])
        kernels.local_table(local, step, work[1])
        function(
            state, random, clock, words, step, count, local, tuple(found), *guided, work, *last
        )
    return state[:, : 3 * LANES], random, clock, words[0]


@pytest.mark.parametrize("pump", [0.0, 30.0])
def test_halves_are_the_same_bits(pump):
    system = models.waveguide_chain(3, 40, 0.3, pump=pump, drive=2.0, polar=1.0)
    # the last word of a segment is not used up
    segments = [(1e-3, 5), (2e-3, 1), (5e-4, 9)]
    whole = advanced(kernels.advance_guided, system, segments, ALL)
    halves = advanced(kernels.advance_halves, system, segments)
    for one, other in zip(whole[:-1], halves[:-1], strict=True):
        np.testing.assert_array_equal(one, other)
    # both halves are alive, and not each other's copies
    x = halves[0][:, :LANES]
    assert (x[:, : LANES // 2] != x[:, LANES // 2 :]).any(axis=1).all()


def test_long_chains_are_those_of_the_general_form():
    system = models.waveguide_chain(kernels.MANY + 1, 50, 0.3, pump=20.0)
    arguments = (system, [0.0, 1e-4, 3e-4], LANES + 3, 1, [3, 4])
    guided, general = (twa.trajectories(*arguments, form=form) for form in ("auto", "jumps"))
    for name in ("spin_x", "spin_y", "inversion"):
        np.testing.assert_allclose(guided[name], general[name], rtol=1e-9, atol=1e-9)
    # the solver itself has states of fewer columns
    means = twa.solve(*arguments)
    for name in ("spin_x", "spin_y", "inversion"):
        mean = general[name].mean("trajectory")
        np.testing.assert_allclose(means[name], mean, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("more", [0, 1])
def test_only_long_chains_are_taken_in_halves(more):
    system, segments = models.waveguide_chain(kernels.MANY + more, 40, 0.3, pump=30.0), [(1e-5, 3)]
    found = advanced(kernels.advance, system, segments, guided=(True,))[-1]
    whole = advanced(kernels.advance_guided, system, segments, ALL)[-1]
    # the words of a half lie together
    assert np.array_equal(found, whole) == (more == 0)
