"""Populations and jumps against QuTiP's PIQS."""

from __future__ import annotations

import warnings

import numpy as np

from benchmarks.timing import Row, beside, measure, median, peak_memory
from blochball import exact, models


def piqs(size: int, times: np.ndarray) -> float:
    """Return the largest emission / N^2 of Fig. 2(a) by PIQS's solver of populations."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from qutip import piqs

        ensemble = piqs.Dicke(size, pumping=0.25 * size, collective_emission=1.0)
        states = ensemble.pisolve(piqs.dicke(size, size / 2, size / 2), times).states
        jp, jm = (piqs.jspin(size, op) for op in "+-")
        return max((jp * jm * state).tr().real for state in states) / size**2


def rows() -> list[Row]:
    size = 100
    times = np.linspace(0, 10 / size, 11)
    system = models.superradiant_laser(size, pump=0.25 * size)
    value, spread = median(measure(lambda: exact.solve(system, times), 9))
    ours = Row("populations, N=100, Fig. 2(a)", value, spread, "s")
    peer = measure(lambda: piqs(size, times), 1, 0)
    found = [ours, beside("PIQS pisolve, the same", peer, ours, goal=">= 300x")]

    size = 1000
    system = models.superradiant_laser(size, pump=0.25 * size)
    times = np.linspace(0, 10 / size, 201)
    value, spread = median(measure(lambda: exact.solve(system, times), 3))
    found.append(Row("populations, N=1000, Fig. 2(a)", value, spread, "s", goal="< 7 s"))
    code = (
        "from blochball import models, exact; import numpy as np;"
        "exact.solve(models.superradiant_laser(1000, 250.0), np.linspace(0, 0.01, 201))"
    )
    found.append(
        Row("populations, N=1000, Fig. 2(a)", peak_memory(code), 0.0, "MB peak", goal="< 1000 MB")
    )

    size = 20000
    system = models.superradiant_laser(size, pump=0.25 * size)
    # past the burst, which comes at ln N / N: most jumps are those of the steady state
    times = np.linspace(0, 20 / size, 101)
    value, spread = median(
        measure(lambda: exact.solve(system, times, method="jumps", trajectories=1000), 2)
    )
    found.append(Row("jumps, N=20,000, 1000 trajectories", value, spread, "s", goal="< 60 s"))
    return found
