"""The compiled step of Eq. (6) in its four variables: a pair of complex amplitudes an ensemble.

    a = sqrt(R + M) exp(-i (phi + psi) / 2),    b = sqrt(R - M) exp(i (phi - psi) / 2),

with R = 𝒥 + 1/2 and M = R cos(theta). That is all of (phi, theta, psi, 𝒥) without the singular
points of Euler angles. The bracket becomes {a, a*} = {b, b*} = -i, the symbols of the jumps are
polynomials of degree two times a function of R, and Eq. (6) says that each ensemble follows the
Hamiltonian Re sum_k L_k xi_k with xi_k = sqrt(r_k) eta_k + i r_k L_k* (Stratonovich).

A step is a Strang splitting: local jumps for half of it, the rotation by all collective terms,
local jumps for half of it; neighbouring halves are fused between outputs. See docs/derivation.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.jit import njit
from blochball.twa import weyl

# width in R of the layers next to 𝒥 = 0 and N/2 + 1/2 in which psi turns infinitely fast
LAYER = 0.02

# One flat row of numbers a site: column after column, LANES trajectories each. Real and imaginary
# part of a complex number are neighbouring columns. Unsigned constants let the compiler see that
# columns do not overlap, so that loops over the lanes become vector instructions.
LANES = 64
_N = np.uint64(LANES)
A, B, OMEGA, UP, Z, OMEGA_Z = (np.uint64(LANES * k) for k in (0, 2, 4, 6, 8, 9))
_NOISE = tuple(np.uint64(LANES * k) for k in range(10, 28, 2))
D1, D2, D3, E1, E2, E3, P1, P2, P3 = _NOISE  # decay, dephasing, pump; j = -1, 0, 1
COLUMNS = 28

_HALF = math.sqrt(0.5)  # complex numbers are multiplied, as divisions by a float are slow

jit = njit(fastmath={"contract", "nsz", "arcp"})
_amplitude_squared = jit(weyl.amplitude_squared)


class Couplings(NamedTuple):
    """Numbers of a System as the kernels take them."""

    size: NDArray[np.float64]  # (sites,)
    local: NDArray[np.float64]  # (sites, 3): decay, dephasing, pump
    detuning: NDArray[np.float64]  # (sites,)
    drive: NDArray[np.complex128]  # (sites,)
    exchange: NDArray[np.complex128]  # (sites, sites), or (0, 0) if there is none
    rate: NDArray[np.float64]  # (jumps,)
    kind: NDArray[np.int64]  # (jumps,): -1, 0, 1
    weight: NDArray[np.complex128]  # (jumps, sites)


@jit
def norm(amplitude):
    """|amplitude|^2, without the square root that abs would take."""
    return amplitude.real * amplitude.real + amplitude.imag * amplitude.imag


@jit
def get(row, column, i):
    """Return the complex number of a column in lane i."""
    return complex(row[i + column], row[i + column + _N])


@jit
def put(row, column, i, value):
    """Store a complex number into a column in lane i."""
    row[i + column] = value.real
    row[i + column + _N] = value.imag


@jit
def draw(generator, duration, noise):
    """Fill with increments of white noises; a complex one has two real ones of unit strength."""
    scale = math.sqrt(duration)
    for i in range(noise.size):
        noise[i] = scale * generator.standard_normal()


@jit
def increment(symbol, rate, noise, duration):
    """Return xi dt = sqrt(r) eta dt + i r L* dt of one jump."""
    return math.sqrt(rate) * noise + 1j * (rate * duration) * symbol.conjugate()


@jit
def cayley(angle):
    """Phase factor exp(-i angle) up to O(angle^3), exactly of modulus one."""
    half = 0.5 * angle
    scale = 2 / (1 + half * half)
    return complex(scale - 1, -scale * half)


# -- local jumps -----------------------------------------------------------------------------------


@jit
def jump_coefficient(j, size, length):
    """Return X_j / (2 R) and its derivative by R; l^{jq} is this times a monomial in a and b.

    The derivative is 0 within LAYER of the end of the range, where the symbol has a branch point.
    """
    length = max(length, 0.5)
    value = math.sqrt(max(_amplitude_squared(j, size, length), 0.0)) / (2 * length)
    upper, lower = size + 2 - 2 * j * length, 2 * length + j
    slope = 1 / max(lower, LAYER) - j / max(upper, LAYER) - 1.5 / length
    return value, value * slope if min(upper, lower) > 2 * LAYER else 0.0


@jit
def ladder(a, b, rate, coefficients, noise, duration):
    """Return what the jumps j = -1, 0, 1 of the pump do; the decay's are those with b, a."""
    below, middle, above = coefficients
    symbol = a.conjugate() * b
    xi = increment(middle[0] * symbol, rate, noise[1], duration)
    mix = 0.5 * middle[0] * xi
    turn = middle[1] * (symbol * xi).real
    symbol = _HALF * a.conjugate() * a.conjugate()
    xi = increment(above[0] * symbol, rate, noise[2], duration)
    pair_a = _HALF * above[0] * xi
    turn += above[1] * (symbol * xi).real
    symbol = _HALF * b * b
    xi = increment(below[0] * symbol, rate, noise[0], duration)
    pair_b = _HALF * below[0] * xi.conjugate()
    turn += below[1] * (symbol * xi).real
    return mix, pair_a, pair_b, turn


