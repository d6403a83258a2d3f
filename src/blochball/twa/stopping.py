"""Runs that end when the standard errors that were asked for are reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from blochball.moments import MOMENTS
from blochball.support import validation
from blochball.support.statistics import Leaf, doubled
from blochball.twa.plan import Plan
from blochball.twa.runs import Run

USUAL = 1000  # trajectories of a run
MOST = 2**24  # of one that is to reach a standard error


def most(trajectories: int | None, error: Any) -> Any:
    """Return the number of trajectories that is meant by none."""
    if trajectories is None:
        return USUAL if error is None else MOST
    return trajectories


def wanted(owner: str, error: Any, plan: Plan) -> dict[str, float]:
    """Validate the argument `error` of a run."""
    what = f"{owner}: error must be a mapping from names of variables to shares > 0"
    if not isinstance(error, Mapping):
        raise TypeError(f"{what}, got {validation.shown(error)}")
    names = [*MOMENTS, *(["output"] if plan.system.jumps else [])]
    names += ["structure_factor"] if plan.momenta.size else []
    names += ["correlation"] if plan.times_kept.size else []
    names += ["spin_covariance"] if plan.moments != "first" else []
    names += ["pair_covariance"] if plan.moments == "pairs" else []
    if not error or not set(error) <= set(names):
        raise ValueError(f"{what}, some of {', '.join(names)}, got {validation.shown(dict(error))}")
    shares = {name: validation.real(owner, "error", share, 0) for name, share in error.items()}
    if not all(shares.values()):
        raise ValueError(f"{what}, got {validation.shown(dict(error))}")
    return shares


def run_until(
    run: Run,
    error: Mapping[str, float],
    make: Callable[[Plan, Leaf, float], xr.Dataset],
    **options: Any,
) -> xr.Dataset:
    """Run until the largest standard errors are small enough, or all trajectories are used up.

    Parameters
    ----------
    run : Run
        Of the most trajectories.
    error : mapping of name to float
        From `wanted`.
    make : callable
        ``make(plan, sums, seconds)`` returns the Dataset of a run.
    **options
        Of `Run.total`.
    """
    seconds = 0.0

    def block(blocks: range) -> Leaf:
        nonlocal seconds
        leaf, took = run.total(blocks=blocks, **options)
        seconds += took
        return leaf

    def made(leaf: Leaf, blocks: int) -> xr.Dataset:
        count = min(blocks * run.observer.block, run.plan.trajectories)
        return make(replace(run.plan, trajectories=count), leaf, seconds)

    def enough(leaf: Leaf, blocks: int) -> bool:
        return _excess(made(leaf, blocks), error)[0] <= 1

    ds = made(*doubled(block, enough, len(run.blocks)))
    excess, name = _excess(ds, error)
    if not excess <= 1:
        count = f"about {excess**2 * ds.trajectories:.2g}" if np.isfinite(excess) else "many more"
        validation.warn(
            f"{run.owner}: error of {name} is {excess * error[name]:.2g} after all "
            f"{ds.trajectories} trajectories, {error[name]:.2g} was asked for; {count} would do"
        )
    return ds.assign_attrs(error=", ".join(f"{name}: {share:g}" for name, share in error.items()))


def _excess(ds: xr.Dataset, error: Mapping[str, float]) -> tuple[float, str]:
    """Return how many times the worst error is what it may be, and of what."""
    ratios = {
        name: float(ds[f"{name}_stderr"].max() / abs(ds[name]).max() / share)
        for name, share in error.items()
    }
    # what is not a number is worst
    return max((np.inf if np.isnan(ratio) else ratio, name) for name, ratio in ratios.items())
