"""exact.liouvillian against a brute-force master equation, QuTiP PIQS and closed formulas."""

from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from blochball import CollectiveJump, Ensemble, System, exact, models
from blochball.exact import krylov, liouvillian
from blochball.exact.space import Space, dimension
from blochball.exact.state import State
from tests.blochball.exact.bruteforce import BruteForce
from tests.blochball.exact.systems import SINGLE_TERMS, systems

TIMES = np.array([0.0, 0.3, 1.1])


def deviations(ds, expected):
    """Largest deviation of every variable, in units of the largest value that it can have."""
    names = [name for name in expected if name in ds and ds[name].size]
    scale = {name: max(1.0, float(np.abs(expected[name]).max())) for name in names}
    return {name: np.abs(ds[name].values - expected[name]).max() / scale[name] for name in names}


def agree(system, times=TIMES, tolerance=1e-8):
    expected = BruteForce(system).solve(times)
    found = deviations(liouvillian.solve(system, times, correlations=times), expected)
    assert len(found) == 6 + bool(system.jumps)
    assert max(found.values()) < tolerance, found


# -- against the master equation emitter by emitter -----------------------------------------------


@pytest.mark.parametrize("name", SINGLE_TERMS)
def test_each_term_alone(name):
    agree(SINGLE_TERMS[name])


@pytest.mark.parametrize("name", SINGLE_TERMS)
def test_no_term_is_idle(name):
    # negative control: the test above could see each term if it were missing
    start = SINGLE_TERMS[name].ensembles[0]
    bare = Ensemble(start.size, polar=start.polar, azimuth=start.azimuth)
    ds = liouvillian.solve(SINGLE_TERMS[name], TIMES)
    missing = {k: v for k, v in BruteForce(System(bare)).solve(TIMES).items() if k != "output"}
    assert max(deviations(ds, missing).values()) > 1e-2


@settings(max_examples=25, deadline=None, derandomize=True)
@given(systems(emitters=4))
def test_all_terms_together(system):
    agree(system)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(systems(emitters=5, polarized=True, driven=False))
def test_all_terms_that_keep_the_sector_of_populations(system):
    agree(system)


def unequal(**common):
    rng = np.random.default_rng(3)
    complex_numbers = rng.normal(size=(5, 3)) + 1j * rng.normal(size=(5, 3))
    exchange = complex_numbers[:3] + complex_numbers[:3].conj().T
    ensembles = [
        Ensemble(1, decay=0.3, pump=0.5, detuning=1.0, polar=0.4, **common),
        Ensemble(2, dephasing=0.7, polar=2.0, azimuth=1.0, **common),
        Ensemble(3, pump=1.0, polar=1.0, azimuth=-2.0, **common),
    ]
    jumps = [CollectiveJump(0.5, complex_numbers[3]), CollectiveJump(0.2, complex_numbers[4])]
    return ensembles, jumps, exchange, complex_numbers[4]


@pytest.mark.slow
@pytest.mark.parametrize("driven", [False, True])
def test_six_emitters_in_three_ensembles(driven):
    ensembles, jumps, exchange, drive = unequal()
    agree(System(ensembles, jumps, exchange, drive if driven else None), [0.4])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_odd_and_even_sizes_down_to_one(size):
    rates = {"decay": 0.5, "dephasing": 0.25, "pump": 1.0}
    agree(models.boundary_time_crystal(size, 1.5, 2.0, polar=0.5, **rates))


def test_steady_states():
    for system in (
        models.boundary_time_crystal(4, 1.0, 2.0, decay=0.5, dephasing=0.3, pump=0.2),
        models.waveguide_chain(2, 2, 0.7, 1.5),
        models.waveguide_chain(2, 2, 0.7, 0.5, drive=0.4),
    ):
        brute = BruteForce(system)
        expected = brute.expectations([brute.steady()])
        found = liouvillian.steady_state(system, correlations=True)
        assert found.time.values == [np.inf]
        assert max(deviations(found, expected).values()) < 1e-8


# -- against PIQS ---------------------------------------------------------------------------------


