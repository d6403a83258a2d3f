"""States carried to and from QuTiP's PIQS, and time evolution picked up on either side."""

import numpy as np
import pytest
from qutip import expect, mesolve, piqs

from blochball import CollectiveJump, Ensemble, System, models
from blochball.exact import liouvillian
from blochball.exact.piqs import from_piqs, to_piqs


def driven(size, polar=1.0):
    return models.boundary_time_crystal(size, 1.5, 2.0, decay=0.5, pump=0.25, polar=polar)


def means(size, rho):
    x, y, z = piqs.jspin(size)
    plus, minus = piqs.jspin(size, "+"), piqs.jspin(size, "-")
    operators = (x, y, z, plus * minus, x * x + y * y + z * z)
    return np.array([expect(operator, rho) for operator in operators]).real


NAMES = ("spin_x", "spin_y", "inversion", "emission", "spin_squared")


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7])
def test_expectation_values_are_the_same(size):
    system = driven(size)
    ds = liouvillian.solve(system, [0.7])
    rho = to_piqs(liouvillian.states(system, [0.7])[0])
    assert rho.shape == (piqs.num_dicke_states(size),) * 2
    assert rho.tr() == pytest.approx(1)
    expected = [ds[name].item() for name in NAMES]
    np.testing.assert_allclose(means(size, rho), expected, atol=1e-7)


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7])
def test_round_trips(size):
    state = liouvillian.states(driven(size), [0.7])[0]
    again = from_piqs(to_piqs(state))
    assert again.space.sizes == (size,)
    np.testing.assert_array_equal(again.space.embed(state.space, state.elements), again.elements)
    css = piqs.css(size, 0.6, 0.8)
    assert abs((to_piqs(from_piqs(css)) - css).full()).max() < 1e-14


def test_a_state_from_piqs_is_carried_on():
    size = 5
    dicke = piqs.Dicke(
        size,
        hamiltonian=1.5 * piqs.jspin(size, "x"),
        emission=0.5,
        pumping=0.25,
        collective_emission=0.5,
    )
    system = System(Ensemble(size, decay=0.5, pump=0.25), CollectiveJump(0.5, [1]), drive=[0.75])
    generator = dicke.liouvillian()
    options = {"atol": 1e-11, "rtol": 1e-10}
    # a state with coherences and several J, made by neither of them's own initial state
    start = 0.5 * piqs.css(size, 0.6, 0.8) + 0.5 * piqs.dicke(size, 1.5, -0.5)
    theirs = mesolve(generator, start, [0, 0.4, 1.0], options=options).states
    halfway = from_piqs(theirs[1])
    ours = liouvillian.solve(system, [0.6], initial=halfway)
    found = [ours[name].item() for name in NAMES]
    np.testing.assert_allclose(found, means(size, theirs[2]), atol=1e-6)
    # and back again
    back = to_piqs(liouvillian.states(system, [0.6], initial=halfway)[0])
    assert abs((back - theirs[2]).full()).max() < 1e-6
    # negative control: it mattered which state it was
    other = liouvillian.solve(system, [0.6])
    assert abs(other.emission.item() - found[3]) > 0.1


def test_blocks_that_a_state_leaves_out_are_empty():
    still = System(Ensemble(4, polar=1.0, azimuth=0.3))
    state = liouvillian.states(still, [0.0])[0]
    assert len(state.blocks()) == 1
    # PIQS's css takes the polar angle as twice theta / 2, up to the sign of the azimuth
    x, y, z = (expect(o, to_piqs(state)) for o in piqs.jspin(4))
    np.testing.assert_allclose(
        [x, y, z], 2 * np.array([np.sin(1.0) * np.cos(0.3), np.sin(1.0) * np.sin(0.3), np.cos(1.0)])
    )


@pytest.mark.parametrize(
    ("rho", "error", "message"),
    [
        ("rho", TypeError, "rho must be a density matrix in the block order of PIQS, got 'rho'"),
        (np.eye(5) / 5, ValueError, "got 5 rows"),
        (np.zeros((0, 0)), ValueError, "got 0 rows"),
        (np.ones((4, 2)), ValueError, r"got shape \(4, 2\)"),
        (np.ones((4, 4)) / 4, ValueError, "got elements between different J"),
        (np.diag([1j, 0, 0, 0]), ValueError, "from_piqs: rho must be Hermitian, got .* J = 1"),
        (np.diag([2.0, 0, 0, 0]), ValueError, "rho must have trace 1 together, got 2"),
        (np.diag([1.5, 0, 0, -0.5]), ValueError, "no negative eigenvalues, got -0.5 for J = 0"),
    ],
)
def test_what_is_no_state_is_refused(rho, error, message):
    with pytest.raises(error, match=message):
        from_piqs(rho)


def test_several_ensembles_are_refused():
    pair = liouvillian.states(models.waveguide_chain(2, 2, 0.7, 1.0), [0.1])[0]
    with pytest.raises(ValueError, match="must be of one ensemble, got one of 2"):
        to_piqs(pair)
