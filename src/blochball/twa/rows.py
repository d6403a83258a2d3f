"""Loops over the lanes of one site: the innermost layer of the ball form.

A lane is one trajectory. All that belongs to a site lies in one flat row of ``COLUMNS * LANES``
numbers: column ``X`` holds J^x of every lane, then come ``Y``, ``Z``, the mid-point ``MX, MY`` and
the axis of rotation ``TX, TY, TZ``, which guided states do without. Offsets and length are unsigned
constants: only then can the compiler see that columns do not overlap, and turn every loop into
vector instructions (separate arrays: five times slower, measured).

What the guided step of a long chain needs can do half of the lanes, in rows half as long, so that
all sites stay in the cache. Such loops are told by a tuple, `halves`, which is HALF or ALL: numba
compiles for its length, so that the number of lanes is a constant again (see `width`).

Loops are short on purpose. Within a lane everything waits for everything before it, quotients and
roots above all, and a processor only looks some 250 instructions ahead: one long loop keeps two
vectors of lanes in flight, three short ones keep six, which is worth more than the loads and stores
between them (1.5 times faster, measured).
"""

from __future__ import annotations

import math

import numpy as np

from blochball.support.jit import njit

LANES = 64
_N = np.uint64(LANES)
ALL, HALF = (0, 1), (0,)  # only their lengths count
X, Y, Z, MX, MY, TX, TY, TZ = (np.uint64(k * LANES) for k in range(8))
COLUMNS = 8
PLANAR_COLUMNS = 5  # the first of them are all that the planar case below needs

# unit variance, fourth moment 3: weak order two asks no more of a noise than that
RARE = 1.8572802003960462  # each sign with probability 1/8
FREQUENT = 0.4283729905961322  # each sign with probability 3/8
THIRD = 1 / 3
STEPS_PER_WORD = 7  # 3 noises of 3 bits a step out of 64 bits

_U = np.uint64
jit = njit(fastmath={"contract", "nsz", "arcp"})


@jit
def columns(n):
    """Return where the columns of J^x, J^y, J^z and of the mid-point begin in rows of n lanes."""
    return _U(0), n, _U(2) * n, _U(3) * n, _U(4) * n


@jit
def width(halves):
    """Return the number of lanes: half of LANES for each entry of the tuple."""
    return _U(len(halves) * LANES // 2)


@jit
def draw(state, word, halves):
    """Draw one 64-bit word a lane by xoroshiro128++ (Blackman & Vigna, arXiv:1805.01407)."""
    n = width(halves)
    for i in range(n):
        a = state[i]
        b = state[i + n]
        c = a + b
        word[i] = ((c << _U(17)) | (c >> _U(47))) + a
        b ^= a
        state[i] = ((a << _U(49)) | (a >> _U(15))) ^ b ^ (b << _U(21))
        state[i + n] = (b << _U(28)) | (b >> _U(36))


@jit
def sample(row, generator, size, ct, st, cp, sp):
    """Draw Bloch vectors of a coherent spin state (cos and sin of its polar angle and azimuth).

    In the frame of the polarised state the two transverse components are Gaussian with variance
    N/4 and the length is sharp, |J|^2 = N/2 (N/2 + 1).
    """
    sigma, length2 = math.sqrt(size / 4), size / 2 * (size / 2 + 1)
    for i in range(_N):
        row[i + X] = sigma * generator.standard_normal()
        row[i + Y] = sigma * generator.standard_normal()
    for i in range(_N):
        a, b = row[i + X], row[i + Y]
        # for a handful of emitters the Gaussian can reach past the sphere
        along = math.sqrt(max(length2 - a * a - b * b, 0.0))
        u = ct * a + st * along
        row[i + X], row[i + Y], row[i + Z] = cp * u - sp * b, sp * u + cp * b, ct * along - st * a


@jit
def sizes(scale):
    """Return scale times the two sizes of a variate."""
    return scale * RARE, scale * FREQUENT


@jit
def variate(bits, rare=RARE, frequent=FREQUENT):
    """Turn the lowest three bits into a four-valued variate, of unit variance or other `sizes`."""
    size = rare if bits & _U(3) == _U(0) else frequent
    return size if bits & _U(4) == _U(0) else -size


@jit
def noise(word, shift, scale, out, column, halves):
    """Fill a column with scale times a variate."""
    n = width(halves)
    rare, frequent = sizes(scale)
    for i in range(n):
        out[i + column] = variate(word[i] >> shift, rare, frequent)


@jit
def relaxed(u, v, w, a, b, e, c):
    """Return J after local dissipation over one duration, from J = (u, v, w) and three noises.

    The eight coefficients c are those of `kernels.local_coefficients`; a and b are noises times
    c[1], e is one of unit variance.
    """
    keep_x, _, keep_z, gain, tie, var0, var1, tie2 = c
    # next to a polarised state the variance can be slightly negative
    variance = max(var0 - var1 * w - tie2 * (u * u + v * v), 0.0)
    return (
        keep_x * u + a,
        keep_x * v + b,
        keep_z * w + gain - tie * (u * a + v * b) + math.sqrt(variance) * e,
    )


@jit
def unpack(c):
    """Return the eight coefficients as numbers, so that loops need not look them up."""
    return c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]


