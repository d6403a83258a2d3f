"""Local decay, dephasing and pump of an ensemble, exact in mean and covariance over a step."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.twa.lanes import LANES, X, Y, Z, columns, turned, uncounted, width
from blochball.twa.noise import sizes, variate

_U = np.uint64
_N = _U(LANES)


class Rates(NamedTuple):
    """Sizes and local rates; arrays of shape (sites,)."""

    size: NDArray[np.float64]
    decay: NDArray[np.float64]
    dephasing: NDArray[np.float64]
    pump: NDArray[np.float64]


class Relaxation(NamedTuple):
    """First and second conditional moments of J after local dissipation over one duration.

    Attributes
    ----------
    keep_x, keep_z : float
        What is left of J^x, J^y and of J^z.
    sigma : float
        Standard deviation of J^x and of J^y.
    gain : float
        Mean of J^z from J^z = 0.
    tie : float
        The covariance of J^z with J^x is -tie sigma^2 J^x.
    var0, var1 : float
        The variance of J^z is var0 - var1 J^z.
    tie2 : float
        What J^x^2 + J^y^2 takes from it, as the noise of J^x and J^y explains so much.
    """

    keep_x: float
    sigma: float
    keep_z: float
    gain: float
    tie: float
    var0: float
    var1: float
    tie2: float


COEFFICIENTS = len(Relaxation._fields)


@uncounted
def relaxation(rate, duration):
    """(1 - exp(-rate duration)) / rate, also at rate 0."""
    return -math.expm1(-rate * duration) / rate if rate > 0 else duration


@uncounted
def relax(size, decay, dephasing, pump, duration):
    """Return mean and covariance of one ensemble after a duration of Eq. (7.1).

    With lambda = (gamma^+ + gamma^-)/2 + 2 gamma^0, kappa = gamma^+ + gamma^-,
    Delta = gamma^+ - gamma^- the Ito drift is (-lambda Jx, -lambda Jy, Delta N/2 - kappa Jz), the
    noise has D_xx = D_yy = N kappa/4 + N gamma^0, D_xz = -Delta Jx/2, D_zz = kappa N/2 - Delta Jz.
    Both are linear in J, so mean and covariance after any duration are known.
    """
    lam = 0.5 * (pump + decay) + 2 * dephasing
    kap = pump + decay
    delta = pump - decay
    keep_x = math.exp(-lam * duration)
    keep_z = math.exp(-kap * duration)
    once = relaxation(kap, duration)
    rest = 0.5 * size * delta / kap if kap > 0 else 0.0
    sigma = math.sqrt((0.25 * kap + dephasing) * size * relaxation(2 * lam, duration))
    # the covariance of Jz with Jx is -shared sigma Jx
    shared = 0.5 * delta * keep_x * once / sigma if sigma > 0 else 0.0
    tie = shared / sigma if sigma > 0 else 0.0
    var1 = delta * keep_z * once
    var0 = (0.5 * size * kap - delta * rest) * relaxation(2 * kap, duration) + var1 * rest
    gain = 0.5 * size * delta * once
    return Relaxation(keep_x, sigma, keep_z, gain, tie, var0, var1, shared * shared)


@uncounted
def fill_table(rates, duration, table):
    """Fill a table (sites, COEFFICIENTS) with the Relaxation of every site."""
    for l in range(table.shape[0]):
        c = relax(rates.size[l], rates.decay[l], rates.dephasing[l], rates.pump[l], duration)
        for k in range(len(c)):
            table[l, k] = c[k]


@uncounted
def unpack(c):
    """Return a row of the table as numbers, so that loops need not look them up."""
    return Relaxation(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7])


@uncounted
def active(rates, l):
    """Whether a site has local dissipation."""
    return rates.decay[l] > 0 or rates.dephasing[l] > 0 or rates.pump[l] > 0


@uncounted
def relaxed(u, v, w, a, b, e, c):
    """Return J after local dissipation over one duration, from J = (u, v, w) and three noises.

    `c` is a Relaxation; a and b are noises times its sigma, e is one of unit variance.
    """
    # next to a polarised state the variance can be slightly negative
    variance = max(c.var0 - c.var1 * w - c.tie2 * (u * u + v * v), 0.0)
    return (
        c.keep_x * u + a,
        c.keep_x * v + b,
        c.keep_z * w + c.gain - c.tie * (u * a + v * b) + math.sqrt(variance) * e,
    )


@uncounted
def local(row, word, shift, coefficients, halves):
    """Local decay, dephasing and pump over one duration, with three noises of every word."""
    n = width(halves)
    jx, jy, jz, _, _ = columns(n)
    c = unpack(coefficients)
    rare, frequent = sizes(c.sigma)
    for i in range(n):
        bits = word[i] >> shift
        a, b = variate(bits, rare, frequent), variate(bits >> _U(3), rare, frequent)
        e = variate(bits >> _U(6))
        u, v, w = relaxed(row[i + jx], row[i + jy], row[i + jz], a, b, e, c)
        row[i + jx], row[i + jy], row[i + jz] = u, v, w


@uncounted
def local_turned(row, word, shift, coefficients, cos, sin, halves):
    """`local` with the noise of J^+ times cos + i sin: other trajectories of the same law."""
    n = width(halves)
    jx, jy, jz, _, _ = columns(n)
    c = unpack(coefficients)
    rare, frequent = sizes(c.sigma)
    for i in range(n):
        bits = word[i] >> shift
        d, g = variate(bits, rare, frequent), variate(bits >> _U(3), rare, frequent)
        a, b = turned(cos, sin, d, g)
        e = variate(bits >> _U(6))
        u, v, w = relaxed(row[i + jx], row[i + jy], row[i + jz], a, b, e, c)
        row[i + jx], row[i + jy], row[i + jz] = u, v, w


@uncounted
def local_given(row, noises, coefficients):
    """`local` with noises that are given, three columns."""
    c = unpack(coefficients)
    for i in range(_N):
        a, b, e = c.sigma * noises[i + X], c.sigma * noises[i + Y], noises[i + Z]
        u, v, w = relaxed(row[i + X], row[i + Y], row[i + Z], a, b, e, c)
        row[i + X], row[i + Y], row[i + Z] = u, v, w


@uncounted
def local_step(lanes, shift, rates, frame, table, halves):
    """Local dissipation of every site that has some; its noise has the axes of the frame."""
    for l in range(lanes.state.shape[0]):
        if active(rates, l):
            cos, sin = frame[0, l], -frame[1, l]
            local_turned(lanes.state[l], lanes.site_words[l], shift, table[l], cos, sin, halves)
