"""With numba's bounds checking on, every kernel runs without a step beyond an array."""

import pytest

from tests.blochball.known import python

# every step and every observer of the ball, Eq. (6), kets and sampled populations, in small
RUNS = """
import warnings
from blochball import Protocol, Rotation, exact, models, twa
from blochball.twa.lanes import MANY
from tests.blochball.twa.paths import SMALL, everything
warnings.simplefilter("ignore")
times = [0.0, 0.01, 0.02]
asked = {"correlations": times[1:], "momenta": [0.0, 0.5, 1.0]}
steps = {
    "general": everything(3),
    "single": SMALL["lone ensemble, driven"],
    "guided": SMALL["waveguide"],
    "halved": models.waveguide_chain(MANY + 1, 5, 0.3, 1.0),
}
for system in steps.values():
    # a group that is full and one that is not
    twa.solve(system, times, 65, 1, steps=3, threads=1, **asked)
one = steps["general"]
twa.solve(one, times, 65, 1, threads=1, **asked)  # the pilot
twa.trajectories(one, times, 65, 1, steps=3, threads=1)
twa.step_error(one, times, 65, 1, steps=3, threads=1)
twa.solve(one, times, 65, 1, steps=3, threads=1, moments="pairs")
ramp = Protocol([(0, one), Rotation(0.3, "x", [1]), (0.015, one)])
twa.step_error(ramp, times, 65, 1, steps=3, threads=1)
twa.eq6.solve(one, times, 65, 1, steps=2, threads=1, **asked)
laser = SMALL["lone ensemble"]
twa.solve_stratified(laser, times, 300, 1, strata=3, steps=5, threads=1)
for system in (everything(2), models.superradiant_laser(5, 2.0)):
    exact.solve(system, [0.0, 1e-3], "jumps", trajectories=3, seed=1)
print("ran")
"""
BEYOND = """
import numpy as np
from blochball.twa.lanes import fill, LANES
fill(np.zeros(LANES), np.uint64(1), 0.0)
"""


@pytest.mark.slow
def test_nothing_is_read_or_written_beyond_an_array(tmp_path):
    checked = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_OPT": "0"}
    assert python(RUNS, **checked).strip() == "ran"


def test_a_step_beyond_would_be_seen(tmp_path):
    checked = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    with pytest.raises(AssertionError, match="IndexError"):
        python(BEYOND, **checked)
