"""Fig. 3: what is simulated, how it is measured, what is drawn."""

from __future__ import annotations

import warnings
from math import pi
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from figures.fig3 import draw as fig3
from figures.fig3 import runs as runs_fig3
from paper_checks.fig3 import measure as measure_fig3
from tests.paper.lines import drawn, has
from tests.paper.simulated import simulated
from workflow import config, simulate
from workflow.results import Results
from workflow.runs import Run
from workflow.theories import EXACT, Point

PLAIN: dict[str, Any] = {
    "name": "test",
    "seed": 1,
    "chunk": 10**6,
    "simulations": {
        "pair": {
            "size": 6, "pump_in_gamma": 3, "phases_in_pi": [0, 0.25, 0.5], "until_gamma_t": 2,
            "outputs": 21, "steps": 100, "trajectories": 4096, "eq6_trajectories": 4096,
        },
        "array": {
            "pump_in_N_tot_gamma": 0.25, "until_N_tot_gamma_t": 30, "outputs": 16, "steps": 100,
            "exact_trajectories": 256,
            "members": [
                {"sites": 1, "size": 6, "trajectories": 2048, "exact": "populations"},
                {"sites": 10, "size": 6, "trajectories": 512, "exact": "populations"},
                {"sites": 100, "size": 6, "trajectories": 128, "exact": "jumps"},
                {"sites": 100, "size": 10, "trajectories": 128, "exact": "jumps"},
                {"sites": 100, "size": 100, "trajectories": 128, "exact": "jumps"},
                {"sites": 1000, "size": 6, "trajectories": 64, "exact": "jumps"},
                {"sites": 2, "size": 10, "trajectories": 2048, "exact": "populations"},
                {"sites": 2, "size": 100, "trajectories": 2048, "exact": "populations"},
                {"sites": 10, "size": 10, "trajectories": 512, "exact": "populations"},
                {"sites": 10, "size": 100, "trajectories": 512, "exact": "populations"},
            ],
        },
        "cost": {
            "size": 6, "sites": [1, 10, 100], "lone_sizes": [6, 60, 600], "trajectories": 64,
            "ensemble_steps": 64000, "repeats": 2,
        },
    },
}  # fmt: skip
CONFIG = config.of(PLAIN, runs_fig3.FAMILIES)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Real data, few trajectories."""
    with warnings.catch_warnings():
        # six emitters do come close to |J| = 2
        warnings.filterwarnings("ignore", r"twa[.\w]*: up to")
        return simulated(Results(CONFIG, tmp_path_factory.mktemp("results")), CONFIG.families())


# -- what is simulated -----------------------------------------------------------------------------


def test_pair_and_array_have_the_papers_parameters() -> None:
    found = config.load(config.ROOT / "config" / "paper.yaml").families()
    two = found["pair"]["two.twa"].points
    assert list(two) == [0, 0.25, 0.5]
    for phase, point in two.items():
        assert point.system.exchange.phase == pytest.approx(phase * pi)
        assert [(e.size, e.pump, e.polar) for e in point.system.ensembles] == [(20, 10.0, pi)] * 2
        assert point.system == found["pair"]["two.exact"].points[phase].system
    for sites in (1, 10, 100, 1000):
        (point,) = found["array"][f"sites-{sites}-size-20.twa"].points.values()
        (judge,) = found["array"][f"sites-{sites}-size-20.exact"].points.values()
        assert point.system == judge.system
        assert point.system.ensembles[0].pump == pytest.approx(0.25 * 20 * sites)
        # sampled independently of each other
        assert point.seed != judge.seed


# -- how it is measured ----------------------------------------------------------------------------


def test_exact_methods_agree_on_two_ensembles(results: Results) -> None:
    """At phase 0 the pair, by populations, is an array of two, by Monte Carlo."""
    point = CONFIG.family("pair")["two.exact"].points[0]
    sampled = simulate.compute(
        Run(EXACT, {0: Point(point.system, point.times, method="jumps",
                                         trajectories=4000, seed=5)})
    )  # fmt: skip
    value = measure_fig3.two(results, 0, "exact").value
    deviation = sampled.output.sel(channel="forward").values / 12**2 - value
    stderr = sampled.output_stderr.sel(channel="forward").values / 12**2
    assert (np.abs(deviation) <= 5 * stderr + 1e-12).all()


def test_measures_of_pair_and_array(results: Results) -> None:
    errors = measure_fig3.accuracy(results)
    phases = (0, 0.25, 0.5)
    assert list(errors) == [f"φ = {p:g}π, {form}" for form in ("Eq. (6)", "ball") for p in phases]
    exact = {phase: measure_fig3.two(results, phase, "exact").value for phase in phases}
    for quantity in errors.values():
        assert -0.1 < quantity.value < 0.5
        assert 0 < quantity.stderr < 0.1
    ratio = measure_fig3.comparable(results)
    for form in ("Eq. (6)", "ball"):
        first, last = (f"φ = {p}π, {form}" for p in ("0", "0.5"))
        # of errors in units of N_tot^2, where `accuracy` has the peak of each phase for a unit
        assert ratio[first].value / ratio[last].value == pytest.approx(
            errors[first].value * exact[0].max() / errors[last].value / exact[0.5].max()
        )
    for measure, expected in (
        (measure_fig3.suppression, exact[0.5][-1] / exact[0][-1]),
        (measure_fig3.peak_suppression, exact[0.5].max() / exact[0].max()),
    ):
        lower = measure(results)["exact"]
        assert lower.value == pytest.approx(1 - expected)
        assert lower.stderr == 0
    tracked = measure_fig3.tracked(results, 6)
    assert [q.value < 0.5 for q in tracked.values()] == [True] * 4
    with_size = measure_fig3.with_size(results, 2)
    assert with_size["N = 10 less N = 100"].value == pytest.approx(
        with_size["N = 10"].value - with_size["N = 100"].value
    )


def test_cost_subtracts_what_is_not_a_step(results: Results) -> None:
    ds = results.load("cost", "waveguide.cost")
    assert ds.sites.values.tolist() == [1, 10, 100, 1, 1, 1] * 2
    assert ds.emitters.values.tolist() == [6, 60, 600, 6, 60, 600] * 2
    steps = [64 * (n - 1) for n in (1000, 100, 10, 1000, 1000, 1000)] * 2
    np.testing.assert_array_equal(ds.trajectory_steps, steps)


# -- what is drawn ---------------------------------------------------------------------------------


def test_fig3(results: Results) -> None:
    figure = fig3.draw(results)
    main = next(ax for ax in figure.axes if "Gamma t" in ax.get_xlabel())
    lines = drawn(main)
    assert len(lines) == 6
    for phase in (0, 0.25, 0.5):
        for theory in ("exact", "twa"):
            assert has(lines, measure_fig3.two(results, phase, theory).value)
    (inset,) = main.child_axes
    lines = drawn(inset)
    assert len(lines) == 8
    for sites in (1, 10, 100, 1000):
        for theory in ("exact", "twa"):
            curve = measure_fig3.local(results, sites, 6, theory).mean(1).value
            assert has(lines, curve)
    plt.close(figure)


@pytest.mark.parametrize(
    ("phase", "text"), [(0, "0"), (0.25, r"\pi/4"), (0.5, r"\pi/2"), (0.3, r"0.3\,\pi")]
)
def test_names_of_phases(phase: float, text: str) -> None:
    assert fig3.name(phase) == text
