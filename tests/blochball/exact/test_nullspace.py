"""Steady states of density matrices: iteration, factorisation, and what is refused."""

import numpy as np
import pytest
import scipy.sparse as sp

from blochball import CollectiveJump, Ensemble, System, models
from blochball.exact import liouvillian, nullspace


@pytest.mark.parametrize("drive", [0.3, 6.0])
def test_iteration_and_factorisation_agree(drive, monkeypatch):
    system = models.boundary_time_crystal(9, drive, 3.0, decay=0.4, pump=0.1)
    direct = liouvillian.steady_state(system)
    assert direct.attrs["solver"] == "lu"
    monkeypatch.setattr(nullspace, "SMALL", 0)
    iterated = liouvillian.steady_state(system)
    np.testing.assert_allclose(iterated.emission.values, direct.emission.values, rtol=1e-8)
    late = liouvillian.solve(system, [80.0])
    np.testing.assert_allclose(late.emission.values, direct.emission.values, rtol=1e-6)


@pytest.mark.parametrize("small", [0, 3000])
@pytest.mark.parametrize(
    "system",
    [
        System(Ensemble(5, dephasing=1.0)),
        System(Ensemble(4, detuning=1.0, polar=1.0)),
        System([Ensemble(3, pump=1.0), Ensemble(3, dephasing=1.0)]),
        System([Ensemble(2), Ensemble(2)], CollectiveJump(1.0, [1, -1])),
        # one emitter without damage to its phase turns about its drive for ever
        System([Ensemble(1, decay=1.0), Ensemble(1)], drive=[0.5, 0.5]),
    ],
)
def test_a_steady_state_that_is_not_unique_is_refused(system, small, monkeypatch):
    monkeypatch.setattr(nullspace, "SMALL", small)
    with pytest.raises(ValueError, match=r"exact\.steady_state: the steady state must be unique"):
        liouvillian.steady_state(system)


def test_a_steady_state_beyond_double_precision_is_refused_with_the_reason():
    # the slowest rates are 1e-18 of the largest; populations would serve one ensemble
    system = System([Ensemble(2, decay=1e-18, pump=2e-18), Ensemble(3)], CollectiveJump(1, [1, 1]))
    with pytest.raises(ValueError, match=r"too slowly for floating-point numbers to tell"):
        liouvillian.steady_state(system)
    slow = System([Ensemble(2, decay=1e-5, pump=2e-5), Ensemble(1, 1.0)], CollectiveJump(1, [1, 1]))
    assert liouvillian.steady_state(slow).attrs["residual"] < 1e-10


def test_fill_in_depends_on_the_axes_of_the_unknowns(monkeypatch):
    # ensembles without local jumps keep their J: a factorisation takes 1.3 MB here
    monkeypatch.setattr(nullspace, "SMALL", 0)
    monkeypatch.setattr(nullspace, "CYCLES", 0)
    driven = models.boundary_time_crystal(40, 0.2, 0.4)
    assert liouvillian.steady_state(driven, memory_limit=1e7).attrs["solver"] == "lu"


def test_a_factorisation_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(nullspace, "SMALL", 0)
    monkeypatch.setattr(nullspace, "CYCLES", 0)
    generator = sp.csr_array(np.diag([-1.0] * 219, k=1) - np.eye(220))
    with pytest.raises(MemoryError, match=r"220 unknowns needs about .* memory_limit"):
        nullspace.stationary("exact.steady_state", generator, np.ones(220), 1e3)
