"""Memory that exact methods take beside what they expect: ``python -m benchmarks.bench_memory``.

Each case is a process of its own. What it expects is read from its refusals: the limit is raised
until it runs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from blochball import CollectiveJump, Ensemble, System, exact, models

GIB = 2**30
# what is freed goes back to the system at once, so that a second run takes as much as the first
AT_ONCE = {"MALLOC_MMAP_THRESHOLD_": "65536", "OMP_NUM_THREADS": "1"}
PAGE = 4096


def laser(size: int) -> System:
    return models.superradiant_laser(size, 0.25 * size)


def local(size: int) -> System:
    jumps = [CollectiveJump(0.01, [1]), CollectiveJump(0.005, [1], "pump")]
    return System(Ensemble(size, pump=0.3, decay=0.1, dephasing=0.2), jumps)


def bath(size: int) -> System:
    return System(Ensemble(size), [CollectiveJump(1, [1]), CollectiveJump(0.5, [1], "pump")])


def crystal(size: int) -> System:
    return models.boundary_time_crystal(size, 0.2, 0.4)


def driven(size: int) -> System:
    ensemble = Ensemble(size, pump=0.3, decay=0.1)
    return System(ensemble, CollectiveJump(1, [1]), drive=[0.1 * size])


def pair(size: int) -> System:
    return System([Ensemble(size)] * 2, CollectiveJump(1, [1, 1]), drive=[0.1, 0.1])


def solve(system: System, size: int, limit: float) -> Any:
    return exact.solve(system, [1 / size], memory_limit=limit)


def solve_matrix(system: System, size: int, limit: float) -> Any:
    return exact.solve(system, [1 / size], "liouvillian", memory_limit=limit)


def steady(system: System, size: int, limit: float) -> Any:
    return exact.steady_state(system, memory_limit=limit)


def chain(size: int) -> System:
    return models.waveguide_chain(2, size, 0.5, pump=0.3 * size)


def two_times(system: System, size: int, limit: float) -> Any:
    options = {"method": "liouvillian", "memory_limit": limit}
    return exact.two_time(system, [0.1 / size, 1 / size], np.inf, **options)


def spectrum(system: System, size: int, limit: float) -> Any:
    return exact.spectrum(system, [0.0, 0.1 * size], method="direct", memory_limit=limit)


def modes(system: System, size: int, limit: float) -> Any:
    return exact.spectrum_of_liouvillian(system, memory_limit=limit)


CASES: dict[str, tuple[Callable[..., Any], Callable[[int], System], tuple[int, ...]]] = {
    "populations, solve": (solve, laser, (700, 1500, 3000)),
    "populations, steady state": (steady, laser, (500, 1000, 2000)),
    "populations, steady state, all local terms": (steady, local, (500, 1000)),
    "populations, steady state, collective only": (steady, bath, (500, 1500)),
    "density matrix, one driven, local terms": (solve_matrix, driven, (40, 70)),
    "density matrix, time crystal": (solve_matrix, crystal, (300, 600)),
    "density matrix, two driven": (solve_matrix, pair, (12, 16)),
    "steady state, time crystal": (steady, crystal, (300, 600)),
    "two times, one ensemble": (two_times, laser, (100, 200)),
    "two times, two ensembles": (two_times, chain, (8, 12, 20)),
    "spectrum, one ensemble": (spectrum, laser, (200, 400, 700)),
    "spectrum, two ensembles": (spectrum, chain, (6, 8, 10)),
    "slowest modes, one ensemble": (modes, local, (50, 100, 200)),
}


def resident() -> int:
    """Return the bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def measure(name: str, size: int) -> tuple[float, float]:
    """Return the bytes expected and the largest number of bytes taken."""
    verb, make, _ = CASES[name]
    verb(make(size), size, 1e9)  # what is compiled and loaded once
    peak, base, over = [resident()], resident(), threading.Event()

    def watch() -> None:
        while not over.is_set():
            peak[0] = max(peak[0], resident())
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    expected = 1.0
    while True:
        try:
            verb(make(size), size, expected)
        except (ValueError, MemoryError) as refusal:
            asked = max(float(number) for number in re.findall(r"([-+.e\d]+) GiB", str(refusal)))
            if not asked * GIB > expected / 1.01:
                raise
            expected = 1.01 * asked * GIB
        else:
            break
    over.set()
    watcher.join()
    return expected, float(peak[0] - base)


def main() -> None:
    """Print a table: each case in a process of its own."""
    if len(sys.argv) == 3:
        expected, taken = measure(sys.argv[1], int(sys.argv[2]))
        ratio = expected / max(taken, 1.0)
        sys.stdout.write(
            f"| {sys.argv[1]} | {sys.argv[2]} | {expected / 1e6:.3g} | {taken / 1e6:.3g} "
            f"| {ratio:.2f} |\n"
        )
        return
    sys.stdout.write(
        "| | N | expected, MB | taken, MB | ratio |\n| --- | --- | --- | --- | --- |\n"
    )
    for name, (_, _, sizes) in CASES.items():
        for size in sizes:
            sys.stdout.flush()
            command = [sys.executable, "-m", __spec__.name, name, str(size)]
            subprocess.run(command, check=True, env=os.environ | AT_ONCE)


if __name__ == "__main__":
    main()
