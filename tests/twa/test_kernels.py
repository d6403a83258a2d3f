"""Lanes of long chains are taken in halves: the same trajectories."""

import numpy as np
import pytest

from blochball import models, twa
from blochball.twa import engine, fields, kernels
from blochball.twa.rows import ALL, LANES, PLANAR_COLUMNS


def advanced(function, system, segments, *last):
    """State and random numbers of a group of lanes after some segments (step, count)."""
    (state, random), *_ = engine.initial_groups(system, 1, np.random.default_rng(5))
    state = np.ascontiguousarray(state[:, : PLANAR_COLUMNS * LANES])
    words, clock, work = kernels.scratch(system.sites, len(system.jumps))
    local, found = engine.local_rates(system), fields.fields_of(system)
    assert found.guided
    for step, count in segments:
        kernels.local_table(local, 0.5 * step, work[0])
        kernels.local_table(local, step, work[1])
        function(state, random, clock, words, step, count, local, tuple(found), work, *last)
    return state[:, : 3 * LANES], random, clock


@pytest.mark.parametrize("pump", [0.0, 30.0])
def test_halves_are_the_same_bits(pump):
    system = models.waveguide_chain(3, 40, 0.3, pump=pump, drive=2.0, polar=1.0)
    # the last word of a segment is not used up
    segments = [(1e-3, 5), (2e-3, 1), (5e-4, 9)]
    whole = advanced(kernels.advance_guided, system, segments, ALL)
    halves = advanced(kernels.advance_halves, system, segments)
    for one, other in zip(whole, halves, strict=True):
        np.testing.assert_array_equal(one, other)
    # both halves are alive, and not each other's copies
    x = whole[0][:, :LANES]
    assert (x[:, : LANES // 2] != x[:, LANES // 2 :]).any(axis=1).all()


def test_long_chains_are_those_of_the_general_form():
    system = models.waveguide_chain(kernels.MANY + 1, 50, 0.3, pump=20.0)
    arguments = (system, [0.0, 1e-4, 3e-4], LANES + 3, 1, [3, 4])
    guided, general = (twa.trajectories(*arguments, form=form) for form in ("auto", "jumps"))
    for name in ("spin_x", "spin_y", "inversion"):
        np.testing.assert_allclose(guided[name], general[name], rtol=1e-9, atol=1e-9)
