"""Eq. (6) in its four variables against exact answers, and what must hold to rounding."""

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st
from qutip.piqs.piqs import Dicke, ground, jspin

from blochball import CollectiveJump, Ensemble, System, exact, models, twa
from blochball.dataset import system_of
from blochball.twa import density
from blochball.twa import phase_space as weyl
from blochball.twa.eq6 import spinor
from blochball.twa.eq6 import step as kernels
from tests.blochball.known import all_within, independent_emitters, python, turned, within

# many systems here are small; that a run warns of it is tested below
pytestmark = pytest.mark.filterwarnings("ignore:twa.eq6.solve. up to:UserWarning")
VARIABLES = ("inversion", "spin_x", "spin_y", "emission", "spin_squared")


def solve(system, times, trajectories=3200, steps=100, seed=1, threads=1):
    return twa.eq6.solve(system, times, trajectories, seed, steps=steps, threads=threads)


def near(ds, expected, size, k=5.0):
    """Within k standard errors and the bias of the theory, O(1/N): a quarter of an emitter."""
    for name, value in expected.items():
        square = name in ("emission", "spin_squared")
        within(ds[name], value, ds[f"{name}_stderr"], k, 0.25 * (size if square else 1))


# -- one local rate at a time ----------------------------------------------------------------------


@pytest.mark.parametrize("polar", [0.0, 1.2, np.pi])
@pytest.mark.parametrize("kind", ["decay", "dephasing", "pump"])
def test_one_local_rate_alone(kind, polar):
    ensemble = Ensemble(60, polar=polar, azimuth=0.4, **{kind: 1.0})
    times = np.linspace(0, 2, 5)
    near(solve(System(ensemble), times), independent_emitters(ensemble, times), 60)


def test_the_comparison_notices_a_wrong_rate():
    times = np.linspace(0, 2, 5)
    ds = solve(System(Ensemble(60, polar=1.2, dephasing=1.0)), times)
    with pytest.raises(AssertionError, match="allowed"):
        near(ds, independent_emitters(Ensemble(60, polar=1.2, dephasing=0.9), times), 60)


def test_all_local_rates_and_a_detuning():
    ensemble = Ensemble(80, 0.5, 0.25, 0.75, detuning=2.0, polar=2.0, azimuth=1.0)
    times = np.linspace(0, 1.5, 4)
    near(solve(System(ensemble), times), independent_emitters(ensemble, times), 80)


def test_sampled_and_deterministic_eq6_are_one():
    """The Fokker-Planck equation on a mesh, which shares neither step nor noise with trajectories.

    It has the errors of Eq. (6), so it sees one that the distance to the exact solution would hide.
    """
    size = 20
    system = models.superradiant_laser(size, 0.25 * size)
    times = np.linspace(0, 8, 9) / size
    judge = density.solve(system, times, "eq6", spacing=0.28)
    ds = solve(system, times, trajectories=25_600, steps=320)
    true = exact.solve(system, times)
    for name, scale in (("inversion", size), ("emission", size**2), ("spin_squared", size**2)):
        # the mesh errs by far less, a step by about 1e-4
        within(ds[name] / scale, judge[name] / scale, ds[f"{name}_stderr"] / scale, 4.5, 2e-4)
    # what Eq. (6) is known to have too much of is seen
    length, error = (ds[name] / size**2 for name in ("spin_squared", "spin_squared_stderr"))
    with pytest.raises(AssertionError, match="allowed"):
        within(length, true.spin_squared / size**2, error, 4.5, 2e-4)


# -- together with collective terms ----------------------------------------------------------------


def test_driven_dissipative_ensemble_against_piqs():
    """Drive, collective decay, all local rates: PIQS, which is nobody's here."""
    n, drive = 16, 2.0
    rates = {"decay": 0.5, "dephasing": 0.125, "pump": 0.25}
    system = System(
        Ensemble(n, polar=np.pi, detuning=0.5, **rates),
        CollectiveJump(0.25, [1]),
        drive=[drive / 2],
    )
    jx, jy, jz, jp, jm = (jspin(n, op=op) for op in ("x", "y", "z", "+", "-"))
    piqs = Dicke(
        n,
        hamiltonian=drive * jx + 0.5 * jz,
        emission=rates["decay"],
        pumping=rates["pump"],
        dephasing=4 * rates["dephasing"],
        collective_emission=0.25,
    )
    times = np.linspace(0, 3, 7)
    start = ground(n)
    operators = [jz, jx, jy, jp * jm, jx * jx + jy * jy + jz * jz]
    expected = qutip.mesolve(piqs.liouvillian(), start, times, [], e_ops=operators).expect
    ds = solve(system, times, trajectories=6400, steps=300)
    reference = {
        name: np.real(value)[:, None] for name, value in zip(VARIABLES, expected, strict=True)
    }
    near(ds, reference, n)
    within(ds.output, ds.emission, 0, floor=1e-9)


