"""Initial states other than coherent ones, against the program of 2^n states."""

from math import pi

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, Protocol, Rotation, SpinCoupling, System, exact
from blochball.exact import initial, liouvillian
from blochball.observables import quantum_fisher_information
from tests.blochball.exact.bruteforce import BruteForce
from tests.blochball.known import within

TIMES = np.array([0.0, 0.3, 1.1])
LOCAL = {"decay": 0.4, "pump": 0.3, "dephasing": 0.1, "detuning": 0.7}
STARTS = {
    "thermal": {"polar": pi, "length": 0.6},
    "tilted and mixed": {"polar": 1.1, "azimuth": 0.4, "length": 0.3},
    "knows nothing": {"length": 0.0},
    "Dicke": {"dicke": (2, 0)},
    "Dicke, ground below": {"dicke": (2, 1), "polar": pi},
    "Dicke of a lower J": {"dicke": (1, -1)},
    "singlets": {"dicke": (0, 0)},
    "tilted Dicke": {"dicke": (2, 1), "polar": 0.8, "azimuth": -0.5},
}


def jump(sites, **options):
    return CollectiveJump(1.0, [1] * sites, **options)


def one(name, **rates):
    return System(Ensemble(4, **rates, **STARTS[name]), jump(1))


def agree(system, method, **options):
    ds = exact.solve(system, TIMES, method, **options)
    for name, expected in BruteForce(system).solve(TIMES).items():
        if name in ds:
            error = ds.get(f"{name}_stderr", 0)
            within(np.real(ds[name]), np.real(expected), error, floor=1e-7)
            within(np.imag(ds[name]), np.imag(expected), error, floor=1e-7)
    return ds


@pytest.mark.parametrize("rates", [LOCAL, {}], ids=["local", "collective alone"])
@pytest.mark.parametrize("name", STARTS)
def test_the_density_matrix_of_one_ensemble(name, rates):
    agree(one(name, **rates), "liouvillian", correlations=TIMES)


@pytest.mark.parametrize("drive", [None, [0.4, -0.2j]])
def test_the_density_matrix_of_two_ensembles(drive):
    pair = [
        Ensemble(3, dicke=(0.5, -0.5), decay=0.2, polar=0.3),
        Ensemble(2, length=0.5, polar=2.0, azimuth=1.0),
    ]
    agree(System(pair, jump(2), drive=drive), "liouvillian", correlations=TIMES)


MIXED = System(
    [Ensemble(2), Ensemble(2, polar=pi, length=0.7)],
    jump(2),
    mixture=[(0.3, [Ensemble(2, polar=pi), Ensemble(2)]), (0.2, [Ensemble(2, dicke=(0, 0))] * 2)],
)


def test_a_mixture_correlates_ensembles():
    ds = agree(MIXED, "liouvillian", correlations=TIMES)
    # without any coherence, although the first are up when the second are down
    assert liouvillian.coherence_of(MIXED, None) == 0
    assert abs(ds.spin_x).max() < 1e-12


def test_a_probability_of_the_rest_of_nothing_is_nothing():
    (alone,) = System(Ensemble(3), mixture=[(1.0, Ensemble(3, polar=pi))]).parts
    assert alone == (1.0, (Ensemble(3, polar=pi),))


ALIKE = {
    "thermal": one("thermal", **LOCAL),
    "Dicke": one("Dicke", **LOCAL),
    "Dicke, ground below": one("Dicke, ground below", **LOCAL),
    "two thermal ensembles": System([Ensemble(2, decay=0.3, polar=pi, length=0.4)] * 2, jump(2)),
    "mixture": System(
        Ensemble(4, pump=0.4), jump(1), mixture=[(0.3, Ensemble(4, pump=0.4, dicke=(1, 0)))]
    ),
}


@pytest.mark.parametrize("name", ALIKE)
def test_populations_and_their_sampling(name):
    agree(ALIKE[name], "populations", correlations=TIMES)
    ds = agree(ALIKE[name], "jumps", trajectories=4000, seed=3)
    assert ds.attrs["trajectories_of"] == "populations"


@pytest.mark.parametrize("name", ["Dicke", "Dicke, ground below", "Dicke of a lower J"])
def test_kets_in_dicke_states(name):
    # a coupling that the sampling of populations does not serve
    pair = [Ensemble(4, **STARTS[name], decay=0.4, pump=0.2), Ensemble(2, polar=1.0)]
    for other in (pair[1], Ensemble(2)):
        system = System([pair[0], other], jump(2), exchange=[[0, 0.3], [0.3, 0]])
        ds = agree(system, "jumps", trajectories=3000, seed=5)
        assert ds.attrs["trajectories_of"] == "kets"


