"""Rates in the Dicke basis: sum rules and moment equations at any size, QuTiP's coefficients."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qutip import basis, piqs, sigmax, sigmay, sigmaz

from blochball.exact import dicke

Q = (-1, 0, 1)


@st.composite
def states(draw, largest=10**5):
    """N, J, M."""
    size = draw(st.integers(1, largest))
    spin = size / 2 - draw(st.integers(0, size // 2))
    return size, spin, spin - draw(st.integers(0, round(2 * spin)))


def rates(q, size, spin, m):
    return {
        j: dicke.branching(j, size, spin) * dicke.amplitude_squared(q, j, spin, m)
        for j in (-1, 0, 1)
    }


@given(states(), st.sampled_from(Q))
def test_all_targets_together_take_the_total_rate(state, q):
    size, _, m = state
    found = rates(q, *state)
    assert min(found.values()) >= 0
    expected = {1: size / 2 - m, -1: size / 2 + m, 0: size}[q]
    assert sum(found.values()) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert dicke.local_loss(q, size, m) == expected


@given(states(), st.sampled_from(Q))
def test_spin_squared_changes_as_the_moment_equations_say(state, q):
    # J^2 = 3N/4 + sum over pairs of s_n . s_m; a jump of rate 1 changes s^x, s^y by -1/2 of
    # themselves (-2 for dephasing), s^z by -(s^z -+ 1/2) (not at all for dephasing)
    size, spin, m = state
    found = sum(rate * j * (2 * spin + 1 + j) for j, rate in rates(q, *state).items())
    flat = spin * (spin + 1) - m * m - size / 2
    steep = m * m - size / 4
    expected = -4 * flat if q == 0 else -flat - 2 * steep + q * (size - 1) * m
    assert found == pytest.approx(expected, abs=1e-11 * size**2)


@given(states())
def test_no_state_outside_of_the_triangle_is_reached(state):
    size, spin, m = state
    for q in Q:
        for j, rate in rates(q, *state).items():
            inside = 0 <= spin + j <= size / 2 and abs(m + q) <= spin + j
            assert inside or rate == 0, (q, j)
        inside = abs(m + q) <= spin
        assert inside or dicke.ladder_squared(q, spin, m) == 0


@pytest.mark.parametrize("q", Q)
@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_against_piqs(q, size):
    # PIQS keeps a transition matrix of the populations; its dephasing is of sigma^z / 2
    kind = {-1: "emission", 0: "dephasing", 1: "pumping"}[q]
    ensemble = piqs.Dicke(size, **{kind: 4.0 if q == 0 else 1.0})
    matrix = ensemble.coefficient_matrix().toarray()
    place, labels = 0, {}
    for spin in dicke.spins(size):
        for m in spin - np.arange(round(2 * spin) + 1):
            labels[spin, m] = place
            place += 1
    assert place == len(matrix)
    expected = np.zeros_like(matrix)
    for (spin, m), source in labels.items():
        for j, rate in rates(q, size, spin, m).items():
            if rate:
                expected[labels[spin + j, m + q], source] += rate
        expected[source, source] -= dicke.local_loss(q, size, m)
    np.testing.assert_allclose(matrix, expected, atol=1e-6 * size)
    # negative control: with its own convention it is another process
    if q == 0 and size > 1:
        other = piqs.Dicke(size, dephasing=1.0).coefficient_matrix().toarray()
        assert np.abs(other - expected).max() > 0.5


@given(states(50))
def test_amplitudes_square_to_rates(state):
    _, spin, m = state
    for q in Q:
        for j in (-1, 0, 1):
            square = dicke.amplitude_squared(q, j, spin, m)
            if square >= 0:  # outside of the triangle it may be anything
                assert dicke.amplitude(q, j, spin, m) ** 2 == pytest.approx(square, rel=1e-12)


@given(states(1000))
def test_collective_rates_are_those_of_the_ladder(state):
    _, spin, m = state
    assert dicke.ladder_squared(-1, spin, m) == pytest.approx(spin * (spin + 1) - m * (m - 1))
    assert dicke.ladder_squared(1, spin, m) == pytest.approx(spin * (spin + 1) - m * (m + 1))
    assert dicke.ladder_squared(0, spin, m) == m * m


def test_functions_take_arrays():
    m = np.arange(5) - 2.0
    for q in Q:
        whole = dicke.amplitude_squared(q, 1, 2.0, m)
        np.testing.assert_array_equal(whole, [dicke.amplitude_squared(q, 1, 2.0, x) for x in m])
    np.testing.assert_array_equal(dicke.spins(5), [2.5, 1.5, 0.5])
    np.testing.assert_array_equal(dicke.spins(4), [2, 1, 0])


@given(st.integers(1, 2000), st.floats(0, np.pi), st.floats(-4, 4))
def test_coherent_state_points_along_its_angles(size, polar, azimuth):
    c = dicke.coherent_amplitudes(size, polar, azimuth)
    m = size / 2 - np.arange(size + 1)
    assert np.vdot(c, c).real == pytest.approx(1, rel=1e-11)
    z = (abs(c) ** 2 * m).sum()
    # <J^+> = sum conj(c_{M+1}) sqrt(..) c_M
    raising = np.sum(c[:-1].conj() * np.sqrt(dicke.ladder_squared(1, size / 2, m[1:])) * c[1:])
    assert z == pytest.approx(size / 2 * np.cos(polar), abs=1e-10 * size)
    expected = size / 2 * np.sin(polar) * np.exp(1j * azimuth)
    assert raising == pytest.approx(expected, abs=1e-10 * size)


def test_one_emitter_is_a_qubit():
    polar, azimuth = 1.1, 0.4
    c = dicke.coherent_amplitudes(1, polar, azimuth)
    ket = c[0] * basis(2, 0) + c[1] * basis(2, 1)
    bloch = [(ket.dag() * op * ket).real for op in (sigmax(), sigmay(), sigmaz())]
    n = [np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)]
    np.testing.assert_allclose(bloch, n, atol=1e-15)


def test_coherent_amplitudes_do_not_overflow():
    c = dicke.coherent_amplitudes(10**6, 1.0, 0.0)
    assert np.vdot(c, c).real == pytest.approx(1, rel=1e-8)
