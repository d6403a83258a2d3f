"""What a density misses of the moments of local dissipation: known exactly, and warned of."""

import warnings

import numpy as np
import pytest
from scipy.linalg import expm

from blochball import CollectiveJump, Ensemble, System, exact
from blochball.twa import density
from blochball.twa.density import defects
from blochball.twa.density.generators import Rates

LOCAL = {"decay": 0.7, "dephasing": 0.3, "pump": 0.4}
WARNED = "this form of the theory misses what local dissipation does"


def variables(ds):
    """Return z, a and b, shape (3, times)."""
    z, emission, squared = (ds[name].values[:, 0] for name in density.FUNCTIONS)
    return np.array([z, emission - z, squared - emission + z])


@pytest.mark.parametrize("polar", [0.0, np.pi])
def test_moments_of_local_dissipation_are_closed(polar):
    times = np.array([0.0, 0.2, 1.0, 4.0])
    moments = variables(exact.solve(System(Ensemble(6, **LOCAL, polar=polar)), times))
    matrix, source = defects.changes(Rates(6, *LOCAL.values(), 0.0, 0.0))
    whole = np.zeros((4, 4))
    whole[:3, :3], whole[:3, 3] = matrix, source
    expected = [expm(whole * t) @ [*moments[:, 0], 1] for t in times]
    np.testing.assert_allclose(moments.T, np.array(expected)[:, :3], atol=1e-9)


def told(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ds = call()
    return ds, [str(one.message) for one in caught]


def estimates(monkeypatch):
    """Return a list that every estimate is added to."""
    kept, missed = [], defects.missed
    monkeypatch.setattr(defects, "missed", lambda *a: kept.append(missed(*a)) or kept[-1])
    return kept


SILENT_BEFORE = [
    # dephased at a pole, five emitters
    (System(Ensemble(5, decay=1.0, dephasing=0.3, polar=np.pi)), [0.1, 0.3, 1.0]),
    (System(Ensemble(6, pump=0.5, dephasing=1.0), CollectiveJump(0.02, 1.0)), [0.1, 0.3, 1.0]),
]


@pytest.mark.parametrize(("system", "times"), SILENT_BEFORE)
def test_the_error_is_what_is_estimated(system, times, monkeypatch):
    kept = estimates(monkeypatch)
    monkeypatch.setattr(density.lengths, "warned_of_long", lambda *_: False)
    ds, messages = told(lambda: density.solve(system, times, "eq6", spacing=0.2))
    right, half = exact.solve(system, times), system.emitters / 2
    for name in density.FUNCTIONS:
        most = half if name == "inversion" else half * (half + 1)
        share = float(abs(ds[name] - right[name]).max()) / most
        assert kept[0][name] == pytest.approx(share, rel=0.15, abs=0.005)
    assert [WARNED in message for message in messages] == [max(kept[0].values()) > 0.045]
    # negative control: the ball has these moments right, but for its cloud of so few emitters and
    # where J^z would lack variance
    ds, messages = told(lambda: density.solve(system, times, spacing=0.2))
    assert not messages
    assert max(kept[1].values()) < 0.03