def piqs_inversion(size, times, dephasing_factor=4):
    from qutip import mesolve, piqs

    dicke = piqs.Dicke(
        size,
        hamiltonian=0.75 * piqs.jspin(size, "x"),
        emission=0.25,
        pumping=0.5,
        dephasing=dephasing_factor * 0.125,
        collective_emission=0.25,
        collective_pumping=0.125,
        collective_dephasing=0.5,
    )
    z = piqs.jspin(size, "z")
    options = {"atol": 1e-11, "rtol": 1e-10, "nsteps": 100_000}
    state = piqs.dicke(size, size / 2, size / 2)
    return mesolve(dicke.liouvillian(), state, times, e_ops=[z], options=options).expect[0]


@pytest.mark.parametrize("size", [1, 6, 9])
def test_one_driven_ensemble_against_piqs(size):
    # rates are powers of two, because PIQS keeps them as 32-bit floats
    system = System(
        Ensemble(size, decay=0.25, pump=0.5, dephasing=0.125),
        [
            CollectiveJump(0.25, [1]),
            CollectiveJump(0.125, [1], "pump"),
            CollectiveJump(0.5, [1], "dephasing"),
        ],
        drive=[0.375],
    )
    times = np.linspace(0, 2, 5)
    found = exact.solve(system, times, method="liouvillian").inversion.values[:, 0]
    np.testing.assert_allclose(found, piqs_inversion(size, times), atol=1e-6 * size)
    # negative control: PIQS's dephasing acts with sigma^z / 2
    assert np.abs(found - piqs_inversion(size, times, 1)).max() > 1e-3


# -- closed formulas ------------------------------------------------------------------------------


def test_rotation_without_local_jumps_keeps_the_longest_spin():
    size, angle, drive = 60, 0.8, 1.3 * np.exp(0.5j)
    system = System(Ensemble(size, polar=angle), drive=[drive])
    times = np.linspace(0, 3, 7)
    ds = liouvillian.solve(system, times)
    assert ds.attrs["unknowns"] == (size + 1) ** 2
    start = np.array([np.sin(angle), 0, np.cos(angle)])
    # H = 2 Re(drive) J^x - 2 Im(drive) J^y turns the Bloch vector about that axis
    axis = np.array([2 * drive.real, -2 * drive.imag, 0])
    cross = np.cross(np.eye(3), axis)  # cross @ v is axis x v
    expected = size / 2 * np.array([expm(t * cross) @ start for t in times])
    found = np.stack([ds[name].values[:, 0] for name in ("spin_x", "spin_y", "inversion")], axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-6 * size)


def test_independent_emitters():
    decay, pump, dephasing, polar = 0.7, 0.4, 0.2, 0.9
    for size in (1, 7, 30):
        ensemble = Ensemble(size, decay=decay, pump=pump, dephasing=dephasing, polar=polar)
        times = np.linspace(0, 4, 9)
        ds = liouvillian.solve(System(ensemble), times)
        final = (pump - decay) / (pump + decay)
        z = final + (np.cos(polar) - final) * np.exp(-(pump + decay) * times)
        x = np.sin(polar) * np.exp(-((pump + decay) / 2 + 2 * dephasing) * times)
        np.testing.assert_allclose(ds.inversion.values[:, 0], size / 2 * z, atol=1e-7 * size)
        np.testing.assert_allclose(ds.spin_x.values[:, 0], size / 2 * x, atol=1e-7 * size)
        # the state is a product, so that <J^2> = 3N/4 + N(N-1)/4 |s|^2
        expected = 0.75 * size + size * (size - 1) / 4 * (x**2 + z**2)
        np.testing.assert_allclose(ds.spin_squared.values[:, 0], expected, atol=1e-7 * size**2)


def test_populations_agree():
    system = models.superradiant_laser(31, 4.0)
    times = np.linspace(0, 1, 6)
    ours = exact.solve(system, times, method="liouvillian")
    other = exact.solve(system, times, method="populations")
    for name in ("inversion", "emission", "spin_squared", "output"):
        np.testing.assert_allclose(ours[name].values, other[name].values, atol=1e-6)
    steady = [exact.steady_state(system, m).output.item() for m in ("liouvillian", "populations")]
    assert steady[0] == pytest.approx(steady[1], rel=1e-8)


