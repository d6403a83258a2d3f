"""One ensemble in the four variables of Eq. (6): a pair of complex amplitudes, and its two motions.

    a = sqrt(R + M) exp(-i (phi + psi) / 2),    b = sqrt(R - M) exp(i (phi - psi) / 2),

with R = 𝒥 + 1/2 and M = R cos(theta). That is all of (phi, theta, psi, 𝒥) without the singular
points of Euler angles. The bracket becomes {a, a*} = {b, b*} = -i, the symbols of the jumps are
polynomials of degree two times a function of R, and Eq. (6) says that each ensemble follows the
Hamiltonian Re sum_k L_k xi_k with xi_k = sqrt(r_k) eta_k + i r_k L_k* (Stratonovich).

The step of many ensembles and trajectories is in `blochball.twa.eq6.step`, the derivation in
docs/derivation.md.
"""

from __future__ import annotations

import math

from blochball.support.jit import njit
from blochball.twa import phase_space as weyl

# width in R of the layers next to 𝒥 = 0 and N/2 + 1/2 in which psi turns infinitely fast
LAYER = 0.02

_HALF = math.sqrt(0.5)  # complex numbers are multiplied, as divisions by a float are slow

jit = njit(fastmath={"contract", "nsz", "arcp"})
_amplitude_squared = jit(weyl.amplitude_squared)


@jit
def norm(amplitude):
    """|amplitude|^2, without the square root that abs would take."""
    return amplitude.real * amplitude.real + amplitude.imag * amplitude.imag


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
def iterate(start, middle, size, rates, noises, duration):
    """One fixed-point iteration of `local_step`: end points and the phase left to apply."""
    a, b = start
    mid_a, mid_b = middle
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
    start = middle = (a, b)
    xa, xb, ya, yb, half_turn = iterate(start, middle, size, rates, noises, duration)
    middle = (0.5 * (xa + ya), 0.5 * (xb + yb))
    xa, xb, ya, yb, half_turn = iterate(start, middle, size, rates, noises, duration)
    middle = (0.5 * (xa + ya), 0.5 * (xb + yb))
    xa, xb, ya, yb, half_turn = iterate(start, middle, size, rates, noises, duration)
    return ya * half_turn, yb * half_turn


# -- collective terms ------------------------------------------------------------------------------


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
