"""The compiled step of the ball form, for one group of lanes.

One step is a Strang splitting: local dissipation for half a step, the collective rotation
dJ_l = omega_l x J_l (Stratonovich) by the mid-point rule, local dissipation for half a step;
neighbouring halves are fused between outputs. Plain arrays in, plain arrays out; the arrays of
`fields` are those of `blochball.twa.fields.Fields`.
"""

from __future__ import annotations

import math

import numpy as np

from blochball.twa import rows
from blochball.twa.rows import (
    ALL,
    HALF,
    LANES,
    MX,
    MY,
    PLANAR_COLUMNS,
    STEPS_PER_WORD,
    TX,
    TY,
    TZ,
    X,
    Y,
    jit,
    width,
)

_U = np.uint64
MANY = 128  # more sites than that are advanced with half of the lanes at a time; see numerics.md


@jit
def sample(state, generator, cloud):
    """Draw initial Bloch vectors; see `rows.sample` and `wigner.clouds`."""
    for l in range(state.shape[0]):
        size, ct, st, cp, sp = cloud[0, l], cloud[1, l], cloud[2, l], cloud[3, l], cloud[4, l]
        rows.sample(state[l], generator, size, ct, st, cp, sp)


# -- local dissipation ---------------------------------------------------------------------------


@jit
def relaxation(rate, duration):
    """(1 - exp(-rate duration)) / rate, also at rate 0."""
    return -math.expm1(-rate * duration) / rate if rate > 0 else duration


@jit
def local_coefficients(size, decay, dephasing, pump, duration, out):
    """Fill `out` (8 numbers) for `rows.local`: exact first and second conditional moments.

    With lambda = (gamma^+ + gamma^-)/2 + 2 gamma^0, kappa = gamma^+ + gamma^-,
    Delta = gamma^+ - gamma^- the Ito drift is (-lambda Jx, -lambda Jy, Delta N/2 - kappa Jz), the
    noise has D_xx = D_yy = N kappa/4 + N gamma^0, D_xz = -Delta Jx/2, D_zz = kappa N/2 - Delta Jz.
    Both are linear, so mean and covariance after any duration are known in closed form
    (docs/derivation.md).
    """
    lam = 0.5 * (pump + decay) + 2 * dephasing
    kap = pump + decay
    delta = pump - decay
    keep_x = math.exp(-lam * duration)
    keep_z = math.exp(-kap * duration)
    once = relaxation(kap, duration)
    rest = 0.5 * size * delta / kap if kap > 0 else 0.0
    sigma = math.sqrt((0.25 * kap + dephasing) * size * relaxation(2 * lam, duration))
    out[0] = keep_x
    out[1] = sigma
    out[2] = keep_z
    out[3] = 0.5 * size * delta * once
    # the covariance of Jz with Jx is -tie sigma Jx, the variance of Jz var0 - var1 Jz
    tie = 0.5 * delta * keep_x * once / sigma if sigma > 0 else 0.0
    out[4] = tie / sigma if sigma > 0 else 0.0
    out[6] = delta * keep_z * once
    out[5] = (0.5 * size * kap - delta * rest) * relaxation(2 * kap, duration) + out[6] * rest
    out[7] = tie * tie


@jit
def local_table(local, duration, table):
    """Fill the coefficients of every site."""
    for l in range(table.shape[0]):
        local_coefficients(local[0, l], local[1, l], local[2, l], local[3, l], duration, table[l])


@jit
def local_step(state, words, shift, local, table, frame, halves):
    """Local dissipation of every site that has some; its noise has the axes of the frame."""
    for l in range(state.shape[0]):
        if local[1, l] > 0 or local[2, l] > 0 or local[3, l] > 0:
            rows.local_turned(
                state[l], words[l], shift, table[l], frame[0, l], -frame[1, l], halves
            )


# -- collective rotation -------------------------------------------------------------------------


