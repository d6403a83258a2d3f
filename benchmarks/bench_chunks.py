"""What it costs to keep finished trajectories in files, and to take them up."""

from __future__ import annotations

import tempfile
from itertools import count
from pathlib import Path

import numpy as np

from benchmarks.timing import Row, beside, measure, median
from blochball import models, twa


def rows() -> list[Row]:
    """Time the run of a curve of Fig. 2(a), whole and with chunks of the usual size."""
    laser = models.superradiant_laser(25, pump=0.25 * 25)
    times = np.linspace(0, 40, 241) / 25

    def solve(checkpoint: Path | None = None) -> None:
        twa.solve(laser, times, 1_000_000, 1, steps=1200, checkpoint=checkpoint)

    plain = median(measure(solve, 3))
    ours = Row("TWA, N = 25, a million trajectories", *plain, "s")
    with tempfile.TemporaryDirectory() as directory:
        folders = (Path(directory, str(number)) for number in count())
        keep = measure(lambda: solve(next(folders)), 3)
        again = measure(lambda: solve(Path(directory, "0")), 3)
    return [
        ours,
        beside("the same, chunks kept", keep, ours, goal="<= 1.05x"),
        beside("the same, all chunks taken up", again, ours),
    ]
