"""Eq. (6) with symbols: the Poisson bracket and the generator, on the phase space of weyl.py."""

import sympy as sp

from blochball.twa import phase_space as weyl

phi, theta, psi = sp.symbols("phi theta psi", real=True)
spin, size = sp.symbols("spin size", positive=True)
POINT = (phi, theta, psi, spin)
LENGTH = spin + sp.Rational(1, 2)
BLOCH = weyl.bloch_vector(POINT, sp)


def gradient(f):
    return [sp.diff(f, v) for v in POINT]


def bracket(f, g):
    return weyl.poisson_bracket(gradient(f), gradient(g), theta, spin, sp)


def frozen_bracket(f, g):
    """The rate of change of f under g with psi held fixed: 𝒥 moves, psi does not."""
    left = gradient(f)
    left[2] = 0
    return weyl.poisson_bracket(left, gradient(g), theta, spin, sp)


def parts(symbol):
    """Real and imaginary part of an amplitude times an exponential."""
    return sp.expand_complex(symbol).as_real_imag()


def local_jump(j, q):
    # the amplitude is positive inside the ball; sympy cannot know
    turned = weyl.rotation_element(q, j, phi, theta, psi, sp)
    amplitude = weyl.local_amplitude(j, q, size, spin, sp)
    return tuple(amplitude * part for part in parts(turned))


def collective_jump(q):
    return parts(weyl.collective_jump(q, POINT, sp))


def generator(f, jump, sign=1, bracket=bracket):
    """Generator of Eq. (6) at unit rate: G f, and the noise amplitudes {f, Re L} and {f, Im L}."""
    return weyl.generator(f, jump, bracket, sign), bracket(f, jump[0]), bracket(f, jump[1])
