"""Datasets in NetCDF files, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

import xarray as xr

_ENGINE: Final = "h5netcdf"


def save(ds: xr.Dataset, path: str | os.PathLike[str]) -> None:
    """Write a Dataset to a NetCDF file.

    The file is written under a temporary name, flushed to disk and renamed: whoever looks at
    `path` sees the old file or the whole new one.

    Parameters
    ----------
    ds : xarray.Dataset
    path : path-like
        Folders that are missing are made.

    Raises
    ------
    OSError
        If the file cannot be written; nothing is left behind.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        ds.to_netcdf(temporary, engine=_ENGINE)
        with open(temporary, "rb+") as written:
            os.fsync(written.fileno())
        # mkstemp files are private; results are as readable as any other file
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def load(path: str | os.PathLike[str]) -> xr.Dataset:
    """Read a Dataset that `save` has written; it equals the one that was saved.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a Dataset of this package.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"storage.load: path must be an existing file, got {path}")
    try:
        with xr.open_dataset(path, engine=_ENGINE) as found:
            ds = found.load()
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            f"storage.load: path must be a NetCDF file, got {path} ({error})"
        ) from error
    if "blochball_version" not in ds.attrs:
        raise ValueError(f"storage.load: path must be a Dataset of blochball, got {path}")
    return ds
