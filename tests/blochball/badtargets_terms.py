"""The public interface of couplings, protocols, models and squeezing, beside `badtargets`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from blochball import (
    CollectiveJump,
    Ensemble,
    Protocol,
    Rotation,
    SpinCoupling,
    System,
    cumulants,
    exact,
    models,
    observables,
)
from tests.blochball import badvalues as bad
from tests.blochball.badtargets import (
    CHAIN,
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

TWISTED = System(Ensemble(2, polar=1.0), couplings=SpinCoupling(0.3))
ATOMS = System(Ensemble(2, detuning=1.0))
STEP = Protocol([(0, ATOMS), Rotation(1.0, "x"), (1, ATOMS)])
SECOND = exact.solve(LASER, TIMES, "liouvillian", moments="second")
STATE = exact.liouvillian.states(LASER, [0.0])[0]
without = not_dataset | bare
matrix = bad.not_array_nor_number | bad.complexes.filter(lambda z: z.imag != 0)
one_system = st.sampled_from(
    [
        [],
        [LASER],
        [(0, LASER), (-1, LASER)],
        [(1, LASER)],
        [(0, LASER), (1, ATOMS)],
        [(0, LASER), "pulse"],
        [(0, 1.0)],
        [Rotation(1.0, "x"), (0, LASER)],
        [(0, LASER), Rotation(1.0, "x", [1])],
    ]
)
not_axis = (
    st.none()
    | bad.texts.filter(lambda value: value not in ("x", "y", "z"))
    | bad.things
    | st.sampled_from([[1, 2], [0, 0, 0], [1, 1, float("nan")], 1.0, np.eye(3)])
)
TARGETS = {
    "SpinCoupling": Target(
        SpinCoupling, {"strength": 1.0}, {"strength": matrix, "axes": bad.not_choice}
    ),
    "CollectiveJump, several kinds": Target(
        CollectiveJump,
        {"rate": 1.0, "weights": {"decay": [1], "pump": [0.5]}},
        {
            "weights": st.sampled_from(
                [{}, {"light": [1]}, {"decay": [1], "pump": [1, 2]}, {"decay": "a"}, {1: [1]}]
            )
        },
    ),
    "System, couplings": Target(
        System,
        {"ensembles": [Ensemble(2)] * 2},
        {"couplings": bad.several(SpinCoupling(1.0)) | st.just(SpinCoupling(np.eye(3)))},
    ),
    "Rotation": Target(
        Rotation,
        {"angle": 1.0, "axis": "x"},
        {
            "angle": number,
            "axis": not_axis,
            "sites": st.sampled_from([[-1], [0, 0], [0.5], ["a"], -1, [None]]),
        },
    ),
    "Protocol": Target(
        Protocol,
        {"entries": [(0, LASER)]},
        {"entries": (bad.neither(list) | one_system)},
    ),
    "Protocol.sample": Target(
        Protocol.sample,
        {"function": lambda time: LASER, "times": [0.0, 1.0]},
        {
            "function": bad.neither(type(len)).filter(lambda value: not callable(value)),
            "times": bad.not_times | st.just([1.0, 2.0]),
            "tolerance": rate | st.just(0),
        },
    ),
    "Protocol.from_json": Target(
        Protocol.from_json,
        {"text": STEP.to_json()},
        {
            "text": bad.texts
            | bad.things
            | st.integers(0, len(STEP.to_json()) - 1).map(lambda end: STEP.to_json()[:end])
        },
    ),
    "models.ramsey": Target(
        models.ramsey,
        {"system": ATOMS, "time": 1.0},
        {"system": not_system, "time": rate | st.just(0), "phase": number},
    ),
    "models.spin_echo": Target(
        models.spin_echo,
        {"system": ATOMS, "time": 1.0},
        {"system": not_system, "time": rate | st.just(0), "pulses": count},
    ),
    "models.one_axis_twisting": Target(
        models.one_axis_twisting, {"size": 2}, {"size": count, "strength": number, **local}
    ),
    "models.two_axis_twisting": Target(
        models.two_axis_twisting, {"size": 2}, {"size": count, "strength": number, **local}
    ),
    "models.lipkin_meshkov_glick": Target(
        models.lipkin_meshkov_glick,
        {"size": 2, "field": 1.0},
        {"size": count, "field": number, "along_x": number, "along_y": number, **local},
    ),
    "models.dissipative_ising": Target(
        models.dissipative_ising,
        {"size": 2, "drive": 1.0, "interaction": 1.0},
        {
            "size": count | st.sampled_from([1, 3]),
            "drive": number,
            "interaction": number,
            "detuning": number,
            "decay": rate,
            "sublattices": bad.not_integer(1) | st.just(3),
        },
    ),
    "models.squeezed_superradiance": Target(
        models.squeezed_superradiance,
        {"size": 2, "squeezing": 0.5},
        {"size": count, "squeezing": number, "azimuth": number, "coupling": rate, **local},
    ),
    "Ensemble, tilted": Target(Ensemble, {"size": 2, "length": 0.5}, {"polar": angle}),
    "exact.solve, moments": Target(
        exact.solve,
        {"system": TWISTED, "times": TIMES, "method": "liouvillian"},
        {"moments": bad.not_choice},
    ),
    "exact.steady_state, moments": Target(
        exact.steady_state,
        {"system": LASER, "method": "liouvillian"},
        {
            "moments": bad.not_choice,
            "initial": bad.neither(exact.State).filter(lambda value: value is not None),
        },
    ),
    "cumulants.solve, moments": Target(
        cumulants.solve, {"system": TWISTED, "times": TIMES}, {"moments": bad.not_choice}
    ),
    "observables.duan_criterion": Target(
        observables.duan_criterion, {"ds": CHAIN.sel(time=[0])}, {"ds": without}
    ),
    "observables.quantum_fisher_information": Target(
        observables.quantum_fisher_information,
        {"state": STATE},
        {"state": bad.neither(exact.State), "sites": st.sampled_from([[1], [-1], 0.5, ["a"]])},
    ),
    **{
        f"observables.{name}": Target(getattr(observables, name), {"ds": SECOND}, {"ds": without})
        for name in (
            "wineland_squeezing",
            "kitagawa_ueda_squeezing",
            "squeezing_direction",
            "spin_inequalities",
        )
    },
}
