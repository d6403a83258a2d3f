"""Means and covariances over trajectories (paper Eq. 7): what a run keeps at an output time."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball.dataset import assemble
from blochball.moments import MOMENTS, SECOND
from blochball.operators import TABLE, MasterEquation
from blochball.support.statistics import Leaf, Moments
from blochball.system import System
from blochball.twa.driver import Observer, reordered
from blochball.twa.lanes import LANES, X, Y, Z, add_scaled, clear, fill, jit
from blochball.twa.noise import Stream
from blochball.twa.observers import pairs as pairwise
from blochball.twa.observers.accumulate import (
    MORE,
    QUANTITIES,
    VALIDITY,
    Sums,
    accumulate,
    at,
    empty,
    moments_of,
    more_symbols,
    symbols,
)
from blochball.twa.plan import METHOD, Plan

Floats = NDArray[np.float64]
_U = np.uint64
_N = _U(LANES)
VALIDITY_DIMS = dict.fromkeys(VALIDITY, ("time", "site"))


class Probes(NamedTuple):
    """Coefficients of the symbols of L^+ L, each of shape (some, sites, 3).

    L = sum_l (re + i im)_l . J_l; the symbol is |L|^2 + sum ordering . J.
    """

    re: Floats
    im: Floats
    ordering: Floats


class Record(NamedTuple):
    """What is kept at all output times, what tells so, and room to work.

    Attributes
    ----------
    site, validity : Sums, shapes (times, sites, quantities), (times, sites, len(VALIDITY))
        Quantities are MOMENTS, and SECOND where asked for.
    output, wave : Sums, shapes (times, channels), (times, momenta)
    pairs : ndarray, shape (kept, sites, sites, 4)
        Sums of Re, Im of J_k^+ J_l^- and of their squares.
    outputs, waves : Probes
        Of the jumps, with an index for each set of weights, and of the momenta.
    weighed : ndarray of int, shape (times,)
        Index among the `outputs`.
    kept : ndarray of int, shape (times,)
        Index among the times of `pairs`, or -1.
    values : ndarray
        Columns of LANES.
    field : ndarray, shape (2 * LANES,)
    """

    site: Sums
    validity: Sums
    output: Sums
    wave: Sums
    pairs: Floats
    outputs: Probes
    waves: Probes
    weighed: NDArray[np.int64]
    kept: NDArray[np.int64]
    values: Floats
    field: Floats


# -- compiled ------------------------------------------------------------------------------------


@jit
def square(field, values, column):
    """Add |field|^2 to a column."""
    for i in range(_N):
        values[i + column] += field[i] * field[i] + field[i + _N] * field[i + _N]


@jit
def across(field, re, im, row):
    """Add the part of (re + i im) . J in the x-y plane to a field."""
    for i in range(_N):
        field[i] += re[0] * row[i + X] + re[1] * row[i + Y]
        field[i + _N] += im[0] * row[i + X] + im[1] * row[i + Y]


@jit
def probe(vectors, probes, k, values, field):
    """Fill column k with the symbol of one of the probes."""
    clear(field)
    column = _U(k * LANES)
    fill(values, column, 0.0)
    for l in range(vectors.shape[0]):
        re, im, order = probes.re[k, l], probes.im[k, l], probes.ordering[k, l]
        across(field, re, im, vectors[l])
        add_scaled(values, column, order[2], vectors[l], Z)
        if re[2] != 0.0 or im[2] != 0.0:
            add_scaled(field, _U(0), re[2], vectors[l], Z)
            add_scaled(field, _N, im[2], vectors[l], Z)
        if order[0] != 0.0 or order[1] != 0.0:
            add_scaled(values, column, order[0], vectors[l], X)
            add_scaled(values, column, order[1], vectors[l], Y)
    square(field, values, column)


@jit
def weighed(probes, k):
    """Return one of several sets of probes."""
    return Probes(probes.re[k], probes.im[k], probes.ordering[k])


@reordered
def correlate(vectors, mask, sums):
    """Add Re, Im of J_k^+ J_l^- (k <= l) and their squares to `sums` (sites, sites, 4)."""
    sites = vectors.shape[0]
    for k in range(sites):
        rk = vectors[k]
        for l in range(k, sites):
            rl = vectors[l]
            order = 1.0 if k == l else 0.0
            re, im, re2, im2 = 0.0, 0.0, 0.0, 0.0
            for i in range(_N):
                a = mask[i] * (rk[i + X] * rl[i + X] + rk[i + Y] * rl[i + Y] + order * rl[i + Z])
                b = mask[i] * (rk[i + Y] * rl[i + X] - rk[i + X] * rl[i + Y])
                re += a
                im += b
                re2 += a * a
                im2 += b * b
            sums[k, l, 0] += re
            sums[k, l, 1] += im
            sums[k, l, 2] += re2
            sums[k, l, 3] += im2


@cache
def looking(symbols: Any) -> Any:
    """Compile what looks at trajectories, given what fills the columns of a site."""

    @jit
    def look(lanes, t, record):
        """Add what one group of lanes shows at output t."""
        vectors, values = lanes.vectors, record.values
        site, validity = at(record.site, t), at(record.validity, t)
        for l in range(vectors.shape[0]):
            symbols(vectors[l], values)
            accumulate(values, 0, lanes, at(site, l))
            accumulate(values, site.total.shape[1], lanes, at(validity, l))
        outputs = weighed(record.outputs, record.weighed[t])
        for k in range(outputs.re.shape[0]):
            probe(vectors, outputs, k, values, record.field)
        accumulate(values, 0, lanes, at(record.output, t))
        if record.kept[t] >= 0:
            correlate(vectors, lanes.mask, record.pairs[record.kept[t]])
        for k in range(record.waves.re.shape[0]):
            probe(vectors, record.waves, k, values, record.field)
        accumulate(values, 0, lanes, at(record.wave, t))

    return look


# -- a run ---------------------------------------------------------------------------------------


def observer(plan: Plan, stream: Stream = Stream.BLOCKS, block: int | None = None) -> Observer:
    """Return the observer of a plan's means."""
    outputs, weighed = _outputs(plan)
    waves = wave_probes(plan.system, plan.momenta)
    second = plan.moments != "first"
    quantities = QUANTITIES + (MORE if second else 0)
    full = plan.covariances

    def record(trajectories: int) -> Record:
        sites, times = plan.system.sites, plan.times.size
        channels, momenta = len(plan.system.jumps), plan.momenta.size
        return Record(
            empty((times, sites, quantities), quantities if full else 1),
            empty((times, sites, len(VALIDITY)), 1),
            empty((times, channels), channels if full else 1),
            empty((times, momenta), 1),
            np.zeros((plan.times_kept.size, sites, sites, 4)),
            outputs,
            waves,
            weighed,
            plan.kept,
            np.zeros(max(quantities + len(VALIDITY), channels, momenta) * LANES),
            np.zeros(2 * LANES),
        )

    look = looking(more_symbols if second else symbols)
    of_sites = Observer(look, record, leaf, stream, plan.block if block is None else block)
    return pairwise.observer(of_sites, plan) if plan.moments == "pairs" else of_sites


