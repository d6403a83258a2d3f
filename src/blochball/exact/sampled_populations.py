"""Monte Carlo of the populations: one (J, M) per trajectory, jump by jump.

The same rates as in `blochball.exact.populations`, for emitters by the ten thousand (D. T.
Gillespie, J. Phys. Chem. 81, 2340 (1977); for superradiance with local jumps see Zhang, Zhang &
Molmer, New J. Phys. 20, 112001 (2018)).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball.dataset import assemble
from blochball.exact import dicke, symmetric
from blochball.exact import sampling as montecarlo
from blochball.exact.symmetric import obstacle
from blochball.moments import MOMENTS
from blochball.support import validation
from blochball.support.jit import njit
from blochball.support.statistics import Moments
from blochball.system import System

BLOCK = 32  # trajectories
JUMPS = 1e12  # of one trajectory: a day

__all__ = ["obstacle", "solve"]


def solve(system: System, times: NDArray[np.float64], **options: Any) -> xr.Dataset:
    """Average over jump trajectories; options are those of `montecarlo.average`."""
    if not system.polarized:
        # p(J, M) at time 0, and its sums
        validation.memory("exact.solve", "size (of the ensembles)", float(system.emitters) ** 2)
    one = symmetric.reduce(system)
    jumps = one.size * (
        (one.polarization >= 0) + (one.decay + one.dephasing + one.pump) * times[-1]
    )
    if jumps > JUMPS:
        raise ValueError(
            "exact.solve: size (of the ensembles) and times must be such that a trajectory has at "
            f"most {JUMPS:g} jumps, got about {jumps:.3g}"
        )
    rates = np.array(
        [one.decay, one.dephasing, one.pump, one.collective_decay, one.collective_pump]
    )

    chances = None if one.start is None else one.start.cumsum()

    def trajectory(generator: np.random.Generator, out: NDArray[np.float64]) -> None:
        row, column = 0, one.size if one.polarization > 0 else 0
        if chances is not None:
            # a number in [0, 1) times the sum, which rounding leaves near 1
            drawn = np.searchsorted(chances, generator.random() * chances[-1], side="right")
            row, column = divmod(int(drawn), one.size + 1)
        start = (one.size / 2 - row, column - one.size / 2)
        _trajectory(one.size, start, rates, times, generator, out)

    (moments,), about = montecarlo.average(
        trajectory,
        (times.size, 3),
        BLOCK,
        lambda samples: (Moments.of(samples),),
        spread=lambda found: float(found[0].stderr[:, 0].max() / one.size),
        **options,
    )
    means = _observables(system, *np.moveaxis(moments.mean, -1, 0))
    site, output = _linear(system)
    return assemble(
        system,
        times,
        means,
        covariance=np.repeat((site @ moments.covariance @ site.T)[:, None], system.sites, axis=1),
        output_covariance=output @ moments.covariance @ output.T,
        **about,
    )


def _observables(
    system: System,
    m: NDArray[np.float64],
    m_squared: NDArray[np.float64],
    spin_squared: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    flips = spin_squared - m_squared
    return symmetric.observables(system, m + system.emitters / 2, m_squared, flips + m, flips - m)


def _linear(system: System) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Matrices that take deviations of (M, M^2, J(J+1)) to those of MOMENTS and of the outputs."""
    base = np.vstack([np.zeros(3), np.eye(3)])
    found = _observables(system, *base.T)
    site = np.stack([found[name][1:, 0] - found[name][0, 0] for name in MOMENTS])
    return site, (found["output"][1:] - found["output"][0]).T


_branching = njit()(dicke.branching)
_amplitude_squared = njit()(dicke.amplitude_squared)
_ladder_squared = njit()(dicke.ladder_squared)


@njit()
def _trajectory(size, start, rates, times, generator, out):
    """Fill out[t] with M, M^2 and J(J+1) at the given times, from J and M at time 0."""
    spin, m = start
    weight = np.empty(3)
    channel = np.empty(10)
    now = 0.0
    k = 0
    while k < times.size:
        for j in range(3):
            weight[j] = _branching(j - 1, size, spin)
        total = 0.0
        # cumulated rates; dephasing with j = 0 changes nothing and is not a jump here
        for q in range(-1, 2):
            local = rates[q + 1]
            for j in range(-1, 2):
                if local > 0 and not (q == 0 and j == 0):
                    total += local * weight[j + 1] * _amplitude_squared(q, j, spin, m)
                channel[3 * (q + 1) + j + 1] = total
        total += rates[3] * _ladder_squared(-1, spin, m)
        channel[9] = total
        total += rates[4] * _ladder_squared(1, spin, m)
        wait = generator.standard_exponential() / total if total > 0 else np.inf
        while k < times.size and times[k] < now + wait:
            out[k, 0] = m
            out[k, 1] = m * m
            out[k, 2] = spin * (spin + 1)
            k += 1
        now += wait
        pick = generator.random() * total
        if pick >= channel[9]:
            m += 1
        elif pick >= channel[8]:
            m -= 1
        else:
            c = 0
            while channel[c] <= pick:
                c += 1
            m += c // 3 - 1
            spin += c % 3 - 1
