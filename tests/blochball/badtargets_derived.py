"""The public interface of what is made of results: observables, pictures; and of networks by name.

Beside `badtargets`.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from hypothesis import strategies as st
from matplotlib.figure import Figure

from blochball import Ensemble, System, exact, models, observables, per_emitter, pictures, twa
from tests.blochball import badvalues as bad
from tests.blochball.badtargets import (
    LASER,
    TIMES,
    Target,
    angle,
    bare,
    count,
    local,
    not_dataset,
    not_system,
    number,
    rate,
)

DECAY = exact.two_time(LASER, [1.0, 2.0])
STATE = exact.liouvillian.states(LASER, [0.0])[0]
PATHS = twa.trajectories(System(Ensemble(100)), [0.0], 4, steps=1)
without = not_dataset | bare
delay = rate.filter(lambda value: value is not None)
# nothing is between them
fitted = {"ds": without, "start": delay | st.just(3.0), "stop": delay | st.just(0.5)}
directions = bad.not_array | st.none()
not_source = st.one_of(
    bad.neither(xr.Dataset).filter(lambda value: not isinstance(value, exact.State)),
    bare,
    st.sampled_from([PATHS, PATHS.sel(time=0).mean("trajectory")]),
)
# a function is a line as well: what it returns is looked at
not_line = st.one_of(
    bad.not_choice.filter(lambda value: not callable(value)),
    st.sampled_from([lambda p: p[:-1], lambda p: p * np.nan, lambda p: "abc", lambda p: None]),
)
drawn = {"source": STATE, "ax": Figure().subplots()}
pointing = {"source": not_source, "site": bad.not_integer(0) | st.integers(1, 9)}
looking = st.sampled_from([1.0, "up", [1.0], [1.0, 2.0, 3.0], [np.nan, 0.0], [1j, 0], object()])
TARGETS = {
    "models.thermal_bath": Target(
        models.thermal_bath,
        {"size": 2, "thermal": 1.0},
        {"size": count, "thermal": rate, "coupling": rate, "local": rate, "polar": angle},
    ),
    "models.broadened": Target(
        models.broadened,
        {"size": 4, "width": 1.0, "classes": 2},
        {
            "size": count,
            "width": rate,
            "classes": count | st.just(5),
            "line": not_line,
            "coupling": rate,
            "polar": angle,
            **local,
        },
    ),
    "models.chiral_waveguide": Target(
        models.chiral_waveguide,
        {"sites": 2, "size": 2, "phase": 0.1, "forward": 1.0, "backward": 0.5},
        {
            "sites": count | st.just(10**12),
            "size": count,
            "phase": number,
            "forward": rate,
            "backward": rate,
            "pump": rate,
            "drive": number,
            "detunings": bad.not_array.filter(lambda value: value is not None)
            | st.just([1.0, 2.0, 3.0]),
            "polar": angle,
        },
    ),
    "models.ring": Target(
        models.ring,
        {"sites": 3, "size": 2, "winding": 1, "pump": 1.0},
        {
            "sites": count | st.just(10**12),
            "size": count,
            "winding": bad.not_integer(-(10**6)),
            "pump": rate,
            "coupling": rate,
            "drive": number,
            "polar": angle,
        },
    ),
    "exact.liouvillian.stationary": Target(
        exact.liouvillian.stationary,
        {"system": LASER},
        {
            "system": not_system,
            "memory_limit": rate,
            "initial": bad.neither(exact.State).filter(lambda value: value is not None),
        },
    ),
    "per_emitter.solve": Target(
        per_emitter.solve,
        {"system": LASER, "times": TIMES, "trajectories": 2, "steps": 1},
        {
            "system": not_system,
            "times": bad.not_times,
            "trajectories": bad.not_integer(2),
            "seed": bad.not_seed,
            "steps": count,
        },
    ),
    "observables.linewidth": Target(
        observables.linewidth,
        {"ds": DECAY},
        {"ds": without, "start": delay | st.just(3.0), "stop": delay | st.just(0.5)},
    ),
    "observables.line_position": Target(
        observables.line_position,
        {"ds": DECAY},
        {"ds": without, "start": delay | st.just(3.0), "stop": delay | st.just(0.5)},
    ),
    "observables.g2": Target(observables.g2, {"ds": DECAY}, {"ds": without}),
    **{
        f"pictures.{name}_function": Target(
            getattr(pictures, f"{name}_function"),
            {"source": STATE, "polar": [0.0], "azimuth": [0.0]},
            {**pointing, "polar": directions, "azimuth": directions},
        )
        for name in ("husimi", "wigner")
    },
    **{
        f"pictures.{name}": Target(
            getattr(pictures, name),
            drawn,
            {
                **pointing,
                "ax": bad.neither(type(drawn["ax"])).filter(lambda value: value is not None),
                "view": looking,
            },
        )
        for name in ("husimi", "wigner")
    },
}
