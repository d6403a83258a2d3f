"""A run in parts: plan it, run each part anywhere, gather; the same bits as in one go.

`plan` fixes everything that random numbers must not decide (above all the time steps), `run_part`
runs some blocks of trajectories and `gather` merges them. All three speak Datasets, which
`blochball.support.storage` can write and read.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball._version import __version__
from blochball.dataset import assemble, system_of
from blochball.moments import MOMENTS
from blochball.support import validation
from blochball.support.checkpoints import WORK, Chunks, pack, unpack
from blochball.support.jit import STAMP
from blochball.support.parallel import run_blocks, thread_count
from blochball.support.statistics import Moments, Tree
from blochball.system import System
from blochball.twa import schedule
from blochball.twa.engine import Schedule, Task, block_size, local_rates, run_block
from blochball.twa.fields import fields_of
from blochball.twa.observers.means import VALIDITY

# what a plan and a part are known by
_PLAN = ("plan", "system", "form", "seed", "trajectories", "parts", "blocks_per_part")
_PART = ("plan", "part", "count", "layout", "wall_time")


def plan(
    system: System,
    times: ArrayLike,
    trajectories: int = 1000,
    seed: int = 0,
    steps: Any = "auto",
    *,
    correlations: ArrayLike | None = None,
    momenta: ArrayLike | None = None,
    tolerance: float = schedule.ANGLE,
    form: str = "auto",
    parts: int = 1,
) -> xr.Dataset:
    """Validate the arguments of a run and fix its time steps.

    Parameters
    ----------
    system, times, trajectories, seed, steps, correlations, momenta, tolerance, form
        As for `blochball.twa.solve`.
    parts : int
        Into how many parts to divide the run at most; see `division`.

    Returns
    -------
    xarray.Dataset
        The plan; its attribute `parts` is the number of parts that it has.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.
    """
    owner = "twa.solve"
    validation.instance(owner, "system", system, System)
    times = validation.times(owner, times)
    trajectories = validation.integer(owner, "trajectories", trajectories, 1)
    seed = validation.seed(owner, seed)
    parts = validation.integer(owner, "parts", parts, 1)
    tolerance = validation.real(owner, "tolerance", tolerance, 0)
    if tolerance == 0:
        raise ValueError(f"{owner}: tolerance must be > 0, got {tolerance!r}")
    kept = _kept(owner, correlations, times)
    waves = _momenta(owner, momenta)
    # means and co-moments of every site, and of every pair where correlations are kept
    sites, pairs = 50.0 * times.size * system.sites, 4.0 * kept.max() * system.sites**2
    validation.memory(owner, "times", sites + 2.0 * times.size * waves.size)
    validation.memory(owner, "correlations", pairs)
    fields = fields_of(system, form)
    if isinstance(steps, str):
        validation.choice(owner, "steps", steps, ("auto",))
        chosen = schedule.pilot(system, fields, local_rates(system), times, seed, tolerance)
    else:
        chosen = schedule.uniform(times, steps)
    count, size = division(trajectories, parts, system.sites)
    ds = xr.Dataset(
        {
            "step": ("segment", chosen.steps),
            "count": ("segment", chosen.counts),
            "output": ("segment", chosen.outputs),
            "kept": ("time", kept),
        },
        {"time": times, "momentum": waves},
        {
            "blochball_version": __version__,
            "sources": STAMP,
            "system": system.to_json(),
            "method": "twa.ball",
            "form": form,
            "seed": seed,
            "trajectories": trajectories,
            "parts": count,
            "blocks_per_part": size,
        },
    )
    return ds.assign_attrs(plan=_fingerprint(ds))


def division(trajectories: int, parts: int, sites: int) -> tuple[int, int]:
    """Return how many parts a run is divided into, and how many blocks each but the last has.

    A part holds a power of two of blocks, so that it is one subtree of the sum over all blocks;
    there are therefore `parts` of them at most.
    """
    trajectories = validation.integer("twa.division", "trajectories", trajectories, 1)
    parts = validation.integer("twa.division", "parts", parts, 1)
    sites = validation.integer("twa.division", "sites", sites, 1)
    blocks = -(-trajectories // block_size(sites))
    size = 1 << max(0, (-(-blocks // parts) - 1).bit_length())
    return -(-blocks // size), size


def chunks(
    planned: xr.Dataset,
    folder: str | os.PathLike[str],
    work: int = WORK,
    *,
    record: type = Moments,
    blocks: int = 1,
    label: str = "",
) -> Chunks:
    """Return where a run keeps its finished chunks.

    Parameters
    ----------
    planned : xarray.Dataset
        From `plan`.
    folder : path-like
        One for each run.
    work : int
        Ensemble-steps of a chunk, at least: trajectories times sites times steps.
    record, blocks, label
        For other sums than those of `run_part`: of what, over how many engine blocks at a time, and
        what decides the numbers besides the plan.
    """
    owner = "twa.chunks"
    _check(owner, "planned", planned, _PLAN)
    folder = validation.path(owner, "folder", folder)
    work = validation.integer(owner, "work", work, 1)
    sites = system_of(planned).sites
    cost = blocks * block_size(sites) * sites * max(1, int(planned["count"].sum()))
    identity = hashlib.sha256(f"{planned.attrs['plan']} {label}".encode()).hexdigest()
    return Chunks(folder, identity, record, cost, work)


def run_part(
    planned: xr.Dataset,
    part: int,
    threads: int | None = None,
    progress: bool = False,
    keep: Chunks | None = None,
) -> xr.Dataset:
    """Run one part of a plan.

    Parameters
    ----------
    planned : xarray.Dataset
        From `plan`.
    part : int
        From 0 to `planned.parts` - 1.
    threads, progress
        As for `blochball.twa.solve`.
    keep : Chunks, optional
        From `chunks`, of the same plan: take up what is there, keep what is finished.

    Returns
    -------
    xarray.Dataset
        Counts, means and co-moments for `gather`.

    Raises
    ------
    ValueError
        For a part that the plan has not, and for a plan of another version.
    LeftBallError
        If a trajectory leaves the Bloch ball or meets a number that is not finite.
    """
    owner = "twa.run_part"
    _check(owner, "planned", planned, _PLAN)
    _ours(owner, "planned", planned)
    validation.flag(owner, "progress", progress)
    if keep is not None:
        validation.instance(owner, "keep", keep, Chunks)
    part = validation.integer(owner, "part", part, 0)
    if part >= planned.attrs["parts"]:
        raise ValueError(f"{owner}: part must be below {planned.attrs['parts']}, got {part}")
    started = time.perf_counter()
    task = task_of(planned)
    size = int(planned.attrs["blocks_per_part"]) * task.block
    trajectories = min(size, int(planned.attrs["trajectories"]) - part * size)
    first = part * int(planned.attrs["blocks_per_part"])
    before = 0.0 if keep is None else keep.seconds
    work = partial(run_block, task)
    threads = thread_count(owner, threads)
    tree = run_blocks(work, trajectories, task.block, threads, progress, first, keep, task.stop)
    taken = 0.0 if keep is None else keep.seconds - before
    return pack(tree.total()).assign_attrs(
        plan=planned.attrs["plan"],
        part=part,
        count=trajectories,
        wall_time=time.perf_counter() - started + taken,
    )


def gather(planned: xr.Dataset, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Merge all parts of a plan into the Dataset that one run would have returned.

    Parameters
    ----------
    planned : xarray.Dataset
        From `plan`.
    parts : sequence of xarray.Dataset
        Every part once, in any order.

    Raises
    ------
    ValueError
        If a part is missing, there twice, or belongs to another plan or version.
    """
    owner = "twa.gather"
    _check(owner, "planned", planned, _PLAN)
    _ours(owner, "planned", planned)
    parts = validation.members(owner, "parts", parts, xr.Dataset)
    for ds in parts:
        _check(owner, "parts", ds, _PART)
        if ds.attrs["plan"] != planned.attrs["plan"]:
            got = validation.shown(ds.attrs)
            raise ValueError(f"{owner}: parts must belong to the plan, got {got}")
    found = sorted(int(ds.attrs["part"]) for ds in parts)
    if found != list(range(planned.attrs["parts"])):
        raise ValueError(f"{owner}: parts must be 0 to {planned.attrs['parts'] - 1}, got {found}")
    tree = Tree()
    level = int(planned.attrs["blocks_per_part"]).bit_length() - 1
    task = task_of(planned)
    whole = planned.attrs["blocks_per_part"] * task.block
    for ds in sorted(parts, key=lambda ds: int(ds.attrs["part"])):
        tree.add(unpack(ds, Moments), level if ds.attrs["count"] == whole else 0)
    kept = planned["time"].values[planned["kept"].values >= 0]
    return _dataset(
        task,
        tree.total(),
        kept,
        seed=planned.attrs["seed"],
        trajectories=planned.attrs["trajectories"],
        steps=int(planned["count"].sum()),
        wall_time=sum(float(ds.attrs["wall_time"]) for ds in parts),
    )


