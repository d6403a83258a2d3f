"""The Fokker-Planck equation on a mesh: against a lattice, closed solutions and sampled TWA."""

import re

import numpy as np
import pytest
from scipy import integrate, sparse
from scipy.sparse.linalg import expm_multiply

from blochball import CollectiveJump, Ensemble, System, exact, models, twa
from blochball.dataset import system_of
from blochball.twa import density, phase_space
from tests.blochball.known import within

LASER = {size: models.superradiant_laser(size, 0.25 * size) for size in (9, 10, 20, 40)}
COARSE = 0.28


def errors(size, form, **options):
    """Largest |TWA - exact| of emission/N^2 and inversion/N for the laser of Fig. 2(a)."""
    times = np.linspace(0, 8, 65) / size
    ds = density.solve(LASER[size], times, form, spacing=COARSE, **options)
    reference = exact.solve(LASER[size], times)
    found = [abs(ds[name] - reference[name]).values.max() for name in ("emission", "inversion")]
    return found[0] / size**2, found[1] / size


# -- independent solutions -------------------------------------------------------------------------


def lattice(size, h, times):
    """Means of J^z and J^+ J^- by (6.4) as a jump process on a lattice, for the laser.

    A jump along X has the rate g^2 (1/h^2 + 1/h) / 2 forth and g^2 (1/h^2 - 1/h) / 2 back, g^2 half
    way: (6.4) up to h^2. Nodes are p = R + M and m = R - M half a step off the axes; with 1/h odd R
    of the initial state is one of them.
    """
    count = round((size + 9) / h)
    p, m = (np.arange(count) + 0.5)[:, None] * h, (np.arange(count) + 0.5)[None] * h
    place = np.arange(count**2).reshape(count, count)
    pump, rows, columns, rates = 0.25 * size, [], [], []

    def jump(dp, dm, strength):
        fine_p, fine_m = p + dp * h / 2, m + dm * h / 2
        length, s = (fine_p + fine_m) / 2, fine_p * fine_m
        half = np.where((fine_p > 0) & (fine_m > 0), strength(length, fine_p, fine_m, s), 0)
        start = np.argwhere(half > 0)
        end = start + np.array([dp, dm])
        keep = ((end >= 0) & (end < count)).all(axis=1)
        start, end = start[keep], end[keep]
        at, goal, g2 = place[tuple(start.T)], place[tuple(end.T)], half[tuple(start.T)]
        for one, other, rate in ((at, goal, 1 / h**2 + 1 / h), (goal, at, 1 / h**2 - 1 / h)):
            for target, sign in ((other, 1), (one, -1)):
                rows.append(target)
                columns.append(one)
                rates.append(sign * rate / 2 * g2)

    def local(j, monomial):
        def strength(length, fine_p, fine_m, s):
            inside = np.maximum(length, 0.5)
            square = np.maximum(phase_space.amplitude_squared(j, size, inside), 0)
            return pump / 8 * square / inside**2 * monomial(fine_p, fine_m, s)

        return strength

    jump(2, 0, local(1, lambda a, b, s: a**2))
    jump(1, -1, local(0, lambda a, b, s: 2 * s))
    jump(0, -2, local(-1, lambda a, b, s: b**2))
    kappa = lambda length: np.maximum(length**2 - 0.25, 0) / np.maximum(length, 0.1) ** 2  # noqa: E731
    jump(-1, 1, lambda length, a, b, s: kappa(length) * s)
    entries = (np.concatenate(rates), (np.concatenate(rows), np.concatenate(columns)))
    generator = sparse.csr_array(sparse.coo_array(entries, shape=(count**2,) * 2))
    # the cloud: c of an exponentially distributed transverse component, R sharp
    edges = np.arange(count + 1) * h
    square, top = size / 2 * (size / 2 + 1), (size + 1) / 2
    cosine = np.clip(1 - edges / top, 0, 1)
    share = -np.diff(np.exp(-2 * square / size * (1 - cosine**2)))
    start, k = np.zeros((count, count)), np.arange(round(top / h))
    start[round(2 * top / h) - 1 - k, k] = share[k]
    middle = round(top / h - 1), round(top / h)  # the rest reaches past the sphere: J^z = 0
    start[middle, middle[::-1]] += (1 - start.sum()) / 2
    values = expm_multiply(generator, start.ravel(), start=0, stop=times[-1], num=times.size)
    length = (p + m) / 2
    ratio = np.sqrt(np.maximum(1 - 0.25 / np.maximum(length, 0.5) ** 2, 0))
    z = (ratio * (p - m) / 2).ravel()
    across = (ratio**2 * p * m).ravel()
    return values @ z, values @ (across + z)


