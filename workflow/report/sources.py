"""What a data file says about how it was made: the provenance of the numbers measured from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from workflow import results

Record = dict[str, Any]
HASHES = ("inputs", "modules", "lock")


def describe(path: Path) -> Record:
    """Return version, revision, methods, seeds, trajectories, steps and wall time of a data file.

    Parameters
    ----------
    path : path
        A NetCDF file of the workflow.

    Returns
    -------
    dict
        ``version``, ``revision``: text. ``methods``, ``seeds``, ``trajectories``, ``steps``: sorted
        lists without repetition, empty for what the theory does not have. ``wall_time``: seconds,
        of all points together. ``hashes``: of what the workflow says went into the file, by name.
    """
    ds = results.load(path)
    return {
        "version": ds.attrs["blochball_version"],
        "revision": ds.attrs["revision"],
        "methods": _values(ds, "method"),
        "seeds": _values(ds, "seed"),
        "trajectories": _values(ds, "trajectories"),
        "steps": _values(ds, "steps"),
        "wall_time": float(np.sum(_entry(ds, "wall_time"))),
        "hashes": {name: ds.attrs[name] for name in HASHES if name in ds.attrs},
    }


def _entry(ds: xr.Dataset, name: str) -> Any:
    """Return what is an attribute of a single run and a variable of a scan, where points differ."""
    return ds[name].values if name in ds.data_vars else ds.attrs.get(name, ())


def _values(ds: xr.Dataset, name: str) -> list[Any]:
    return np.unique(np.asarray(_entry(ds, name))).tolist()


def together(records: Iterable[Record]) -> Record:
    """Return one record for several files: everything that occurs, wall times added."""
    records = list(records)
    merged: Record = {
        name: sorted({record[name] for record in records}) for name in ("version", "revision")
    }
    for name in ("methods", "seeds", "trajectories", "steps"):
        merged[name] = sorted({value for record in records for value in record[name]})
    return merged | {"wall_time": sum(record["wall_time"] for record in records)}


def span(values: Sequence[int]) -> str:
    """Return numbers as text: one, or the lowest to the highest."""
    ends = sorted({min(values), max(values)}) if values else []
    return " to ".join(f"{value:,}" for value in ends)
