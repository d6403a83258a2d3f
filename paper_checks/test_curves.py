"""Curves with errors, and numbers that are read off them without bias."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from blochball import models, twa
from paper_checks import curves
from paper_checks.anchors.measure import universal
from paper_checks.curves import Curve
from paper_checks.quantity import UnmeasurableError
from workflow.results import pooled

BATCHES, TIMES, NOISE = 8, 65, 3e-4


def dataset(method: str, **values: list[float]) -> xr.Dataset:
    return xr.Dataset({name: ("time", v) for name, v in values.items()}, attrs={"method": method})


def test_curves_know_errors_and_methods() -> None:
    twa = Curve.of(dataset("twa.ball", emission=[2, 4], emission_stderr=[0.2, 0.1]), "emission", 2)
    exact = Curve.of(dataset("exact.populations", emission=[2, 2]), "emission", 2)
    worst = curves.largest(twa - exact)
    assert (worst.value, worst.stderr, worst.methods) == (1, 0.05, {"ball", "exact"})
    assert (worst / 2).methods == {"ball", "exact"}
    relative = twa.relative(exact)
    assert relative.value.tolist() == [0, 1]
    assert relative.stderr == pytest.approx([0.1, 0.05])
    # trajectories are the same at all times: no smaller error from an average over them
    assert twa.average().stderr == pytest.approx(0.075)
    with pytest.raises(UnmeasurableError, match="no value"):
        curves.largest(twa[slice(0)])


# -- the largest of noisy values -------------------------------------------------------------------


def sampled(true: np.ndarray, correlation: float, random: np.random.Generator) -> Curve:
    """Return a curve with noise of a given correlation from one time to the next, in batches."""
    noise = random.standard_normal((BATCHES, TIMES))
    for k in range(1, TIMES):
        noise[:, k] = correlation * noise[:, k - 1] + np.sqrt(1 - correlation**2) * noise[:, k]
    spread = NOISE * np.sqrt(BATCHES)
    batches = tuple(Curve(true + spread * row, np.full(TIMES, spread)) for row in noise)
    mean = np.mean([batch.value for batch in batches], axis=0)
    return Curve(mean, np.full(TIMES, NOISE), batches=batches)


@pytest.mark.parametrize("correlation", [0.0, 0.9])
@pytest.mark.parametrize("height", [0.0, 2e-4, 1e-3])
def test_the_largest_error_is_not_too_large(height: float, correlation: float) -> None:
    random = np.random.default_rng(11)
    true = height * np.exp(-((np.linspace(-3, 3, TIMES) - 0.4) ** 2))
    plain, fitted, pulls = [], [], []
    for _ in range(600):
        curve = sampled(true, correlation, random)
        plain.append(np.abs(curve.value).max())
        found = curves.largest(curve)
        fitted.append(found.value)
        pulls.append((found.value - np.mean(true.max())) / found.stderr)
    error = np.std(fitted) / np.sqrt(len(fitted))
    # where the noise hides the place, what is found is less than the largest, never more
    assert np.mean(fitted) < height + 4 * error
    assert np.mean(plain) > height + 1.5 * NOISE * (height < 1e-3)
    if height in (0.0, 1e-3):
        assert np.mean(fitted) > 0.93 * height - 4 * error
        # the same, judged in standard errors
        assert 0.6 < np.std(pulls) < 1.25
    # an unbiased largest value of one clear of noise: the plain one is off by more
    assert abs(np.mean(plain) - height) > abs(np.mean(fitted) - height)


@pytest.mark.parametrize("correlation", [0.0, 0.9])
@pytest.mark.parametrize("height", [0.0, 1e-3])
def test_the_mean_square_has_nothing_of_the_noise(height: float, correlation: float) -> None:
    random = np.random.default_rng(13)
    true = height * np.exp(-((np.linspace(-3, 3, TIMES) - 0.4) ** 2))
    noisy = [sampled(true, correlation, random) for _ in range(400)]
    found = [curves.mean_square(curve) for curve in noisy]
    values = np.array([square.value for square in found])
    expected = np.mean(true**2)
    error = values.std() / np.sqrt(values.size)
    assert values.mean() == pytest.approx(expected, abs=4 * error)
    # the square of the mean curve is too large by the variance of the noise
    plain = [curves.mean_square(replace(curve, batches=())).value for curve in noisy]
    assert np.mean(plain) == pytest.approx(expected + NOISE**2, abs=4 * error)
    # of products the jackknife is on the safe side: by the root of two and more where there is
    # nothing but noise
    claimed = np.sqrt(np.mean([square.stderr**2 for square in found]))
    assert 0.9 * values.std() < claimed < (1.7 if height == 0 else 1.2) * values.std()


def test_batches_go_through_arithmetic() -> None:
    curve = sampled(np.ones(TIMES), 0.5, np.random.default_rng(1))
    judge = Curve(np.full(TIMES, 2.0), np.zeros(TIMES))
    for result in (curve - judge, curve.relative(judge), curve / 2, curve[slice(3, 9)]):
        assert len(result.batches) == BATCHES
        mean = np.mean([batch.value for batch in result.batches], axis=0)
        np.testing.assert_allclose(result.value, mean, rtol=1e-12)


def test_batches_are_put_together_to_as_few_as_the_other_has() -> None:
    random = np.random.default_rng(3)
    many = sampled(np.ones(TIMES), 0.5, random)
    few = replace(many, batches=curves._together(many.batches, BATCHES // 2))
    np.testing.assert_allclose(few.batches[0].stderr, many.batches[0].stderr / np.sqrt(2))
    difference = sampled(np.ones(TIMES), 0.5, random) - few
    assert len(difference.batches) == BATCHES // 2
    mean = np.mean([batch.value for batch in difference.batches], axis=0)
    np.testing.assert_allclose(mean, difference.value, atol=1e-12)
    with pytest.raises(ValueError, match="8 batches cannot be put together to 3"):
        curves._together(many.batches, 3)


# -- batches of a run ------------------------------------------------------------------------------


def test_batches_together_are_a_run_of_all_trajectories() -> None:
    system, times = models.superradiant_laser(10, 2.5), np.linspace(0, 1, 5)
    batches = [twa.solve(system, times, 2048, seed, steps=50) for seed in range(4)]
    whole = pooled(batches)
    single = twa.solve(system, times, 8192, 9, steps=50)
    for name in ("emission", "inversion"):
        deviation = whole[name] - single[name]
        stderr = np.hypot(whole[f"{name}_stderr"], single[f"{name}_stderr"])
        assert float(abs(deviation / stderr).max()) < 4.5
        np.testing.assert_allclose(whole[f"{name}_stderr"], single[f"{name}_stderr"], rtol=0.1)
    variance = whole.covariance.sel(moment="emission", moment_other="emission", drop=True)
    np.testing.assert_allclose(variance**0.5, whole.emission_stderr, rtol=1e-12)


def test_jackknife_knows_correlations() -> None:
    """Of a ratio of two means from the same trajectories: independent errors are too large."""
    random = np.random.default_rng(2)

    def batch(size: int) -> xr.Dataset:
        common, own = random.standard_normal((2, size))
        a, b = 5 + common, 4 + common + 0.2 * own
        return xr.Dataset({"a": a.mean(), "b": b.mean(), "a_stderr": a.std() / np.sqrt(size)})

    found = [
        curves.jackknife(lambda ds: float(ds.a / ds.b), [batch(50) for _ in range(8)])
        for _ in range(300)
    ]
    values = np.array([quantity.value for quantity in found])
    claimed = np.sqrt(np.mean([quantity.stderr**2 for quantity in found]))
    assert claimed == pytest.approx(values.std(), rel=0.15)
    assert values.mean() == pytest.approx(1.25, abs=4 * values.std() / np.sqrt(300))
    independent = 1.25 * np.hypot(1 / 5, np.sqrt(1.04) / 4) / np.sqrt(400)
    assert claimed < 0.5 * independent


def test_a_single_batch_has_no_error_to_tell() -> None:
    with pytest.raises(UnmeasurableError, match="single batch"):
        curves.jackknife(
            lambda ds: float(ds.emission.max()),
            [dataset("twa.ball", emission=[1.0], emission_stderr=[0.1])],
        )
    exact = curves.jackknife(
        lambda ds: float(ds.emission.max()), [dataset("exact.populations", emission=[1.0, 2.0])]
    )
    assert (exact.value, exact.stderr) == (2, 0)


# -- the top of a curve ----------------------------------------------------------------------------


@pytest.mark.parametrize("start", [0.0, 0.03, 0.07])
def test_the_vertex_of_the_universal_pulse(start: float) -> None:
    """Known in closed form; a parabola through the same points is late by more than 0.01."""
    time = start + np.arange(0, 25, 0.1)
    when, height = curves.vertex(time, universal(time, 10**6)["emission"])
    assert when == pytest.approx(np.log(1e6) + 0.32969026, abs=1e-3)
    assert height == pytest.approx(0.19570683, abs=1e-5)


def test_a_vertex_between_the_points_and_at_the_end() -> None:
    x = np.linspace(0, 4, 9)
    assert curves.vertex(x, 1 - 0.1 * (x - 1.3) ** 2) == pytest.approx((1.3, 1))
    assert curves.vertex(x, x)[0] == pytest.approx(4)
    assert curves.vertex(x, -1 - x) == (0, -1)
