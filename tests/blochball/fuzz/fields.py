"""Two times, spectra and modes against the 2^n program."""

from __future__ import annotations

from random import Random

import numpy as np

from blochball import exact, twa
from tests.blochball.fuzz import generate
from tests.blochball.fuzz.judge import Judge
from tests.blochball.fuzz.trial import EXACT, NotApplicable, Wrong, compare_sampled, times_of
from tests.blochball.fuzz.truncated import SILENT

NAMES = ("first_order", "second_order", "intensity")


def _asked(judge: Judge, random: Random, most: float):
    """Return delays, a time and weights."""
    delays, (time, *_) = times_of(judge, random, most), times_of(judge, random, most)
    return delays, time, [generate.amplitude(random) for _ in judge.members]


def two_time(judge: Judge, random: Random) -> None:
    delays, time, weights = _asked(judge, random, 100)
    ds = exact.two_time(judge.system, delays, time, weights)
    expected = zip(NAMES, judge.two_time(delays, time, weights), strict=True)
    size = (sum(map(abs, weights)) * judge.emitters) ** 2
    for name, value in expected:
        off = np.abs(ds[name].values - value).max() / max(size**2 if name[0] == "s" else size, 1)
        if not off <= EXACT:
            raise Wrong(f"{name} of {weights} off by {off:.3g}")


def kets(judge: Judge, random: Random) -> None:
    """Exact two times by sampling."""

    def solve(delays, time, weights, **options):
        return exact.two_time(judge.system, delays, time, weights, "jumps", threads=1, **options)

    _sampled(solve, judge, _asked(judge, random, 30), 200, bias=0)


def ball(judge: Judge, random: Random) -> None:
    def solve(delays, time, weights, **options):
        return twa.two_time(judge.system, delays, time, weights, threads=1, **options)

    _sampled(solve, judge, _asked(judge, random, 10), 1024, bias=SILENT)


def _sampled(solve, judge: Judge, asked, trajectories: int, bias: float) -> None:
    delays, time, weights = asked
    half = judge.emitters / 2
    most = half * (half + 1) * sum(map(abs, weights)) ** 2
    expected = dict(zip(NAMES, judge.two_time(delays, time, weights), strict=True))
    sizes = {"first_order": most, "second_order": most**2, "intensity": most}
    compare_sampled(lambda **options: solve(*asked, **options), expected, sizes, trajectories, bias)


def spectrum(judge: Judge, random: Random) -> None:
    if not judge.dense:
        raise NotApplicable("too many emitters for the judge")
    frequencies = [0.0, *(judge.fastest * random.uniform(-1, 1) ** 3 for _ in range(4))]
    weights = [generate.amplitude(random) for _ in judge.members]
    found = exact.spectrum(judge.system, frequencies, weights).values
    if judge.limit() is None:
        raise Wrong("a spectrum of a steady state that does not exist")
    right = judge.spectrum_of_light(frequencies, weights)
    off = np.abs(found - right).max()
    size = (sum(map(abs, weights)) * judge.emitters) ** 2 / judge.fastest
    if not off <= 1e-6 * max(np.abs(right).max(), size):
        raise Wrong(f"spectrum of {weights} at {frequencies}: {found}, right is {right}")


def modes(judge: Judge, random: Random) -> None:
    """Every eigenvalue is one of the generator; of lone emitters, the nearest to zero are."""
    if not judge.dense:
        raise NotApplicable("too many emitters for the judge")
    count = random.randint(1, 4)
    found = exact.spectrum_of_liouvillian(judge.system, count, coherence=judge.emitters).values
    every = judge.spectrum[0]
    # where vectors of equal eigenvalues coincide, rounding splits them by its square or cube root
    allowed = 1e-5 * judge.fastest
    off = np.abs(found[:, None] - every).min(axis=1).max()
    alone = judge.emitters == judge.system.sites
    nearest = np.sort(np.abs(every))[: len(found)]
    if alone and len(found):
        # those of order -k are not listed: each distance occurs no more often than it should
        off = max(off, (nearest - np.sort(np.abs(found))).max())
    if not off <= allowed:
        raise Wrong(f"modes {found}, right is {every[np.argsort(np.abs(every))][:8]}")
