"""Truncated moments that no state has are warned about; those of a state are not."""

import numpy as np
import pytest

from blochball import CollectiveJump, Ensemble, System
from blochball.cumulants.physical import warn_of_no_state

FINE = {"emission": 2.0, "output": 2.0, "spin_squared": 6.0, "spin_x": 1.0, "spin_y": 0.0}
FINE |= {"inversion": 1.0}
SYSTEM = System(Ensemble(4), CollectiveJump(1.0, [1]))


def warn(**changes):
    values = {name: np.array([[value]]) for name, value in (FINE | changes).items()}
    warn_of_no_state("f", SYSTEM, np.array([3.0]), values)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"emission": -0.01}, "emission is -0.01 at site 0"),
        ({"output": -0.01}, "output is -0.01 at channel 0"),
        ({"spin_squared": 6.01}, "spin_squared is 6.01 at site 0"),
        ({"spin_squared": -0.01}, "spin_squared is -0.01 at site 0"),
        ({"inversion": 1.8}, "length of the mean spin is 2.06 at site 0"),
    ],
)
def test_moments_that_no_state_has(changes, message):
    warn()
    with pytest.warns(UserWarning, match=f"f: no state has .* from time 3 on: {message}"):
        warn(**changes)


def test_an_odd_number_of_emitters_has_no_state_without_spin():
    values = {name: np.array([[value]]) for name, value in (FINE | {"spin_squared": 0.7}).items()}
    odd, even = (System(Ensemble(n), CollectiveJump(1.0, [1])) for n in (3, 4))
    calm = values | {name: 0 * values[name] for name in ("spin_x", "inversion")}
    warn_of_no_state("f", even, np.array([3.0]), calm)
    with pytest.warns(UserWarning, match="spin_squared is 0.7"):
        warn_of_no_state("f", odd, np.array([3.0]), calm)
