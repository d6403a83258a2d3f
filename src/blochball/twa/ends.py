"""Where trajectories are at the end of a run, so that another one carries on from there.

A trajectory is its Bloch vectors, its generator and the random bits that it has drawn and not used
yet. With all of them two runs have the bits of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball import operators
from blochball.protocol import Protocol
from blochball.support import validation
from blochball.system import System
from blochball.twa.lanes import LANES, Lanes
from blochball.twa.noise import STEPS_PER_WORD
from blochball.twa.step import Step, halved

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

DIMS = {"end_spin": ("trajectory", "site", "axis"), "end_random": ("trajectory", "word")}
LABELS = {"end_spin": "J at the end of a trajectory", "end_random": "its random numbers to come"}
STRETCHED = "end_stretched"  # attribute, see `End.stretched`
_CLOCKS, _STATE = 2, 2  # words for the clocks of site and jump bits, and for the generator
_OWN = _CLOCKS + _STATE


@dataclass(frozen=True, eq=False)
class End:
    """Trajectories at the end of a run.

    Attributes
    ----------
    vectors : ndarray, shape (trajectories, sites, 3)
    random : ndarray of uint64, shape (trajectories, 4 + sites + jumps)
        Steps that the bits of the sites and of the jumps have served, the state of the generator,
        the bits of each site and of each jump.
    stretched : float
        What nothing has damped yet, see `stretching.stretched`; 0 if something has, or if it has
        not been asked for.
    """

    vectors: Floats
    random: Words
    stretched: float = 0.0

    @classmethod
    def of(cls, lanes: Lanes, count: int, step: Step) -> End:
        """Return the first `count` trajectories of all groups of a block, after some steps."""
        groups, sites = lanes.vectors.shape[:2]
        columns = lanes.vectors.reshape(groups, sites, -1, LANES)[:, :, :3]
        vectors = columns.transpose(0, 3, 1, 2).reshape(-1, sites, 3)
        clocks = np.repeat(lanes.clock[:, :_CLOCKS].astype(np.uint64), LANES, axis=0)
        state = _by_lane(lanes.random.reshape(groups, _STATE, LANES))
        halves = step.advance is halved
        bits = [_by_lane(words, halves) for words in (lanes.site_words, lanes.jump_words)]
        return cls(vectors[:count], np.concatenate([clocks, state, *bits], axis=1)[:count])

    def put(self, lanes: Lanes, step: Step) -> None:
        """Put the trajectories into all groups of a block, before some steps."""
        count, sites = self.vectors.shape[:2]
        groups, jumps = lanes.number.size, lanes.jump_words.shape[1]
        fill = ((0, groups * LANES - count), (0, 0))
        random = np.pad(self.random, fill, "edge")
        columns = lanes.vectors.reshape(groups, sites, -1, LANES)
        vectors = np.pad(self.vectors, (*fill, (0, 0)), "edge").reshape(groups, LANES, sites, 3)
        columns[:, :, :3] = vectors.transpose(0, 2, 3, 1)
        lanes.clock[:] = 0
        lanes.clock[:, :_CLOCKS] = random[::LANES, :_CLOCKS]
        lanes.random[:] = _by_row(random[:, _CLOCKS:_OWN]).reshape(groups, -1)
        halves = step.advance is halved
        lanes.site_words[:] = _by_row(random[:, _OWN : _OWN + sites], halves)
        if random.shape[1] == _OWN + sites + jumps:
            lanes.jump_words[:] = _by_row(random[:, _OWN + sites :], halves)
        else:  # bits of other jumps are not used up
            lanes.clock[:, 1] = STEPS_PER_WORD
        lanes.number[:] = np.arange(groups)
        lanes.mask[:] = (np.arange(groups * LANES) < count).reshape(groups, LANES)

    def merge(self, other: End) -> End:
        """Return the trajectories of both, in order."""
        vectors = np.concatenate([self.vectors, other.vectors])
        return End(vectors, np.concatenate([self.random, other.random]))

    def part(self, first: int, count: int) -> End:
        """Return some of the trajectories."""
        some = slice(first, first + count)
        return End(self.vectors[some], self.random[some], self.stretched)

    def few(self) -> Floats:
        """Return the first vectors, one a lane, as columns: shape (sites, 3 * LANES)."""
        count, sites = self.vectors.shape[:2]
        first = self.vectors[np.arange(LANES) % count]
        return np.ascontiguousarray(first.transpose(1, 2, 0)).reshape(sites, -1)

    def added_to(self, ds: xr.Dataset) -> xr.Dataset:
        """Return a Dataset with the trajectories."""
        arrays = {"end_spin": self.vectors, "end_random": self.random}
        for name, values in arrays.items():
            ds[name] = (DIMS[name], values, {"long_name": LABELS[name], "units": "1"})
        number = np.arange(len(self.vectors))
        axes = np.array(["x", "y", "z"], dtype=object)
        return ds.assign_coords(
            trajectory=("trajectory", number, {"long_name": "trajectory"}),
            axis=("axis", axes, {"long_name": "axis"}),
        )

    @classmethod
    def from_dataset(cls, owner: str, ds: Any, system: System) -> End:
        """Return the trajectories that a Dataset holds, if a System can carry on with them.

        Raises
        ------
        TypeError, ValueError
            Naming the argument `initial`, what it must be and what it was.
        """
        validation.instance(owner, "initial", ds, xr.Dataset)
        what = f"{owner}: initial must be a Dataset of twa.solve(..., end=True)"
        if any(name not in ds or set(ds[name].dims) != set(dims) for name, dims in DIMS.items()):
            raise ValueError(f"{what}, got one without end_spin and end_random of trajectories")
        vectors, random = (ds[name].transpose(*dims).values for name, dims in DIMS.items())
        count, sites, axes = vectors.shape
        if random.dtype != np.uint64 or vectors.dtype != np.float64 or axes != 3 or count < 1:
            raise ValueError(f"{what}, got one whose trajectories were changed")
        sizes = ds["ensemble_size"].values.tolist()
        wanted = system.column("size").tolist()
        if sizes != wanted or sites != len(wanted) or random.shape[1] < _OWN + sites:
            raise ValueError(
                f"{owner}: initial must be of ensembles as large as those of system, "
                f"{validation.shown(wanted)}, got {validation.shown(sizes)}"
            )
        return cls(vectors, random, float(ds.attrs.get(STRETCHED, 0.0)))


def begun(
    owner: str, initial: xr.Dataset | None, system: System | Protocol, trajectories: Any
) -> End | None:
    """Return the trajectories that the argument `initial` holds, or None.

    Raises
    ------
    TypeError, ValueError
        As `End.from_dataset`, and if `trajectories` is another number.
    """
    if initial is None:
        return None
    if not isinstance(system, Protocol):
        operators.require_system(owner, system)
    start = system.initial if isinstance(system, Protocol) else system
    found = End.from_dataset(owner, initial, start)
    if trajectories is not None:
        count = validation.integer(owner, "trajectories", trajectories, 1)
        if count != len(found.vectors):
            raise ValueError(
                f"{owner}: trajectories must be those of initial, {len(found.vectors)}, got {count}"
            )
    return found


def _by_lane(words: Words, halves: bool = False) -> Words:
    """Return words of shape (groups, rows, LANES) as (groups * LANES, rows); see `step.halved`."""
    groups, rows, _ = words.shape
    if halves:
        words = words.reshape(groups, 2, rows, LANES // 2).swapaxes(1, 2)
    return words.reshape(groups, rows, LANES).swapaxes(1, 2).reshape(groups * LANES, rows)


def _by_row(values: Words, halves: bool = False) -> Words:
    """Undo `_by_lane`."""
    groups, rows = len(values) // LANES, values.shape[1]
    words = values.reshape(groups, LANES, rows).swapaxes(1, 2)
    split = words.reshape(groups, rows, 2, LANES // 2).swapaxes(1, 2) if halves else words
    return split.reshape(groups, rows, LANES)
