"""Run one theory on one member of a family and keep the result: the rule `simulate`.

Killed and started again, a run of TWA goes on where it was.

Outside the workflow::

    python -m workflow.simulate --config config/quick.yaml pulse size-10.twa --threads 2
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from blochball import __version__, cumulants, exact, twa
from blochball.dataset import revision
from blochball.support import storage
from workflow import provenance, results, runs


def compute(
    run: runs.Run, threads: int = 1, keep: Path | None = None, chunk: int | None = None
) -> xr.Dataset:
    """Return the Dataset of one run; a scan is stacked along its parameter.

    In the folder `keep`, TWA keeps finished trajectories and takes up those that are there; see
    `twa.Checkpoint`, for `chunk` its `work`.
    """
    if run.theory == "cost":
        return timed(run)
    found = []
    for number, point in enumerate(run.points.values()):
        checkpoint = None
        if keep is not None:
            checkpoint = twa.Checkpoint(keep / str(number), *([] if chunk is None else [chunk]))
        found.append(_solve(run.theory, point, threads, checkpoint))
    return joined(run, found)


def joined(run: runs.Run, found: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return the one Dataset of a run from those of its points, in order."""
    if run.scan is None:
        (ds,) = found
        return ds
    return stack(dict(zip(run.points, found, strict=True)), run.scan)


def _solve(
    theory: str, point: runs.Point, threads: int, checkpoint: twa.Checkpoint | None = None
) -> xr.Dataset:
    if theory == "exact":
        if point.steady:
            return exact.steady_state(point.system)
        if point.method != "jumps":
            return exact.solve(point.system, point.times, point.method)
        sampling = {"trajectories": point.trajectories, "seed": point.seed, "threads": threads}
        return exact.solve(point.system, point.times, "jumps", **sampling)
    if theory == "mean_field":
        return cumulants.solve(point.system, point.times, order=1)
    if theory == "paths":
        given = point.trajectories, point.seed
        numerics = {"steps": point.steps, "tolerance": point.tolerance}
        return twa.trajectories(point.system, point.times, *given, **numerics)
    sampling = point.sampling | {"threads": threads}
    if theory == "top":
        return twa.eq6.solve(point.system, point.times, **sampling)
    if point.strata > 1:
        del sampling["momenta"]
        strata = point.strata
        return twa.solve_stratified(
            point.system, point.times, strata=strata, **sampling, checkpoint=checkpoint
        )
    return twa.solve(point.system, point.times, **sampling, checkpoint=checkpoint)


def timed(run: runs.Run) -> xr.Dataset:
    """Measure the seconds that the steps of TWA take on one core for each point: theory "cost".

    A run of a single step is subtracted: drawing the initial state and evaluating the final one
    are not steps.
    """

    def seconds(point: runs.Point, steps: int) -> float:
        times = point.times * (steps / point.steps)
        return _solve("twa", dataclasses.replace(point, times=times, steps=steps), 1).wall_time

    started = time.perf_counter()
    points = list(run.points.values())
    for point in points:
        seconds(point, 1)  # whatever is compiled or looked up but once
    columns = {
        "sites": [point.system.sites for point in points],
        "system": [point.system.to_json() for point in points],
        "seed": [point.seed for point in points],
        "trajectories": [point.trajectories for point in points],
        "steps": [point.steps for point in points],
        "trajectory_steps": [point.trajectories * (point.steps - 1) for point in points],
        "seconds": [seconds(point, point.steps) - seconds(point, 1) for point in points],
    }
    return xr.Dataset(
        {name: (run.scan, values) for name, values in columns.items()},
        attrs={
            "blochball_version": __version__,
            "revision": revision(),
            "method": "twa.ball",
            "wall_time": time.perf_counter() - started,
        },
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
    # points may be solved by methods that say different things about themselves
    for name in (name for name in every[0] if all(name in attrs for attrs in every)):
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
    run, found = chosen(parser, args)
    keep = found.chunks(args.family, args.run)
    ds = compute(run, args.threads, keep, found.config["chunk"])
    storage.save(provenance.stamped(ds, run), found.path(args.family, args.run))


def chosen(
    parser: argparse.ArgumentParser, args: argparse.Namespace
) -> tuple[runs.Run, results.Results]:
    """Return the run that the command line names, and where its config keeps results."""
    config = runs.load(args.config)
    every = runs.families(config)
    if args.family not in every:
        parser.error(f"family must be one of {', '.join(every)}, got {args.family!r}")
    family = every[args.family]
    if args.run not in family:
        parser.error(f"run must be one of {', '.join(family)}, got {args.run!r}")
    return family[args.run], results.Results(config)


if __name__ == "__main__":
    main()
