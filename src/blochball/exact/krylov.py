"""exp(t A) v for a sparse A by projection on Krylov spaces, with the error under control.

Y. Saad, SIAM J. Numer. Anal. 29, 209 (1992); R. B. Sidje, Expokit, ACM Trans. Math. Softw. 24, 130
(1998); incomplete orthogonalisation after S. Gaudreault et al., KIOPS, J. Comput. Phys. 372, 236
(2018). The relation ``A V = V H + h v e_m^T`` that everything rests on holds whether or not the
columns of V are orthogonal, so that orthogonality to the last few is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from blochball.exact.space import Floats
from blochball.support import progress, validation
from blochball.support.jit import njit

Linear = Callable[[Floats], Floats]

BASIS = 30  # dimension of a Krylov space; flat optimum between 20 and 60
WINDOW = 4  # vectors that a new one is made orthogonal to
# spaces after which a state of up to so many elements gets a basis of all of them: what moves
# slowly for a long time then costs one exponential
PATIENCE, WHOLE = 500, 400
CHUNK = 16  # output times that are answered together
_ROUNDING = float(np.finfo(float).eps)
_LOST = 1e-6  # share of the state that may move unseen before a warning
_SEEN = 1e-7  # share of the state that rounding may change before a warning
_LARGEST = 1e4  # sum of coefficients beyond which rounding would show


@dataclass(frozen=True)
class Step:
    """exp((t - begin) A) of the state at `begin`, for t from there to `end`.

    Attributes
    ----------
    begin, end : float
    size : float
        Length of the state at `begin`.
    vectors : array, shape (vectors, n)
        That span the Krylov space; the next step overwrites them.
    columns : callable
        From increasing times after `begin` to the coefficients of `vectors`, for size one.
    """

    begin: float
    end: float
    size: float
    vectors: Floats
    columns: Callable[[Floats], Floats]

    def states(self, times: Floats) -> Floats:
        """Return the states at increasing times of this step, shape (times, n)."""
        return np.asarray(combine(self.size * self.columns(times - self.begin), self.vectors))

    def values(self, functional: sp.csr_array, times: Floats) -> NDArray[np.inexact]:
        """Return functional @ state at increasing times, shape (times,), and make no state."""
        row = self.vectors[:, functional.indices] @ functional.data
        return np.asarray(self.size * (self.columns(times - self.begin) @ row))


def propagate(product: Linear, start: Floats, times: Floats, tolerance: float) -> Iterator[Floats]:
    """Yield exp(t A) start at the output times, a few of them together.

    Parameters
    ----------
    product : callable
        v -> A v, both of shape (n,).
    start : array, shape (n,)
        State at time 0.
    times : array, shape (times,)
        Increasing output times >= 0.
    tolerance : float
        Bound on the estimated error at the last time as a share of ``sum_i |start_i|``, in that
        norm; it is spent in proportion to time.

    Yields
    ------
    states : array, shape (some, n)
        At the next few of the output times.
    """
    for step, some in _along(product, start, times, tolerance):
        for first in range(0, len(some), CHUNK):
            yield step.states(some[first : first + CHUNK])


def values(
    product: Linear, start: Floats, functional: sp.csr_array, times: Floats, tolerance: float
) -> NDArray[np.inexact]:
    """Return functional @ exp(t A) start at the output times, shape (times,).

    `functional` is a sparse row of shape (1, n); the rest is as for `propagate`.
    """
    steps = _along(product, start, times, tolerance)
    return np.concatenate([step.values(functional, some) for step, some in steps])


def _along(
    product: Linear, start: Floats, times: Floats, tolerance: float
) -> Iterator[tuple[Step, Floats]]:
    """Yield steps up to the last of the output times, each with those that lie in it."""
    done = 0
    for step in steps(product, start, tolerance, float(times[-1])):
        count = int(np.count_nonzero(times[done:] <= step.end))
        yield step, times[done : done + count]
        done += count


def steps(product: Linear, start: Floats, tolerance: float, end: float = np.inf) -> Iterator[Step]:
    """Yield steps that follow each other until `end`, or for ever.

    With an `end` the tolerance is that of `propagate`, and a state that A moves by less than that,
    or by no more than rounding, stays as it is. Without one it bounds the estimated error of
    each step, as a share of the state that the step begins with; a state that has vanished ends it.
    """
    state, now, guess = start, 0.0, np.inf
    whole = float(np.abs(start).sum())
    vectors = np.empty((BASIS + 1, len(start)))
    patience = PATIENCE if len(start) <= WHOLE and end < np.inf else -1
    while (length := norm(state)) > 0 and now < end:
        if patience == 0:
            vectors, guess = np.empty((len(start) + 1, len(start))), end - now
        patience -= 1
        reduced = arnoldi(product, state / length, vectors, WINDOW)
        used = len(reduced) - 1
        # size of what A leads to out of the Krylov space, in the norm of the tolerance
        outside = length * float(np.abs(vectors[used]).sum())
        fastest = float(np.abs(reduced).sum(axis=0).max())
        # |A state|: times the time that is left, how far away a later state can be
        drift = length * float(np.hypot(reduced[0, 0], reduced[1, 0]))
        if end < np.inf and (
            np.sqrt(len(state)) * drift <= tolerance * whole / end
            or (now > 0 and drift <= _ROUNDING * fastest * length)
        ):
            # what has decayed is no longer much of the state that it was
            left = min(float(np.abs(state).sum()) / whole, 1.0)
            _warn_of_rounding(min(drift * (end - now) / length, 1.0) * left, now, end)
            break
        if len(vectors) > len(start) > BASIS and (grown := _ROUNDING * fastest * end) > _SEEN:
            validation.warn(
                f"exact: rounding over {fastest * end:.1g} of the shortest times, to time "
                f"{end:.3g}, may change {grown:.1g} of the state"
            )
        if guess == np.inf:
            guess = used / max(fastest, 1e-300)
        open_end = end == np.inf
        rate = tolerance * (float(np.abs(state).sum()) / guess if open_end else whole / end)
        length_of_step, last, guess = _step(reduced, end - now, guess, outside, rate)
        until = end if length_of_step == end - now else now + length_of_step
        if not open_end:
            progress.report(until / end)
        yield Step(now, until, length, vectors[: used + 1], _Columns(reduced))
        now, state = until, combine(length * last[None, :], vectors[: used + 1])[0]
    # nothing moves any more
    if now < end < np.inf or end == 0:
        yield Step(now, end, 1.0, state[None, :], lambda times: np.ones((len(times), 1)))


def _warn_of_rounding(lost: float, now: float, end: float) -> None:
    if lost > _LOST:
        validation.warn(
            f"exact: after time {now:.3g} nothing moves but for rounding, and the state stays as "
            f"it is to time {end:.3g}; of changes slower than 1e-16 of the fastest rate, up to "
            f"{lost:.1g} of the state would be missed"
        )


def arnoldi(product: Linear, first: Floats, vectors: Floats, window: int) -> Floats:
    """Fill the rows of `vectors` from a unit vector; return H with the row h e_m^T below.

    Each vector is made orthogonal to the last `window` ones. A column of zeros makes H square;
    the last component of expm(t H)[:, 0] then is the coefficient of the vector that A leads to out
    of the space: the leading term of the error, which is so both estimated and corrected.
    """
    size = len(vectors) - 1
    reduced = np.zeros((size + 1, size + 1))
    vectors[0] = first
    # a basis of the whole space has to be one
    whole = len(first) <= size
    for k in range(size):
        start = 0 if whole else max(0, k + 1 - window)
        vectors[k + 1] = product(vectors[k])
        overlaps, length, scale = _orthogonalise(vectors[start : k + 2])
        reduced[start : k + 1, k] = overlaps
        if length <= 1e-14 * scale or k + 1 == len(first):
            # an invariant subspace: exact, nothing leads out of it
            vectors[k + 1] = 0
            return reduced[: k + 2, : k + 2]
        reduced[k + 1, k] = length
    return reduced


@njit(fastmath={"reassoc", "contract"})
def _orthogonalise(vectors):  # type: ignore[no-untyped-def]
    """Make the last row a unit vector orthogonal to the others; length after and before.

    One thread and no BLAS: these vectors fit into the cache, where waking threads costs more.
    """
    fresh = vectors[-1]
    before = norm(fresh)
    overlaps = np.empty(len(vectors) - 1)
    for k in range(len(overlaps)):
        other = vectors[k]
        overlaps[k] = dot(other, fresh)
        for i in range(len(fresh)):
            fresh[i] -= overlaps[k] * other[i]
    after = norm(fresh)
    if after > 0:
        for i in range(len(fresh)):
            fresh[i] /= after
    return overlaps, after, before


@njit()
def expm(a):  # type: ignore[no-untyped-def]
    """Return the exponential of a small matrix, by Taylor series, scaling and squaring.

    BLAS threads that wait for each other make scipy's a hundred times slower on a busy machine.
    """
    # loops, because each array expression takes a second to compile
    size = len(a)
    largest = 0.0
    for k in range(size):
        column = 0.0
        for i in range(size):
            column += abs(a[i, k])
        largest = max(largest, column)
    squarings = 0
    while 0.5 * 2.0**squarings < largest < 1e300:
        squarings += 1
    scaled, found = np.empty((size, size)), np.zeros((size, size))
    for i in range(size):
        found[i, i] = 1.0
    # 0.5^15 / 15! is below the last bit
    for order in range(14, 0, -1):
        for i in range(size):
            for k in range(size):
                scaled[i, k] = a[i, k] / (2.0**squarings * order)
        found = combine(scaled, found)
        for i in range(size):
            found[i, i] += 1.0
    for _ in range(squarings):
        found = combine(found, found)
    return found


@njit(fastmath={"contract"})
def combine(coefficients, vectors):  # type: ignore[no-untyped-def]
    """Return coefficients @ vectors, shape (some, n), without BLAS."""
    found = np.zeros((len(coefficients), vectors.shape[1]))
    for k in range(len(coefficients)):
        row = found[k]
        for j in range(len(vectors)):
            factor, vector = coefficients[k, j], vectors[j]
            for i in range(len(row)):
                row[i] += factor * vector[i]
    return found


@njit()
def norm(a):  # type: ignore[no-untyped-def]
    """Return the Euclidean norm."""
    return np.sqrt(dot(a, a))


@njit(fastmath={"reassoc", "contract"})
def dot(a, b):  # type: ignore[no-untyped-def]
    """Return the scalar product, without BLAS."""
    total = 0.0
    for i in range(len(a)):
        total += a[i] * b[i]
    return total


class _Columns:
    """expm(t * reduced)[:, 0] at increasing t; equal steps from one to the next cost one expm."""

    def __init__(self, reduced: Floats) -> None:
        self._reduced = reduced
        self._now, self._column = 0.0, np.eye(len(reduced))[0]
        self._steps: dict[str, Floats] = {}

    def __call__(self, times: Floats) -> Floats:
        found = np.empty((len(times), len(self._reduced)))
        for k, t in enumerate(times):
            # differences of times on a grid are equal up to rounding
            name = f"{t - self._now:.11e}"
            if name not in self._steps:
                self._steps[name] = expm((t - self._now) * self._reduced)
            self._now, self._column = t, self._steps[name] @ self._column
            found[k] = self._column
        return found


def _step(
    reduced: Floats, remaining: float, guess: float, outside: float, rate: float
) -> tuple[float, Floats, float]:
    """Return a step that is accurate enough, expm(step * reduced)[:, 0] and the next guess."""
    order = len(reduced) - 1
    step = min(remaining, guess)
    while True:
        column = expm(step * reduced)[:, 0]
        error = outside * abs(float(column[-1]))
        # vectors that depend on each other make eigenvalues that A does not have: in a step that is
        # too long for them coefficients grow, and cancel but for rounding
        if not np.abs(column).sum() < _LARGEST:
            step /= 4
            continue
        change = 0.9 * (rate * step / max(error, 1e-300)) ** (1 / order)
        if error <= rate * step:
            return step, column, step * min(max(change, 0.5), 3.0)
        step *= max(change, 0.1)
