"""Collective fields: the axis of rotation against its formula, and all forms against each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blochball import ChainExchange, CollectiveJump, Ensemble, System, models, twa
from blochball.twa import rotation, step
from blochball.twa.fields import STRUCTURES, fields_of
from blochball.twa.lanes import COLUMNS, LANES, TX, TY, TZ, X, Y
from tests.blochball.twa.paths import chain, everything, paths, plan_of

LONE = models.superradiant_laser(30, 5.0)
SYSTEMS = {
    "everything": everything(),
    "waveguide": chain(),
    "waveguide of one": chain(1),
    "lone ensemble": LONE,
    "exchange of a chain alone": chain(jumps=()),
    "exchange of another phase": chain(exchange=ChainExchange(0.2, -1.9)),
    "exchange of another strength": chain(exchange=ChainExchange(0.35, 0.7)),
    "negative exchange": chain(exchange=ChainExchange(-0.2, 0.7)),
    "guide and more": chain(jumps=(*chain().jumps, CollectiveJump(0.1, [1, 1j, 0, 2], "pump"))),
    "guide and uniform decay": chain(jumps=(*chain().jumps, CollectiveJump(0.1, [1j] * 4))),
    "jumps in another order": chain(jumps=chain().jumps[::-1]),
    "dephasing along a guide": chain(
        jumps=(CollectiveJump(0.3, [1, 2, 3, 4], "dephasing"), *chain().jumps)
    ),
    "two uniform decays": System(
        [Ensemble(30), Ensemble(20)], [CollectiveJump(0.1, [2, 2]), CollectiveJump(0.2, [1j, 1j])]
    ),
    "rate zero": chain(jumps=(CollectiveJump(0.0, [1, 2, 3, 4]), *chain().jumps)),
    "detuned guide": chain(
        ensembles=[Ensemble(30, detuning=d, polar=1.0) for d in (1.0, 0.0, -2.0, 0.5)]
    ),
}


def axis_of(system, plus, z, noise):
    """omega_x + i omega_y and omega_z of every site, from the table of blochball.twa.fields.

    `plus` is J^+, shape (sites, lanes); `noise` holds sqrt(G) eta of every jump (jumps, lanes).
    """
    omega = 2 * system.drive_vector.conj()[:, None] + np.zeros_like(plus)
    turning = system.column("detuning")[:, None] + np.zeros_like(z)
    h = system.exchange_matrix
    omega += 2 * h.conj() @ plus
    turning += h.diagonal().real[:, None]
    for jump, eta in zip(system.jumps, noise, strict=True):
        w = np.array(jump.weights)[:, None]
        if jump.kind == "decay":
            omega += w * (eta + 1j * jump.rate * (w.conj() * plus).sum(axis=0))
        elif jump.kind == "pump":
            omega += w.conj() * (eta - 1j * jump.rate * (w * plus).sum(axis=0))
        else:
            turning += w.real * eta.real
    return omega, turning


def found_axis(system, structure, state, noise):
    """What the kernel sets: TX + i TY from `set_axis`, and TZ from `rotate`."""
    fields = fields_of(system, structure)
    rows = state.copy()
    noises = np.concatenate([noise.real, noise.imag], axis=1)
    rotation.set_axis(rows, X, Y, fields, fields.axis, noises, np.zeros(2 * LANES))
    shaped = rows.reshape(system.sites, COLUMNS, LANES)
    omega = shaped[:, int(TX) // LANES] + 1j * shaped[:, int(TY) // LANES]
    # whatever a step makes of the axis and of the strength of dephasing
    work = step.work(fields)
    step.prepare(1e-9, fields, work)
    work.noises[:, : 2 * LANES] = noises
    rotation.rotate(rows, 1e-9, fields, work)
    return omega, rows[:, int(TZ) : int(TZ) + LANES]


@pytest.mark.parametrize("noisy", [False, True], ids=["no noise", "noise"])
@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_axis_of_rotation(system, structure, noisy):
    rng = np.random.default_rng(5)
    state = rng.standard_normal((system.sites, COLUMNS * LANES))
    shaped = state.reshape(system.sites, COLUMNS, LANES)
    noise = rng.standard_normal((len(system.jumps), 2, LANES)) * noisy
    noise = noise[:, 0] + 1j * noise[:, 1]
    noise *= np.array([jump.rate > 0 for jump in system.jumps], float)[:, None]  # sqrt(G) eta
    found = found_axis(system, structure, state, noise)
    expected = axis_of(system, shaped[:, 0] + 1j * shaped[:, 1], shaped[:, 2], noise)
    np.testing.assert_allclose(found[0], expected[0], atol=1e-12)
    np.testing.assert_allclose(found[1], expected[1], atol=1e-12)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.integers(1, 5), st.sampled_from(STRUCTURES))
def test_axis_of_rotation_of_random_systems(seed, sites, structure):
    test_axis_of_rotation(everything(sites, seed), structure, noisy=True)


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_all_structures_give_the_same_trajectories_from_the_same_noise(system):
    found = [
        paths(plan_of(system, [0.02, 0.05], 15, seed=2, structure=structure))
        for structure in STRUCTURES
    ]
    scale = max(ensemble.size for ensemble in system.ensembles)
    assert np.abs(found[0][1] - found[0][0]).max() > 0.1  # something happens
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], atol=1e-10 * scale)


def test_another_exchange_is_another_trajectory():
    one, other = (
        paths(plan_of(chain(exchange=ChainExchange(0.2, phase)), [0.05], 15))
        for phase in (0.7, 0.7001)
    )
    assert 1e-6 < np.abs(one - other).max() < 1e-1


def test_the_structure_is_found():
    # one travelling field and nothing else where that is all there is
    for name in ("waveguide", "waveguide of one", "lone ensemble", "jumps in another order"):
        assert fields_of(SYSTEMS[name]).guided, name
        assert fields_of(SYSTEMS[name]).guides.gain.size == 1, name
        assert not fields_of(SYSTEMS[name], "dense").guided, name
    for name in ("everything", "detuned guide", "guide and more", "dephasing along a guide"):
        assert not fields_of(SYSTEMS[name]).guided, name
    # a matrix only where there is no other way
    for name, system in SYSTEMS.items():
        dense = fields_of(system).exchange_re.size > 0
        assert dense == (name == "everything"), name
    # a guide replaces its two jumps
    assert fields_of(SYSTEMS["guide and more"]).ranked.tolist() == [2]
    assert fields_of(SYSTEMS["guide and more"], "jumps").ranked.tolist() == [0, 1, 2]
    assert fields_of(SYSTEMS["exchange of a chain alone"]).guides.gain.size == 2


def test_jumps_of_rate_zero_cost_nothing():
    fields = fields_of(chain(jumps=[CollectiveJump(0.0, [1, 2, 3, 4], kind) for kind in
                                    ("decay", "pump", "dephasing")]), "dense")  # fmt: skip
    assert fields.ranked.size == fields.turning.size == 0


@pytest.mark.parametrize("bad", ["sparse", None, 1])
def test_unknown_structures_are_refused(bad):
    with pytest.raises(ValueError, match=r"structure must be one of auto, jumps, dense, got"):
        twa.plan(LONE, [0.1], structure=bad)
