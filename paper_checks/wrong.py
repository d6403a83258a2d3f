"""TWA with wrong physics, in plain NumPy: what a claim must not pass.

One small solver of the Bloch-ball equations of any System, with switches: no Wigner cloud, no
noise, the wrong sign in front of i sqrt(r) L*, dephasing off by a factor of two, N and 2N swapped.
With everything as it should be it agrees with the exact solution (``test_wrong.py``), so that what
breaks a claim is the physics and not the program.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball import System
from blochball.dataset import assemble
from blochball.moments import MOMENTS, symbols

Array = NDArray[np.float64]

STEP = 0.2  # the largest angle by which a spin turns in a step, in radians; of many, twice that
MANY = 20
TILT = 2.0  # in units of 1/sqrt(N): of the mean-field start, as large as the fluctuations
SHORT = 2.0  # a spin is short below this length


@dataclass(frozen=True)
class Physics:
    """What is done right and what is not.

    Parameters
    ----------
    cloud : bool
        Whether the initial state fluctuates.
    collective_noise, local_noise : bool
        Whether the jumps make noise.
    sign : int
        In front of i sqrt(r) L* in Eq. (6); -1 is wrong.
    dephasing : float
        Factor of the local dephasing rates.
    size : float
        Factor of the numbers of emitters.
    tilt : float
        Angle between the start and where it should be, in units of 1/sqrt(N).
    """

    cloud: bool = True
    collective_noise: bool = True
    local_noise: bool = True
    sign: int = 1
    dephasing: float = 1.0
    size: float = 1.0
    tilt: float = 0.0


WRONG = {
    # where nothing fluctuates the tilt makes anything happen at all
    "mean field": Physics(False, False, False, tilt=TILT),
    "no Wigner cloud": Physics(cloud=False),
    "no collective noise": Physics(collective_noise=False),
    "no local noise": Physics(local_noise=False),
    "wrong sign of i√r L*": Physics(sign=-1),
    "half of the dephasing": Physics(dephasing=0.5),
    "2N in the place of N": Physics(size=2),
}


class Ball:
    """Bloch vectors of a System, shape (sites, trajectories), and how they move.

    Parameters
    ----------
    system : System
    physics : Physics
    trajectories, seed : int
    """

    def __init__(self, system: System, physics: Physics, trajectories: int, seed: int) -> None:
        self.system, self.physics, self.seed, self.steps = system, physics, seed, 0
        self.random = np.random.default_rng(seed)
        self.size = physics.size * system.column("size")[:, None]
        rates = {kind: system.column(kind)[:, None] for kind in ("decay", "dephasing", "pump")}
        self.decay, self.pump = rates["decay"], rates["pump"]
        self.dephasing = physics.dephasing * rates["dephasing"]
        self.weights = [np.array(jump.weights)[:, None] for jump in system.jumps]
        self.exchange = system.exchange_matrix if system.exchange is not None else None
        if self.exchange is not None and not np.abs(self.exchange).max() > 0:
            self.exchange = None
        self.vectors = self._start(trajectories)

    def _start(self, trajectories: int) -> Array:
        """Draw the initial cloud: transverse components of variance N/4, |J|^2 = N/2 (N/2 + 1)."""
        length = np.sqrt(self.size / 2 * (self.size / 2 + 1))
        across = self.random.standard_normal((2, self.system.sites, trajectories))
        across *= np.sqrt(self.size / 4) * self.physics.cloud
        along = np.sqrt(np.maximum(length**2 - (across**2).sum(axis=0), 0))
        polar, azimuth = (self.system.column(name)[:, None] for name in ("polar", "azimuth"))
        polar = polar + self.physics.tilt / np.sqrt(self.size)
        x = np.cos(polar) * across[0] + np.sin(polar) * along
        z = np.cos(polar) * along - np.sin(polar) * across[0]
        y = across[1]
        cos, sin = np.cos(azimuth), np.sin(azimuth)
        return np.stack([cos * x - sin * y, sin * x + cos * y, z])

    # -- motion ------------------------------------------------------------------------------------

    def advance(self, duration: float) -> None:
        """Advance by a time, in steps as short as the motion asks for."""
        left = duration
        while left > 0:
            # equal steps to the end, if the rest of the motion is as fast as it is now
            angle = STEP if self.system.sites < MANY else 2 * STEP
            step = left / np.ceil(left * self._speed() / angle)
            self._local(step / 2)
            self._turn(step)
            self._local(step / 2)
            self.steps += 1
            left = left - step if left > 1.5 * step else 0.0

    def _speed(self) -> float:
        """Return the fastest rate: of rotation, of gain, and of local processes."""
        x, y, z = self.vectors
        plane, along = self._fields(x + 1j * y, z, None)
        turning = np.sqrt((np.abs(plane) ** 2 + along**2).mean(axis=-1).max())
        gain = max(
            (jump.rate * float((np.abs(w) ** 2 * np.abs(z)).sum(axis=0).mean())
             for jump, w in zip(self.system.jumps, self.weights, strict=True)),
            default=0.0,
        )  # fmt: skip
        noise = sum(jump.rate for jump in self.system.jumps) / STEP
        local = float((self.decay + self.pump + 2 * self.dephasing).max())
        return max(turning, gain, noise, local, 1e-12)

    def _fields(
        self, plus: NDArray[np.complex128], z: Array, noises: list[Array] | None
    ) -> tuple[NDArray[np.complex128], Array]:
        """Return omega_x + i omega_y and omega_z of every spin; see docs/derivation.md.

        `noises` holds the white noise of every jump during the step, or None for the drift alone.
        """
        sites, trajectories = plus.shape
        plane = np.zeros((sites, trajectories), complex)
        along = np.zeros((sites, trajectories)) + self.system.column("detuning")[:, None]
        sign = self.physics.sign
        for k, (jump, w) in enumerate(zip(self.system.jumps, self.weights, strict=True)):
            eta = 0.0 if noises is None else np.sqrt(jump.rate) * noises[k]
            if jump.kind == "dephasing":
                along += w.real * np.real(eta)
            elif jump.kind == "decay":
                field = (np.conj(w) * plus).sum(axis=0)
                plane += w * (eta + 1j * sign * jump.rate * field)
            else:
                field = (np.conj(w) * np.conj(plus)).sum(axis=0)
                plane += np.conj(w * (eta + 1j * sign * jump.rate * field))
        if self.exchange is not None:
            plane += 2 * np.conj(self.exchange @ np.conj(plus))
            along += np.real(np.diag(self.exchange))[:, None]
        plane += 2 * np.conj(self.system.drive_vector)[:, None]
        return plane, along

    def _turn(self, step: float) -> None:
        """Turn all spins for a step, by the mid-point rule; |J| does not change."""
        count = self.vectors.shape[-1]
        scale = self.physics.collective_noise / np.sqrt(step)
        noises = [
            scale * (self.random.standard_normal(count) + 1j * self.random.standard_normal(count))
            for _ in self.system.jumps
        ]
        x, y, z = self.vectors
        plane, along = self._fields(x + 1j * y, z, noises)
        x, y, z = _rotated(self.vectors, plane, along, step / 2)
        plane, along = self._fields(x + 1j * y, z, noises)
        self.vectors = _rotated(self.vectors, plane, along, step)

    def _local(self, step: float) -> None:
        """Let local jumps act: exact mean, variance of the ball's diffusion."""
        jumps = self.decay + self.pump
        across = jumps / 2 + 2 * self.dephasing
        if not across.any():
            return
        x, y, z = self.vectors
        noise = self.physics.local_noise * np.sqrt(step)
        n = noise * self.random.standard_normal(self.vectors.shape)
        spread = self.size / 4 * jumps + self.size * self.dephasing  # D_xx = D_yy
        gain = self.pump - self.decay
        tie = np.divide(gain, 2 * np.sqrt(spread), where=spread > 0, out=0 * spread)
        fed = self.pump * (self.size / 2 - z) + self.decay * (self.size / 2 + z)
        own = np.sqrt(np.maximum(fed - tie**2 * (x**2 + y**2), 0))
        keep, fading = np.exp(-jumps * step), np.exp(-across * step)
        rest = np.divide(gain, jumps, where=jumps > 0, out=0 * jumps) * self.size / 2
        z = np.where(jumps > 0, rest + keep * (z - rest), z)
        z = z - tie * (x * n[0] + y * n[1]) + own * n[2]
        self.vectors = np.stack(
            [fading * x + np.sqrt(spread) * n[0], fading * y + np.sqrt(spread) * n[1], z]
        )

    # -- what is looked at -------------------------------------------------------------------------

    def outputs(self) -> Array:
        """Return the Weyl symbols of L^+ L of every jump, shape (jumps, trajectories)."""
        x, y, z = self.vectors
        values = []
        for jump, w in zip(self.system.jumps, self.weights, strict=True):
            if jump.kind == "dephasing":
                values.append((w.real * z).sum(axis=0) ** 2)
                continue
            lower = x - 1j * y if jump.kind == "decay" else x + 1j * y
            order = 1 if jump.kind == "decay" else -1
            square = np.abs((w * lower).sum(axis=0)) ** 2
            values.append(square + order * (np.abs(w) ** 2 * z).sum(axis=0))
        return np.array(values).reshape(len(values), x.shape[-1])

    def structure(self, momenta: Array) -> Array:
        """Return the Weyl symbol of S(p), shape (momenta, trajectories)."""
        x, y, z = self.vectors
        wave = np.exp(1j * np.outer(momenta, np.arange(self.system.sites)))
        return np.abs(wave @ (x + 1j * y)) ** 2 + z.sum(axis=0)


