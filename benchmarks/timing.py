"""Medians of several runs, and the table that they are printed in."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of the table; `unit` says what `median` and `spread` are in."""

    name: str
    median: float
    spread: float
    unit: str
    peer: str = ""
    ratio: float = float("nan")  # peer / ours: how many times faster
    goal: str = ""

    def line(self) -> str:
        """Return the row as text."""
        ratio = "" if self.ratio != self.ratio else f"{self.ratio:8.1f}x {self.peer}"
        value = f"{self.median:10.3g} +- {self.spread:<8.2g} {self.unit:22s}"
        return f"{self.name:44s} {value} {ratio:34s} {self.goal}"

    def record(self) -> dict[str, Any]:
        """Return the row as a dict."""
        return asdict(self)


def measure(function: Callable[[], object], runs: int = 5, warmup: int = 1) -> list[float]:
    """Return the wall times of several calls in seconds, after some that do not count."""
    for _ in range(warmup):
        function()
    found = []
    for _ in range(runs):
        started = time.perf_counter()
        function()
        found.append(time.perf_counter() - started)
    return found


def median(times: list[float], scale: float = 1.0) -> tuple[float, float]:
    """Return the median and half the range, both times `scale`."""
    return statistics.median(times) * scale, (max(times) - min(times)) / 2 * scale


def peak_memory(code: str) -> float:
    """Run Python code in a process of its own; return its peak memory in MB (Linux)."""
    # VmHWM begins anew with the program; ru_maxrss would remember the parent's memory
    tail = "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{tail}"], capture_output=True, text=True, check=True
    )
    return int(done.stdout.split()[-1]) / 1e3
