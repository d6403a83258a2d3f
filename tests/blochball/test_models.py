"""The paper's systems by name: each is the master equation it says it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blochball import CollectiveJump, Ensemble, System, exact, models
from tests.blochball.exact.bruteforce import BruteForce

PI = np.pi


def dissipator(rate, x):
    """rate (X rho X^+ - {X^+ X, rho} / 2) on row-stacked density matrices."""
    x = np.asarray(x.todense())
    one, loss = np.eye(len(x)), x.conj().T @ x
    both = np.kron(loss, one) + np.kron(one, loss.T)
    return rate * (np.kron(x, x.conj()) - both / 2)


def commutator(h):
    h = np.asarray(h.todense())
    one = np.eye(len(h))
    return -1j * (np.kron(h, one) - np.kron(one, h.T))


def test_superradiant_laser_is_collective_decay_and_local_pump():
    found = BruteForce(models.superradiant_laser(3, pump=0.7, coupling=1.3))
    expected = dissipator(1.3, found.collective("-", 0))
    expected = expected + sum(dissipator(0.7, found.sigma("+", n)) for n in range(3))
    np.testing.assert_allclose(found.generator.toarray(), expected, atol=1e-14)


def test_superradiant_decay_is_collective_and_local_decay_and_dephasing():
    found = BruteForce(models.superradiant_decay(3, 1.3, decay=0.2, dephasing=0.4))
    expected = dissipator(1.3, found.collective("-", 0))
    for n in range(3):
        expected = expected + dissipator(0.2, found.sigma("-", n))
        expected = expected + dissipator(0.4, found.sigma("z", n))
    np.testing.assert_allclose(found.generator.toarray(), expected, atol=1e-14)


def test_boundary_time_crystal_is_driven_along_x_and_decays_at_coupling_over_size():
    system = models.boundary_time_crystal(3, 1.1, 0.9, decay=0.1, dephasing=0.2, pump=0.3)
    found = BruteForce(system)
    jx = (found.collective("+", 0) + found.collective("-", 0)) / 2
    expected = commutator(1.1 * jx) + dissipator(0.9 / 3, found.collective("-", 0))
    for n in range(3):
        for rate, kind in ((0.1, "-"), (0.2, "z"), (0.3, "+")):
            expected = expected + dissipator(rate, found.sigma(kind, n))
    np.testing.assert_allclose(found.generator.toarray(), expected, atol=1e-14)
    assert system.ensembles[0].polarization == -1


def test_waveguide_chain_is_the_papers_equation_8():
    phase, coupling, drive = 0.8, 1.3, 0.6
    system = models.waveguide_chain(3, 1, phase, pump=0.4, coupling=coupling, drive=drive)
    found = BruteForce(system)
    up = [found.collective("+", l) for l in range(3)]
    down = [found.collective("-", l) for l in range(3)]
    h = sum(
        coupling / 2 * np.sin(phase * abs(k - l)) * up[k] @ down[l]
        for k in range(3)
        for l in range(3)
    )
    wave = np.exp(1j * phase * np.arange(3))
    h = h + drive * sum(w * p + np.conj(w) * m for w, p, m in zip(wave, up, down, strict=True))
    expected = commutator(h)
    # the drive feeds what is called forward here
    for sign in (-1, 1):
        jump = sum(np.exp(sign * 1j * phase * l) * down[l] for l in range(3))
        expected = expected + dissipator(coupling / 2, jump)
    expected = expected + sum(dissipator(0.4, up[l]) for l in range(3))
    np.testing.assert_allclose(found.generator.toarray(), expected, atol=1e-14)
    assert system.channels == ("forward", "backward")


def test_the_drive_of_a_chain_feeds_the_forward_channel():
    # from the ground state, to first order in the drive and in time, J_l^- = -i Omega e^{i phi l}
    # times a site's size: the emission of the chain goes into the channel in phase with it
    drive, t = 1e-3, 1e-3
    found = BruteForce(models.waveguide_chain(4, 1, PI / 2, pump=0.0, drive=drive)).solve([t])
    forward, backward = found["output"][0]
    assert forward == pytest.approx((4 * drive * t) ** 2, rel=0.01)
    assert backward < 1e-3 * forward


def test_without_drive_there_is_none():
    assert models.waveguide_chain(3, 4, 0.1, 1.0).drive is None
    assert models.waveguide_chain(3, 4, 0.1, 1.0, drive=0.5).drive is not None


def test_one_site_of_a_guide_is_the_laser():
    chain = BruteForce(models.waveguide_chain(1, 2, 0.7, 0.5, polar=0.0))
    laser = BruteForce(models.superradiant_laser(2, 0.5))
    np.testing.assert_allclose(chain.generator.toarray(), laser.generator.toarray(), atol=1e-14)


def test_names_and_initial_states():
    assert models.superradiant_laser(5, 1.0).channels == ("cavity",)
    assert models.superradiant_laser(5, 1.0).ensembles[0].polarization == 1
    assert models.superradiant_decay(5).ensembles[0].polarization == 1
    assert models.waveguide_chain(2, 5, 0.0, 1.0).ensembles[1].polarization == -1
    expected = System(Ensemble(5, pump=2.0), CollectiveJump(1.0, [1], name="cavity"))
    assert models.superradiant_laser(5, 2.0) == expected


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: models.superradiant_laser(0, 1.0), "Ensemble: size must be"),
        (lambda: models.superradiant_laser(5, -1.0), "Ensemble: pump must be"),
        (lambda: models.superradiant_decay(5, -1.0), "decay: coupling must be"),
        (lambda: models.superradiant_decay(5, decay=np.nan), "Ensemble: decay must be"),
        (lambda: models.boundary_time_crystal(5, 1.0, -1.0), "crystal: coupling must be"),
        (lambda: models.boundary_time_crystal(5, np.inf, 1.0), "crystal: drive must be"),
        (lambda: models.waveguide_chain(0, 5, 0.1, 1.0), "chain: sites must be"),
        (lambda: models.waveguide_chain(2, 5, np.nan, 1.0), "chain: phase must be"),
        (lambda: models.waveguide_chain(2, 5, 0.1, 1.0, coupling=-1), "chain: coupling must be"),
        (lambda: models.waveguide_chain(2, 5, 0.1, 1.0, drive=np.inf), "chain: drive must be"),
    ],
)
def test_refusals_name_the_argument(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# -- beyond the paper ------------------------------------------------------------------------------


def test_a_chiral_waveguide_with_equal_rates_is_the_waveguide():
    chiral = models.chiral_waveguide(3, 2, 0.8, 0.65, 0.65, pump=0.4, drive=0.6)
    chain = models.waveguide_chain(3, 2, 0.8, pump=0.4, coupling=1.3, drive=0.6)
    np.testing.assert_allclose(chiral.exchange_matrix, chain.exchange_matrix, atol=1e-15)
    for one, other in zip(chiral.jumps, chain.jumps, strict=True):
        assert (one.rate, one.name) == (other.rate, other.name)
        np.testing.assert_allclose(one.weights, other.weights, atol=1e-15)
    np.testing.assert_array_equal(chiral.drive_vector, chain.drive_vector)


def test_a_chiral_waveguide_is_the_master_equation_of_pichler_and_others():
    phase, forward, backward = 0.8, 1.3, 0.4
    shifts = [0.3, -0.2, 0.5]
    system = models.chiral_waveguide(3, 1, phase, forward, backward, detunings=shifts)
    found = BruteForce(system)
    up = [found.collective("+", l) for l in range(3)]
    down = [found.collective("-", l) for l in range(3)]
    # Eqs. (4) to (6) there: H_R sums over j > l, H_L over j < l
    half = {
        sign: sum(
            np.exp(1j * phase * abs(j - l)) * up[j] @ down[l]
            for j in range(3)
            for l in range(3)
            if sign * (j - l) > 0
        )
        for sign in (1, -1)
    }
    h = sum(
        -0.5j * rate * (half[sign] - half[sign].conj().T)
        for rate, sign in ((forward, 1), (backward, -1))
    )
    h = h + sum(d * (up[l] @ down[l] - down[l] @ up[l]) / 2 for l, d in enumerate(shifts))
    expected = commutator(h)
    for rate, sign in ((forward, -1), (backward, 1)):
        jump = sum(np.exp(sign * 1j * phase * l) * down[l] for l in range(3))
        expected = expected + dissipator(rate, jump)
    np.testing.assert_allclose(found.generator.toarray(), expected, atol=1e-14)


@pytest.mark.parametrize("backward", [0.0, 0.3])
def test_only_a_cascade_does_not_feel_what_is_behind_it(backward):
    options = {"phase": 0.7, "forward": 1.0, "backward": backward, "pump": 0.8}
    alone = BruteForce(models.chiral_waveguide(1, 2, **options)).solve([1.5])
    first = BruteForce(models.chiral_waveguide(2, 2, **options)).solve([1.5])
    change = abs(first["inversion"][0, 0] - alone["inversion"][0, 0])
    assert change < 1e-10 if backward == 0 else change > 1e-3


def test_a_ring_is_two_counter_propagating_modes():
    coupling, drive = 1.3, 0.6
    found = BruteForce(models.ring(3, 1, winding=-2, pump=0.4, coupling=coupling, drive=drive))
    up = [found.collective("+", l) for l in range(3)]
    wave = np.exp(2j * PI * -2 * np.arange(3) / 3)
    forward = sum(w.conj() * p.conj().T for w, p in zip(wave, up, strict=True))
    backward = sum(w * p.conj().T for w, p in zip(wave, up, strict=True))
    expected = commutator(drive * (forward + forward.conj().T))
    expected = expected + dissipator(coupling / 2, forward) + dissipator(coupling / 2, backward)
    expected = expected + sum(dissipator(0.4, p) for p in up)
    np.testing.assert_allclose(found.generator.toarray(), expected, atol=1e-14)


def test_a_ring_without_winding_is_one_large_laser():
    ring = exact.solve(models.ring(3, 2, 0, pump=1.5, polar=0.0), [0.2, 1.0])
    laser = exact.solve(models.superradiant_laser(6, pump=1.5), [0.2, 1.0])
    np.testing.assert_allclose(ring.inversion.sum("site"), laser.inversion.isel(site=0), atol=1e-8)
    # many windings are as good as their remainder
    many = models.ring(3, 2, 3 * 10**5 + 1, pump=1.5)
    assert many == models.ring(3, 2, 1, pump=1.5)


@pytest.mark.parametrize("local", [0.0, 0.3])
def test_a_thermal_bath_with_local_baths_as_hot_leads_to_a_product_state(local):
    size, thermal = 6, 0.7
    bath = models.thermal_bath(size, thermal, coupling=1.2, local=local)
    assert bath.channels == ("emission", "absorption")
    late = exact.solve(bath, [60.0])
    product = size * thermal / (2 * thermal + 1)
    off = abs(late.emission.item() - product)
    # collective alone, from the ground state: Boltzmann's law among the N + 1 states of J = N/2
    ratio = (thermal / (thermal + 1)) ** np.arange(size + 1)
    m = np.arange(size + 1) - size / 2
    symmetric = ratio / ratio.sum() @ ((size / 2 + m) * (size / 2 - m + 1))
    if local:
        assert off < 1e-6
    else:
        np.testing.assert_allclose(late.emission.item(), symmetric, rtol=1e-6)
        assert off > 0.1


CHARACTERISTIC = {
    "gaussian": lambda x: np.exp(-(x**2) / 2),
    "lorentzian": lambda x: np.exp(-x),
    "box": lambda x: np.sinc(x / PI),
}


@pytest.mark.parametrize(("line", "order"), [("gaussian", 2), ("lorentzian", 1), ("box", 2)])
def test_free_decay_of_a_broadened_line_is_its_characteristic_function(line, order):
    width, times = 2.0, np.linspace(0, 1, 41)
    number = np.array([12, 25, 50, 100])
    errors = []
    for classes in number:
        system = models.broadened(10**6, width, classes, line, coupling=0.0, polar=PI / 2)
        share = system.column("size") / 1e6
        turned = share @ np.exp(1j * np.outer(system.column("detuning"), times))
        errors.append(abs(turned - CHARACTERISTIC[line](width * times)).max())
    slope = np.polyfit(np.log(number), np.log(errors), 1)[0]
    assert slope == pytest.approx(-order, abs=0.25)
    # a line of half the width is another line
    assert abs(turned - CHARACTERISTIC[line](width / 2 * times)).max() > 5 * errors[-1]


@given(size=st.integers(1, 10**5), data=st.data())
def test_every_class_holds_an_emitter_and_all_hold_all(size, data):
    classes = data.draw(st.integers(1, min(size, 300)))
    system = models.broadened(size, 1.5, classes, "lorentzian")
    counts = system.column("size")
    assert counts.sum() == size
    assert counts.min() >= 1
    detunings = system.column("detuning")
    assert (np.diff(detunings) > 0).all()
    # symmetric, to one emitter that cannot be halved
    assert abs(counts - counts[::-1]).max() <= 1
    assert abs(detunings[classes // 2]) <= abs(detunings).max()


def test_a_line_without_width_is_the_laser():
    system = models.broadened(6, 0.0, 3, pump=2.0, polar=0.4)
    found = exact.solve(system, [0.5])
    laser = exact.solve(models.superradiant_laser(6, 2.0, polar=0.4), [0.5])
    np.testing.assert_allclose(found.output.item(), laser.output.item(), rtol=1e-7)


def test_a_line_may_be_a_function():
    given_line = models.broadened(1000, 2.0, 10, lambda p: 2 * p - 1)
    assert given_line == models.broadened(1000, 2.0, 10, "box")
    assert given_line != models.broadened(1000, 2.0, 10)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: models.chiral_waveguide(2, 1, 0.0, -1.0, 1.0), "waveguide: forward must be"),
        (lambda: models.chiral_waveguide(2, 1, 0.0, 1.0, np.nan), "waveguide: backward must be"),
        (lambda: models.chiral_waveguide(2, 1, 0.0, 1.0, 1.0, detunings=[1.0]), "detunings must"),
        (lambda: models.ring(0, 1, 1, 1.0), "ring: sites must be"),
        (lambda: models.ring(2, 1, 1, 1.0, coupling=-1.0), "ring: coupling must be"),
        (lambda: models.thermal_bath(2, -0.1), "thermal_bath: thermal must be"),
        (lambda: models.thermal_bath(2, 0.1, local=-1.0), "thermal_bath: local must be"),
        (lambda: models.broadened(3, 1.0, 4), "broadened: classes must be"),
        (lambda: models.broadened(3, -1.0, 2), "broadened: width must be"),
        (lambda: models.broadened(3, 1.0, 2, "voigt"), "line must be one of gaussian"),
        (lambda: models.broadened(3, 1.0, 2, lambda p: p[:1]), "line must be the name of"),
        (lambda: models.broadened(3, 1.0, 2, lambda p: p / 0), "line must be the name of"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_refusals_of_further_models_name_the_argument(make, message):
    with pytest.raises(ValueError, match=message):
        make()


RATES = {"decay": 0.1, "dephasing": 0.2, "pump": 0.3}


def components(found):
    up, down = found.collective("+", 0), found.collective("-", 0)
    return (up + down) / 2, (up - down) / 2j, found.collective("z", 0)


def lost(found):
    """What local RATES of three emitters add to the generator."""
    kinds = {"decay": "-", "dephasing": "z", "pump": "+"}
    return sum(
        dissipator(rate, found.sigma(kinds[name], n))
        for name, rate in RATES.items()
        for n in range(3)
    )


def test_one_axis_twisting_turns_by_the_square_of_z():
    system = models.one_axis_twisting(3, 0.7, **RATES)
    found = BruteForce(system)
    _, _, z = components(found)
    expected = commutator(0.7 * z @ z) + lost(found)
    np.testing.assert_allclose(found.generator.toarray(), expected, atol=1e-14)
    assert system.ensembles[0].polar == PI / 2


def test_two_axis_twisting_creates_pairs():
    found = BruteForce(models.two_axis_twisting(3, 0.7, **RATES))
    up, down = found.collective("+", 0), found.collective("-", 0)
    # as Kitagawa and Ueda write it
    expected = commutator(0.7 * (up @ up - down @ down) / 2j) + lost(found)
    np.testing.assert_allclose(found.generator.toarray(), expected, atol=1e-14)


def test_lipkin_meshkov_glick():
    system = models.lipkin_meshkov_glick(3, 0.7, along_x=1.2, along_y=-0.4, **RATES)
    found = BruteForce(system)
    x, y, z = components(found)
    expected = commutator(-(1.2 * x @ x - 0.4 * y @ y) / 3 - 0.7 * z) + lost(found)
    np.testing.assert_allclose(found.generator.toarray(), expected, atol=1e-14)
    assert system.ensembles[0].polarization == 1
    # the symmetric model keeps its J^z
    even = models.lipkin_meshkov_glick(6, 0.7, along_x=1.2, along_y=1.2)
    np.testing.assert_allclose(exact.solve(even, [1.0]).inversion, 3, atol=1e-8)
