"""Fig. 1 and the two forms of TWA: what is simulated, how it is measured, what is drawn."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from blochball import twa
from blochball.support import storage
from figures import style
from figures.fig1 import draw as fig1
from figures.fig1 import runs as runs_fig1
from figures.fig2 import runs as runs_fig2
from figures.fig3 import runs as runs_fig3
from figures.formulations import draw as figure
from figures.formulations import runs as runs_formulations
from paper_checks.fig1 import measure as measure_fig1
from paper_checks.fig2 import measure as fig2
from paper_checks.formulations import measure
from tests.paper.simulated import simulated
from workflow import config, resources
from workflow.results import Results, pooled

# systems that are solved fast are small; how good TWA is for them does not matter here
pytestmark = pytest.mark.filterwarnings("ignore:twa[.a-z0-9_]*. up to .* have .J. < 2:UserWarning")

PLAIN: dict[str, Any] = {
    "name": "test",
    "seed": 1,
    "chunk": 10**6,
    "simulations": {
        "pulse": {
            "pump_in_N_gamma": 0.25, "until_N_gamma_t": 6, "outputs": 13, "steps": 60,
            "members": [{"size": 10, "trajectories": 64, "exact": False}],
        },
        "inset": {"sizes": [10, 20, 40]},
        "squeezing": {
            "size": 20, "pump_in_gamma": 3, "until_gamma_t": 2, "outputs": 21, "steps": 60,
            "trajectories": 6000,
        },
        "pair": {
            "size": 10, "pump_in_gamma": 6, "phases_in_pi": [0.25, 0.5], "until_gamma_t": 1,
            "outputs": 11, "steps": 60, "trajectories": 6000, "eq6_trajectories": 2000,
        },
        "sphere": {
            "size": 100, "polar_in_pi": 0.3, "detuning_in_N_gamma": 1, "pump_in_N_gamma": 0.1,
            "dephasing_in_N_gamma": 0.02, "until_N_gamma_t": 6, "outputs": 61, "steps": 120,
            "trajectories": 300,
        },
        "formulations": {
            "until_N_gamma_t": 6, "outputs": 13, "steps": 60,
            "size": 8, "eq6_trajectories": 6000, "ball_trajectories": 20_000,
        },
    },
}  # fmt: skip
FAMILIES = {
    "pulse": runs_fig2.Pulse,
    "inset": runs_fig2.Inset,
    "squeezing": runs_fig2.Squeezing,
    "pair": runs_fig3.Pair,
    **runs_fig1.FAMILIES,
    **runs_formulations.FAMILIES,
}
CONFIG = config.of(PLAIN, FAMILIES)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Real data, few trajectories."""
    idle = ("size-20.mean_field", "size-20.twa", "one.exact", "one.density", "one.density_eq6")
    found = Results(CONFIG, tmp_path_factory.mktemp("results"))
    return simulated(found, CONFIG.families(), idle)


# -- what is simulated ------------------------------------------------------------------------


def test_both_forms_and_exact_solve_the_same_systems_at_the_same_times():
    found = CONFIG.family("formulations")
    eq6, ball, exact = (found[f"laser.{theory}"].points[8] for theory in ("eq6", "twa", "exact"))
    assert eq6.system == ball.system == exact.system
    assert eq6.system.ensembles[0].pump == 0.25 * 8
    for other in (ball, exact):
        np.testing.assert_array_equal(eq6.times, other.times)
    assert eq6.seed != ball.seed
    pair = CONFIG.family("pair")
    eq6, ball = (pair[f"two.{theory}"].points[0.25] for theory in ("eq6", "twa"))
    assert eq6.system == ball.system
    assert eq6.seed != ball.seed
    assert (eq6.trajectories, ball.trajectories) == (2000, 6000)


def test_the_runs_of_eq_6_are_solved_in_its_variables(results):
    assert results.load("formulations", "laser.eq6").method == "twa.eq6"
    assert results.load("formulations", "laser.twa").method == "twa.ball"
    point = CONFIG.family("formulations")["laser.eq6"].points[8]
    assert point.trajectories == 6000
    again = pooled(
        [
            twa.eq6.solve(one.system, one.times, one.trajectories, one.seed, steps=60)
            for one in map(point.batch, range(point.batches))
        ]
    )
    xr.testing.assert_equal(
        again.drop_attrs(), results.load("formulations", "laser.eq6").drop_attrs()
    )


