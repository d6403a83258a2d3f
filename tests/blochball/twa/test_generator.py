"""One theory in two forms: the generator of Eq. (6), the Bloch ball and the compiled step."""

import functools
import itertools

import numpy as np
import pytest
import qutip
import sympy as sp

from blochball import CollectiveJump, Ensemble, System
from blochball.twa import phase_space as weyl
from blochball.twa.eq6 import spinor
from blochball.twa.eq6 import step as eq6
from blochball.twa.lanes import LANES
from tests.blochball.twa.symbolic import (
    BLOCH,
    LENGTH,
    POINT,
    bracket,
    collective_jump,
    frozen_bracket,
    generator,
    local_jump,
    phi,
    psi,
    size,
    spin,
    theta,
)

KINDS = {"decay": -1, "dephasing": 0, "pump": 1}
CHANGES = (-1, 0, 1)


def ball(kind, vector, n):
    """Drift and, row by row, diffusion matrix of the Ito form in the ball (docs/derivation.md)."""
    x, y, z = vector
    zero = 0 * z
    if kind == "dephasing":
        return [-2 * x, -2 * y, zero], [n, 0, 0, 0, n, 0, 0, 0, zero]
    sign = KINDS[kind]
    climb = n / 2 - sign * z
    tie_x, tie_y = -sign * x / 2, -sign * y / 2
    diffusion = [n / 4, 0, tie_x, 0, n / 4, tie_y, tie_x, tie_y, climb]
    return [-x / 2, -y / 2, sign * climb], diffusion


# -- (a) what the generator is ---------------------------------------------------------------------


@pytest.mark.parametrize("j", CHANGES)
@pytest.mark.parametrize("q", KINDS.values())
def test_jump_symbols_are_a_modulus_times_a_phase_factor(j, q):
    turned = weyl.local_jump(j, q, size, POINT, sp) * sp.exp(-sp.I * (q * phi + j * psi))
    assert not sp.simplify(turned).has(phi, psi)


X, P = sp.symbols("x p", real=True)
# polynomials of one canonical pair: Eqs. (5) and (6) ask nothing else of the bracket
FUNCTION, ENERGY = X**3 * P - P**2, X**2 + P**4
JUMP = (X * P**2 + X, 2 * P - X**2 * P)


def canonical(f, g):
    return sp.expand(sp.diff(f, X) * sp.diff(g, P) - sp.diff(f, P) * sp.diff(g, X))


def test_the_generator_is_that_of_the_printed_langevin_equation():
    """Eq. (6) as printed: its drift, and the Stratonovich average of its noise."""
    noise, rate = sp.symbols("n:2", real=True), sp.Symbol("r", positive=True)

    def velocity(f, energy):
        return sp.expand(weyl.langevin(f, energy, [(rate, JUMP, noise)], canonical, sp))

    once = velocity(FUNCTION, ENERGY)
    mean = once.subs(dict.fromkeys(noise, 0))
    # a unit white noise n with the field {., Z} adds half of its second derivative to the mean
    for n in noise:
        mean += sp.diff(velocity(sp.diff(once, n), 0), n) / 2
    flow = canonical(FUNCTION, ENERGY)
    assert sp.expand(mean - flow - rate * weyl.generator(FUNCTION, JUMP, canonical)) == 0
    assert sp.expand(mean - flow - rate * weyl.generator(FUNCTION, JUMP, canonical, -1)) != 0


def test_the_product_of_symbols_gives_the_generator():
    """Eq. (5) in the adjoint of a jump, (L^+ [O, L] + [L^+, O] L) / 2."""
    real, imaginary = JUMP
    observable, adjoint = (FUNCTION, sp.Integer(0)), (real, -imaginary)

    def times(first, second):
        return weyl.product(first, second, canonical)

    def commutator(first, second):
        pairs = zip(times(first, second), times(second, first), strict=True)
        return tuple(sp.expand(a - b) for a, b in pairs)

    left = times(adjoint, commutator(observable, JUMP))
    right = times(commutator(adjoint, observable), JUMP)
    expected = (weyl.generator(FUNCTION, JUMP, canonical), 0)
    for one, other, want in zip(left, right, expected, strict=True):
        assert sp.expand((one + other) / 2 - want) == 0


