"""Finished ranges of blocks, kept in files: a run that is killed or extended is taken up from them.

A range is a power of two of blocks and so one subtree of the sum over all of them (see
`statistics.Tree`): a run that is taken up has the bits of one that was never interrupted. The same
files carry the parts of a run that is scattered over jobs.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from blochball._version import __version__
from blochball.support import storage, validation
from blochball.support.statistics import Leaf

WORK: Final = 200_000_000  # ensemble-steps of a file, if nothing else is asked for: a second or two
_LEAST_SHARE: Final = 1 / 4  # files that would hold less of the work than that are not written


@dataclass(frozen=True)
class Checkpoint:
    """Where a run keeps what is finished.

    Parameters
    ----------
    folder : path-like
        One for each run, made when the first file is written; yours to delete. What is computed
        about as fast as it is read, within some tenths of a second, is not kept: a run as short
        as that leaves nothing here.
    work : int
        Ensemble-steps of a file, at least: trajectories times sites times steps.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.

    Examples
    --------
    >>> import tempfile
    >>> from blochball import models, twa
    >>> keep = twa.Checkpoint(tempfile.mkdtemp(), work=10**6)
    >>> laser = models.superradiant_laser(100, pump=25.0)
    >>> ds = twa.solve(laser, [0.1], trajectories=2000, seed=1, steps=10, checkpoint=keep)
    """

    folder: str | os.PathLike[str]
    work: int = WORK

    def __post_init__(self) -> None:
        """Validate and convert both fields."""
        folder = _writable("Checkpoint", "folder", self.folder)
        object.__setattr__(self, "folder", folder)
        object.__setattr__(self, "work", validation.integer("Checkpoint", "work", self.work, 1))


def checkpoint_of(owner: str, value: Any) -> Checkpoint | None:
    """Return the argument `checkpoint`: a Checkpoint, a folder for one, or None."""
    if value is None or isinstance(value, Checkpoint):
        return value
    return Checkpoint(_writable(owner, "checkpoint", value))


def _writable(owner: str, name: str, value: Any) -> Path:
    """Return a folder that is there or can be made, as far as that can be seen beforehand."""
    folder = validation.path(owner, name, value)
    what = f"{owner}: {name} must be a folder that can be written"
    try:
        there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    except OSError as error:  # on the way to it
        raise ValueError(f"{what}, got {value!r} ({error})") from error
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise ValueError(f"{what}, got {value!r}")
    return folder


@dataclass
class Finished:
    """The finished ranges of one run in a folder.

    Attributes
    ----------
    checkpoint : Checkpoint
    identity : str
        Changes whenever trajectories would: ranges of another run are not taken up. It does not
        depend on how many trajectories there are.
    record : type
        Of what a block returns a tuple of: a dataclass of numbers and arrays.
    cost : float
        Ensemble-steps of one block.
    seconds : float
        Time originally spent on the ranges that were loaded.
    """

    checkpoint: Checkpoint
    identity: str
    record: type
    cost: float
    seconds: float = 0.0

    @property
    def blocks(self) -> int:
        """Blocks of a range, a power of two."""
        return 1 << (max(1, -int(-self.checkpoint.work // self.cost)) - 1).bit_length()

    def load(self, blocks: range, count: int) -> Leaf | None:
        """Return the sums of `count` trajectories in some blocks, or None if there are none."""
        path = self._path(blocks)
        ds = storage.take_up(path, identity=self.identity, first=blocks.start)
        # a run of another length may have left fewer or more of them here
        if ds is None or (ds.blocks, ds.trajectories) != (len(blocks), count):
            return None
        self.seconds += float(ds.wall_time)
        return unpack(ds, self.record)

    def save(self, blocks: range, count: int, leaf: Leaf, seconds: float) -> None:
        """Keep the sums of some blocks, unless they are computed about as fast as read."""
        if len(blocks) * self.cost >= self.checkpoint.work * _LEAST_SHARE:
            storage.save(pack(leaf, self.identity, blocks, count, seconds), self._path(blocks))

    def _path(self, blocks: range) -> Path:
        return Path(self.checkpoint.folder, f"{blocks.start}.nc")


def pack(leaf: Leaf, identity: str, blocks: range, count: int, seconds: float) -> xr.Dataset:
    """Put records of numbers and arrays into one row of numbers: quickly written, quickly read."""
    entries = [
        (number, field.name, np.asarray(getattr(record, field.name), np.float64))
        for number, record in enumerate(leaf)
        for field in fields(record)
    ]
    return xr.Dataset(
        {"numbers": ("number", np.concatenate([value.ravel() for *_, value in entries]))},
        attrs={
            "blochball_version": __version__,
            "identity": identity,
            "first": blocks.start,
            "blocks": len(blocks),
            "trajectories": count,
            "wall_time": seconds,
            "layout": json.dumps([(number, name, v.shape) for number, name, v in entries]),
        },
    )


def unpack(ds: xr.Dataset, record: type) -> Leaf:
    """Return the records that were packed."""
    found: dict[int, dict[str, Any]] = {}
    numbers, at = ds.numbers.values, 0
    for number, name, shape in json.loads(ds.layout):
        size = int(np.prod(shape))
        value = numbers[at : at + size].reshape(shape)
        found.setdefault(number, {})[name] = value if shape else int(value)
        at += size
    return tuple(record(**entry) for entry in found.values())
