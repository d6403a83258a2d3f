"""Functions on the sphere: against closed formulas, QuTiP, sum rules, and theory beside theory."""

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from blochball import CollectiveJump, Ensemble, System, exact, models, pictures, twa
from blochball.exact.state import State

POLAR, AZIMUTH = np.linspace(0, np.pi, 25), np.linspace(0, 2 * np.pi, 24, endpoint=False)


def coherent(size, polar=0.0, azimuth=0.0):
    (state,) = exact.liouvillian.states(System(Ensemble(size, polar=polar, azimuth=azimuth)), [0.0])
    return state


def cosine_to(polar, azimuth):
    """Cosine of the angle to a direction, on the grid."""
    t, p = np.meshgrid(POLAR, AZIMUTH, indexing="ij")
    return np.cos(t) * np.cos(polar) + np.sin(t) * np.sin(polar) * np.cos(p - azimuth)


def integral(function):
    """Exact for harmonics up to the order of the grid: Gauss-Legendre in cos(polar)."""
    node, weight = np.polynomial.legendre.leggauss(160)
    phi = np.linspace(0, 2 * np.pi, 320, endpoint=False)
    values = function(np.arccos(node), phi)
    return float(weight @ values.mean(axis=1) * 2 * np.pi)


def random_state(size, seed):
    """A density matrix in J = N/2 and J = N/2 - 1."""
    rng = np.random.default_rng(seed)
    blocks = []
    for length in (size + 1, size - 1):
        a = rng.normal(size=(length, length)) + 1j * rng.normal(size=(length, length))
        blocks.append(a @ a.conj().T)
    trace = sum(np.trace(block).real for block in blocks)
    blocks = [block / trace for block in blocks]
    return State.from_blocks(size, blocks), blocks


@pytest.mark.parametrize("size", [1, 2, 25, 300])
def test_husimi_function_of_a_coherent_state(size):
    found = pictures.husimi_function(coherent(size, 1.1, 0.6), POLAR, AZIMUTH)
    expected = (size + 1) / (4 * np.pi) * ((1 + cosine_to(1.1, 0.6)) / 2) ** size
    np.testing.assert_allclose(found, expected, atol=1e-9 * size)


@pytest.mark.parametrize("size", [1, 20, 200])
def test_wigner_function_of_a_coherent_state_depends_on_the_angle_to_it_alone(size):
    found = pictures.wigner_function(coherent(size, 1.1, 0.6), POLAR, AZIMUTH)
    pole = coherent(size)
    angle = np.arccos(np.clip(cosine_to(1.1, 0.6), -1, 1))
    expected = pictures.wigner_function(pole, angle.ravel(), [0.0]).values.reshape(angle.shape)
    np.testing.assert_allclose(found, expected, atol=1e-9 * size)
    if size == 1:
        np.testing.assert_allclose(
            expected, (1 + np.sqrt(3) * np.cos(angle)) / (4 * np.pi), atol=1e-12
        )
    if size == 200:
        # a Gaussian with half of the variance of the Husimi function, to O(1/N)
        peak = (size + 1) / (2 * np.pi)
        gauss = peak * np.exp(-size * (1 - np.cos(angle)))
        assert abs(expected - gauss).max() < 5 / size * peak


@settings(max_examples=10)
@given(size=st.integers(3, 12), seed=st.integers(0, 1000))
def test_both_are_those_of_qutip_sector_by_sector(size, seed):
    state, blocks = random_state(size, seed)
    polar = np.linspace(0.1, 3.0, 7)
    husimi, wigner = 0.0, 0.0
    for block in blocks:
        # QuTiP leaves out factors of the dimension
        scale = len(block) / (4 * np.pi)
        rho = qutip.Qobj(block)
        husimi = husimi + scale * qutip.spin_q_function(rho, polar, AZIMUTH)[0].T
        wigner = wigner + np.sqrt(scale) * qutip.spin_wigner(rho, polar, AZIMUTH)[0].T.real
    np.testing.assert_allclose(pictures.husimi_function(state, polar, AZIMUTH), husimi, atol=1e-12)
    np.testing.assert_allclose(pictures.wigner_function(state, polar, AZIMUTH), wigner, atol=1e-10)