@jit
def set_axis(state, jx, jy, fields, noises, field):
    """Set TX, TY of every site to omega_l, with J^+ taken from the columns jx, jy."""
    (axis, _, ranked, gains, re, im, guides, inputs, exchange_re, exchange_im, _, _, _) = fields
    sites = state.shape[0]
    for l in range(sites):
        rows.fill(state[l], TX, axis[0, l])
        rows.fill(state[l], TY, axis[1, l])
    for g in range(guides.shape[0]):
        gain, c, s = guides[g, 0], guides[g, 1], guides[g, 2]
        enter(field, inputs[g, 0], guides[g, 3], guides[g, 4], noises, ALL)
        for l in range(sites):
            rows.emit_carry(field, c, s, gain, state[l], jx, jy)
        enter(field, inputs[g, 1], guides[g, 5], guides[g, 6], noises, ALL)
        for l in range(sites - 1, -1, -1):
            rows.carry_emit(field, c, s, gain, state[l], jx, jy)
    for k in range(ranked.size):
        field[:] = 0.0
        for l in range(sites):
            rows.gather(field, re[k, l], -im[k, l], state[l], jx, jy)
        rows.collective(field, gains[k], noises[ranked[k]])
        for l in range(sites):
            rows.scatter(state[l], re[k, l], im[k, l], field)
    for l in range(exchange_re.shape[0]):
        for m in range(sites):
            a, b = exchange_re[l, m], exchange_im[l, m]
            if a != 0.0:
                rows.add_scaled(state[l], TX, a, state[m], jx)
                rows.add_scaled(state[l], TY, a, state[m], jy)
            if b != 0.0:
                rows.add_scaled(state[l], TX, -b, state[m], jy)
                rows.add_scaled(state[l], TY, b, state[m], jx)


@jit
def enter(field, jump, cr, ci, noises, halves):
    """Let the noise of a jump, times cr + i ci, enter a guide."""
    if jump >= 0:
        rows.enter(field, cr, ci, noises[jump], halves)
    else:
        field[:] = 0.0


@jit
def draw_noises(words, shift, strength, step, noises, halves):
    """Fill `noises` with sqrt(G / step) eta of every jump; `strength` is sqrt(G)."""
    for k in range(strength.size):
        scale = strength[k] / math.sqrt(step)
        rows.noise(words[k], shift, scale, noises[k], _U(0), halves)
        rows.noise(words[k], shift + _U(3), scale, noises[k], width(halves), halves)


@jit
def rotate(state, step, fields, noises, field):
    """One step of the collective rotation by the mid-point rule."""
    axis, turning, turning_weights = fields[0], fields[10], fields[11]
    sites = state.shape[0]
    for l in range(sites):
        rows.fill(state[l], TZ, axis[2, l])
        for k in range(turning.size):
            rows.add_scaled(state[l], TZ, turning_weights[k, l], noises[turning[k]], _U(0))
    set_axis(state, X, Y, fields, noises, field)
    for l in range(sites):
        rows.predict(state[l], 0.25 * step)
    set_axis(state, MX, MY, fields, noises, field)
    for l in range(sites):
        rows.turn(state[l], 0.5 * step)


@jit
def arrival(guide):
    """Return the complex factor of the noise from the left where it reaches the first site."""
    c, s = guide[1], guide[2]
    return c * guide[3] + s * guide[4], c * guide[4] - s * guide[3]


@jit
def into_frame(state, frame, sums, halves):
    """Turn every site into the frame of the right-moving field, and sum J^+."""
    sums[:] = 0.0
    for l in range(state.shape[0]):
        rows.spin(state[l], frame[0, l], frame[1, l], halves)
        rows.collect(sums, state[l], halves)


@jit
def rotate_guided(state, step, fields, noises, sweeps, words, shift, table, halves):
    """`rotate`, then `local_step`, where one travelling field and a constant are all of omega.

    The state is in the frame of the right-moving field; sweeps[2] is the sum of J^+, before and
    after. The table of a site without local dissipation changes nothing.
    """
    axis, guide, inputs, frame = fields[0], fields[6][0], fields[7][0], fields[12]
    gain, cos, sin = guide[0], guide[1], guide[2]
    c, s = cos * cos - sin * sin, 2 * cos * sin
    last = state.shape[0] - 1
    # noise of omega over i gain; what enters from the right, as if one site further
    a, b = arrival(guide)
    from_left = b / gain, -a / gain
    a, b = cos * frame[0, last] - sin * frame[1, last], cos * frame[1, last] + sin * frame[0, last]
    a, b = a * guide[5] - b * guide[6], a * guide[6] + b * guide[5]
    from_right = b / gain, -a / gain
    one, other, ahead = sweeps[0], sweeps[1], sweeps[2]

    enter(other, inputs[0], from_left[0], from_left[1], noises, halves)
    other += ahead
    enter(one, inputs[1], from_right[0], from_right[1], noises, halves)
    ahead[:] = one
    h = 0.25 * step
    for l in range(last, -1, -1):
        ax = h * (frame[0, l] * axis[0, l] - frame[1, l] * axis[1, l])
        ay = h * (frame[0, l] * axis[1, l] + frame[1, l] * axis[0, l])
        rows.sweep_predict(one, other, ahead, c, s, state[l], h * gain, ax, ay, halves)

    other[:] = ahead
    enter(one, inputs[0], from_left[0], from_left[1], noises, halves)
    ahead[:] = 0.0
    h = 0.5 * step
    for l in range(last + 1):
        ax = h * (frame[0, l] * axis[0, l] - frame[1, l] * axis[1, l])
        ay = h * (frame[0, l] * axis[1, l] + frame[1, l] * axis[0, l])
        rows.sweep_axis(one, other, c, s, state[l], h * gain, ax, ay, halves)
        rows.turn_planar(state[l], halves)
        rows.local(state[l], words[l], shift, table[l], halves)
        rows.collect(ahead, state[l], halves)


