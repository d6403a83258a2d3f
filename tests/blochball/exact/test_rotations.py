"""Rotation covariance: a System that is turned does what the System does, turned.

Each ensemble may be turned by a rotation of its own. Local noise is turned into itself only
where it is the same along all axes: decay and pump g, dephasing g / 2.
"""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation as Turn

from blochball import CollectiveJump, Ensemble, SpinCoupling, System, cumulants, exact
from blochball.operators import VECTORS, MasterEquation
from blochball.terms import AXES, KINDS
from tests.blochball.exact.systems import systems

TIMES = [0.0, 0.4, 1.3]
FIRST = ("spin_x", "spin_y", "inversion")


def isotropic(system):
    """Return the System with the rate of decay for all local noise."""
    ensembles = [replace(e, pump=e.decay, dephasing=e.decay / 2) for e in system.ensembles]
    return replace(system, ensembles=ensembles)


def turned(system, turns):
    """Return a System whose ensembles are turned by matrices, shape (sites, 3, 3)."""
    equation = MasterEquation.of(system)
    linear = np.einsum("lab,lb->la", turns, equation.linear)
    quadratic = np.einsum("lac,lcmd,mbd->lamb", turns, equation.quadratic, turns, optimize=True)
    couplings = [
        SpinCoupling(quadratic[:, a, :, b], AXES[a] + AXES[b]) for a in range(3) for b in range(3)
    ]
    jumps = []
    for rate, vectors in zip(equation.rates, equation.vectors, strict=True):
        weights = np.einsum("lab,lb->la", turns, vectors) @ np.linalg.inv(VECTORS)
        jumps.append(CollectiveJump(rate, dict(zip(KINDS, weights.T, strict=True))))
    ensembles = []
    for e, turn, frequency in zip(system.ensembles, turns, linear[:, 2], strict=True):
        sine = np.sin(e.polar)
        before = [sine * np.cos(e.azimuth), sine * np.sin(e.azimuth), np.cos(e.polar)]
        x, y, z = turn @ before
        polar, azimuth = np.arctan2(np.hypot(x, y), z), np.arctan2(y, x)
        local = {kind: getattr(e, kind) for kind in KINDS}
        ensembles.append(
            Ensemble(e.size, **local, detuning=frequency, polar=polar, azimuth=azimuth)
        )
    return System(ensembles, jumps, None, (linear[:, 0] - 1j * linear[:, 1]) / 2, couplings)


def spins(ds):
    return np.stack([ds[name].values for name in FIRST], axis=-1)


def turns_of(seed, sites):
    return Turn.random(sites, random_state=seed).as_matrix()


@given(systems(emitters=5, sites=2), st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_exact_solutions_turn_with_the_system(system, seed):
    system = isotropic(system)
    turns = turns_of(seed, system.sites)
    one, other = (
        exact.solve(s, TIMES, "liouvillian", tolerance=1e-13, moments="second")
        for s in (system, turned(system, turns))
    )
    means = np.einsum("lab,tlb->tla", turns, spins(one))
    np.testing.assert_allclose(spins(other), means, atol=1e-9)
    squares = np.einsum("lac,tlcd,lbd->tlab", turns, one.spin_covariance, turns, optimize=True)
    np.testing.assert_allclose(other.spin_covariance, squares, atol=1e-9)
    for name in ("spin_squared", "output"):
        np.testing.assert_allclose(other[name], one[name], atol=1e-8, err_msg=name)


@given(systems(emitters=6, sites=3), st.integers(0, 2**31), st.sampled_from([1, 2]))
@settings(max_examples=25, deadline=None)
def test_cumulants_turn_with_the_system(system, seed, order):
    system = isotropic(system)
    turns = turns_of(seed, system.sites)
    one, other = (
        cumulants.solve(s, TIMES, order, rtol=1e-11, atol=1e-13)
        for s in (system, turned(system, turns))
    )
    means = np.einsum("lab,tlb->tla", turns, spins(one))
    np.testing.assert_allclose(spins(other), means, atol=1e-7)
    for name in ("spin_squared", "output"):
        np.testing.assert_allclose(other[name], one[name], rtol=1e-6, atol=1e-7, err_msg=name)


def test_noise_of_one_axis_does_not_turn():
    """Negative control: local decay alone points along z."""
    system = System(Ensemble(3, decay=1.0, polar=0.4))
    turn = Turn.from_euler("x", [[0.9]]).as_matrix()
    one, other = (
        spins(exact.solve(s, TIMES, "liouvillian")) for s in (system, turned(system, turn))
    )
    assert np.abs(other - np.einsum("lab,tlb->tla", turn, one)).max() > 0.1