@pytest.mark.parametrize("size", [3, 60, 120])
def test_integrals_are_traces(size):
    state, _ = random_state(size, 1)
    for function in (pictures.husimi_function, pictures.wigner_function):
        total = integral(lambda t, p, f=function: f(state, t, p).values)
        assert total == pytest.approx(1, abs=1e-10)
    # the square of one sector's Wigner function: its purity; Dicke states of large J are negative
    pure = np.zeros((size + 1, size + 1))
    pure[size // 2, size // 2] = 1
    dicke = State.from_blocks(size, [pure])
    square = integral(lambda t, p: pictures.wigner_function(dicke, t, p).values ** 2)
    assert square == pytest.approx((size + 1) / (4 * np.pi), rel=1e-9)
    assert pictures.wigner_function(dicke, POLAR, [0.0]).min() < -0.01


def test_a_mixed_state_has_no_direction():
    hot = exact.liouvillian.stationary(models.thermal_bath(6, thermal=1e6, local=1e-6))
    for function in (pictures.husimi_function, pictures.wigner_function):
        np.testing.assert_allclose(function(hot, POLAR, AZIMUTH), 1 / (4 * np.pi), rtol=1e-4)


def test_one_of_several_ensembles_is_what_is_left_of_it():
    both = System(
        [Ensemble(3, polar=0.4, decay=0.3), Ensemble(2, polar=2.0, azimuth=1.0, pump=0.2)]
    )
    (state,) = exact.liouvillian.states(both, [0.7])
    for site, ensemble in enumerate(both.ensembles):
        (alone,) = exact.liouvillian.states(System(ensemble), [0.7])
        found = pictures.wigner_function(state, POLAR, AZIMUTH, site)
        expected = pictures.wigner_function(alone, POLAR, AZIMUTH)
        np.testing.assert_allclose(found, expected, atol=1e-8)


def test_trajectories_have_the_husimi_function_of_the_exact_state():
    size = 40
    jump = CollectiveJump(1 / size, [1])
    system = System(Ensemble(size, polar=1.2, dephasing=0.05), jump, drive=[0.4])
    times = [0.0, 2.0]
    states = exact.liouvillian.states(system, times)
    paths = twa.trajectories(system, times, trajectories=4000, seed=3)
    for time, state in zip(times, states, strict=True):
        expected = pictures.husimi_function(state, POLAR, AZIMUTH)
        batches = [
            pictures.husimi_function(
                paths.sel(time=time).isel(trajectory=slice(k, None, 8)), POLAR, AZIMUTH
            ).values
            for k in range(8)
        ]
        mean, error = np.mean(batches, axis=0), np.std(batches, axis=0, ddof=1) / np.sqrt(8)
        # the kernel is right to O(1/N)
        allowed = 5 * error + 1.5 / size * float(expected.max())
        assert (abs(mean - expected) < allowed).all()
        # the Wigner function is no such thing: it is sharper
        sharper = pictures.wigner_function(paths.sel(time=time), POLAR, AZIMUTH)
        assert (abs(sharper - expected) > allowed).any()


def test_densities_of_trajectories_are_normalised():
    paths = twa.trajectories(System(Ensemble(10, polar=1.2)), [0.0], trajectories=50, seed=3)
    for function in (pictures.husimi_function, pictures.wigner_function):
        total = integral(lambda t, p, f=function: f(paths.sel(time=0.0), t, p).values)
        assert total == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("name", ["husimi", "wigner"])
@pytest.mark.parametrize("view", [None, (np.pi / 2, 0.0), (0.3, -2.0)])
def test_the_drawing_shows_the_state_where_it_is(name, view):
    ax = Figure().subplots()
    polar, azimuth = 1.0, 0.5
    assert getattr(pictures, name)(coherent(60, polar, azimuth), ax, view=view) is ax
    (image,) = ax.images
    row, column = np.unravel_index(np.argmax(image.get_array()), image.get_array().shape)
    theta, phi = (np.pi / 2 - np.pi / 9, azimuth) if view is None else view
    expected = (
        np.sin(polar) * np.sin(azimuth - phi),
        np.sin(theta) * np.cos(polar) - np.cos(theta) * np.sin(polar) * np.cos(azimuth - phi),
    )
    place = np.linspace(-1, 1, 400)
    np.testing.assert_allclose((place[column], place[row]), expected, atol=0.03)
    # seen along an axis only the two others have labels
    labels = {text.get_text() for text in ax.texts}
    if view == (np.pi / 2, 0.0):
        assert labels == {"$J_y$", "$J_z$"}


def test_options_are_those_of_matplotlib():
    ax = Figure().subplots()
    pictures.husimi(coherent(5, 1.0), ax, vmax=2.0, cmap="viridis")
    assert ax.images[0].get_clim() == (0.0, 2.0)
    assert ax.images[0].get_cmap().name == "viridis"


def test_bad_arguments_are_named():
    state = coherent(3)
    paths = twa.trajectories(System(Ensemble(3)), [0.0, 1.0], trajectories=10, steps=2)
    refused = {
        "source must be a State": lambda: pictures.husimi_function(3, [0.0], [0.0]),
        "polar must be": lambda: pictures.husimi_function(state, [[0.0]], [0.0]),
        "azimuth must be": lambda: pictures.wigner_function(state, [0.0], ["x"]),
        "site must be": lambda: pictures.wigner_function(state, [0.0], [0.0], site=1),
        "source must be at one time": lambda: pictures.husimi_function(paths, [0.0], [0.0]),
        "source must hold single": lambda: pictures.husimi_function(
            exact.solve(System(Ensemble(3)), [0.0]), [0.0], [0.0]
        ),
        r"pictures\.wigner: source must be a State": lambda: pictures.wigner(
            3, Figure().subplots()
        ),
        "view must be two": lambda: pictures.husimi(state, Figure().subplots(), view=(np.nan, 0.0)),
    }
    for message, call in refused.items():
        with pytest.raises((TypeError, ValueError), match=message):
            call()
