"""The public interface: functions, arguments that are good, and values that each must refuse."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from blochball import (
    ChainExchange,
    CollectiveJump,
    Ensemble,
    System,
    cumulants,
    exact,
    models,
    observables,
    scan,
)
from blochball.support import storage
from tests.blochball import badvalues as bad

LASER = models.superradiant_laser(3, 1.0)
PAIR = models.waveguide_chain(2, 2, 0.1, 1.0)
TIMES = [0.0, 0.01]
JSON = LASER.to_json()
SOLVED = exact.solve(LASER, TIMES)
CHAIN = exact.solve(PAIR, TIMES, "liouvillian", correlations=[0])
PAIRS = exact.solve(models.waveguide_chain(2, 1, 0.1, 1.0), TIMES, moments="pairs")

rate, number = bad.not_real(0), bad.not_real()
angle = number | st.floats(3.15, 1e6) | st.floats(-1e6, -3.15)  # degrees, perhaps
count = bad.not_integer(1)
jump, ensemble = CollectiveJump(1.0, [1, 1]), Ensemble(2)
not_system, not_dataset = bad.neither(System), bad.neither(xr.Dataset)
local = dict.fromkeys(("decay", "dephasing", "pump"), rate)
# what is asked for but cannot be had: no such attribute, no such variable
empty = st.just(xr.Dataset()) | st.just(SOLVED[["spin_x"]])
bare = empty | st.just(SOLVED.drop_attrs())


not_path = bad.neither(str).filter(lambda value: not isinstance(value, Path)) | st.sampled_from(
    ["", "\0", "a\0b", "\ud800", Path("\0")]
)
# in which NetCDF has no place for something
unwritable = st.sampled_from(
    [
        xr.Dataset(attrs={"a": {"b": 1}}),
        xr.Dataset(attrs={"a": object()}),
        xr.Dataset({"a": ("x", np.array([object(), None]))}),
        xr.Dataset({"a": ("x", [1 + 1j, object()])}),
        xr.Dataset({"a/b": 1}),
        xr.Dataset({3: 1}),
    ]
)
# a file that is there when the bad calls are made
FOLDER = tempfile.TemporaryDirectory()
FILE = Path(FOLDER.name, "good.nc")
storage.save(SOLVED, FILE)


@dataclass(frozen=True)
class Target:
    """A public function, arguments that are good, and for each the values that are not."""

    function: Callable[..., Any]
    good: dict[str, Any]
    bad: dict[str, SearchStrategy[Any]]


running = {"threads": bad.not_integer(1, none=True), "progress": bad.not_flag}
TARGETS = {
    "Ensemble": Target(
        Ensemble,
        {"size": 2},
        {
            "size": count,
            **local,
            "detuning": number,
            "polar": angle,
            "azimuth": number,
            "length": rate | st.floats(1.001, 1e6),
            "dicke": bad.not_array
            | st.sampled_from([(1,), (2, 0), (0.5, 0.5), (1, 0.5), (0, 1), (-1, 0), "10"]),
        },
    ),
    "CollectiveJump": Target(
        CollectiveJump,
        {"rate": 1.0, "weights": [1]},
        {
            "rate": rate,
            "weights": bad.not_array_nor_number | st.none(),
            "kind": bad.not_choice,
            "name": bad.neither(str).filter(lambda value: value is not None)
            | st.sampled_from(["", "\0", "a\n", "\ud800"]),
        },
    ),
    "ChainExchange": Target(
        ChainExchange,
        {"strength": 1.0, "phase": 0.1},
        {"strength": number, "phase": number},
    ),
    "ChainExchange.matrix": Target(ChainExchange(1, 1).matrix, {"sites": 2}, {"sites": count}),
    "System": Target(
        System,
        {"ensembles": [ensemble] * 2, "jumps": [jump]},
        {
            "ensembles": bad.several(ensemble),
            "jumps": bad.several(jump),
            "exchange": bad.not_array | st.just([[0, 1], [2, 0]]) | st.just(np.eye(3)),
            "drive": bad.not_array | st.just([1, 2, 3]),
            "mixture": bad.neither(list)
            | st.sampled_from(
                [
                    [(0.5, ensemble)],
                    [(1.5, [ensemble] * 2)],
                    [(-0.5, [ensemble] * 2)],
                    [(0.7, [ensemble] * 2)] * 2,
                    [(0.5, [Ensemble(2, pump=1.0), ensemble])],
                    [(0.5, [Ensemble(3), ensemble])],
                    [0.5],
                ]
            ),
        },
    ),
    "System.column": Target(LASER.column, {"name": "pump"}, {"name": bad.not_choice}),
    "System.from_json": Target(
        System.from_json,
        {"text": LASER.to_json()},
        {
            "text": st.one_of(
                bad.texts,
                bad.things,
                st.sampled_from(["[" * 10**5, "1" * 10**4, "NaN"]),
                # the JSON of a System, cut short
                st.builds(
                    lambda end, put: JSON[:end] + put,
                    st.integers(0, len(JSON) - 1),
                    st.sampled_from(["", "[", "null", "]]"]),
                ),
            )
        },
    ),
    "superradiant_laser": Target(
        models.superradiant_laser,
        {"size": 2, "pump": 1.0},
        {"size": count, "pump": rate, "coupling": rate, "polar": angle},
    ),
    "superradiant_decay": Target(
        models.superradiant_decay,
        {"size": 2},
        {"size": count, "coupling": rate, "decay": rate, "dephasing": rate},
    ),
    "boundary_time_crystal": Target(
        models.boundary_time_crystal,
        {"size": 2, "drive": 1.0, "coupling": 1.0},
        {"size": count, "drive": number, "coupling": rate, "polar": angle, **local},
    ),
    "waveguide_chain": Target(
        models.waveguide_chain,
        {"sites": 2, "size": 2, "phase": 0.1, "pump": 1.0},
        {
            "sites": count | st.just(10**12),
            "size": count,
            "phase": number,
            "pump": rate,
            "coupling": rate,
            "drive": number,
            "polar": angle,
        },
    ),
    "exact.solve": Target(
        exact.solve,
        {"system": LASER, "times": TIMES},
        {
            "system": not_system,
            "times": bad.not_times,
            "method": bad.not_choice,
            "memory_limit": rate,
        },
    ),
    "exact.solve, liouvillian": Target(
        exact.solve,
        {"system": LASER, "times": TIMES, "method": "liouvillian"},
        {
            "tolerance": bad.not_real(1e-14),
            "memory_limit": rate,
            "initial": bad.neither(type(None)),
            "correlations": bad.not_times.filter(lambda value: value is not None) | st.just([5.0]),
        },
    ),
    "exact.solve, jumps": Target(
        exact.solve,
        {"system": LASER, "times": TIMES, "method": "jumps", "trajectories": 2},
        {"trajectories": count, "seed": bad.not_seed, **running},
    ),
    "liouvillian.states": Target(
        exact.liouvillian.states,
        {"system": LASER, "times": TIMES},
        {
            "system": not_system,
            "times": bad.not_times,
            "tolerance": bad.not_real(1e-14),
            "memory_limit": rate,
            "initial": bad.neither(exact.State).filter(lambda value: value is not None),
        },
    ),
    "exact.steady_state": Target(
        exact.steady_state,
        {"system": LASER, "method": "liouvillian"},
        {"system": not_system, "method": bad.not_choice, "memory_limit": rate}
        | {"initial": bad.neither(type(None)), "correlations": bad.not_flag}
        | {"progress": bad.not_flag},
    ),
    "exact.spectrum_of_liouvillian": Target(
        exact.spectrum_of_liouvillian,
        {"system": LASER},
        {"system": not_system, "count": count, "coherence": bad.not_integer(0)}
        | {"memory_limit": rate},
    ),
    "exact.two_time": Target(
        exact.two_time,
        {"system": LASER, "delays": TIMES, "time": 0.0},
        {
            "system": not_system,
            "delays": bad.not_times,
            "time": rate.filter(lambda value: not (isinstance(value, float) and value == np.inf)),
            "weights": bad.not_array_nor_number,
            "method": bad.not_choice,
            "tolerance": bad.not_real(1e-14),
            "memory_limit": rate,
        },
    ),
    "exact.two_time, jumps": Target(
        exact.two_time,
        {"system": LASER, "delays": TIMES, "method": "jumps", "trajectories": 2, "burn_in": 0.1},
        {
            "trajectories": count,
            "seed": bad.not_seed,
            "burn_in": rate.filter(lambda value: value is not None),
            **running,
        },
    ),
    "exact.two_time, kets": Target(
        exact.two_time,
        {"system": PAIR, "delays": TIMES, "method": "jumps", "trajectories": 2, "burn_in": 0.1},
        {
            "weights": bad.not_array_nor_number,
            "trajectories": count,
            "seed": bad.not_seed,
            "burn_in": rate.filter(lambda value: value is not None),
            **running,
        },
    ),
    "exact.spectrum": Target(
        exact.spectrum,
        {"system": LASER, "frequencies": [0.0]},
        {
            "system": not_system,
            "frequencies": bad.not_array | st.none(),
            "weights": bad.not_array_nor_number,
            "method": bad.not_choice,
            "memory_limit": rate,
            "progress": bad.not_flag,
        },
    ),
    "cumulants.two_time": Target(
        cumulants.two_time,
        {"system": LASER, "delays": TIMES, "time": 0.0},
        {
            "system": not_system,
            "delays": bad.not_times,
            "time": rate.filter(lambda value: not (isinstance(value, float) and value == np.inf)),
            "weights": bad.not_array_nor_number,
            "order": bad.not_integer(1) | st.just(3),
        },
    ),
    "cumulants.spectrum": Target(
        cumulants.spectrum,
        {"system": LASER, "frequencies": [0.0]},
        {
            "system": not_system,
            "frequencies": bad.not_array | st.none(),
            "weights": bad.not_array_nor_number,
            "order": bad.not_integer(1) | st.just(3),
        },
    ),
    "cumulants.steady_state": Target(
        cumulants.steady_state,
        {"system": LASER},
        {"system": not_system, "order": bad.not_integer(1) | st.just(3), "progress": bad.not_flag},
    ),
    "from_piqs": Target(
        exact.piqs.from_piqs, {"rho": np.diag([1, 0])}, {"rho": bad.not_array | st.none()}
    ),
    "to_piqs": Target(
        exact.piqs.to_piqs,
        {"state": exact.liouvillian.stationary(LASER)},
        {"state": bad.neither(exact.State)},
    ),
    "observables.total_spin": Target(
        observables.total_spin, {"ds": PAIRS}, {"ds": not_dataset | bare}
    ),
    "observables.classical_fisher_information": Target(
        observables.classical_fisher_information,
        {"state": exact.liouvillian.states(LASER, [0.0])[0], "direction": "x"},
        {
            "state": bad.neither(exact.State),
            "sites": st.sampled_from([[1], [-1], 0.5, ["a"]]),
            "direction": st.none()
            | bad.texts.filter(lambda value: value not in ("x", "y", "z"))
            | bad.things
            | st.sampled_from([[1, 2], [0, 0, 0], [1, 1, float("nan")], 1.0, np.eye(3)]),
        },
    ),
    "cumulants.solve": Target(
        cumulants.solve,
        {"system": LASER, "times": TIMES},
        {
            "system": not_system,
            "times": bad.not_times,
            "order": bad.not_integer(1) | st.integers(3),
            "moments": bad.not_choice,
            "rtol": bad.not_real(1e-13),
            "atol": rate,
            "integrator": bad.not_choice,
            "progress": bad.not_flag,
        },
    ),
    "scan": Target(
        scan,
        {"solve": exact.steady_state, "systems": {1.0: LASER}},
        {
            "solve": bad.neither(type(scan)).filter(lambda value: not callable(value)),
            "systems": bad.neither(dict) | st.sampled_from([{}, {1.0: 2.0}, {None: LASER}]),
            "dim": st.sampled_from([1, "", "site", ["pump"]]),
            "checkpoint": not_path.filter(lambda value: value is not None),
            "processes": count,
            "progress": bad.not_flag,
        },
    ),
    "storage.save": Target(
        storage.save,
        {"ds": SOLVED, "path": FILE},
        {"ds": not_dataset | unwritable, "path": not_path},
    ),
    "storage.load": Target(storage.load, {"path": FILE}, {"path": not_path}),
    "squeezing": Target(observables.squeezing, {"ds": SOLVED}, {"ds": not_dataset | empty}),
    "subradiance": Target(observables.subradiance, {"ds": SOLVED}, {"ds": not_dataset | empty}),
    "structure_factor": Target(
        observables.structure_factor,
        {"ds": CHAIN, "momenta": [0.0]},
        {"ds": not_dataset | empty, "momenta": bad.not_array | st.none()},
    ),
    "direction_fraction": Target(
        observables.direction_fraction,
        {"ds": CHAIN},
        {"ds": not_dataset | empty, "channel": bad.not_choice},
    ),
}
