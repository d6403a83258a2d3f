"""Solve the points of one run and keep the result: the rule `simulate`.

Killed and started again, a run of TWA goes on where it was.

Outside the workflow::

    python -m workflow.simulate --config config/quick.yaml pulse size-10.twa --threads 2
"""

from __future__ import annotations

import argparse
from pathlib import Path

import xarray as xr

from blochball.support import storage
from workflow import config, provenance, runs, stack
from workflow.results import Results


def compute(
    run: runs.Run, threads: int = 1, keep: Path | None = None, chunk: int | None = None
) -> xr.Dataset:
    """Return the Dataset of one run; a scan is stacked along its parameter.

    In the folder `keep`, TWA keeps finished trajectories and takes up those that are there; see
    `twa.Checkpoint`, for `chunk` its `work`.
    """
    solved = {}
    for number, (label, point) in enumerate(run.points.items()):
        batches = []
        for batch in range(run.batches(point)):
            folder = f"{number}" if point.batches == 1 else f"{number}.{batch}"
            kept = {} if keep is None else {"keep": keep / folder, "chunk": chunk}
            batches.append(run.theory.solve(point.batch(batch), threads, **kept))
        solved[label] = stack.batched(batches, point.seed)
    return stack.joined(solved, run.scan)


def chosen(
    parser: argparse.ArgumentParser, args: argparse.Namespace
) -> tuple[runs.Run, config.Config]:
    """Return the run that the command line names, and its config."""
    whole = config.load(args.config)
    if args.family not in whole.simulations:
        parser.error(f"family must be one of {', '.join(whole.simulations)}, got {args.family!r}")
    family = whole.family(args.family)
    if args.run not in family:
        parser.error(f"run must be one of {', '.join(family)}, got {args.run!r}")
    return family[args.run], whole


def main() -> None:
    """Read the command line, compute, save."""
    parser = config.command_line(__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="of the sampling theory")
    parser.add_argument("family", help="pulse, squeezing, ...")
    parser.add_argument("run", help="MEMBER.THEORY, e.g. size-10.twa")
    args = parser.parse_args()
    run, whole = chosen(parser, args)
    found, (path,) = Results.at_work(whole, args.output, f"data/{args.family}/{args.run}.nc")
    keep = found.chunks(args.family, args.run)
    ds = compute(run, args.threads, keep, whole.chunk)
    storage.save(provenance.stamped(ds, run), path)


if __name__ == "__main__":
    main()
