"""The density matrix under a Protocol: pulses, ramps and jumps, against 2^n and closed forms."""

from math import pi

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from blochball import (
    CollectiveJump,
    Ensemble,
    Protocol,
    Rotation,
    SpinCoupling,
    System,
    exact,
    models,
)
from tests.blochball.exact.bruteforce import BruteForce

TIMES = np.array([0.0, 0.3, 0.7, 1.0, 1.3])


def system(pump=0.2, drive=0.3, weight=0.5j, twist=0.4, detuning=0.5):
    return System(
        [Ensemble(2, decay=0.3, pump=pump, polar=1.0), Ensemble(1, detuning=detuning, polar=0.4)],
        CollectiveJump(0.3, [1, weight]),
        drive=[drive, 0],
        couplings=SpinCoupling(twist, "zz"),
    )


def brute(protocol, times):
    """Every variable, with the generator of each instant, emitter by emitter."""
    found, now = [], 0.0
    one = BruteForce(protocol.initial)
    state = one.initial.ravel().astype(complex)

    def slope(t, y):
        return BruteForce(piece.at(t)).generator @ y

    for piece in protocol.pieces:
        if piece.start == 0 and times[0] == 0:
            found.append(state)
        for pulse in piece.rotations:
            turned = BruteForce(System([Ensemble(e.size) for e in protocol.initial.ensembles]))
            axes = [
                sum(n * turned.spin(a, l) for n, a in zip(pulse.axis, "xyz", strict=True))
                for l in (range(protocol.sites) if pulse.sites is None else pulse.sites)
            ]
            values, vectors = np.linalg.eigh(sum(axes).todense())
            u = vectors @ np.diag(np.exp(-1j * pulse.angle * values)) @ vectors.conj().T
            rho = state.reshape(one.states, -1)
            state = np.asarray(u @ rho @ u.conj().T).ravel()
        inside = times[(times > piece.start) & (times <= piece.stop)]
        stop = min(piece.stop, times[-1])
        outputs = np.unique([*inside, stop])
        ends = solve_ivp(
            slope, (piece.start, stop), state, "DOP853", outputs, rtol=1e-9, atol=1e-11
        )
        found += [y for t, y in zip(outputs, ends.y.T, strict=True) if t in inside]
        state, now = ends.y[:, -1], stop
        if now >= times[-1]:
            break
    values = [
        BruteForce(protocol.at(t)).expectations([y.reshape(one.states, -1)])
        for t, y in zip(times, found, strict=True)
    ]
    return {name: np.concatenate([value[name] for value in values]) for name in values[0]}


PROTOCOLS = {
    "ramp": [(0, system()), (1.2, system(1.5, -0.4, 0.5j, -0.8, 2.0))],
    "weights": [
        (0, system()),
        (0.7, system(weight=-1.0)),
        (0.7, system(weight=0.2)),
        (2, system()),
    ],
    "pulses": [
        (0, system()),
        Rotation(1.1, [1, 2, -1]),
        (0.5, system(drive=0.9)),
        (1.0, system(drive=0.9)),
        Rotation(-0.7, "y", sites=[1]),
        Rotation(0.4, "z"),
    ],
}


@pytest.mark.parametrize("entries", PROTOCOLS.values(), ids=PROTOCOLS)
def test_every_number_in_time_against_brute_force(entries):
    protocol = Protocol(entries)
    ds = exact.solve(protocol, TIMES, correlations=TIMES)
    assert Protocol.from_json(ds.attrs["protocol"]) == protocol
    for name, value in brute(protocol, TIMES).items():
        if name in ds:
            np.testing.assert_allclose(ds[name], value, atol=1e-7, err_msg=name)
    # negative control: the same without time
    still = exact.solve(protocol.initial, TIMES)
    assert np.abs(still.spin_y - ds.spin_y).max() > 0.02


def test_a_protocol_that_does_not_change_is_its_system():
    one = exact.solve(system(), TIMES, "liouvillian", moments="second")
    ds = exact.solve(Protocol([(0, system()), (0.4, system())]), TIMES, moments="second")
    for name in one:
        np.testing.assert_allclose(ds[name], one[name], atol=1e-8, err_msg=name)


@pytest.mark.parametrize("detuning", [0.0, 1.7])
def test_spin_echo(detuning):
    """A pulse about x at T undoes the detuning at 2 T, and no dephasing: e^(-4 g T)."""
    size, g, wait = 20, 0.1, 0.8
    ensemble = Ensemble(size, dephasing=g, detuning=detuning, polar=pi / 2)
    precessing = System(ensemble)
    echo = Protocol([(0, precessing), (wait, precessing), Rotation(pi, "x")])
    ds = exact.solve(echo, [2 * wait])
    expected = size / 2 * np.exp(-4 * g * wait)
    assert ds.spin_x.item() == pytest.approx(expected, abs=1e-7)
    assert ds.spin_y.item() == pytest.approx(0, abs=1e-7)
    # negative control: no pulse
    plain = exact.solve(precessing, [2 * wait]).spin_x.item()
    assert plain == pytest.approx(expected * np.cos(2 * detuning * wait), abs=1e-7)


@pytest.mark.parametrize("axis", ["x", "y", "z", (1.0, -2.0, 0.5)])
def test_a_pulse_turns_bloch_vectors_by_its_matrix(axis):
    still = System(Ensemble(5, polar=0.7, azimuth=0.3))
    pulse = Rotation(0.9, axis)
    before, after = (
        np.array([ds[name].item() for name in ("spin_x", "spin_y", "inversion")])
        for ds in (exact.solve(still, [0.1]), exact.solve(Protocol([(0, still), pulse]), [0.1]))
    )
    np.testing.assert_allclose(after, pulse.matrix @ before, atol=1e-8)


def test_what_is_recorded_at_a_pulse_precedes_it():
    still = System(Ensemble(4, polar=0.0))
    ds = exact.solve(Protocol([(0, still), (1, still), Rotation(pi, "x")]), [1.0, 1.1])
    np.testing.assert_allclose(ds.inversion[:, 0], [2, -2], atol=1e-8)


def test_a_ramp_of_the_phase_of_a_chain():
    one, other = (models.waveguide_chain(2, 1, phase, 0.3) for phase in (0.4, 1.4))
    protocol = Protocol([(0, one), (1, other)])
    ds = exact.solve(protocol, [0.5, 1.2])
    for name, value in brute(protocol, np.array([0.5, 1.2])).items():
        if name in ("inversion", "emission"):
            np.testing.assert_allclose(ds[name], value, atol=1e-7, err_msg=name)


def test_populations_do_not_serve_a_protocol():
    protocol = Protocol([(0, system())])
    with pytest.raises(ValueError, match=r"exact\.solve: method must be one of"):
        exact.solve(protocol, [1.0], "populations")
    with pytest.raises(TypeError, match="Protocol is solved by liouvillian, which takes no option"):
        exact.solve(protocol, [1.0], trajectories=3)
