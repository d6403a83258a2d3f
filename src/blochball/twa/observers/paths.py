"""Single trajectories, which `blochball.twa.solve` averages over and does not keep."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball.dataset import assemble
from blochball.support import validation
from blochball.system import System
from blochball.twa import kernels, parts, schedule
from blochball.twa.engine import LeftBallError, Task, initial_groups, start
from blochball.twa.rows import COLUMNS, LANES

# the symbols of J^x, J^y and J^z, under the names of their means
COMPONENTS = ("spin_x", "spin_y", "inversion")


def trajectories(
    system: System,
    times: ArrayLike,
    trajectories: int = 64,
    seed: int = 0,
    steps: Any = "auto",
    *,
    tolerance: float = schedule.ANGLE,
    form: str = "auto",
) -> xr.Dataset:
    """Return the Bloch vectors J_l(t) of single trajectories in the ball form.

    They are those that `blochball.twa.solve` averages over when it is given the same arguments.
    Collective jumps and the Hamiltonian keep the length |J_l| of each, local dissipation does not
    (paper Fig. 1).

    Parameters
    ----------
    system, times, seed, steps, tolerance, form
        As for `blochball.twa.solve`.
    trajectories : int
        How many; all are held in memory, 24 bytes each per time and site.

    Returns
    -------
    xarray.Dataset
        `spin_x`, `spin_y` and `inversion`, the Weyl symbols of J_l^x, J_l^y and J_l^z; dims
        (time, trajectory, site). The symbols of products have ordering terms (docs/derivation.md).

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.
    LeftBallError
        If a trajectory leaves the Bloch ball or meets a number that is not finite.
    """
    started = time.perf_counter()
    planned = parts.plan(system, times, trajectories, seed, steps, tolerance=tolerance, form=form)
    task, count = parts.task_of(planned), int(planned.trajectories)
    held = 6.0 * task.times.size * system.sites * count
    validation.memory("twa.trajectories", "trajectories", held)
    sizes = enumerate(min(task.block, count - first) for first in range(0, count, task.block))
    found = np.concatenate([vectors(task, block, size) for block, size in sizes], axis=-1)
    ds = assemble(
        system,
        task.times,
        {name: np.swapaxes(found[:, :, k], 1, 2) for k, name in enumerate(COMPONENTS)},
        method="twa.ball",
        extra_dims=dict.fromkeys(COMPONENTS, ("time", "trajectory", "site")),
        seed=int(planned.seed),
        trajectories=count,
        steps=int(planned["count"].sum()),
        wall_time=time.perf_counter() - started,
    )
    for name, axis in zip(COMPONENTS, "xyz", strict=True):
        ds[name].attrs["long_name"] = f"J^{axis} of a trajectory"
    return ds.assign_coords(
        trajectory=("trajectory", np.arange(count), {"long_name": "trajectory"})
    )


def vectors(task: Task, block: int, trajectories: int) -> NDArray[np.float64]:
    """Return J of the first `trajectories` of a block, shape (times, sites, 3, trajectories)."""
    system, plan = task.system, task.schedule
    sites, jumps = system.sites, len(system.jumps)
    found = np.empty((task.times.size, sites, 3, trajectories))
    generator = start(system, task.seed, (0, block))
    groups = initial_groups(system, task.block // LANES, generator)
    for first, (state, random) in zip(range(0, trajectories, LANES), groups, strict=False):
        lanes = slice(first, min(first + LANES, trajectories))
        words, clock, work = kernels.scratch(sites, jumps)
        for step, count, output in zip(plan.steps, plan.counts, plan.outputs, strict=True):
            if count:
                kernels.advance(
                    state, random, clock, words, step, count, task.local, tuple(task.fields),
                    task.fields.guided, work,
                )  # fmt: skip
            if output >= 0:
                now = state.reshape(sites, COLUMNS, LANES)[:, :3, : lanes.stop - first]
                found[output, :, :, lanes] = now
                # written so that what is not finite is outside too
                outside = ~((now**2).sum(axis=1) <= task.limit[:, None])
                if outside.any():
                    site = int(np.argmax(outside.any(axis=1)))
                    raise LeftBallError(
                        "twa.trajectories: every trajectory must stay finite and near the Bloch "
                        f"ball, one did not at time {task.times[output]:g}, site {site} (block "
                        f"{block}); smaller steps may help"
                    )
    return found
