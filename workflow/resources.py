"""What a run asks of the machine: cores, memory, minutes; the rules of the workflow say it.

The numbers are from the benchmarks that the workflow writes (``results/NAME/benchmarks``), with
room for slower machines; docs/cluster.md has the measurements and the model behind them.
"""

from __future__ import annotations

import math

import numpy as np

from blochball import twa
from blochball.moments import MOMENTS
from workflow import runs

# a run of more ensemble-steps than this takes every core; smaller ones go side by side
HEAVY = 3e8

# of the sampling theory on one core, for one ensemble and one step: measured 3 to 20 ns, the most
# for single ensembles with strata whose core is shared
SECONDS_PER_STEP = 30e-9
# a step is tolerance / (STEPS Gamma N_tot) if "auto" chooses it; measured 0.12 to 0.15
STEPS = 0.25
# interpreter and libraries: measured 250 MB; and the compiler, the first time: 400 MB
BASE_MB = 600
# of a thread, for each ensemble: measured 0.005
STATE_MB = 0.01
# imports, compilation (half a minute), a slow file system
BASE_MINUTES = 5
# exact solutions: measured up to 24 s and 400 MB
EXACT_MINUTES, EXACT_MB = 10, 1000


def threads(run: runs.Run, cores: int) -> int:
    """Return every core for a heavy run, and for one that is timed: nothing shall disturb it."""
    return cores if run.theory == "cost" or run.work > HEAVY else 1


def steps(point: runs.Point) -> float:
    """Return the time steps of a trajectory, or a bound where they are chosen at run time."""
    if point.steps != "auto":
        return float(point.steps)
    sizes = np.array([ensemble.size for ensemble in point.system.ensembles])
    collective = sum(jump.rate * np.abs(jump.weights) @ sizes for jump in point.system.jumps)
    return float(STEPS * collective * point.times[-1] / point.tolerance)


def blocks(point: runs.Point) -> int:
    """Return in how many blocks, each the work of one thread, plain TWA makes the trajectories."""
    return len(twa.division(point.trajectories, point.trajectories, point.system.sites))


def minutes(run: runs.Run, threads: int = 1, jobs: int = 1) -> int:
    """Return the wall time to ask for, in minutes.

    Parameters
    ----------
    run : Run
    threads : int
    jobs : int
        Over how many jobs the work of the sampling theory is scattered.
    """
    if run.theory not in runs.SAMPLING:
        return EXACT_MINUTES
    if run.theory == "cost":  # the other cores are kept idle
        threads = 1
    work = 0.0  # of the busiest thread
    for point in run.points.values():
        # a part may be twice the average: their number of blocks is a power of two
        share = 2 / jobs if jobs > 1 else math.ceil(blocks(point) / threads) / blocks(point)
        work += point.trajectories * point.system.sites * steps(point) * share
    seconds = work * runs.COST.get(run.theory, 1) * SECONDS_PER_STEP
    return BASE_MINUTES + math.ceil(seconds / 60)


def megabytes(run: runs.Run, threads: int = 1, parts: int = 0) -> int:
    """Return the memory to ask for, in MB of 10^6 bytes.

    Of the sampling theory: the state of each thread, and the means and covariances of as many
    blocks of trajectories as are under way or wait in the tree that sums them; or of the `parts`
    of a point that are gathered.
    """
    if run.theory not in runs.SAMPLING:
        return EXACT_MB
    quantities = len(MOMENTS) * (len(MOMENTS) + 1)
    most = 0.0
    for point in run.points.values():
        waiting = max(2 * threads + 2 * math.log2(blocks(point)) + 6, parts + 10)
        values = point.times.size * (point.system.sites * quantities + 2 * len(point.momenta))
        sums = waiting * values * 8e-6
        most = max(most, threads * point.system.sites * STATE_MB + sums)
    return BASE_MB + math.ceil(most / 100) * 100