@jit
def phase(a, b, rate, coefficients, noise, duration):
    """Return what the jumps j = -1, 0, 1 of the dephasing do."""
    below, middle, above = coefficients
    symbol = complex(norm(a) - norm(b), 0.0)
    xi = increment(middle[0] * symbol, rate, noise[1], duration)
    split = middle[0] * xi.real
    turn = middle[1] * (symbol * xi).real
    symbol = 2 * _HALF * a.conjugate() * b.conjugate()
    xi = increment(above[0] * symbol, rate, noise[2], duration)
    pair = _HALF * above[0] * xi
    turn += above[1] * (symbol * xi).real
    symbol = -2 * _HALF * a * b
    xi = increment(below[0] * symbol, rate, noise[0], duration)
    pair -= _HALF * below[0] * xi.conjugate()
    turn += below[1] * (symbol * xi).real
    return split, pair, turn


@jit
def iterate(a, b, mid_a, mid_b, size, rates, noises, duration):
    """One fixed-point iteration of `local_step`: end points and the phase left to apply."""
    length = 0.5 * (norm(mid_a) + norm(mid_b))
    coefficients = (
        jump_coefficient(-1, size, length),
        jump_coefficient(0, size, length),
        jump_coefficient(1, size, length),
    )
    decay, dephasing, pump = rates
    split, turn = 0.0, 0.0
    mix, pair_a, pair_b, pair = 0j, 0j, 0j, 0j
    if pump > 0:
        mix, pair_a, pair_b, turn = ladder(mid_a, mid_b, pump, coefficients, noises[2], duration)
    if decay > 0:
        found = ladder(mid_b, mid_a, decay, coefficients, noises[0], duration)
        mix += found[0].conjugate()
        pair_b += found[1]
        pair_a += found[2]
        turn += found[3]
    if dephasing > 0:
        split, pair, more = phase(mid_a, mid_b, dephasing, coefficients, noises[1], duration)
        turn += more
    half_turn = cayley(0.25 * turn)
    conj_a, conj_b = mid_a.conjugate(), mid_b.conjugate()
    start_a, start_b = a * half_turn, b * half_turn
    end_a = start_a - 1j * (split * mid_a + mix * mid_b + pair_a * conj_a + pair * conj_b)
    end_b = start_b - 1j * (
        mix.conjugate() * mid_a - split * mid_b + pair_b * conj_b + pair * conj_a
    )
    return start_a, start_b, end_a, end_b, half_turn


