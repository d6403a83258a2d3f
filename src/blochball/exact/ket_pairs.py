"""Two times by quantum jumps of pairs of kets, where there is coherence or a drive.

At time t a ket |psi> of a trajectory is joined by L |psi>, and from then on the two jump together:
a pair is one ket of the ensembles and of one more emitter that nothing acts on. With
c^2 = <psi| L^+ L |psi> it begins as::

    (|psi> |down> + L |psi> |up> / c) / sqrt(2)

Its density matrix obeys the master equation in each of the four blocks: the off-diagonal one is
exp(tau Liouvillian) (L rho) on average, and that of L |psi> is exp(tau Liouvillian) (L rho L^+)
(K. Molmer, Y. Castin and J. Dalibard, J. Opt. Soc. Am. B 10, 524 (1993); H.-P. Breuer, B. Kappler
and F. Petruccione, Phys. Rev. A 56, 2334 (1997))::

    <L^+(t + tau) L(t)>                     = E[ 2 c   <psi(tau)| L^+ |phi(tau)>   ]
    <L^+(t) L^+(t + tau) L(t + tau) L(t)>   = E[ 2 c^2 <phi(tau)| L^+ L |phi(tau)> ]

with |psi(tau)> and |phi(tau)> the parts of a pair of unit length. No delay has the intensity c^2 as
first order, in each trajectory. Where the total M is definite, that of a pair is, too.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.exact import kets, symmetric
from blochball.exact import sampling as montecarlo
from blochball.exact.ket_kernels import SITE_MOMENTS, Point, trajectory
from blochball.exact.ket_layout import Layout, arrange, collective
from blochball.operators import MasterEquation
from blochball.support.jit import njit
from blochball.support.statistics import Moments
from blochball.system import System

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

BLOCK = 4  # trajectories
JUMPS = 1e12  # of one trajectory


def obstacle(system: System, time: float) -> str | None:
    """Say what is not served or why a pair of kets would be too large, or return None."""
    return kets.obstacle(symmetric.settled(system, time), 2)


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
    system : System
        For which `obstacle` is None.
    weights, delays, time
        As for `exact.two_time`.
    burn_in : float, optional
        Time after which a trajectory counts as stationary, for `time` infinity; by default 40 over
        the slowest of the rates at which the emitters of an ensemble forget their state.
    **options
        Those of `montecarlo.average`.

    Returns
    -------
    Moments
        Of 3 delays + 1 quantities: real and imaginary part of the first order, second order,
        intensity.
    dict
        Attributes of the Dataset.

    Raises
    ------
    ValueError
        For a steady state of what nothing damps, and for times that no trajectory reaches.

    Warns
    -----
    UserWarning
        If the intensity after half of the burn-in differs from that after all of it.
    """
    slowest = _slowest(system)
    if time == np.inf and slowest == 0:
        raise ValueError(f"{owner}: time must be finite for a system without dissipation, got inf")
    if time == np.inf and (restless := _restless(system, weights)):
        raise ValueError(
            f"{owner}: time must be finite for a system in which nothing damps the ensembles "
            f"{restless}, got infinity: they turn for ever"
        )
    protocol = kets.as_protocol(symmetric.settled(system, time))
    default = montecarlo.FORGOTTEN / slowest if slowest > 0 else 0.0
    starts = montecarlo.starts(owner, time, burn_in, default, delays[-1])
    _refuse_endless(owner, system, starts[-1] + 2 * (len(starts) - 1) * delays[-1])
    models = kets.models_of(protocol.pieces[0], kets.follower(protocol))
    lowering = np.zeros((system.sites + 1, 3), dtype=np.complex128)
    lowering[:-1, 0] = weights
    task = _Task(models, _with_one_more(models), lowering, starts, delays)
    ket, spins, total = kets.start_of(protocol)

    def sample(generator: np.random.Generator, out: Floats) -> None:
        alone = Point(ket.copy(), spins.copy(), np.array([total], dtype=np.int64))
        task.sample(alone, generator, out)

    (moments,), about = montecarlo.average(
        sample,
        (3 * delays.size + 2,),
        BLOCK,
        lambda samples: (Moments.of(samples),),
        owner=owner,
        **options,
    )
    about |= montecarlo.origins(starts)
    return montecarlo.settled(owner, moments), {**about, "amplitudes": 2 * ket.size}


def _restless(system: System, weights: Complexes) -> list[int]:
    """Return the ensembles that move while nothing damps them or what they are coupled to.

    Of these only such that the field sees some of.
    """
    # takes longer to import than this package
    from scipy.sparse.csgraph import connected_components

    equation = MasterEquation.of(system)
    coupled = np.abs(equation.quadratic).sum(axis=(1, 3))
    group = connected_components(coupled, directed=False)[1]
    # an ensemble in states of definite J^z is at rest if it is not turned but about z
    moving = np.array([not ensemble.diagonal for ensemble in system.ensembles])
    moving |= equation.linear[:, :2].any(axis=1)
    moving |= (coupled - np.diag(np.diagonal(coupled))).any(axis=1)
    if equation.couplings is not None:
        moving |= equation.couplings[:, :, :, :2].any(axis=(1, 2, 3))
    seen = set(group[weights != 0])
    lasting = set(group[moving]) & seen - set(group[_forgetting(system) > 0])
    return [l for l, g in enumerate(group) if g in lasting]


