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
from blochball.moments import MOMENTS
from tests.blochball.exact.bruteforce import BruteForce
from tests.blochball.known import all_within, within

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


def switched(**names):
    """Return entries whose numbers jump: nothing changes from one to the next."""
    first, later = system(), system(**names)
    return [(0, first), (0.5, first), (0.5, later)]


# two ensembles without a drive from Dicke states, where M is definite
LASERS = [
    System([Ensemble(2, pump=p), Ensemble(3, decay=0.2, polar=pi)], CollectiveJump(0.6, [1, w]))
    for p, w in ((0.3, 1.0), (2.0, -0.5j))
]
SWITCHED = {
    "jumps": switched(pump=1.5, weight=-1.0, twist=-0.8),
    "pulses": [
        (0, system()),
        Rotation(1.1, [1, 2, -1]),
        (0.7, system()),
        Rotation(-0.7, "y", sites=[1]),
        Rotation(0.4, "z"),
        (1.0, system()),
        (1.0, system(drive=0.9)),
    ],
    "definite M": [(0, LASERS[0]), (0.7, LASERS[0]), Rotation(0.8, "z"), (0.7, LASERS[1])],
}


@pytest.mark.parametrize("entries", SWITCHED.values(), ids=SWITCHED)
def test_trajectories_of_what_jumps_and_is_pulsed(entries):
    protocol = Protocol(entries)
    expected = exact.solve(protocol, TIMES, "liouvillian")
    ds = exact.solve(protocol, TIMES, "jumps", trajectories=3000, seed=2)
    assert ds.attrs["trajectories_of"] == "kets"
    assert Protocol.from_json(ds.attrs["protocol"]) == protocol
    # what none of n trajectories does has no honest error: of |J| <= 3/2, J (J + 1) / n
    all_within(ds, {name: expected[name] for name in (*MOMENTS, "output")}, floor=3.75 / 3000)
    # negative control: the same without time
    still = exact.solve(protocol.initial, TIMES, "jumps", trajectories=3000, seed=2)
    off = abs(still.output - expected.output) / np.maximum(still.output_stderr, 1e-3)
    assert off.max() > 10


def test_an_echo_of_many_emitters():
    size, g, wait = 300, 0.1, 0.8
    precessing = System(Ensemble(size, dephasing=g, detuning=1.7, polar=pi / 2))
    echo = Protocol([(0, precessing), (wait, precessing), Rotation(pi, "x")])
    ds = exact.solve(echo, [wait, 2 * wait], trajectories=50, seed=1)
    assert ds.attrs["method"] == "exact.jumps"
    within(ds.spin_x[1], size / 2 * np.exp(-4 * g * wait), ds.spin_x_stderr[1])
    within(ds.spin_y[1], 0, ds.spin_y_stderr[1])


def test_which_method_serves_a_protocol():
    ramp, constant = Protocol([(0, system()), (1, system(drive=0.5))]), Protocol([(0, system())])
    with pytest.raises(ValueError, match="populations does not serve this system: a drive"):
        exact.solve(constant, [1.0], "populations")
    with pytest.raises(ValueError, match=r"no method serves .*GiB, more than"):
        exact.solve(ramp, [1.0], memory_limit=1e3, moments="second")
    assert exact.solve(constant, [1.0]).attrs["method"] == "exact.liouvillian"
    # what does not fit as a density matrix is sampled
    small = exact.solve(constant, [1.0], memory_limit=1e3, trajectories=16, seed=3)
    assert small.attrs["method"] == "exact.jumps"
    assert "GiB, more than the memory_limit" in small.attrs["method_reason"]
    with pytest.raises(TypeError, match="system must be a System"):
        exact.steady_state(constant)
