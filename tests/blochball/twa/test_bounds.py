"""With numba's bounds checking on, every kernel runs without a step beyond an array."""

import pytest

from tests.blochball.known import python

# every step and every observer of the ball, Eq. (6), kets and sampled populations, in small
RUNS = """
import warnings
import numpy as np
from blochball import CollectiveJump, Ensemble, System, exact, models, twa
from blochball.twa.lanes import MANY
from tests.blochball.twa.paths import SMALL, chain
warnings.simplefilter("ignore")
times = [0.0, 0.01, 0.02]
systems = {**SMALL, "long chain": models.waveguide_chain(MANY + 1, 5, 0.3, 1.0)}
for name, system in systems.items():
    asked = {"correlations": times[1:], "momenta": [0.0, 0.5, 1.0]}
    twa.solve(system, times, 65, 1, steps=3, threads=1, **asked)
    twa.trajectories(system, times, 65, 1, steps=3, threads=1)
    if name != "long chain":
        twa.solve(system, times, 65, 1, threads=1)  # the pilot
        twa.step_error(system, times, 65, 1, steps=3, threads=1)
        twa.eq6.solve(system, times, 65, 1, steps=2, threads=1, **asked)
twa.solve_stratified(systems["lone ensemble"], times, 300, 1, strata=3, steps=5, threads=1)
driven = System(
    [Ensemble(3, 0.3, 0.2, 0.5, 0.3, polar=1.0), Ensemble(2)],
    [CollectiveJump(1.0, [1, 1j]), CollectiveJump(0.5, [1, -1], "dephasing")],
    drive=[0.1, 0.2j],
)
for system in (driven, models.superradiant_laser(5, 2.0)):
    exact.solve(system, [0.0, 0.5], "jumps", trajectories=5, seed=1)
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