def _slowest(system: System) -> float:
    """Return the slowest rate at which an ensemble forgets its state, 0 if none does."""
    rates = _forgetting(system)
    return float(rates[rates > 0].min(initial=np.inf)) if rates.any() else 0.0


def _forgetting(system: System) -> Floats:
    """Return the rate at which each ensemble forgets its state."""
    rates = []
    for l, ensemble in enumerate(system.ensembles):
        collective = sum(
            jump.rate * abs(amplitudes[l]) ** 2
            for jump in system.jumps
            for amplitudes in jump.amplitudes.values()
        )
        rates.append(ensemble.decay + ensemble.pump or ensemble.dephasing or collective)
    return np.array(rates)


def _refuse_endless(owner: str, system: System, reach: float) -> None:
    """Refuse what takes a trajectory more jumps than a day has time for."""
    rate = float(sum(e.size * (e.decay + 4 * e.dephasing + e.pump) for e in system.ensembles))
    for jump in system.jumps:
        # no J^q has a norm of more than (N + 1) / 2
        norms = [np.abs(w) @ (system.column("size") + 1) / 2 for w in jump.amplitudes.values()]
        rate += jump.rate * float(sum(norms)) ** 2
    if rate * reach > JUMPS:
        raise ValueError(
            f"{owner}: system, delays and time must be such that a trajectory has at most "
            f"{JUMPS:g} jumps, got up to {rate * reach:.3g}"
        )


def _with_one_more(models: kets.Models) -> kets.Models:
    """Return them with one more emitter at the end, on which nothing acts."""

    def grown(values: NDArray[Any], *axes: int) -> NDArray[Any]:
        return np.pad(values, [(0, int(axis in axes)) for axis in range(values.ndim)])

    model, ramp = models
    more = model._replace(
        sizes=np.append(model.sizes, 1),
        loss=grown(model.loss, 0),
        cross=grown(model.cross, 0, 1),
        rates=grown(model.rates, 0),
        weights=grown(model.weights, 1),
    )
    return more, ramp._replace(
        loss=grown(ramp.loss, 1),
        cross=grown(ramp.cross, 1, 2),
        rates=grown(ramp.rates, 0),
        weights=grown(ramp.weights, 1),
    )


class _Task(NamedTuple):
    """What all trajectories have in common.

    Attributes
    ----------
    alone, both : tuple of Model and Ramp
        Of a ket, and of a pair.
    lowering : ndarray of complex, shape (sites + 1, 3)
        L as `ket_layout.collective` takes it.
    starts : ndarray
        When the intensity is compared, and the origins of the delays.
    delays : ndarray
    """

    alone: kets.Models
    both: kets.Models
    lowering: Complexes
    starts: Floats
    delays: Floats

    def sample(self, alone: Point, generator: np.random.Generator, out: Floats) -> None:
        """Fill out: first order (real, imaginary), second order, intensity now and at starts[0].

        `alone` is a ket at time 0; what the origins give is averaged.
        """
        out[:] = 0
        n, share = len(self.delays), 1 / (len(self.starts) - 1)
        for origin, gap in enumerate(np.diff(self.starts, prepend=0.0)):
            ket, lowered = self._moved(self.alone, alone, gap, generator)
            intensity = float(np.vdot(lowered, lowered).real)
            if origin == 0:
                out[-1] = intensity
                continue
            out[-2] += share * intensity
            if intensity == 0:
                continue
            length = np.sqrt(intensity)
            pair = np.zeros(2 * len(alone.ket), dtype=np.complex128)
            pair[: 2 * len(ket)] = np.stack([ket, lowered / length], axis=1).ravel() / np.sqrt(2)
            joined = Point(pair, np.append(alone.two_j, 1), alone.total - 1)
            for k, gap in enumerate(np.diff(self.delays, prepend=0.0)):
                both, lowered = self._moved(self.both, joined, gap, generator)
                # down and up of the last emitter: L |psi> beside |phi>, and L |phi>
                first = 2 * share * length * np.vdot(lowered[::2], both[1::2])
                out[k] += first.real
                out[n + k] += first.imag
                out[2 * n + k] += 2 * share * intensity * np.vdot(lowered[1::2], lowered[1::2]).real

    def _moved(
        self, models: kets.Models, point: Point, gap: float, generator: np.random.Generator
    ) -> tuple[Complexes, Complexes]:
        """Move a ket by some time; return it and L times it."""
        model = models[0]
        sites = len(model.sizes)
        seen = np.empty((1, SITE_MOMENTS * sites + len(model.change)))
        trajectory(*models, point, np.array([gap]), generator, seen)
        digit = np.empty((sites, len(point.ket)), dtype=np.int64)
        layout = Layout(point.two_j, np.zeros(sites, dtype=np.int64), digit)
        lowered = np.empty_like(point.ket)
        size = _lower(layout, point.total[0], model.follows, self.lowering, point.ket, lowered)
        return point.ket[:size], lowered[:size]


@njit(counted=False)
def _lower(layout, total, follows, lowering, ket, lowered):
    """Set `lowered` to L times a ket; return its size."""
    size = arrange(layout, total, follows)
    collective(layout, lowering, ket[:size], lowered[:size])
    return size
