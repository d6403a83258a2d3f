"""Sequences of pulses: Ramsey fringes and echoes, whose signals are known."""

from math import pi

import numpy as np
import pytest

from blochball import Ensemble, System, cumulants, exact, models, twa

GAMMA = 0.1


def atoms(*detunings, size=6, dephasing=GAMMA):
    return System([Ensemble(size, detuning=d, dephasing=dephasing, polar=pi) for d in detunings])


@pytest.mark.parametrize("phase", [0.0, 0.7, pi / 2])
def test_a_ramsey_fringe(phase):
    time, detuning = 0.8, 2.3
    after = [time + 0.1]  # nothing changes J^z any more
    protocol = models.ramsey(atoms(detuning), time, phase)
    found = exact.solve(protocol, [time, *after])
    expected = 3 * np.cos(detuning * time - phase) * np.exp(-2 * GAMMA * time)
    # at the time of the second pulse it has not been yet
    np.testing.assert_allclose(found.inversion[:, 0], [0, expected], atol=1e-7)
    assert cumulants.solve(protocol, after).inversion.item() == pytest.approx(expected, abs=1e-6)
    ds = twa.solve(protocol, after, 4000, seed=1)
    assert abs(ds.inversion.item() - expected) < 5 * ds.inversion_stderr.item()


@pytest.mark.parametrize("pulses", [1, 2, 3])
def test_echoes_undo_detunings_and_no_dephasing(pulses):
    time = 0.4
    system = atoms(-3.0, 5.0, size=4)
    times = time * np.arange(1, 2 * pulses + 1)
    ds = exact.solve(models.spin_echo(system, time, pulses), times)
    echoes = -2 * np.exp(-2 * GAMMA * times[1::2])
    np.testing.assert_allclose(ds.spin_x[1::2], np.stack([echoes, echoes], axis=1), atol=1e-6)
    np.testing.assert_allclose(ds.spin_y[1::2], 0, atol=1e-6)
    # at the first pulse the sites have parted
    assert abs(ds.spin_y[0, 0] - ds.spin_y[0, 1]) > 2
    # negative control: without the last pulse there is no last echo
    if pulses > 1:
        fewer = exact.solve(models.spin_echo(system, time, pulses - 1), times[-1:])
        assert abs(fewer.spin_x - ds.spin_x[-1:]).max() > 0.5


REFUSED = {
    "ramsey: system must be a System": lambda: models.ramsey(3, 1.0),
    "ramsey: time must be a finite real number >= 0": lambda: models.ramsey(atoms(0.0), -1.0),
    "ramsey: time must be > 0": lambda: models.ramsey(atoms(0.0), 0.0),
    "ramsey: phase must be": lambda: models.ramsey(atoms(0.0), 1.0, "x"),
    "spin_echo: system must be a System, got a Protocol": lambda: models.spin_echo(
        models.ramsey(atoms(0.0), 1.0), 1.0
    ),
    "spin_echo: time must be > 0": lambda: models.spin_echo(atoms(0.0), 0),
    "spin_echo: pulses must be an integer >= 1": lambda: models.spin_echo(atoms(0.0), 1.0, 0),
}


@pytest.mark.parametrize("message", REFUSED)
def test_refusals_name_the_argument(message):
    with pytest.raises((TypeError, ValueError), match=message):
        REFUSED[message]()
