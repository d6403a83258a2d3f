"""Loops over the lanes of one site: the innermost layer of the ball form.

A lane is one trajectory. All that belongs to a site lies in one flat row of ``COLUMNS * LANES``
numbers: column ``X`` holds J^x of every lane, then come ``Y``, ``Z``, the axis of rotation
``TX, TY, TZ`` and the mid-point ``MX, MY``. Offsets and length are unsigned constants: only then
can the compiler see that columns do not overlap, and turn every loop into vector instructions
(separate arrays: five times slower, measured).
"""

from __future__ import annotations

import math

import numpy as np

from blochball.jit import njit

LANES = 64
_N = np.uint64(LANES)
X, Y, Z, TX, TY, TZ, MX, MY = (np.uint64(k * LANES) for k in range(8))
COLUMNS = 8

# unit variance, fourth moment 3: weak order two asks no more of a noise than that
RARE = 1.8572802003960462  # each sign with probability 1/8
FREQUENT = 0.4283729905961322  # each sign with probability 3/8
THIRD = 1 / 3
STEPS_PER_WORD = 7  # 3 noises of 3 bits a step out of 64 bits

_U = np.uint64
jit = njit(fastmath={"contract", "nsz", "arcp"})


@jit
def draw(state, word):
    """Draw one 64-bit word a lane by xoroshiro128++ (Blackman & Vigna, arXiv:1805.01407)."""
    for i in range(_N):
        a = state[i]
        b = state[i + _N]
        c = a + b
        word[i] = ((c << _U(17)) | (c >> _U(47))) + a
        b ^= a
        state[i] = ((a << _U(49)) | (a >> _U(15))) ^ b ^ (b << _U(21))
        state[i + _N] = (b << _U(28)) | (b >> _U(36))


@jit
def variate(bits):
    """Turn the lowest three bits into a four-valued variate."""
    size = RARE if bits & _U(3) == _U(0) else FREQUENT
    return size if bits & _U(4) == _U(0) else -size


@jit
def noise(word, shift, scale, out, column):
    """Fill a column with scale * variate."""
    for i in range(_N):
        out[i + column] = scale * variate(word[i] >> shift)


@jit
def relaxed(u, v, w, a, b, e, c):
    """Return J after local dissipation over one duration, from J = (u, v, w) and three noises.

    The eight coefficients c are those of `kernels.local_coefficients`.
    """
    keep_x, sigma, keep_z, gain, tie, var0, var1, tie2 = c
    # next to a polarised state the variance can be slightly negative
    variance = max(var0 - var1 * w - tie2 * (u * u + v * v), 0.0)
    return (
        keep_x * u + sigma * a,
        keep_x * v + sigma * b,
        keep_z * w + gain - tie * (u * a + v * b) + math.sqrt(variance) * e,
    )


@jit
def unpack(c):
    """Return the eight coefficients as numbers, so that loops need not look them up."""
    return c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]


@jit
def local(row, word, shift, coefficients):
    """Local decay, dephasing and pump over one duration, with three noises of every word."""
    c = unpack(coefficients)
    for i in range(_N):
        bits = word[i] >> shift
        a, b, e = variate(bits), variate(bits >> _U(3)), variate(bits >> _U(6))
        u, v, w = relaxed(row[i + X], row[i + Y], row[i + Z], a, b, e, c)
        row[i + X], row[i + Y], row[i + Z] = u, v, w


@jit
def local_given(row, noises, coefficients):
    """`local` with noises that are given, three columns."""
    c = unpack(coefficients)
    for i in range(_N):
        a, b, e = noises[i + X], noises[i + Y], noises[i + Z]
        u, v, w = relaxed(row[i + X], row[i + Y], row[i + Z], a, b, e, c)
        row[i + X], row[i + Y], row[i + Z] = u, v, w


