"""Finished blocks of trajectories, kept in files: a run that is killed is taken up from them.

A chunk is a power of two of blocks and so one subtree of the sum over all of them (see
`statistics.Tree`): a run that is taken up has the bits of one that was never interrupted.
"""

from __future__ import annotations

import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr

from blochball._version import __version__
from blochball.support import storage
from blochball.support.statistics import Leaf

WORK: Final = (
    200_000_000  # ensemble-steps of a chunk, if nothing else is asked for: a second or two
)
_WORTH: Final = 4  # chunks with less than this fraction of the work are not kept


class Chunks:
    """The chunks of one run in a folder.

    Parameters
    ----------
    folder : path-like
        Made when the first chunk is written. Whoever asked for it deletes it, once the result of
        the whole run is safe.
    identity : str
        Changes whenever the run would give other numbers: chunks of another one are not taken up.
    record : type
        Of what a block returns a tuple of: a dataclass of numbers and arrays.
    cost : float
        Ensemble-steps of one block.
    work : int
        Ensemble-steps of a chunk, at least.

    Attributes
    ----------
    blocks : int
        In a chunk, a power of two.
    seconds : float
        That the chunks which were taken up took to compute.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        identity: str,
        record: type,
        cost: float,
        work: int = WORK,
    ) -> None:
        self.folder = Path(folder)
        self.identity = identity
        self.record = record
        self.blocks = 1 << (max(1, -int(-work // cost)) - 1).bit_length()
        self.least = work / cost / _WORTH
        self.seconds = 0.0

    def load(self, blocks: range) -> Leaf | None:
        """Return the moments of a chunk, or None if they have to be computed."""
        ds = storage.take_up(
            self._path(blocks), identity=self.identity, first=blocks.start, blocks=len(blocks)
        )
        if ds is None:
            return None
        self.seconds += float(ds.seconds)
        return unpack(ds, self.record)

    def save(self, blocks: range, leaf: Leaf, seconds: float) -> None:
        """Keep the moments of a chunk, unless they are computed about as fast as read."""
        if len(blocks) >= self.least:
            ds = pack(leaf).assign_attrs(
                identity=self.identity, first=blocks.start, blocks=len(blocks), seconds=seconds
            )
            storage.save(ds, self._path(blocks))

    def _path(self, blocks: range) -> Path:
        return self.folder / f"{blocks.start}.nc"


def pack(leaf: Leaf) -> xr.Dataset:
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
