"""Medians of several runs, and the table that they are printed in."""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

NAN = float("nan")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    name, unit : str
        What was measured, and what `median` and `spread` are in.
    median, spread : float
        Over the runs; the spread is half the range, 0 for a single run.
    ratio : float
        How many times the median of the row `of`, from the same run of the benchmarks.
    goal : str
        What is aimed at, for the reader.
    curve, against, at : str, str, float
        The curve of the plot that the row is a point of, against what ("N", "M", "trajectories",
        "threads" or "M, a step") and where; no curve for a row that stands alone.
    """

    name: str
    median: float
    spread: float
    unit: str
    of: str = ""
    ratio: float = NAN
    goal: str = ""
    curve: str = ""
    against: str = ""
    at: float = NAN

    def line(self) -> str:
        """Return the row as text."""
        if math.isnan(self.median):
            return f"{self.name:50s} {self.unit}"
        ratio = "" if math.isnan(self.ratio) else f"{self.ratio:8.3g}x {self.of}"
        value = f"{self.median:10.3g} +- {self.spread:<8.2g} {self.unit:22s}"
        return f"{self.name:50s} {value} {ratio:44s} {self.goal}".rstrip()

    def record(self) -> dict[str, Any]:
        """Return the row as a dict that JSON can hold."""
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in asdict(self).items()
        }


def skipped(name: str, why: str) -> Row:
    """Return a row that says why there is none."""
    return Row(name, NAN, NAN, f"{why}, skipped")


def beside(name: str, times: list[float], ours: Row, scale: float = 1.0, goal: str = "") -> Row:
    """Return the row of a peer, measured in the unit of ours and compared with it."""
    value, spread = median(times, scale)
    return Row(name, value, spread, ours.unit, ours.name, value / ours.median, goal)


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