@jit
def turn(row, half):
    """Rotate J about the axis T by the Cayley form, which keeps |J| without sin and cos.

    J + 2/(1 + t^2) t x (J + t x J) is a rotation by 2 atan|t|. Half the angle, x = half |T|, is the
    arc tangent of x (1 + x^2 / 3) up to fifth order; with t = half T alone, the noise would turn by
    less than it should, an error of first weak order.
    """
    for i in range(_N):
        a, b, c = half * row[i + TX], half * row[i + TY], half * row[i + TZ]
        q = 1 + (a * a + b * b + c * c) * THIRD
        a, b, c = q * a, q * b, q * c
        u, v, w = row[i + X], row[i + Y], row[i + Z]
        p = u + b * w - c * v
        q = v + c * u - a * w
        r = w + a * v - b * u
        f = 2 / (1 + a * a + b * b + c * c)
        row[i + X] = u + f * (b * r - c * q)
        row[i + Y] = v + f * (c * p - a * r)
        row[i + Z] = w + f * (a * q - b * p)


@jit
def predict(row, half):
    """Put J^x, J^y of `turn` into the mid-point and leave J alone."""
    for i in range(_N):
        a, b, c = half * row[i + TX], half * row[i + TY], half * row[i + TZ]
        u, v, w = row[i + X], row[i + Y], row[i + Z]
        p = u + b * w - c * v
        q = v + c * u - a * w
        r = w + a * v - b * u
        f = 2 / (1 + a * a + b * b + c * c)
        row[i + MX] = u + f * (b * r - c * q)
        row[i + MY] = v + f * (c * p - a * r)


# -- fields: rows of complex numbers in two columns, J^+ = x + i y -------------------------------


@jit
def fill(row, column, value):
    """Set a column to a constant."""
    for i in range(_N):
        row[i + column] = value


@jit
def add_scaled(out, column, factor, source, start):
    """Add factor times a column to another row's column."""
    for i in range(_N):
        out[i + column] += factor * source[i + start]


@jit
def gather(total, cr, ci, row, jx, jy):
    """Add (cr + i ci) J^+ of a site to a field of its own (real part, imaginary part)."""
    for i in range(_N):
        total[i] += cr * row[i + jx] - ci * row[i + jy]
        total[i + _N] += cr * row[i + jy] + ci * row[i + jx]


@jit
def scatter(row, cr, ci, field):
    """Add (cr + i ci) times a field to the axis of rotation of a site."""
    for i in range(_N):
        row[i + TX] += cr * field[i] - ci * field[i + _N]
        row[i + TY] += cr * field[i + _N] + ci * field[i]


@jit
def collective(field, gain, noises):
    """Turn S = sum_l u_l^* J_l^+ into i gain S + noise."""
    for i in range(_N):
        re = field[i]
        field[i] = noises[i] - gain * field[i + _N]
        field[i + _N] = noises[i + _N] + gain * re


@jit
def enter(field, cr, ci, noises):
    """Set a travelling field to (cr + i ci) noise."""
    for i in range(_N):
        field[i] = cr * noises[i] - ci * noises[i + _N]
        field[i + _N] = cr * noises[i + _N] + ci * noises[i]


@jit
def emit_carry(field, c, s, gain, row, jx, jy):
    """Carry a field to a site, let the site emit into it, and add it to the axis.

    field <- exp(-i phase) field + i gain J^+.
    """
    for i in range(_N):
        a, b = field[i], field[i + _N]
        re = c * a + s * b - gain * row[i + jy]
        im = c * b - s * a + gain * row[i + jx]
        row[i + TX] += re
        row[i + TY] += im
        field[i] = re
        field[i + _N] = im


@jit
def carry_emit(field, c, s, gain, row, jx, jy):
    """Carry a field to a site, add it to the axis, then let the site emit into it.

    The way back of `emit_carry`: the site's own emission is in the axis already.
    """
    for i in range(_N):
        a, b = field[i], field[i + _N]
        re = c * a + s * b
        im = c * b - s * a
        row[i + TX] += re
        row[i + TY] += im
        field[i] = re - gain * row[i + jy]
        field[i + _N] = im + gain * row[i + jx]


# -- the same, fused for the planar case of one travelling field ---------------------------------