@jit
def local_step(a, b, size, rates, noises, duration):
    """Advance one ensemble under its local jumps (Eq. 6, Stratonovich).

    Implicit mid-point rule, in three fixed-point iterations, for the flow of Re sum_k L_k xi_k,

        da = -i (split a + mix b  + pair_a a* + pair b*) - (i/2) turn a
        db = -i (mix* a - split b + pair_b b* + pair a*) - (i/2) turn b ;

    `turn`, which comes from the dependence of the coefficients on R and can be arbitrarily large,
    only moves psi and is applied as a phase, half of it before and half of it after the rest.

    Parameters
    ----------
    a, b : complex
        Amplitudes.
    size : float
        Emitters N.
    rates : tuple of 3 floats
        Decay, dephasing, pump.
    noises : tuple of 3 tuples of 3 complex
        Increments of eta_k by kind and by j = -1, 0, 1; <|noise|^2> = 2 duration.
    duration : float
        Of the step.

    Returns
    -------
    tuple of complex
        a and b after the step.
    """
    mid_a, mid_b = a, b
    xa, xb, ya, yb, half_turn = iterate(a, b, mid_a, mid_b, size, rates, noises, duration)
    mid_a, mid_b = 0.5 * (xa + ya), 0.5 * (xb + yb)
    xa, xb, ya, yb, half_turn = iterate(a, b, mid_a, mid_b, size, rates, noises, duration)
    mid_a, mid_b = 0.5 * (xa + ya), 0.5 * (xb + yb)
    xa, xb, ya, yb, half_turn = iterate(a, b, mid_a, mid_b, size, rates, noises, duration)
    return ya * half_turn, yb * half_turn


@jit
def local_row(row, size, rates, duration):
    """`local_step` in every lane of a site."""
    for i in range(_N):
        noises = (
            (get(row, D1, i), get(row, D2, i), get(row, D3, i)),
            (get(row, E1, i), get(row, E2, i), get(row, E3, i)),
            (get(row, P1, i), get(row, P2, i), get(row, P3, i)),
        )
        a, b = local_step(get(row, A, i), get(row, B, i), size, rates, noises, duration)
        put(row, A, i, a)
        put(row, B, i, b)


# -- collective jumps and the Hamiltonian ----------------------------------------------------------


@jit
def shrink(a, b):
    """Return kappa / R, the Bloch vector's length over R, and its derivative by R."""
    length = max(0.5 * (norm(a) + norm(b)), 0.5)
    square = 1 - 0.25 / (length * length)
    value = math.sqrt(square)
    return value, 0.25 / (length * length * length * max(value, 1e-6))


@jit
def rotate(a, b, omega, omega_z):
    """Turn a spinor by the Cayley form of exp(-(i/2) omega . sigma): |a|^2 + |b|^2 is conserved.

    A quarter of the angle, x, is replaced by x (1 + x^2 / 3), whose arc tangent it is up to fifth
    order; otherwise the noise would turn by less than it should.
    """
    square = (norm(omega) + omega_z * omega_z) / 16
    quarter = 0.25 * (1 + square / 3)
    tilt, twist = quarter * omega, quarter * omega_z
    mix = 2 / (1 + norm(tilt) + twist * twist)
    keep = mix - 1
    return (
        keep * a - 1j * mix * (twist * a + tilt.conjugate() * b),
        keep * b - 1j * mix * (tilt * a - twist * b),
    )


@jit
def observe(row, turned):
    """Fill in the symbols J^+ and J^z, of the state as it is or turned by the field."""
    for i in range(_N):
        a, b = get(row, A, i), get(row, B, i)
        scale = shrink(a, b)[0]
        if turned:
            a, b = rotate(a, b, scale * get(row, OMEGA, i), scale * row[i + OMEGA_Z])
        put(row, UP, i, scale * a.conjugate() * b)
        row[i + Z] = 0.5 * scale * (norm(a) - norm(b))


@jit
def turn_row(row):
    """Turn the state by the field."""
    for i in range(_N):
        a, b = get(row, A, i), get(row, B, i)
        scale, slope = shrink(a, b)
        omega, omega_z = get(row, OMEGA, i), row[i + OMEGA_Z]
        a, b = rotate(a, b, scale * omega, scale * omega_z)
        # what the collective symbols do to psi: nothing that could be seen, but part of Eq. (6)
        along = (omega * a * b.conjugate()).real + 0.5 * omega_z * (norm(a) - norm(b))
        phase = cayley(0.5 * slope * along)
        put(row, A, i, a * phase)
        put(row, B, i, b * phase)


@jit
def add_site(row, symbol, kind, weight):
    """Add a site's part of the symbol of a collective jump."""
    for i in range(_N):
        if kind == 0:
            put(symbol, A, i, get(symbol, A, i) + weight * row[i + Z])
        else:
            up = get(row, UP, i)
            put(symbol, A, i, get(symbol, A, i) + weight * (up if kind == 1 else up.conjugate()))


