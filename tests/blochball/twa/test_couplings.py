"""Spin couplings, jumps of several kinds and second moments in TWA, against exact results."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from blochball import CollectiveJump, Ensemble, SpinCoupling, System, exact, observables, twa
from blochball.moments import MOMENTS, SECOND
from blochball.operators import MasterEquation
from blochball.twa import couplings
from tests.blochball.known import fading, twisting, twisting_covariance, within

FIRST = ("spin_x", "spin_y", "inversion")
LOSSES = {"decay": 1.0, "pump": 0.6, "dephasing": 0.25}
GENERAL = {"decay": 0.8 - 0.3j, "pump": 0.2 + 0.5j, "dephasing": -0.3 + 0.4j}


def agree(ds, expected, size, floor=1.0):
    """Within errors and floor / N^2 of what J / N and J J / N^2 can be."""
    for name, value in expected.items():
        scale = size if name in FIRST else size**2
        within(ds[name], value, ds[f"{name}_stderr"], floor=floor / size**2 * scale)


# the cloud collapses as it should; that it never revives is what the warning is about
@pytest.mark.filterwarnings("ignore:.*little damps")
@pytest.mark.parametrize("size", [20, 1000, 10_000])
@pytest.mark.parametrize("rates", [{}, {"decay": 1.0}, {"dephasing": 0.25}, LOSSES])
def test_one_axis_twisting_with_every_loss(size, rates):
    ensemble = Ensemble(size, polar=np.pi / 2, **rates)
    times = np.linspace(0.25, 1.5, 4) / np.sqrt(size)
    system = System(ensemble, couplings=SpinCoupling(1.0))
    ds = twa.solve(system, times, trajectories=6000, seed=2)
    agree(ds, twisting(ensemble, 1.0, times), size)
    if rates == LOSSES:
        # negative controls: twice the strength, the other sign
        for strength in (2.0, -1.0):
            other = twisting(ensemble, strength, times)
            with pytest.raises(AssertionError):
                agree(ds, other, size)


def test_two_ensembles_that_twist_each_other():
    sizes, strength = (30, 50), np.array([[1.0, -0.7], [0.0, 0.4]])
    ensembles = [
        Ensemble(n, polar=np.pi / 2, **{name: rate * f for name, rate in LOSSES.items()})
        for n, f in zip(sizes, (0.5, 1.0), strict=True)
    ]
    times = np.array([0.1, 0.2])
    ds = twa.solve(
        System(ensembles, couplings=SpinCoupling(strength)), times, trajectories=20_000, seed=3
    )
    whole = (strength + strength.T) / 2
    for l, one in enumerate(ensembles):
        own = fading(one, whole[l, l], times) ** (one.size - 1)
        other = ensembles[1 - l]
        kappa = (one.decay + one.pump) / 2 + 2 * one.dephasing
        raising = np.exp(-kappa * times) * own * fading(other, whole[l, 1 - l], times) ** other.size
        for name, part in (("spin_x", raising.real), ("spin_y", raising.imag)):
            errors = ds[f"{name}_stderr"][:, l]
            within(ds[name][:, l], one.size / 2 * part, errors, floor=one.size / one.size**2)


def driven(size):
    spins = [
        SpinCoupling(1.0 / size),
        SpinCoupling(0.6 / size, "xy"),
        SpinCoupling(-0.5 / size, "zx"),
    ]
    jumps = [CollectiveJump(1 / size, [1]), CollectiveJump(0.5 / size, [1], "dephasing")]
    one = Ensemble(size, polar=1.0, azimuth=0.4, decay=0.2, dephasing=0.1, detuning=0.5)
    return System(one, jumps, drive=[0.4], couplings=spins)


def mixed(size):
    return System(Ensemble(size, polar=0.5), CollectiveJump(1 / size, GENERAL))


def pair(size):
    kinds = {"decay": [1, 0.5j], "pump": [0.3, 0.2], "dephasing": [0.4j, 0.7]}
    half = size // 2
    return System(
        [Ensemble(half, polar=0.5, azimuth=0.2), Ensemble(half, polar=2.0, detuning=0.3)],
        [CollectiveJump(2 / size, kinds), CollectiveJump(1 / size, [1, -1j])],
        drive=[0.2, 0.1j],
        exchange=np.array([[0, 0.6], [0.6, 0]]) / size,
        couplings=SpinCoupling(np.array([[0.6, -1], [0.4, 0]]) / size, "xz"),
    )


def twisting_about_two_axes(size):
    return System(
        Ensemble(size), couplings=[SpinCoupling(1 / size, "xx"), SpinCoupling(-1 / size, "yy")]
    )


CASES = {
    "driven": (driven, 20, 1.0),
    "mixed": (mixed, 20, 1.0),
    "pair": (pair, 16, 2.0),
    "two axes": (twisting_about_two_axes, 20, 1.0),
}


# how wrong it is is what is looked at
@pytest.mark.filterwarnings("ignore:.*little damps this system")
@pytest.mark.parametrize(("build", "size", "floor"), CASES.values(), ids=CASES)
def test_all_terms_against_exact(build, size, floor):
    times = np.linspace(0.5, 2, 3)
    system = build(size)
    ds = twa.solve(system, times, trajectories=12_000, seed=4, moments="second")
    expected = exact.solve(system, times, moments="second")
    names = (*FIRST, "emission", "spin_squared", "spin_covariance", "output")
    agree(ds, {name: expected[name] for name in names if expected[name].size}, size, floor)
    # negative control: without couplings, or with a jump of one kind, it is another System
    values = exact.solve(plain(system), times, moments="second")
    with pytest.raises(AssertionError):
        agree(ds, {name: values[name] for name in FIRST}, size, floor)


def plain(system):
    """A System without couplings, with jumps of one kind."""
    one = [CollectiveJump(jump.rate, [1] * system.sites) for jump in system.jumps]
    return System(system.ensembles, one, system.exchange, system.drive)


def mean_spin_per_emitter(system, solve):
    """<J> of every site over N, and its standard error, as one array."""
    ds = solve(system)
    size = system.emitters
    errors = [ds[f"{name}_stderr"] / size if f"{name}_stderr" in ds else 0 for name in FIRST]
    return np.stack([ds[name] / size for name in FIRST]), np.stack(errors)


# of so few, which is what is asked
@pytest.mark.filterwarnings("ignore:.*little damps this system")
@pytest.mark.filterwarnings("ignore:.*have .J. < 2:UserWarning")
@pytest.mark.filterwarnings("ignore:.*whether their number is even:UserWarning")
@pytest.mark.parametrize(
    ("build", "sizes"),
    [(driven, (8, 16, 32)), (mixed, (8, 16, 32)), (pair, (8, 16, 32)),
     (twisting_about_two_axes, (4, 8, 16))],
    ids=CASES,
)  # fmt: skip
def test_errors_fall_with_the_number_of_emitters(build, sizes):
    """Those of the mean spin per emitter at least as 1/N, nearly as 1/N^2 but for the pair."""

    def slope(judged):
        found = []
        for size in sizes:
            system = build(size)
            values, errors = mean_spin_per_emitter(
                system, lambda s: twa.solve(s, [1.0], trajectories=2_000_000, seed=4)
            )
            right, _ = mean_spin_per_emitter(judged(system), lambda s: exact.solve(s, [1.0]))
            off = values - right
            # the square of a sampled number is too large by its variance
            square = (off**2).sum() - (errors**2).sum()
            found.append((square, 2 * np.sqrt(((off * errors) ** 2).sum())))
        squares, scatter = np.array(found).T
        (steepness, _), covariance = np.polyfit(
            np.log(sizes), np.log(squares) / 2, 1, w=2 * squares / scatter, cov="unscaled"
        )
        return steepness, np.sqrt(covariance[0, 0])

    steepness, error = slope(lambda system: system)
    assert error < 0.15
    assert steepness < -1 + 4 * error
    # negative control: what would fail for another System
    steepness, error = slope(plain)
    assert steepness > -1 + 4 * error


def test_smallest_wineland_squeezing_of_a_thousand():
    ensemble = Ensemble(1000, polar=np.pi / 2, decay=1.0)
    times = np.linspace(0.008, 0.013, 51)

    def expected(times):
        means, covariance = (
            twisting(ensemble, 1.0, times),
            twisting_covariance(ensemble, 1.0, times),
        )
        mean = np.stack([means[name] for name in FIRST], axis=-1)
        across = np.linalg.svd(mean[..., None, :])[2][..., 1:, :]
        smallest = np.linalg.eigvalsh(across @ covariance @ np.swapaxes(across, -1, -2))[..., 0]
        return ensemble.size * smallest / (mean**2).sum(axis=-1)

    best = int(expected(times).argmin())
    assert expected(times)[best] == pytest.approx(0.020899, abs=5e-7)
    system = System(ensemble, couplings=SpinCoupling(1.0))
    ds = twa.solve(system, times[[0, best, -1]], trajectories=100_000, seed=5, moments="second")
    squeezing = observables.wineland_squeezing(ds)
    within(squeezing, expected(times[[0, best, -1]]), squeezing.stderr)
    assert squeezing[1].item() == pytest.approx(0.020899, rel=0.02)
    assert squeezing.stderr[1].item() < 0.01 * 0.020899


@pytest.mark.slow
def test_errors_of_the_steps_fall_by_four():
    errors = [
        twa.step_error(pair(40), [1.0], trajectories=8000, seed=6, steps=steps) for steps in (2, 4)
    ]
    coarse, fine = (np.stack([ds[name] for name in MOMENTS[:4]]) for ds in errors)
    sizes = [np.stack([ds[f"{name}_stderr"] for name in MOMENTS[:4]]) for ds in errors]
    known = np.abs(coarse) > 10 * sizes[0]
    assert known.sum() >= 3
    assert (np.abs(fine) < np.abs(coarse) / 3 + 5 * sizes[1])[known].all()


def test_two_times():
    system = driven(16)
    delays = [0.0, 0.4, 0.8]
    ds = twa.two_time(system, delays, time=1.0, trajectories=20_000, seed=7)
    expected = exact.two_time(system, delays, time=1.0)
    for name in ("first_order", "second_order"):
        scale = float(np.abs(expected[name]).max())
        within(np.abs(ds[name] - expected[name]), 0, ds[f"{name}_stderr"], floor=0.02 * scale)


# -- second moments --------------------------------------------------------------------------------


def test_second_moments_change_nothing_else_and_any_threads_give_the_same_bits():
    system = driven(20)
    few, more, again = (
        twa.solve(system, [0.5], 1000, seed=8, steps=8, moments=moments, threads=threads)
        for moments, threads in (("first", 1), ("second", 1), ("second", 2))
    )
    for name in [*few.data_vars, "spin_covariance"]:
        if name in few and "covariance" not in name:
            np.testing.assert_array_equal(few[name], more[name], err_msg=name)
        np.testing.assert_array_equal(more[name], again[name], err_msg=name)
    assert "spin_covariance" not in few
    assert list(more.moment.values) == [*MOMENTS, *SECOND]
    names = list(MOMENTS)
    np.testing.assert_allclose(
        more.covariance.sel(moment=names, moment_other=names), few.covariance, rtol=1e-9
    )


def test_errors_of_the_covariance():
    """At the start J^x and J^y are Gaussian with variance N / 4."""
    size, count = 100, 20_000
    ds = twa.solve(System(Ensemble(size)), [0.0], count, seed=9, steps=1, moments="second")
    scale = size / 4 / np.sqrt(count)
    error = ds.spin_covariance_stderr[0, 0].values
    np.testing.assert_allclose(np.diagonal(error)[:2], np.sqrt(2) * scale, rtol=0.05)
    assert error[0, 1] == pytest.approx(scale, rel=0.05)
    within(ds.spin_covariance[0, 0, :2, :2], size / 4 * np.eye(2), error[:2, :2])


def test_parts_of_a_run_keep_second_moments():
    plan = twa.plan(mixed(20), [0.5], 4096, seed=1, steps=4, moments="second")
    assert twa.Plan.from_dataset(plan.to_dataset()).identity == plan.identity
    assert plan.identity != twa.plan(mixed(20), [0.5], 4096, seed=1, steps=4).identity
    parts = [twa.run_part(plan, blocks) for blocks in twa.division(4096, 2, 1)]
    whole = twa.solve(mixed(20), [0.5], 4096, seed=1, steps=4, moments="second")
    np.testing.assert_array_equal(twa.gather(plan, parts).spin_covariance, whole.spin_covariance)


# -- steps -----------------------------------------------------------------------------------------


def test_automatic_steps_resolve_the_couplings():
    steps = [
        twa.plan(System(Ensemble(100, polar=1.0), couplings=SpinCoupling(s)), [1.0]).schedule.total
        for s in (0.1, 0.2)
    ]
    # 2 chi |J| t / tolerance, and |omega| besides
    assert 2 * 0.1 * 50 / 0.1 <= steps[0] <= 2 * (2 * 0.1 * 50 / 0.1) + 1
    assert steps[1] == pytest.approx(2 * steps[0], rel=0.05)


def test_a_system_without_them_keeps_its_own_step():
    bare = twa.plan(System(Ensemble(10), CollectiveJump(1.0, [1], "dephasing")), [1.0], steps=20)
    assert bare.couplings is None
    assert bare.step.advance is not twa.plan(driven(10), [1.0], steps=40).step.advance


number = st.floats(-1, 1)


@given(st.lists(number, min_size=24, max_size=24), st.lists(number, min_size=3, max_size=3))
def test_a_turned_system_has_turned_arrays(numbers, vector):
    """Any rotation of all spins; the form is that of H and L in the new axes."""
    turn = Rotation.from_rotvec(vector).as_matrix()
    h = np.array(numbers[:12]).reshape(6, 2) @ np.array(numbers[12:]).reshape(2, 6)
    equation = MasterEquation.of(pair(8))
    turned_h = np.einsum("ab,lbmc,dc->lamd", turn, h.reshape(2, 3, 2, 3), turn)
    back = np.linalg.inv(couplings_vectors())
    c = (
        np.array(numbers).reshape(2, 2, 6)[..., :3]
        + 1j * np.array(numbers).reshape(2, 2, 6)[..., 3:]
    )
    one, other = (
        couplings.cartesian(replace(equation, weights=w @ back, couplings=q), mixed=True)
        for w, q in ((c, h.reshape(2, 3, 2, 3)), (c @ turn.T, turned_h))
    )
    for name in ("form", "lag"):
        expected = np.einsum("ab,lbmc,dc->lamd", turn, getattr(one, name), turn)
        np.testing.assert_allclose(getattr(other, name), expected, atol=1e-12)
    areas = [np.einsum("kla,kmb->lamb", x.area, x.area) for x in (one, other)]
    expected = np.einsum("ab,lbmc,dc->lamd", turn, areas[0], turn)
    np.testing.assert_allclose(areas[1], expected, atol=1e-9)


def couplings_vectors():
    """J^-, J^z, J^+ in terms of J^x, J^y, J^z."""
    return np.array([[1, -1j, 0], [0, 0, 1], [1, 1j, 0]])