@pytest.mark.parametrize("size", [20, 60])
def test_superradiant_laser(size):
    """The paper's Fig. 2(a), to the accuracy that it claims."""
    system = models.superradiant_laser(size, 0.25 * size)
    times = np.linspace(0, 10 / size, 21)
    ds, reference = solve(system, times, steps=300), exact.solve(system, times)
    floor = {"emission": 0.1 * size, "inversion": 0.25}
    for name, bias in floor.items():
        within(ds[name], reference[name], ds[f"{name}_stderr"], floor=bias)


def test_waveguide_with_exchange():
    """Two sites, two channels, an exchange: correlated jumps and a Hamiltonian."""
    size = 8
    system = models.waveguide_chain(2, size, np.pi / 4, 4.0)
    times = np.linspace(0, 1, 5)
    ds, reference = solve(system, times, 6400, 200), exact.solve(system, times)
    near(ds, {name: reference[name] for name in ("inversion", "emission", "spin_squared")}, size)
    within(ds.output, reference.output, ds.output_stderr, floor=0.5 * size)


@pytest.mark.parametrize("axis", [(1.0, 0.0, 0.0), (0.6, -1.1, 0.8)])
def test_precession(axis):
    ensemble = Ensemble(30, polar=0.7, azimuth=0.3, detuning=axis[2])
    times = np.linspace(0, 3, 4)
    ds = solve(System(ensemble, drive=[(axis[0] - 1j * axis[1]) / 2]), times, steps=600)
    near(ds, turned(ensemble, axis, times), 30, k=4)


@pytest.mark.filterwarnings("ignore:.*little damps this system")  # it is about time steps
def test_precession_is_of_second_order():
    """The same initial points, no noise: the distance to the finest run falls as steps^-2."""
    system = System(
        [Ensemble(10, polar=0.7, detuning=0.4), Ensemble(14, polar=2.0)],
        exchange=[[0.1, 0.2j], [-0.2j, 0.05]],
        drive=[0.5, 0.3j],
    )
    found = [solve(system, [2.0], 64, steps).spin_x.values for steps in (160, 320, 640, 10240)]
    errors = [np.abs(f - found[-1]).max() for f in found[:-1]]
    assert 3.7 < errors[0] / errors[1] < 4.3
    assert 3.7 < errors[1] / errors[2] < 4.3


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*steps are too long")
def test_weak_order_with_noise():
    """Step halving on the laser: the bias of a coarse run falls at least as the step."""
    system = models.superradiant_laser(20, 5.0)
    runs = [solve(system, [0.2], 128000, steps, seed) for seed, steps in ((1, 4), (2, 8), (3, 64))]
    values = np.array([float(ds.emission[0, 0]) for ds in runs])
    errors = np.array([float(ds.emission_stderr[0, 0]) for ds in runs])
    bias = np.abs(values[:2] - values[2])
    noise = np.hypot(errors[:2], errors[2])
    assert bias[0] > 8 * noise[0]
    assert bias[1] < bias[0] / 2 + 4 * noise[1]


# -- exactly ---------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.*(steps are too long|little damps)")
@settings(max_examples=15)
@given(st.integers(1, 3), st.integers(0, 2**32), st.data())
def test_collective_terms_conserve_every_length(sites, seed, data):
    rng = np.random.default_rng(seed)
    kinds = data.draw(st.lists(st.sampled_from(["decay", "dephasing", "pump"]), max_size=3))
    jumps = [
        CollectiveJump(
            rng.uniform(0.1, 1),
            rng.normal(size=sites) + 1j * (kind != "dephasing") * rng.normal(size=sites),
            kind=kind,
            name=f"channel {k}",
        )
        for k, kind in enumerate(kinds)
    ]
    matrix = rng.normal(size=(sites, sites)) + 1j * rng.normal(size=(sites, sites))
    sizes = rng.integers(1, 40, sites)
    system = System(
        [Ensemble(int(n), polar=rng.uniform(0, 3), detuning=rng.normal()) for n in sizes],
        jumps,
        exchange=matrix + matrix.conj().T,
        drive=rng.normal(size=sites),
    )
    ds = solve(system, [0.0, 0.3, 0.5], trajectories=5, steps=7, seed=seed)
    # clipped where a Gaussian reaches past the sphere; conserved from there on
    expected = np.broadcast_to(ds.spin_squared[:1], (3, sites))
    np.testing.assert_allclose(ds.spin_squared, expected, rtol=1e-12)
    assert (ds.spin_squared > sizes / 2 * (sizes / 2 + 1) * (1 - 1e-12)).all()