@jit
def add_jump(row, symbol, noise, rate, kind, weight, fraction, step):
    """Add what a collective jump does to the field at a site."""
    for i in range(_N):
        xi = increment(get(symbol, A, i), rate, get(noise, A, i), step)
        part = fraction * weight * xi
        if kind == 0:
            row[i + OMEGA_Z] += part.real
        else:
            put(row, OMEGA, i, get(row, OMEGA, i) + (part.conjugate() if kind == 1 else part))


@jit
def add_exchange(row, other, strength):
    """Add what the exchange with another site does to the field at a site."""
    for i in range(_N):
        put(row, OMEGA, i, get(row, OMEGA, i) + strength * get(other, UP, i))


@jit
def field(state, symbol, noises, fraction, step, couplings):
    """Fill in omega = omega_x + i omega_y and omega_z, times `fraction` of a step.

    The Bloch vectors obey dJ_l = omega_l x J_l (Stratonovich); see docs/derivation.md.

    Parameters
    ----------
    state : array of shape (sites, COLUMNS * LANES)
        With J^+ and J^z in it.
    symbol : array of shape (2 * LANES,)
        Work space.
    noises : array of shape (jumps, 2 * LANES)
        Increments of eta_k over the whole step, of which `fraction` is taken.
    couplings : Couplings
        The System in numbers.
    """
    part = fraction * step
    sites = state.shape[0]
    for l in range(sites):
        own = couplings.exchange[l, l].real if couplings.exchange.size > 0 else 0.0
        drive = 2 * part * couplings.drive[l].conjugate()
        for i in range(_N):
            put(state[l], OMEGA, i, drive)
            # the exchange of a site with itself is J^+ J^-, whose symbol has an ordering term
            state[l, i + OMEGA_Z] = part * (couplings.detuning[l] + own)
        if couplings.exchange.size > 0:
            for m in range(sites):
                strength = 2 * part * couplings.exchange[l, m].conjugate()
                add_exchange(state[l], state[m], strength)
    for k in range(couplings.rate.size):
        rate, kind = couplings.rate[k], couplings.kind[k]
        symbol[:] = 0.0
        for l in range(sites):
            add_site(state[l], symbol, kind, couplings.weight[k, l])
        for l in range(sites):
            weight = couplings.weight[k, l]
            add_jump(state[l], symbol, noises[k], rate, kind, weight, fraction, step)


# -- the step ------------------------------------------------------------------------------------


@jit
def local_jumps(state, duration, couplings, generator):
    """Local jumps at all sites, for a duration."""
    for l in range(state.shape[0]):
        decay, dephasing, pump = couplings.local[l]
        for rate, column in ((decay, D1), (dephasing, E1), (pump, P1)):
            if rate > 0:
                draw(generator, duration, state[l, column : column + np.uint64(6 * LANES)])
        if decay > 0 or dephasing > 0 or pump > 0:
            local_row(state[l], couplings.size[l], (decay, dephasing, pump), duration)


@jit
def rotate_all(state, symbol, noises, step, couplings):
    """Rotate all sites: the field at the state half a step ahead turns them by the whole step."""
    for l in range(state.shape[0]):
        observe(state[l], False)
    field(state, symbol, noises, 0.5, step, couplings)
    for l in range(state.shape[0]):
        observe(state[l], True)
    field(state, symbol, noises, 1.0, step, couplings)
    for l in range(state.shape[0]):
        turn_row(state[l])


@njit()
def advance(state, step, count, couplings, generator):
    """Make `count` steps of length `step`; `state` has the shape (sites, COLUMNS * LANES)."""
    symbol = np.zeros(2 * LANES)
    noises = np.zeros((couplings.rate.size, 2 * LANES))
    for k in range(count):
        local_jumps(state, step / 2 if k == 0 else step, couplings, generator)
        for jump in range(couplings.rate.size):
            draw(generator, step, noises[jump])
        rotate_all(state, symbol, noises, step, couplings)
    if count > 0:
        local_jumps(state, step / 2, couplings, generator)
