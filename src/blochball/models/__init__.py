"""Systems by name: those of the paper and others that people ask for.

Each function returns a `System`; print it to see its terms, copy the function to change them. The
sequences of pulses take one and return a `Protocol`.
"""

from blochball.models.cavities import (
    boundary_time_crystal,
    broadened,
    squeezed_superradiance,
    superradiant_decay,
    superradiant_laser,
    thermal_bath,
)
from blochball.models.pulses import ramsey, spin_echo
from blochball.models.twisting import (
    dissipative_ising,
    lipkin_meshkov_glick,
    one_axis_twisting,
    two_axis_twisting,
)
from blochball.models.waveguides import chiral_waveguide, ring, waveguide_chain

__all__ = [
    "boundary_time_crystal",
    "broadened",
    "chiral_waveguide",
    "dissipative_ising",
    "lipkin_meshkov_glick",
    "one_axis_twisting",
    "ramsey",
    "ring",
    "spin_echo",
    "squeezed_superradiance",
    "superradiant_decay",
    "superradiant_laser",
    "thermal_bath",
    "two_axis_twisting",
    "waveguide_chain",
]
