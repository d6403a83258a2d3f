"""Monte Carlo of two times for emitters that are all alike, thousands of them.

Without drive L rho has elements |J, M-1><J, M| only, and the master equation between these is, but
for a loss, that of a classical jump process (J, M) -> (J+j, M+q): its rates are the geometric means
of the rates of the populations at M and at M-1, and the loss, the mean of the two losses less the
sum of those rates, is a weight exp(-int k dt), never negative. Dephasing that leaves J and M alone
has a product of amplitudes that can be negative; it changes nothing and is a part of k::

    <J^+(tau) J^-(0)>                   = E[ sqrt(e(J_0, M_0) e(J_tau, M_tau)) exp(-int k dt) ]
    <J^+(0) J^+(tau) J^-(tau) J^-(0)>   = E[ e(J_0, M_0) e(J_tau, M_tau) ],   e = (J+M)(J-M+1)

with (J_0, M_0) of the state at time t; in the second line the populations go on from
(J_0, M_0 - 1). J^z is definite, so that H = detuning J^z + h J^+ J^- turns each path by a phase,
exp(i detuning tau - i h int (2 M - 2) dt).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from blochball import operators
from blochball.exact import dicke, symmetric
from blochball.exact import sampling as montecarlo
from blochball.exact.symmetric import Symmetric
from blochball.support import validation
from blochball.support.jit import njit
from blochball.support.statistics import Moments
from blochball.system import System

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

SERVED = {*operators.LOCAL, "detuning", "exchange", *operators.COLLECTIVE}
BLOCK = 4  # trajectories; one of many emitters takes seconds
JUMPS = 1e12  # of one trajectory: a day
ORIGINS = 16  # of one trajectory at most
CHANCE = 1e-6  # that the halves of a burn-in that is long enough are said to differ


def obstacle(system: System, weights: Complexes, time: float) -> str | None:
    """Say why the System or the field is not of this class, or return None."""
    if np.ptp(weights.real) > 1e-12 or np.ptp(weights.imag) > 1e-12:
        return "the weights differ between ensembles"
    unknown = sorted(set(operators.terms_of(system)) - SERVED)
    if unknown:
        return f"the term {unknown[0]!r} of the system is not served by the sampling of coherences"
    settled = _settled(system, time)
    if not settled.polarized:
        return "the initial state is neither fully inverted nor the ground state"
    return symmetric.obstacle(settled)


def two_time(
    owner: str,
    system: System,
    weights: Complexes,
    delays: Floats,
    time: float,
    *,
    burn_in: float | None = None,
    **options: Any,
) -> tuple[Moments, dict[str, Any]]:
    """Average over trajectories.

    Parameters
    ----------
    owner : str
        Who asks, for messages.
    system, weights
        For which `obstacle` is None.
    delays, time
        As for `exact.two_time`.
    burn_in : float, optional
        Time after which a trajectory counts as stationary, for `time` infinity; by default 40 over
        the local rate at which an emitter forgets its state.
    **options
        Those of `montecarlo.average`.

    Returns
    -------
    Moments
        Of 3 delays + 1 quantities: real and imaginary part of the first order, second order,
        intensity.
    dict
        Attributes of the Dataset.

    Warns
    -----
    UserWarning
        If the emission after half of the burn-in differs from that after all of it.
    """
    model = _Model.of(_settled(system, time))
    one = model.one
    if time == np.inf:
        default = 40 / model.slowest if model.slowest > 0 else 0.0
        burn_in = validation.real(owner, "burn_in", default if burn_in is None else burn_in, 0)
        # as long as the burn-in takes more time than the delays, a trajectory serves for several
        origins = int(np.clip(burn_in / max(delays[-1], 1e-300), 1, ORIGINS))
        starts = burn_in * np.r_[0.5, 1 + np.arange(origins) / ORIGINS]
    else:
        if burn_in is not None:
            raise ValueError(f"{owner}: burn_in must be None for a finite time, got {burn_in!r}")
        starts = np.array([time, time])
    reach = starts[-1] + 2 * (len(starts) - 1) * delays[-1]
    jumps = 2 * one.size * (1 + (one.decay + 4 * one.dephasing + one.pump) * reach)
    if jumps > JUMPS:
        raise ValueError(
            f"{owner}: system, delays and time must be such that a trajectory has at most "
            f"{JUMPS:g} jumps, got about {jumps:.3g}"
        )
    start = (one.size / 2, one.polarization * one.size / 2)

    def trajectory(generator: np.random.Generator, out: Floats) -> None:
        _trajectory(one.size, model.rates, start, starts, delays, generator, out)

    (moments,), about = montecarlo.average(
        trajectory,
        (3 * len(delays) + 2,),
        BLOCK,
        lambda samples: (Moments.of(model.dressed(samples, weights[0], delays)),),
        owner=owner,
        **options,
    )
    _check_halves(owner, moments)
    kept = Moments(moments.count, moments.mean[:-1], moments.comoment[:-1, :-1])
    origins = len(starts) - 1
    return kept, {**about, "burn_in": float(starts[1]), "origins": origins}


def _check_halves(owner: str, moments: Moments) -> None:
    late, early = moments.mean[-2:]
    covariance = moments.covariance[-2:, -2:]
    error = np.sqrt(max(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1], 0))
    if abs(late - early) > -stdtrit(moments.count - 1, CHANCE / 2) * error:
        validation.warn(
            f"{owner}: the intensity is {late:.6g} after the burn-in and {early:.6g} after half of "
            f"it, with a standard error of {error:.2g}: it is not yet stationary; a longer burn_in "
            "is needed"
        )


def _settled(system: System, time: float) -> System:
    """Return a System that starts in the ground state where that does not matter."""
    if time < np.inf or not all(e.decay or e.pump for e in system.ensembles):
        return system
    ensembles = [
        replace(e, polar=np.pi, azimuth=0.0, length=1.0, dicke=None) for e in system.ensembles
    ]
    return System(ensembles, system.jumps, system.exchange, system.drive)


@dataclass(frozen=True)
class _Model:
    """The one ensemble that a System amounts to, and what acts on its coherences besides jumps.

    Attributes
    ----------
    one : Symmetric
    rates : array
        Decay, dephasing, pump, collective decay, collective pump; and the exchange.
    dephasing, detuning : float
        Loss and phase of a coherence by unit time, wherever it is.
    """

    one: Symmetric
    rates: Floats
    dephasing: float
    detuning: float

    @classmethod
    def of(cls, system: System) -> _Model:
        one = symmetric.reduce(system)
        collective = np.diagonal(operators.MasterEquation.of(system).kossakowski_at(0)).real
        dephasing = float(collective[operators.LOCAL.index("dephasing")]) / 2
        exchange = system.exchange_matrix[0, 0].real
        rates = [one.decay, one.dephasing, one.pump, one.collective_decay, one.collective_pump]
        return cls(one, np.array([*rates, exchange]), dephasing, system.ensembles[0].detuning)

    @property
    def slowest(self) -> float:
        """Rate at which populations relax: that of what acts locally, if anything does."""
        one = self.one
        collective = one.collective_decay + one.collective_pump
        return float(one.decay + one.pump or one.dephasing or collective)

    def dressed(self, samples: Floats, weight: complex, delays: Floats) -> Floats:
        """Return samples of L = weight J^- with what acts on all paths alike."""
        scale, n = abs(weight) ** 2, len(delays)
        found = scale * samples
        found[:, 2 * n : 3 * n] *= scale
        first = found[:, :n] + 1j * found[:, n : 2 * n]
        first *= np.exp((1j * self.detuning - self.dephasing) * delays)
        found[:, : 2 * n] = np.concatenate([first.real, first.imag], axis=1)
        return found


_branching = njit()(dicke.branching)
_amplitude_squared = njit()(dicke.amplitude_squared)
_ladder_squared = njit()(dicke.ladder_squared)
_local_loss = njit()(dicke.local_loss)


@njit()
def _trajectory(size, rates, start, starts, delays, generator, out):
    """Fill out with first order (real, imaginary), second order, intensity now and at starts[0].

    The origins are the other times in `starts`; what they give is averaged.
    """
    out[:] = 0
    n = delays.size
    places = np.empty((starts.size, 4))
    path = np.empty((n, 4))
    _walk(size, rates, start, 0, starts, generator, places)
    out[3 * n + 1] = _ladder_squared(-1, places[0, 0], places[0, 1])
    share = 1 / (starts.size - 1)
    for origin in range(1, starts.size):
        spin, m = places[origin, 0], places[origin, 1]
        emission = _ladder_squared(-1, spin, m)
        out[3 * n] += share * emission
        if emission == 0:
            continue
        _walk(size, rates, (spin, m), 1, delays, generator, path)
        for k in range(n):
            later = _ladder_squared(-1, path[k, 0], path[k, 1])
            value = share * np.sqrt(emission * later) * np.exp(-path[k, 2])
            turned = -rates[5] * 2 * (path[k, 3] - delays[k])
            out[k] += value * np.cos(turned)
            out[n + k] += value * np.sin(turned)
        _walk(size, rates, (spin, m - 1), 0, delays, generator, path)
        for k in range(n):
            out[2 * n + k] += share * emission * _ladder_squared(-1, path[k, 0], path[k, 1])


@njit()
def _walk(size, rates, start, apart, times, generator, out):
    """Fill out[t] with J, M, int k dt and int M dt of |J, M - apart><J, M|, apart = 0 or 1."""
    spin, m = start
    channel = np.empty(10)
    branch = np.empty(3)
    now, lost, integral = 0.0, 0.0, 0.0
    k = 0
    while k < times.size:
        other = m - apart
        for j in range(3):
            branch[j] = _branching(j - 1, size, spin)
        total, loss = 0.0, 0.0
        # cumulated rates; dephasing with j = 0 changes nothing and is not a jump
        for q in range(-1, 2):
            local = rates[q + 1]
            if local > 0:
                loss += local * (_local_loss(q, size, m) + _local_loss(q, size, other)) / 2
            for j in range(-1, 2):
                if local > 0:
                    if q == 0 and j == 0:
                        loss -= local * branch[1] * 4 * m * other
                    else:
                        rate = _amplitude_squared(q, j, spin, m)
                        if apart:
                            rate = np.sqrt(rate * _amplitude_squared(q, j, spin, other))
                        total += local * branch[j + 1] * rate
                channel[3 * (q + 1) + j + 1] = total
        for q in (-1, 1):
            # channel 9 ends the collective decay
            collective = rates[3 if q < 0 else 4]
            if collective > 0:
                here, there = _ladder_squared(q, spin, m), _ladder_squared(q, spin, other)
                loss += collective * (here + there) / 2
                total += collective * (np.sqrt(here * there) if apart else here)
            if q < 0:
                channel[9] = total
        # for populations the two are equal, but for rounding
        weight = loss - total if apart else 0.0
        wait = generator.standard_exponential() / total if total > 0 else np.inf
        while k < times.size and times[k] < now + wait:
            lag = times[k] - now
            out[k, 0] = spin
            out[k, 1] = m
            out[k, 2] = lost + weight * lag
            out[k, 3] = integral + m * lag
            k += 1
        now += wait
        lost += weight * wait
        integral += m * wait
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
