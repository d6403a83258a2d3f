"""Datasets in NetCDF files, written whole or not at all, and read only if no byte has changed.

Behind the end of the NetCDF content, where other readers do not look, a line holds its SHA-256.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any, Final

import xarray as xr

from blochball.support import validation

_ENGINE: Final = "h5netcdf"


def _checksum(content: bytes) -> bytes:
    return b"\nsha256 " + hashlib.sha256(content).hexdigest().encode() + b"\n"


_LENGTH: Final = len(_checksum(b""))


def save(ds: xr.Dataset, path: str | os.PathLike[str]) -> None:
    """Write a Dataset to a NetCDF file, with a checksum of its content.

    The file is written under a temporary name, flushed to disk and renamed: whoever looks at
    `path` sees the old file or the whole new one, after a kill or a power cut as well.

    Parameters
    ----------
    ds : xarray.Dataset
    path : path-like
        Folders that are missing are made.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, and for a Dataset that holds what NetCDF cannot.
    OSError
        If the file cannot be written, naming it; nothing is left behind.
    """
    validation.instance("storage.save", "ds", ds, xr.Dataset)
    path = validation.path("storage.save", "path", path)
    # made in memory: a disk that fills up while HDF5 writes to it upsets the library for good
    try:
        content = bytes(ds.to_netcdf(engine=_ENGINE))
    except (TypeError, ValueError, AttributeError, OverflowError, NotImplementedError) as error:
        raise ValueError(
            f"storage.save: ds must hold what NetCDF can, got something else ({error})"
        ) from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(content + _checksum(content), path)
    except OSError as error:
        reason = f"storage.save: {error.strerror or error}"
        raise OSError(error.errno, reason, str(path)) from error


def _write(content: bytes, path: Path) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        # mkstemp files are private; results are as readable as any other file
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if os.name == "posix":  # the new name is on disk only when the folder is
        folder = os.open(path.parent, os.O_RDONLY)
        # a file system that cannot do this has the whole file all the same
        with contextlib.suppress(OSError):
            os.fsync(folder)
        os.close(folder)


def load(path: str | os.PathLike[str]) -> xr.Dataset:
    """Read a Dataset that `save` has written; it equals the one that was saved.

    Raises
    ------
    TypeError, FileNotFoundError
        If it is no path, or there is no such file.
    ValueError
        If it is not a Dataset of this package, cut short, or not as it was written.
    """
    path = validation.path("storage.load", "path", path)
    if not path.is_file():
        raise FileNotFoundError(f"storage.load: path must be an existing file, got {path}")
    found = path.read_bytes()
    content, checksum = found[:-_LENGTH], found[-_LENGTH:]
    # before HDF5 sees a byte of it: that is not made for damaged files
    if checksum != _checksum(content):
        raise ValueError(
            f"storage.load: path must be a Dataset of blochball as it was saved, got {path}, "
            "which does not end in its checksum (cut short, or changed?)"
        )
    with xr.open_dataset(io.BytesIO(content), engine=_ENGINE) as ds:
        return ds.load()


def take_up(path: str | os.PathLike[str], **expected: Any) -> xr.Dataset | None:
    """Read what an earlier run has left, if it can be trusted.

    Parameters
    ----------
    path : path-like
    **expected
        Attributes that it must have.

    Returns
    -------
    xarray.Dataset or None
        None if there is no such file, it is damaged or it belongs to something else.

    Warns
    -----
    UserWarning
        Naming a file that is there and cannot be used.
    """
    try:
        ds = load(path)
    except FileNotFoundError:
        return None
    except ValueError as error:
        warnings.warn(f"{error}; it is computed again", stacklevel=2)
        return None
    for name, value in expected.items():
        if (found := ds.attrs.get(name)) != value:
            warnings.warn(
                f"storage.take_up: {path} belongs to something else ({name} {found}, not {value}); "
                "it is computed again",
                stacklevel=2,
            )
            return None
    return ds