def test_psi_drops_out_of_the_generator():
    """On functions of (phi, theta, 𝒥), that is of the Bloch vector, and what is left of it."""
    j, q = sp.symbols("j q", real=True)
    g = sp.Function("g")(theta, spin)
    f = sp.Function("f")(phi, theta, spin)
    angle = q * phi + j * psi
    found = generator(f, (g * sp.cos(angle), g * sp.sin(angle)))[0]
    # G f = g^2 X f + X(g^2 X f)/2 + d_phi (g_M^2 d_phi f)/2 with X = q d_M + j d_R

    def by_m(h):
        return -sp.diff(h, theta) / (LENGTH * sp.sin(theta))

    def along(h):
        by_length = sp.diff(h, spin) - sp.cos(theta) * by_m(h)
        return q * by_m(h) + j * by_length

    turning = sp.diff(by_m(g) ** 2 * sp.diff(f, phi), phi)
    expected = g**2 * along(f) + (along(g**2 * along(f)) + turning) / 2
    assert sp.simplify(sp.expand(found - expected)) == 0
    assert not expected.has(psi)


def test_a_function_of_psi_does_see_psi():
    found = sp.lambdify((*POINT, size), generator(sp.cos(psi), local_jump(1, 1))[0])
    assert abs(found(0.3, 1.0, 0.2, 5.0, 20) - found(0.3, 1.0, 1.2, 5.0, 20)) > 1e-3


# -- (b) that it is the ball's, over the whole ball ------------------------------------------------


@functools.cache
def evaluated(jumps, sign=1, bracket=bracket):
    """Drift and diffusion matrix of the Bloch vector under Eq. (6), as a function of numbers."""
    drift, diffusion = sp.zeros(3, 1), sp.zeros(3, 3)
    for jump in jumps:
        found = [generator(f, jump, sign, bracket) for f in BLOCH]
        drift += sp.Matrix([mean for mean, _, _ in found])
        for row in (1, 2):
            noise = sp.Matrix([column[row] for column in found])
            diffusion += noise * noise.T
    return sp.lambdify((*POINT, size), [list(drift), list(diffusion)], cse=True)


def local_jumps(kind):
    return tuple(local_jump(j, KINDS[kind]) for j in CHANGES)


def exponents(kind, **options):
    """Fit the distance to the ball form by (place in the ball) * R^p; p and its standard error.

    For the drift relative to its scale N, and for the diffusion matrix relative to N; the places
    are fixed fractions of the radius and polar angles.
    """
    formula = evaluated(local_jumps(kind), **options)
    sizes = 100 * 2.0 ** np.arange(6)
    fraction, cosine = (
        a.ravel() for a in np.meshgrid(np.linspace(0.2, 1, 9), np.linspace(-0.95, 0.95, 11))
    )
    rng = np.random.default_rng(0)
    turned = rng.uniform(0, 2 * np.pi, (2, cosine.size))
    logarithms = []
    for n in sizes:
        point = (turned[0], np.arccos(cosine), turned[1], fraction * n / 2 - 0.5)
        distances = []
        for found, expected in zip(
            formula(*point, n), ball(kind, weyl.bloch_vector(point), n), strict=True
        ):
            difference = [a - b for a, b in zip(found, expected, strict=True)]
            distances.append(np.sqrt(sum(d * d for d in difference)) / n)
        logarithms.append(np.log(distances))
    # one slope and an intercept a place: regression of what is left without the means
    x = np.log(sizes) - np.log(sizes).mean()
    y = np.moveaxis(np.array(logarithms), 0, -1)
    y = y - y.mean(axis=-1, keepdims=True)
    slope = (y * x).sum(axis=(1, 2)) / (cosine.size * (x**2).sum())
    left = y - slope[:, None, None] * x
    freedom = cosine.size * (sizes.size - 1) - 1
    error = np.sqrt((left**2).sum(axis=(1, 2)) / freedom / (cosine.size * (x**2).sum()))
    return slope, error


@pytest.mark.parametrize("kind", KINDS)
def test_drift_and_diffusion_are_those_of_the_ball(kind):
    slope, error = exponents(kind)
    assert (error < 0.02).all()
    assert abs(slope[0] + 2) < 0.05
    assert abs(slope[1] + 1) < 0.05


# what the decay does is what the pump does, seen upside down
@pytest.mark.parametrize("kind", ["dephasing", "pump"])
def test_a_wrong_sign_breaks_it(kind):
    slope, _ = exponents(kind, sign=-1)
    assert abs(slope[0]) < 0.05


