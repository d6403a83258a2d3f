"""Discrete truncated Wigner with one classical spin an emitter: a rival, cost proportional to N.

To compare with, not to rely on: docs/numerics.md says where it is wrong.

Each emitter is a vector s of length sqrt(3), drawn at time 0 with components +1 or -1 across its
direction (Schachenmayer, Pikovski & Rey, Phys. Rev. X 5, 011022 (2015)). Local jumps follow the
exact process of one spin on that sphere (Mink, Petrosyan & Fleischhauer, Phys. Rev. Research 4,
043136 (2022)): s_z relaxes without noise, the phase diffuses by as much as the decay of
<s_x + i s_y> asks for. Collective decay and Hamiltonian turn all emitters of a site about one
vector, with common noise (Stratonovich), by the truncated rules of Mink & Fleischhauer, SciPost
Phys. 15, 233 (2023); the emitter's own part in that vector is wrong by O(1). Other stochastic forms
of local decay: Huber, Rey & Rabl, Phys. Rev. A 105, 013716 (2022); Singh & Weimer, Phys. Rev. Lett.
128, 200602 (2022).
"""
# ruff: noqa: NPY002 - compiled threads have numba's own generators, one seed a block

from __future__ import annotations

import time
from functools import reduce
from typing import Any

import numba
import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball import operators
from blochball.dataset import assemble
from blochball.support import validation
from blochball.support.arguments import named
from blochball.support.jit import njit
from blochball.support.statistics import Moments
from blochball.system import System

__all__ = ["solve"]

OWNER = "per_emitter.solve"
operators.declare(
    "per_emitter", *operators.LOCAL, *operators.LINEAR, "exchange", "collective decay"
)
NAMES = ("inversion", "spin_x", "spin_y", "emission", "spin_squared")
BLOCK = 16  # trajectories that share a stream of random numbers


