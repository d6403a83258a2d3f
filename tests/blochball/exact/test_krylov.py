"""Matrix exponentials on Krylov spaces against dense ones: stiff, long, small and reducible."""

import numpy as np
import pytest
from scipy.linalg import block_diag, expm

from blochball import CollectiveJump, Ensemble, System, exact, models
from blochball.exact import krylov


def classical(rng, size, decades):
    """The generator of a classical jump process: stable, stiff, and not normal."""
    rates = 10.0 ** rng.uniform(-decades, decades, (size, size))
    rates *= rng.random((size, size)) < 0.6
    np.fill_diagonal(rates, 0)
    return rates - np.diag(rates.sum(axis=0))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("apart", [0, 60], ids=["whole space", "a part of it"])
@pytest.mark.parametrize("size", [1, 2, 6, 29, 31, 40])
def test_states_are_those_of_the_dense_exponential(size, apart, seed):
    # a start in a part of the space, which is exhausted before the basis is full
    rng = np.random.default_rng([seed, size])
    matrix = block_diag(classical(rng, size, 1.5), classical(rng, apart, 1.5))
    start = np.zeros(size + apart)
    start[:size] = rng.dirichlet(np.ones(size))
    fastest = max(abs(matrix).max(), 1.0)
    times = np.array([0.1, 3.0, 100.0, 3000.0]) / fastest
    found = np.concatenate(list(krylov.propagate(matrix.__matmul__, start, times, 1e-9)))
    expected = np.array([expm(matrix * t) @ start for t in times])
    assert np.abs(found - expected).sum(axis=1).max() < 1e-8


def test_small_spaces_take_few_products():
    rng = np.random.default_rng(0)
    matrix, products = classical(rng, 6, 1.5), []

    def product(vector):
        products.append(1)
        return matrix @ vector

    end = np.array([1e6 / abs(matrix).max()])
    list(krylov.propagate(product, np.eye(6)[0], end, 1e-9))
    assert len(products) < 500


def test_a_space_that_is_exhausted_early_does_not_blow_up():
    # six unknowns, of which the start reaches three: -3e45 once
    rates = {"decay": 16.234279228554918, "dephasing": 486.25657769513026}
    pump = 0.5505396284379074
    emitter = Ensemble(1, **rates, pump=pump, detuning=-0.29201811612130457, polar=np.pi)
    system = System([emitter] * 2, exchange=np.full((2, 2), 0.55959609))
    ds = exact.solve(system, [1.0, 30.0, 1e4], "liouvillian")
    final = (pump - rates["decay"]) / (pump + rates["decay"]) / 2
    np.testing.assert_allclose(ds.inversion[1:], final, atol=1e-8)
    assert ds.steps < 1000


DOMAINS = System([Ensemble(5, polar=np.pi), Ensemble(15)], CollectiveJump(1.0, [1, 1]))


def test_a_state_that_no_longer_moves_costs_nothing(monkeypatch):
    products = []
    arnoldi = krylov.arnoldi
    monkeypatch.setattr(krylov, "arnoldi", lambda *a: products.append(1) or arnoldi(*a))
    ds = exact.solve(DOMAINS, [6.0, 1e6], "liouvillian")
    # 6535 for t = 1e4 without
    assert len(products) < 50
    # what is left depends on the start: it is dark, in sectors of the total J
    assert abs(ds.output[1, 0]) < 1e-9
    np.testing.assert_allclose(ds.inversion[0], ds.inversion[1], atol=1e-8)


@pytest.mark.parametrize("rate", [1e-3, 1e-7])
def test_what_moves_slowly_still_moves(rate):
    # dark states of two domains decay by themselves, a thousand times slower and more
    pair = [Ensemble(1, polar=np.pi, decay=rate), Ensemble(1, decay=rate)]
    ds = exact.solve(System(pair, CollectiveJump(1.0, [1, 1])), [3 / rate], "liouvillian")
    # half of the start is in the singlet, of one excitation
    excited = float(ds.inversion.sum()) + 1
    assert excited == pytest.approx(0.5 * np.exp(-3.0), abs=1e-7)


def test_what_is_slower_than_rounding_shows_is_warned_about():
    with pytest.warns(UserWarning, match="of changes slower than 1e-16 of the fastest rate, up to"):
        exact.solve(DOMAINS, [1e12], "liouvillian")


SLOW = System([Ensemble(2, polar=np.pi, pump=1e-5), Ensemble(4)], CollectiveJump(1.0, [1, 1]))


def test_what_moves_slowly_for_long_costs_one_exponential(monkeypatch):
    products = []
    arnoldi = krylov.arnoldi
    monkeypatch.setattr(krylov, "arnoldi", lambda *a: products.append(1) or arnoldi(*a))
    ds = exact.solve(SLOW, [1e4, 1e5, 1e7], "liouvillian")
    assert ds.attrs["unknowns"] > krylov.BASIS
    assert len(products) == krylov.PATIENCE + 1
    # the negative control: the pump fills the dark states in a time of 1e5
    assert abs(ds.inversion[1] - ds.inversion[0]).max() > 0.1
    # by a factorisation, and by small spaces
    last = exact.steady_state(SLOW)
    np.testing.assert_allclose(ds.inversion[2], last.inversion[0], atol=1e-7)
    monkeypatch.setattr(krylov, "WHOLE", 0)
    soon = exact.solve(SLOW, [1e4], "liouvillian").inversion
    monkeypatch.setattr(krylov, "WHOLE", 400)
    monkeypatch.setattr(krylov, "PATIENCE", 3)
    found = exact.solve(SLOW, [1e4], "liouvillian").inversion
    np.testing.assert_allclose(found, soon, atol=1e-9)


def test_rounding_of_long_times_is_warned_about():
    with pytest.warns(UserWarning, match=r"rounding over 4e\+11 .* may change .* of the state"):
        exact.solve(SLOW, [1e10], "liouvillian")


def test_what_has_decayed_is_not_missed():
    """A correlation that has died out leaves rounding only, of which no warning is needed."""
    ds = exact.two_time(models.superradiant_laser(10, 2.5), [0.0, 20.0, 200.0])
    assert abs(ds.first_order[-1]) < 1e-9
