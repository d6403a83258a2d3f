"""Scatter the trajectories of a run over jobs and gather them: the rules of rules/scatter.smk.

A plan for each point of the run fixes what no random number may decide; parts of it run anywhere;
gathered, they are bit for bit what `workflow.simulate` would have computed in one job. Outside the
workflow::

    python -m workflow.scatter --config config/quick.yaml plan chain sites-100.twa --point 0
    python -m workflow.scatter --config config/quick.yaml part chain sites-100.twa --part 1
    python -m workflow.scatter --config config/quick.yaml gather chain sites-100.twa
"""

from __future__ import annotations

import xarray as xr

from blochball import twa
from blochball.support import storage
from workflow import config, provenance, results, runs, simulate, stack, theories


def plan(run: runs.Run, number: int) -> twa.Plan:
    """Return the plan of one point."""
    return theories.plan(list(run.points.values())[number])


def saved(run: runs.Run, planned: twa.Plan) -> xr.Dataset:
    """Return the plan of a point as it is kept in a file."""
    return planned.to_dataset().assign_attrs(run=run.fingerprint)


class Scattered:
    """A run whose pieces, plans and parts, are on disk.

    A piece that is damaged, or of another version or config, is named in a warning and computed
    again; one that is missing is an error.
    """

    def __init__(self, run: runs.Run, found: results.Results, family: str, name: str) -> None:
        self.run, self.found, self.family, self.name = run, found, family, name

    def planned(self, number: int) -> twa.Plan:
        """Return the plan of one point."""
        expected = {"run": self.run.fingerprint, "sources": theories.STAMP}
        there = self._take_up(number, "plan", **expected)
        return plan(self.run, number) if there is None else theories.taken_up(there)

    def blocks(self, planned: twa.Plan, number: int) -> tuple[range, ...]:
        """Return the blocks of each part of a point."""
        parts = sum(of == number for of, _ in self.run.pieces())
        return theories.blocks(planned, parts)

    def part(self, planned: twa.Plan, number: int, part: int, threads: int = 1) -> xr.Dataset:
        """Compute one part, taking up what a killed job has left of it."""
        folder = self.found.chunks(self.family, self.name) / f"{number}.{part}"
        blocks = self.blocks(planned, number)[part]
        return theories.run_part(planned, blocks, threads, folder, self.found.config.chunk)

    def gather(self) -> xr.Dataset:
        """Return the Dataset of the whole run."""
        whole = {}
        for number, label in enumerate(self.run.points):
            planned = self.planned(number)
            parts = []
            for part, blocks in enumerate(self.blocks(planned, number)):
                expected = {"first": blocks.start, "blocks": len(blocks)}
                there = self._take_up(number, part, identity=planned.identity, **expected)
                parts.append(self.part(planned, number, part) if there is None else there)
            whole[label] = theories.gather(planned, parts)
        return stack.joined(whole, self.run.scan)

    def _take_up(self, number: int, piece: int | str, **expected: object) -> xr.Dataset | None:
        path = self.found.piece(self.family, self.name, number, piece)
        if not path.exists():
            raise FileNotFoundError(
                f"scatter: there must be every plan and part, not there: {path}"
            )
        return storage.take_up(path, **expected)


def main() -> None:
    """Read the command line, compute, save."""
    parser = config.command_line(__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="of a part")
    parser.add_argument("what", choices=("plan", "part", "gather"))
    parser.add_argument("family", help="chain or drive")
    parser.add_argument("run", help="MEMBER.THEORY, e.g. sites-100.twa")
    parser.add_argument("--point", type=int, default=0, help="number of the point of a scan")
    parser.add_argument("--part", type=int, default=0, help="number of the part")
    args = parser.parse_args()
    run, whole = simulate.chosen(parser, args)
    piece = args.part if args.what == "part" else args.what
    usual = f"parts/{args.family}/{args.run}/{args.point}.{piece}.nc"
    if args.what == "gather":
        usual = f"data/{args.family}/{args.run}.nc"
    found, (path,) = results.Results.at_work(whole, args.output, usual)
    scattered = Scattered(run, found, args.family, args.run)
    if args.what == "plan":
        ds = saved(run, plan(run, args.point))
    elif args.what == "part":
        ds = scattered.part(scattered.planned(args.point), args.point, args.part, args.threads)
    else:
        ds = scattered.gather()
    storage.save(provenance.stamped(ds, run), path)


if __name__ == "__main__":
    main()