@named("per_emitter.solve")
def solve(
    system: System, times: ArrayLike, trajectories: int = 1000, seed: int = 0, *, steps: int = 400
) -> xr.Dataset:
    """Simulate a System with one classical spin an emitter.

    Parameters
    ----------
    system : System
        Local rates, drive, detuning, exchange and collective decay; other terms are refused.
    times : array_like, shape (times,)
        Output times, increasing from a value >= 0, in the inverse unit of the rates.
    trajectories : int
        How many, at least 2; rounded up to whole blocks of 16.
    seed : int
        Of all random numbers, >= 0.
    steps : int
        The least number up to the last time, shared among the intervals.

    Returns
    -------
    xarray.Dataset
        See `blochball.dataset`.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it, and for a term that is not served.

    Examples
    --------
    >>> from blochball import exact, models, per_emitter
    >>> laser = models.superradiant_laser(size=30, pump=8.0)
    >>> ds = per_emitter.solve(laser, [0.1], trajectories=1600, seed=1, steps=50)
    >>> difference = ds.inversion - exact.solve(laser, [0.1]).inversion
    >>> bool(abs(difference) < 0.05 * 30 / 2)
    True
    """
    validation.instance(OWNER, "system", system, System)
    times = validation.times(OWNER, times)
    blocks = -(-validation.integer(OWNER, "trajectories", trajectories, 2) // BLOCK)
    steps = validation.integer(OWNER, "steps", steps, 1)
    seed = validation.seed(OWNER, seed)
    operators.require(OWNER, "per_emitter", system)
    started = time.perf_counter()
    intervals = np.diff(times, prepend=0)
    counts = np.ceil(steps * intervals / (times[-1] or 1)).astype(int)
    equation = operators.MasterEquation.of(system)
    w, rates, h = equation.weights[..., 0], equation.rates, equation.exchange_matrix
    # the sites turn about omega_x + i omega_y = pull J^+ + push + noise eta, and omega_z = spin
    pull = 1j * (w.T * rates) @ w.conj() + 2 * h.conj()
    push, spin = equation.linear[:, 0] + 1j * equation.linear[:, 1], equation.linear[:, 2]
    starts = np.cumsum([0, *(ensemble.size for ensemble in system.ensembles)])
    angles = np.array([system.column(name) for name in ("polar", "azimuth")])
    local = np.ascontiguousarray(equation.local.T)
    seeds = np.random.SeedSequence(seed).generate_state(blocks)
    turning = (pull, push, w.T * np.sqrt(rates), spin)
    segments = intervals / np.maximum(counts, 1), counts
    x = _sample(starts, angles, local, turning, w, segments, seeds)
    total = reduce(Moments.merge, (_moments(block) for block in x))
    mean, stderr = (
        {name: a[:, : w.shape[1], k] for k, name in enumerate(NAMES)}
        | {"output": a[:, w.shape[1] :, 0]}
        for a in (total.mean, total.stderr)
    )
    # as in twa.solve, for the errors of what is derived
    mean["covariance"] = total.covariance[:, : w.shape[1]]
    dims = {"covariance": ("time", "site", "moment", "moment_other")}
    if system.jumps:
        output = (Moments.of(block[:, :, w.shape[1] :, 0]) for block in x)
        mean["output_covariance"] = reduce(Moments.merge, output).covariance
    about: dict[str, Any] = {"trajectories": total.count, "steps": int(counts.sum()), "seed": seed}
    about["wall_time"] = time.perf_counter() - started
    ds = assemble(system, times, mean, stderr, method="per_emitter", extra_dims=dims, **about)
    return ds.assign_coords(moment=list(NAMES), moment_other=list(NAMES))


def _moments(block: NDArray[np.float64]) -> Moments:
    mean = block.mean(axis=0)
    return Moments(BLOCK, mean, np.einsum("itcp,itcq->tcpq", block - mean, block - mean))


@njit(parallel=True)
def _sample(starts, angles, local, turning, weights, segments, seeds):
    """Observables, shape (blocks, BLOCK, times, sites + channels, names)."""
    pull, push, noise, spin = turning
    dts, counts = segments
    sites, channels = len(spin), len(weights)
    out = np.zeros((len(seeds), BLOCK, len(dts), sites + channels, 5))
    for b in numba.prange(len(seeds)):
        np.random.seed(seeds[b])
        s, j = np.empty((3, starts[-1])), np.empty((3, sites))
        for i in range(BLOCK):
            _draw(s, starts, angles)
            for k in range(len(dts)):
                dt = dts[k]
                for step in range(counts[k]):
                    # Strang: halves of neighbouring local steps are made one
                    _local(s, starts, local, dt if step else dt / 2)
                    for l in range(sites):
                        for a in range(3):
                            j[a, l] = s[a, starts[l] : starts[l + 1]].sum() / 2
                    turn = push * dt
                    for c in range(channels):
                        eta = np.random.normal() + 1j * np.random.normal()
                        turn += noise[:, c] * eta * np.sqrt(dt)
                    # midpoint: half the turn, then the field there
                    half = (turn + pull @ (j[0] + 1j * j[1]) * dt) / 2
                    for l in range(sites):
                        _rotate(j[:, l : l + 1], half[l], spin[l] * dt / 2)
                    turn += pull @ (j[0] + 1j * j[1]) * dt
                    for l in range(sites):
                        _rotate(s[:, starts[l] : starts[l + 1]], turn[l], spin[l] * dt)
                if counts[k]:
                    _local(s, starts, local, dt / 2)
                _observe(s, starts, weights, out[b, i, k])
    return out


@njit()
def _draw(s, starts, angles):
    for l in range(len(starts) - 1):
        (ct, cp), (st, sp) = np.cos(angles[:, l]), np.sin(angles[:, l])
        for n in range(starts[l], starts[l + 1]):
            u, v = 2.0 * np.random.randint(2) - 1, 2.0 * np.random.randint(2) - 1
            s[0, n] = st * cp + u * ct * cp - v * sp
            s[1, n] = st * sp + u * ct * sp + v * cp
            s[2, n] = ct - u * st


@njit()
def _local(s, starts, local, dt):
    """Exact step of every emitter alone: s_z relaxes, <s_x + i s_y> falls by exp(-kappa)."""
    for l in range(len(starts) - 1):
        decay, dephasing, pump = local[:, l]
        total = decay + pump
        kappa, fade = (total / 2 + 2 * dephasing) * dt, np.exp(-total * dt)
        rest = (pump - decay) / total * (1 - fade) if total else 0.0
        if kappa == 0:
            continue
        for n in range(starts[l], starts[l + 1]):
            old = max(s[0, n] ** 2 + s[1, n] ** 2, 1e-12)
            s[2, n] = s[2, n] * fade + rest
            stretch = max(3 - s[2, n] ** 2, 1e-12) / old
            # exp(-variance / 2) sqrt(stretch) = exp(-kappa)
            variance = max(2 * kappa + np.log(stretch), 0.0)
            turn = np.sqrt(stretch) * np.exp(1j * np.sqrt(variance) * np.random.normal())
            turn *= s[0, n] + 1j * s[1, n]
            s[0, n], s[1, n] = turn.real, turn.imag


@njit()
def _rotate(s, turn, spin):
    """Turn every column by the vector (Re turn, Im turn, spin): Cayley form, exact in length."""
    x, y, z = turn.real / 2, turn.imag / 2, spin / 2
    f = 2 / (1 + x * x + y * y + z * z)
    for n in range(s.shape[1]):
        a, b, c = s[0, n], s[1, n], s[2, n]
        p, q, r = a + y * c - z * b, b + z * a - x * c, c + x * b - y * a
        s[0, n], s[1, n], s[2, n] = (
            a + f * (y * r - z * q),
            b + f * (z * p - x * r),
            c + f * (x * q - y * p),
        )


@njit()
def _observe(s, starts, weights, out):
    """Two operators on one emitter count as what they are, not as a product of components."""
    sites = len(starts) - 1
    minus, own = np.empty(sites, np.complex128), np.empty(sites)
    for l in range(sites):
        part = s[:, starts[l] : starts[l + 1]]
        x, y, z = part[0].sum() / 2, part[1].sum() / 2, part[2].sum() / 2
        across = (part[0] ** 2).sum() + (part[1] ** 2).sum()
        minus[l], own[l] = x - 1j * y, part.shape[1] / 2 + z - across / 4
        out[l, 0], out[l, 1], out[l, 2] = z, x, y
        out[l, 3], out[l, 4] = x * x + y * y + own[l], x * x + y * y + z * z
    for c in range(len(weights)):
        out[sites + c, 0] = np.abs((weights[c] * minus).sum()) ** 2
        out[sites + c, 0] += (np.abs(weights[c]) ** 2 * own).sum()
