"""The description of the physics: what is refused, and that it survives as text."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blochball import ChainExchange, CollectiveJump, Ensemble, SpinCoupling, System

number = st.floats(-1e6, 1e6)
amplitude = st.builds(complex, number, number)
polar = st.floats(-np.pi, np.pi)
rate = st.floats(0, 1e6)


@st.composite
def systems(draw):
    sites = draw(st.integers(1, 3))

    def vector():
        return draw(st.lists(amplitude, min_size=sites, max_size=sites))

    ensembles = [
        draw(st.builds(Ensemble, st.integers(1, 10**9), rate, rate, rate, number, polar, number))
        for _ in range(sites)
    ]
    jumps = []
    for k, kind in enumerate(draw(st.lists(st.sampled_from(["decay", "dephasing", "pump"])))):
        weights = np.real(vector()) if kind == "dephasing" else vector()
        jumps.append(
            CollectiveJump(draw(rate), weights, kind, draw(st.sampled_from([None, f"c{k}"])))
        )
    half = np.array([vector() for _ in range(sites)])
    exchange = draw(
        st.sampled_from([None, half + half.conj().T, ChainExchange(draw(number), draw(number))])
    )
    return System(ensembles, jumps, exchange, draw(st.sampled_from([None, vector()])))


@given(systems())
def test_a_system_survives_as_json(system):
    again = System.from_json(system.to_json())
    assert again == system
    assert hash(again) == hash(system)
    assert again.ensembles == system.ensembles
    assert again.jumps == system.jumps
    np.testing.assert_array_equal(again.exchange_matrix, system.exchange_matrix)
    np.testing.assert_array_equal(again.drive_vector, system.drive_vector)
    assert type(again.exchange) is type(system.exchange)
    json.loads(system.to_json(), parse_constant=pytest.fail)  # no NaN, no Infinity


STARTS = [
    [Ensemble(4, pump=1.0, polar=1.0, length=0.3), Ensemble(5, dicke=(1.5, -0.5), azimuth=2.0)],
    [Ensemble(4, pump=1.0, dicke=(0, 0)), Ensemble(5, dicke=(2.5, 1.5))],
]


def test_initial_states_survive_as_json():
    system = System(STARTS[0], mixture=[(0.25, STARTS[1])])
    again = System.from_json(system.to_json())
    assert again == system
    assert again.parts == ((0.75, tuple(STARTS[0])), (0.25, tuple(STARTS[1])))
    assert again != System(STARTS[0])
    assert again != System(STARTS[0], mixture=[(0.26, STARTS[1])])
    # what does not use them is written as it was before there were any
    plain = json.loads(System(Ensemble(4, polar=1.0)).to_json())
    assert "mixture" not in plain
    assert set(plain["ensembles"][0]) == {
        *("size", "decay", "dephasing", "pump", "detuning", "polar", "azimuth")
    }


@pytest.mark.parametrize("polar", [0.0, 1.0, -2.0, np.pi])
def test_the_outermost_dicke_states_are_coherent(polar):
    assert Ensemble(4, dicke=(2, 2), polar=polar) == Ensemble(4, polar=polar)
    down = Ensemble(4, dicke=(2, -2), polar=polar)
    assert down.dicke is None
    assert np.cos(down.polar) == pytest.approx(-np.cos(polar))
    assert np.sin(down.polar) == pytest.approx(-np.sin(polar))
    assert Ensemble(4, dicke=(1, 1)).dicke == (1.0, 1.0)


@given(systems(), systems())
def test_systems_are_equal_only_if_their_numbers_are(one, other):
    assert (one == other) == (one.to_json() == other.to_json())
    assert one != "system"


def test_a_small_change_makes_another_system():
    base = {"ensembles": [Ensemble(3), Ensemble(3)], "jumps": [CollectiveJump(1, [1, 1])]}
    system = System(**base)
    for change in (
        {"ensembles": [Ensemble(3), Ensemble(3, pump=1e-300)]},
        {"jumps": [CollectiveJump(1, [1, 1 + 1e-15])]},
        {"jumps": [CollectiveJump(1, [1, 1], name="cavity")]},
        {"exchange": ChainExchange(1, 1)},
        {"drive": [0, 1e-9j]},
    ):
        assert System(**{**base, **change}) != system


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"ensembles": [], "jumps": []}', '{"ensembles": [{}]}']
)
def test_text_that_is_no_system_is_refused(text):
    with pytest.raises(ValueError, match=r"System: text must be the JSON of a System"):
        System.from_json(text)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"size": 0}, ValueError, "size must be an integer >= 1, got 0"),
        ({"size": -3}, ValueError, "size must be an integer >= 1, got -3"),
        ({"size": 2.0}, TypeError, "size must be an integer >= 1, got 2.0"),
        ({"size": "2"}, TypeError, "size must be an integer"),
        ({"decay": -1.0}, ValueError, "decay must be a finite real number >= 0, got -1.0"),
        ({"dephasing": np.inf}, ValueError, "dephasing must be a finite real number >= 0, got inf"),
        ({"pump": np.nan}, ValueError, "pump must be a finite real number >= 0, got nan"),
        ({"pump": 1j}, TypeError, "pump must be a finite real number >= 0, got 1j"),
        ({"detuning": np.inf}, ValueError, "detuning must be a finite real number, got inf"),
        ({"polar": None}, TypeError, "polar must be a finite real number, got None"),
        ({"polar": 180}, ValueError, "polar must be .* in radians, got 180; numpy.radians turns"),
        ({"polar": -3.15}, ValueError, "polar must be an angle between -pi and pi"),
        ({"azimuth": "pi"}, TypeError, "azimuth must be a finite real number, got 'pi'"),
    ],
)
def test_ensemble_refuses(change, error, message):
    with pytest.raises(error, match=f"^Ensemble: {message}"):
        Ensemble(**{"size": 2, **change})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((-1, [1]), ValueError, "rate must be a finite real number >= 0, got -1"),
        ((1, [[1]]), ValueError, r"weights must be a number or .* shape \(1, 1\)"),
        ((1, ["a"]), TypeError, "weights must be a number or a one-dimensional"),
        ((1, True), TypeError, "weights must be a number or a one-dimensional"),
        ((1, [np.nan]), ValueError, "weights must be .* not finite"),
        (
            (1, [1], "absorb"),
            ValueError,
            "kind must be one of decay, dephasing, pump, got 'absorb'",
        ),
        ((1, [1, 1j], "dephasing"), ValueError, "weights must be real for dephasing, got"),
        ((1, [1], "decay", ""), TypeError, "name must be a non-empty string or None, got ''"),
        ((1, [1], "decay", 3), TypeError, "name must be a non-empty string or None, got 3"),
    ],
)
def test_collective_jump_refuses(arguments, error, message):
    with pytest.raises(error, match=f"^CollectiveJump: {message}"):
        CollectiveJump(*arguments)


@pytest.mark.parametrize("bad", [np.nan, "1", 1j])
def test_chain_exchange_refuses(bad):
    with pytest.raises((TypeError, ValueError), match=r"^ChainExchange: phase must be"):
        ChainExchange(1, bad)


TWO = [Ensemble(2), Ensemble(3)]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([],), ValueError, "ensembles must hold at least one Ensemble, got none"),
        ((3,), TypeError, "ensembles must be"),
        (([Ensemble(2), 3],), TypeError, "ensembles must"),
        ((TWO, [CollectiveJump(1, [1])]), ValueError, r"weights of 'decay_0' .*\(2\), got 1"),
        ((TWO, ["decay"]), TypeError, "jumps must"),
        (
            (TWO, [CollectiveJump(1, [1, 1], name="a"), CollectiveJump(2, [1, 1], name="a")]),
            ValueError,
            r"jumps must have names that differ, got \['a'\] twice",
        ),
        (
            (TWO, [CollectiveJump(1, [1, 1]), CollectiveJump(2, [1, 1], name="decay_0")]),
            ValueError,
            "jumps must have names that differ",
        ),
        ((TWO, (), [[0, 1], [2, 0]]), ValueError, "exchange must be .*Hermitian"),
        ((TWO, (), [[1j, 0], [0, 0]]), ValueError, "exchange must be .*Hermitian"),
        ((TWO, (), [[0, 1j], [1j, 0]]), ValueError, "exchange must be .*Hermitian"),
        ((TWO, (), [1, 2]), ValueError, "exchange must be"),
        ((TWO, (), "sin"), TypeError, "exchange must be"),
        ((TWO, (), 1), ValueError, r"exchange must be .*shape \(\)"),
        ((TWO, (), None, 1), ValueError, r"drive must be .*shape \(\)"),
        ((TWO, CollectiveJump(1, 1)), ValueError, r"weights of 'decay_0' .*\(2\), got 1"),
        ((TWO, (), None, [1]), ValueError, "drive must be"),
        ((TWO, (), None, [[1, 2]]), ValueError, "drive must be"),
        ((TWO, (), None, [1, np.nan]), ValueError, "drive must be"),
    ],
)
def test_system_refuses(arguments, error, message):
    with pytest.raises(error, match=f"^System: .*{message}"):
        System(*arguments)


def test_what_a_system_is_made_of():
    h = [[1, 2 - 1j], [2 + 1j, 0]]
    jumps = [CollectiveJump(1, [1, 1j]), CollectiveJump(2, [1, 0], "pump", "up")]
    system = System([Ensemble(2, pump=0.5), Ensemble(3, decay=1)], jumps, h, [0, 1j])
    assert (system.sites, system.emitters) == (2, 5)
    assert system.channels == ("decay_0", "up")
    np.testing.assert_array_equal(system.column("size"), [2, 3])
    np.testing.assert_array_equal(system.column("pump"), [0.5, 0])
    np.testing.assert_array_equal(system.exchange_matrix, h)
    np.testing.assert_array_equal(system.drive_vector, [0, 1j])
    plain = System(Ensemble(2))
    assert not plain.exchange_matrix.any()
    assert not plain.drive_vector.any()
    assert plain.channels == ()


@given(amplitude, st.floats(-1e6, 1e6), rate)
def test_numbers_stand_for_the_one_site_that_there_is(weight, strength, rate):
    numbers = System(Ensemble(3), CollectiveJump(rate, weight), strength, weight)
    arrays = System([Ensemble(3)], [CollectiveJump(rate, [weight])], [[strength]], [weight])
    assert numbers == arrays
    assert numbers.drive_vector.shape == (1,)
    assert numbers.exchange_matrix.shape == (1, 1)


def test_pi_in_single_precision_is_an_angle():
    assert Ensemble(2, polar=np.float32(np.pi)).polar > np.pi


def test_chain_exchange_matrix():
    found = ChainExchange(0.5, 0.3).matrix(4)
    expected = [[0.5 * np.sin(0.3 * abs(k - l)) for l in range(4)] for k in range(4)]
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_a_system_cannot_be_changed():
    system = System(TWO, exchange=[[0, 1], [1, 0]], drive=[1, 1])
    with pytest.raises(AttributeError):
        system.jumps = ()
    with pytest.raises(AttributeError):
        system.ensembles[0].size = 5
    for array in (system.drive, system.exchange):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7


def test_a_system_keeps_nothing_of_the_arrays_it_was_given():
    drive = np.ones(2, complex)
    system = System(TWO, drive=drive)
    drive[0] = 5
    assert system.drive_vector[0] == 1


@pytest.mark.parametrize(
    ("polar", "expected"), [(0, 1), (np.pi, -1), (-np.pi, -1), (1e-6, 0), (1.5, 0)]
)
def test_polarization(polar, expected):
    assert Ensemble(2, polar=polar).polarization == expected
    assert System([Ensemble(2), Ensemble(2, polar=polar)]).polarized == (expected != 0)


def test_repr_counts_what_is_alike():
    many = repr(System([Ensemble(3)] * 500, exchange=ChainExchange(1, 2), drive=np.ones(500)))
    assert "500 x Ensemble(size=3)" in many
    assert "ChainExchange(strength=1.0, phase=2.0)" in many
    assert len(many) < 300
    assert "channels=['decay_0']" in repr(System(TWO, CollectiveJump(1, [1, 1])))


def test_repr_tells_systems_apart():
    """By rates, weights and drives, too."""
    systems = [
        System(Ensemble(3), CollectiveJump(1.0, [1])),
        System(Ensemble(3), CollectiveJump(7.0, [1])),
        System(Ensemble(3), CollectiveJump(1.0, [2])),
        System(Ensemble(3, pump=0.5), CollectiveJump(1.0, [1])),
        System(Ensemble(3), CollectiveJump(1.0, [1]), drive=[0.1]),
        System(Ensemble(3), CollectiveJump(1.0, [1]), drive=[0.2]),
    ]
    assert len(set(map(repr, systems))) == len(systems)
    assert repr(Ensemble(3, pump=0.5)) == "Ensemble(size=3, pump=0.5)"
    assert eval(repr(Ensemble(3, pump=0.5, dicke=(0.5, -0.5)))) == Ensemble(
        3, pump=0.5, dicke=(0.5, -0.5)
    )


def test_spin_couplings_there_and_back():
    matrix = [[0.5, -1.0], [0.25, 0.0]]
    system = System(
        [Ensemble(2), Ensemble(3)], couplings=[SpinCoupling(0.3), SpinCoupling(matrix, "xy")]
    )
    again = System.from_json(system.to_json())
    assert again == system
    assert again.couplings[1].strength == ((0.5, -1.0), (0.25, 0.0))
    np.testing.assert_array_equal(again.couplings[0].matrix(2), 0.3 * np.eye(2))
    assert "SpinCoupling(strength=0.3, axes='zz')" in repr(system)
    # what was written before there were couplings is read and written as it was
    assert "couplings" not in System(Ensemble(2)).to_json()
    assert system != System(system.ensembles, couplings=system.couplings[:1])


@pytest.mark.parametrize(
    ("strength", "axes", "error", "message"),
    [
        (1j, "zz", TypeError, "strength must be a finite real number"),
        (np.nan, "zz", ValueError, "strength must be a finite real number"),
        ("much", "zz", TypeError, "strength must be a finite real number"),
        ([[0, 1j], [1j, 0]], "zz", ValueError, "strength must be a real number or a matrix"),
        ([[0, 1]], "zz", ValueError, "strength must be a real number or a matrix"),
        ([0, 1], "zz", ValueError, "strength must be a real number or a matrix"),
        (1.0, "z", ValueError, "axes must be one of xx, xy"),
        (1.0, "zw", ValueError, "axes must be one of xx, xy"),
        (1.0, None, ValueError, "axes must be one of xx, xy"),
    ],
)
def test_bad_spin_couplings_are_refused(strength, axes, error, message):
    with pytest.raises(error, match=f"SpinCoupling: {message}"):
        SpinCoupling(strength, axes)


def test_spin_couplings_of_other_sizes_are_refused():
    with pytest.raises(ValueError, match=r"System: couplings .* shape \(1, 1\), got \(2, 2\)"):
        System(Ensemble(3), couplings=SpinCoupling(np.eye(2)))
    with pytest.raises(TypeError, match="System: couplings must hold SpinCoupling only"):
        System(Ensemble(3), couplings=[0.5])


def test_jumps_of_several_kinds_there_and_back():
    jump = CollectiveJump(0.5, {"pump": [0.3j], "decay": [1 - 1j]}, name="squeezed")
    assert jump.kind == "mixed"
    assert jump.weights == {"decay": (1 - 1j,), "pump": (0.3j,)}
    system = System(Ensemble(2), jump)
    again = System.from_json(system.to_json())
    assert again == system
    assert again.jumps == (jump,)
    assert hash(again.jumps[0]) == hash(jump)
    unnamed = System(Ensemble(2), CollectiveJump(0.5, {"decay": 1.0, "pump": 0.5}))
    assert unnamed.channels == ("mixed_0",)


@pytest.mark.parametrize(
    ("weights", "kind", "message"),
    [
        ({}, "decay", "weights must be a mapping of some of decay, dephasing, pump, got the keys"),
        ({"loss": [1]}, "decay", "weights must be a mapping of some of .* keys \\['loss'\\]"),
        ({"decay": [1], "pump": [1, 2]}, "decay", "sequences of one length, got lengths"),
        ({"decay": [np.inf]}, "decay", "weights\\['decay'\\] must be a number or"),
        ({"decay": [1]}, "pump", "kind must be one of decay, mixed"),
        ([1], "mixed", "kind must be one of decay, dephasing, pump"),
    ],
)
def test_bad_jumps_of_several_kinds_are_refused(weights, kind, message):
    with pytest.raises(ValueError, match=f"CollectiveJump: .*{message}"):
        CollectiveJump(1.0, weights, kind)
    with pytest.raises(ValueError, match="must have one entry an ensemble"):
        System([Ensemble(1)] * 2, CollectiveJump(1.0, {"decay": [1], "pump": [1]}))
