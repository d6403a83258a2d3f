"""One function, many Systems: the results along a parameter, in one Dataset."""

from __future__ import annotations

import hashlib
import inspect
import logging
import os
import pickle
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from blochball.dataset import joined
from blochball.protocol import Protocol
from blochball.support import progress as bars
from blochball.support import storage, validation
from blochball.support.arguments import hint, named
from blochball.support.jit import STAMP
from blochball.support.parallel import thread_count
from blochball.support.processes import MOST, Pool
from blochball.system import System

Result = xr.Dataset | xr.DataArray

_LOG = logging.getLogger("blochball")

OWNER = "scan"
SEEDS = 2**63  # how many there are


@named(OWNER)
def scan(
    solve: Callable[..., Result],
    systems: Mapping[Any, System | Protocol] | xr.DataArray,
    *arguments: Any,
    dim: str | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    processes: int = 1,
    progress: bool = False,
    **options: Any,
) -> Any:
    """Solve several Systems, one after the other or side by side, and put the results together.

    Parameters
    ----------
    solve : callable
        Any function whose first argument is a System: `twa.solve`, `exact.steady_state`,
        `cumulants.spectrum`, or one of your own that returns a Dataset or a DataArray.
    systems : mapping or DataArray
        Systems by the value of the parameter, a number or a string; or a DataArray of Systems, with
        one dimension and its coordinate. They have the same number of sites and the same channels.
    *arguments
        What `solve` takes after the System.
    dim : str, optional
        Name of the dimension; by default "point", or that of the DataArray.
    checkpoint : path-like, optional
        Folder to keep finished points in. A later call takes up those that it asks for as well,
        with other points between them or not; what a point was computed from is in the name of its
        file. `twa.solve` keeps its trajectories there, too. It is yours to delete.
    processes : int
        How many points are solved side by side, 1 by default, each by a process of its own: `solve`
        must be importable by its name. Results are the same. `twa.solve` keeps all processors busy
        with one point; here it gets its share of them, unless `threads` is given.
    progress : bool
        Show a progress bar of the points.
    **options
        What `solve` takes by name. Of a `seed`, each point gets one of its own, so that errors of
        different points are independent; it depends on the value of the parameter, not on the
        other points. `exact.solve` has to be given one where it samples.

    Returns
    -------
    xarray.Dataset or xarray.DataArray
        What `solve` returns, with one more dimension, the first. Attributes that differ from point
        to point, as the seeds do, are variables of a Dataset.

    Raises
    ------
    TypeError
        For a bad argument, and for one that `solve` does not take.
    ValueError
        For a bad argument; if no point can be solved, as the first one says it.

    Warns
    -----
    UserWarning
        If some points cannot be solved, saying why; they are not a number.

    Examples
    --------
    >>> import blochball
    >>> from blochball import exact, models
    >>> lasers = {pump: models.superradiant_laser(20, pump) for pump in (2.0, 5.0, 10.0)}
    >>> ds = blochball.scan(exact.steady_state, lasers, dim="pump")
    >>> ds.emission.squeeze().round(1).to_series().to_dict()
    {2.0: 18.6, 5.0: 38.0, 10.0: 52.7}
    """
    folder = None if checkpoint is None else validation.path(OWNER, "checkpoint", checkpoint)
    if not callable(solve) or (folder and getattr(solve, "__name__", "<") == "<lambda>"):
        what = "a function" if folder is None else "a function with a name, where it is kept"
        raise TypeError(f"{OWNER}: solve must be {what}, got {validation.shown(solve)}")
    points, dim = _points(systems, dim)
    validation.flag(OWNER, "progress", progress)
    known = _parameters(solve)
    for option in options:
        mine = hint(option, _parameters(scan), OWNER)
        if mine and option not in known and "options" not in known:
            raise TypeError(f"{OWNER}: no argument is called {option}{mine}")
    if "seed" in known[1 : 1 + len(arguments)]:
        raise TypeError(f"{OWNER}: seed must be given by name, got it as one of the arguments")
    if "seed" in known or "seed" in options:
        options["seed"] = validation.seed(OWNER, options.get("seed", 0))
    processes = _processes(processes, solve, len(points))
    if processes > 1 and "threads" in known:
        options.setdefault("threads", max(1, thread_count(OWNER, None) // processes))
    calls = {
        value: partial(
            _Point(solve, system, arguments, _own(options, value)).result,
            folder,
            "checkpoint" in known,
        )
        for value, system in points.items()
    }
    done: dict[Any, Result] = {}
    failed: dict[Any, Exception] = {}
    bar = bars.bar(progress, len(points), "point")
    try:
        silent = nullcontext() if progress else bars.patient(OWNER)
        with silent, _under_way(calls, processes) as results:
            for value, result in results.items():
                try:
                    done[value] = result()
                except (ValueError, ArithmeticError, MemoryError) as error:
                    failed[value] = error
                except Exception as error:
                    error.add_note(f"{OWNER}: at {dim} = {value!r}")
                    raise
                else:
                    _check_result(done[value], dim)
                bar.update(1)
                _LOG.info("%s: %s = %r", OWNER, dim, value)
    finally:
        bar.close()
    reasons = [f"{dim} = {value!r}: {error}" for value, error in failed.items()]
    if not done:
        first = next(iter(failed.values()))
        raise ValueError(f"{OWNER}: no point can be solved; {reasons[0]}") from first
    if failed:
        validation.warn(
            f"{OWNER}: {len(failed)} of {len(points)} points are not a number; {'; '.join(reasons)}"
        )
    return joined(done, dim).reindex({dim: list(points)})


def _processes(processes: int, solve: Callable[..., Result], points: int) -> int:
    """Validate the number of processes, and what they are to call."""
    processes = min(validation.integer(OWNER, "processes", processes, 1, MOST), points)
    if processes > 1:
        try:
            known = pickle.dumps(solve) and solve.__module__ != "__main__"
        except (AttributeError, TypeError, pickle.PicklingError):
            known = False
        if not known:
            raise TypeError(
                f"{OWNER}: solve must be importable from a module where processes is more than 1, "
                f"got {validation.shown(solve)}"
            )
    return processes


@contextmanager
def _under_way(
    calls: Mapping[Any, Callable[[], Result]], processes: int
) -> Iterator[Mapping[Any, Callable[[], Result]]]:
    """Give what returns the results: the calls themselves, or other processes that make them."""
    if processes == 1:
        yield calls
        return
    with Pool(processes) as pool:
        yield {value: pool.submit(call) for value, call in calls.items()}


OF_NO_MATTER = ("threads", "progress", "memory_limit")  # to a result


class _Point:
    """One call of `solve`, known by what decides its result."""

    def __init__(
        self,
        solve: Callable[..., Result],
        system: System | Protocol,
        arguments: Sequence[Any],
        options: dict[str, Any],
    ) -> None:
        self.solve, self.system = solve, system
        self.arguments, self.options = arguments, options

    def result(self, folder: Path | None, keeps: bool) -> Result:
        """Return the result, that in the folder if it is there; `keeps`: so does `solve`."""
        with bars.hushed():  # of points there is a bar
            return self._result(folder, keeps)

    def _result(self, folder: Path | None, keeps: bool) -> Result:
        if folder is None:
            return self.solve(self.system, *self.arguments, **self.options)
        path = folder / f"{self.name()}.nc"
        try:
            kept: Result = storage.load(path)
        except FileNotFoundError:
            inner = {"checkpoint": folder / self.name("trajectories")} if keeps else {}
            kept = self.solve(self.system, *self.arguments, **self.options, **inner)
            storage.save(kept, path)
        except ValueError as error:
            validation.warn(f"{error}; it is computed again")
            path.unlink()
            return self._result(folder, keeps)
        return kept

    def name(self, *without: str) -> str:
        """Return a name that changes with all but the options `without`, and `OF_NO_MATTER`."""
        described = [STAMP, self.solve.__module__, self.solve.__qualname__, self.system.to_json()]
        described += [_text(value) for value in self.arguments]
        for option in sorted(set(self.options) - {*without, *OF_NO_MATTER}):
            described += [option, _text(self.options[option])]
        return hashlib.sha256(repr(described).encode()).hexdigest()[:24]


def _text(value: Any) -> str:
    """Return a text that differs where values do."""
    if isinstance(value, np.ndarray | xr.DataArray | xr.Dataset | Sequence) and not isinstance(
        value, str
    ):
        array = np.asarray(value)
        return f"{array.dtype}{array.shape}{array.tobytes().hex()}"
    return repr(value)


def _points(systems: Any, dim: str | None) -> tuple[dict[Any, System | Protocol], str]:
    """Return the Systems by the value of the parameter, and its name."""
    what = f"{OWNER}: systems must be a mapping or a DataArray of one dimension"
    if dim is not None and (not isinstance(dim, str) or not dim):
        raise TypeError(f"{OWNER}: dim must be a name, got {validation.shown(dim)}")
    if isinstance(systems, xr.DataArray):
        if systems.ndim != 1 or systems.dims[0] not in systems.coords:
            raise ValueError(f"{what} with its coordinate, got dimensions {systems.dims}")
        dim = str(systems.dims[0]) if dim is None else dim
        values = systems[systems.dims[0]].values.tolist()
        items = list(zip(values, systems.values.tolist(), strict=True))
    elif isinstance(systems, Mapping):
        items = [(v.item() if isinstance(v, np.generic) else v, s) for v, s in systems.items()]
    else:
        raise TypeError(f"{what}, got {validation.shown(systems)}")
    if not items:
        raise ValueError(f"{what}, got one without Systems")
    for value, system in items:
        if not isinstance(system, System | Protocol):
            raise TypeError(f"{what} of System, got {validation.shown(system)} at {value!r}")
    _check_values([value for value, _ in items])
    first = items[0]
    for value, system in items:
        if _shape(system) != _shape(first[1]):
            raise ValueError(
                f"{OWNER}: systems must have the same sites and channels, got "
                f"{_shape(first[1])} at {first[0]!r} and {_shape(system)} at {value!r}"
            )
    return dict(items), "point" if dim is None else dim


def _check_values(values: list[Hashable]) -> None:
    what = f"{OWNER}: systems must be by different finite numbers, or by strings"
    texts = all(isinstance(value, str) for value in values)
    if not texts:
        for value in values:
            if isinstance(value, str):
                raise TypeError(f"{what}, got {values[0]!r} and {value!r}")
            validation.real(OWNER, "key of systems", value)
    if len(set(values)) < len(values):
        raise ValueError(f"{what}, got one of them twice")


def _shape(system: System | Protocol) -> tuple[int, tuple[str, ...]]:
    one = system.initial if isinstance(system, Protocol) else system
    return one.sites, tuple(one.channels)


def _check_result(ds: Any, dim: str) -> None:
    if not isinstance(ds, xr.Dataset | xr.DataArray):
        what = "a function that returns a Dataset or a DataArray"
        raise TypeError(f"{OWNER}: solve must be {what}, got one of {validation.shown(ds)}")
    if dim in ds.dims or dim in ds.coords:
        raise ValueError(f"{OWNER}: dim must not be one of {tuple(ds.coords)}, got {dim!r}")


def _parameters(solve: Callable[..., Result]) -> list[str]:
    try:
        known = inspect.signature(solve).parameters
        # any keywords, whatever they are called
        return ["options" if p.kind is p.VAR_KEYWORD else name for name, p in known.items()]
    except (TypeError, ValueError):  # a function that does not say
        return ["options"]


def _own(options: dict[str, Any], value: Any) -> dict[str, Any]:
    """Return the options of a point: with a seed of its own."""
    if "seed" not in options:
        return options
    text = f"{options['seed']} {value if isinstance(value, str) else float(value)!r}"
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % SEEDS
    return {**options, "seed": seed}
