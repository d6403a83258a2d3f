import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blochball import CollectiveJump, Ensemble, System, models
from blochball.protocol import Protocol, Rotation


def laser(pump, drive=None, rate=1.0, weight=1.0):
    return System(
        [Ensemble(4, pump=pump), Ensemble(3, polar=1.0)],
        CollectiveJump(rate, [1, weight]),
        drive=drive,
    )


RAMP = Protocol([(0, laser(0.0)), (2, laser(3.0)), (2, laser(1.0, [1, 0])), (4, laser(1.0))])


def test_numbers_are_linear_between_entries_and_jump_where_two_share_a_time():
    pumps = [RAMP.at(t).ensembles[0].pump for t in (0, 0.5, 1.999999, 2, 3, 4, 100)]
    np.testing.assert_allclose(pumps, [0, 0.75, 3, 1, 1, 1, 1], atol=1e-5)
    drives = [RAMP.at(t).drive_vector[0] for t in (1, 2, 3, 5)]
    np.testing.assert_allclose(drives, [0, 1, 0.5, 0])
    np.testing.assert_array_equal(RAMP.knots, [0, 2, 4])


def test_a_constant_protocol_is_its_system_to_the_last_bit():
    system = laser(0.1, [0.3 + 0.1j, 0], 1 / 3, 0.1j)
    still = Protocol([(0, system), (0.7, system)])
    assert still.at(0.123) == still.at(3.0) == still.mean(0.1, 0.9) == system


times = st.floats(0, 5)


@given(st.lists(times, min_size=2, max_size=2), st.integers(1, 40))
def test_the_mean_is_the_integral_also_across_knots(ends, parts):
    a, b = sorted(ends)
    grid = np.unique(
        np.concatenate([np.linspace(a, b, parts + 1), [t for t in (2, 4) if a < t < b]])
    )
    pumps = [RAMP.piece(s).at((s + t) / 2).ensembles[0].pump for s, t in itertools.pairwise(grid)]
    wanted = np.dot(pumps, np.diff(grid)) / (b - a) if b > a else RAMP.at(a).ensembles[0].pump
    assert RAMP.mean(a, b).ensembles[0].pump == pytest.approx(wanted, abs=1e-9)


def test_all_kinds_of_numbers_take_part():
    chain = models.waveguide_chain(3, 5, 0.4, 2.0, drive=0.5)
    other = models.waveguide_chain(3, 5, 0.8, 4.0, drive=1.5)
    half = Protocol([(0, chain), (1, other)]).at(0.5)
    assert half.exchange.phase == pytest.approx(0.6)
    assert half.ensembles[0].pump == 3.0
    weights = np.array([chain.jumps[0].weights, other.jumps[0].weights])
    np.testing.assert_allclose(half.jumps[0].weights, weights.mean(axis=0))


def test_rotations_turn_by_the_right_hand_rule():
    turn = Rotation(np.pi / 2, "x").matrix @ [0, 1, 0]
    np.testing.assert_allclose(turn, [0, 0, 1], atol=1e-15)
    tilted = Rotation(0.3, [1, 2, 2])
    np.testing.assert_allclose(tilted.matrix @ tilted.axis, tilted.axis, atol=1e-15)
    np.testing.assert_allclose(tilted.matrix @ tilted.matrix.T, np.eye(3), atol=1e-15)
    assert np.trace(tilted.matrix) == pytest.approx(1 + 2 * np.cos(0.3))


def test_a_pulse_acts_at_the_time_of_the_entry_before_it():
    pulse = Rotation(1.0, "y", sites=1)
    echo = Protocol([(0, laser(1.0)), pulse, (2, laser(1.0)), pulse, pulse])
    assert [(piece.start, len(piece.rotations)) for piece in echo.pieces] == [(0, 1), (2, 2)]


def test_as_text_and_back():
    pulse = Rotation(1.0, [1, 1, 0], sites=[0])
    for protocol in (RAMP, Protocol([(0, laser(1.0)), pulse, (0.1, laser(2.0)), pulse])):
        again = Protocol.from_json(protocol.to_json())
        assert again == protocol
        assert hash(again) == hash(protocol)
    assert Protocol.from_json(RAMP.to_json()) != Protocol([(0, laser(0.0))])
    with pytest.raises(ValueError, match="Protocol: text must be the JSON of a Protocol"):
        Protocol.from_json("{}")


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4])
def test_a_function_of_time_is_sampled_until_lines_are_good_enough(tolerance):
    protocol = Protocol.sample(
        lambda t: laser(2.0, [np.exp(-((t - 1) ** 2) * 8), 0]), np.linspace(0, 2, 5), tolerance
    )
    grid = np.linspace(0, 2, 1001)
    values = np.array([protocol.at(t).drive_vector[0].real for t in grid])
    assert np.abs(values - np.exp(-((grid - 1) ** 2) * 8)).max() < 1.5 * tolerance
    # errors of straight lines fall with the square of their length
    assert len(protocol.knots) < 8 / np.sqrt(tolerance)


def test_a_jump_of_a_function_becomes_a_jump():
    protocol = Protocol.sample(lambda t: laser(2.0 if t < 0.3 else 5.0), [0, 1])
    assert len(protocol.knots) < 100
    area = protocol.mean(0, 1).ensembles[0].pump
    assert area == pytest.approx(2 * 0.3 + 5 * 0.7, abs=1e-7)


def constant(**first):
    return (0, System(Ensemble(4), **first))


def jump(kind):
    return {"jumps": CollectiveJump(1, [1], kind=kind)}


one = System(Ensemble(4))
BAD = {
    "entries must be a sequence": lambda: Protocol(3),
    "entries must begin with": lambda: Protocol([Rotation(1, "x")]),
    "begin at time 0, got 1": lambda: Protocol([(1, laser(1.0))]),
    "at least": lambda: Protocol([]),
    "times of entries must be": lambda: Protocol([constant(), (1, one), (0.5, one)]),
    "ensembles.0..size 4 and 5": lambda: Protocol([constant(), (1, System(Ensemble(5)))]),
    "System.ensembles": lambda: Protocol([constant(), (1, laser(1.0))]),
    "kind 'decay' and 'pump'": lambda: Protocol(
        [constant(**jump("decay")), constant(**jump("pump"))]
    ),
    "one initial state": lambda: Protocol([constant(), (1, System(Ensemble(4, polar=1)))]),
    "sites of a Rotation must be below 1": lambda: Protocol([constant(), Rotation(1, "x", [2])]),
    "axis must be 'x', 'y', 'z'": lambda: Rotation(1, "w"),
    "axis must be": lambda: Rotation(1, [0, 0, 0]),
    "sites must differ": lambda: Rotation(1, "x", [1, 1]),
    "sites must be a sequence of": lambda: Rotation(1, "x", 0.5),
    "sites must hold": lambda: Rotation(1, "x", [0.5]),
    "function must be callable": lambda: Protocol.sample(3, [0, 1]),
    "times must begin at 0": lambda: Protocol.sample(laser, [1, 2]),
    "tolerance must be > 0": lambda: Protocol.sample(laser, [0, 2], 0),
    "what function returns must be": lambda: Protocol.sample(lambda t: t, [0, 2]),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_is_named(message):
    with pytest.raises((TypeError, ValueError), match=message):
        BAD[message]()
