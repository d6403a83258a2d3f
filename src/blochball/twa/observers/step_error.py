"""What the time step costs: the same trajectories with whole and with halved steps.

Both share their noise, so that the difference has a far smaller sampling error than either run. The
scheme is of second weak order, so the whole steps err by 4/3 of the difference.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball.dataset import assemble
from blochball.moments import MOMENTS
from blochball.support.parallel import run_blocks
from blochball.support.statistics import Moments
from blochball.twa import rows
from blochball.twa.engine import Task, initial_groups, start
from blochball.twa.kernels import local_table, refresh, rotate
from blochball.twa.observers import means as record
from blochball.twa.rows import ALL, LANES, STEPS_PER_WORD, jit

_STREAM = 2  # first entry of the spawn key; see `engine`
_U = np.uint64


def step_error(task: Task, trajectories: int, threads: int, progress: bool = False) -> xr.Dataset:
    """Estimate the error of the time steps of a task.

    Parameters
    ----------
    task : Task
        With the schedule in question.
    trajectories, threads, progress
        As for `blochball.twa.solve`.

    Returns
    -------
    xarray.Dataset
        The variables `dataset.MOMENTS`: the mean of a run with these steps minus that in the limit
        of short steps, with standard errors.
    """
    work = partial(_block, task)
    (moments,) = run_blocks(work, trajectories, task.block, threads, progress).total()
    variables = {name: 4 / 3 * moments.mean[..., k] for k, name in enumerate(MOMENTS)}
    stderr = {name: 4 / 3 * moments.stderr[..., k] for k, name in enumerate(MOMENTS)}
    attrs: dict[str, Any] = {"seed": task.seed, "trajectories": trajectories}
    return assemble(task.system, task.times, variables, stderr, method="twa.step_error", **attrs)


def _block(task: Task, block: int, trajectories: int) -> tuple[Moments, ...]:
    shape = (task.times.size, task.system.sites, len(MOMENTS))
    sums, squares = np.zeros(shape), np.zeros(shape)
    generator = start(task.system, task.seed, (_STREAM, block))
    groups = initial_groups(task.system, task.block // LANES, generator)
    schedule = (task.schedule.steps, task.schedule.counts, task.schedule.outputs)
    for first, (state, seeds) in zip(range(0, trajectories, LANES), groups, strict=False):
        mask = (np.arange(LANES) < trajectories - first).astype(float)
        _compare(state, seeds, schedule, task.local, tuple(task.fields), mask, sums, squares)
    spread: NDArray[np.float64] = squares - sums**2 / trajectories
    return (Moments(trajectories, sums / trajectories, np.maximum(spread, 0)),)


@jit
def _local_given(state, noises, local, table):
    for l in range(state.shape[0]):
        if local[1, l] > 0 or local[2, l] > 0 or local[3, l] > 0:
            rows.local_given(state[l], noises[l], table[l])


@jit
def _draw(random, words, clock, which, columns, noises):
    """Fill unit noises, `columns` for every row of words."""
    shift = refresh(random, words, clock, which, ALL)
    for l in range(words.shape[0]):
        for k in range(columns):
            rows.noise(words[l], shift + _U(3 * k), 1.0, noises[l], _U(k * LANES), ALL)


@jit
def _scaled(noises, strength, step, out):
    for k in range(strength.size):
        out[k] = noises[k] * (strength[k] / math.sqrt(step))


@jit
def _compare(coarse, random, schedule, local, fields, mask, sums, squares):
    """Run one group of lanes with both steps; add whole minus half at every output time."""
    sites = coarse.shape[0]
    strength = fields[1]
    jumps = strength.size
    fine = coarse.copy()
    words = (np.zeros((sites, LANES), np.uint64), np.zeros((jumps, LANES), np.uint64))
    clock = np.full(2, STEPS_PER_WORD)
    # noises of the four local and the two collective steps of a pair of fine steps
    at_site = np.zeros((4, sites, 3 * LANES))
    of_jump = np.zeros((2, jumps, 2 * LANES))
    scaled = np.zeros((jumps, 2 * LANES))
    field = np.zeros(2 * LANES)
    quarter, half = np.zeros((sites, 8)), np.zeros((sites, 8))
    a, b = np.zeros(7 * LANES), np.zeros(7 * LANES)
    steps, counts, outputs = schedule
    for k in range(steps.size):
        step = steps[k]
        local_table(local, 0.25 * step, quarter)
        local_table(local, 0.5 * step, half)
        for _ in range(counts[k]):
            for n in range(4):
                _draw(random, words[0], clock, 0, 3, at_site[n])
            for n in range(2):
                _draw(random, words[1], clock, 1, 2, of_jump[n])
                _local_given(fine, at_site[2 * n], local, quarter)
                _scaled(of_jump[n], strength, 0.5 * step, scaled)
                rotate(fine, 0.5 * step, fields, scaled, field)
                _local_given(fine, at_site[2 * n + 1], local, quarter)
            root = math.sqrt(0.5)
            _local_given(coarse, root * (at_site[0] + at_site[1]), local, half)
            _scaled(root * (of_jump[0] + of_jump[1]), strength, step, scaled)
            rotate(coarse, step, fields, scaled, field)
            _local_given(coarse, root * (at_site[2] + at_site[3]), local, half)
        t = outputs[k]
        if t < 0:
            continue
        for l in range(sites):
            record.weyl(coarse[l], a)
            record.weyl(fine[l], b)
            for q in range(record.QUANTITIES):
                for i in range(LANES):
                    d = mask[i] * (a[q * LANES + i] - b[q * LANES + i])
                    sums[t, l, q] += d
                    squares[t, l, q] += d * d
