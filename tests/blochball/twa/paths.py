"""Systems, and what becomes of their trajectories in the ball form."""

import numpy as np

from blochball import (
    ChainExchange,
    CollectiveJump,
    Ensemble,
    Protocol,
    Rotation,
    SpinCoupling,
    System,
    models,
    twa,
)
from blochball.twa import driver
from blochball.twa.observers.paths import observer


def plan_of(system, times, steps, seed=0, structure="auto", trajectories=1):
    return twa.plan(system, times, trajectories, seed, steps=steps, structure=structure)


def block_of(plan, observer, step=None, block=0, trajectories=None):
    """Return what is merged of one block, by default of all of its trajectories."""
    stop = np.zeros(1, bool)
    count = observer.block if trajectories is None else trajectories
    stages = plan.staged(step) if step else plan.stages
    return driver.run_block("test", plan, stages, observer, stop, block, count)


def paths(plan, block=0):
    """Return J of every trajectory of a block, shape (times, sites, 3, lanes)."""
    return block_of(plan, observer(plan), block=block)[0].vectors


def everything(sites=3, seed=0, noise=1.0):
    """A System in which every term of the fields has a part to play."""
    rng = np.random.default_rng(seed)

    def numbers(*shape):
        return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)

    half = numbers(sites, sites)
    ensembles = [
        Ensemble(
            int(rng.integers(20, 40)),
            *rng.random(3),
            detuning=rng.standard_normal(),
            polar=rng.uniform(0.5, 2.5),
            azimuth=rng.uniform(0, 6),
        )
        for _ in range(sites)
    ]
    jumps = [
        CollectiveJump(noise * 0.05, numbers(sites), "decay"),
        CollectiveJump(noise * 0.04, numbers(sites), "pump"),
        CollectiveJump(noise * 0.3, rng.standard_normal(sites), "dephasing"),
        CollectiveJump(noise * 0.03, numbers(sites), "decay"),
        CollectiveJump(noise * 0.2, rng.standard_normal(sites), "dephasing"),
    ]
    return System(ensembles, jumps, 0.05 * (half + half.conj().T), numbers(sites))


def chain(sites=4, **changes):
    """A waveguide, or what is left of it after some changes."""
    guide = models.waveguide_chain(sites, 30, 0.7, 2.0, coupling=0.4, drive=0.5, polar=1.0)
    parts = {
        "ensembles": guide.ensembles,
        "jumps": guide.jumps,
        "exchange": guide.exchange,
        "drive": guide.drive,
    }
    return System(**{**parts, **changes})


SMALL = {
    "lone ensemble": models.superradiant_laser(20, 5.0),
    "lone ensemble, driven": models.boundary_time_crystal(20, 3.0, 2.0, decay=0.3, dephasing=0.1),
    "waveguide": chain(3),
    "exchange of a chain alone": chain(3, jumps=()),
    "other phase": chain(3, exchange=ChainExchange(0.2, -0.3)),
    "everything": everything(2),
}


def ramp(one, other):
    """A Protocol along a straight line, with a pulse on the way."""
    return Protocol([(0, one), (0.03, one), Rotation(0.4, "y", [0]), (0.08, other)])


def twisted(size=20, strength=1.0):
    return System(Ensemble(size, decay=0.2, polar=1.0), couplings=SpinCoupling(strength))


SMALL |= {
    "ramp of a pump": ramp(models.superradiant_laser(20, 5.0), models.superradiant_laser(20, 9.0)),
    "ramp of a coupling": ramp(twisted(), twisted(strength=3.0)),
}


def small_runs():
    """Every line of the kernels in a few numbers; cheap enough for plain Python."""
    found = {}
    for name, system in SMALL.items():
        ds = twa.solve(
            system, [0.0, 0.05, 0.1], trajectories=40, seed=3, steps=9, threads=1,
            correlations=[0.05], momenta=[0.0, 0.9],
        )  # fmt: skip
        variables = sorted(map(str, ds.data_vars))
        found[name] = {v: np.abs(ds[v].values).ravel().tolist() for v in variables}
    return found
