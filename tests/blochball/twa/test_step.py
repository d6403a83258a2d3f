"""Which step serves a System; long chains are taken in halves: the same trajectories."""

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, System, models, twa
from blochball.twa import initial, step
from blochball.twa.fields import fields_of
from blochball.twa.lanes import LANES, MANY, PLANAR_COLUMNS, lanes, take
from blochball.twa.noise import seeds


def advanced(advance, system, segments):
    """A group of lanes after some segments (step, count)."""
    sites, jumps = system.sites, len(system.jumps)
    generator = np.random.default_rng(5)
    group = take(lanes(1, sites, jumps, PLANAR_COLUMNS), 0)
    # room for half of the lanes, which only long chains are given
    work, fields = step.work(fields_of(system), half=sites), fields_of(system)
    assert fields.guided
    start = initial.Start(seeds(generator, 1), initial.cloud_of(system), LANES)
    initial.begin(group, start, generator)
    for duration, count in segments:
        advance(group, duration, count, fields, work)
    return group


@pytest.mark.parametrize("pump", [0.0, 30.0])
def test_halves_are_the_same_bits(pump):
    system = models.waveguide_chain(3, 40, 0.3, pump=pump, drive=2.0, polar=1.0)
    # the last word of a segment is not used up
    segments = [(1e-3, 5), (2e-3, 1), (5e-4, 9)]
    whole = advanced(step.guided, system, segments)
    halves = advanced(step.halved, system, segments)
    x = halves.state[:, :LANES]
    for one, other in (
        (whole.state[:, : 3 * LANES], halves.state[:, : 3 * LANES]),
        (whole.random, halves.random),
        (whole.clock, halves.clock),
    ):
        np.testing.assert_array_equal(one, other)
    # both halves are alive, and not each other's copies
    assert (x[:, : LANES // 2] != x[:, LANES // 2 :]).any(axis=1).all()


def test_long_chains_are_those_of_the_general_form():
    system = models.waveguide_chain(MANY + 1, 50, 0.3, pump=20.0)
    arguments = (system, [0.0, 1e-4, 3e-4], LANES + 3, 1)
    guided, general = (
        twa.trajectories(*arguments, steps=[3, 4], structure=structure)
        for structure in ("auto", "jumps")
    )
    means = twa.solve(*arguments, steps=[3, 4])
    for name in ("spin_x", "spin_y", "inversion"):
        np.testing.assert_allclose(guided[name], general[name], rtol=1e-9, atol=1e-9)
        mean = general[name].mean("trajectory")
        np.testing.assert_allclose(means[name], mean, rtol=1e-9, atol=1e-9)


CHOICES = {
    "general": System([Ensemble(20, detuning=1.0)], CollectiveJump(0.1, [1])),
    "single": models.superradiant_laser(20, 1.0),
    "guided": models.waveguide_chain(MANY, 20, 0.3, 1.0),
    "halved": models.waveguide_chain(MANY + 1, 20, 0.3, 1.0),
}


@pytest.mark.parametrize(("name", "system"), CHOICES.items(), ids=CHOICES)
def test_the_step_that_serves(name, system):
    assert step.step_of(fields_of(system)).advance is getattr(step, name)
    assert step.step_of(fields_of(system, "dense")).advance is step.general
