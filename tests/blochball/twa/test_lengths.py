"""Vectors that are too long, or too short, are told of; others are not."""

import warnings

import pytest
import xarray as xr

from blochball import Ensemble, System, exact, twa
from blochball.twa import lengths

MOST = 2.0 * 3.0  # J (J + 1) of four emitters


def dataset(excess: float, stderr: float, trajectories: int = 1000) -> xr.Dataset:
    squared = MOST * (1 + xr.DataArray([[0.0], [excess]], dims=("time", "site")))
    error = MOST * xr.DataArray([[0.0], [stderr]], dims=("time", "site"))
    return xr.Dataset(
        {
            "spin_squared": squared,
            "spin_squared_stderr": error,
            "ensemble_size": ("site", [4]),
            "short_fraction": 0.0 * squared,
        },
        attrs={"trajectories": trajectories},
    )


@pytest.mark.parametrize(
    ("excess", "stderr", "warned"),
    [(0.07, 0.006, True), (0.07, 0.02, False), (0.04, 0.0, False), (0.3, 0.05, True)],
)
def test_too_long_vectors_are_told_of_where_it_is_no_noise(excess, stderr, warned):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        lengths.warn("f", dataset(excess, stderr))
    assert len(caught) == warned
    assert not warned or f"up to {excess:.0%} above" in str(caught[0].message)


def test_few_trajectories_do_not_tell_how_large_their_noise_is():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not lengths.warn("f", dataset(0.3, 0.001, trajectories=2))


def test_decaying_emitters_of_eq_6_that_become_too_long():
    """Found by random trials: 7 % too long, known to .6 %, and off by a quarter.

    At this time alone: on the way there many are too short, and that would be told of.
    """
    system, times = System(Ensemble(4, decay=1.3446617)), [1.919]
    with pytest.warns(UserWarning, match=r"<J\^2> is up to \d+% above what so many emitters"):
        ds = twa.eq6.solve(system, times, trajectories=8192, seed=1)
    right = exact.solve(system, times).spin_squared
    assert abs(ds.spin_squared - right).max() > 0.05 * MOST
    # negative control: the ball has nothing to tell of, and is right
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ball = twa.solve(system, times, trajectories=8192, seed=1)
    assert (abs(ball.spin_squared - right) < 5 * ball.spin_squared_stderr + 0.05 * MOST).all()
