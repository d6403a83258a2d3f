"""The compiled step of Eq. (6) in its four variables, for many ensembles and trajectories.

A step is a Strang splitting: local jumps for half of it, the rotation by all collective terms,
local jumps for half of it; neighbouring halves are fused between outputs. What happens to a single
ensemble is in `blochball.twa.eq6.spinor`. See docs/derivation.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.operators import TABLE, MasterEquation
from blochball.system import System
from blochball.twa.eq6.spinor import cayley, increment, jit, local_step, norm, rotate, shrink
from blochball.twa.initial import sample
from blochball.twa.lanes import LANES, X, Y, Z
from blochball.twa.step import Step

# One flat row of numbers a site: column after column, LANES trajectories each. Real and imaginary
# part of a complex number are neighbouring columns. Unsigned constants let the compiler see that
# columns do not overlap, so that loops over the lanes become vector instructions.
_N = np.uint64(LANES)
A, B, OMEGA, UP, JZ, OMEGA_Z = (np.uint64(LANES * k) for k in (0, 2, 4, 6, 8, 9))
_NOISE = tuple(np.uint64(LANES * k) for k in range(10, 28, 2))
D1, D2, D3, E1, E2, E3, P1, P2, P3 = _NOISE  # decay, dephasing, pump; j = -1, 0, 1
COLUMNS = 28


class Couplings(NamedTuple):
    """Numbers of a System as the kernels take them."""

    size: NDArray[np.float64]  # (sites,)
    local: NDArray[np.float64]  # (sites, 3): decay, dephasing, pump
    linear: NDArray[np.float64]  # (sites, 3): axis of the Hamiltonian's rotation
    exchange: NDArray[np.complex128]  # (sites, sites), or (0, 0) if there is none
    rate: NDArray[np.float64]  # (jumps,)
    kind: NDArray[np.int64]  # (jumps,): -1, 0, 1
    weight: NDArray[np.complex128]  # (jumps, sites)
    limit: NDArray[np.float64]  # (sites,): of |J|^2


class Spinors(NamedTuple):
    """Groups of lanes under way, as `blochball.twa.lanes.Lanes` has them for the ball.

    Attributes
    ----------
    state : ndarray, shape (groups, sites, COLUMNS * LANES)
    vectors : ndarray, shape (groups, sites, 3 * LANES)
        Bloch vectors of the state.
    generator : numpy.random.Generator
    mask, number
        See there.
    """

    state: NDArray[np.float64]
    vectors: NDArray[np.float64]
    generator: np.random.Generator
    mask: NDArray[np.float64]
    number: NDArray[np.int64]


class Work(NamedTuple):
    """What a step needs besides the lanes."""

    symbol: NDArray[np.float64]  # (2 * LANES,)
    noises: NDArray[np.float64]  # (jumps, 2 * LANES)


def couplings_of(system: System, limit: NDArray[np.float64]) -> Couplings:
    """Return the numbers of a System as the kernels take them."""
    jumps, equation = system.jumps, MasterEquation.of(system)
    exchange = equation.exchange_matrix
    return Couplings(
        equation.sizes,
        equation.local,
        equation.linear,
        np.array(exchange if exchange.any() else np.zeros((0, 0)), np.complex128),
        equation.rates,
        np.array([TABLE[jump.kind].change for jump in jumps], np.int64),
        np.array([jump.weights for jump in jumps], complex).reshape(len(jumps), system.sites),
        limit,
    )


def step_of(couplings: Couplings) -> Step:
    """Return the step of the four variables."""
    sites, jumps = couplings.size.size, couplings.rate.size

    def memory(groups: int, generator: np.random.Generator) -> tuple[Spinors, Work]:
        spinors = Spinors(
            np.zeros((groups, sites, COLUMNS * LANES)),
            np.zeros((groups, sites, 3 * LANES)),
            generator,
            np.ones((groups, LANES)),
            np.zeros(groups, np.int64),
        )
        return spinors, Work(np.zeros(2 * LANES), np.zeros((jumps, 2 * LANES)))

    return Step(begin, take, advance, couplings, memory)


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


# -- rows ------------------------------------------------------------------------------------------


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


@jit
def observe(row, turned):
    """Fill in the symbols J^+ and J^z, of the state as it is or turned by the field."""
    for i in range(_N):
        a, b = get(row, A, i), get(row, B, i)
        scale = shrink(a, b)[0]
        if turned:
            a, b = rotate(a, b, scale * get(row, OMEGA, i), scale * row[i + OMEGA_Z])
        put(row, UP, i, scale * a.conjugate() * b)
        row[i + JZ] = 0.5 * scale * (norm(a) - norm(b))


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
            put(symbol, A, i, get(symbol, A, i) + weight * row[i + JZ])
        else:
            up = get(row, UP, i)
            put(symbol, A, i, get(symbol, A, i) + weight * (up if kind == 1 else up.conjugate()))


@jit
def add_jump(row, symbol, noise, rate, kind, weight, step):
    """Add what a collective jump does to the field at a site."""
    for i in range(_N):
        xi = increment(get(symbol, A, i), rate, get(noise, A, i), step)
        part = weight * xi
        if kind == 0:
            row[i + OMEGA_Z] += part.real
        else:
            put(row, OMEGA, i, get(row, OMEGA, i) + (part.conjugate() if kind == 1 else part))


@jit
def add_exchange(row, other, strength):
    """Add what the exchange with another site does to the field at a site."""
    for i in range(_N):
        put(row, OMEGA, i, get(row, OMEGA, i) + strength * get(other, UP, i))


# -- all sites -------------------------------------------------------------------------------------


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
        x, y, z = couplings.linear[l, 0], couplings.linear[l, 1], couplings.linear[l, 2]
        for i in range(_N):
            put(state[l], OMEGA, i, complex(part * x, part * y))
            state[l, i + OMEGA_Z] = part * z
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
            weight = fraction * couplings.weight[k, l]
            add_jump(state[l], symbol, noises[k], rate, kind, weight, step)


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


@jit
def take(lanes, g):
    """Return one group of lanes."""
    return Spinors(
        lanes.state[g], lanes.vectors[g], lanes.generator, lanes.mask[g], lanes.number[g]
    )


@jit
def begin(lanes, start, generator):
    """Put a group of lanes into the initial state: its Bloch vectors, and any angle psi."""
    sample(lanes.vectors, lanes.generator, start.cloud)
    for l in range(lanes.state.shape[0]):
        row, vectors = lanes.state[l], lanes.vectors[l]
        for i in range(_N):
            psi = lanes.generator.uniform(0.0, 2 * math.pi)
            a, b = spinor(vectors[i + X], vectors[i + Y], vectors[i + Z], psi)
            put(row, A, i, a)
            put(row, B, i, b)


@jit
def spinor(x, y, z, psi):
    """Turn a Bloch vector of length kappa and an angle psi into the amplitudes a and b."""
    kappa = math.sqrt(x * x + y * y + z * z)
    length = math.sqrt(kappa * kappa + 0.25)
    phi, cosine = math.atan2(y, x), z / kappa
    up, down = 0.5 * (phi + psi), 0.5 * (phi - psi)
    a, b = math.sqrt(length * (1 + cosine)), math.sqrt(length * (1 - cosine))
    return (
        complex(a * math.cos(up), -a * math.sin(up)),
        complex(b * math.cos(down), b * math.sin(down)),
    )


@jit
def bloch_vector(a, b):
    """Weyl symbols of J^x, J^y and J^z."""
    up, down = norm(a), norm(b)
    length = 0.5 * (up + down)
    shrunk = math.sqrt(max(1 - 1 / (4 * length * length), 0.0))
    raising = shrunk * a.conjugate() * b
    return raising.real, raising.imag, shrunk * (up - down) / 2


@jit
def show(lanes):
    """Fill in the Bloch vectors of the state."""
    for l in range(lanes.state.shape[0]):
        row, vectors = lanes.state[l], lanes.vectors[l]
        for i in range(_N):
            x, y, z = bloch_vector(get(row, A, i), get(row, B, i))
            vectors[i + X], vectors[i + Y], vectors[i + Z] = x, y, z


@jit
def advance(lanes, step, count, couplings, work):
    """Make `count` steps."""
    state, generator = lanes.state, lanes.generator
    for k in range(count):
        local_jumps(state, step / 2 if k == 0 else step, couplings, generator)
        for jump in range(couplings.rate.size):
            draw(generator, step, work.noises[jump])
        rotate_all(state, work.symbol, work.noises, step, couplings)
    local_jumps(state, step / 2, couplings, generator)
    show(lanes)