def _rotated(vectors: Array, plane: NDArray[np.complex128], along: Array, step: float) -> Array:
    """Turn vectors about omega by the Cayley form, its angle right up to the fifth order."""
    t = step / 2 * np.stack([plane.real, plane.imag, along])
    t *= 1 + (t**2).sum(axis=0) / 3
    middle = vectors + np.cross(t, vectors, axis=0)
    return vectors + 2 / (1 + (t**2).sum(axis=0)) * np.cross(t, middle, axis=0)


def _states(ball: Ball, times: Array) -> Iterator[tuple[int, Array]]:
    """Yield the number of every output time with the vectors then."""
    now = 0.0
    for k, moment in enumerate(times):
        ball.advance(moment - now)
        now = moment
        yield k, ball.vectors


def solve(
    system: System,
    times: Array,
    trajectories: int,
    seed: int,
    physics: Physics,
    momenta: Sequence[float] = (),
) -> xr.Dataset:
    """Solve by the truncated Wigner approximation, as `blochball.twa.solve` but slowly.

    Parameters
    ----------
    system, times, trajectories, seed
        As there.
    physics : Physics
        What is done wrong.
    momenta : sequence of float, optional
        At which to keep S(p).

    Returns
    -------
    xarray.Dataset
    """
    return watched(Ball(system, physics, trajectories, seed), times, momenta)


