"""Cumulants under a Protocol: pulses, ramps and jumps, where they are exact and where they err."""

from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blochball import (
    CollectiveJump,
    Ensemble,
    Protocol,
    Rotation,
    SpinCoupling,
    System,
    cumulants,
    exact,
    models,
)

TIMES = np.array([0.0, 0.3, 0.7, 1.0, 1.3])


def pair(sizes, pump=0.2, drive=0.3, weight=0.5j, twist=0.4, detuning=0.5):
    """Return two emitters that feel every kind of term, as one ensemble or as two."""
    both = [
        Ensemble(sizes[0], decay=0.3, pump=pump, polar=1.0),
        Ensemble(1, dephasing=0.2, detuning=detuning, polar=0.4),
    ][: len(sizes)]
    jumps = [
        CollectiveJump(0.3, [1, weight][: len(sizes)]),
        CollectiveJump(0.2, {"decay": [weight, 1][: len(sizes)], "pump": [0.3, 0][: len(sizes)]}),
    ]
    couplings = SpinCoupling(twist, "zx")
    return System(both, jumps, drive=[drive, 0][: len(sizes)], couplings=couplings)


def entries(kind, sizes):
    def system(*numbers, **names):
        return pair(sizes, *numbers, **names)

    if kind == "ramp":
        return [(0, system()), (1.2, system(1.5, -0.4, 0.5j, -0.8, 2.0))]
    if kind == "weights":
        jump = [(0.7, system(weight=-1.0)), (0.7, system(weight=0.2))]
        return [(0, system()), *jump, (2, system())]
    return [
        (0, system()),
        Rotation(1.1, [1, 2, -1]),
        (0.5, system(drive=0.9)),
        (1.0, system(drive=0.9)),
        Rotation(-0.7, "y", sites=[len(sizes) - 1]),
        Rotation(0.4, "z"),
    ]


@pytest.mark.parametrize("sizes", [(2,), (1, 1)], ids=str)
@pytest.mark.parametrize("kind", ["ramp", "weights", "pulses"])
def test_two_emitters_are_exact(kind, sizes):
    protocol = Protocol(entries(kind, sizes))
    ds = cumulants.solve(protocol, TIMES)
    assert Protocol.from_json(ds.attrs["protocol"]) == protocol
    expected = exact.solve(protocol, TIMES)
    for name in expected:
        np.testing.assert_allclose(ds[name], expected[name], atol=1e-7, err_msg=name)
    # negative control: the same without time is off by far more than the tolerance
    still = cumulants.solve(protocol.initial, TIMES)
    assert np.abs(still.spin_y - ds.spin_y).max() > 5e-3


@given(
    angles=st.lists(st.floats(-4, 4), min_size=2, max_size=2),
    axis=st.sampled_from(["x", "y", (1.0, -2.0, 0.5)]),
    knot=st.floats(0.1, 1.5),
    order=st.sampled_from([1, 2]),
)
@settings(max_examples=15, deadline=None)
def test_independent_emitters_are_exact_in_both_orders(angles, axis, knot, order):
    def ensembles(pump, detuning):
        one = Ensemble(4, decay=0.4, pump=pump, detuning=detuning, polar=1.0, azimuth=0.3)
        return [one, Ensemble(3, dephasing=0.3, detuning=detuning, polar=0.5)]

    off, on = (System(ensembles(p, d), drive=[0.3 * p, 0.2j]) for p, d in ((0.0, 1.0), (0.8, -1.0)))
    protocol = Protocol(
        [
            (0, off),
            Rotation(angles[0], axis),
            (knot, on),
            Rotation(angles[1], axis, sites=[1]),
            (2, off),
        ]
    )
    # an output at the knot precedes the pulse
    times = np.unique([0.0, knot, 1.0, 2.5])
    ds, expected = cumulants.solve(protocol, times, order), exact.solve(protocol, times)
    for name in expected:
        np.testing.assert_allclose(ds[name], expected[name], atol=1e-6, err_msg=name)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("detuning", [0.0, 1.7])
def test_spin_echo(detuning, order):
    """A pulse about x at T undoes the detuning at 2 T, and no dephasing: e^(-4 g T)."""
    size, g, wait = 1000, 0.1, 0.8
    precessing = System(Ensemble(size, dephasing=g, detuning=detuning, polar=pi / 2))
    echo = Protocol([(0, precessing), (wait, precessing), Rotation(pi, "x")])
    ds = cumulants.solve(echo, [2 * wait], order)
    expected = size / 2 * np.exp(-4 * g * wait)
    assert ds.spin_x.item() == pytest.approx(expected, rel=1e-7)
    assert ds.spin_y.item() == pytest.approx(0, abs=1e-5)
    plain = cumulants.solve(precessing, [2 * wait], order).spin_x.item()
    assert plain == pytest.approx(expected * np.cos(2 * detuning * wait), rel=1e-7)


