"""TWA and the methods one would otherwise pick: every method on the same systems, and timed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from blochball import System, models
from figures.rivals.compare import COMPARED, KEPT, RIVALS, SAMPLED
from workflow.runs import Drawn, Family, Run, Seeds
from workflow.settings import Counts, Place, Several
from workflow.theories import Array, Point


@dataclass(frozen=True)
class Case:
    """Systems of one kind, and the quantity by which methods are judged.

    Attributes
    ----------
    system : callable
        From the number of emitters of an ensemble to the System.
    until : callable
        From the same to the last time.
    quantity : str
        Its name in the Dataset of a run.
    power : int
        The quantity counts in units of this power of N_tot.
    label : str
        What the quantity is, for the axis.
    start : float
        First time that counts, in units of the last.
    """

    system: Callable[[int], System]
    until: Callable[[int], float]
    quantity: str
    power: int
    label: str
    start: float = 0.0

    def times(self, size: int, outputs: int = 61) -> Array:
        """Return equally spaced output times."""
        return np.linspace(self.start, 1, outputs) * self.until(size)


CASES = {
    # as Fig. 2(a)
    "laser": Case(
        lambda n: models.superradiant_laser(n, 0.25 * n),
        lambda n: 10 / n,
        "emission",
        2,
        r"$\langle J^+J^-\rangle/N^2$",
    ),
    # as Fig. 2(b), after the pulse
    "subradiant": Case(
        lambda n: models.superradiant_laser(n, 0.4),
        lambda n: 6.0,
        "squeezing",
        0,
        r"$\xi^2$",
        0.25,
    ),
    # as time_crystal, oscillating, with local decay
    "time_crystal": Case(
        lambda n: models.boundary_time_crystal(n, 0.75, 1.0, decay=0.05),
        lambda n: 20.0,
        "inversion",
        1,
        r"$\langle J^z\rangle/N$",
    ),
    # as Fig. 3(b)
    "two_ensembles": Case(
        lambda n: models.waveguide_chain(2, n, np.pi / 4, 0.5 * n),
        lambda n: 20 / n,
        "output",
        2,
        r"$\langle I_\mathrm{F}\rangle/N_\mathrm{tot}^2$",
    ),
}
WEAK, DRIVEN = 25, 40  # emitters of two of the tasks


@dataclass(frozen=True)
class Sizes:
    """Emitters of an ensemble, for each case."""

    laser: Counts
    subradiant: Counts
    time_crystal: Counts
    two_ensembles: Counts


@dataclass(frozen=True)
class Rivals:
    """Cases of several sizes, by "SIZE-METHOD", and four tasks, by "METHOD"."""

    drawn: ClassVar[Drawn] = (*KEPT, "squeezing", "seconds")

    sizes: Sizes
    twa_trajectories: Several
    per_emitter_trajectories: Several
    repeats: Place  # of each timing
    large_size: Several  # of the task of one large ensemble
    many_sites: Several  # of the task of many ensembles
    few_trajectories: Several  # of both

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return a run for each case and each task."""
        effort = dict(
            zip(SAMPLED, (self.twa_trajectories, self.per_emitter_trajectories), strict=True)
        )

        def points(system: System, times: Array, methods: Sequence[str]) -> dict[str, Point]:
            return {
                method: Point(
                    system, times, method=method, trajectories=effort.get(method, 0),
                    steps="auto", seed=seed(), repeats=self.repeats,
                )
                for method in methods
            }  # fmt: skip

        every = ("exact", *RIVALS)
        runs: Family = {}
        for name, sizes in dataclasses.asdict(self.sizes).items():
            case, compared = CASES[name], {}
            for size in sizes:
                for method, point in points(case.system(size), case.times(size), every).items():
                    compared[f"{size}-{method}"] = point
            runs[f"{name}.compared"] = Run(COMPARED, compared, scan="label")
        weak = points(CASES["subradiant"].system(WEAK), np.linspace(0, 6, 121), every)
        case = CASES["time_crystal"]
        driven = points(case.system(DRIVEN), case.times(DRIVEN), every)
        effort = {method: min(count, self.few_trajectories) for method, count in effort.items()}
        size = self.large_size
        large = points(CASES["laser"].system(size), np.array([25.0]) / size, RIVALS)
        chain = models.waveguide_chain(self.many_sites, 250, np.pi / 10, 250)
        many = points(chain, np.array([0.002]), RIVALS)
        tasks = {"weak": weak, "driven": driven, "large": large, "many": many}
        for name, found in tasks.items():
            once = {m: dataclasses.replace(point, repeats=1) for m, point in found.items()}
            runs[f"{name}.compared"] = Run(COMPARED, once, scan="label")
        return runs


FAMILIES = {"rivals": Rivals}
THEORIES = (COMPARED,)
