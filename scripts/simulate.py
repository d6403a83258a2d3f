"""Run one theory on one member of a family and keep the result: the rule `simulate`.

Outside the workflow::

    python -m scripts.simulate --config config/quick.yaml pulse size-10.twa --threads 2
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np
import xarray as xr

from blochball import cumulants, exact, storage, twa
from scripts import results, runs


def compute(run: runs.Run, threads: int = 1) -> xr.Dataset:
    """Return the Dataset of one run; a scan is stacked along its parameter."""
    found = {value: _solve(run.theory, point, threads) for value, point in run.points.items()}
    if run.scan is None:
        (ds,) = found.values()
        return ds
    return stack(found, run.scan)


def _solve(theory: str, point: runs.Point, threads: int) -> xr.Dataset:
    if theory == "exact":
        if point.steady:
            return exact.steady_state(point.system)
        return exact.solve(point.system, point.times)
    if theory == "mean_field":
        return cumulants.solve(point.system, point.times, order=1)
    return twa.solve(
        point.system,
        point.times,
        trajectories=point.trajectories,
        seed=point.seed,
        steps=point.steps,
        threads=threads,
    )


def stack(datasets: Mapping[float, xr.Dataset], dim: str) -> xr.Dataset:
    """Join Datasets of single times along `dim`; attributes that differ become variables.

    The times themselves may differ (each point has its own relaxation time) and become the
    variable `until`. With equal times they are kept.
    """
    parts = list(datasets.values())
    times = [part.time.values for part in parts]
    if any(not np.array_equal(times[0], other) for other in times):
        parts = [part.isel(time=-1, drop=True).assign(until=float(part.time[-1])) for part in parts]
    joined = xr.concat(
        [part.drop_attrs(deep=False) for part in parts],
        dim=xr.IndexVariable(dim, list(datasets)),
        join="exact",
        data_vars="all",
        coords="minimal",
        compat="override",
    )
    every = [part.attrs for part in parts]
    for name in every[0]:
        values = [attrs[name] for attrs in every]
        if all(np.array_equal(values[0], value) for value in values):
            joined.attrs[name] = values[0]
        elif np.ndim(values[0]) == 0:
            joined[name] = (dim, values)
    return joined


def main() -> None:
    """Read the command line, compute, save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", default="config/paper.yaml", help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=1, help="of the sampling theory")
    parser.add_argument("family", help="pulse, squeezing, ...")
    parser.add_argument("run", help="MEMBER.THEORY, e.g. size-10.twa")
    args = parser.parse_args()
    config = runs.load(args.config)
    every = runs.families(config)
    if args.family not in every:
        parser.error(f"family must be one of {', '.join(every)}, got {args.family!r}")
    family = every[args.family]
    if args.run not in family:
        parser.error(f"run must be one of {', '.join(family)}, got {args.run!r}")
    path = results.Results(config).path(args.family, args.run)
    path.parent.mkdir(parents=True, exist_ok=True)
    storage.save(compute(family[args.run], args.threads), path)


if __name__ == "__main__":
    main()
