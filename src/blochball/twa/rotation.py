"""Collective terms of any kind: dJ_l = omega_l x J_l (Stratonovich) by the mid-point rule.

Fields are rows of complex numbers in two columns, J^+ = x + i y; what they are made of is in
`blochball.twa.fields`.
"""

from __future__ import annotations

import math

import numpy as np

from blochball.twa.lanes import (
    ALL,
    LANES,
    MX,
    MY,
    TX,
    TY,
    TZ,
    X,
    Y,
    Z,
    add_scaled,
    clear,
    fill,
    uncounted,
    width,
)
from blochball.twa.noise import fill_noise

_U = np.uint64
_N = _U(LANES)
THIRD = 1 / 3


@uncounted
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


@uncounted
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


# -- fields --------------------------------------------------------------------------------------


@uncounted
def gather(total, cr, ci, row, jx, jy):
    """Add (cr + i ci) J^+ of a site to a field of its own (real part, imaginary part)."""
    for i in range(_N):
        total[i] += cr * row[i + jx] - ci * row[i + jy]
        total[i + _N] += cr * row[i + jy] + ci * row[i + jx]


@uncounted
def scatter(row, cr, ci, field):
    """Add (cr + i ci) times a field to the axis of rotation of a site."""
    for i in range(_N):
        row[i + TX] += cr * field[i] - ci * field[i + _N]
        row[i + TY] += cr * field[i + _N] + ci * field[i]


@uncounted
def collective(field, gain, noises):
    """Turn S = sum_l u_l^* J_l^+ into i gain S + noise."""
    for i in range(_N):
        re = field[i]
        field[i] = noises[i] - gain * field[i + _N]
        field[i + _N] = noises[i + _N] + gain * re


@uncounted
def enter(field, jump, cr, ci, noises, halves):
    """Set a travelling field to (cr + i ci) times the noise of a jump; to zero without a jump."""
    if jump >= 0:
        noise = noises[jump]
        n = width(halves)
        for i in range(n):
            field[i] = cr * noise[i] - ci * noise[i + n]
            field[i + n] = cr * noise[i + n] + ci * noise[i]
    else:
        clear(field)


@uncounted
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


@uncounted
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


# -- all sites -----------------------------------------------------------------------------------


@uncounted
def draw_noises(words, shift, strength, step, noises, halves):
    """Fill `noises` with sqrt(G / step) eta of every jump; `strength` is sqrt(G)."""
    for k in range(strength.size):
        scale = strength[k] / math.sqrt(step)
        fill_noise(words[k], shift, scale, noises[k], _U(0), halves)
        fill_noise(words[k], shift + _U(3), scale, noises[k], width(halves), halves)


@uncounted
def draw_areas(words, shift, noises):
    """Fill the third column of `noises` with unit noise of every jump; see `Fields.area`."""
    for k in range(noises.shape[0]):
        fill_noise(words[k], shift + _U(6), 1.0, noises[k], _U(2) * _N, ALL)


@uncounted
def set_axis(state, jx, jy, fields, axis, noises, field):
    """Set TX, TY of every site to omega_l, with J^+ taken from the columns jx, jy.

    `axis` is the constant part of omega.
    """
    for l in range(state.shape[0]):
        fill(state[l], TX, axis[0, l])
        fill(state[l], TY, axis[1, l])
    add_guides(state, jx, jy, fields.guides, noises, field)
    for k in range(fields.ranked.size):
        clear(field)
        for l in range(state.shape[0]):
            gather(field, fields.weights_re[k, l], -fields.weights_im[k, l], state[l], jx, jy)
        collective(field, fields.gains[k], noises[fields.ranked[k]])
        for l in range(state.shape[0]):
            scatter(state[l], fields.weights_re[k, l], fields.weights_im[k, l], field)
    add_exchange(state, jx, jy, fields.exchange_re, fields.exchange_im)


@uncounted
def add_guides(state, jx, jy, guides, noises, field):
    """Add what travels along guides, to the right and to the left, to omega_l."""
    sites = state.shape[0]
    for g in range(guides.gain.size):
        gain, c, s = guides.gain[g], guides.cos[g], guides.sin[g]
        enter(field, guides.jumps[g, 0], guides.left[g, 0], guides.left[g, 1], noises, ALL)
        for l in range(sites):
            emit_carry(field, c, s, gain, state[l], jx, jy)
        enter(field, guides.jumps[g, 1], guides.right[g, 0], guides.right[g, 1], noises, ALL)
        for l in range(sites - 1, -1, -1):
            carry_emit(field, c, s, gain, state[l], jx, jy)


@uncounted
def add_exchange(state, jx, jy, re, im):
    """Add the exchange with every other site to omega_l."""
    for l in range(re.shape[0]):
        for m in range(state.shape[0]):
            a, b = re[l, m], im[l, m]
            if a != 0.0:
                add_scaled(state[l], TX, a, state[m], jx)
                add_scaled(state[l], TY, a, state[m], jy)
            if b != 0.0:
                add_scaled(state[l], TX, -b, state[m], jy)
                add_scaled(state[l], TY, b, state[m], jx)


@uncounted
def rotate(state, step, fields, work):
    """One step of the collective rotation: omega at the mid-point turns J by the whole step."""
    sites, axis, noises, field = state.shape[0], work.axis, work.noises, work.sweeps[0]
    for l in range(sites):
        fill(state[l], TZ, axis[2, l])
        for k in range(fields.turning.size):
            add_scaled(state[l], TZ, work.turning[k, l], noises[fields.turning[k]], _U(0))
        for k in range(fields.area.shape[0]):
            add_scaled(state[l], TZ, fields.area[k, l], noises[k], _U(2) * _N)
    set_axis(state, X, Y, fields, axis, noises, field)
    for l in range(sites):
        predict(state[l], 0.25 * step)
    set_axis(state, MX, MY, fields, axis, noises, field)
    for l in range(sites):
        turn(state[l], 0.5 * step)
