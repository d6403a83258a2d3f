"""Populations under a Protocol, against the density matrix and in closed form."""

from math import pi

import numpy as np
import pytest

from blochball import ChainExchange, CollectiveJump, Ensemble, Protocol, Rotation, System, exact
from blochball.exact import uniformization

TIMES = np.array([0.0, 0.1, 0.25, 0.3, 0.62, 0.9])
VARIABLES = ("inversion", "emission", "spin_squared", "output", "correlation")


def laser(size, decay=0.0, pump=0.0, dephasing=0.0, jumps=((1.0, 1.0, "decay"),), **more):
    ensemble = Ensemble(size, decay, dephasing, pump, **more)
    return System(ensemble, [CollectiveJump(rate, [w], kind) for rate, w, kind in jumps])


def jumps(decay, pump, weight=1.0, dephasing=0.3):
    return [(decay, weight, "decay"), (pump, 1.0, "pump"), (dephasing, 1.0, "dephasing")]


def pair(pump, weight=1.0):
    """Two ensembles that are alike."""
    ensembles = [Ensemble(3, 0.3, 0.2, pump, detuning=0.7)] * 2
    one = CollectiveJump(0.6, [weight, weight])
    return System(ensembles, one, [[0.2, 0.2], [0.2, 0.2]])


PROTOCOLS = {
    "jumps of rates": [
        (0, laser(7)),
        (0.25, laser(7)),
        (0.25, laser(7, 0.2, 3.0, 0.5)),
        (0.7, laser(7, 0.2, 3.0, 0.5)),
        (0.7, laser(7, 2.0)),
    ],
    "ramps of local rates": [(0, laser(8)), (0.5, laser(8, 0.3, 9.0, 0.4)), (0.8, laser(8, 2.0))],
    "ramps of collective rates, to zero": [
        (0, laser(7, 0.2, jumps=jumps(2.0, 0.1))),
        (0.3, laser(7, 0.4, jumps=jumps(0.0, 1.4))),
        (0.8, laser(7, 0.1, 0.2, jumps=jumps(0.7, 0.0, dephasing=4.0))),
    ],
    "ramps of weights": [
        (0, laser(6, jumps=jumps(1.0, 0.1, 1.0))),
        (0.6, laser(6, pump=1.0, jumps=jumps(0.5, 0.1, -2.0 + 1.0j))),
    ],
    "short and steep": [
        (0, laser(7)),
        (0.1, laser(7)),
        (0.1001, laser(7, pump=3000.0, decay=10.0)),
        (0.1002, laser(7, pump=1.0)),
    ],
    "a long way": [(0, laser(30, 0.1)), (0.9, laser(30, 0.0, 40.0, jumps=[(0.2, 1.0, "decay")]))],
    "half turns": [
        (0, laser(7, 0.3, polar=pi)),
        Rotation(pi, "x"),
        (0.25, laser(7, 0.3, polar=pi)),
        Rotation(-3 * pi, (1.0, 2.0, 0.0)),
        Rotation(0.4, "z"),
        (0.5, laser(7, 1.3, 2.0, polar=pi)),
        Rotation(2 * pi, "y"),
    ],
    "two ensembles": [(0, pair(0.2)), (0.4, pair(2.0, -1.0)), Rotation(pi, "y"), (0.6, pair(0.0))],
}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_density_matrix_says_the_same(name):
    protocol = Protocol(PROTOCOLS[name])
    ds = exact.solve(protocol, TIMES, correlations=TIMES)
    assert ds.attrs["method"] == "exact.populations"
    assert Protocol.from_json(ds.attrs["protocol"]) == protocol
    other = exact.solve(protocol, TIMES, "liouvillian", correlations=TIMES, tolerance=1e-11)
    scale = protocol.initial.emitters**2 / 4
    for variable in VARIABLES:
        np.testing.assert_allclose(ds[variable], other[variable], 0, 1e-8 * scale, err_msg=variable)
    # negative control: nothing changes
    still = exact.solve(protocol.initial, TIMES)
    assert abs(still.inversion - ds.inversion).max() > 0.1