def test_eq_6_counts_as_the_heavier_work():
    found = CONFIG.family("formulations")
    assert resources.work(found["laser.eq6"]) == 16 * 6000 * 60
    assert resources.work(found["laser.twa"]) == 20_000 * 60
    assert resources.work(found["laser.exact"]) == 0


def test_only_local_dissipation_tells_the_trajectories_of_fig_1_apart(results):
    points = CONFIG.family("sphere")["cloud.paths"].points
    assert points["collective"].seed == points["local"].seed
    (collective,), (local,) = (points[m].system.ensembles for m in runs_fig1.MOTIONS)
    assert (collective.pump, collective.dephasing) == (0, 0)
    assert (local.pump, local.dephasing) == (10, 2)
    np.testing.assert_array_equal(
        measure_fig1.vectors(results, "collective")[0], measure_fig1.vectors(results, "local")[0]
    )
    ds = results.load("sphere", "cloud.paths")
    assert ds.inversion.dims == ("motion", "time", "trajectory", "site")


# -- how it is measured -----------------------------------------------------------------------


def test_lengths_against_the_solver(results):
    """Single trajectories average to what the solver finds for <J^2>, N/2 (N/2 + 1) at first."""
    point = CONFIG.family("sphere")["cloud.paths"].points["local"]
    ds = twa.solve(point.system, point.times, 300, point.seed, steps=120)
    mean = (measure_fig1.lengths(results, "local") ** 2).mean(axis=1) * 50 * 51
    np.testing.assert_allclose(mean, ds.spin_squared[:, 0], rtol=1e-12)
    found = measure_fig1.surface(results)
    assert found["largest change of |J|/|J(0)|, collective"].value < 1e-12
    assert found["last |J|/|J(0)|, with local dissipation"].value < 0.6


def dataset(**values: float) -> xr.Dataset:
    ds = xr.Dataset(coords={"time": [0.0, 1.0, 2.0], "site": [0]}, attrs={"blochball_version": "0"})
    for name, value in values.items():
        ds[name] = (("time", "site"), np.array([[0.0], [value], [value / 2]]))
        ds[f"{name}_stderr"] = (("time", "site"), np.full((3, 1), 1e-6))
    return ds


def inset(found: Results, **of_theory: list[xr.Dataset]) -> None:
    """Keep Datasets of the sizes 10, 20 and 40 for each theory."""
    for theory, each in of_theory.items():
        whole = xr.concat(each, xr.IndexVariable("size", [10, 20, 40]))
        storage.save(whole.assign_attrs(each[0].attrs), found.path("inset", f"sizes.{theory}"))


def test_known_errors(tmp_path):
    found = Results(CONFIG, tmp_path)
    exact, eq6, ball = [], [], []
    for size in (10, 20, 40):
        level = {"emission": 0.2 * size**2, "spin_squared": 0.25 * size**2}
        exact.append(dataset(**level))
        less = {"emission": level["emission"] - 0.3 * size}
        eq6.append(dataset(**less, spin_squared=0.25 * size**2))
        ball.append(dataset(**less, spin_squared=0.25 * size**2 + 0.05 * size))
    inset(found, exact=exact, density_eq6=eq6, density=ball)
    assert measure.length(found, 40)["ball"].value == pytest.approx(0.05)
    error = measure.error(found, "density_eq6", 10, "emission")
    np.testing.assert_allclose(error.value, [0, -0.3, -0.15])


