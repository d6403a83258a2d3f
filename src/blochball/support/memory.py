"""How much memory this process may have: of the machine, of its job, of its shell."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_MEBI = 2**20


def available() -> tuple[float, str]:
    """Return the smallest limit on this process in bytes, and in words whose it is."""
    return min(_limits(), default=(float("inf"), "no limit is known"))


def _limits() -> Iterator[tuple[float, str]]:
    if sys.platform == "win32":
        yield _windows(), "the memory of this machine"
    else:
        import resource

        yield (
            os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "the memory of this machine",
        )
        for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
            soft = resource.getrlimit(kind)[0]
            if soft != resource.RLIM_INFINITY:
                yield soft, "the limit of this process, see ulimit"
    yield from _of_groups()
    # SLURM need not use control groups: it may kill what has grown too large
    for size, count in (("SLURM_MEM_PER_NODE", ""), ("SLURM_MEM_PER_CPU", "SLURM_CPUS_ON_NODE")):
        given = os.environ.get(size, ""), os.environ.get(count, "1")
        # zero asks for the whole node
        if all(number.isdigit() and int(number) for number in given):
            yield int(given[0]) * int(given[1]) * _MEBI, "the memory of this SLURM job"


def _of_groups() -> Iterator[tuple[float, str]]:
    """Limits of the control groups that the process is in, of both versions; Linux only."""
    try:
        lines = _MEMBERSHIP.read_text().split()
    except OSError:
        return
    for line in lines:
        _, controllers, place = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        root = _CGROUP / controllers
        inner = root / place.lstrip("/")
        name = "memory.limit_in_bytes" if controllers else "memory.max"
        # a group is bound by the limits of those around it; in a container the root is its own
        for folder in (inner, *inner.parents):
            try:
                text = (folder / name).read_text().strip()
            except OSError:
                text = ""
            if text.isdigit():  # otherwise "max"
                yield int(text), "the limit of this control group"
            if folder == root:
                break


if sys.platform == "win32":

    class _MemoryStatus(ctypes.Structure):
        _fields_ = (
            ("dwLength", ctypes.c_ulong),
            ("dwMemoryLoad", ctypes.c_ulong),
            ("ullTotalPhys", ctypes.c_ulonglong),
            *((name, ctypes.c_ulonglong) for name in "abcdef"),
        )

    def _windows() -> float:
        status = _MemoryStatus()
        status.dwLength = ctypes.sizeof(status)
        ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return float(status.ullTotalPhys)