def test_a_ket_of_a_tilted_dicke_state():
    agree(one("tilted Dicke", decay=0.3), "jumps", trajectories=3000, seed=7)


def test_kets_refuse_what_is_mixed_and_name_what_serves():
    pair = System(Ensemble(4, polar=1.0), mixture=[(0.5, Ensemble(4))])
    for system, argument in ((one("tilted and mixed"), "Ensemble.length"), (pair, "mixture")):
        with pytest.raises(
            ValueError, match=rf"{argument} is not served by exact.jumps, but.*liou"
        ):
            exact.solve(system, TIMES, "jumps")


def test_dicke_states_of_several_ensembles_are_no_populations():
    system = System([Ensemble(2, dicke=(1, 0))] * 2, jump(2))
    with pytest.raises(ValueError, match=r"Dicke states of several ensembles.*served by liouv"):
        exact.solve(system, TIMES, "populations")
    agree(system, "liouvillian")


def test_the_steady_state_remembers_the_start():
    for name in ("singlets", "Dicke of a lower J", "thermal", "tilted and mixed"):
        system = one(name)
        late = exact.solve(system, [60.0], "liouvillian")
        ds = exact.steady_state(system, "liouvillian", initial="ensembles")
        assert abs(ds.inversion - late.inversion.values).max() < 1e-6
        assert abs(ds.spin_squared - late.spin_squared.values).max() < 1e-6


def test_the_steady_state_of_populations_sees_all_that_the_start_can_end_in():
    # each J ends at the bottom of its own
    with pytest.raises(ValueError, match=r"can end in 3 different ones"):
        exact.steady_state(one("thermal"), "populations")
    ds = exact.steady_state(one("Dicke of a lower J"), "populations")
    assert ds.inversion.item() == pytest.approx(-1)
    plain = exact.steady_state(one("thermal", **LOCAL), "populations")
    other = exact.steady_state(System(Ensemble(4, **LOCAL), jump(1)), "populations")
    assert plain.inversion.item() == pytest.approx(other.inversion.item(), rel=1e-12)


def test_two_times_from_a_dicke_state():
    # <J^+(tau) J^-> of free spins at time 0 does not depend on tau but for their phase
    system = System(Ensemble(6, dicke=(3, 0), detuning=1.0))
    ds = exact.two_time(system, [0.0, 0.5], 0.0)
    np.testing.assert_allclose(ds.first_order, 12 * np.exp(1j * np.array([0, 0.5])), atol=1e-9)


def test_pulses_of_a_protocol_turn_a_dicke_state():
    pulsed = Protocol([(0, System(Ensemble(4, dicke=(2, 1)))), Rotation(pi / 2, "y")])
    tilted = System(Ensemble(4, dicke=(2, 1), polar=pi / 2))
    for method, slack in (("liouvillian", 1e-9), ("jumps", 1e-9)):
        ds = exact.solve(pulsed, [0.0, 1.0], method)
        assert abs(ds.spin_x - exact.solve(tilted, [0.0, 1.0]).spin_x).values[1] < slack
    with pytest.raises(ValueError, match=r"one initial state"):
        Protocol([(0, MIXED), (1, System(MIXED.ensembles, MIXED.jumps))])


@pytest.mark.parametrize("size", [1, 5, 400])
def test_weights_add_up_to_one(size):
    for start in ({"length": 0.0}, {"length": 0.37}, {"length": 0.999}, {"polar": 1.0}):
        ensemble = Ensemble(size, **start)
        spins = size / 2 - np.arange(size // 2 + 1)
        found = [initial.weights(ensemble, spin) for spin in spins]
        assert sum(w.sum() for w in found) == pytest.approx(1, abs=1e-11)
        # <n . J> = N r / 2
        mean = sum(w @ (spin - np.arange(len(w))) for w, spin in zip(found, spins, strict=True))
        assert mean == pytest.approx(size * ensemble.length / 2, rel=1e-11)


def test_half_excited_states_are_metrologically_useful():
    # F = 4 Var J^x = N (N/2 + 1) of |N/2, 0>
    (state,) = liouvillian.states(System(Ensemble(8, dicke=(4, 0))), [0.0])
    found = quantum_fisher_information(state)
    np.testing.assert_allclose(np.diag(found), [8 * 5, 8 * 5, 0], atol=1e-9)


def test_sectors_stay_small():
    pairs = System(Ensemble(20, polar=pi, length=0.5), couplings=SpinCoupling(1.0, "xy"))
    assert exact.solve(pairs, [0.1]).attrs["unknowns"] < 21**3 / 2
    assert (
        exact.solve(System(Ensemble(20, dicke=(10, 0)), jump(1)), [0.1], "liouvillian").attrs[
            "unknowns"
        ]
        == 21
    )
