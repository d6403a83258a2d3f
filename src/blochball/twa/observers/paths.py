"""Single trajectories, which `blochball.twa.solve` averages over and does not keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.support.statistics import Leaf
from blochball.twa.driver import Observer
from blochball.twa.lanes import LANES, jit
from blochball.twa.noise import Stream
from blochball.twa.plan import Plan

# the symbols of J^x, J^y and J^z, under the names of their means
COMPONENTS = ("spin_x", "spin_y", "inversion")


class Record(NamedTuple):
    """Bloch vectors, shape (times, sites, 3, trajectories)."""

    vectors: NDArray[np.float64]


@dataclass(frozen=True)
class Paths:
    """Trajectories of some blocks, shape (times, sites, 3, trajectories)."""

    vectors: NDArray[np.float64]

    def merge(self, other: Paths) -> Paths:
        """Return the trajectories of both, in order."""
        return Paths(np.concatenate([self.vectors, other.vectors], axis=-1))


@jit
def look(lanes, t, record):
    """Copy the Bloch vectors of one group of lanes."""
    sites, components, trajectories = record.vectors.shape[1:]
    first = lanes.number * LANES
    for l in range(sites):
        for c in range(components):
            for i in range(min(LANES, trajectories - first)):
                record.vectors[t, l, c, first + i] = lanes.vectors[l, c * LANES + i]


def observer(plan: Plan) -> Observer:
    """Return the observer of a plan's single trajectories."""

    def record(trajectories: int) -> Record:
        shape = (plan.times.size, plan.system.sites, len(COMPONENTS), trajectories)
        return Record(np.empty(shape))

    def leaf(record: Record, trajectories: int) -> Leaf:
        return (Paths(record.vectors),)

    return Observer(look, record, leaf, Stream.BLOCKS, plan.block)
