"""Fig. 4: what is simulated, how it is measured, what is drawn."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import pi
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import QuadMesh

from figures.fig4 import draw as fig4
from figures.fig4 import runs as runs_fig4
from paper_checks.curves import Curve
from paper_checks.fig4 import direction, later
from paper_checks.fig4 import measure as measure_fig4
from paper_checks.quantity import Quantity, UnmeasurableError
from tests.paper.lines import drawn, has
from tests.paper.simulated import simulated
from workflow import config, simulate
from workflow.results import Results, at
from workflow.runs import Run
from workflow.theories import TWA

PLAIN: dict[str, Any] = {
    "name": "test",
    "seed": 1,
    "chunk": 10**6,
    "simulations": {
        "chain": {
            "sites": 12, "size": 30, "phase_in_pi": 0.25, "pump_in_gamma": 30,
            "first_gamma_t": 0.001, "until_gamma_t": 1, "outputs": 31, "momenta": 81,
            "tolerance_in_rad": 0.5, "trajectories": 1024, "jobs": 2,
            "cumulants_until_gamma_t": 0.5,
        },
        "lengths": {
            "sites": 3, "sizes": [20, 40, 80], "phase_in_pi": 0.1, "cooperativity": 20,
            "until_gamma_t": 1, "outputs": 11, "tolerance_in_rad": 0.5,
            "trajectories": 64, "paths": 4,
        },
        "drive": {
            "size": 30, "winding_in_pi": 2, "cooperativity": 20,
            "from_gamma_t": 0.9, "until_gamma_t": 1, "outputs": 3, "tolerance_in_rad": 0.5,
            "members": [
                {"sites": 4, "trajectories": 512, "jobs": 1, "drives_in_pump": [0.1, 0.3, 1]},
                {"sites": 8, "trajectories": 512, "jobs": 3, "drives_in_pump": [0.1, 0.3, 1]},
            ],
        },
        "later": {
            "trajectories": 256, "driven_sites": [4], "drive_in_pump": 0.3,
            "driven_trajectories": 256, "outputs": 3, "tolerance_in_rad": 0.5,
        },
        "judged": {
            "sites": 4, "size": 3, "phase_in_pi": 0.4, "cooperativity": 10, "from_gamma_t": 1,
            "until_gamma_t": 2, "outputs": 3, "tolerance_in_rad": 0.3, "exact_trajectories": 800,
            "trajectories": 4096, "eq6_trajectories": 1024,
        },
    },
}  # fmt: skip
CONFIG = config.of(PLAIN, runs_fig4.FAMILIES)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Real data, few trajectories."""
    with warnings.catch_warnings():
        # six emitters do come close to |J| = 2
        warnings.filterwarnings("ignore", r"twa[.\w]*: up to")
        return simulated(Results(CONFIG, tmp_path_factory.mktemp("results")), CONFIG.families())


# -- what is simulated -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["quick", "paper"])
def test_chains_have_the_papers_parameters(name: str) -> None:
    found = config.load(config.ROOT / "config" / f"{name}.yaml").families()
    (chain,) = found["chain"]["sites-100.twa"].points.values()
    assert chain.system.sites == 100
    assert {(e.size, e.pump, e.polar) for e in chain.system.ensembles} == {(250, 250.0, pi)}
    assert chain.system.exchange.phase == pytest.approx(pi / 10)
    assert chain.system.drive is None
    assert (chain.times[0], chain.times[-1]) == pytest.approx((1e-4, 2))
    assert chain.trajectories >= 1000
    for run in found["drive"].values():
        for strength, point in run.points.items():
            system = point.system
            pump = system.ensembles[0].pump
            assert system.emitters / pump == pytest.approx(100)
            assert system.sites * system.exchange.phase == pytest.approx(10 * pi)
            np.testing.assert_allclose(np.abs(system.drive_vector), strength * pump)
            assert point.times[-1] == 2


