"""What a run asks of the machine: cores, memory, minutes; the rules of the workflow say it.

The numbers are from the benchmarks that the workflow writes (``results/NAME/benchmarks``), with
room for slower machines; docs/cluster.md has the measurements and the model behind them.
"""

from __future__ import annotations

import math

import numpy as np

from blochball.moments import MOMENTS
from workflow.runs import Run
from workflow.theories import Point

# a run of more ensemble-steps than this, at least ten seconds, takes every core; others go side by
# side
HEAVY = 3e9

# of the sampling theory on one core, for one ensemble and one step: measured 3 to 20 ns
SECONDS_PER_STEP = 30e-9
# a step is tolerance / (STEPS Gamma N_tot) if "auto" chooses it; measured 0.12 to 0.15
STEPS = 0.25
# of a thread, for each ensemble: measured 0.005
STATE_MB = 0.01
# beyond these, in core hours and GB, it is a slip of the pen
LONGEST, LARGEST = 10_000, 10_000
# of a job that simulates nothing
BASE_MINUTES = 5


def threads(run: Run, cores: int) -> int:
    """Return every core for a heavy run, and for one that is timed: nothing shall disturb it."""
    return cores if run.theory.alone or work(run) > HEAVY else 1


def work(run: Run) -> float:
    """Return the ensemble-steps of all points together, as long as those of the ball; 0 if none."""
    if not run.theory.cost:  # whose systems may have what takes no steps
        return 0.0
    points = run.points.values()
    return run.theory.cost * sum(
        point.trajectories * point.system.sites * steps(point) for point in points
    )


def steps(point: Point) -> float:
    """Return the time steps of a trajectory, or a bound where they are chosen at run time."""
    if point.steps != "auto":
        return float(point.steps)
    sizes = np.array([ensemble.size for ensemble in point.system.ensembles])
    collective = sum(jump.rate * np.abs(jump.weights) @ sizes for jump in point.system.jumps)
    return float(STEPS * collective * point.times[-1] / point.tolerance)


def minutes(run: Run, threads: int = 1, jobs: int = 1) -> int:
    """Return the wall time to ask for, in minutes.

    Parameters
    ----------
    run : Run
    threads : int
    jobs : int
        Over how many jobs the work of the sampling theory is scattered.
    """
    if not run.theory.cost:
        return run.theory.minutes
    if run.theory.alone:  # the other cores may be kept idle
        threads = 1
    busiest = 0.0  # ensemble-steps of that thread
    for point in run.points.values():
        # a part may be twice the average: their number of blocks is a power of two
        share = 2 / jobs if jobs > 1 else math.ceil(point.blocks / threads) / point.blocks
        busiest += point.trajectories * point.system.sites * steps(point) * share
    seconds = busiest * run.theory.cost * SECONDS_PER_STEP
    return run.theory.minutes + math.ceil(seconds / 60)


def refuse(name: str, run: Run) -> None:
    """Refuse a run that cannot end, before hours are spent on those before it.

    Raises
    ------
    ValueError
        If a point cannot be solved, or a job would take longer than LONGEST or more than LARGEST.
    """
    for point in run.points.values():
        if reason := run.theory.obstacle(point):
            raise ValueError(f"{name}: {reason}")
    if (hours := minutes(run, jobs=run.jobs) / 60) > LONGEST:
        raise ValueError(
            f"{name}: a job must be of less than {LONGEST:,} core hours, with these trajectories "
            f"and steps it is of about {hours:,.0f}"
        )
    if (needed := megabytes(run) / 1e3) > LARGEST:
        raise ValueError(
            f"{name}: a job must need less than {LARGEST:,} GB, with these sizes and outputs it "
            f"needs about {needed:,.0f}"
        )


def megabytes(run: Run, threads: int = 1, parts: int = 0) -> int:
    """Return the memory to ask for, in MB of 10^6 bytes.

    Of the sampling theory: the state of each thread, and the means and covariances of as many
    blocks of trajectories as are under way or wait in the tree that sums them; or of the `parts`
    of a point that are gathered.
    """
    if not run.theory.sampled:
        return run.theory.megabytes
    quantities = len(MOMENTS) * (len(MOMENTS) + 1)
    most = 0.0
    for point in run.points.values():
        waiting = max(2 * threads + 2 * math.log2(point.blocks) + 6, parts + 10)
        values = point.times.size * (point.system.sites * quantities + 2 * len(point.momenta))
        sums = waiting * values * 8e-6
        most = max(most, threads * point.system.sites * STATE_MB + sums)
    return run.theory.megabytes + math.ceil(most / 100) * 100
