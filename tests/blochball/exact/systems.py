"""Small Systems for the tests of the exact solvers: each term alone, and random mixtures of all."""

import numpy as np
from hypothesis import strategies as st

from blochball import CollectiveJump, Ensemble, SpinCoupling, System

TILTED = {"polar": 1.1, "azimuth": 0.4}


def one(size=3, jumps=(), exchange=None, drive=None, couplings=(), **fields):
    return System(Ensemble(size, **{**TILTED, **fields}), jumps, exchange, drive, couplings)


# every rate and every term of the master equation by itself
SINGLE_TERMS = {
    "decay": one(decay=0.7),
    "dephasing": one(dephasing=0.4),
    "pump": one(pump=0.9),
    "detuning": one(detuning=-1.3),
    "drive": one(drive=[0.6 - 0.8j]),
    "exchange": one(exchange=[[0.5]]),
    "spin coupling": one(couplings=SpinCoupling(0.6)),
    "collective decay": one(jumps=CollectiveJump(0.8, [1 - 0.5j])),
    "collective dephasing": one(jumps=CollectiveJump(0.8, [0.7], "dephasing")),
    "collective pump": one(jumps=CollectiveJump(0.8, [0.3j], "pump")),
    "collective mixed": one(
        jumps=CollectiveJump(
            0.8, {"decay": [0.8 - 0.3j], "pump": [0.2j], "dephasing": [0.4j - 0.3]}
        )
    ),
}

rates = st.sampled_from([0.0, 0.25, 1.0, 2.5])
angles = st.floats(0.0, 3.0)
amplitudes = st.complex_numbers(max_magnitude=1.5)


@st.composite
def ensembles(draw, size, polarized=False):
    polar = draw(st.sampled_from([0.0, np.pi])) if polarized else draw(angles)
    rest = {name: draw(rates) for name in ("decay", "dephasing", "pump")}
    return Ensemble(
        size, **rest, detuning=draw(st.floats(-1, 1)), polar=polar, azimuth=draw(angles)
    )


@st.composite
def systems(draw, emitters=4, sites=3, polarized=False, driven=True):
    """Up to `sites` ensembles with at most `emitters` emitters together, and all kinds of terms."""
    sizes = [draw(st.integers(1, emitters))]
    while len(sizes) < sites and sum(sizes) < emitters and draw(st.booleans()):
        sizes.append(draw(st.integers(1, emitters - sum(sizes))))
    count = len(sizes)
    jumps = []
    for kind in draw(st.lists(st.sampled_from(["decay", "dephasing", "pump"]), max_size=3)):
        weights = draw(st.lists(amplitudes, min_size=count, max_size=count))
        weights = np.real(weights) if kind == "dephasing" else weights
        jumps.append(CollectiveJump(draw(rates), weights, kind))
    if driven and draw(st.booleans()):
        mixed = draw(st.lists(amplitudes, min_size=3 * count, max_size=3 * count))
        parts = np.reshape(mixed, (3, count))
        weights = dict(zip(("decay", "dephasing", "pump"), parts, strict=True))
        jumps.append(CollectiveJump(draw(rates), weights))
    half = np.array(draw(st.lists(amplitudes, min_size=count**2, max_size=count**2)))
    half = half.reshape(count, count)
    drive = draw(st.lists(amplitudes, min_size=count, max_size=count)) if driven else None
    # without a drive, couplings keep U(1)
    axes = [a + b for a in "xyz" for b in "xyz"] if driven else ["zz"]
    couplings = []
    for pair in draw(st.lists(st.sampled_from(axes), max_size=2)):
        strengths = draw(st.lists(st.floats(-1, 1), min_size=count**2, max_size=count**2))
        couplings.append(SpinCoupling(np.reshape(strengths, (count, count)), pair))
    return System(
        [draw(ensembles(size, polarized)) for size in sizes],
        jumps,
        half + half.conj().T if draw(st.booleans()) else None,
        drive if draw(st.booleans()) else None,
        couplings,
    )


# rates of a single ensemble; sums of few powers of two are exact in PIQS, too
MIXED = {
    "laser": {"pump": 0.5, "collective decay": 1.0},
    "all local": {"decay": 0.25, "dephasing": 0.125, "pump": 0.5},
    "all": {
        "decay": 0.25, "dephasing": 0.125, "pump": 0.5,
        "collective decay": 1.0, "collective dephasing": 0.75, "collective pump": 0.375,
    },
}  # fmt: skip


def single(size, polar, rates):
    local = {name: rate for name, rate in rates.items() if " " not in name}
    jumps = [
        CollectiveJump(rate, [1], name.removeprefix("collective "))
        for name, rate in rates.items()
        if " " in name
    ]
    return System(Ensemble(size, polar=polar, **local), jumps)