def _outputs(plan: Plan) -> tuple[Probes, NDArray[np.int64]]:
    """Return `Record.outputs`, those of L^+ L, and `Record.weighed`."""
    if plan.protocol is None:
        systems = [plan.system]
    else:
        systems = [plan.protocol.at(time) for time in plan.times]
    vectors = [MasterEquation.of(system).vectors for system in systems]
    numbered: dict[bytes, int] = {}
    index = [numbered.setdefault(c.tobytes(), len(numbered)) for c in vectors]
    c = np.stack([vectors[index.index(k)] for k in range(len(numbered))])
    return _probes(c, np.cross(c.imag, c.real)), np.resize(index, plan.times.size)


def wave_probes(system: System, momenta: Floats) -> Probes:
    """Return the probes of S(p) = sum_kl exp(i p (k - l)) <J_k^+ J_l^->."""
    wave = np.exp(1j * np.outer(momenta, np.arange(system.sites)))
    raising = np.array(TABLE["pump"].vector)
    # J_k^+ J_k^- of each site is its flat part and J^z
    ordering = np.broadcast_to([0.0, 0.0, 1.0], (*wave.shape, 3))
    return _probes(wave[..., None] * raising, ordering)


def _probes(vectors: NDArray[np.complex128], ordering: Floats) -> Probes:
    arrays = (vectors.real, vectors.imag, ordering)
    return Probes(*(np.ascontiguousarray(array) for array in arrays))


def leaf(record: Record, trajectories: int) -> Leaf:
    """Return Moments of MOMENTS, VALIDITY, the outputs, the structure factor and correlations."""
    n, pairs = trajectories, record.pairs
    return (
        moments_of(n, record.site),
        moments_of(n, record.validity),
        moments_of(n, record.output),
        moments_of(n, record.wave),
        Moments(n, pairs[..., :2] / n, np.maximum(pairs[..., 2:] - pairs[..., :2] ** 2 / n, 0)),
    )


def dataset(plan: Plan, leaf: Leaf, wall_time: float, method: str = METHOD) -> xr.Dataset:
    """Return the Dataset of a whole run."""
    site, validity, output, wave, pairs, *of_pairs = leaf
    kept = MOMENTS if plan.moments == "first" else (*MOMENTS, *SECOND)
    variables: dict[str, Any] = {name: site.mean[..., k] for k, name in enumerate(kept)}
    variables["output"] = output.mean
    stderr: dict[str, Any] = {}
    for k, name in enumerate(VALIDITY):
        variables[name], stderr[name] = validity.mean[..., k], validity.stderr[..., k]
    if plan.momenta.size:
        variables["structure_factor"], stderr["structure_factor"] = wave.mean, wave.stderr
    if plan.times_kept.size:
        variables["correlation"] = _hermitian(pairs.mean[..., 0] + 1j * pairs.mean[..., 1])
        stderr["correlation"] = _hermitian(np.hypot(pairs.stderr[..., 0], pairs.stderr[..., 1]))
    stderr |= zip(MOMENTS, np.moveaxis(site.stderr, -1, 0), strict=False)
    stderr["output"] = output.stderr
    if of_pairs:
        values, errors = pairwise.variables(plan, site, *of_pairs)
        variables, stderr = variables | values, stderr | errors
    return assemble(
        plan.system,
        plan.times,
        variables,
        stderr,
        method=method,
        covariance=site.covariance if plan.covariances else None,
        output_covariance=output.covariance if plan.covariances and plan.system.jumps else None,
        times_kept=plan.times_kept,
        momenta=plan.momenta,
        extra_dims=VALIDITY_DIMS,
        seed=plan.seed,
        trajectories=plan.trajectories,
        steps=plan.schedule.total,
        wall_time=wall_time,
        **plan.timed,
    )


def _hermitian(upper: NDArray[Any]) -> NDArray[Any]:
    upper = np.triu(upper)
    return upper + np.conj(np.swapaxes(np.triu(upper, 1), -1, -2))
