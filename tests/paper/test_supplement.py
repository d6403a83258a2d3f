"""The supplement's benchmarks: what is simulated, how it is measured, what is drawn."""

from __future__ import annotations

import dataclasses
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import qutip
import xarray as xr

from blochball import cumulants, exact, models
from figures.decay import draw as decay_figure
from figures.decay import runs as runs_decay
from figures.rivals import compare, table
from figures.rivals import draw as rivals_figure
from figures.rivals import runs as runs_rivals
from figures.time_crystal import draw as time_crystal_figure
from figures.time_crystal import runs as runs_time_crystal
from paper_checks.decay import measure as measure_decay
from paper_checks.rivals import measure as measure_rivals
from paper_checks.time_crystal import measure as measure_time_crystal
from tests.paper.lines import drawn
from tests.paper.simulated import simulated
from workflow import config
from workflow.results import Results

PLAIN: dict[str, Any] = {
    "name": "test",
    "seed": 1,
    "chunk": 10**6,
    "simulations": {
        "decay": {
            "until_N_gamma_t": 8, "outputs": 81, "steps": 160, "decay_in_N_gamma": 0.05,
            "dephasing_in_N_gamma": 0.02,
            "members": [
                {"size": 16, "trajectories": 20_000, "exact": True},
                {"size": 24, "trajectories": 20_000, "exact": True},
                {"size": 100, "trajectories": 1000, "exact": False},
            ],
            "grid_sizes": [16, 24],
        },
        "time_crystal": {
            "still_in_N_gamma": 0.25, "oscillating_in_N_gamma": 0.75, "local_in_N_gamma": 0.05,
            "until_N_gamma_t": 40, "outputs": 81, "steps": 320,
            "members": [
                {"size": 16, "trajectories": 4000, "exact": True},
                {"size": 60, "trajectories": 500, "exact": False},
            ],
        },
        "rivals": {
            "sizes": {
                "laser": [4, 8], "time_crystal": [4, 8], "subradiant": [4], "two_ensembles": [4],
            },
            "twa_trajectories": 20_000, "per_emitter_trajectories": 160,
            "repeats": 2, "large_size": 100, "many_sites": 2, "few_trajectories": 16,
        },
    },
}  # fmt: skip
CONFIG = config.of(PLAIN, runs_decay.FAMILIES | runs_time_crystal.FAMILIES | runs_rivals.FAMILIES)
SUPPLEMENT = ("decay", "time_crystal")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return simulated(Results(CONFIG, tmp_path_factory.mktemp("results")), SUPPLEMENT)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return simulated(Results(CONFIG, tmp_path_factory.mktemp("compared")), ["rivals"])


# -- what is simulated ------------------------------------------------------------------------


def test_no_two_runs_share_a_seed_and_twa_has_the_exact_system():
    for name in SUPPLEMENT:
        runs = CONFIG.family(name)
        points = [p for k, run in runs.items() if k.endswith("twa") for p in run.points.values()]
        assert len({point.seed for point in points}) == len(points)
        for member in CONFIG.simulations[name].members:
            sampled = runs[f"size-{member.size}.twa"].points
            for point in sampled.values():
                assert point.system.emitters == member.size
            if member.exact:
                judges = runs[f"size-{member.size}.exact"].points
                assert {k: p.system for k, p in judges.items()} == {
                    k: p.system for k, p in sampled.items()
                }


def test_local_rates_are_the_ones_named():
    points = CONFIG.family("time_crystal")["size-60.twa"].points
    for local in runs_time_crystal.LOCAL:
        system = points[f"oscillating-{local}"].system
        (ensemble,) = system.ensembles
        rates = {kind: getattr(ensemble, kind) for kind in runs_time_crystal.LOCAL[1:]}
        assert rates == {kind: 0.05 * (kind == local) for kind in rates}
        assert system.drive_vector == pytest.approx(0.375)  # H = omega J^x
    lossy = CONFIG.family("decay")["size-100.twa"].points["lossy"].system
    assert (lossy.ensembles[0].decay, lossy.ensembles[0].dephasing) == (5.0, 2.0)


# -- how it is measured -----------------------------------------------------------------------


def test_burst_of_a_known_pulse():
    time = np.linspace(0, 12, 121)
    value = 0.25 / np.cosh((time - 4.66) / 2) ** 2
    ds = xr.Dataset({"emission": ("time", value)}, {"time": time})
    assert measure_decay.top(ds) == pytest.approx((4.66, 0.25), rel=2e-4)


def test_burst_against_brute_evaluation(results):
    for size in (16, 24):
        _, height = measure_decay.burst(results, "clean", size, "exact")
        fine = exact.solve(models.superradiant_decay(size), np.linspace(0, 8 / size, 2001))
        assert height.value == pytest.approx(float(fine.emission.max()) / size**2, rel=3e-3)


def test_measures_of_decay(results):
    found = measure_decay.bursts(results, 24)
    assert abs(found["height, TWA"].value / found["height, exact"].value - 1) < 0.05
    assert list(measure_decay.bursts(results, 100)) == ["delay less ln N, TWA", "height, TWA"]
    for name in measure_decay.SCALE:
        larger, quantity = (
            measure_decay.largest_error(results, "density", "lossy", size, name)
            for size in (16, 24)
        )
        assert 0 < quantity.stderr < 1e-3 * quantity.value
        assert quantity.value < 0.7 * larger.value < 0.01
    assert found["height, TWA"].stderr > 0


