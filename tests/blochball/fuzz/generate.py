"""Random small Systems: every term of the master equation, rates over decades, special cases."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np

from blochball import ChainExchange, CollectiveJump, Ensemble, SpinCoupling, System
from blochball.terms import AXES, KINDS

DECADES = 3  # rates lie between 10^-DECADES and 10^DECADES


def rate(random: Random, spread: bool) -> float:
    """Nothing, a plain number, or any number of decades."""
    if random.random() < 0.3:
        return 0.0
    if spread:
        return float(10 ** random.uniform(-DECADES, DECADES))
    return random.choice([0.25, 1.0, 2.5, random.uniform(0, 3)])


def amplitude(random: Random) -> complex:
    """A complex number of order one; some are real, equal, small or zero."""
    plain = [1.0, -1.0, 1j, 0.0, 1e-3]
    value = complex(random.gauss(0, 1), random.gauss(0, 1))
    return random.choice([*plain, value, value, value, value])


def angles(random: Random) -> dict[str, float]:
    """A direction; poles, and what is nearly a pole, more often than by chance."""
    polar = random.choice([0.0, np.pi, 1e-7, np.pi - 1e-7, -1.0, *[random.uniform(0, np.pi)] * 4])
    return {"polar": polar, "azimuth": random.uniform(-4, 4)}


def ensemble(random: Random, size: int, spread: bool, polarized: bool) -> Ensemble:
    rates = {kind: rate(random, spread) for kind in KINDS}
    detuning = random.choice([0.0, random.gauss(0, 1)])
    start = {"polar": random.choice([0.0, np.pi])} if polarized else angles(random)
    return Ensemble(size, **rates, detuning=detuning, **start)


def jump(random: Random, sites: int, spread: bool) -> CollectiveJump:
    kind = random.choice(KINDS)
    weights = [amplitude(random) for _ in range(sites)]
    if kind == "dephasing":
        weights = [weight.real for weight in weights]
    return CollectiveJump(rate(random, spread), weights, kind)


def mixed_jump(random: Random, sites: int, spread: bool) -> CollectiveJump:
    """Two or three kinds in one jump."""
    kinds = random.sample(KINDS, random.randint(2, 3))
    weights = {kind: [amplitude(random) for _ in range(sites)] for kind in kinds}
    return CollectiveJump(rate(random, spread), weights)


def coupling(random: Random, sites: int) -> SpinCoupling:
    """Any two axes, within each ensemble or between all of them."""
    axes = random.choice(AXES) + random.choice(AXES)
    if random.random() < 0.3:
        return SpinCoupling(random.gauss(0, 1), axes)
    return SpinCoupling([[random.gauss(0, 1) for _ in range(sites)] for _ in range(sites)], axes)


def start(random: Random, one: Ensemble) -> Ensemble:
    """Return the ensemble in a state that is no coherent spin state, as likely as not."""
    kind = random.choice(["mixed", "dicke", "coherent", "coherent"])
    if kind == "mixed":
        return replace(one, length=random.choice([0.0, 0.5, random.random()]))
    if kind == "dicke":
        spin = one.size / 2 - random.randint(0, one.size // 2)
        return replace(one, dicke=(spin, spin - random.randint(0, round(2 * spin))))
    return replace(one, **angles(random))


def sizes(random: Random, emitters: int, sites: int) -> list[int]:
    """Return emitters an ensemble: `emitters` at most in all, in 1 to `sites` ensembles."""
    found = [random.randint(1, emitters)]
    while len(found) < sites and sum(found) < emitters and random.random() < 0.6:
        found.append(random.randint(1, emitters - sum(found)))
    return found


def system(random: Random, emitters: int = 5, sites: int = 3) -> System:
    """Return a System of `emitters` at most, in up to `sites` ensembles.

    One in five is alike: equal ensembles that nothing tells apart, which some methods want. One in
    three has what only some theories serve: jumps of several kinds, spin couplings, starts of any
    kind.
    """
    spread = random.random() < 0.5
    if random.random() < 0.2:
        return _alike(random, emitters, sites, spread)
    if random.random() < 0.3:
        return unusual(random, emitters, sites, spread)
    counts = sizes(random, emitters, sites)
    many = len(counts)
    polarized = random.random() < 0.3
    half = np.array([[amplitude(random) for _ in counts] for _ in counts])
    exchange = random.choice(
        [None, half + half.conj().T, ChainExchange(random.gauss(0, 1), random.uniform(-4, 4))]
    )
    drive = random.choice([None, [amplitude(random) for _ in counts]])
    return System(
        [ensemble(random, size, spread, polarized) for size in counts],
        [jump(random, many, spread) for _ in range(random.randint(0, 3))],
        exchange,
        drive,
    )


def unusual(random: Random, emitters: int, sites: int, spread: bool) -> System:
    """Return a System with terms and initial states that not every theory serves."""
    counts = sizes(random, emitters, sites)
    many = len(counts)
    polarized = random.random() < 0.3
    plain = [ensemble(random, size, spread, polarized) for size in counts]
    states = random.random() < 0.6
    ensembles = [start(random, one) if states else one for one in plain]
    mixture = []
    if states and random.random() < 0.3:
        mixture = [(random.uniform(0, 1), [start(random, one) for one in plain])]
    makers = [mixed_jump, jump] if random.random() < 0.6 else [jump]
    jumps = [random.choice(makers)(random, many, spread) for _ in range(random.randint(0, 2))]
    couplings = [coupling(random, many) for _ in range(random.randint(0, 2))]
    drive = random.choice([None, None, [amplitude(random) for _ in counts]])
    return System(ensembles, jumps, None, drive, couplings, mixture)


def _alike(random: Random, emitters: int, sites: int, spread: bool) -> System:
    many = random.randint(1, min(sites, emitters))
    one = ensemble(random, random.randint(1, emitters // many), spread, polarized=True)
    jumps = []
    for kind in random.sample(KINDS, random.randint(1, 3)):
        weight = amplitude(random)
        weight = weight.real if kind == "dephasing" else weight
        jumps.append(CollectiveJump(rate(random, spread), [weight] * many, kind))
    exchange = random.choice([None, np.full((many, many), random.gauss(0, 1))])
    return System([one] * many, jumps, exchange)


def times(random: Random, fastest: float, most: float) -> list[float]:
    """Return up to three times, the last at most `most` units of the fastest rate; 0 among them."""
    last = 10 ** random.uniform(-1, np.log10(most)) / max(fastest, 1e-12)
    return random.choice([[last], [0.0, last], [last / 3, last], [0.0, last / 10, last]])


def speed(system: System) -> float:
    """Return the fastest rate of the Bloch vectors, about: what a burst or a Rabi turn goes by."""
    size = system.column("size")
    rates = [*(system.column(kind).max() for kind in KINDS), abs(system.column("detuning")).max()]
    rates += [
        j.rate * (np.abs(weights) ** 2 @ size)
        for j in system.jumps
        for weights in j.amplitudes.values()
    ]
    rates += [(abs(c.matrix(system.sites)) @ size).max() for c in system.couplings]
    rates += [2 * abs(system.drive_vector).max(), (abs(system.exchange_matrix) @ size).max()]
    return float(max(rates))


def selection(random: Random, ds):
    """Return a Dataset of what is left of `ds` after what people do, and the sites and times."""
    site, time = list(range(ds.sizes["site"])), list(range(ds.sizes["time"]))
    some = [random.choice(site) for _ in range(random.randint(1, 3))]
    what = random.choice(["list", "one", "label", "slice", "none"])
    if what == "list":
        ds, site = ds.isel(site=some), some
    elif what == "one":
        ds, site = ds.isel(site=some[0], drop=random.random() < 0.5), some[0]
    elif what == "label":
        ds, site = ds.sel(site=some), some
    elif what == "slice":
        ds, site = ds.isel(site=slice(None, None, -1)), site[::-1]
    if random.random() < 0.5:
        at = random.choice(time)
        ds, time = ds.isel(time=at), at
    return ds, time, site
