"""Single trajectories of the ball form, which the package itself never keeps."""

import numpy as np

from blochball import ChainExchange, CollectiveJump, Ensemble, System, models, twa
from blochball.twa import kernels, schedule
from blochball.twa.engine import GROUPS, Task, initial_groups, start
from blochball.twa.fields import fields_of
from blochball.twa.rows import COLUMNS, LANES, STEPS_PER_WORD


def task_of(system, times, steps, seed=0, form="auto"):
    times = np.asarray(times, float)
    chosen = steps if isinstance(steps, schedule.Schedule) else schedule.uniform(times, steps)
    kept, momenta = np.full(times.size, -1), np.empty(0)
    return Task(system, fields_of(system, form), seed, times, chosen, kept, momenta)


def paths(task, block=0):
    """Return J of every trajectory of a block, shape (times, sites, 3, GROUPS * LANES)."""
    sites, jumps = task.system.sites, len(task.system.jumps)
    found = np.full((task.times.size, sites, 3, GROUPS * LANES), np.nan)
    generator = start(task.system, task.seed, (0, block))
    for g, (state, random) in enumerate(initial_groups(task.system, GROUPS, generator)):
        words = (np.zeros((sites, LANES), np.uint64), np.zeros((jumps, LANES), np.uint64))
        clock = np.full(2, STEPS_PER_WORD)
        noises, field = np.zeros((jumps, 2 * LANES)), np.zeros(2 * LANES)
        work = (np.zeros((sites, 8)), np.zeros((sites, 8)), noises, field)
        plan = task.schedule
        for step, count, output in zip(plan.steps, plan.counts, plan.outputs, strict=True):
            if count:
                kernels.advance(
                    state, random, clock, words, step, count, task.local, tuple(task.fields),
                    task.fields.guided, work,
                )  # fmt: skip
            if output >= 0:
                lanes = slice(g * LANES, (g + 1) * LANES)
                found[output, ..., lanes] = state.reshape(sites, COLUMNS, LANES)[:, :3]
    return found


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
