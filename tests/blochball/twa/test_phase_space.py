"""Symbols and kernel against operators: quantum expectation values from phase-space integrals."""

import numpy as np
import pytest
import qutip
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy.physics.wigner import wigner_3j

from blochball.exact import dicke
from blochball.twa import phase_space as weyl
from tests.blochball.twa.symbolic import BLOCH, LENGTH, POINT, bracket, gradient, size, spin, theta

angle = st.floats(0.05, 3.0)
KINDS = (-1, 0, 1)
DEGREE = {-1: sp.Rational(1, 2), 0: 1, 1: sp.Rational(1, 2)}


def effective_jump(j, q, n):
    """The operator l^{jq} on the Dicke basis; signs of a Clebsch-Gordan coefficient."""
    basis = weyl.dicke_basis(n)
    found = np.zeros((len(basis), len(basis)))
    for column, (start, m) in enumerate(basis):
        if (start + j, m + q) in basis:
            if start == start + j == 0:
                continue
            sign = np.sign(qutip.clebsch(start, 1, start + j, m, q, m + q))
            value = dicke.branching(j, n, start) * dicke.amplitude_squared(q, j, start, m)
            found[basis.index((start + j, m + q)), column] = sign * np.sqrt(value)
    return found


def test_three_j_symbols():
    halves = np.arange(0, 3, 0.5)
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(300):
        spins = rng.choice(halves, 3)
        ms = [rng.choice(np.arange(-a, a + 1)) for a in spins]
        if sum(spins) % 1 or sum(ms):
            continue
        expected = float(wigner_3j(*map(sp.nsimplify, (*spins, *ms))))
        assert weyl.wigner_3j(*spins, *ms) == pytest.approx(expected, abs=1e-14)
        found += expected != 0
    assert found > 10


@settings(max_examples=25)
@given(st.integers(1, 5), st.data(), angle, angle, angle)
def test_symbols_are_traces_with_the_kernel(n, data, phi, theta, psi):
    value = data.draw(st.integers(0, n)) / 2
    kernel = weyl.kernel(n, value, phi, theta, psi)
    point = (phi, theta, psi, value)
    np.testing.assert_allclose(kernel, kernel.conj().T, atol=1e-13)
    aligned = (n / 2 - value) % 1 == 0
    inversion, raising = weyl.spin_operators(n)
    for q, operator in ((-1, raising.T), (0, inversion), (1, raising)):
        expected = weyl.collective_jump(q, point) if aligned else 0
        assert np.trace(operator @ kernel) == pytest.approx(expected, abs=1e-12)
    squared = inversion @ inversion + (raising @ raising.T + raising.T @ raising) / 2
    expected = value * (value + 1) if aligned else 0
    assert np.trace(squared @ kernel) == pytest.approx(expected, abs=1e-12)
    for q in KINDS:
        for j in KINDS:
            found = np.trace(effective_jump(j, q, n) @ kernel)
            # at 𝒥 = 0 there is no pair of sectors for a vector operator to couple
            if (n / 2 - value - j / 2) % 1 or value == 0:
                assert abs(found) < 1e-12
                continue
            expected = weyl.local_jump(j, q, n, point)
            # the phase of an effective jump is free
            sign = 1 if abs(found - expected) < abs(found + expected) else -1
            assert sign * found == pytest.approx(expected, abs=1e-12)


def sphere(n):
    """Nodes and weights of an integral over the sphere, exact for these symbols."""
    cosines, weights = np.polynomial.legendre.leggauss(n + 2)
    angles = np.arange(n + 2) * 2 * np.pi / (n + 2)
    for cosine, weight in zip(cosines, weights, strict=True):
        for phi in angles:
            yield phi, np.arccos(cosine), weight * 2 * np.pi / angles.size


def expectation(n, state, symbol):
    """Sum over 𝒥 of (2𝒥 + 1)/(8 pi^2) times the integral of W times the symbol."""
    total = 0
    for value in np.arange(n / 2, -0.1, -1):
        for phi, polar, weight in sphere(n):
            # neither a state of the form (2) nor a collective operator depends on psi
            wigner = np.trace(state @ weyl.kernel(n, value, phi, polar, 0.3)).real
            point = (phi, polar, 0.3, value)
            total += (2 * value + 1) / (4 * np.pi) * weight * wigner * symbol(point)
    return total


@pytest.mark.parametrize("kind", ["dicke", "coherent"])
@pytest.mark.parametrize("n", [1, 3, 4])
def test_expectation_values(n, kind):
    basis = weyl.dicke_basis(n)
    block = n + 1
    if kind == "dicke":
        # the Dicke state next to the ground state, and a state of the next sector mixed in
        ket = qutip.spin_state(n / 2, 1 - n / 2)
    else:
        ket = qutip.spin_coherent(n / 2, 1.1, 0.7)
    share = 0.75 if n > 1 else 1.0
    state = np.zeros((len(basis), len(basis)), complex)
    state[:block, :block] = share * (ket @ ket.dag()).full()
    if n > 1:
        state[block, block] = 1 - share
    expected = {
        name: share * qutip.expect(qutip.jmat(n / 2, name), ket) for name in ("z", "x", "y")
    }
    expected["z"] += (1 - share) * (n / 2 - 1)
    x, y, z = (expectation(n, state, lambda p, k=k: weyl.bloch_vector(p)[k]) for k in range(3))
    assert (x, y, z) == pytest.approx(tuple(expected[k] for k in "xyz"), abs=1e-12)
    raising = expectation(n, state, lambda p: weyl.collective_jump(1, p))
    assert raising == pytest.approx(expected["x"] + 1j * expected["y"], abs=1e-12)
    squared = expectation(n, state, lambda p: p[3] * (p[3] + 1))
    top = n / 2 * (n / 2 + 1)
    below = (n / 2 - 1) * n / 2
    assert squared == pytest.approx(share * top + (1 - share) * below, abs=1e-12)


