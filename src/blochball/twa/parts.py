"""A run in parts: plan it, run each part anywhere, gather; the same bits as in one go.

`plan` fixes everything that random numbers must not decide (above all the time steps), `run_part`
runs a range of blocks of trajectories and `gather` merges them. A plan and its parts can be written
to files and read (`Plan.to_dataset`, `blochball.support.storage`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import xarray as xr
from numpy.typing import ArrayLike

from blochball.protocol import Protocol
from blochball.support import validation
from blochball.support.arguments import named
from blochball.support.checkpoints import pack, unpack
from blochball.support.parallel import thread_count
from blochball.support.statistics import Moments, Tree
from blochball.system import System
from blochball.twa import runs
from blochball.twa.observers import means
from blochball.twa.pilot import ANGLE
from blochball.twa.plan import Plan, block_size

# what parts of a run do not have, or have for themselves
_WHOLE = ("initial", "end", "error", "checkpoint", "threads", "progress")
_PART = ("identity", "first", "blocks", "trajectories", "layout", "wall_time")


@named("twa.plan", dict.fromkeys(_WHOLE, "twa.solve"))
def plan(
    system: System | Protocol,
    times: ArrayLike,
    trajectories: int = 1000,
    seed: int = 0,
    *,
    steps: Any = "auto",
    correlations: ArrayLike | None = None,
    momenta: ArrayLike | None = None,
    tolerance: float = ANGLE,
    structure: str = "auto",
    moments: str = "first",
    covariances: bool = True,
) -> Plan:
    """Validate the arguments of a run and fix its time steps.

    Parameters
    ----------
    system, times, trajectories, seed, steps, correlations, momenta, tolerance, structure
        As for `blochball.twa.solve`.
    moments, covariances
        As for `blochball.twa.solve`. Its `end` and `initial` are not served: parts keep sums of
        trajectories, and no trajectory.

    Returns
    -------
    Plan

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.

    Examples
    --------
    >>> from blochball import models, twa
    >>> plan = twa.plan(models.superradiant_laser(100, pump=25.0), [0.1], 4096, seed=1, steps=20)
    >>> plan.system.emitters
    100
    """
    return runs.planned(
        "twa.plan",
        system,
        times,
        trajectories,
        seed,
        steps,
        correlations=correlations,
        momenta=momenta,
        tolerance=tolerance,
        structure=structure,
        moments=moments,
        covariances=covariances,
        timed=True,
    )


@named("twa.division")
def division(trajectories: int, parts: int, sites: int) -> tuple[range, ...]:
    """Divide the blocks of a run into parts.

    Parameters
    ----------
    trajectories : int
    parts : int
        How many there are at most: a part holds a power of two of blocks, so that it is one subtree
        of the sum over all blocks.
    sites : int
        Ensembles of the System.

    Returns
    -------
    tuple of range
        The blocks of each part.

    Examples
    --------
    >>> from blochball import twa
    >>> twa.division(trajectories=8192, parts=2, sites=1)
    (range(0, 2), range(2, 4))
    """
    owner = "twa.division"
    trajectories = validation.integer(owner, "trajectories", trajectories, 1)
    parts = validation.integer(owner, "parts", parts, 1)
    sites = validation.integer(owner, "sites", sites, 1)
    blocks = -(-trajectories // block_size(sites))
    size = 1 << max(0, (-(-blocks // parts) - 1).bit_length())
    return tuple(range(first, min(first + size, blocks)) for first in range(0, blocks, size))


@named("twa.run_part")
def run_part(
    plan: Plan,
    blocks: range,
    threads: int | None = None,
    progress: bool = False,
    checkpoint: Any = None,
) -> xr.Dataset:
    """Run some blocks of a plan.

    Parameters
    ----------
    plan : Plan
        From `plan`.
    blocks : range
        Of `division`, or any other power of two of blocks from a multiple of it; the last blocks
        may be fewer.
    threads, progress, checkpoint
        As for `blochball.twa.solve`.

    Returns
    -------
    xarray.Dataset
        Counts, means and co-moments for `gather`.

    Raises
    ------
    ValueError
        For blocks that the plan has not.
    LeftBallError
        If a trajectory leaves the Bloch ball or meets a number that is not finite.

    Examples
    --------
    >>> from blochball import models, twa
    >>> plan = twa.plan(models.superradiant_laser(100, pump=25.0), [0.1], 4096, seed=1, steps=20)
    >>> ranges = twa.division(trajectories=4096, parts=2, sites=1)
    >>> part = twa.run_part(plan, ranges[0])  # on any machine
    """
    owner = "twa.run_part"
    validation.instance(owner, "plan", plan, Plan)
    validation.instance(owner, "blocks", blocks, range)
    threads = thread_count(owner, threads)
    run = runs.Run(owner, plan, plan.stages, means.observer(plan))
    if not blocks or blocks.step != 1 or blocks.start < 0 or blocks.stop > len(run.blocks):
        raise ValueError(f"{owner}: blocks must be some of {run.blocks}, got {blocks}")
    _level(owner, "blocks", blocks, len(run.blocks))
    leaf, seconds = run.total(threads, progress, checkpoint, blocks)
    return pack(leaf, run.identity, blocks, int(leaf[0].count), seconds)


@named("twa.gather")
def gather(plan: Plan, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Merge all parts of a plan into the Dataset that one run would have returned.

    Parameters
    ----------
    plan : Plan
        From `plan`.
    parts : sequence of xarray.Dataset
        From `run_part`: every block once, in any order.

    Raises
    ------
    ValueError
        If a part is missing, there twice, or belongs to another plan or version.

    Warns
    -----
    UserWarning
        Of what `blochball.twa.solve` warns of.

    Examples
    --------
    >>> from blochball import models, twa
    >>> laser = models.superradiant_laser(100, pump=25.0)
    >>> plan = twa.plan(laser, [0.1], 4096, seed=1, steps=20)
    >>> ranges = twa.division(trajectories=4096, parts=2, sites=1)
    >>> ds = twa.gather(plan, [twa.run_part(plan, blocks) for blocks in ranges])
    >>> whole = twa.solve(laser, [0.1], 4096, seed=1, steps=20)
    >>> bool((ds.emission == whole.emission).all())
    True
    """
    owner = "twa.gather"
    validation.instance(owner, "plan", plan, Plan)
    parts = validation.members(owner, "parts", parts, xr.Dataset)
    run = runs.Run(owner, plan, plan.stages, means.observer(plan))
    for ds in parts:
        missing = sorted(set(_PART) - set(ds.attrs))
        if missing:
            raise ValueError(f"{owner}: parts must be as returned, got one without {missing}")
        if ds.attrs["identity"] != run.identity:
            got = validation.shown(ds.attrs)
            raise ValueError(f"{owner}: parts must belong to the plan, got {got}")
    tree = Tree()
    done = 0
    for ds in sorted(parts, key=lambda ds: int(ds.attrs["first"])):
        blocks = range(int(ds.attrs["first"]), int(ds.attrs["first"]) + int(ds.attrs["blocks"]))
        left = min(len(blocks) * plan.block, plan.trajectories - blocks.start * plan.block)
        if blocks.start != done or ds.attrs["trajectories"] != left:
            raise ValueError(
                f"{owner}: parts must be all blocks of {run.blocks} once, got {blocks} with "
                f"{ds.attrs['trajectories']} trajectories after {done} blocks"
            )
        tree.add(unpack(ds, Moments), _level(owner, "parts", blocks, len(run.blocks)))
        done = blocks.stop
    if done != len(run.blocks):
        raise ValueError(
            f"{owner}: parts must be all blocks of {run.blocks} once, got {done} blocks"
        )
    seconds = sum(float(ds.attrs["wall_time"]) for ds in parts)
    return runs.warned(owner, plan, means.dataset(plan, tree.total(), seconds))


def _level(owner: str, name: str, blocks: range, every: int) -> int:
    """Return the level of blocks in the tree over all; 0 for the last ones, which may be fewer."""
    size = len(blocks)
    if size & (size - 1) == 0 and blocks.start % size == 0:
        return size.bit_length() - 1
    whole = 1 << (size - 1).bit_length()
    if blocks.stop != every or blocks.start % whole:
        raise ValueError(
            f"{owner}: {name} must be a power of two of blocks from a multiple of it, got {blocks}"
        )
    return 0