def test_same_bits_for_any_number_of_threads():
    system = models.waveguide_chain(2, 10, 0.3, 4.0)
    found = [solve(system, [0.1, 0.2], 700, 10, threads=threads) for threads in (1, 2, 5)]
    for other in found[1:]:
        assert other.drop_attrs().identical(found[0].drop_attrs())
    different = solve(system, [0.1, 0.2], 700, 10, seed=2)
    assert not np.array_equal(different.emission, found[0].emission)


def test_first_trajectories_do_not_depend_on_how_many_there_are():
    system = System(Ensemble(10, pump=1.0, polar=2.0), CollectiveJump(1.0, [1]))
    one, two = (solve(system, [0.3], n, 10).inversion.values for n in (1, 2))
    again = solve(system, [0.3], 1, 10).inversion.values
    np.testing.assert_array_equal(one, again)
    # the mean of two contains the first
    assert abs(two - one).max() > 1e-6
    whole = solve(system, [0.3], 64, 10).inversion.values
    longer = solve(system, [0.3], 128, 10).inversion.values
    other = 2 * longer - whole
    assert abs(other - whole).max() > 1e-6


def test_output_times_and_step_counts():
    system = System(Ensemble(10, pump=1.0, polar=2.0, detuning=1.0))
    times = [0.0, 0.1, 0.15, 1.0]
    ds = solve(system, times, 64, 10)
    np.testing.assert_array_equal(ds.time, times)
    assert ds.attrs["steps"] == 1 + 1 + 9
    assert ds.attrs["method"] == "twa.eq6"
    assert system_of(ds) == system
    assert ds.output.sizes == {"time": 4, "channel": 0}


def test_initial_state():
    ensemble = Ensemble(50, polar=0.9, azimuth=-1.0)
    ds = solve(System(ensemble, CollectiveJump(1.0, [1])), [0.0], 12800, 1)
    expected = independent_emitters(ensemble, [0.0])
    all_within(ds, expected, floor=0.01)


@given(st.integers(0, 2**32))
def test_spinors_hold_all_four_variables(seed):
    rng = np.random.default_rng(seed)
    phi, psi = rng.uniform(-1.5, 1.5, 2)
    theta, spin = rng.uniform(0.1, 3), rng.uniform(0.6, 30)
    point = (phi, theta, psi, spin)
    vector = np.array(weyl.bloch_vector(point))
    a, b = kernels.spinor(*vector, psi)
    np.testing.assert_allclose(kernels.bloch_vector(a, b), vector, rtol=1e-11, atol=1e-11)
    n, length = 62.0, spin + 0.5
    # the jump symbols of weyl.py are what the compiled code multiplies with its coefficients
    root = np.sqrt(0.5)
    monomials = {
        (1, 1): root * a.conjugate() ** 2,
        (0, 1): a.conjugate() * b,
        (-1, 1): root * b**2,
        (1, -1): root * b.conjugate() ** 2,
        (0, -1): a * b.conjugate(),
        (-1, -1): root * a**2,
        (1, 0): a.conjugate() * b.conjugate() / root,
        (0, 0): abs(a) ** 2 - abs(b) ** 2,
        (-1, 0): -a * b / root,
    }
    for (j, q), monomial in monomials.items():
        found = spinor.jump_coefficient(j, n, length)[0] * monomial
        # the overall sign of a jump is free
        sign = -1 if q == 1 and j else 1
        assert sign * found == pytest.approx(weyl.local_jump(j, q, n, point), rel=1e-10)


