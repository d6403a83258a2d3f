"""Collective terms in Cartesian form: spin couplings, and jumps that are sums of kinds.

Both turn site l about a linear form of all Bloch vectors, and a jump about its noise besides. With
H = sum h_la,mb J_l^a J_m^b and L = sum c_la J_l^a at rate G::

    omega_l^a = sum_mb (2 h - G Im[c c^*])_la,mb J_m^b + Re[c_la sqrt(G) eta]

One rotation by noise and by the rest together turns about each of them by too much in the mean,
and the form reads a mid-point that the noise has moved. What that costs is of first weak order and
is taken off in advance (docs/derivation.md, section 11): with N_i = n_i x for every real noise n_i,
the sums over i of

    N_i^2 a / 12                                        off a constant axis a and off other noises,
    N_i^2 F / 12 - N_i F N_i / 4 + F N_i^2 / 8          on the form F

times the step. Two noises that do not commute also turn about n_i x n_j, by half the step times a
noise of their own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.operators import MasterEquation
from blochball.system import System
from blochball.twa.fields import Fields
from blochball.twa.lanes import LANES, MX, MY, TX, TY, TZ, X, Y, Z, add_scaled, fill, uncounted
from blochball.twa.rotation import set_axis, turn

Floats = NDArray[np.float64]
_U = np.uint64
_N = _U(LANES)
MZ = _U(8 * LANES)
COUPLED_COLUMNS = 9  # a mid-point of J^z besides what other rows have


class Couplings(NamedTuple):
    """Arrays of the Cartesian form.

    Attributes
    ----------
    form, lag : ndarray, shape (sites, 3, sites, 3)
        omega_l^a is form + step * lag, times J.
    re, im : ndarray, shape (jumps or 0, sites, 3)
        c of every jump; empty where no jump is mixed.
    area : ndarray, shape (jumps or 0, sites, 3)
        Turn in a step, over the step, by a noise of its own.
    damping : ndarray, shape (sites or 0, 3)
        Principal values of -sum_i N_i^2 / 12.
    axes : ndarray, shape (sites or 0, 3, 3)
        Their directions, in columns.
    """

    form: Floats
    lag: Floats
    re: Floats
    im: Floats
    area: Floats
    damping: Floats
    axes: Floats


class Numbers(NamedTuple):
    """What the step reads: `limit` is that of the fields."""

    fields: Fields
    couplings: Couplings
    limit: Floats


class Work(NamedTuple):
    """What the step needs: that of other steps, and the arrays of `Couplings` for this step."""

    inner: Any
    form: Floats
    re: Floats
    im: Floats


def couplings_of(system: System) -> Couplings | None:
    """Return the Cartesian form of a System, or None where no term needs it.

    It holds all couplings and, where any jump is of several kinds, all jumps.
    """
    mixed = any(jump.kind == "mixed" for jump in system.jumps)
    return cartesian(MasterEquation.of(system), mixed) if mixed or system.couplings else None


def cartesian(equation: MasterEquation, mixed: bool) -> Couplings:
    """Return the Cartesian form of all couplings and, if any jump is `mixed`, of all jumps."""
    sites, jumps = equation.sites, equation.rates.size
    form = np.zeros((sites, 3, sites, 3))
    if equation.couplings is not None:
        form += 2 * equation.couplings
    vectors = equation.vectors
    if mixed:
        form -= np.einsum("k,kla,kmb->lamb", equation.rates, vectors, vectors.conj()).imag
    scaled = np.sqrt(equation.rates)[:, None, None] * vectors
    noises = np.concatenate([scaled.real, -scaled.imag])
    across = np.einsum("abc,ilb->ilac", _CROSS, noises)
    squares = np.einsum("ilab,ilbc->lac", across, across)
    lag = (
        np.einsum("lac,lcmb->lamb", squares, form) / 12
        - np.einsum("ilac,lcmd,imdb->lamb", across, form, across, optimize=True) / 4
        + np.einsum("lamc,mcb->lamb", form, squares) / 8
    )
    damping, axes = np.linalg.eigh(-squares / 12)
    kept = slice(None) if mixed else slice(0)
    return Couplings(
        form,
        lag,
        np.ascontiguousarray(vectors.real[kept]),
        np.ascontiguousarray(vectors.imag[kept]),
        _area(noises, jumps)[kept],
        np.ascontiguousarray(np.maximum(damping, 0)[kept]),
        np.ascontiguousarray(axes[kept]),
    )


# (n x)_ac = _CROSS_abc n_b
_CROSS: Floats = np.array(
    [
        [[(a - b) * (b - c) * (c - a) / 2 for c in range(3)] for b in range(3)]
        for a in range(3)
    ]
)  # fmt: skip


def _area(noises: Floats, jumps: int) -> Floats:
    """Return `Couplings.area`: the largest principal axes of what all pairs of noises turn."""
    sites = noises.shape[1]
    first, second = np.triu_indices(len(noises), 1)
    pairs = np.cross(noises[first], noises[second]).reshape(-1, 3 * sites) / 2
    found = np.zeros((jumps, 3 * sites))
    if len(pairs):
        _, sizes, directions = np.linalg.svd(pairs, full_matrices=False)
        count = min(jumps, sizes.size)
        found[:count] = sizes[:count, None] * directions[:count]
    return found.reshape(jumps, sites, 3)


# -- compiled ------------------------------------------------------------------------------------


@uncounted
def prepare_couplings(step, numbers, work):
    """Compute what depends on the length of the step; `work.inner` is filled already."""
    fields, couplings, inner = numbers.fields, numbers.couplings, work.inner
    sites = couplings.form.shape[0]
    for l in range(sites):
        for m in range(sites):
            for a in range(3):
                for b in range(3):
                    lag = step * couplings.lag[l, a, m, b]
                    work.form[l, a, m, b] = couplings.form[l, a, m, b] + lag
    for l in range(couplings.damping.shape[0]):
        for a in range(3):
            inner.axis[a, l] = 0.0
            for k in range(couplings.re.shape[0]):
                work.re[k, l, a] = work.im[k, l, a] = 0.0
            for b in range(3):
                keep = 0.0
                for e in range(3):
                    along = couplings.axes[l, a, e] * couplings.axes[l, b, e]
                    keep += along / (1 + step * couplings.damping[l, e])
                inner.axis[a, l] += keep * fields.axis[b, l]
                for k in range(couplings.re.shape[0]):
                    work.re[k, l, a] += keep * couplings.re[k, l, b]
                    work.im[k, l, a] += keep * couplings.im[k, l, b]


@uncounted
def add_form(state, jx, jy, jz, form):
    """Add the linear form of all Bloch vectors to omega_l."""
    for l in range(form.shape[0]):
        for m in range(form.shape[0]):
            f = form[l, :, m]
            add_column(state[l], TX, f[0], state[m], jx, jy, jz)
            add_column(state[l], TY, f[1], state[m], jx, jy, jz)
            add_column(state[l], TZ, f[2], state[m], jx, jy, jz)


@uncounted
def add_column(row, column, f, other, jx, jy, jz):
    """Add f . J of another site to a column."""
    if f[0] != 0.0:
        add_scaled(row, column, f[0], other, jx)
    if f[1] != 0.0:
        add_scaled(row, column, f[1], other, jy)
    if f[2] != 0.0:
        add_scaled(row, column, f[2], other, jz)


@uncounted
def add_noises(state, work, area):
    """Add the noise of every jump, Re(c eta), to omega_l."""
    for k in range(area.shape[0]):
        noise = work.inner.noises[k]
        for l in range(state.shape[0]):
            re, im = work.re[k, l], work.im[k, l]
            add_noise(state[l], TX, re[0], im[0], area[k, l, 0], noise)
            add_noise(state[l], TY, re[1], im[1], area[k, l, 1], noise)
            add_noise(state[l], TZ, re[2], im[2], area[k, l, 2], noise)


@uncounted
def add_noise(row, column, re, im, area, noise):
    """Add the noise of a jump to one component of omega."""
    for i in range(_N):
        row[i + column] += re * noise[i] - im * noise[i + _N] + area * noise[i + _U(2) * _N]


@uncounted
def set_axes(state, jx, jy, jz, numbers, work):
    """Set TX, TY, TZ of every site to omega_l, with J taken from the columns jx, jy, jz."""
    fields, inner = numbers.fields, work.inner
    axis, noises = inner.axis, inner.noises
    for l in range(state.shape[0]):
        fill(state[l], TZ, axis[2, l])
        for k in range(fields.turning.size):
            add_scaled(state[l], TZ, inner.turning[k, l], noises[fields.turning[k]], _U(0))
        for k in range(fields.area.shape[0]):
            add_scaled(state[l], TZ, fields.area[k, l], noises[k], _U(2) * _N)
    set_axis(state, jx, jy, fields, axis, noises, inner.sweeps[0])
    add_form(state, jx, jy, jz, work.form)
    add_noises(state, work, numbers.couplings.area)


@uncounted
def predict(row, half):
    """`rotation.predict` for all three components."""
    for i in range(_N):
        a, b, c = half * row[i + TX], half * row[i + TY], half * row[i + TZ]
        u, v, w = row[i + X], row[i + Y], row[i + Z]
        p = u + b * w - c * v
        q = v + c * u - a * w
        r = w + a * v - b * u
        row[i + MX] = u + 2 * (b * r - c * q)
        row[i + MY] = v + 2 * (c * p - a * r)
        row[i + MZ] = w + 2 * (a * q - b * p)


@uncounted
def rotate(state, step, numbers, work):
    """One step of the collective rotation where omega depends on J^z, too."""
    set_axes(state, X, Y, Z, numbers, work)
    for l in range(state.shape[0]):
        predict(state[l], 0.25 * step)
    set_axes(state, MX, MY, MZ, numbers, work)
    for l in range(state.shape[0]):
        turn(state[l], 0.5 * step)
