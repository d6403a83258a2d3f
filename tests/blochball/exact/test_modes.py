"""Eigenvalues of the Liouvillian: all are among those of 2^n states, gaps are known ones."""

import numpy as np
import pytest
from hypothesis import given, settings

from blochball import CollectiveJump, Ensemble, SpinCoupling, System, exact, models
from blochball.exact import modes
from tests.blochball.exact.bruteforce import BruteForce
from tests.blochball.exact.systems import SINGLE_TERMS, one, systems

EVERY = 10_000


def slowest(system, count=EVERY, **options):
    return exact.spectrum_of_liouvillian(system, count, **options)


def in_the_full_space(system):
    return np.linalg.eigvals(BruteForce(system).generator.toarray())


def farthest(values, others):
    """Return how far the value is from others that is farthest from all of them."""
    return np.abs(np.subtract.outer(values, others)).min(axis=1).max()


@pytest.mark.parametrize("name", SINGLE_TERMS)
def test_every_eigenvalue_is_one_of_the_full_space(name):
    system = SINGLE_TERMS[name]
    found = slowest(system, coherence=3)
    # where eigenvectors coincide, eigenvalues have a root of the rounding
    assert farthest(found.values, in_the_full_space(system)) < 1e-5
    assert found.values.real.max() < 1e-6


@given(systems(emitters=4))
@settings(max_examples=15, deadline=None)
def test_every_eigenvalue_of_any_system_is_one_of_the_full_space(system):
    found = slowest(system, coherence=system.emitters)
    assert farthest(found.values, in_the_full_space(system)) < 1e-4
    assert np.abs(found.values[0]) < 1e-9


def test_all_modes_of_independent_emitters():
    """Each rests, loses population, or coherence of order 1 or -1; the orders add up to k."""
    size, decay, pump, dephasing, detuning = 4, 0.5, 0.2, 0.3, 0.7
    system = System(Ensemble(size, decay, dephasing, pump, detuning))
    found = slowest(system, coherence=size)
    rate, coherence = decay + pump, (decay + pump) / 2 + 2 * dephasing
    expected = {
        f"order {k}": [
            -rate * m - coherence * (k + 2 * pairs) - 1j * detuning * k
            for pairs in range((size - k) // 2 + 1)
            for m in range(size - k - 2 * pairs + 1)
        ]
        for k in range(size + 1)
    }
    for name, values in expected.items():
        there = found.values[found.sector.values == name]
        assert len(there) == len(values)
        assert farthest(there, values) < 1e-6
        assert farthest(values, there) < 1e-6


def test_gap_of_one_emitter():
    decay = 0.8
    system = System(Ensemble(1, decay=decay))
    np.testing.assert_allclose(slowest(system), [0, -decay / 2, -decay], atol=1e-12)
    assert slowest(system).sector.values.tolist() == ["order 0", "order 1", "order 0"]
    assert slowest(system, 2, coherence=0).values.tolist() == pytest.approx([0, -decay])


def test_mollow_triplet():
    decay, drive = 0.8, 1.3
    found = slowest(System(Ensemble(1, decay=decay), drive=drive))
    side = np.sqrt(decay**2 / 16 - 4 * drive**2 + 0j)
    sidebands = [-3 * decay / 4 + side, -3 * decay / 4 - side]
    np.testing.assert_allclose(found.values, [0, -decay / 2, *sidebands], atol=1e-9)
    assert set(found.sector.values) == {"all orders"}


def test_superradiant_decay_goes_down_the_ladder():
    """Populations of J = N/2 decay at m (N - m + 1), m steps above the ground state."""
    size = 7
    found = slowest(System(Ensemble(size), CollectiveJump(1.0, [1])), coherence=0)
    expected = np.sort([m * (size - m + 1) for m in range(size + 1)])
    # all but one of them are double, with one eigenvector
    np.testing.assert_allclose(np.sort(-found.values.real), expected, atol=1e-5)


def test_the_slowest_coherence_is_the_line_of_the_laser():
    laser = models.superradiant_laser(30, 15.0)
    line = slowest(laser, 2)
    assert line.sector.values.tolist() == ["order 0", "order 1"]
    # first_order ends as this mode does
    late = exact.two_time(laser, [3.0, 3.5]).first_order.values.real
    assert -line.values[1].real == pytest.approx(np.log(late[0] / late[1]) / 0.5, rel=1e-6)


def test_pairs_of_excitations_separate_even_orders_from_odd_ones():
    system = one(jumps=CollectiveJump(0.3, [1]), couplings=SpinCoupling(0.8, "xx"), decay=0.2)
    found = slowest(system)
    assert set(found.sector.values) == {"even orders", "odd orders"}
    assert farthest(found.values, in_the_full_space(system)) < 1e-6
    even = found.values[found.sector.values == "even orders"]
    assert abs(even[0]) < 1e-12
    assert abs(found.values[found.sector.values == "odd orders"]).min() > 0.1


SYSTEMS = {
    "order 1": models.superradiant_laser(9, 3.0),
    "detuned": System(
        [Ensemble(2, pump=0.4, detuning=1.0), Ensemble(2, decay=0.2)], CollectiveJump(1.0, [1, 1j])
    ),
    "all orders": models.boundary_time_crystal(6, 1.0, 1.0, decay=0.3),
    "odd orders": models.two_axis_twisting(6, 0.1, decay=0.3),
    "several stationary states": System([Ensemble(4)] * 2, CollectiveJump(1.0, [1, 1])),
}


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_shift_and_inverse_give_what_is_nearest_to_zero(system, monkeypatch):
    whole = slowest(system)
    monkeypatch.setattr(modes, "DENSE", 0)
    few = slowest(system, 6)
    np.testing.assert_allclose(np.abs(few.values), np.abs(whole.values[:6]), atol=1e-7)
    assert farthest(few.values, whole.values[:8]) < 1e-7
    for sector in set(few.sector.values):
        there, all_there = (m.values[m.sector.values == sector] for m in (few, whole))
        assert farthest(there, all_there) < 1e-7


def test_refusals():
    laser = models.superradiant_laser(3, 1.0)
    with pytest.raises(ValueError, match=r"exact\.spectrum_of_liouvillian: count must be"):
        slowest(laser, 0)
    with pytest.raises(TypeError, match="system must be a System"):
        slowest(3)
    with pytest.raises(ValueError, match="the system is too large"):
        slowest(models.superradiant_laser(300, 1.0), memory_limit=1e6)
    with pytest.raises(ValueError, match="coherence must be an integer >= 0"):
        slowest(laser, coherence=-1)
