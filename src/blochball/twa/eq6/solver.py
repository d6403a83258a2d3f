"""Eq. (6) of the paper, literally: four phase-space variables an ensemble, Stratonovich.

The reference for the Bloch-ball form, made for clarity; the step is in `blochball.twa.eq6.step`.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball.dataset import assemble
from blochball.moments import MOMENTS
from blochball.support import validation
from blochball.support.parallel import run_blocks, thread_count
from blochball.support.statistics import Moments
from blochball.system import KINDS, System
from blochball.twa import initial as wigner
from blochball.twa import schedule
from blochball.twa.engine import LeftBallError, Schedule, local_rates
from blochball.twa.eq6 import step as spinor_rows
from blochball.twa.fields import fields_of
from blochball.twa.observers.means import SHORT, VALIDITY

BLOCK = spinor_rows.LANES
_KIND = {"decay": -1, "dephasing": 0, "pump": 1}
Complex = NDArray[np.complex128]
Floats = NDArray[np.float64]


def solve(
    system: System,
    times: ArrayLike,
    *,
    trajectories: int = 1000,
    seed: int = 0,
    steps: Any = "auto",
    threads: int | None = None,
    progress: bool = False,
    tolerance: float = schedule.ANGLE,
) -> xr.Dataset:
    """Simulate a System by Eq. (6) in the four variables phi, theta, psi and 𝒥 (Stratonovich).

    Parameters
    ----------
    system, times, trajectories, seed, threads, progress, tolerance
        As for `blochball.twa.solve`, which comes here for formulation="top".
    steps : "auto", int or sequence of int
        As there; "auto" chooses the steps that the ball form would take.

    Returns
    -------
    xarray.Dataset
        See `blochball.dataset`; besides, `inverse_length` and `short_fraction`.

    Raises
    ------
    TypeError, ValueError, LeftBallError
        As there; no trajectory of this form can leave the ball, but it may fail to stay finite.
    """
    owner = "twa.solve"
    times = validation.times(owner, times)
    trajectories = validation.integer(owner, "trajectories", trajectories, 1)
    seed = validation.integer(owner, "seed", seed, 0)
    threads = thread_count(owner, threads)
    tolerance = validation.real(owner, "tolerance", tolerance, 0)
    if tolerance == 0:
        raise ValueError(f"{owner}: tolerance must be > 0, got {tolerance!r}")
    started = time.perf_counter()
    if isinstance(steps, str):
        validation.choice(owner, "steps", steps, ("auto",))
        fields = fields_of(system, "auto")
        chosen = schedule.pilot(system, fields, local_rates(system), times, seed, tolerance)
    else:
        chosen = schedule.uniform(times, steps)
    couplings = couplings_of(system)

    def work(block: int, size: int) -> tuple[Moments, ...]:
        return _run_block(system, couplings, chosen, seed, block, size)

    site, validity, output = run_blocks(work, trajectories, BLOCK, threads, progress).total()
    return assemble(
        system,
        times,
        {
            **{name: site.mean[..., k] for k, name in enumerate(MOMENTS)},
            **{name: validity.mean[..., k] for k, name in enumerate(VALIDITY)},
            "output": output.mean,
        },
        {name: validity.stderr[..., k] for k, name in enumerate(VALIDITY)},
        method="twa.top",
        extra_dims=dict.fromkeys(VALIDITY, ("time", "site")),
        covariance=site.covariance,
        output_covariance=output.covariance,
        seed=seed,
        trajectories=trajectories,
        steps=int(chosen.counts.sum()),
        wall_time=time.perf_counter() - started,
    )


def couplings_of(system: System) -> spinor_rows.Couplings:
    """Return the numbers of a System as the kernels take them."""
    jumps = system.jumps
    coupled = system.exchange_matrix.any()
    return spinor_rows.Couplings(
        system.column("size"),
        np.stack([system.column(kind) for kind in KINDS], axis=1),
        system.column("detuning"),
        np.array(system.drive_vector),
        np.array(system.exchange_matrix if coupled else np.zeros((0, 0)), np.complex128),
        np.array([jump.rate for jump in jumps], float),
        np.array([_KIND[jump.kind] for jump in jumps], np.int64),
        np.array([jump.weights for jump in jumps], complex).reshape(len(jumps), system.sites),
    )


def spinors(vectors: NDArray[np.float64], psi: NDArray[np.float64]) -> tuple[Complex, Complex]:
    """Turn Bloch vectors (3, ...) of length kappa and angles psi into the amplitudes a and b."""
    x, y, z = vectors
    kappa = np.sqrt(x * x + y * y + z * z)
    length = np.sqrt(kappa**2 + 0.25)
    phi, cosine = np.arctan2(y, x), z / kappa
    a = np.sqrt(length * (1 + cosine)) * np.exp(-0.5j * (phi + psi))
    b = np.sqrt(length * (1 - cosine)) * np.exp(0.5j * (phi - psi))
    return a, b


def pack(a: Complex, b: Complex) -> NDArray[np.float64]:
    """Put amplitudes (sites, lanes) into a state (sites, columns, lanes) of the kernels."""
    state = np.zeros((a.shape[0], spinor_rows.COLUMNS, spinor_rows.LANES))
    state[:, :4] = np.stack([a.real, a.imag, b.real, b.imag], axis=1)
    return state


def unpack(state: NDArray[np.float64]) -> tuple[Complex, Complex]:
    """Take the amplitudes (sites, lanes) out of a state."""
    return state[:, 0] + 1j * state[:, 1], state[:, 2] + 1j * state[:, 3]


def bloch_vectors(a: Complex, b: Complex) -> NDArray[np.float64]:
    """Weyl symbols of J^x, J^y and J^z, stacked along a new first axis."""
    up, down = abs(a) ** 2, abs(b) ** 2
    length = (up + down) / 2
    shrink = np.sqrt(np.maximum(1 - 1 / (4 * length * length), 0))
    raising = shrink * a.conj() * b
    return np.stack([raising.real, raising.imag, shrink * (up - down) / 2])


def _run_block(
    system: System,
    couplings: spinor_rows.Couplings,
    chosen: Schedule,
    seed: int,
    block: int,
    trajectories: int,
) -> tuple[Moments, ...]:
    # a block has a stream of its own, the child of the seed with its number, and is always run
    # whole, so that the first trajectories do not depend on how many there are
    stream = np.random.SeedSequence(seed, spawn_key=(block,))
    generator = np.random.Generator(np.random.PCG64(stream))
    vectors = wigner.sample(system, BLOCK, generator)
    state = pack(*spinors(vectors, generator.uniform(0, 2 * np.pi, vectors.shape[1:])))
    found: list[tuple[Floats, ...]] = []
    for step, count, output in zip(chosen.steps, chosen.counts, chosen.outputs, strict=True):
        spinor_rows.advance(state.reshape(system.sites, -1), step, count, couplings, generator)
        if output >= 0:
            found.append(_symbols(state[..., :trajectories], couplings))
            if not np.isfinite(found[-1][0]).all():
                raise LeftBallError(
                    f"twa.solve: every trajectory must stay finite, one did not (output {output}, "
                    f"block {block}); smaller steps may help"
                )
    site, validity, channels = (np.stack(part) for part in zip(*found, strict=True))
    return _moments(site), _moments(validity, full=False), _moments(channels)


def _symbols(state: Floats, couplings: spinor_rows.Couplings) -> tuple[Floats, ...]:
    # MOMENTS (sites, 5, lanes), VALIDITY (sites, 2, lanes) and outputs (channels, lanes)
    x, y, z = bloch_vectors(*unpack(state))
    flat = x * x + y * y
    length = np.sqrt(flat + z * z)
    moments = np.stack([x, y, z, flat + z, length**2], axis=1)
    # 𝒥 = 0 is a point of this phase space, but 1/|J| is for reading only
    validity = np.stack([1 / np.maximum(length, 0.5), np.less(length, SHORT)], axis=1)
    output = np.empty((couplings.rate.size, state.shape[-1]))
    for k, (kind, weight) in enumerate(zip(couplings.kind, couplings.weight, strict=True)):
        if kind == 0:
            output[k] = (weight.real @ z) ** 2
        else:
            # the symbol of A^+ A for A = J^-+: x^2 + y^2, and the ordering term +-z
            amplitude = weight @ (x + 1j * kind * y)
            output[k] = abs(amplitude) ** 2 - kind * (abs(weight) ** 2 @ z)
    return moments, validity, output


def _moments(samples: Floats, full: bool = True) -> Moments:
    # samples (..., quantities, lanes)
    mean = samples.mean(axis=-1)
    shift = samples - mean[..., None]
    product = shift @ np.swapaxes(shift, -1, -2) if full else (shift**2).sum(axis=-1)
    return Moments(samples.shape[-1], mean, product)
