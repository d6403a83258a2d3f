"""Collective terms along one guide, in two sweeps: the planar case.

One travelling field and a constant in the x-y plane are all of omega in a waveguide and in a laser.
In the frame of the right-moving field, exp(i phase l) J_l^+, only the left-moving one picks up
phases: cos and sin of twice the phase. Fields are sums of J^+ here: omega = axis + i gain
(right + left). A sweep builds up the field that it goes along with and takes the other one back
to where it came from. That end is known, because the sweep before, which ran the other way, summed
the field of the vectors that it wrote, `ahead`. So fields are never stored, and a step reads and
writes every site twice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from blochball.twa.lanes import (
    LANES,
    MX,
    MY,
    X,
    Y,
    Z,
    clear,
    columns,
    copy,
    turned,
    uncounted,
    width,
)
from blochball.twa.local import local
from blochball.twa.noise import variate
from blochball.twa.rotation import THIRD, enter

_U = np.uint64
_N = _U(LANES)


class Planar(NamedTuple):
    """omega = (x + i y) + i gain J^+, times a part of the step."""

    x: float
    y: float
    gain: float


@uncounted
def spin(row, c, s, halves):
    """Turn J about z: J^+ <- (c + i s) J^+."""
    n = width(halves)
    jx, jy, _, _, _ = columns(n)
    for i in range(n):
        row[i + jx], row[i + jy] = turned(c, s, row[i + jx], row[i + jy])


@uncounted
def collect(field, row, halves):
    """Add J^+ to a field."""
    n = width(halves)
    jx, jy, _, _, _ = columns(n)
    for i in range(n):
        field[i] += row[i + jx]
        field[i + n] += row[i + jy]


@uncounted
def moved(u, v, w, a, b):
    """Return J^x, J^y of `rotation.predict` about an axis in the plane, half step times axis."""
    r = 2 * (w + a * v - b * u)
    return u + b * r, v - a * r


@uncounted
def turn_planar(row, halves):
    """`rotation.turn` about an axis in the plane: half the step times axis, where MX, MY were."""
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


@uncounted
def single_axis(row, word, shift, omega, n1, n2):
    """Put omega at the mid-point of a lone ensemble where its mid-point would be.

    `omega` is half the step long, and so is (n1 + i n2) (noise of its jump), which is added.
    """
    for i in range(_N):
        bits = word[i] >> shift
        d, e = variate(bits), variate(bits >> _U(3))
        kx, ky = omega.x + n1 * d - n2 * e, omega.y + n1 * e + n2 * d
        u, v, w = row[i + X], row[i + Y], row[i + Z]
        x, y = moved(u, v, w, 0.5 * (kx - omega.gain * v), 0.5 * (ky + omega.gain * u))
        row[i + MX], row[i + MY] = kx - omega.gain * y, ky + omega.gain * x


@uncounted
def sweep_predict(left, right, ahead, row, phase, omega, halves):
    """Put J^x, J^y after half a step into the mid-point, from the last site to the first.

    `left` and `ahead`, the left-moving field of the mid-points, include this site's J^+ on return;
    `right` includes it on entry and excludes it on return. `phase` is cos and sin; `omega` is a
    quarter of the step long.
    """
    c, s = phase
    n = width(halves)
    jx, jy, jz, mx, my = columns(n)
    for i in range(n):
        u, v, w = row[i + jx], row[i + jy], row[i + jz]
        f, g = left[i], left[i + n]
        f, g = c * f + s * g, c * g - s * f
        p, q = right[i], right[i + n]
        a, b = omega.x - omega.gain * (q + g), omega.y + omega.gain * (p + f)
        left[i], left[i + n] = f + u, g + v
        right[i], right[i + n] = p - u, q - v
        x, y = moved(u, v, w, a, b)
        row[i + mx], row[i + my] = x, y
        f, g = ahead[i], ahead[i + n]
        ahead[i], ahead[i + n] = c * f + s * g + x, c * g - s * f + y


@uncounted
def sweep_axis(right, left, row, phase, omega, halves):
    """Replace the mid-point by omega of all mid-points, from the first site to the last.

    `right` includes this site's J^+ on return; `left` includes it on entry and excludes it on
    return. `omega` is half of the step long.
    """
    c, s = phase
    n = width(halves)
    _, _, _, mx, my = columns(n)
    for i in range(n):
        x, y = row[i + mx], row[i + my]
        f, g = right[i] + x, right[i + n] + y
        right[i], right[i + n] = f, g
        p, q = left[i] - x, left[i + n] - y
        row[i + mx], row[i + my] = omega.x - omega.gain * (g + q), omega.y + omega.gain * (f + p)
        left[i], left[i + n] = c * p - s * q, c * q + s * p


@uncounted
def arrival(guides):
    """Return the complex factor of the noise from the left where it reaches the first site."""
    c, s = guides.cos[0], guides.sin[0]
    a, b = guides.left[0, 0], guides.left[0, 1]
    return c * a + s * b, c * b - s * a


@uncounted
def into_frame(state, frame, sums, halves):
    """Turn every site into the frame of the right-moving field, and sum J^+."""
    clear(sums)
    for l in range(state.shape[0]):
        spin(state[l], frame[0, l], frame[1, l], halves)
        collect(sums, state[l], halves)


@uncounted
def out_of_frame(state, frame, halves):
    """Turn every site back."""
    for l in range(state.shape[0]):
        spin(state[l], frame[0, l], -frame[1, l], halves)


@uncounted
def entering(fields, last):
    """Return the factors of the noise that enters from the left and from the right.

    Fields are omega over i gain here; what enters from the right does so one site further.
    """
    guides, frame = fields.guides, fields.frame
    gain, cos, sin = guides.gain[0], guides.cos[0], guides.sin[0]
    a, b = arrival(guides)
    from_left = b / gain, -a / gain
    a, b = cos * frame[0, last] - sin * frame[1, last], cos * frame[1, last] + sin * frame[0, last]
    c, d = guides.right[0, 0], guides.right[0, 1]
    a, b = a * c - b * d, a * d + b * c
    return from_left, (b / gain, -a / gain)


@uncounted
def omega_in_frame(fields, axis, l, part):
    """Return what is constant in omega of a site, in the frame, times a part of the step."""
    cos, sin = fields.frame[0, l], fields.frame[1, l]
    x = part * (cos * axis[0, l] - sin * axis[1, l])
    y = part * (cos * axis[1, l] + sin * axis[0, l])
    return Planar(x, y, part * fields.guides.gain[0])


@uncounted
def rotate_guided(lanes, step, fields, work, shift, table, halves):
    """`rotation.rotate`, then local dissipation, in two sweeps.

    The state is in the frame of the right-moving field; work.sweeps[2] is the sum of J^+, before
    and after. The table of a site without local dissipation changes nothing.
    """
    state, words, axis = lanes.state, lanes.site_words, work.axis
    jumps, cos, sin = fields.guides.jumps, fields.guides.cos[0], fields.guides.sin[0]
    phase = cos * cos - sin * sin, 2 * cos * sin
    last = state.shape[0] - 1
    (a, b), (c, d) = entering(fields, last)
    one, other, ahead = work.sweeps[0], work.sweeps[1], work.sweeps[2]

    enter(other, jumps[0, 0], a, b, work.noises, halves)
    for i in range(other.size):
        other[i] += ahead[i]
    enter(one, jumps[0, 1], c, d, work.noises, halves)
    copy(one, ahead)
    for l in range(last, -1, -1):
        omega = omega_in_frame(fields, axis, l, 0.25 * step)
        sweep_predict(one, other, ahead, state[l], phase, omega, halves)

    copy(ahead, other)
    enter(one, jumps[0, 0], a, b, work.noises, halves)
    clear(ahead)
    for l in range(last + 1):
        omega = omega_in_frame(fields, axis, l, 0.5 * step)
        sweep_axis(one, other, state[l], phase, omega, halves)
        turn_planar(state[l], halves)
        local(state[l], words[l], shift, table[l], halves)
        collect(ahead, state[l], halves)