@jit
def local(row, word, shift, coefficients, halves):
    """Local decay, dephasing and pump over one duration, with three noises of every word."""
    n = width(halves)
    jx, jy, jz, _, _ = columns(n)
    c = unpack(coefficients)
    rare, frequent = sizes(c[1])
    for i in range(n):
        bits = word[i] >> shift
        a, b = variate(bits, rare, frequent), variate(bits >> _U(3), rare, frequent)
        e = variate(bits >> _U(6))
        u, v, w = relaxed(row[i + jx], row[i + jy], row[i + jz], a, b, e, c)
        row[i + jx], row[i + jy], row[i + jz] = u, v, w


@jit
def local_turned(row, word, shift, coefficients, cos, sin, halves):
    """`local` with the noise of J^+ times cos + i sin: other trajectories of the same law."""
    n = width(halves)
    jx, jy, jz, _, _ = columns(n)
    c = unpack(coefficients)
    rare, frequent = sizes(c[1])
    for i in range(n):
        bits = word[i] >> shift
        d, g = variate(bits, rare, frequent), variate(bits >> _U(3), rare, frequent)
        a, b = cos * d - sin * g, cos * g + sin * d
        e = variate(bits >> _U(6))
        u, v, w = relaxed(row[i + jx], row[i + jy], row[i + jz], a, b, e, c)
        row[i + jx], row[i + jy], row[i + jz] = u, v, w


@jit
def local_given(row, noises, coefficients):
    """`local` with noises that are given, three columns."""
    c = unpack(coefficients)
    for i in range(_N):
        a, b, e = c[1] * noises[i + X], c[1] * noises[i + Y], noises[i + Z]
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
    """Put J^x, J^y of `turn` into the mid-point, to second order, and leave J alone.

    The mid-point enters omega times the step, so that the third order is not missed.
    """
    for i in range(_N):
        a, b, c = half * row[i + TX], half * row[i + TY], half * row[i + TZ]
        u, v, w = row[i + X], row[i + Y], row[i + Z]
        p = u + b * w - c * v
        q = v + c * u - a * w
        r = w + a * v - b * u
        row[i + MX] = u + 2 * (b * r - c * q)
        row[i + MY] = v + 2 * (c * p - a * r)


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
def enter(field, cr, ci, noises, halves):
    """Set a travelling field to (cr + i ci) noise."""
    n = width(halves)
    for i in range(n):
        field[i] = cr * noises[i] - ci * noises[i + n]
        field[i + n] = cr * noises[i + n] + ci * noises[i]


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


# -- the planar case: one travelling field and a constant in the x-y plane are all of omega --------
#
# In the frame of the right-moving field, exp(i phase l) J_l^+, only the left-moving one picks up
# phases: cos, sin = c, s of twice the phase. Fields are sums of J^+ here: omega = axis + i gain
# (right + left). A sweep builds up the field that it goes along with and takes the other one back
# to where it came from: its end is known, because the sweep before, which ran the other way, summed
# the field that the vectors it wrote will give, `ahead`. So fields are never stored, and a step
# reads and writes every site twice.


@jit
def spin(row, c, s, halves):
    """Turn J about z: J^+ <- (c + i s) J^+."""
    n = width(halves)
    jx, jy, _, _, _ = columns(n)
    for i in range(n):
        u, v = row[i + jx], row[i + jy]
        row[i + jx], row[i + jy] = c * u - s * v, c * v + s * u


