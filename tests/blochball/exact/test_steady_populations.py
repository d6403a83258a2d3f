"""Steady states of populations: limits, absorbing states, twenty decades of rates."""

import mpmath
import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, System, exact, models
from blochball.exact import populations, symmetric
from tests.blochball.exact.systems import MIXED, single


@pytest.mark.parametrize("rates", MIXED.values(), ids=MIXED)
@pytest.mark.parametrize("size", [1, 6, 11])
def test_steady_state_is_the_limit_of_long_times(size, rates):
    system = single(size, 0.0, rates)
    steady = exact.steady_state(system, method="populations")
    late = exact.solve(system, [200.0], method="populations")
    assert steady.time.item() == np.inf
    for name in ("inversion", "emission", "spin_squared"):
        np.testing.assert_allclose(steady[name], late[name], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(
    ("rates", "polar", "inversion"),
    [
        ({"decay": 1.0}, 0.0, -5),
        ({"collective decay": 1.0}, 0.0, -5),
        ({"pump": 1.0}, np.pi, 5),
        ({"dephasing": 1.0}, 0.0, 5),
        ({"dephasing": 1.0, "collective decay": 1.0}, 0.0, -5),
        ({}, np.pi, -5),
    ],
)
def test_absorbing_steady_states(rates, polar, inversion):
    ds = exact.steady_state(single(10, polar, rates), method="populations")
    np.testing.assert_allclose(ds.inversion, inversion, atol=1e-9)
    np.testing.assert_allclose(ds.spin_squared, 30, atol=1e-8)


def test_a_steady_state_that_is_not_unique_is_refused(monkeypatch):
    # no rate of a fully polarised ensemble can lead there; a generator that can is made up
    def forked(one):
        rates = np.array([[0.0, 1, 1], [0, 0, 0], [0, 0, 0]])
        return populations.sparse.csr_array(rates), np.ones(3), np.array([1.0, 0, -1])

    monkeypatch.setattr(symmetric, "transitions", forked)
    with pytest.raises(ValueError, match=r"must be unique, got .* can end in 2 different ones"):
        exact.steady_state(models.superradiant_laser(2, 1.0), method="populations")


def in_eighty_digits(system):
    """<J^z + N/2>, <J^+ J^-> and <J^- J^+> in the only stationary state, by mpmath."""
    one = symmetric.reduce(system)
    rates, spin, m = symmetric.transitions(one)
    with mpmath.workdps(120):
        q = mpmath.matrix(len(m), len(m))
        for k, l, rate in zip(*(rates.tocoo().coords), rates.tocoo().data, strict=True):
            q[int(l), int(k)] += mpmath.mpf(float(rate))
            q[int(k), int(k)] -= mpmath.mpf(float(rate))
        for k in range(len(m)):
            q[0, k] = 1
        p = mpmath.lu_solve(q, mpmath.matrix([1] + [0] * (len(m) - 1)))
        up = spin * (spin + 1) - m * m - m
        values = (m + one.size / 2, up + 2 * m, up)
        return [float(mpmath.fdot(p, [mpmath.mpf(v) for v in value])) for value in values]


def over_decades(seed, size=6):
    rng = np.random.default_rng(seed)
    decay, dephasing, pump, together, up = 10.0 ** rng.uniform(-20, 0, 5)
    jumps = [CollectiveJump(together, [1])] + [CollectiveJump(up, [1], "pump")] * (seed % 2)
    polar = np.pi * rng.integers(2)
    return System(Ensemble(size, decay, dephasing, pump, polar=polar), jumps)


@pytest.mark.parametrize("seed", range(12))
def test_steady_states_are_right_over_twenty_decades_of_rates(seed):
    system = over_decades(seed)
    ds = exact.steady_state(system)
    assert ds.attrs["residual"] < 1e-12
    excited, emission, absorption = in_eighty_digits(system)
    # what is small is right as well: relative errors
    np.testing.assert_allclose(ds.output.values[0, 0], emission, rtol=1e-10)
    if len(system.jumps) > 1:
        np.testing.assert_allclose(ds.output.values[0, 1], absorption, rtol=1e-10)
    np.testing.assert_allclose(ds.inversion.values[0, 0], excited - 3, rtol=0, atol=1e-13)


def test_a_weak_pump_balances_a_strong_collective_decay():
    size, pump = 100, 1e-11
    ds = exact.steady_state(models.superradiant_laser(size, pump))
    assert ds.inversion.item() == pytest.approx(-0.97253, abs=6e-6)
    absorbed = pump * (size / 2 - ds.inversion.item())
    assert ds.output.item() == pytest.approx(absorbed, rel=1e-12)


def test_a_hot_bath_beside_slow_local_rates():
    # collective and local baths of one temperature: a product state, emission N n / (2 n + 1)
    size, quanta = 20, 1e9
    system = System(
        Ensemble(size, decay=1e-3 * (quanta + 1), pump=1e-3 * quanta),
        [CollectiveJump(quanta + 1, [1]), CollectiveJump(quanta, [1], "pump")],
    )
    ds = exact.steady_state(system)
    assert ds.emission.item() == pytest.approx(size * quanta / (2 * quanta + 1), rel=1e-12)
    # slow local rates of another temperature decide about J, not about the balance within it
    cold = System(Ensemble(size, decay=1e-3), system.jumps)
    assert exact.steady_state(cold).attrs["residual"] < 1e-12