def test_eq6_against_a_lattice():
    """Another discretisation of (6.4), extrapolated in its step; nothing is shared but X_j^2."""
    size = 9
    times = np.linspace(0, 3, 7) / size
    ds = density.solve(LASER[size], times, "eq6", spacing=COARSE)
    coarse, fine = (lattice(size, h, times) for h in (1 / 3, 1 / 5))
    for name, a, b in zip(("inversion", "emission"), coarse, fine, strict=True):
        limit = b + (b - a) * (1 / 25) / (1 / 9 - 1 / 25)
        scale = size / 2 if name == "inversion" else size**2 / 4
        assert abs(b - a).max() / scale > 2e-3, "the lattice's step is seen"
        # what extrapolation leaves is of fourth order in steps of up to a third
        np.testing.assert_allclose(ds[name][:, 0] / scale, limit / scale, atol=1e-3)


@pytest.mark.parametrize(
    ("size", "emission", "inversion"),
    [(10, 1.98e-3, 4.35e-3), (20, 6.39e-4, 1.27e-3), (40, 1.75e-4, 2.94e-4)],
)
def test_errors_of_the_ball(size, emission, inversion):
    """Against a program that shares nothing with this one: cells, finite volumes, extrapolation."""
    found = errors(size, "ball")
    np.testing.assert_allclose(found, (emission, inversion), rtol=0.05)


@pytest.mark.parametrize(("size", "emission"), [(9, 3.14e-3), (20, 1.52e-3), (40, 8.2e-4)])
def test_errors_of_eq6(size, emission):
    found = errors(size, "eq6")
    assert found[0] == pytest.approx(emission, rel=0.02)
    assert 0.70 < found[0] / found[1] < 0.76


def test_a_wall_makes_eq6_worse():
    """Zero flux at R = N/2 + 1: errors of the same program that a lattice has too."""
    found = errors(9, "eq6", boundary="reflecting")
    np.testing.assert_allclose(found, (5.6e-3, 2.9e-2), rtol=0.05)


@pytest.mark.parametrize("polar", [0.0, np.pi])
def test_local_rates_of_the_ball_alone(polar):
    """The mean of J^z obeys a closed linear equation, whatever the clip does."""
    times = np.linspace(0, 2, 9)
    system = System(Ensemble(30, decay=0.3, dephasing=0.2, pump=0.9, polar=polar))
    ds = density.solve(system, times, spacing=COARSE)
    start, rest = float(ds.inversion[0, 0]), 15 * 0.6 / 1.2
    expected = rest + (start - rest) * np.exp(-1.2 * times)
    np.testing.assert_allclose(ds.inversion[:, 0], expected, rtol=1e-6)
    # the mean of the cloud, whose square of the transverse component is exponential
    mean = integrate.quad(lambda x: np.sqrt(max(240 - 15 * x, 0)) * np.exp(-x), 0, 16)[0]
    assert abs(start) == pytest.approx(mean, rel=1e-6)


# -- sampled TWA, which this judges and which judges it --------------------------------------------

SYSTEMS = {
    "laser": (models.superradiant_laser(20, 5.0), 0.4),
    "weak pump": (models.superradiant_laser(16, 0.4), 2.0),
    "every rate": (
        System(
            Ensemble(20, 0.5, 0.25, 0.75, detuning=1.0, polar=np.pi),
            [CollectiveJump(0.05, [1]), CollectiveJump(0.02, [1j], kind="pump")],
        ),
        2.0,
    ),
    "decay": (models.superradiant_decay(20, 1.0, decay=0.4, dephasing=0.2), 0.4),
}


@pytest.mark.filterwarnings("ignore:.*ha(s|ve) .J. < 2:UserWarning")
@pytest.mark.parametrize("name", SYSTEMS)
def test_sampled_ball(name):
    system, until = SYSTEMS[name]
    times = np.linspace(0, until, 5)
    ds = density.solve(system, times, spacing=COARSE)
    sampled = twa.solve(system, times, 100_000, seed=3, steps=400)
    for variable in ("inversion", "emission", "spin_squared", "output"):
        allowed = 5 * sampled[f"{variable}_stderr"] + ds[f"{variable}_grid_error"]
        floor = 2e-5 * 20**2
        assert (abs(sampled[variable] - ds[variable]) <= allowed + floor).all(), variable