# peak and its time, value at Gamma t = 0.6, and the steady state by an independent route: the first
# three from a fourth-order Runge-Kutta prototype written for the paper's Fig. 3(b)
FIGURE_3B = {0.0: (0.11660, 0.33, 0.08821), pi / 4: (0.10213, None, 0.08238)}
FIGURE_3B[pi / 2] = (0.06650, None, 0.06504)


@pytest.mark.slow
@pytest.mark.parametrize("phase", FIGURE_3B)
def test_two_ensembles_of_twenty(phase):
    system = models.waveguide_chain(2, 20, phase, 10.0)
    ds = liouvillian.solve(system, np.linspace(0, 0.6, 61))
    assert ds.attrs["unknowns"] == 128_843
    emission = ds.output.sel(channel="forward").values / 40**2
    peak, when, last = FIGURE_3B[phase]
    assert emission.max() == pytest.approx(peak, abs=1.5e-5)
    assert emission[-1] == pytest.approx(last, abs=1e-5)
    if when is not None:
        assert ds.time.values[emission.argmax()] == pytest.approx(when)


# -- properties of states --------------------------------------------------------------------------


def test_trace_hermiticity_positivity():
    system = models.boundary_time_crystal(7, 2.0, 3.0, decay=0.5, dephasing=0.2, polar=1.0)
    for state in liouvillian.states(system, [0.0, 0.5, 3.0]):
        assert state.trace == pytest.approx(1, abs=1e-8)
        for block in state.blocks():
            assert np.abs(block - block.conj().T).max() < 1e-12
            assert np.linalg.eigvalsh(block).min() > -1e-8


def test_a_state_can_be_carried_on():
    system = models.waveguide_chain(2, 3, 0.7, 1.5, polar=1.0)
    whole = liouvillian.solve(system, [0.2, 0.9])
    halfway = liouvillian.states(system, [0.2])[0]
    rest = liouvillian.solve(system, [0.7], initial=halfway)
    for name in ("spin_x", "emission", "output", "spin_squared"):
        np.testing.assert_allclose(rest[name].values[0], whole[name].values[1], atol=1e-7)
    # a state with J < N/2 brings these blocks along even if no local jump would lead to them
    still = System([Ensemble(3), Ensemble(3)])
    kept = liouvillian.solve(still, [0.0], initial=halfway)
    np.testing.assert_allclose(kept.spin_squared.values[0], whole.spin_squared.values[0], atol=1e-7)


def test_blocks_round_trip():
    system = models.boundary_time_crystal(5, 2.0, 3.0, decay=0.5, polar=1.0)
    state = liouvillian.states(system, [0.4])[0]
    again = State.from_blocks(5, state.blocks())
    moved = again.space.embed(state.space, state.elements)
    np.testing.assert_array_equal(moved, again.elements)


# -- the space -------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None, derandomize=True)
@given(systems(emitters=7), st.sampled_from([None, 0, 1, 2]))
def test_space_is_counted_and_closed(system, coherence):
    space = Space.of(system, coherence)
    assert space.dimension == dimension(system, coherence)
    total = (space.column("ket") - space.column("bra")).sum(axis=0)
    assert coherence is None or np.abs(total).max() <= coherence
    assert (space.adjoint[space.adjoint] == np.arange(space.dimension)).all()
    half = [1, 1j] @ np.random.default_rng(0).normal(size=(2, space.dimension))
    hermitian = half + half[space.adjoint].conj()
    np.testing.assert_allclose(space.to_complex(space.to_real(hermitian)), hermitian)


def test_sector_is_a_part_of_the_whole():
    system = models.waveguide_chain(2, 2, 0.7, 1.5, polar=1.0)
    restricted = liouvillian.solve(system, TIMES)
    # a drive too weak to matter makes it solve the whole space
    driven = System(system.ensembles, system.jumps, system.exchange, drive=[1e-300, 0])
    whole = liouvillian.solve(driven, TIMES)
    assert whole.attrs["unknowns"] > restricted.attrs["unknowns"]
    for name in restricted:
        np.testing.assert_allclose(restricted[name].values, whole[name].values, atol=1e-7)


# -- Krylov and the null space ---------------------------------------------------------------------


