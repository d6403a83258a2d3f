"""Runs: one theory applied to one system, or to several along a parameter; one file each.

A *family* is a set of runs that belong together: the curves of Fig. 2(a), the sweep in its
neighbour's inset. Its settings are a dataclass in a figure's folder, figures/X/runs.py, whose
method `runs` makes of them the runs, by "MEMBER.THEORY".
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from blochball import System
from workflow.settings import Count, Several
from workflow.theories import EXACT, TWA, Point, Theory

# of trajectories, where a largest error is sought or an error has no formula: enough to know the
# error of what is read off to a quarter of itself
BATCHES = 8
# quantities of a Dataset that figures draw
Drawn = tuple[str, ...]
Seeds = Callable[..., int]  # from labels to the seed of one point


@dataclass(frozen=True)
class Run:
    """One theory applied to one point, or to several along the parameter `scan`."""

    theory: Theory
    points: dict[float | str, Point]
    scan: str | None = None
    jobs: int = 1  # over how many to scatter the trajectories of the ball

    @property
    def inputs(self) -> str:
        """SHA-256 of systems, times and numerics: all that decides about the run's numbers."""
        return hashlib.sha256(self._described.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """Short text that changes whenever the run would give other numbers."""
        return f"{zlib.crc32(self._described.encode()):08x}"

    @property
    def _described(self) -> str:
        text = []
        for value, p in self.points.items():
            text += [repr(value), p.system.to_json(), p.times.tolist()]
            # a deterministic theory knows no trajectories, a sampling one no infinite times
            if self._sampled(p):
                text += [p.method, *p.sampling.values()]
            else:
                text += [p.method, p.steady]
            if p.repeats > 1:
                text += [p.repeats]
            if self.batches(p) > 1:
                text += [f"{p.batches} batches"]
        return json.dumps([self.theory.name, self.scan, text])

    def batches(self, point: Point) -> int:
        """Return how many independent batches a point is made in: one, if nothing is sampled."""
        return point.batches if self._sampled(point) else 1

    def _sampled(self, point: Point) -> bool:
        return self.theory.sampled or point.method == "jumps"

    def pieces(self) -> list[tuple[int, int]]:
        """Return (number of the point, number of the part) of every job of a scattered run."""
        share = max(1, self.jobs // len(self.points))
        return [
            (number, part)
            for number, point in enumerate(self.points.values())
            for part in range(point.parts(share))
        ]


Family = dict[str, Run]  # by "MEMBER.THEORY"


class Settings(Protocol):
    """The settings of a family: a dataclass whose annotations are those of `workflow.settings`."""

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return the runs; `of` holds the settings of all families, by name."""


# -- a run for each size ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Member:
    """One size of a family, and whether it is solved exactly, too."""

    size: Count
    trajectories: Several
    exact: bool


def by_size(
    member: Member, systems: Mapping[str, System], times: Any, steps: int, seed: Seeds
) -> Family:
    """Return the run of TWA, and where it is asked for the exact one, of all systems of a size."""
    points: dict[float | str, Point] = {
        label: Point(
            system,
            times,
            trajectories=member.trajectories,
            batches=BATCHES,
            steps=steps,
            seed=seed(label, member.size),
        )
        for label, system in systems.items()
    }
    theories = (TWA, EXACT) if member.exact else (TWA,)
    return {f"size-{member.size}.{t.name}": Run(t, points, scan="label") for t in theories}