@pytest.mark.parametrize("kind", ["dephasing", "pump"])
def test_without_psi_an_order_is_lost(kind):
    """The noise of psi carries half of the noise-induced drift along 𝒥."""
    slope, _ = exponents(kind, bracket=frozen_bracket)
    assert abs(slope[0] + 1) < 0.25


def test_where_the_error_of_order_one_over_n_is_made():
    """Full inversion under a pump, where nothing happens: Eq. (6) gains one <J^+ J^->, whatever N.

    The average over the initial cloud, whose squared transverse radius is exponential.
    """
    x, y, z = BLOCH
    rate = sum(generator(x * x + y * y + z, jump)[0] for jump in local_jumps("pump"))
    formula = sp.lambdify((*POINT, size), rate, cse=True)
    node, weight = np.polynomial.laguerre.laggauss(40)
    gains = []
    for n in (20, 80, 1280):
        length_squared = n / 2 * (n / 2 + 1)
        radius_squared = node * n / 2
        inside = radius_squared < length_squared
        angle = np.arcsin(np.sqrt(radius_squared[inside] / length_squared))
        values = formula(0.3, angle, 0.4, n / 2, n)
        gains.append(values @ weight[inside] / weight[inside].sum())
    assert 0.8 < gains[0] < gains[1] < gains[2] < 1
    np.testing.assert_allclose(gains[2], 1, atol=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_ball_form_is_an_identity_between_operators(kind):
    """d<J_a>/dt and the Einstein relation, with three emitters in all 2^3 dimensions."""
    one = {"decay": qutip.sigmam(), "dephasing": qutip.sigmaz(), "pump": qutip.sigmap()}[kind]
    n = 3
    jumps = [_embed(one, k, n) for k in range(n)]
    vector = [sum(_embed(s, k, n) for k in range(n)) / 2 for s in _paulis()]

    def adjoint(operator):
        return sum(
            s.dag() * operator * s - (s.dag() * s * operator + operator * s.dag() * s) / 2
            for s in jumps
        )

    drift, diffusion = ball(kind, vector, n)
    identity = 0 * vector[0] + 1
    for a, b in itertools.product(range(3), repeat=2):
        expected = diffusion[3 * a + b] * identity
        ordered = (vector[a] * vector[b] + vector[b] * vector[a]) / 2
        known = sum(
            left * right + right * left
            for left, right in ((vector[a], drift[b]), (drift[a], vector[b]))
        )
        found = adjoint(ordered) - known / 2
        # off the diagonal and for x and y alike only the symmetric sum of emitters is meant
        assert abs((found - expected).full()).max() < 1e-12, (a, b)
        assert abs((adjoint(vector[a]) - drift[a]).full()).max() < 1e-12


def _paulis():
    return qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()


def _embed(operator, site, n):
    return qutip.tensor([operator if k == site else qutip.qeye(2) for k in range(n)])


def test_moments_of_the_local_map_over_a_finite_time():
    """The closed formulas of docs/derivation.md, section 10, solve the linear moment equations."""
    h, x, z, n = sp.symbols("h x z n", positive=True)
    plus, minus, zero = sp.symbols("plus minus zero", positive=True)
    lam, kap, delta = (plus + minus) / 2 + 2 * zero, plus + minus, plus - minus
    final, spread = n * delta / (2 * kap), n * kap / 4 + n * zero
    mean_x, mean_z = x * sp.exp(-lam * h), final + sp.exp(-kap * h) * (z - final)
    var_x = spread * (1 - sp.exp(-2 * lam * h)) / (2 * lam)
    cov = -delta / 2 * x * sp.exp(-lam * h) * (1 - sp.exp(-kap * h)) / kap
    var_z = (kap * n / 2 - delta * final) * (1 - sp.exp(-2 * kap * h)) / (2 * kap) - delta * (
        z - final
    ) * sp.exp(-kap * h) * (1 - sp.exp(-kap * h)) / kap
    equations = (
        (mean_x, -lam * mean_x),
        (mean_z, n / 2 * delta - kap * mean_z),
        (var_x, -2 * lam * var_x + spread),
        (cov, -(lam + kap) * cov - delta / 2 * mean_x),
        (var_z, -2 * kap * var_z + kap * n / 2 - delta * mean_z),
    )
    for moment, rate in equations:
        assert sp.simplify(sp.diff(moment, h) - rate) == 0
    start = [sp.simplify(moment.subs(h, 0)) for moment, _ in equations]
    assert start == [x, z, 0, 0, 0]


# -- the compiled step has the generator of Eq. (6) ------------------------------------------------


def gauss_hermite(dimensions):
    """Nodes and weights of unit Gaussians; exact to degree 5, all that a step of O(h) needs."""
    nodes = (-np.sqrt(3), 0.0, np.sqrt(3))
    for pick in itertools.product(range(3), repeat=dimensions):
        weight = np.prod([2 / 3 if k == 1 else 1 / 6 for k in pick])
        yield np.array([nodes[k] for k in pick]), weight


def observables(vector):
    """J_a and J_a J_b."""
    return np.concatenate([vector, np.outer(vector, vector).ravel()])


def rates(jumps):
    """What the generator of Eq. (6) makes of the `observables`, at PLACE."""
    drift, diffusion = (np.array(part, float) for part in evaluated(jumps)(*PLACE, NUMBER))
    vector = np.array(weyl.bloch_vector(PLACE))
    product = np.outer(vector, drift)
    return np.concatenate([drift, (product + product.T).ravel() + diffusion])


def weak_order(step, exact, start, dimensions=6):
    """Order in h of (<f> after one step - f)/h - G f, and that it goes to 0."""
    durations = np.array([4e-4, 2e-4, 1e-4])
    errors = []
    for h in durations:
        mean = 0
        for noise, weight in gauss_hermite(dimensions):
            mean = mean + weight * observables(step(np.sqrt(h) * noise, h))
        errors.append(np.abs((mean - start) / h - exact))
    return np.log2(np.max(errors[0]) / np.max(errors[1])), np.log2(
        np.max(errors[1]) / np.max(errors[2])
    )


PLACE = (0.7, 1.1, 2.3, 6.0)
NUMBER = 20


def _start():
    vector = np.array(weyl.bloch_vector(PLACE))
    return vector, *eq6.spinor(*vector, PLACE[2])


@pytest.mark.parametrize("kind", KINDS)
def test_local_step_has_the_generator_of_equation_6(kind):
    vector, a, b = _start()
    place = list(KINDS).index(kind)
    strength = tuple(1.0 if k == place else 0.0 for k in range(3))
    still = (0j, 0j, 0j)

    def step(noise, h):
        moved = (complex(*noise[:2]), complex(*noise[2:4]), complex(*noise[4:]))
        noises = tuple(moved if k == place else still for k in range(3))
        end = spinor.local_step(a, b, float(NUMBER), strength, noises, h)
        return np.array(eq6.bloch_vector(*end))

    orders = weak_order(step, rates(local_jumps(kind)), observables(vector))
    assert all(0.9 < order < 1.1 for order in orders)
    # and it is not just any generator: that of another kind is not approached
    other = rates(local_jumps("decay" if kind == "pump" else "pump"))
    assert all(abs(order) < 0.1 for order in weak_order(step, other, observables(vector)))


@pytest.mark.parametrize("kind", KINDS)
def test_rotation_has_the_generator_of_equation_6(kind):
    """One collective jump, through a whole compiled step (no local jumps, fixed noise)."""
    vector, a, b = _start()
    coupled = System(Ensemble(NUMBER), CollectiveJump(1.0, [1.0], kind=kind))
    couplings = eq6.couplings_of(coupled, np.full(1, np.inf))

    def step(noise, h):
        state = np.zeros((1, eq6.COLUMNS * LANES))
        for column, value in ((eq6.A, a), (eq6.B, b)):
            for i in range(LANES):
                eq6.put(state[0], column, np.uint64(i), value)
        symbol, noises = np.zeros(2 * LANES), np.empty((1, 2 * LANES))
        noises[0] = np.repeat(noise, LANES)
        eq6.rotate_all(state, symbol, noises, h, couplings)
        zero = np.uint64(0)
        return np.array(
            eq6.bloch_vector(*(eq6.get(state[0], column, zero) for column in (eq6.A, eq6.B)))
        )

    exact = rates((collective_jump(KINDS[kind]),))
    orders = weak_order(step, exact, observables(vector), dimensions=2)
    assert all(0.9 < order < 1.1 for order in orders)