def test_exponents_of_known_power_laws(tmp_path):
    found, sizes = Results(CONFIG, tmp_path), (10, 20, 40)
    for theory, power in (("exact", None), ("density_eq6", -1.0), ("density", -2.0)):
        away = (0.0 if power is None else 0.3 * size**power for size in sizes)
        each = [dataset(emission=(0.2 - a) * size**2) for a, size in zip(away, sizes, strict=True)]
        inset(found, **{theory: each})
    scaling = measure.scaling(found, "emission", 40)
    assert scaling["Eq. (6)"].value == pytest.approx(-1, abs=1e-4)
    assert scaling["ball / Eq. (6)"].value == pytest.approx(1 / 40, abs=1e-4)
    assert scaling["ball / Eq. (6)"].note.startswith("exponents of the ball -2.00, -2.00")


def test_no_sampling_noise_in_the_inset(results):
    """Errors that trajectories hide: the ball's are smaller."""
    for name in ("emission", "inversion"):
        scaling = measure.scaling(results, name, 40)
        assert scaling["Eq. (6)"].stderr < 0.2
        assert scaling["ball / Eq. (6)"].value < 0.5


def test_agreement_by_hand(results):
    found = measure.agreement(results)
    eq6, ball = (results.load(*where) for where in (
        ("pair", "two.eq6"), ("pair", "two.twa")
    ))  # fmt: skip
    exact = results.load("pair", "two.exact").output.sel(channel="forward")
    eq6, ball = (ds.output.sel(channel="forward") for ds in (eq6, ball))
    # the noise is still in it, which makes both larger
    expected = float(np.sqrt(((eq6 - ball) ** 2).mean() / ((eq6 - exact) ** 2).mean()))
    ratio = found["I_F/N_tot², 3(b)"]
    assert abs(ratio.value - expected) < 5 * ratio.stderr
    assert found["emission/N², exponent, 2(a)"].stderr > 0


# -- what is drawn ----------------------------------------------------------------------------


@pytest.fixture
def look():
    with plt.rc_context(style.RC):
        yield
    plt.close("all")


def test_errors_and_both_forms_are_drawn(results, look):
    drawn = figure.draw(results)
    emission, inversion, courses, lengths, weak, pair = drawn.axes[:1] + drawn.axes[3:4] + [
        drawn.axes[k] for k in (1, 4, 2, 5)
    ]  # fmt: skip
    for ax, name in ((emission, "emission"), (inversion, "inversion")):
        assert ax.get_xscale() == ax.get_yscale() == "log"
        points = np.concatenate([line.get_ydata() for line in ax.lines])
        for form in measure.FORMS:
            for size in measure.sizes(results):
                assert measure.inset(results, form, size, name).value in points
    labels = [text.get_text() for text in emission.get_legend().get_texts()]
    assert [label.split(":")[0] for label in labels] == ["Eq. (6)", "ball"]
    early = measure.times(results) <= 6
    for ax, name in ((courses, "emission"), (lengths, "spin_squared")):
        curves = [line.get_ydata() for line in ax.lines]
        for form in measure.FORMS:
            expected = measure.error(results, form, 10, name).value[early]
            assert any(np.array_equal(curve, expected) for curve in curves)
    exact = fig2.parameter(results, "squeezing", "exact").value
    assert any(np.array_equal(line.get_ydata(), exact) for line in weak.lines)
    assert len(pair.lines) == 3
    assert len(pair.child_axes[0].lines) == 3


def test_trajectories_are_drawn_inside_the_outline(results, look):
    drawn = fig1.draw(results)
    for ax in drawn.axes[2:4]:
        ends = [line.get_xydata()[0] for line in ax.lines if line.get_marker() == "s"]
        assert len(ends) == fig1.DRAWN
        assert np.linalg.norm(ends, axis=1).max() < 1.01
    values = np.concatenate([line.get_ydata() for line in drawn.axes[4].lines])
    assert values.min() > 0


def test_projection_keeps_lengths_and_knows_front_from_back():
    basis = np.stack([fig1.RIGHT, fig1.UP, fig1.TOWARDS])
    np.testing.assert_allclose(basis @ basis.T, np.eye(3), atol=1e-15)
    # seen from above the equator: the north pole is up and in front
    flat, depth = fig1.project(np.array([0.0, 0.0, 1.0]))
    assert flat[1] > 0.8
    assert abs(flat[0]) < 1e-15
    assert depth > 0