def task_of(planned: xr.Dataset) -> Task:
    """Return what the engine needs to know of a plan."""
    system = system_of(planned)
    chosen = Schedule(
        planned["step"].values, planned["count"].values.astype(np.int64), planned["output"].values
    )
    return Task(
        system,
        fields_of(system, planned.attrs["form"]),
        int(planned.attrs["seed"]),
        planned["time"].values,
        chosen,
        planned["kept"].values,
        planned["momentum"].values,
    )


def _check(owner: str, name: str, ds: Any, attributes: Sequence[str]) -> None:
    """Refuse what is not a Dataset with these attributes."""
    validation.instance(owner, name, ds, xr.Dataset)
    missing = sorted(set(attributes) - set(ds.attrs))
    if missing:
        raise ValueError(f"{owner}: {name} must be as returned, got one without {missing}")


def _ours(owner: str, name: str, planned: xr.Dataset) -> None:
    """Refuse a plan made by other sources: its parts would not add up with ours."""
    if planned.attrs.get("sources") != STAMP:
        raise ValueError(
            f"{owner}: {name} must be of this version, {__version__} with sources {STAMP:.12}, got "
            f"{planned.attrs.get('blochball_version')} with {planned.attrs.get('sources')!s:.12}"
        )


def _dataset(
    task: Task, moments: tuple[Moments, ...], times_kept: NDArray[np.float64], **attrs: Any
) -> xr.Dataset:
    site, validity, output, wave, pairs = moments
    variables: dict[str, Any] = {name: site.mean[..., k] for k, name in enumerate(MOMENTS)}
    variables["output"] = output.mean
    stderr: dict[str, Any] = {}
    for k, name in enumerate(VALIDITY):
        variables[name], stderr[name] = validity.mean[..., k], validity.stderr[..., k]
    if task.momenta.size:
        variables["structure_factor"], stderr["structure_factor"] = wave.mean, wave.stderr
    if times_kept.size:
        variables["correlation"] = _hermitian(pairs.mean[..., 0] + 1j * pairs.mean[..., 1])
        stderr["correlation"] = _hermitian(np.hypot(pairs.stderr[..., 0], pairs.stderr[..., 1]))
    return assemble(
        task.system,
        task.times,
        variables,
        stderr,
        method="twa.ball",
        covariance=site.covariance,
        output_covariance=output.covariance if task.system.jumps else None,
        times_kept=times_kept,
        momenta=task.momenta,
        extra_dims=dict.fromkeys(VALIDITY, ("time", "site")),
        **attrs,
    )


def _hermitian(upper: NDArray[Any]) -> NDArray[Any]:
    upper = np.triu(upper)
    return upper + np.conj(np.swapaxes(np.triu(upper, 1), -1, -2))


def _fingerprint(ds: xr.Dataset) -> str:
    digest = hashlib.sha256(repr(sorted(ds.attrs.items())).encode())
    for name in sorted(map(str, ds.variables)):
        digest.update(np.ascontiguousarray(ds[name].values).tobytes())
    return digest.hexdigest()


def _kept(
    owner: str, correlations: ArrayLike | None, times: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return for every output time its index among those with correlations, or -1."""
    kept = np.full(times.size, -1, dtype=np.int64)
    if correlations is not None:
        nearest = validation.among(owner, "correlations", correlations, times)
        kept[nearest] = np.arange(nearest.size)
    return kept


def _momenta(owner: str, momenta: ArrayLike | None) -> NDArray[np.float64]:
    if momenta is None:
        return np.empty(0)
    what = "a one-dimensional sequence of finite real numbers"
    return validation.reals(owner, "momenta", momenta, what)
