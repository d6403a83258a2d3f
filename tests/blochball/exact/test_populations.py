"""Populations p(J, M): QuTiP PIQS, brute force, closed formulas, and the two ways to propagate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.linalg import matrix_power
from qutip import piqs
from scipy.linalg import expm
from scipy.sparse import diags_array
from scipy.sparse.linalg import expm_multiply

from blochball import ChainExchange, CollectiveJump, Ensemble, System, exact, models
from blochball.exact import symmetric
from tests.blochball.exact.bruteforce import BruteForce
from tests.blochball.exact.systems import MIXED, single, systems
from tests.blochball.known import independent_emitters, superradiance_of_two

TIMES = np.array([0.0, 0.125, 0.5, 1.5])
PIQS = {
    "decay": "emission",
    "dephasing": "dephasing",
    "pump": "pumping",
    "collective decay": "collective_emission",
    "collective dephasing": "collective_dephasing",
    "collective pump": "collective_pumping",
}
# PIQS computes its coefficients with 32-bit floats: rates that are sums of few powers of two are
# exact there, and what is left is 1e-7 of a rate
ALONE = {name: {name: 0.75} for name in PIQS}


def by_piqs(size, polar, rates, dephasing=4.0):
    """Expectation values from QuTiP; its local dephasing is of sigma^z / 2, ours of sigma^z."""
    coefficients = {PIQS[name]: rate for name, rate in rates.items()}
    if "dephasing" in coefficients:
        coefficients["dephasing"] *= dephasing
    liouvillian = piqs.Dicke(size, **coefficients).liouvillian().full()
    jx, jy, jz = (op.full() for op in piqs.jspin(size))
    up, down = (op.full() for op in (piqs.jspin(size, "+"), piqs.jspin(size, "-")))
    start = piqs.dicke(size, size / 2, size / 2 if polar == 0 else -size / 2).full()
    operators = {
        "inversion": jz,
        "spin_x": jx,
        "spin_y": jy,
        "emission": up @ down,
        "spin_squared": jx @ jx + jy @ jy + jz @ jz,
    }
    # QuTiP stacks columns; TIMES are whole multiples of the first
    step = expm(liouvillian * TIMES[1])
    states = [
        (matrix_power(step, round(t / TIMES[1])) @ start.ravel(order="F")).reshape(
            start.shape, order="F"
        )
        for t in TIMES
    ]
    return {
        name: np.array([[np.trace(op @ rho).real] for rho in states])
        for name, op in operators.items()
    }


def agree(ds, expected, **tolerance):
    for name, value in expected.items():
        np.testing.assert_allclose(ds[name], value, err_msg=name, **tolerance)


@pytest.mark.parametrize("rates", [*ALONE.values(), *MIXED.values()], ids=[*ALONE, *MIXED])
@pytest.mark.parametrize("polar", [0.0, np.pi], ids=["inverted", "ground"])
@pytest.mark.parametrize("size", [1, 2, 4, 5])
def test_against_piqs(size, polar, rates):
    ds = exact.solve(single(size, polar, rates), TIMES, method="populations")
    agree(ds, by_piqs(size, polar, rates), rtol=0, atol=1e-6 * size)


def test_the_other_convention_of_dephasing_would_be_seen():
    rates = {"decay": 0.25, "dephasing": 0.5, "collective decay": 1.0}
    ds = exact.solve(single(4, 0.0, rates), TIMES, method="populations")
    wrong = by_piqs(4, 0.0, rates, dephasing=1.0)
    assert np.abs(ds.emission - wrong["emission"]).max() > 0.1


# -- several ensembles that are all alike ---------------------------------------------------------


@pytest.mark.parametrize(
    ("sites", "size", "polar"), [(2, 2, 0.0), (2, 3, np.pi), (3, 1, np.pi), (3, 2, np.pi)]
)
def test_identical_ensembles_against_brute_force(sites, size, polar):
    weights = np.full(sites, 0.8 - 0.6j)
    system = System(
        [Ensemble(size, 0.3, 0.2, 0.9, detuning=1.7, polar=polar)] * sites,
        [
            CollectiveJump(1.0, weights),
            CollectiveJump(0.4, weights, "pump"),
            CollectiveJump(0.6, np.full(sites, 0.7), "dephasing"),
        ],
        exchange=np.full((sites, sites), 0.9),
    )
    expected = BruteForce(system).solve(TIMES[1:])
    expected.pop("correlation")
    agree(exact.solve(system, TIMES[1:], method="populations"), expected, atol=1e-9)


def test_chain_without_phase_is_one_ensemble_of_all():
    chain = exact.solve(models.waveguide_chain(5, 4, 0.0, 2.0), TIMES)
    one = exact.solve(models.superradiant_laser(20, 2.0, polar=np.pi), TIMES)
    assert chain.attrs["method"] == "exact.populations"
    np.testing.assert_allclose(chain.output, np.repeat(one.output, 2, axis=1), rtol=1e-10)
    np.testing.assert_allclose(chain.inversion.sum("site"), one.inversion[:, 0], rtol=1e-10)


ALIKE = [Ensemble(2)] * 2


@pytest.mark.parametrize(
    ("system", "reason"),
    [
        (models.boundary_time_crystal(3, 1.0, 1.0), "a drive creates coherence"),
        (System(Ensemble(3, polar=1.0)), "coherences in the initial state"),
        (System([Ensemble(2), Ensemble(3)]), "the ensembles differ"),
        (System([Ensemble(2), Ensemble(2, pump=1)]), "the ensembles differ"),
        (System([Ensemble(2), Ensemble(2, polar=np.pi)]), "the ensembles differ"),
        (System(ALIKE, CollectiveJump(1, [1, -1])), "weights that differ"),
        # the same real part
        (System(ALIKE, CollectiveJump(1, [1j, -1j])), "weights that differ"),
        (System(ALIKE, CollectiveJump(1, [1, 1 + 1j])), "weights that differ"),
        (System(ALIKE, exchange=[[0, 1], [1, 0]]), "an exchange tells the ensembles apart"),
        (System(ALIKE, exchange=[[0, 1j], [-1j, 0]]), "an exchange tells the ensembles apart"),
        (System(ALIKE, exchange=ChainExchange(1, 0.5)), "an exchange tells the ensembles apart"),
    ],
)
def test_what_is_not_served_is_refused_with_the_reason(system, reason):
    with pytest.raises(ValueError, match=f"populations.*{reason}"):
        exact.solve(system, TIMES, method="populations")


@settings(max_examples=30)
@given(systems(emitters=4, polarized=True))
def test_whatever_is_served_is_right(system):
    # the refusals above are complete: of all Systems those that pass agree with brute force
    if symmetric.obstacle(system) is None:
        expected = BruteForce(system).solve(TIMES[1:])
        expected.pop("correlation")
        if not system.jumps:
            expected.pop("output")
        agree(exact.solve(system, TIMES[1:], method="populations"), expected, atol=1e-8)


# -- closed formulas ------------------------------------------------------------------------------


@settings(max_examples=20)
@given(
    st.integers(1, 60),
    st.sampled_from([0.0, np.pi]),
    st.floats(0, 3),
    st.floats(0, 3),
    st.floats(0, 3),
)
def test_independent_emitters(size, polar, decay, dephasing, pump):
    ensemble = Ensemble(size, decay, dephasing, pump, detuning=0.7, polar=polar)
    ds = exact.solve(System(ensemble), TIMES, method="populations")
    agree(ds, independent_emitters(ensemble, TIMES), atol=1e-10 * size**2)


def test_superradiance_of_two():
    ds = exact.solve(models.superradiant_decay(2, coupling=1.3), TIMES, method="populations")
    agree(ds, superradiance_of_two(TIMES, 1.3), atol=1e-12)


def test_collective_dephasing_does_nothing_to_populations():
    size = 7
    dephased = single(
        size, 0.0, {"pump": 1.0, "collective decay": 1.0, "collective dephasing": 9.0}
    )
    plain = single(size, 0.0, {"pump": 1.0, "collective decay": 1.0})
    one, other = (exact.solve(s, TIMES, method="populations") for s in (dephased, plain))
    np.testing.assert_allclose(one.emission, other.emission, rtol=1e-13)
    jz = one.output.sel(channel="dephasing_1")
    flips = one.emission[:, 0] - one.inversion[:, 0]
    np.testing.assert_allclose(jz, one.spin_squared[:, 0] - flips, rtol=1e-10)


# -- the propagation ------------------------------------------------------------------------------

EVERYTHING = symmetric.Symmetric(31, 0.3, 0.2, 0.9, 0.07, 0.05, -1)


def generator(one):
    """Q with dp/dt = Q p, J and M."""
    rates, spin, m = symmetric.transitions(one)
    return (rates - diags_array(rates.sum(axis=1))).T, spin, m


@pytest.mark.parametrize("size", [1, 2, 30, 31])
def test_transitions_lead_to_every_neighbour_once(size):
    rates, spin, m = symmetric.transitions(symmetric.Symmetric(size, 0.3, 0.2, 0.9, 0.07, 0.05, -1))
    assert rates.shape == ((size // 2 + 1) * (size - size // 2 + 1),) * 2
    assert len(set(zip(spin, m, strict=True))) == spin.size
    assert (rates.data > 0).all()
    edges = rates.tocoo()
    assert np.abs(spin[edges.row] - spin[edges.col]).max(initial=0) <= 1
    assert np.abs(m[edges.row] - m[edges.col]).max() == 1
    assert not rates.diagonal().any()


def test_uniformization_is_the_exponential_of_the_generator():
    one, times = EVERYTHING, [0.2, 1.0, 3.0]
    q, spin, m = generator(one)
    start = ((spin == one.size / 2) & (m == -one.size / 2)).astype(float)
    jumps = [CollectiveJump(0.07, [1]), CollectiveJump(0.05, [1], "pump")]
    system = System(Ensemble(one.size, 0.3, 0.2, 0.9, polar=np.pi), jumps)
    ds = exact.solve(system, times, method="populations")
    for k, t in enumerate(times):
        p = expm_multiply(q * t, start)
        assert p.min() > -1e-14
        assert p.sum() == pytest.approx(1, abs=1e-12)
        np.testing.assert_allclose(ds.inversion[k], p @ m, rtol=1e-10)
        np.testing.assert_allclose(ds.spin_squared[k], p @ (spin * (spin + 1)), rtol=1e-10)
        emission = spin * (spin + 1) - m * m + m
        np.testing.assert_allclose(ds.emission[k], p @ emission, rtol=1e-10)


@pytest.mark.parametrize("size", [300, 301])
def test_bounds_of_the_moments_hold_at_large_size(size):
    ds = exact.solve(models.superradiant_laser(size, size / 4), np.linspace(0, 20, 41) / size)
    assert (ds.emission > 0).all()
    assert (abs(ds.inversion) <= size / 2).all()
    assert (ds.spin_squared <= size / 2 * (size / 2 + 1) * (1 + 1e-12)).all()
    assert (ds.spin_squared >= ds.inversion**2).all()
    np.testing.assert_allclose(ds.output, ds.emission, rtol=1e-12)


def test_far_times_cost_no_accuracy():
    # 3e5 Poisson terms
    size = 20
    system = models.superradiant_laser(size, 5.0)
    late = exact.solve(system, [0.05, 1000.0], method="populations").isel(time=1)
    steady = exact.steady_state(system, method="populations").isel(time=0)
    for name in ("inversion", "emission", "spin_squared"):
        np.testing.assert_allclose(late[name], steady[name], rtol=1e-10)


def test_correlations_are_those_of_the_density_matrix():
    alike = [Ensemble(3, 0.3, 0.2, 0.9)] * 2
    system = System(alike, CollectiveJump(1.0, [1, 1]))
    ours, other = (
        exact.solve(system, TIMES, method, correlations=TIMES[1:])
        for method in ("populations", "liouvillian")
    )
    np.testing.assert_allclose(ours.correlation, other.correlation, atol=1e-8)
    steady = [
        exact.steady_state(system, method, correlations=True).correlation
        for method in ("populations", "liouvillian")
    ]
    np.testing.assert_allclose(steady[0], steady[1], atol=1e-8)


def test_powers_end_where_nothing_moves_any_more():
    system = models.superradiant_laser(20, 5.0)
    ds = exact.solve(system, [0.05, 1e6], method="populations")
    # of 3e8 to the last time
    assert ds.attrs["steps"] < 2e6
    steady = exact.steady_state(system, method="populations").isel(time=0)
    for name in ("inversion", "emission", "spin_squared"):
        np.testing.assert_allclose(ds[name][1], steady[name], rtol=1e-9)
    # slow rates are not taken for nothing: three quarters of the way at their own time
    slow = System(Ensemble(4, decay=1e-3), CollectiveJump(30.0, [1], "dephasing"))
    ds = exact.solve(slow, [1400.0], method="populations")
    assert ds.inversion.item() == pytest.approx(4 * np.exp(-1.4) - 2, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "method"),
    [
        ({}, "populations"),
        ({"correlations": [0.5]}, "populations"),
        ({"tolerance": 1e-8}, "populations"),
        ({"seed": 1, "trajectories": 10}, "jumps"),
        ({"progress": False}, "populations"),
    ],
)
def test_auto_takes_a_method_that_knows_the_options(options, method):
    ds = exact.solve(models.superradiant_laser(3, 1.0), TIMES, **options)
    assert ds.attrs["method"] == f"exact.{method}"


def test_auto_takes_the_density_matrix_for_another_start():
    laser = models.superradiant_laser(3, 1.0)
    start = exact.liouvillian.states(laser, [0.2])[0]
    ds = exact.solve(laser, [0.3], initial=start)
    assert ds.attrs["method_reason"].startswith("populations: takes no option named initial; liou")
    np.testing.assert_allclose(ds.emission, exact.solve(laser, [0.5]).emission, atol=1e-7)
    with pytest.raises(
        ValueError, match=r"no method serves this system .*jumps: takes no option named initial"
    ):
        exact.solve(laser, [0.3], initial=start, seed=1)


def test_unknown_options_are_refused():
    system = models.superradiant_laser(3, 1.0)
    with pytest.raises(TypeError, match="populations takes no option named seed"):
        exact.solve(system, TIMES, method="populations", seed=1)
    with pytest.raises(TypeError, match="got 'seed': no method takes an option of that name"):
        exact.steady_state(system, method="populations", seed=1)


@pytest.mark.parametrize("size", [1, 2, 3, 8])
@pytest.mark.parametrize("collective", [False, True])
def test_states_that_are_all_left_as_fast(size, collective):
    """Uniformization with the rate itself would go to and fro between odd and even M for ever."""
    jumps = [CollectiveJump(1.5, [1], kind) for kind in ("decay", "pump")] if collective else []
    rates = {} if collective else {"decay": 2.5, "pump": 2.5}
    system = System(Ensemble(size, polar=np.pi, **rates), jumps)
    times = [0.3, 5.0, 100.0, 1000.0]
    ds = exact.solve(system, times, "populations")
    judge = exact.solve(system, times, "liouvillian")
    for name in ("inversion", "emission", "spin_squared"):
        np.testing.assert_allclose(ds[name], judge[name], rtol=1e-8, atol=1e-8)
    assert abs(ds.inversion[-1]).item() < 1e-9
