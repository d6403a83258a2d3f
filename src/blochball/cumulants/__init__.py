"""Mean field and second-order cumulants: the deterministic rivals of the truncated Wigner method.

`equations` has the equations of motion, `solver` integrates them, `stationary` finds their fixed
points, `correlations` two times and spectra.
"""

from blochball.cumulants.correlations import spectrum, two_time
from blochball.cumulants.solver import solve
from blochball.cumulants.stationary import steady_state

__all__ = ["solve", "spectrum", "steady_state", "two_time"]
