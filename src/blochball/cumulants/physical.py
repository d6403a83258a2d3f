"""Whether truncated moments can be those of a state: what must hold of any."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from blochball.operators import MasterEquation
from blochball.support import validation
from blochball.system import System

Array = NDArray[np.float64]
SLACK = 1e-6  # of the largest that a variable can be, for what integration errs by


def warn_of_no_state(owner: str, system: System, times: Array, values: Mapping[str, Array]) -> None:
    """Warn of the first moment that no state has.

    Parameters
    ----------
    owner : str
        Who asks, for messages.
    system : System
    times : array, shape (times,)
    values : mapping
        Variables of a Dataset, shape (times, sites), and `output`.
    """
    spin = system.column("size") / 2
    longest = spin * (spin + 1)
    # the shortest J is 0 or 1/2
    shortest = 0.75 * (system.column("size") % 2)
    weights = np.abs(MasterEquation.of(system).weights).sum(axis=-1)
    strongest = (weights @ np.sqrt(longest)) ** 2
    length = np.sqrt(sum(values[name] ** 2 for name in ("spin_x", "spin_y", "inversion")))
    beyond = {
        "emission": (-values["emission"], longest),
        "output": (-values["output"], strongest),
        "spin_squared": (
            np.maximum(values["spin_squared"] - longest, shortest - values["spin_squared"]),
            longest,
        ),
        "length of the mean spin": (length - spin, spin),
    }
    for name, (excess, most) in beyond.items():
        wrong = np.argwhere(excess > SLACK * most)
        if wrong.size:
            time, place = wrong[0]
            value = values.get(name, length)
            where = "channel" if name == "output" else "site"
            validation.warn(
                f"{owner}: no state has the truncated moments from time {times[time]:.3g} on: "
                f"{name} is {value[time, place]:.3g} at {where} {place} (compare exact.solve or "
                "twa.solve)"
            )
            return
