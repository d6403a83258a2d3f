"""Compiled kernels of `unravel`: one quantum-jump trajectory of kets of definite J_1, ..., J_M.

d|psi>/dt = -i H_eff |psi> is followed to the time at which the squared norm has fallen to a uniform
random number, by Taylor series that are summed until nothing is left to add: steps have no error to
speak of, and the time of a jump is the root of a polynomial. Along a ramp H_eff is a polynomial of
time as well, and the series is that of the solution.

The kets of a trajectory live in a `Layout`, which changes with every jump; `Model` and `Ramp` hold
what does not change.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.exact.ket_hamiltonian import (
    Hamiltonian,
    copy,
    empty,
    hamiltonian,
    multiply,
    shifted,
)
from blochball.exact.ket_layout import (
    Layout,
    Model,
    amplitude_squared,
    arrange,
    branching,
    collective,
    local,
    marginal,
    raised,
)
from blochball.moments import MOMENTS
from blochball.support.jit import njit

SITE_MOMENTS = len(MOMENTS)
TERMS = 48  # of a Taylor series, at most
REACH = 4.0  # step times a bound on |H_eff|: 25 terms, and 1e-14 lost to cancellation


class Point(NamedTuple):
    """Where a trajectory is; kernels move it.

    Attributes
    ----------
    ket : ndarray of complex, shape (amplitudes,)
        Of unit length; there is room for the longest.
    two_j : ndarray of int, shape (sites,)
        2J of each site.
    total : ndarray of int, shape (1,)
        Twice the total M, where that is definite.
    """

    ket: NDArray[np.complex128]
    two_j: NDArray[np.int64]
    total: NDArray[np.int64]


@njit()
def _moved(model, ramp, now, out):
    """Fill what jumps and outputs need at a time: local rates, rates and weights of jumps."""
    for l in range(model.rates.shape[0]):
        for q in range(3):
            out.rates[l, q] = model.rates[l, q] + now * ramp.rates[l, q]
    for c in range(len(model.change)):
        out.jump_rates[c] = model.jump_rates[c] + now * ramp.jump_rates[c]
        for l in range(model.rates.shape[0]):
            for q in range(3):
                out.weights[c, l, q] = model.weights[c, l, q] + now * ramp.weights[c, l, q]


@njit(fastmath={"reassoc", "contract"})
def _norm_squared(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i].real * x[i].real + x[i].imag * x[i].imag
    return total


@njit(fastmath={"reassoc", "contract"})
def _real_product(x, y):
    total = 0.0
    for i in range(len(x)):
        total += x[i].real * y[i].real + x[i].imag * y[i].imag
    return total


@njit(fastmath={"reassoc", "contract"})
def _horner(terms, count, s, x):
    """Set x to sum_n s^n terms_n; return its squared norm."""
    copy(terms[count - 1, : len(x)], 1.0, x)
    for n in range(count - 2, -1, -1):
        row = terms[n, : len(x)]
        for i in range(len(x)):
            x[i] = row[i] + s * x[i]
    return _norm_squared(x)


@njit()
def _root(terms, count, at_one, target, x):
    """Leave in x the series at the s in (0, 1) where its squared norm is `target`; return s.

    Regula falsi on the logarithm, with the Illinois rule; the norm falls monotonically.
    """
    goal = np.log(target)
    low, high = 0.0, 1.0
    above = np.log(_horner(terms, count, 0.0, x)) - goal
    below = np.log(max(at_one, 1e-300)) - goal
    side = 0
    s = 1.0
    for _ in range(60):
        s = (low * below - high * above) / (below - above)
        value = np.log(_horner(terms, count, s, x)) - goal
        if abs(value) < 1e-11 or high - low < 1e-14:
            break
        if value > 0:
            low, above = s, value
            if side == 1:
                below *= 0.5
            side = 1
        else:
            high, below = s, value
            if side == -1:
                above *= 0.5
            side = -1
    return s


@njit()
def _record(model, layout, x, work, probability, out):
    """Write expectation values of a ket: those of `moments.MOMENTS` by site, then outputs."""
    two_j, stride, digit = layout.two_j, layout.stride, layout.digit
    norm = _norm_squared(x)
    for l in range(len(two_j)):
        spin = 0.5 * two_j[l]
        marginal(layout, l, x, probability)
        raising = 0j
        if model.follows < 0:
            for i in range(len(x)):
                k = digit[l, i]
                if k < two_j[l]:
                    raising += np.conj(x[i + stride[l]]) * raised(two_j[l], k) * x[i]
        inversion = emission = 0.0
        for k in range(two_j[l] + 1):
            inversion += probability[k] * (k - spin)
            emission += probability[k] * k * (two_j[l] - k + 1)
        place = SITE_MOMENTS * l
        out[place] = raising.real / norm
        out[place + 1] = raising.imag / norm
        out[place + 2] = inversion / norm
        out[place + 3] = emission / norm
        out[place + 4] = spin * (spin + 1)
    for c in range(len(model.change)):
        collective(layout, model.weights[c], x, work)
        out[SITE_MOMENTS * len(two_j) + c] = _norm_squared(work) / norm


@njit()
def _jump(model, layout, x, work, sums, probability, generator):
    """Draw a jump and leave its normalised ket in `work`; return its size and the change of M.

    `sums` is scratch for the summed rates of all channels.
    """
    two_j = layout.two_j
    total = 0.0
    for c in range(len(model.change)):
        collective(layout, model.weights[c], x, work[: len(x)])
        total += model.jump_rates[c] * _norm_squared(work[: len(x)])
        sums[c] = total
    place = len(model.change)
    for l in range(len(two_j)):
        size, spin = model.sizes[l], 0.5 * two_j[l]
        marginal(layout, l, x, probability)
        for q in range(-1, 2):
            for j in range(-1, 2):
                # no J below 0 or above N/2
                if model.rates[l, q + 1] > 0 and 0 <= two_j[l] + 2 * j <= size:
                    strength = 0.0
                    for k in range(two_j[l] + 1):
                        strength += probability[k] * amplitude_squared(q, j, spin, k - spin)
                    total += model.rates[l, q + 1] * branching(j, size, spin) * strength
                sums[place] = total
                place += 1
    pick = generator.random() * total
    c = 0
    while sums[c] <= pick:
        c += 1
    if c < len(model.change):
        q, length = model.change[c], len(x)
        collective(layout, model.weights[c], x, work[:length])
    else:
        c -= len(model.change)
        l, q, j = c // 9, (c % 9) // 3 - 1, c % 3 - 1
        length = local(layout, model.follows, l, q, j, x, work)
    copy(work[:length], 1 / np.sqrt(_norm_squared(work[:length])), work[:length])
    return length, q


@njit()
def _series(matrix, step, norm, size, terms):
    """Fill the Taylor series over a step from its first two terms, scaled; return how many.

    Rows are cut to their size one by one: then the compiler sees that they are contiguous.
    """
    copy(terms[1, :size], step, terms[1, :size])
    count, small, powers = 2, 0, len(matrix.diagonal)
    while count < TERMS:
        factor = step / count
        for k in range(min(powers, count)):
            multiply(matrix, k, terms[count - 1 - k, :size], factor, terms[count, :size])
            factor *= step
        count += 1
        # a term follows from as many as there are powers
        small = small + 1 if _norm_squared(terms[count - 1, :size]) <= 1e-28 * norm else 0
        if small == powers:
            break
    return count


@njit()
def _reach(bound, rate, norm, threshold):
    """Return a step: as far as the series reaches, and not far beyond the next jump."""
    if bound == 0:
        return np.inf
    if rate > 0:
        return min(REACH / bound, 1.5 * np.log(norm / threshold) / rate + 0.1 / bound)
    return REACH / bound


@njit()
def trajectory(model, ramp, point, times, generator, out):
    """Fill out[t] with the expectation values of one trajectory at the given times.

    Parameters
    ----------
    model : Model
    ramp : Ramp
    point : Point
        At time 0; it is left at the last of the times.
    times : ndarray, shape (times,)
    generator : numpy.random.Generator
    out : ndarray, shape (times, sites * moments + jumps or more)
    """
    ket, total, length = point.ket, point.total, times[-1]
    sites, largest, powers = len(model.sizes), len(ket), len(ramp.loss) + 1
    layout = Layout(point.two_j, np.zeros(sites, np.int64), np.zeros((sites, largest), np.int64))
    matrix = empty(powers, len(model.words), largest)
    # the same seen from the present time
    here = matrix
    if powers > 1:
        here = Hamiltonian(matrix.diagonal.copy(), matrix.weight.copy(), matrix.shift)
    present = Model(
        model.sizes,
        model.follows,
        model.loss,
        model.cross,
        model.words,
        model.coefficient,
        model.rates.copy(),
        model.jump_rates.copy(),
        model.change,
        model.weights.copy(),
    )
    terms = np.zeros((TERMS, largest), np.complex128)
    work = np.zeros(largest, np.complex128)
    sums = np.zeros(len(model.change) + 9 * sites)
    probability = np.zeros(model.sizes.max() + 1)
    size = largest
    bound = 0.0
    fresh = True  # the layout is to be made anew
    now, k, norm, threshold = 0.0, 0, 1.0, generator.random()
    while True:
        if fresh:
            size = arrange(layout, total[0], model.follows)
            bound = hamiltonian(model, ramp, layout, size, matrix, length)
            fresh = False
        x = ket[:size]
        if powers > 1:
            _moved(model, ramp, now, present)
        while k < len(times) and times[k] <= now:
            _record(present, layout, x, work[:size], probability, out[k])
            k += 1
        if k == len(times):
            copy(x, 1 / np.sqrt(norm), x)
            return
        if powers > 1:
            shifted(matrix, now, size, here)
        copy(x, 1.0, terms[0, :size])
        multiply(here, 0, x, 1.0, terms[1, :size])
        rate = -2 * _real_product(x, terms[1, :size]) / norm
        step = min(times[k] - now, _reach(bound, rate, norm, threshold))
        last = step == times[k] - now
        count = _series(here, step, norm, size, terms)
        reached = _horner(terms, count, 1.0, work[:size])
        if reached > threshold:
            copy(work, 1.0, ket[:size])
            norm = reached
            now = times[k] if last else now + step
            continue
        now += step * _root(terms, count, reached, threshold, ket[:size])
        if powers > 1:
            _moved(model, ramp, now, present)
        size, q = _jump(present, layout, ket[:size], work, sums, probability, generator)
        copy(work, 1.0, ket[:size])
        total[0] += 2 * q
        norm, threshold, fresh = 1.0, generator.random(), True
