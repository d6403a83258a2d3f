"""Scatter the trajectories of a run over jobs and gather them: the rules of rules/scatter.smk.

A plan for each point of the run fixes what no random number may decide; parts of it run anywhere;
gathered, they are bit for bit what `scripts.simulate` would have computed in one job. Outside the
workflow::

    python -m scripts.scatter --config config/quick.yaml plan chain sites-100.twa --point 0
    python -m scripts.scatter --config config/quick.yaml part chain sites-100.twa --point 0 --part 1
    python -m scripts.scatter --config config/quick.yaml gather chain sites-100.twa
"""

from __future__ import annotations

import argparse

import xarray as xr

from blochball import storage, twa
from scripts import results, runs, simulate


def plan(run: runs.Run, number: int) -> xr.Dataset:
    """Return the plan of one point."""
    point = list(run.points.values())[number]
    parts = sum(of == number for of, _ in run.pieces())
    return twa.plan(point.system, point.times, **point.sampling, parts=parts)


def gather(run: runs.Run, found: results.Results, family: str, name: str) -> xr.Dataset:
    """Return the Dataset of the run from the plans and parts on disk."""
    whole = []
    for number in range(len(run.points)):
        parts = [part for of, part in run.pieces() if of == number]
        planned, *ran = (
            storage.load(found.piece(family, name, number, part)) for part in ("plan", *parts)
        )
        whole.append(twa.gather(planned, ran))
    return simulate.joined(run, whole)


def main() -> None:
    """Read the command line, compute, save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", default="config/paper.yaml", help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=1, help="of a part")
    parser.add_argument("what", choices=("plan", "part", "gather"))
    parser.add_argument("family", help="chain or drive")
    parser.add_argument("run", help="MEMBER.THEORY, e.g. sites-100.twa")
    parser.add_argument("--point", type=int, default=0, help="number of the point of a scan")
    parser.add_argument("--part", type=int, default=0, help="number of the part")
    args = parser.parse_args()
    run, found = simulate.chosen(parser, args)
    if args.what == "plan":
        path = found.piece(args.family, args.run, args.point, "plan")
        storage.save(plan(run, args.point), path)
    elif args.what == "part":
        planned = storage.load(found.piece(args.family, args.run, args.point, "plan"))
        path = found.piece(args.family, args.run, args.point, args.part)
        storage.save(twa.run_part(planned, args.part, args.threads), path)
    else:
        path = found.path(args.family, args.run)
        storage.save(gather(run, found, args.family, args.run), path)


if __name__ == "__main__":
    main()