def test_independent_emitters_on_a_ramp():
    """n' = w (1 - n), w = a t: n = 1 - exp(-a t^2 / 2)."""
    size, a = 11, 3.0
    off, on = (System(Ensemble(size, pump=w, polar=pi)) for w in (0.0, 2 * a))
    ds = exact.solve(Protocol([(0, off), (2, on)]), [0.5, 1.3, 2.0, 3.0])
    excited = 1 - np.exp(-a * np.array([0.5**2 / 2, 1.3**2 / 2, 2.0, 4.0]))
    np.testing.assert_allclose(ds.inversion[:, 0] + size / 2, size * excited, rtol=1e-12)
    np.testing.assert_allclose(ds.emission[:, 0], size * excited, rtol=1e-11)


def test_a_protocol_that_does_not_change_is_its_system():
    system = laser(9, 0.1, 2.0)
    protocol = Protocol([(0, system), (0.3, system), (0.5, system)])
    for ds, one in [(exact.solve(protocol, TIMES), exact.solve(system, TIMES))]:
        for name in one.data_vars:
            np.testing.assert_allclose(ds[name], one[name], rtol=1e-11, atol=1e-12, err_msg=name)


def test_a_steady_state_in_between_costs_no_more():
    """Where populations do not move any more they are not followed."""
    one, other = laser(6, 0.5, 2.0), laser(6, 0.5, 1.0)
    protocol = Protocol([(0, one), (1e4, one), (1e4 + 1, other)])
    ds = exact.solve(protocol, [1e4, 2e4])
    for t, system in enumerate((one, other)):
        steady = exact.steady_state(system)
        np.testing.assert_allclose(ds.inversion[t], steady.inversion[0], atol=1e-8)
    assert ds.steps < 5e4


def test_populations_stay_a_distribution():
    """At the end of a ramp the sum is one and none is below zero."""
    from numpy.polynomial import Polynomial

    p = np.zeros((12 // 2 + 3, 12 + 3))
    p[1, 13] = 1.0
    rates = [Polynomial([a, b]) for a, b in [(3, -3), (0, 1), (0, 8), (2, -1), (1, -1)]]
    means, _, after = uniformization.changing(p, rates, np.array([0.5, 2.0]))
    assert after.sum() == pytest.approx(1, abs=1e-12)
    assert after.min() > -1e-15
    np.testing.assert_allclose(uniformization.means_of(after), means[-1], rtol=1e-12)


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([(0, laser(4)), (1, laser(4)), Rotation(3.1416, "x")], "a pulse that turns z"),
        ([(0, pair(1.0)), Rotation(pi, "x", [0])], "a pulse tells the ensembles apart"),
        (
            [(0, System(Ensemble(4))), (1, System(Ensemble(4), drive=[1.0]))],
            "a drive creates coherence",
        ),
        (
            [
                (0, pair(1.0)),
                (1, System([Ensemble(3, 0.3, pump=p) for p in (1, 2)], pair(1).jumps)),
            ],
            "the ensembles differ",
        ),
    ],
)
def test_refusals(entries, reason):
    protocol = Protocol(entries)
    with pytest.raises(ValueError, match=f"populations does not serve this system: {reason}"):
        exact.solve(protocol, [1.0], "populations")
    assert exact.solve(protocol, [1.0]).attrs["method"] == "exact.liouvillian"


def test_the_phase_of_a_chain_of_one_does_nothing():
    one, other = (
        System(Ensemble(5, pump=1.0), CollectiveJump(1.0, [1.0]), ChainExchange(0.3, phase))
        for phase in (0.1, 0.9)
    )
    ds = exact.solve(Protocol([(0, one), (1, other)]), TIMES, "populations")
    np.testing.assert_allclose(ds.inversion, exact.solve(one, TIMES).inversion, atol=1e-12)
