"""One run of the workflow at a time for a config, and what is left to clear away after it."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import IO

from workflow.results import Results
from workflow.runs import Family

_held: list[IO[str]] = []  # open as long as this process lives


class BusyError(RuntimeError):
    """Another process is at work in the same directory."""


def hold(directory: Path) -> None:
    """Keep a directory to this process as long as it lives.

    Snakemake's own lock is a file that stays where it is when the process is killed; this one is
    the kernel's, and goes with the process.

    Raises
    ------
    BusyError
        If another process has it, naming that.
    """
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        return
    directory.mkdir(parents=True, exist_ok=True)
    file = open(directory / ".lock", "a+", encoding="utf-8")  # noqa: SIM115
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        owner = file.read()
        file.close()
        raise BusyError(f"{directory} is in use by {owner}: wait until that has ended") from None
    except OSError:  # a file system without locks
        file.close()
        return
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()}")
    file.flush()
    _held.append(file)


def tidy(found: Results, every: dict[str, Family]) -> None:
    """Delete the chunks of runs whose results are safe, and files that were never finished.

    Not before the whole workflow has ended: if it is killed just after a run, Snakemake does not
    know of the result and asks for it again.
    """
    for family, members in every.items():
        for run in members:
            if found.path(family, run).exists():
                shutil.rmtree(found.chunks(family, run), ignore_errors=True)
    for folder in ("chunks", "parts", "data"):
        for path in (found.directory / folder).rglob(".*.nc.*"):
            path.unlink(missing_ok=True)
