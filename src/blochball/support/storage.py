"""Datasets in NetCDF files, written whole or not at all, and read only if no byte has changed.

Behind the end of the NetCDF content, where other readers do not look, a line holds its SHA-256.
Other programs that write the file anew leave it out; the HDF5 format itself then still tells
whether the file is all there.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
from pathlib import Path
from typing import Any, Final

import xarray as xr

from blochball.support import validation
from blochball.support.arguments import named

_ENGINE: Final = "h5netcdf"
# attribute that marks a DataArray, and holds its name
_ARRAY: Final = "blochball_array"


def _checksum(content: bytes) -> bytes:
    return b"\nsha256 " + hashlib.sha256(content).hexdigest().encode() + b"\n"


_LENGTH: Final = len(_checksum(b""))


@named("storage.save")
def save(ds: xr.Dataset | xr.DataArray, path: str | os.PathLike[str]) -> None:
    """Write a Dataset or a DataArray to a NetCDF file, with a checksum of its content.

    The file is written under a temporary name, flushed to disk and renamed: whoever looks at
    `path` sees the old file or the whole new one, after a kill or a power cut as well.

    Parameters
    ----------
    ds : xarray.Dataset or xarray.DataArray
        A result, or what an observable has made of it.
    path : path-like
        Folders that are missing are made.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, and for a Dataset that holds what NetCDF cannot.
    OSError
        If the file cannot be written, naming it; nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from blochball import exact, models, storage
    >>> path = Path(tempfile.mkdtemp()) / "laser.nc"
    >>> storage.save(exact.solve(models.superradiant_laser(5, pump=1.0), [0.1]), path)
    >>> path.exists()
    True
    """
    if isinstance(ds, xr.DataArray):
        name = "" if ds.name is None else str(ds.name)
        ds = ds.rename(name or "array").to_dataset(promote_attrs=True)
        ds = ds.assign_attrs({_ARRAY: name})
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


@named("storage.load")
def load(path: str | os.PathLike[str]) -> Any:
    """Read what `save` has written; it equals what was saved.

    Returns
    -------
    xarray.Dataset or xarray.DataArray
        What was saved.

    Raises
    ------
    TypeError, FileNotFoundError
        If it is no path, or there is no such file.
    ValueError
        If it is not of this package, cut short, or not as it was written.

    Warns
    -----
    UserWarning
        If another program has saved the file again, so that no checksum vouches for it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from blochball import exact, models, storage
    >>> path = Path(tempfile.mkdtemp()) / "laser.nc"
    >>> ds = exact.solve(models.superradiant_laser(5, pump=1.0), [0.1])
    >>> storage.save(ds, path)
    >>> storage.load(path).identical(ds)
    True
    """
    found, checked = _read(path)
    if not checked:
        validation.warn(
            f"storage.load: {path} has no checksum, because another program has saved it again; "
            "it is read as it is"
        )
    if _ARRAY not in found.attrs:
        return found
    name = found.attrs.pop(_ARRAY)
    array = found[name or "array"]
    return array.assign_attrs(found.attrs).rename(name or None)


def _read(path: str | os.PathLike[str]) -> tuple[xr.Dataset, bool]:
    """Return the content of a file, and whether a checksum vouches for it."""
    path = validation.path("storage.load", "path", path)
    if not path.is_file():
        raise FileNotFoundError(f"storage.load: path must be an existing file, got {path}")
    found = path.read_bytes()
    content, checksum = found[:-_LENGTH], found[-_LENGTH:]
    checked = checksum == _checksum(content)
    # before HDF5 sees a byte of it: that is not made for damaged files
    if not checked and _hdf5_length(found) != len(found):
        raise ValueError(
            f"storage.load: path must be a Dataset of blochball as it was saved, got {path}, "
            "which does not end in its checksum (cut short, or changed?)"
        )
    with xr.open_dataset(io.BytesIO(content if checked else found), engine=_ENGINE) as ds:
        if not checked and "blochball_version" not in ds.attrs:
            raise ValueError(
                f"storage.load: path must be a Dataset of blochball, got {path}, which has neither "
                "a checksum nor the attribute `blochball_version`"
            )
        return ds.load(), checked


def _hdf5_length(content: bytes) -> int:
    """Return the length that an HDF5 file says it has; -1 if it is none.

    The address of its end is in the superblock (HDF5 File Format Specification 3.0, II.A).
    """
    if content[:8] != b"\x89HDF\r\n\x1a\n" or len(content) < 64:
        return -1
    place = {0: 40, 1: 44, 2: 28, 3: 28}.get(content[8], -1)
    return int.from_bytes(content[place : place + 8], "little") if place > 0 else -1


@named("storage.take_up")
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
        ds, checked = _read(path)
    except FileNotFoundError:
        return None
    except ValueError as error:
        validation.warn(f"{error}; it is computed again")
        return None
    if not checked:
        validation.warn(f"storage.take_up: {path} has no checksum; it is computed again")
        return None
    for name, value in expected.items():
        if (found := ds.attrs.get(name)) != value:
            validation.warn(
                f"storage.take_up: {path} belongs to something else ({name} {found}, not {value}); "
                "it is computed again"
            )
            return None
    return ds