def test_wigner_function_of_states_without_coherence_between_spins_is_free_of_psi():
    n = 3
    rng = np.random.default_rng(1)
    basis = weyl.dicke_basis(n)
    same = np.equal.outer(*[[spin for spin, _ in basis]] * 2)
    state = rng.normal(size=same.shape) * same
    here = [np.trace(state @ weyl.kernel(n, 1.5, 0.3, 1.0, psi)) for psi in (0.0, 2.0)]
    assert here[0] == pytest.approx(here[1], abs=1e-13)
    # and one that has some is not
    state = rng.normal(size=same.shape)
    here = [np.trace(state @ weyl.kernel(n, 1.0, 0.3, 1.0, psi)) for psi in (0.0, 2.0)]
    assert abs(here[0] - here[1]) > 1e-3


@pytest.mark.parametrize("q", KINDS)
def test_sum_rule_of_the_amplitudes(q):
    """Tr_J sum_n sigma_n^+ sigma_n, from the amplitudes: exact for every J and N."""
    total = sum(
        (2 * spin + j + 1) * weyl.local_amplitude(j, q, size, spin + sp.Rational(j, 2), sp) ** 2
        for j in KINDS
    )
    assert sp.simplify(total / 3 - (2 * spin + 1) * size * DEGREE[q]) == 0


@pytest.mark.parametrize("q", KINDS)
def test_sum_rule_point_by_point(q):
    """The rate of leaving, sum_j |l|^2 + (i/2) {l*, l}, is N/2 - q J^z (or N) up to O(N/R^2)."""
    total = 0
    for j in KINDS:
        symbol = weyl.local_jump(j, q, size, POINT, sp)
        adjoint = symbol.subs(sp.I, -sp.I)
        total += sp.simplify(adjoint * symbol + sp.I / 2 * bracket(adjoint, symbol))
    exact = size - q**2 * size / 2 - q * LENGTH * sp.cos(theta)
    legendre = (size + 2) * (1 - 3 * sp.cos(theta) ** 2) / (16 * LENGTH**2)
    assert sp.simplify(total - exact - (legendre if q else -4 * legendre)) == 0


def test_bracket_is_canonical():
    phi, _, psi, _ = POINT
    m = LENGTH * sp.cos(theta)
    pairs = {(phi, m): 1, (psi, LENGTH): 1, (phi, psi): 0, (phi, LENGTH): 0, (m, LENGTH): 0}
    pairs[psi, m] = 0
    for (f, g), value in pairs.items():
        assert sp.simplify(bracket(f, g) - value) == 0
        assert sp.simplify(bracket(f, g) + bracket(g, f)) == 0
    # the spin algebra, up to relative O(1/R^2)
    factor = sp.sqrt(1 - 1 / (4 * LENGTH**2))
    for k in range(3):
        found = bracket(BLOCH[k - 2], BLOCH[k - 1])
        assert sp.simplify((found - factor * BLOCH[k]).subs(spin, LENGTH - sp.Rational(1, 2))) == 0


def test_numbers_and_symbols_agree():
    rng = np.random.default_rng(2)
    n = 11
    points = (*rng.uniform(0.1, 3, (3, 20)), rng.uniform(0.1, n / 2, 20))
    jumps = [(j, q) for j in KINDS for q in KINDS]
    symbols = [weyl.local_jump(j, q, size, POINT, sp) for j, q in jumps]
    numbers = [weyl.local_jump(j, q, n, points) for j, q in jumps]
    symbols += [weyl.collective_jump(q, POINT, sp) for q in KINDS]
    numbers += [weyl.collective_jump(q, points) for q in KINDS]
    for symbol, number in zip(symbols, numbers, strict=True):
        evaluated = sp.lambdify((*POINT, size), symbol)(*points, n)
        np.testing.assert_allclose(number, evaluated, rtol=1e-12, atol=1e-13)
    # and the bracket, with gradients taken by sympy
    pair = symbols[0], symbols[8]
    derivatives = [sp.lambdify((*POINT, size), gradient(f))(*points, n) for f in pair]
    found = weyl.poisson_bracket(*derivatives, points[1], points[3])
    expected = sp.lambdify((*POINT, size), bracket(*pair))(*points, n)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_amplitudes_vanish_at_the_ends_of_the_range():
    assert weyl.amplitude_squared(1, 7, 7 / 2 + 1) == 0
    assert weyl.amplitude_squared(-1, 7, 0.5) == 0
    assert weyl.amplitude_squared(0, 7, 2.0) == 9


@pytest.mark.parametrize("value", [0.3, 2.5, -0.5, float("nan")])
def test_kernel_refuses_a_spin_out_of_range(value):
    with pytest.raises(ValueError, match="kernel: spin must be"):
        weyl.kernel(4, value, 0.0, 0.0, 0.0)
