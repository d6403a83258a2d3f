"""The paper's systems by name: each is the master equation it says it is."""

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, System, models
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