# -- many steps ---------------------------------------------------------------------------------


@jit
def refresh(random, words, clock, which, halves):
    """Return the shift of the bits for the next step, after new words where they are used up."""
    if clock[which] == STEPS_PER_WORD:
        for k in range(words.shape[0]):
            rows.draw(random, words[k], halves)
        clock[which] = 0
    clock[which] += 1
    return _U(9 * (clock[which] - 1))


@jit
def scratch(sites, jumps):
    """Return what `advance` needs besides the state: words, clock and work."""
    words = (np.zeros((sites, LANES), np.uint64), np.zeros((jumps, LANES), np.uint64))
    clock = np.full(2, STEPS_PER_WORD)
    noises, sweeps = np.zeros((jumps, 2 * LANES)), np.zeros((3, 2 * LANES))
    part = np.zeros((sites if sites > MANY else 0, PLANAR_COLUMNS * LANES // 2))
    return words, clock, (np.zeros((sites, 8)), np.zeros((sites, 8)), noises, sweeps, part)


@jit
def advance(state, random, clock, words, step, count, local, fields, guided, work):
    """Make `count` steps of length `step`.

    `random` is the generator's state, `clock` counts the local and the collective steps that the
    current `words` have served; `work` holds two tables, noises, three fields, and room for half of
    the lanes. All but the state is from `scratch`, and nobody else's.
    """
    local_table(local, 0.5 * step, work[0])
    local_table(local, step, work[1])
    sites, inputs = state.shape[0], fields[7]
    if guided and sites > MANY:
        advance_halves(state, random, clock, words, step, count, local, fields, work)
    elif guided and sites == 1 and inputs[0, 1] < 0:
        advance_single(state, random, clock, words, step, count, local, fields, work)
    elif guided:
        advance_guided(state, random, clock, words, step, count, local, fields, work, ALL)
    else:
        advance_general(state, random, clock, words, step, count, local, fields, work)


@jit
def advance_general(state, random, clock, words, step, count, local, fields, work):
    """`advance`, its tables filled, whatever omega is made of."""
    half, whole, noises, sweeps, _ = work
    site_words, jump_words = words
    strength, frame = fields[1], fields[12]
    shift = refresh(random, site_words, clock, 0, ALL)
    local_step(state, site_words, shift, local, half, frame, ALL)
    for n in range(count):
        shift = refresh(random, jump_words, clock, 1, ALL)
        draw_noises(jump_words, shift, strength, step, noises, ALL)
        rotate(state, step, fields, noises, sweeps[0])
        shift = refresh(random, site_words, clock, 0, ALL)
        table = whole if n < count - 1 else half
        local_step(state, site_words, shift, local, table, frame, ALL)


@jit
def advance_single(state, random, clock, words, step, count, local, fields, work):
    """`advance`, its tables filled, for one ensemble and one decay."""
    half, whole = work[0], work[1]
    axis, strength, guide, frame = fields[0], fields[1], fields[6][0], fields[12]
    site_words, jump_words = words
    row, word, jump = state[0], site_words[0], jump_words[fields[7][0, 0]]
    n1, n2 = arrival(guide)
    scale = 0.5 * math.sqrt(step) * strength[fields[7][0, 0]]
    h = 0.5 * step
    gain, ax, ay, middle, last = h * guide[0], h * axis[0, 0], h * axis[1, 0], whole[0], half[0]
    shift = refresh(random, site_words, clock, 0, ALL)
    local_step(state, site_words, shift, local, half, frame, ALL)
    for n in range(count):
        jump_shift = refresh(random, jump_words, clock, 1, ALL)
        shift = refresh(random, site_words, clock, 0, ALL)
        table = middle if n < count - 1 else last
        rows.single_axis(row, jump, jump_shift, gain, ax, ay, scale * n1, scale * n2)
        rows.turn_planar(row, ALL)
        rows.local(row, word, shift, table, ALL)


@jit
def advance_guided(state, random, clock, words, step, count, local, fields, work, halves):
    """`advance`, its tables filled, where one travelling field and a constant are all of omega.

    Rows of `state`, `words` and `random` are as long as `rows.width` of `halves` asks for.
    """
    half, whole, noises, sweeps, _ = work
    site_words, jump_words = words
    strength, frame = fields[1], fields[12]
    shift = refresh(random, site_words, clock, 0, halves)
    local_step(state, site_words, shift, local, half, frame, halves)
    into_frame(state, frame, sweeps[2], halves)
    for n in range(count):
        shift = refresh(random, jump_words, clock, 1, halves)
        draw_noises(jump_words, shift, strength, step, noises, halves)
        table = whole if n < count - 1 else half
        shift = refresh(random, site_words, clock, 0, halves)
        rotate_guided(state, step, fields, noises, sweeps, site_words, shift, table, halves)
    for l in range(state.shape[0]):
        rows.spin(state[l], frame[0, l], -frame[1, l], halves)


@jit
def advance_halves(state, random, clock, words, step, count, local, fields, work):
    """`advance_guided` for one half of the lanes after the other: the same, bit for bit.

    Each half keeps its words in half of the memory: they are of use to this function only.
    """
    site_words, jump_words = words
    sites, jumps, part = state.shape[0], jump_words.shape[0], work[4]
    site_words, jump_words = site_words.reshape(2, sites, -1), jump_words.reshape(2, jumps, -1)
    seeds = np.empty(LANES, np.uint64)
    begun = clock.copy()
    for h in range(2):
        clock[:] = begun
        take_half(random, seeds, 2, h)
        for l in range(sites):
            take_half(state[l], part[l], 3, h)
        own = (site_words[h], jump_words[h])
        advance_guided(part, seeds, clock, own, step, count, local, fields, work, HALF)
        put_half(random, seeds, 2, h)
        for l in range(sites):
            put_half(state[l], part[l], 3, h)


@jit
def take_half(row, part, columns, h):
    """Copy the first (h = 0) or second half of the lanes of the first columns out of a row."""
    n = width(HALF)
    for c in range(columns):
        for i in range(n):
            part[_U(c) * n + i] = row[_U(2 * c + h) * n + i]


@jit
def put_half(row, part, columns, h):
    """Copy back what `take_half` has taken."""
    n = width(HALF)
    for c in range(columns):
        for i in range(n):
            row[_U(2 * c + h) * n + i] = part[_U(c) * n + i]


@jit
def speed(state, fields, noises, field):
    """Return the largest rate of change by rotation: root mean square over lanes, worst site.

    It has two parts: |omega| itself, and the rate at which a collective amplitude grows or decays,
    G sum_l |w_l|^2 |Jz_l| for a jump and twice the sum over l' of |h_ll' Jz_l'| for an exchange.
    """
    axis, _, _, gains, re, im, guides, _, exchange_re, exchange_im, _, _, _ = fields
    sites = state.shape[0]
    noises[:] = 0.0
    set_axis(state, X, Y, fields, noises, field)
    level = np.zeros(sites)
    turning = 0.0
    for l in range(sites):
        total = 0.0
        for i in range(LANES):
            level[l] += abs(state[l, 2 * LANES + i]) / LANES
            total += state[l, _U(i) + TX] ** 2 + state[l, _U(i) + TY] ** 2
        turning = max(turning, math.sqrt(total / LANES + axis[2, l] ** 2))
    growth = 0.0
    for g in range(guides.shape[0]):
        growth += abs(guides[g, 0]) * level.sum()
    for k in range(gains.size):
        growth += abs(gains[k]) * ((re[k] ** 2 + im[k] ** 2) * level).sum()
    hopping = 0.0
    for l in range(exchange_re.shape[0]):
        total = (np.sqrt(exchange_re[l] ** 2 + exchange_im[l] ** 2) * level).sum()
        hopping = max(hopping, total)
    return turning + growth + hopping