def test_a_pulse_turns_correlations_with_the_means():
    # twisting leaves correlations of different components; a turn about z commutes with it
    twisting = models.one_axis_twisting(30, 0.02)
    turned = Protocol([(0, twisting), (1, twisting), Rotation(0.7, "z")])
    plain, ds = (cumulants.solve(one, [2.0]) for one in (twisting, turned))
    for name in ("emission", "spin_squared", "inversion"):
        np.testing.assert_allclose(ds[name], plain[name], rtol=1e-7, err_msg=name)
    turn = Rotation(0.7, "z").matrix
    before, after = ([d.spin_x.item(), d.spin_y.item(), d.inversion.item()] for d in (plain, ds))
    np.testing.assert_allclose(after, turn @ before, rtol=1e-7, atol=1e-8)
    # J^+ J^- - J^z is the square of two components: turned both ways, every square is there twice
    total = 0.0
    for axis in ("x", "y", "z"):
        pulse = Protocol([(0, twisting), (1, twisting), Rotation(pi / 2, axis)])
        after = cumulants.solve(pulse, [1.0 + 1e-9])
        total += (after.emission - after.inversion).item()
    squared = cumulants.solve(twisting, [1.0]).spin_squared.item()
    assert total == pytest.approx(2 * squared, rel=1e-8)


def test_a_protocol_that_does_not_change_is_its_system():
    laser = models.superradiant_laser(50, 10.0)
    one = cumulants.solve(laser, [0.0, 0.1, 0.2])
    other = cumulants.solve(Protocol([(0, laser), (0.15, laser)]), [0.0, 0.1, 0.2])
    for name in one:
        np.testing.assert_allclose(other[name], one[name], rtol=1e-7, err_msg=name)


def test_a_ramp_of_the_phase_of_a_chain():
    one, other = (models.waveguide_chain(2, 1, phase, 0.3) for phase in (0.4, 1.4))
    protocol = Protocol([(0, one), (1, other)])
    ds, expected = cumulants.solve(protocol, [0.5, 1.2]), exact.solve(protocol, [0.5, 1.2])
    for name in expected:
        np.testing.assert_allclose(ds[name], expected[name], atol=1e-7, err_msg=name)


def test_where_equations_diverge_the_time_is_that_of_the_protocol():
    h = np.array([[0, 4 + 2j], [4 - 2j, 0]])
    both = [Ensemble(20, polar=1.0), Ensemble(25, polar=2.0)]
    quiet, wild = (
        System(both, exchange=0 * h, drive=[0, 0]),
        System(both, exchange=h, drive=[3, 2j]),
    )
    protocol = Protocol([(0, quiet), (30, quiet), (30, wild)])
    with pytest.raises(ArithmeticError, match=r"correlations diverge at time 3[0-9]"):
        cumulants.solve(protocol, [1.0, 60.0])
    with pytest.raises(TypeError, match="system must be a System"):
        cumulants.steady_state(protocol)


@pytest.mark.parametrize("integrator", ["LSODA", "DOP853"])
@pytest.mark.parametrize("last", ["an output", "a knot"])
def test_a_time_within_rounding_of_a_pulse(last, integrator):
    """There is no step so short; what is recorded after a pulse has seen it."""
    one, other = (System(Ensemble(10, decay=0.3, polar=1.0, detuning=d)) for d in (2.0, 5.0))
    late = 0.1 + 0.2
    assert late == np.nextafter(0.3, 1)
    pulsed = [(0, one), (0.3, one), Rotation(1.0, "x")]
    more = [(late, one), (late, other)] if last == "a knot" else []
    ends = [0.3, late] if last == "an output" else [0.3, late, 0.6]
    ds = cumulants.solve(Protocol([*pulsed, *more]), ends, integrator=integrator)
    plain = cumulants.solve(one, [0.3]).isel(time=0)
    np.testing.assert_allclose(ds.inversion[0], plain.inversion, rtol=1e-8)
    turned = np.sin(1.0) * plain.spin_y + np.cos(1.0) * plain.inversion
    np.testing.assert_allclose(ds.inversion[1], turned, rtol=1e-8)
    if last == "a knot":
        expected = exact.solve(Protocol([*pulsed, (0.3, other)]), [0.6])
        np.testing.assert_allclose(ds.spin_x[2], expected.spin_x[0], rtol=1e-7)
