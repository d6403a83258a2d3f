"""One run of the workflow at a time for a config, and what is left to clear away after it."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import sys
import warnings
from pathlib import Path
from typing import IO, Any

from blochball.support import storage
from workflow.config import VARIABLE, load
from workflow.results import Results
from workflow.runs import Family

_held: list[IO[str]] = []  # open as long as this process lives


def started(workflow: Any) -> tuple[Results, dict[str, Family]]:
    """Return where a run of Snakemake keeps its results, and all runs of its config.

    Raises
    ------
    ValueError
        If there is not one complete and valid config file.
    """
    if workflow.config_settings.config:
        raise ValueError("results belong to a config file: copy one, edit it, use --configfile")
    if len(workflow.configfiles) > 1:
        raise ValueError("config files do not add up: give one --configfile, it must be complete")
    of = load(os.path.relpath(workflow.configfiles[0]))
    results, families = Results(of), of.families()
    if workflow.is_main_process and not workflow.output_settings.dryrun:
        discard_damaged(results, families)
    return results, families


def discard_damaged(results: Results, families: dict[str, Family]) -> None:
    """Delete data files that are not as they were written, naming each: they are made again."""
    for family, runs in families.items():
        for run in runs:
            path = results.path(family, run)
            try:
                with warnings.catch_warnings(action="ignore"):  # another program may save it again
                    storage.load(path)
            except FileNotFoundError:
                pass
            except ValueError as error:
                print(f"{error}; it is computed again", file=sys.stderr)
                path.unlink()


def environment(workflow: Any) -> str:
    """Return the beginning of every shell command: the config, and where Python is.

    The interpreter is the one that runs the workflow, activated environment or not; with
    ``--sdm conda`` it is that of the rules' environment, which has not got the package.
    """
    config = shlex.quote(os.path.relpath(workflow.configfiles[0]))
    # the scripts are where the Snakefile is, wherever it is run
    paths = [workflow.basedir]
    if any(str(method) == "conda" for method in workflow.deployment_settings.deployment_method):
        paths.append(os.path.join(workflow.basedir, "src"))
        first = ""
    else:
        first = f"PATH={shlex.quote(os.path.dirname(sys.executable))}:$PATH "
    # Snakemake formats it: braces are doubled
    sources = shlex.quote(os.pathsep.join(paths)) + "${{PYTHONPATH:+:$PYTHONPATH}}"
    # a bar in a log is a line now and then
    return f"export {first}PYTHONPATH={sources} {VARIABLE}={config} TQDM_MININTERVAL=30; "


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
