"""The program for wrong physics is right where nothing is wrong, and wrong where it says so."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

from blochball import CollectiveJump, Ensemble, System, exact, models
from paper_checks import wrong
from paper_checks.wrong import Physics
from paper_checks.wrong_eq6 import FourVariables

# every kind of term, local and collective
ALL = System(
    [
        Ensemble(12, decay=0.3, dephasing=0.1, pump=0.5, polar=0.8, detuning=0.4),
        Ensemble(8, pump=0.7, polar=2.0, azimuth=1.0),
    ],
    [
        CollectiveJump(0.3, [1, 0.5j]),
        CollectiveJump(0.1, [0.5, 1], kind="pump"),
        CollectiveJump(0.1, [1, -1], kind="dephasing"),
    ],
    exchange=[[0.1, 0.2j], [-0.2j, 0]],
    drive=[0.5, 0.2j],
)
LASER = models.superradiant_laser(20, 5.0)
TIMES = np.linspace(0, 0.4, 9)


def errors(ds: xr.Dataset, judge: xr.Dataset, name: str) -> xr.DataArray:
    """Return the deviation in standard errors; TWA's own error counts as a hundredth of it all."""
    own = 0.02 * abs(judge[name]).max()
    return abs(ds[name] - judge[name]) / np.hypot(ds[f"{name}_stderr"], own)


@pytest.mark.parametrize("name", ["inversion", "spin_x", "spin_y", "emission", "output"])
def test_with_right_physics_it_agrees_with_the_exact_solution(name: str) -> None:
    times = np.linspace(0, 1.5, 7)
    judge = exact.solve(ALL, times)
    ds = wrong.solve(ALL, times, 4000, 3, Physics())
    assert float(errors(ds, judge, name).max()) < 4.5


def test_the_four_variables_have_the_errors_of_eq_6() -> None:
    """Known from `blochball.twa`: 0.040 of <J^2>/N too much, and six times as much if psi rests."""
    judge = exact.solve(LASER, TIMES)
    excess = {}
    for frozen in (False, True):
        ball = FourVariables(LASER, Physics(), 8000, 5, frozen)
        ds = wrong.watched(ball, TIMES)
        excess[frozen] = float(abs(ds.spin_squared - judge.spin_squared).max()) / 20
        stderr = float(ds.spin_squared_stderr.max()) / 20
    assert excess[False] == pytest.approx(0.04, abs=4 * stderr)
    assert excess[True] > 4 * excess[False]


@pytest.mark.parametrize("kind", [kind for kind in wrong.WRONG if "dephasing" not in kind])
def test_every_kind_of_wrong_physics_is_seen(kind: str) -> None:
    judge = exact.solve(LASER, TIMES)
    ds = wrong.solve(LASER, TIMES, 8000, 4, wrong.WRONG[kind])
    seen = [
        float((abs(ds[name] - judge[name]) / ds[f"{name}_stderr"])[1:].max())
        for name in ("emission", "inversion", "spin_squared")
    ]
    assert max(seen) > 10


def test_half_of_the_dephasing_is_seen() -> None:
    system = System(Ensemble(20, dephasing=1.0, polar=np.pi / 2))
    judge = exact.solve(system, TIMES)
    ds = wrong.solve(system, TIMES, 4000, 4, wrong.WRONG["half of the dephasing"])
    assert float(errors(ds, judge, "spin_x")[1:].max()) > 10
    right = dataclasses.replace(wrong.WRONG["half of the dephasing"], dephasing=1.0)
    ds = wrong.solve(system, TIMES, 4000, 4, right)
    assert float(errors(ds, judge, "spin_x").max()) < 4.5


def test_single_trajectories_average_to_the_same() -> None:
    paths = wrong.paths(LASER, TIMES, 500, 6, Physics())
    ds = wrong.solve(LASER, TIMES, 500, 6, Physics())
    np.testing.assert_allclose(paths.inversion.mean("trajectory"), ds.inversion)