@jit
def collect(field, row, halves):
    """Add J^+ to a field."""
    n = width(halves)
    jx, jy, _, _, _ = columns(n)
    for i in range(n):
        field[i] += row[i + jx]
        field[i + n] += row[i + jy]


@jit
def sweep_predict(left, right, ahead, c, s, row, gain, ax, ay, halves):
    """Put J^x, J^y after half a step into the mid-point, from the last site to the first.

    `left` and `ahead`, the left-moving field of the mid-points, get the site's J^+ on leaving it;
    `right` comes with it and loses it. `gain`, `ax`, `ay` are those of omega times a quarter step.
    """
    n = width(halves)
    jx, jy, jz, mx, my = columns(n)
    for i in range(n):
        u, v, w = row[i + jx], row[i + jy], row[i + jz]
        f, g = left[i], left[i + n]
        f, g = c * f + s * g, c * g - s * f
        p, q = right[i], right[i + n]
        a, b = ax - gain * (q + g), ay + gain * (p + f)
        left[i], left[i + n] = f + u, g + v
        right[i], right[i + n] = p - u, q - v
        x, y = moved(u, v, w, a, b)
        row[i + mx], row[i + my] = x, y
        f, g = ahead[i], ahead[i + n]
        ahead[i], ahead[i + n] = c * f + s * g + x, c * g - s * f + y


@jit
def sweep_axis(right, left, c, s, row, gain, ax, ay, halves):
    """Replace the mid-point by omega that the mid-points make, from the first site to the last.

    `right` gets the site's J^+ on arrival, `left` comes with it and loses it first. `gain`, `ax`,
    `ay` are those of omega times half the step.
    """
    n = width(halves)
    _, _, _, mx, my = columns(n)
    for i in range(n):
        x, y = row[i + mx], row[i + my]
        f, g = right[i] + x, right[i + n] + y
        right[i], right[i + n] = f, g
        p, q = left[i] - x, left[i + n] - y
        row[i + mx], row[i + my] = ax - gain * (g + q), ay + gain * (f + p)
        left[i], left[i + n] = c * p - s * q, c * q + s * p


@jit
def single_axis(row, word, shift, gain, ax, ay, n1, n2):
    """Put omega at the mid-point of an ensemble that is alone where its mid-point would be.

    omega = (ax + i ay) + i gain J^+ + (n1 + i n2) (noise of its jump), all times half the step.
    """
    for i in range(_N):
        bits = word[i] >> shift
        d, e = variate(bits), variate(bits >> _U(3))
        kx, ky = ax + n1 * d - n2 * e, ay + n1 * e + n2 * d
        u, v, w = row[i + X], row[i + Y], row[i + Z]
        x, y = moved(u, v, w, 0.5 * (kx - gain * v), 0.5 * (ky + gain * u))
        row[i + MX], row[i + MY] = kx - gain * y, ky + gain * x


@jit
def moved(u, v, w, a, b):
    """Return J^x, J^y of `predict` for an axis in the plane, given half step times axis."""
    r = 2 * (w + a * v - b * u)
    return u + b * r, v - a * r


@jit
def turn_planar(row, halves):
    """`turn` about an axis in the plane that is, times half the step, where the mid-point was."""
    n = width(halves)
    jx, jy, jz, mx, my = columns(n)
    for i in range(n):
        a, b = row[i + mx], row[i + my]
        u, v, w = row[i + jx], row[i + jy], row[i + jz]
        t2 = a * a + b * b
        q = 1 + t2 * THIRD
        p = a * v - b * u
        f = 2 * q / (1 + q * q * t2)
        r = f * (w + q * p)
        row[i + jx], row[i + jy], row[i + jz] = u + b * r, v - a * r, w + f * (p - q * t2 * w)


@jit
def amplitude(row, word, shift, by_local, jump, jump_shift, n1, n2):
    """Add to TX, TY what the noises of the coming step add to the linear amplitude of J^+.

    The noise of Jx, Jy times `by_local`, and -i (n1 + i n2) (noise of the jump).
    """
    for i in range(_N):
        bits = jump[i] >> jump_shift
        d, e = variate(bits), variate(bits >> _U(3))
        bits = word[i] >> shift
        row[i + TX] += n1 * e + n2 * d + by_local * variate(bits)
        row[i + TY] += n2 * e - n1 * d + by_local * variate(bits >> _U(3))
