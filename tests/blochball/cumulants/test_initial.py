"""Cumulants from mixed, Dicke and uncertain states: exact where there are two emitters."""

from math import pi

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, System, cumulants, exact

TIMES = np.array([0.0, 0.4, 1.5])
RATES = {"decay": 0.3, "pump": 0.1, "dephasing": 0.2}
NAMES = ("inversion", "spin_x", "spin_y", "emission", "spin_squared", "output")


def two(*ensembles, mixture=()):
    jump = CollectiveJump(1.0, [1, 0.5j][: len(ensembles)])
    return System(ensembles, jump, drive=[0.3, 0][: len(ensembles)], mixture=mixture)


def one(**start):
    return Ensemble(2 - start.pop("pair", False), **RATES, **start)


SYSTEMS = {
    "thermal": two(one(polar=pi, length=0.4)),
    "tilted": two(one(polar=1.0, azimuth=0.3, length=0.4)),
    "Dicke": two(one(dicke=(1, 0))),
    "tilted Dicke": two(one(dicke=(1, 0), polar=0.7, azimuth=1.1)),
    "singlet": two(one(dicke=(0, 0))),
    "mixture": two(one(), mixture=[(0.4, one(polar=2.0)), (0.1, one(dicke=(0, 0)))]),
    "mixture of two ensembles": two(
        one(pair=True),
        one(pair=True, polar=pi),
        mixture=[(0.5, [one(pair=True, polar=pi), one(pair=True, length=0.2)])],
    ),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_two_emitters_are_exact(name):
    ds = cumulants.solve(SYSTEMS[name], TIMES, order=2)
    expected = exact.solve(SYSTEMS[name], TIMES, "liouvillian")
    for variable in NAMES:
        np.testing.assert_allclose(ds[variable], expected[variable], atol=1e-7)


@pytest.mark.parametrize(
    "start",
    [{"polar": 2.0, "length": 0.3}, {"dicke": (4, 2)}, {"dicke": (2, -1), "polar": 1.0}],
    ids=str,
)
def test_moments_of_many_emitters_are_exact_at_first(start):
    system = two(Ensemble(9 if "length" in start else 8, **start))
    ds, expected = cumulants.solve(system, [0.0]), exact.solve(system, [0.0], "liouvillian")
    for variable in NAMES:
        np.testing.assert_allclose(ds[variable], expected[variable], atol=1e-12)


def test_mean_field_takes_products_only():
    ds = cumulants.solve(SYSTEMS["tilted"], TIMES, order=1)
    assert ds.spin_x[0].item() == pytest.approx(0.4 * np.sin(1.0) * np.cos(0.3))
    for name, argument in (("Dicke", "Ensemble.dicke"), ("mixture", "System.mixture")):
        with pytest.raises(ValueError, match=rf"order must be 2 for .*{argument}, got 1"):
            cumulants.solve(SYSTEMS[name], TIMES, order=1)