def test_the_comparison_notices_a_wrong_rate():
    system, other = models.superradiant_laser(20, 5.0), models.superradiant_laser(20, 5.1)
    ds = density.solve(other, [0.4], spacing=COARSE)
    sampled = twa.solve(system, [0.4], 100_000, seed=3, steps=400)
    with pytest.raises(AssertionError, match="allowed"):
        within(sampled.inversion, ds.inversion, sampled.inversion_stderr)


# -- the mesh and the steps ------------------------------------------------------------------------


@pytest.mark.parametrize("form", density.FORMS)
def test_grid_error_is_about_the_error(form):
    times = np.linspace(0, 8, 9) / 20
    fine = density.solve(LASER[20], times, form, spacing=0.1)
    ds = density.solve(LASER[20], times, form, spacing=0.3)
    for name in ("inversion", "emission", "spin_squared"):
        miss = abs(ds[name] - fine[name]).values.max()
        told = ds[f"{name}_grid_error"].values.max()
        assert miss < 2 * told
        assert fine[f"{name}_grid_error"].values.max() < told


def test_output_times_do_not_matter():
    few = density.solve(LASER[10], [0.31, 0.8], spacing=0.4)
    many = density.solve(LASER[10], [0.0, 0.1, 0.31, 0.5, 0.8], spacing=0.4)
    np.testing.assert_allclose(many.emission[[2, 4]], few.emission, rtol=1e-8)


@pytest.mark.parametrize("form", density.FORMS)
def test_upside_down(form):
    """Decay for pump and ground for inverted state turns J^z over."""
    up = System(Ensemble(12, 0.1, 0.2, 0.7), CollectiveJump(0.1, [1], kind="decay"))
    down = System(Ensemble(12, 0.7, 0.2, 0.1, polar=np.pi), CollectiveJump(0.1, [1], kind="pump"))
    one, other = (density.solve(s, [0.5, 2.0], form, spacing=0.4) for s in (up, down))
    np.testing.assert_allclose(one.inversion, -other.inversion, atol=1e-8)
    np.testing.assert_allclose(one.spin_squared, other.spin_squared, rtol=1e-8)
    np.testing.assert_allclose(one.output, other.output, rtol=1e-7)


@pytest.mark.filterwarnings("ignore:.*has .J. < 2:UserWarning")
@pytest.mark.parametrize("form", density.FORMS)
def test_steady_state(form):
    system = models.superradiant_laser(16, 0.4)
    ds = density.steady_state(system, form, spacing=COARSE)
    late = density.solve(system, [60.0], form, spacing=COARSE)
    assert np.isinf(ds.time).all()
    np.testing.assert_allclose(ds.emission, late.emission, rtol=1e-6)
    np.testing.assert_allclose(ds.emission, exact.steady_state(system).emission, rtol=0.02)


@pytest.mark.parametrize("pump", [20.0, 50.0])
def test_a_steady_state_above_the_upper_threshold(pump):
    """Rounding must not add up to a drift of the total probability, which would never settle."""
    system = models.superradiant_laser(25, pump)
    ds = density.steady_state(system, spacing=0.25)
    np.testing.assert_allclose(ds.emission, exact.steady_state(system).emission, rtol=0.006)


def test_a_steady_state_that_depends_on_the_start():
    """Without local rates |J| is what it was: the inverted ensemble ends in its ground state."""
    ds = density.steady_state(models.superradiant_decay(20), spacing=COARSE)
    assert float(ds.emission[0, 0]) == pytest.approx(0, abs=0.5)
    # what of the cloud reaches past the sphere is that much longer
    assert float(ds.spin_squared[0, 0]) == pytest.approx(110 + 10 * np.exp(-11), rel=1e-7)