@jit
def emit_carry_first(field, c, s, gain, row, jx, jy, ax, ay):
    """`emit_carry` to an axis that is (ax, ay) before."""
    for i in range(_N):
        a, b = field[i], field[i + _N]
        re = c * a + s * b - gain * row[i + jy]
        im = c * b - s * a + gain * row[i + jx]
        row[i + TX] = ax + re
        row[i + TY] = ay + im
        field[i] = re
        field[i + _N] = im


@jit
def carry_predict(field, c, s, gain, row, half):
    """`carry_emit` and `predict` about an axis in the x-y plane."""
    for i in range(_N):
        f, g = field[i], field[i + _N]
        re = c * f + s * g
        im = c * g - s * f
        u, v, w = row[i + X], row[i + Y], row[i + Z]
        field[i] = re - gain * v
        field[i + _N] = im + gain * u
        a, b = half * (row[i + TX] + re), half * (row[i + TY] + im)
        r = 2 * (w + a * v - b * u) / (1 + a * a + b * b)
        row[i + MX] = u + b * r
        row[i + MY] = v - a * r


@jit
def carry_turn(field, c, s, gain, row, half):
    """`carry_emit` from the mid-point and `turn` about an axis in the x-y plane."""
    for i in range(_N):
        f, g = field[i], field[i + _N]
        re = c * f + s * g
        im = c * g - s * f
        field[i] = re - gain * row[i + MY]
        field[i + _N] = im + gain * row[i + MX]
        a, b = half * (row[i + TX] + re), half * (row[i + TY] + im)
        u, v, w = row[i + X], row[i + Y], row[i + Z]
        t2 = a * a + b * b
        q = 1 + t2 * THIRD
        p = a * v - b * u
        f = 2 * q / (1 + q * q * t2)
        r = f * (w + q * p)
        row[i + X] = u + b * r
        row[i + Y] = v - a * r
        row[i + Z] = w + f * (p - q * t2 * w)


@jit
def single(row, word, shift, coefficients, half, gain, ax, ay, n1, a1, b1, n2, a2, b2):
    """Rotation and then local dissipation of an ensemble that is alone; nothing leaves registers.

    omega = (ax + i ay) + i gain J^+ + (a1 + i b1) n1 + (a2 + i b2) n2 with rows of noise n1, n2;
    `half` is half a step.
    """
    c = unpack(coefficients)
    for i in range(_N):
        kx = ax + a1 * n1[i] - b1 * n1[i + _N] + a2 * n2[i] - b2 * n2[i + _N]
        ky = ay + a1 * n1[i + _N] + b1 * n1[i] + a2 * n2[i + _N] + b2 * n2[i]
        u, v, w = row[i + X], row[i + Y], row[i + Z]
        a, b = 0.5 * half * (kx - gain * v), 0.5 * half * (ky + gain * u)
        r = 2 * (w + a * v - b * u) / (1 + a * a + b * b)
        a, b = half * (kx - gain * (v - a * r)), half * (ky + gain * (u + b * r))
        t2 = a * a + b * b
        q = 1 + t2 * THIRD
        p = a * v - b * u
        f = 2 * q / (1 + q * q * t2)
        r = f * (w + q * p)
        z = w + f * (p - q * t2 * w)
        bits = word[i] >> shift
        d, e, g = variate(bits), variate(bits >> _U(3)), variate(bits >> _U(6))
        u, v, w = relaxed(u + b * r, v - a * r, z, d, e, g, c)
        row[i + X], row[i + Y], row[i + Z] = u, v, w


@jit
def amplitude(row, word, shift, by_turn, by_local, n1, a1, b1, n2, a2, b2):
    """Add to TX, TY what the noises of the coming `single` add to the linear amplitude of J^+.

    -i omega of the noises, times `by_turn`, and the noise of Jx, Jy, times `by_local`.
    """
    for i in range(_N):
        bits = word[i] >> shift
        kx = a1 * n1[i] - b1 * n1[i + _N] + a2 * n2[i] - b2 * n2[i + _N]
        ky = a1 * n1[i + _N] + b1 * n1[i] + a2 * n2[i + _N] + b2 * n2[i]
        row[i + TX] += by_turn * ky + by_local * variate(bits)
        row[i + TY] += by_local * variate(bits >> _U(3)) - by_turn * kx
