"""Where the workflow keeps what it wrote, and how figures and claims read it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import xarray as xr

from blochball.support import storage
from workflow.config import Config


def at(ds: xr.Dataset, **point: float | str) -> xr.Dataset:
    """Return one point of a scan, e.g. ``at(ds, drive=0.1)``, with the attributes it had alone."""
    labels = any(isinstance(value, str) for value in point.values())
    near = {} if labels else {"method": "nearest", "tolerance": 1e-12}
    found = ds.sel(point, **near).drop_vars(list(point))
    single = {str(name): found[name].item() for name in found.data_vars if not found[name].dims}
    return found.drop_vars(list(single)).assign_attrs(single)


def title(figure: str) -> str:
    """Return how people call a figure: "fig2" is Fig. 2, "time_crystal" Time crystal."""
    numbered = re.fullmatch(r"fig(\d+)", figure)
    return f"Fig. {numbered[1]}" if numbered else figure.replace("_", " ").capitalize()


def load(path: Path) -> xr.Dataset:
    """Return the Dataset of a file, read once for all the curves and claims that look at it."""
    return _load(path, path.stat().st_mtime_ns).copy()


@lru_cache(maxsize=128)  # the files of one config and more
def _load(path: Path, changed: int) -> xr.Dataset:
    return storage.load(path)


def pooled(batches: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return the Dataset of several independent batches of equally many trajectories together."""
    first, count = batches[0], len(batches)
    if count == 1:
        return first
    values = {}
    for name in (name for name in first.data_vars if first[name].dtype.kind in "fc"):
        each = [ds[name] for ds in batches]
        if str(name).endswith("_stderr"):
            values[name] = sum(value**2 for value in each) ** 0.5 / count
        else:
            # of means, or of covariances of means
            values[name] = sum(each) / count ** (2 if "covariance" in str(name) else 1)
    return first.assign(values)


class Results:
    """The files of one config, ``results/NAME``.

    Parameters
    ----------
    config : Config
    root : path, optional
        Directory of all results; by default ``results`` in the working directory.

    Attributes
    ----------
    read : list of path
        The data files that were loaded through it, in order: what a number was measured from.
    """

    def __init__(self, config: Config, root: str | Path = "results") -> None:
        self.config = config
        self.directory = Path(root) / config.name
        self.read: list[Path] = []

    @classmethod
    def at_work(
        cls, config: Config, output: Sequence[Path] | None, *usual: str
    ) -> tuple[Results, list[Path]]:
        """Return the results that a script works on, and the files that it has to write.

        Parameters
        ----------
        config : Config
        output : sequence of path or None
            The files. Where they lie in a folder of results, as in the workflow, it is that one's
            data that are read, wherever a storage provider has put them.
        *usual : str
            The same in the folder of the config's results.
        """
        here = cls(config)
        if not output:
            return here, [here.directory / name for name in usual]
        inside = (config.name, *Path(usual[0]).parts)
        if output[0].parts[-len(inside) :] == inside:
            here = cls(config, output[0].parents[len(inside) - 1])
        return here, list(output)

    def settings(self, family: str) -> Any:
        """Return the settings of a family."""
        return self.config.simulations[family]

    def path(self, family: str, run: str) -> Path:
        """Return the NetCDF file of a run; `run` is MEMBER.THEORY."""
        return self.directory / "data" / family / f"{run}.nc"

    def load(self, family: str, run: str) -> xr.Dataset:
        """Return the Dataset of a run."""
        return pooled(self.batches(family, run))

    def batches(self, family: str, run: str) -> list[xr.Dataset]:
        """Return the Datasets of the independent batches of a run; most have but one."""
        path = self.path(family, run)
        if path not in self.read:
            self.read.append(path)
        ds = load(path)
        if "batch" not in ds.dims:
            return [ds]
        return [ds.isel(batch=k, drop=True) for k in range(ds.sizes["batch"])]

    def piece(self, family: str, run: str, point: int, part: int | str) -> Path:
        """Return the file of one part, or of the "plan", of one point of a scattered run."""
        return self.directory / "parts" / family / run / f"{point}.{part}.nc"

    def chunks(self, family: str, run: str) -> Path:
        """Return the folder for the chunks of a run that is not finished."""
        return self.directory / "chunks" / family / run

    def figure(self, name: str, kind: str) -> Path:
        """Return the path of a figure; `kind` is pdf or png."""
        return self.directory / "figures" / f"{name}.{kind}"