def watched(ball: Ball, times: Array, momenta: Sequence[float] = ()) -> xr.Dataset:
    """Return what is seen of the vectors at the output times."""
    system, trajectories = ball.system, ball.vectors.shape[-1]
    started = time.perf_counter()
    sites, moments, channels = system.sites, len(MOMENTS), len(system.jumps)
    mean = np.empty((len(times), sites, moments))
    covariance = np.empty((len(times), sites, moments, moments))
    output = np.empty((len(times), channels))
    output_covariance = np.empty((len(times), channels, channels))
    names = ("inverse_length", "short_fraction")
    validity, validity_error = ({n: np.empty((len(times), sites)) for n in names} for _ in "12")
    spectrum = np.empty((2, len(times), len(momenta)))
    for k, vectors in _states(ball, times):
        kept = np.stack(symbols(*vectors))
        mean[k] = kept.mean(axis=-1).T
        away = kept - kept.mean(axis=-1, keepdims=True)
        covariance[k] = np.einsum("ast,bst->sab", away, away) / (trajectories - 1) / trajectories
        light = ball.outputs()
        output[k] = light.mean(axis=-1)
        away = light - light.mean(axis=-1, keepdims=True)
        output_covariance[k] = away @ away.T / (trajectories - 1) / trajectories
        length = np.sqrt((vectors**2).sum(axis=0))
        for name, value in (
            ("inverse_length", 1 / np.maximum(length, 0.5)),
            ("short_fraction", length < SHORT),
        ):
            validity[name][k], validity_error[name][k] = _mean(value)
        if len(momenta):
            spectrum[:, k] = _mean(ball.structure(np.asarray(momenta)))
    variables = dict(zip(MOMENTS, np.moveaxis(mean, -1, 0), strict=True)) | {"output": output}
    variables |= validity
    stderr = dict(validity_error)
    if len(momenta):
        variables["structure_factor"], stderr["structure_factor"] = spectrum
    return assemble(
        system, times, variables, stderr,
        method="wrong", covariance=covariance, output_covariance=output_covariance,
        momenta=list(momenta) or None, extra_dims=dict.fromkeys(validity, ("time", "site")),
        trajectories=trajectories, seed=ball.seed, steps=ball.steps,
        wall_time=time.perf_counter() - started,
    )  # fmt: skip


def paths(
    system: System, times: Array, trajectories: int, seed: int, physics: Physics
) -> xr.Dataset:
    """Return single trajectories, as `blochball.twa.trajectories`."""
    ball = Ball(system, physics, trajectories, seed)
    kept = np.stack([vectors for _, vectors in _states(ball, times)])
    names = ("spin_x", "spin_y", "inversion")
    data = {
        name: (("time", "trajectory", "site"), np.swapaxes(kept[:, k], 1, 2))
        for k, name in enumerate(names)
    }
    return xr.Dataset(data, {"time": times, "site": np.arange(system.sites)})


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return mean and standard error over the trajectories, the last axis."""
    return values.mean(axis=-1), values.std(axis=-1, ddof=1) / np.sqrt(values.shape[-1])