@pytest.mark.slow
def test_oscillation_of_the_exact_crystal_is_the_least_damped_mode(results):
    """The fitted cosine against an eigenvalue of the Liouvillian from QuTiP's full space."""
    size, drive = 16, 0.75
    spin = [qutip.jmat(size / 2, kind) for kind in ("x", "-")]
    generator = qutip.liouvillian(drive * spin[0], [np.sqrt(1 / size) * spin[1]])
    values = np.linalg.eigvals(generator.full())
    moving = values[np.abs(values.imag) > 0.1]
    slowest = moving[np.argmax(moving.real)]
    found = measure_time_crystal.oscillation(results, "oscillating-none", size, "exact")
    assert found["damping"].value == pytest.approx(-slowest.real, rel=0.1)
    assert found["frequency"].value == pytest.approx(abs(slowest.imag), rel=0.1)


def test_measures_of_the_time_crystal(results):
    swing = measure_time_crystal.swing(results, 16)
    assert swing["oscillating, exact"].value > 3 * swing["still, exact"].value
    assert swing["oscillating, TWA / exact"].value == pytest.approx(1, rel=0.1)
    found = measure_time_crystal.damping(results, 16, ["pump"])
    assert found["pump: damping, TWA / exact"].value == pytest.approx(1, rel=0.2)
    assert found["pump: frequency, TWA / exact"].value == pytest.approx(1, rel=0.05)
    assert found["pump: largest error"].value < 0.03
    # one size cannot give an exponent
    for quantity in measure_time_crystal.scaling(results, "oscillating").values():
        assert "fewer than three" in quantity.note
        assert quantity.stderr == np.inf


def test_every_method_solves_the_same_systems():
    found = CONFIG.family("rivals")
    assert list(found["laser.compared"].points) == [
        f"{size}-{method}" for size in (4, 8) for method in ("exact", *compare.RIVALS)
    ]
    for name, run in found.items():
        exact_too = name not in ("large.compared", "many.compared")
        assert any("exact" in str(label) for label in run.points) == exact_too
        for label, point in run.points.items():
            sampled = point.method in compare.SAMPLED
            assert (point.trajectories > 0) == sampled, label
            assert str(label).endswith(point.method)


def test_rivals_are_ranked_by_real_errors(compared):
    for case in ("laser", "time_crystal"):
        assert measure_rivals.sizes(compared, case) == [4, 8]
        errors = {
            method: measure_rivals.error(compared, case, method, 8).value
            for method in ("exact", *compare.RIVALS)
        }
        assert errors["exact"] == 0
        assert errors["twa"] < errors["cumulants"] < errors["mean_field"]
    # recomputed without the machinery: cumulants of the laser
    system = models.superradiant_laser(8, 2.0)
    times = np.linspace(0, 10 / 8, 61)
    difference = cumulants.solve(system, times).emission - exact.solve(system, times).emission
    expected = float(np.abs(difference).max()) / 64
    found = measure_rivals.error(compared, "laser", "cumulants", 8)
    assert (found.value, found.stderr) == (pytest.approx(expected), 0)
    (ratio,) = measure_rivals.advantage(compared, "laser", 8, "cumulants").values()
    ours = measure_rivals.error(compared, "laser", "twa", 8)
    assert ours.stderr > 0
    assert ratio.value == pytest.approx(ours.value / expected)
    assert ratio.stderr == pytest.approx(ours.stderr / expected)


def test_timings_are_kept_one_by_one(compared):
    assert measure_rivals.seconds(compared, "laser", "8-twa").shape == (2,)
    assert measure_rivals.seconds(compared, "large", "twa").shape == (1,)
    assert (measure_rivals.seconds(compared, "laser", "8-exact") > 0).all()


def test_table_of_abilities(compared):
    lines = table.table(compared).splitlines()
    assert lines[0].count("|") == 6
    assert len(lines) == 9  # head, rule, five tasks, blank, note
    exact_value, found = measure_rivals.lowest(compared, "squeezing")
    by_method = dict(zip(compare.RIVALS, found, strict=True))
    assert by_method["mean_field"].value > 1  # without correlations it cannot be below
    assert exact_value == pytest.approx(0.6244, abs=5e-4)
    assert abs(by_method["twa"].value - exact_value) < 0.06
    assert by_method["per_emitter"].stderr > 0


# -- what is drawn ----------------------------------------------------------------------------


@pytest.mark.slow
def test_figure_of_decay(results):
    figure = decay_figure.draw(results)
    upper = drawn(figure.axes[0])
    for size, theory in ((16, "exact"), (16, "twa"), (100, "twa")):
        wanted = measure_decay.curve(results, "clean", size, theory).emission.values
        assert any(y.shape == wanted.shape and np.array_equal(y, wanted) for y in upper)
    assert len(upper) == 5
    smallest = measure_decay.largest_error(results, "density", "clean", 24, "emission").value
    assert any(np.isclose(y, smallest).any() for y in drawn(figure.axes[5]))
    plt.close(figure)


def test_sizes_that_are_not_solved_exactly_have_no_error_to_show():
    decay = dataclasses.replace(CONFIG.simulations["decay"], grid_sizes=(16, 100))
    with pytest.raises(ValueError, match="grid_sizes must be sizes of members with exact: true"):
        decay.runs(lambda *labels: 1, {})


@pytest.mark.slow
def test_figure_of_the_time_crystal(results):
    figure = time_crystal_figure.draw(results)
    by_process = drawn(figure.axes[1])
    assert len(by_process) == 8
    wanted = measure_time_crystal.curve(results, "oscillating-pump", 16, "twa").value
    assert any(np.array_equal(y, wanted) for y in by_process)
    plt.close(figure)


def test_figure_of_rivals(compared):
    figure = rivals_figure.draw(compared)
    assert figure.axes[0].get_title() == "superradiant laser"
    errors = np.concatenate(drawn(figure.axes[0]))
    wanted = measure_rivals.error(compared, "laser", "cumulants", 8).value
    assert np.isclose(errors, wanted).any()
    plt.close(figure)
