"""Compiled kernels of `unravel`: one quantum-jump trajectory of kets of definite J_1, ..., J_M.

d|psi>/dt = -i H_eff |psi> is followed to the time at which the squared norm has fallen to a uniform
random number, by Taylor series of the exponential that are summed until nothing is left to add:
steps have no error to speak of, and the time of a jump is the root of a polynomial.

`two_j` are the present 2J of each site, `total` is twice the total M, and `follows` is the site
whose M follows from it (-1: none does).
"""

from __future__ import annotations

import numpy as np

from blochball.exact import dicke
from blochball.support.jit import njit

TERMS = 48  # of a Taylor series, at most
REACH = 4.0  # step times a bound on |H_eff|: 25 terms, and 1e-14 lost to cancellation

_branching = njit()(dicke.branching)
_amplitude_squared = njit()(dicke.amplitude_squared)


@njit()
def _layout(two_j, total, follows, stride, digit):  # type: ignore[no-untyped-def]
    """Tabulate |M_1 ... M_M>: digit[l, i] = J_l + M_l, of which one may follow from the total.

    It is -1 where that leads to no state; the amplitude there is zero. Returns the size.
    """
    size = 1
    for l in range(len(two_j) - 1, -1, -1):
        stride[l] = 0 if l == follows else size
        if l != follows:
            size *= two_j[l] + 1
    for i in range(size):
        rest = total
        for l in range(len(two_j)):
            if l != follows:
                digit[l, i] = (i // stride[l]) % (two_j[l] + 1)
                rest -= 2 * digit[l, i] - two_j[l]
        if follows >= 0:
            k = (rest + two_j[follows]) // 2
            digit[follows, i] = k if 0 <= k <= two_j[follows] else -1
    return size


@njit()
def _raise(two_j, k):  # type: ignore[no-untyped-def]
    """<J M+1| J^+ |J M> with k = J + M; zero for k = -1 and k = 2J."""
    return np.sqrt((two_j - k) * (k + 1.0))


@njit()
def _hamiltonian(
    two_j, size, digit, sizes, follows, loss, cross, up, down, coefficient, diagonal, weight
):  # type: ignore[no-untyped-def]
    """Fill -i H_eff at the present J: y_i = diagonal_i x_i + sum_p weight_pi x_(i - shift_p).

    Returns a bound on its norm.
    """
    bound = 0.0
    for i in range(size):
        diagonal[i] = 0.0
        for p in range(len(up)):
            weight[p, i] = 0.0
        if follows >= 0 and digit[follows, i] < 0:
            continue
        for l in range(len(two_j)):
            diagonal[i] += loss[l, (sizes[l] - two_j[l]) // 2, digit[l, i]]
            for n in range(len(two_j)):
                if cross[l, n] != 0:
                    m = (digit[l, i] - 0.5 * two_j[l]) * (digit[n, i] - 0.5 * two_j[n])
                    diagonal[i] += cross[l, n] * m
        row = abs(diagonal[i])
        for p in range(len(up)):
            value = coefficient[p]
            if up[p] >= 0:
                # from the target: the source has one less, or does not exist
                value *= _raise(two_j[up[p]], digit[up[p], i] - 1)
            if down[p] >= 0:
                value *= _raise(two_j[down[p]], digit[down[p], i])
            weight[p, i] = value
            row += abs(value)
        bound = max(bound, row)
    return bound


@njit()
def _copy(x, factor, y):  # type: ignore[no-untyped-def]
    """Set y to factor x; loops compile much faster than array expressions."""
    for i in range(len(y)):
        y[i] = factor * x[i]


@njit(fastmath={"reassoc", "contract"})
def _add_shifted(weight, x, factor, shift, y):  # type: ignore[no-untyped-def]
    for i in range(max(0, shift), min(len(y), len(y) + shift)):
        y[i] += factor * weight[i] * x[i - shift]


@njit(fastmath={"reassoc", "contract"})
def _multiply(diagonal, weight, shift, x, factor, y):  # type: ignore[no-untyped-def]
    """Set y to factor (-i H_eff) x."""
    for i in range(len(y)):
        y[i] = factor * diagonal[i] * x[i]
    for p in range(len(shift)):
        _add_shifted(weight[p, : len(y)], x, factor, shift[p], y)


@njit(fastmath={"reassoc", "contract"})
def _norm_squared(x):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(len(x)):
        total += x[i].real * x[i].real + x[i].imag * x[i].imag
    return total


@njit(fastmath={"reassoc", "contract"})
def _real_product(x, y):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(len(x)):
        total += x[i].real * y[i].real + x[i].imag * y[i].imag
    return total


@njit(fastmath={"reassoc", "contract"})
def _horner(terms, count, s, x):  # type: ignore[no-untyped-def]
    """Set x to sum_n s^n terms_n; return its squared norm."""
    _copy(terms[count - 1], 1.0, x)
    for n in range(count - 2, -1, -1):
        row = terms[n, : len(x)]
        for i in range(len(x)):
            x[i] = row[i] + s * x[i]
    return _norm_squared(x)


@njit()
def _root(terms, count, at_one, target, x):  # type: ignore[no-untyped-def]
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
def _collective(two_j, stride, digit, weights, q, x, y):  # type: ignore[no-untyped-def]
    """Set y to sum_l weights_l J_l^q x, in the layout of a total M larger by q."""
    size = len(x)
    for i in range(size):
        y[i] = 0.0
    for l in range(len(two_j)):
        if weights[l] == 0:
            continue
        for i in range(size):
            k = digit[l, i]
            if x[i] == 0:
                continue
            if q == 0:
                y[i] += weights[l] * (k - 0.5 * two_j[l]) * x[i]
            elif q == 1 and k < two_j[l]:
                y[i + stride[l]] += weights[l] * _raise(two_j[l], k) * x[i]
            elif q == -1 and k > 0:
                y[i - stride[l]] += weights[l] * _raise(two_j[l], k - 1) * x[i]


@njit()
def _local(l, q, j, two_j, stride, follows, digit, x, y):  # type: ignore[no-untyped-def]
    """Set y to l^{jq} x at site l, two_j and stride to the layout it is in; return its size."""
    spin = 0.5 * two_j[l]
    size = len(x)
    two_j[l] += 2 * j
    grown = 1
    for n in range(len(two_j) - 1, -1, -1):
        stride[n] = 0 if n == follows else grown
        if n != follows:
            grown *= two_j[n] + 1
    for i in range(grown):
        y[i] = 0.0
    for i in range(size):
        if x[i] == 0:
            continue
        m = digit[l, i] - spin
        amplitude = 2 * m if q == j == 0 else np.sqrt(_amplitude_squared(q, j, spin, m))
        if amplitude == 0:
            continue
        index = (digit[l, i] + q + j) * stride[l]
        for n in range(len(two_j)):
            if n != l:
                index += digit[n, i] * stride[n]
        y[index] = amplitude * x[i]
    return grown


@njit()
def _marginal(l, two_j, digit, x, probability):  # type: ignore[no-untyped-def]
    """Distribution of J_l + M_l, not normalised."""
    for k in range(two_j[l] + 1):
        probability[k] = 0.0
    for i in range(len(x)):
        if digit[l, i] >= 0:
            probability[digit[l, i]] += x[i].real ** 2 + x[i].imag ** 2


@njit()
def _record(two_j, stride, follows, digit, kinds, weights, x, work, probability, out):  # type: ignore[no-untyped-def]
    """Write expectation values of a ket: spin_x, spin_y, J^z, J^+J^-, J^2 by site, then outputs."""
    norm = _norm_squared(x)
    for l in range(len(two_j)):
        spin = 0.5 * two_j[l]
        _marginal(l, two_j, digit, x, probability)
        raising = 0j
        if follows < 0:
            for i in range(len(x)):
                k = digit[l, i]
                if k < two_j[l]:
                    raising += np.conj(x[i + stride[l]]) * _raise(two_j[l], k) * x[i]
        inversion = emission = 0.0
        for k in range(two_j[l] + 1):
            inversion += probability[k] * (k - spin)
            emission += probability[k] * k * (two_j[l] - k + 1)
        out[5 * l] = raising.real / norm
        out[5 * l + 1] = raising.imag / norm
        out[5 * l + 2] = inversion / norm
        out[5 * l + 3] = emission / norm
        out[5 * l + 4] = spin * (spin + 1)
    for c in range(len(kinds)):
        _collective(two_j, stride, digit, weights[c], kinds[c], x, work)
        out[5 * len(two_j) + c] = _norm_squared(work) / norm


@njit()
def _jump(
    two_j, stride, follows, digit, sizes, rates, jump_rates, kinds, weights, x, work, channel,
    probability, generator,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Draw a jump and leave its normalised ket in `work`; return its size and the change of M."""
    sites = len(two_j)
    total = 0.0
    for c in range(len(kinds)):
        _collective(two_j, stride, digit, weights[c], kinds[c], x, work[: len(x)])
        total += jump_rates[c] * _norm_squared(work[: len(x)])
        channel[c] = total
    place = len(kinds)
    for l in range(sites):
        spin = 0.5 * two_j[l]
        _marginal(l, two_j, digit, x, probability)
        for q in range(-1, 2):
            for j in range(-1, 2):
                # no J below 0 or above N/2
                if rates[l, q + 1] > 0 and 0 <= two_j[l] + 2 * j <= sizes[l]:
                    found = 0.0
                    for k in range(two_j[l] + 1):
                        found += probability[k] * _amplitude_squared(q, j, spin, k - spin)
                    total += rates[l, q + 1] * _branching(j, sizes[l], spin) * found
                channel[place] = total
                place += 1
    pick = generator.random() * total
    c = 0
    while channel[c] <= pick:
        c += 1
    if c < len(kinds):
        q, size = kinds[c], len(x)
        _collective(two_j, stride, digit, weights[c], q, x, work[:size])
    else:
        c -= len(kinds)
        l, q, j = c // 9, (c % 9) // 3 - 1, c % 3 - 1
        size = _local(l, q, j, two_j, stride, follows, digit, x, work)
    _copy(work[:size], 1 / np.sqrt(_norm_squared(work[:size])), work[:size])
    return size, q


@njit()
def trajectory(
    sizes, follows, loss, cross, up, down, coefficient, rates, jump_rates, kinds, weights,
    start, total, times, generator, out,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Fill out[t] with the expectation values of one trajectory at the given times."""
    sites, largest = len(sizes), len(start)
    two_j = sizes.copy()
    stride = np.zeros(sites, np.int64)
    digit = np.zeros((sites, largest), np.int64)
    diagonal = np.zeros(largest, np.complex128)
    weight = np.zeros((len(up), largest), np.complex128)
    shift = np.zeros(len(up), np.int64)
    terms = np.zeros((TERMS, largest), np.complex128)
    ket = start.copy()
    work = np.zeros(largest, np.complex128)
    channel = np.zeros(len(kinds) + 9 * sites)
    probability = np.zeros(sizes.max() + 1)
    size = largest
    bound = 0.0
    fresh = True  # the layout is to be made anew
    now, k, norm, threshold = 0.0, 0, 1.0, generator.random()
    while True:
        if fresh:
            size = _layout(two_j, total, follows, stride, digit)
            bound = _hamiltonian(
                two_j, size, digit, sizes, follows, loss, cross, up, down, coefficient,
                diagonal, weight,
            )  # fmt: skip
            for p in range(len(up)):
                shift[p] = stride[up[p]] if up[p] >= 0 else 0
                shift[p] -= stride[down[p]] if down[p] >= 0 else 0
            fresh = False
        x = ket[:size]
        while k < len(times) and times[k] <= now:
            _record(
                two_j, stride, follows, digit, kinds, weights, x, work[:size], probability, out[k]
            )
            k += 1
        if k == len(times):
            return
        # the step: as far as the series reaches, and not far beyond the next jump
        step = times[k] - now
        last = True
        _copy(x, 1.0, terms[0, :size])
        _multiply(diagonal[:size], weight, shift, x, 1.0, terms[1, :size])
        rate = -2 * _real_product(x, terms[1, :size]) / norm
        reach = (
            min(REACH / bound, 1.5 * np.log(norm / threshold) / rate + 0.1 / bound)
            if rate > 0
            else REACH / bound
        )
        if bound > 0 and reach < step:
            step, last = reach, False
        _copy(terms[1, :size], step, terms[1, :size])
        count = 2
        while count < TERMS:
            here = terms[count, :size]
            _multiply(diagonal[:size], weight, shift, terms[count - 1, :size], step / count, here)
            count += 1
            if _norm_squared(here) <= 1e-28 * norm:
                break
        reached = _horner(terms[:, :size], count, 1.0, work[:size])
        if reached > threshold:
            _copy(work, 1.0, ket[:size])
            norm = reached
            now = times[k] if last else now + step
            continue
        now += step * _root(terms[:, :size], count, reached, threshold, ket[:size])
        size, q = _jump(
            two_j, stride, follows, digit, sizes, rates, jump_rates, kinds, weights, ket[:size],
            work, channel, probability, generator,
        )  # fmt: skip
        _copy(work, 1.0, ket[:size])
        total += 2 * q
        norm, threshold, fresh = 1.0, generator.random(), True
