"""The public interface of TWA, beside `badtargets`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from blochball import models, twa
from tests.blochball import badvalues as bad
from tests.blochball.badtargets import (
    FILE,
    SOLVED,
    TIMES,
    Target,
    bare,
    count,
    not_dataset,
    not_path,
    not_system,
    rate,
    running,
)

# so many that nothing is warned about
MANY = models.superradiant_laser(100, 1.0)
PLAN = twa.plan(MANY, TIMES, 4, steps=1)
PART = twa.run_part(PLAN, range(1))

sampling = {
    "system": not_system,
    "times": bad.not_times,
    "trajectories": count,
    "seed": bad.not_seed,
    "steps": bad.not_integer(1)
    | st.sampled_from([[0], [1, 2], [[1]], [2**63], [None], [True], [[1], [1, 2]], range(10**9)]),
    "tolerance": rate | st.just(0),
}
correlating = {
    "system": not_system,
    "weights": bad.not_array_nor_number,
    "trajectories": count,
    "seed": bad.not_seed,
    "origins": count.filter(lambda value: value is not None),
    "burn_in": rate.filter(lambda value: value is not None),
    "tolerance": rate | st.just(0),
    **running,
}
meshed = {
    "system": not_system | st.just(models.boundary_time_crystal(4, 1.0, 1.0)),
    "form": bad.not_choice,
    "spacing": rate | st.sampled_from([0, 1.5, 1e-9]),
    "boundary": bad.not_choice | st.just("reflecting"),
}
not_end = not_dataset.filter(lambda value: value is not None) | bare
few = {"system": MANY, "times": TIMES, "trajectories": 2, "steps": 1}
TARGETS = {
    "twa.two_time": Target(
        twa.two_time,
        {"system": MANY, "delays": TIMES, "trajectories": 2, "burn_in": 0.01, "origins": 1},
        {
            **correlating,
            "delays": bad.not_times,
            "time": rate.filter(lambda value: not (isinstance(value, float) and value == np.inf)),
        },
    ),
    "twa.spectrum": Target(
        twa.spectrum,
        {"system": MANY, "frequencies": [0.0], "trajectories": 16, "burn_in": 0.01, "origins": 1},
        {**correlating, "frequencies": bad.not_array | st.none()},
    ),
    "twa.density.solve": Target(
        twa.density.solve,
        {"system": MANY, "times": TIMES, "spacing": 1.0},
        {"times": bad.not_times, **meshed, "progress": bad.not_flag},
    ),
    "twa.density.steady_state": Target(
        twa.density.steady_state, {"system": MANY, "spacing": 1.0}, meshed
    ),
    "twa.solve": Target(
        twa.solve,
        few,
        {
            **sampling,
            **running,
            "correlations": bad.not_times.filter(lambda value: value is not None) | st.just([5.0]),
            "momenta": bad.not_array,
            "structure": bad.not_choice,
            "moments": bad.not_choice,
            "trajectories": bad.not_integer(1, none=True),
            "covariances": bad.not_flag,
            "error": bad.neither(dict).filter(lambda value: value is not None)
            | st.sampled_from([{}, {"light": 0.1}, {"emission": 0}, {"emission": None}]),
            "checkpoint": not_path.filter(lambda value: value is not None),
            "initial": not_end,
            "end": bad.not_flag,
        },
    ),
    "twa.eq6.solve": Target(
        twa.eq6.solve,
        few,
        {
            **sampling,
            **running,
            "correlations": bad.not_times.filter(lambda value: value is not None) | st.just([5.0]),
            "momenta": bad.not_array,
            "checkpoint": not_path.filter(lambda value: value is not None),
        },
    ),
    "twa.solve_stratified": Target(
        twa.solve_stratified,
        {**few, "trajectories": 200, "strata": 2},
        {
            **sampling,
            **running,
            "checkpoint": not_path.filter(lambda value: value is not None),
            "strata": bad.not_integer(2) | st.integers(101, 2**53),
            "tolerance": sampling["tolerance"].filter(lambda value: value is not None),
        },
    ),
    "twa.step_error": Target(twa.step_error, few, {**sampling, **running}),
    "twa.plan": Target(
        twa.plan,
        few,
        {
            **sampling,
            "correlations": bad.not_times.filter(lambda value: value is not None),
            "momenta": bad.not_array,
            "structure": bad.not_choice,
            "moments": bad.not_choice,
            "covariances": bad.not_flag,
        },
    ),
    "twa.trajectories": Target(
        twa.trajectories,
        few,
        {
            **sampling,
            **running,
            "trajectories": bad.not_integer(1, none=True),
            "structure": bad.not_choice,
            "initial": not_end,
        },
    ),
    "Checkpoint": Target(
        twa.Checkpoint, {"folder": FILE.parent}, {"folder": not_path, "work": count}
    ),
    "Plan.from_dataset": Target(
        twa.Plan.from_dataset, {"ds": PLAN.to_dataset()}, {"ds": not_dataset | bare}
    ),
    "twa.division": Target(
        twa.division,
        {"trajectories": 100, "parts": 2, "sites": 3},
        {"trajectories": count, "parts": count, "sites": count},
    ),
    "twa.run_part": Target(
        twa.run_part,
        {"plan": PLAN, "blocks": range(1)},
        {
            "plan": bad.neither(twa.Plan),
            "blocks": bad.neither(range)
            | st.sampled_from([range(0), range(1, 2), range(2), range(0, -1, -1)]),
            "checkpoint": not_path.filter(lambda value: value is not None),
            **running,
        },
    ),
    "twa.gather": Target(
        twa.gather,
        {"plan": PLAN, "parts": [PART]},
        {
            "plan": bad.neither(twa.Plan),
            "parts": bad.several(PART)
            | st.sampled_from([[], [PART, PART], [PLAN.to_dataset()], [SOLVED]]),
        },
    ),
}
