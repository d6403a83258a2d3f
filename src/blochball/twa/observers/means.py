"""Compiled estimators: what is kept of the lanes at an output time.

Sums are taken of deviations from a reference (the mean of a block's first group of lanes), so that
a variance is never the small difference of large numbers.
"""

from __future__ import annotations

import math

import numpy as np

from blochball.support.jit import njit
from blochball.twa import rows
from blochball.twa.rows import LANES, X, Y, Z, jit

_N = np.uint64(LANES)
QUANTITIES = 5  # those of blochball.dataset.MOMENTS, in that order
VALIDITY = ("inverse_length", "short_fraction")
SHORT = 2.0  # |J| below which the expansion in 1/|J| says nothing
_ALL = QUANTITIES + len(VALIDITY)

# sums may be reordered, so that they are vector instructions, too
_sum = njit(fastmath={"contract", "nsz", "arcp", "reassoc"})


@jit
def weyl(row, values):
    """Fill columns with the Weyl symbols of QUANTITIES and with VALIDITY, lane by lane.

    J^+ J^- has the symbol Jx^2 + Jy^2 + Jz: the last term is the ordering.
    """
    for i in range(_N):
        x, y, z = row[i + X], row[i + Y], row[i + Z]
        flat = x * x + y * y
        length = flat + z * z
        values[i] = x
        values[i + _N] = y
        values[i + _N + _N] = z
        values[i + np.uint64(3 * LANES)] = flat + z
        values[i + np.uint64(4 * LANES)] = length
        values[i + np.uint64(5 * LANES)] = 1 / math.sqrt(length)
        values[i + np.uint64(6 * LANES)] = 1.0 if length < SHORT * SHORT else 0.0


@_sum
def total(values, column, mask):
    """Sum a column over the lanes of the mask (1 or 0)."""
    found = 0.0
    for i in range(_N):
        found += values[i + column] * mask[i]
    return found


@_sum
def deviate(values, column, mask, shift):
    """Turn a column into deviations from `shift`; return their sum and sum of squares."""
    first = 0.0
    second = 0.0
    for i in range(_N):
        d = (values[i + column] - shift) * mask[i]
        values[i + column] = d
        first += d
        second += d * d
    return first, second


@_sum
def product(values, column, other):
    """Sum the product of two columns over the lanes."""
    found = 0.0
    for i in range(_N):
        found += values[i + column] * values[i + other]
    return found


@jit
def accumulate(values, start, count, mask, fresh, reference, sums, products):
    """Add the columns start, start + 1, ... of `values` to sums and products (count, or squared).

    `fresh` sets the reference to the mean of these lanes first; `products` is (count, count), or
    (count, 1) where only squares are kept.
    """
    full = products.shape[1] == count
    for q in range(count):
        column = np.uint64((start + q) * LANES)
        if fresh:
            reference[q] = total(values, column, mask) / mask.sum()
        first, second = deviate(values, column, mask, reference[q])
        sums[q] += first
        products[q, q if full else 0] += second
        for p in range(q if full else 0):
            products[q, p] += product(values, column, np.uint64((start + p) * LANES))
            products[p, q] = products[q, p]


@jit
def square(field, values, column):
    """Add |field|^2 to a column."""
    for i in range(_N):
        values[i + column] += field[i] * field[i] + field[i + _N] * field[i + _N]


@jit
def probe(state, re, im, ordering, along, values, column, field):
    """Fill a column with the symbol of L^+ L, L = sum_l (re - i im)_l J_l^- or along_l J_l^z.

    |sum (re + i im) J^+|^2 + sum ordering Jz + (sum along Jz)^2.
    """
    field[:] = 0.0
    column = np.uint64(column * LANES)
    rows.fill(values, column, 0.0)
    for l in range(state.shape[0]):
        rows.gather(field, re[l], im[l], state[l], X, Y)
        rows.add_scaled(values, column, ordering[l], state[l], Z)
    square(field, values, column)
    if along.any():
        field[:] = 0.0
        for l in range(state.shape[0]):
            rows.add_scaled(field, np.uint64(0), along[l], state[l], Z)
        square(field, values, column)


@_sum
def correlate(state, mask, sums):
    """Add Re, Im of J_k^+ J_l^- (k <= l) and their squares to `sums` (sites, sites, 4)."""
    sites = state.shape[0]
    for k in range(sites):
        rk = state[k]
        for l in range(k, sites):
            rl = state[l]
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


@_sum
def inside(values, column, mask, limit):
    """Whether every lane of a column is a number up to `limit`."""
    outside = 0.0
    for i in range(_N):
        # the comparison is false for what is not a number, too
        outside += 0.0 if values[i + column] <= limit else mask[i]
    return outside == 0.0


@jit
def record(state, mask, fresh, probes, limit, values, field, site_sums, output_sums):
    """Add one output time; return the first site that has left the ball, or -1.

    `probes` is (re, im, ordering, along), each (channels, sites); `site_sums` and `output_sums`
    are (reference, sums, products).
    """
    reference, sums, products, validity = site_sums
    full = QUANTITIES
    for l in range(state.shape[0]):
        weyl(state[l], values)
        if not inside(values, np.uint64(4 * LANES), mask, limit[l]):
            return l
        accumulate(values, 0, full, mask, fresh, reference[l], sums[l], products[l])
        accumulate(
            values,
            full,
            _ALL - full,
            mask,
            fresh,
            reference[l, full:],
            sums[l, full:],
            validity[l],
        )
    re, im, ordering, along = probes
    channels = re.shape[0]
    for k in range(channels):
        probe(state, re[k], im[k], ordering[k], along[k], values, k, field)
    accumulate(values, 0, channels, mask, fresh, output_sums[0], output_sums[1], output_sums[2])
    return -1