@pytest.mark.parametrize("tolerance", [1e-4, 1e-8, 1e-12])
def test_krylov_keeps_its_tolerance(tolerance):
    rng = np.random.default_rng(5)
    # a classical master equation with rates over six decades
    rate = 10 ** rng.uniform(-3, 3, (80, 80)) * (rng.random((80, 80)) < 0.1)
    np.fill_diagonal(rate, 0)
    matrix = rate - np.diag(rate.sum(axis=0))
    start = rng.dirichlet(np.ones(80))
    times = np.sort([0.0, 1e-4, 0.02, 0.5, 0.500001, *np.linspace(0.1, 0.7, 61)[1:]])
    found = np.concatenate(list(krylov.propagate(matrix.__matmul__, start, times, tolerance)))
    expected = np.array([expm(t * matrix) @ start for t in times])
    assert np.abs(found - expected).sum(axis=1).max() < max(tolerance, 1e-11)


@pytest.mark.parametrize("scale", [0.0, 1e-3, 1.0, 40.0])
def test_exponential_of_a_small_matrix(scale):
    matrix = scale * (np.random.default_rng(6).normal(size=(31, 31)) - 5 * np.eye(31))
    expected = expm(matrix)
    assert np.abs(krylov.expm(matrix) - expected).max() < 1e-12 * np.abs(expected).max()


def test_krylov_with_nothing_to_do():
    start = np.array([1.0, 2.0])
    for matrix in (np.zeros((2, 2)), np.diag([-1.0, -1.0])):
        found = np.concatenate(
            list(krylov.propagate(matrix.__matmul__, start, np.array([0.0, 2.0]), 1e-10))
        )
        np.testing.assert_allclose(found[1], start * np.exp(2 * matrix[0, 0]), rtol=1e-12)


# -- refusals --------------------------------------------------------------------------------------


def test_too_large_is_refused_with_both_numbers_and_advice():
    system = models.waveguide_chain(2, 20, pi / 4, 10.0)
    message = r"128,843 unknowns need about .* memory_limit of 0\.0931 GiB"
    with pytest.raises(ValueError, match=message):
        exact.solve(system, [0.1], method="liouvillian", memory_limit=1e8)
    huge = models.waveguide_chain(500, 250, 0.1, 1.0, drive=1.0)
    assert "more than 1e15 unknowns" in liouvillian.obstacle(huge)
    alike = models.superradiant_laser(30, 1.0)
    with pytest.raises(ValueError, match="served by populations"):
        exact.solve(alike, [0.1], method="liouvillian", memory_limit=1e3)


def test_auto_chooses_and_says_why():
    alike, different = models.superradiant_laser(5, 1.0), models.waveguide_chain(2, 2, 0.7, 1.0)
    assert exact.solve(alike, [0.1]).attrs["method"] == "exact.populations"
    ds = exact.solve(different, [0.1])
    assert ds.attrs["method"] == "exact.liouvillian"
    assert ds.attrs["method_reason"].startswith("populations: ")
    assert exact.solve(alike, [0.1], "liouvillian").attrs["method_reason"] == "asked for"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"unheard_of": 1}, TypeError, "unheard_of"),
        ({"tolerance": 0.0}, ValueError, "exact.solve: tolerance must be"),
        ({"tolerance": "tight"}, TypeError, "exact.solve: tolerance must be"),
        ({"memory_limit": -1}, ValueError, "exact.solve: memory_limit must be"),
        ({"initial": "ground"}, TypeError, "exact.solve: initial must be a State"),
        ({"correlations": [0.05]}, ValueError, "correlations must be some of the times, got 0.05"),
    ],
)
def test_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        exact.solve(models.waveguide_chain(2, 2, 0.7, 1.0), [0.1], **options)


def test_a_state_of_other_ensembles_is_refused():
    state = liouvillian.states(models.superradiant_laser(4, 1.0), [0.1])[0]
    with pytest.raises(ValueError, match=r"initial must be of the ensembles .* got .* \(4,\)"):
        liouvillian.solve(models.superradiant_laser(5, 1.0), [0.1], initial=state)
    pair = liouvillian.states(models.waveguide_chain(2, 2, 0.7, 1.0), [0.1])[0]
    with pytest.raises(ValueError, match=r"State\.blocks: the state must be of one ensemble"):
        pair.blocks()