@pytest.mark.parametrize("j", [-1, 0, 1])
def test_slope_of_the_coefficients(j):
    h = 1e-5
    for length in (0.7, 3.0, 8.0, 10.9):
        ahead, behind = (spinor.jump_coefficient(j, 20.0, length + s * h)[0] for s in (1, -1))
        found = spinor.jump_coefficient(j, 20.0, length)[1]
        assert found == pytest.approx((ahead - behind) / (2 * h), rel=1e-6)
    # outside of the range nothing is infinite
    for length in (0.0, 0.3, 0.5, 11.0, 12.0):
        assert np.isfinite(spinor.jump_coefficient(j, 20.0, length)).all()


def test_small_ensembles_stay_finite():
    """𝒥 is never large here; the theory has no footing, but a run must end."""
    for size in (1, 2, 3):
        ds = solve(System(Ensemble(size, 1.0, 1.0, 1.0), CollectiveJump(1.0, [1])), [5.0], 640, 500)
        assert abs(float(ds.inversion[0, 0])) < size


SCRIPT = """
import numpy as np
from blochball import CollectiveJump, Ensemble, System, twa

system = System(
    [Ensemble(4, 0.3, 0.2, 0.5, 0.3, polar=1.0), Ensemble(6)],
    [
        CollectiveJump(1.0, [1, 1j]),
        CollectiveJump(0.5, [1, -1], kind="dephasing"),
        CollectiveJump(0.5, [1, -1], kind="pump"),
    ],
    exchange=[[0.1, 0.2j], [-0.2j, 0]],
    drive=[0.1, 0.2j],
)
ds = twa.eq6.solve(system, [0.0, 0.02], 64, 1, steps=2, threads=1)
print(*np.concatenate([ds.inversion, ds.spin_x, ds.spin_squared, ds.output], axis=1).ravel())
"""


def test_without_the_compiler():
    plain = np.array(python(SCRIPT, NUMBA_DISABLE_JIT="1").split(), float)
    compiled = np.array(python(SCRIPT).split(), float)
    np.testing.assert_allclose(plain, compiled, rtol=1e-11)


def test_shares_steps_and_variables_with_the_ball():
    system = models.waveguide_chain(2, 20, 0.4, 5.0)
    options = {"steps": 20, "correlations": [0.2], "momenta": [0.3]}
    ds, ball = (f(system, [0.1, 0.2], 64, 3, **options) for f in (twa.eq6.solve, twa.solve))
    assert set(ball.variables) == set(ds.variables)
    automatic = twa.eq6.solve(system, [0.1, 0.2], 64, 3)
    assert automatic.attrs["steps"] == twa.solve(system, [0.1, 0.2], 64, 3).attrs["steps"]
    # what is not asked of MOMENTS alone is the same physics
    for name in ("correlation", "structure_factor"):
        found, expected = (
            f(system, [0.2], 6400, 3, **options | {"steps": 60}) for f in (twa.eq6.solve, twa.solve)
        )
        error = np.hypot(found[f"{name}_stderr"], expected[f"{name}_stderr"])
        assert (abs(found[name] - expected[name]) < 5 * error + 0.5 * 20).all(), name


def test_finished_trajectories_are_taken_up(tmp_path):
    system = models.superradiant_laser(20, 5.0)
    whole = twa.eq6.solve(system, [0.1], 640, 3, steps=10)
    checkpoint = twa.Checkpoint(tmp_path, work=64 * 10 * 16 * 2)
    for _ in range(2):
        ds = twa.eq6.solve(system, [0.1], 640, 3, steps=10, checkpoint=checkpoint)
        assert ds.drop_attrs().identical(whole.drop_attrs())
    assert len(list(tmp_path.iterdir())) == 5


def test_it_warns_where_the_expansion_is_not_valid():
    system = System(Ensemble(1, decay=1.0, pump=0.3), drive=[0.7])
    with pytest.warns(UserWarning, match=r"twa\.eq6\.solve: up to \d+% of the trajectories"):
        twa.eq6.solve(system, [5.0], 640, 1, steps=100)


def test_bad_arguments():
    system = System(Ensemble(10))
    for options in ({"trajectories": 0}, {"seed": -1}, {"threads": -1}, {"steps": 0}):
        with pytest.raises(ValueError, match=r"twa\.eq6\.solve: "):
            twa.eq6.solve(system, [1.0], **{"steps": 1, **options})
    with pytest.raises(TypeError, match="steps"):
        twa.eq6.solve(system, [1.0], steps=2.5)
    large = twa.eq6.solve(system, [1.0], 64, 2**60, steps=1)  # any seed that the ball form takes
    assert large.seed == 2**60