@pytest.mark.parametrize("form", density.FORMS)
def test_it_warns_where_the_expansion_is_not_valid(form):
    # a weak pump against decay leaves short vectors
    system, times = System(Ensemble(12, 0.5, pump=0.4), CollectiveJump(0.3, [1])), [0.5, 4.0]
    solve = twa.eq6.solve if form == "eq6" else twa.solve
    with pytest.warns(UserWarning, match="of the trajectories have .J. < 2"):
        sampled = solve(system, times, 20_000, seed=2)
    with pytest.warns(UserWarning, match=r"density\.solve: up to \d+% of the density has") as seen:
        density.solve(system, times, form, spacing=COARSE)
    assert [w.filename for w in seen] == [__file__]
    share = float(re.findall(r"(\d+)%", str(seen[0].message))[0]) / 100
    assert share == pytest.approx(float(sampled.short_fraction.max()), abs=0.03)
    with pytest.warns(UserWarning, match=r"density\.steady_state: up to"):
        density.steady_state(system, form, spacing=COARSE)


def test_it_warns_of_vectors_that_leave_the_sphere():
    # the ground state stays what it is; Eq. (6) lengthens it
    system, times = System(Ensemble(10, decay=1.0, polar=np.pi)), [1.0, 6.0]
    with pytest.warns(UserWarning, match=r"density\.solve: <J\^2> is up to 1\d% above") as seen:
        ds = density.solve(system, times, "eq6", spacing=COARSE)
    assert [w.filename for w in seen] == [__file__]
    # off by .043 of N/2
    assert ds.inversion[1, 0] < -5.15
    with pytest.warns(UserWarning, match=r"eq6\.solve: <J\^2> is up to"):
        twa.eq6.solve(system, times, 2000)
    # the negative control
    ds = density.solve(system, times, spacing=COARSE)
    assert abs(ds.inversion[1, 0] + 5) < 0.01


@pytest.mark.filterwarnings("ignore:.*ha(s|ve) .J. < 2:UserWarning")
@pytest.mark.parametrize("form", density.FORMS)
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_initial_state_is_the_sampled_cloud(form, size):
    system = System(Ensemble(size), CollectiveJump(1.0, [1]))
    ds = density.solve(system, [0.0], form, spacing=COARSE)
    solve = twa.eq6.solve if form == "eq6" else twa.solve
    sampled = solve(system, [0.0], 20_000, seed=2, steps=1)
    for name in ("inversion", "emission", "spin_squared"):
        allowed = ds[f"{name}_grid_error"] + 1e-9 * size**2
        within(ds[name], sampled[name], sampled[f"{name}_stderr"], 5, float(allowed.max()))


def test_the_result_is_like_any_other():
    system = System(Ensemble(8, pump=1.0), CollectiveJump(0.2, [2.0], name="cavity"))
    ds = density.solve(system, [0.0, 0.3], spacing=0.4)
    assert system_of(ds) == system
    np.testing.assert_allclose(ds.output[:, 0], 4 * ds.emission[:, 0])
    assert not any(str(name).endswith("_stderr") for name in ds)
    assert set(exact.solve(system, [0.0, 0.3])) <= set(ds)
    assert ds.attrs["method"] == "twa.density.ball"
    still = density.solve(System(Ensemble(8, detuning=1.0)), [1.0, 5.0], spacing=0.4)
    assert float(np.ptp(still.inversion.values)) == 0


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "reason"),
    [
        (models.boundary_time_crystal(8, 1.0, 1.0), r"drive.*twa\.solve"),
        (models.waveguide_chain(2, 8, 0.3, 1.0), r"several ensembles.*twa\.solve"),
        (models.superradiant_laser(8, 1.0, polar=1.0), r"neither fully inverted.*twa\.solve"),
    ],
)
def test_systems_that_are_not_served(system, reason):
    for call in (lambda: density.solve(system, [1.0]), lambda: density.steady_state(system)):
        with pytest.raises(ValueError, match=reason):
            call()


def test_bad_arguments():
    system = LASER[10]
    for options in ({"form": "top"}, {"spacing": 0}, {"spacing": 1.5}, {"boundary": "open"}):
        with pytest.raises(ValueError, match=rf"twa\.density\.solve: {next(iter(options))} must"):
            density.solve(system, [1.0], **options)
    with pytest.raises(ValueError, match="memory"):
        density.solve(system, [1.0], spacing=1e-4)
    with pytest.raises(ValueError, match="boundary must be 'continued'"):
        density.solve(system, [1.0], boundary="reflecting")
    with pytest.raises(TypeError, match="system must be a System"):
        density.solve("laser", [1.0])
    with pytest.raises(ValueError, match="times"):
        density.solve(system, [1.0, 0.5])
