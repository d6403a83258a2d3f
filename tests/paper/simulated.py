"""Real data of few trajectories, for tests of what is measured on them."""

from __future__ import annotations

from collections.abc import Iterable

from blochball.support import storage
from workflow import simulate
from workflow.results import Results


def simulated(results: Results, families: Iterable[str], without: tuple[str, ...] = ()) -> Results:
    """Compute the runs of families, without some, and return the results."""
    for name in families:
        for label, run in results.config.family(name).items():
            if label not in without:
                storage.save(simulate.compute(run), results.path(name, label))
    return results