@pytest.mark.parametrize("name", ["quick", "paper"])
def test_a_chain_is_the_same_run_on_processors_that_round_differently(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = config.load(config.ROOT / "config" / f"{name}.yaml")
    found = [whole.family("chain")]
    spaced = np.geomspace
    for towards in (0.0, np.inf):
        monkeypatch.setattr(np, "geomspace", lambda *a, to=towards: np.nextafter(spaced(*a), to))
        found.append(whole.family("chain"))
    here, *elsewhere = ([run.fingerprint for run in family.values()] for family in found)
    assert elsewhere == [here, here]


def test_the_paper_config_has_the_papers_numbers_of_ensembles() -> None:
    drive = config.load(config.ROOT / "config" / "paper.yaml").family("drive")
    assert {int(run.split("-")[1][:-4]) for run in drive} == {20, 30, 50, 100, 500}


# -- how it is measured ----------------------------------------------------------------------------


def test_a_point_of_a_scan_is_what_it_was_alone(results: Results) -> None:
    run = CONFIG.family("drive")["sites-4.twa"]
    alone = simulate.compute(Run(TWA, {0.3: run.points[0.3]}))
    found = at(results.load("drive", "sites-4.twa"), drive=0.3)
    for name in alone.data_vars:
        np.testing.assert_array_equal(found[name], alone[name], err_msg=str(name))
    assert found.attrs.keys() == alone.attrs.keys()
    assert found.attrs["system"] == alone.attrs["system"]
    with pytest.raises(KeyError):
        at(results.load("drive", "sites-4.twa"), drive=0.31)


def synthetic(results: Results, monkeypatch: pytest.MonkeyPatch, **variables: Any) -> None:
    """Replace variables of the chain's run."""
    ds = measure_fig4.chain(results).assign(
        {name: (measure_fig4.chain(results)[name].dims, v) for name, v in variables.items()}
    )
    monkeypatch.setattr(measure_fig4, "chain", lambda _: ds)


def test_contrast_is_free_of_sampling_error(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    times, sites = measure_fig4.chain(results).emission.shape
    profile = 1 + 0.2 * np.sin(np.arange(sites) * 2 * pi / sites)
    value, error, claimed = [], [], []
    for _ in range(50):
        noise = 0.1 * rng.standard_normal((times, sites))
        synthetic(
            results,
            monkeypatch,
            emission=(profile + noise) * 30**2,
            emission_stderr=np.full((times, sites), 0.1 * 30**2),
        )
        modulation = measure_fig4.contrast(results)
        value.append((modulation.value**2).mean())
        error.append(modulation.value.std())
        claimed.append(modulation.stderr.mean())
        monkeypatch.undo()
    assert np.mean(value) == pytest.approx(0.02, rel=0.1)
    assert np.mean(claimed) == pytest.approx(np.mean(error), rel=0.3)


def test_peaks_of_a_known_spectrum(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a standing wave of M equal emitters: at ±φ, of width 5.57/M."""
    settings = CONFIG.simulations["chain"]
    shape = measure_fig4.chain(results).structure_factor.shape
    p = np.linspace(-pi, pi, settings.momenta)
    wave = np.exp(1j * np.outer(p, np.arange(settings.sites)))
    phase = settings.phase_in_pi * pi
    s = sum(abs(wave @ np.exp(1j * side * phase * np.arange(12))) ** 2 for side in (1, -1))
    synthetic(
        results,
        monkeypatch,
        structure_factor=np.broadcast_to(s, shape),
        structure_factor_stderr=np.full(shape, 0.01 * s.max()),
    )
    found = measure_fig4.peaks(results)
    for side in ("p > 0", "p < 0"):
        assert found[f"position / φ, {side}"].value == pytest.approx(1, abs=0.02)
        assert found[f"width / (5.57/M), {side}"].value == pytest.approx(1, abs=0.05)
    assert found["height, p > 0 / p < 0"].value == pytest.approx(1)
    # the first side maximum of a comb is at 5%, that of both together at twice as much
    assert 0.05 < found["largest S elsewhere / peak"].value < 0.1


def test_peak_without_a_flank_is_as_wide_as_the_axis() -> None:
    momentum = np.linspace(0, 3, 31)
    assert measure_fig4._half(momentum, np.ones(31), 0) == (0, 3)
    low, high = measure_fig4._half(momentum, np.exp(-4 * np.log(2) * (momentum - 1) ** 2), 10)
    assert high - low == pytest.approx(1, abs=0.01)


def test_burst_and_steady_state(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    ds = measure_fig4.chain(results)
    time = ds.time.values
    value = 40 * (1 - np.exp(-((time / 0.01) ** 4))) + 50 * np.exp(-((time / 0.02 - 1) ** 2) * 50)
    output = np.stack([value, value], axis=1) * 30**2
    synthetic(results, monkeypatch, output=output, output_stderr=0.01 * output)
    found = measure_fig4.burst(results)
    assert found["time of the burst"].value == pytest.approx(0.02, rel=0.15)
    assert found["burst / steady state"].value == pytest.approx(90 / 40, rel=0.05)
    # within 20% once the burst is below 8: (t/0.02 - 1)^2 * 50 > ln(50/8)
    assert found["steady from"].value == pytest.approx(0.02 * 1.19, rel=0.25)
    assert found["steady from"].value >= 0.02 * 1.19


def test_synchrony_of_known_bursts(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    ds = measure_fig4.chain(results)
    time, sites = ds.time.values, ds.site.size
    when = 0.02 * (1 + 0.1 * np.linspace(-1, 1, sites))
    each = 0.1 + np.exp(-(np.log(time[:, None] / when) ** 2) * 4)
    output = np.stack([each.sum(axis=1)] * 2, axis=1) * 30**2
    synthetic(results, monkeypatch, output=output, emission=each * 30**2)
    found = measure_fig4.burst(results)["spread of the burst's time over the chain"]
    assert found.value == pytest.approx(when.std(ddof=1) / when.mean(), rel=0.1)


def test_spins_of_a_chain_are_as_long_as_there_are_emitters(results: Results) -> None:
    found = measure_fig4.lengths(results)
    assert found["exponent, steady state"].value == pytest.approx(-1, abs=0.3)
    shortest = measure_fig4.shortest(results)["exponent, largest"]
    assert shortest.value > found["exponent, steady state"].value


def test_direction_against_its_definition(results: Results) -> None:
    drives, forward = direction.fractions(results, 8)
    value = forward.value
    ds = results.load("drive", "sites-8.twa")
    assert drives.tolist() == [0.1, 0.3, 1]
    share = ds.output.sel(channel="forward") / ds.output.sum("channel")
    np.testing.assert_allclose(value, share.mean("time"))
    assert (np.diff(value) > 0).all()
    assert (forward.stderr > 0).all()
    found = direction.rise(results)
    assert found["smallest rise, weakest to strongest"].value <= value[-1] - value[0]
    # the middle of three drives
    assert found["smallest rise, weaker"].value <= value[1] - value[0]
    goal = (value[0] + value[1]) / 2
    (passed,) = direction.crossing(results, 8, goal)
    assert passed.value == pytest.approx(np.log(drives[0] * drives[1]) / 2)
    assert passed.stderr > 0
    # what two crossings between the same drives share goes out of their difference
    near, far = direction.crossing(results, 8, goal, goal + 1e-6)
    assert (far - near).stderr < 1e-3 * passed.stderr
    with pytest.raises(UnmeasurableError, match="on one side"):
        direction.crossing(results, 8, value[0] - 0.01)
    with pytest.raises(UnmeasurableError, match="no chain of 500"):
        direction.saturation(results, 500)


@pytest.mark.parametrize("measure", [direction.steepening, direction.steepening_logarithmic])
def test_steepening_of_known_responses(
    measure: Callable[..., dict[str, Quantity]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Straight lines in the logarithm of the drive; the longer chain at a third of the drive."""
    drives = np.geomspace(0.01, 1, 41)

    def fractions(results: Results, sites: int) -> tuple[np.ndarray, Curve]:
        value = 1 + 0.2 * np.log(drives * (1 if sites == 20 else 3))
        return drives, Curve(value, np.full(drives.size, 1e-3))

    monkeypatch.setattr(direction, "sizes", lambda _: [20, 60, 100])
    monkeypatch.setattr(direction, "fractions", fractions)
    ratio, smallest = measure(None).values()
    expected = 3 if measure is direction.steepening else 1
    assert ratio.value == pytest.approx(expected)
    assert 0 < ratio.stderr < 0.1
    # from 60 to 100 ensembles nothing changes
    assert smallest.value == pytest.approx(1)


# -- later, and by every theory --------------------------------------------------------------------


def test_windows_are_the_late_times_and_as_much_time_later(results: Results) -> None:
    (ds, *others) = results.batches("later", "chain.twa")
    early, twice = later.windows(ds)
    np.testing.assert_allclose(early.time, [0.5, 0.75, 1.0])
    np.testing.assert_allclose(twice.time, [1.5, 1.75, 2.0])
    assert len(others) == 7
    (driven,) = results.batches("later", "driven-4.twa")[:1]
    np.testing.assert_allclose(driven.time, [0.9, 0.95, 1.0, 1.9, 1.95, 2.0])


def test_what_changes_later_is_measured_where_it_was_put(results: Results) -> None:
    found = later.steady(results)
    ds = results.load("later", "chain.twa")
    light = ds.output.sum("channel")
    early, twice = (float(part.mean()) for part in (light[:3], light[3:]))
    change = found["all light, change"]
    assert change.value == pytest.approx(twice / early - 1, abs=0.3 * change.stderr + 1e-12)
    assert 0 < change.stderr < 0.3


def test_shares_of_a_profile() -> None:
    emission = np.ones((3, 40))
    emission[:, [0, 1, 38, 39]] = 2.0  # the outer tenth
    ds = xr.Dataset({"emission": (("time", "site"), emission)})
    assert later.outer_share(ds) == pytest.approx(2 / emission.mean())
    assert later.inner_outer(ds) == pytest.approx(1 / (24 / 20))


def test_a_few_ensembles_are_compared_with_the_exact_solution(results: Results) -> None:
    found = later.judged(results)
    assert len(found) == 6
    for name, ratio in found.items():
        # three emitters an ensemble: TWA is off by a tenth
        assert abs(ratio.value - 1) < 5 * ratio.stderr + 0.15, name
        assert "exact" in ratio.methods


def test_bursts_that_are_put_apart_are_found(results: Results) -> None:
    time = results.load("lengths", "chain.paths").time.values
    curves = np.exp(-8 * (np.log(time) - np.log([[[0.05]], [[0.2]]])) ** 2)
    np.testing.assert_allclose(np.exp(later._tops(np.log(time), curves)).ravel(), [0.05, 0.2], 0.05)


# -- what is drawn ---------------------------------------------------------------------------------


def test_fig4(results: Results) -> None:
    figure = fig4.draw(results)
    by_label = {ax.get_ylabel(): ax for ax in figure.axes}
    value = measure_fig4.total(results).value
    assert has(drawn(by_label[r"$\langle \hat I_{\mathrm{F}}\rangle/N^2$"]), value)
    maps = {}
    for name in (r"site $\ell$", r"$p/\pi$"):
        (maps[name],) = (c for c in by_label[name].collections if isinstance(c, QuadMesh))
    ds: xr.Dataset = measure_fig4.chain(results)
    np.testing.assert_array_equal(maps[r"site $\ell$"].get_array(), ds.emission.values.T / 30**2)
    height = ds.structure_factor.values.T / 1e6
    expected = np.maximum(height, height.max() / fig4.DECADES)
    np.testing.assert_allclose(maps[r"$p/\pi$"].get_array(), expected, rtol=1e-12)
    # one axis of time for all three, and logarithmic
    assert {by_label[name].get_xscale() for name in maps} == {"log"}
    assert len({by_label[name].get_xlim() for name in maps}) == 1
    lines = drawn(by_label["fraction of the intensity"])
    for sites in (4, 8):
        forward = direction.fractions(results, sites)[1].value
        assert has(lines, forward)
        assert has(lines, 1 - forward)
    plt.close(figure)
