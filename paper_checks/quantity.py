"""Measured numbers with their standard errors, and exponents.

A `Quantity` knows which methods it was measured from ("exact", "ball", "Eq. (6)", ...); arithmetic
keeps errors and methods. Many of them against time are a `paper_checks.curves.Curve`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

# a number decides if it is this many standard errors clear of its bound
SIGMAS = 4
# an error counts as seen if it is this many standard errors: below, it is noise
RESOLVED = 5


class Verdict(StrEnum):
    """What the measured numbers say about a claim, or about one bound."""

    REPRODUCED = "reproduced"
    PARTLY = "partly"
    NOT_REPRODUCED = "not reproduced"
    UNDECIDED = "undecided"


class UnmeasurableError(ValueError):
    """The data do not give the number that was asked for; the message says why."""


@dataclass(frozen=True)
class Quantity:
    """A measured number with its standard error; 0 for one that is not sampled.

    Errors of different quantities are independent, unless both come from one calculation: then
    arithmetic knows what they share, and ``q - q`` is 0 without error. `correlated` makes
    quantities whose errors have a given covariance.

    Parameters
    ----------
    value, stderr : float
    note : str
        What a reader of the ledger should know besides.
    methods : frozenset of str
        What it was measured from.
    shares : mapping, optional
        By how much one standard deviation of each independent source of error moves the value.
    """

    value: float
    stderr: float = 0.0
    note: str = ""
    methods: frozenset[str] = frozenset()
    shares: Mapping[Hashable, float] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be compared.

        Raises
        ------
        UnmeasurableError
            If the value is not a number, or the error is none.
        """
        object.__setattr__(self, "value", float(self.value))
        object.__setattr__(self, "stderr", float(self.stderr))
        undefined = math.isnan(self.value) and not math.isinf(self.stderr)
        if undefined or not self.stderr >= 0:
            raise UnmeasurableError(
                f"Quantity: value must be a number and stderr not negative, got {self!r}"
            )
        if self.shares is None:
            object.__setattr__(self, "shares", {object(): self.stderr} if self.stderr else {})

    # -- arithmetic --------------------------------------------------------------------------------

    def __add__(self, other: Quantity | float) -> Quantity:
        other = _quantity(other)
        return _combined(self.value + other.value, (self, 1.0), (other, 1.0))

    def __mul__(self, other: Quantity | float) -> Quantity:
        other = _quantity(other)
        return _combined(self.value * other.value, (self, other.value), (other, self.value))

    def __truediv__(self, other: Quantity | float) -> Quantity:
        return self * _quantity(other) ** -1

    def __pow__(self, exponent: float) -> Quantity:
        if self.value == 0 and exponent < 0:
            raise UnmeasurableError("Quantity: division by a quantity that is 0")
        return _combined(self.value**exponent, (self, exponent * self.value ** (exponent - 1)))

    def __neg__(self) -> Quantity:
        return self * -1.0

    def __sub__(self, other: Quantity | float) -> Quantity:
        return self + -_quantity(other)

    def __rsub__(self, other: float) -> Quantity:
        return -self + other

    def __rtruediv__(self, other: float) -> Quantity:
        return self**-1 * other

    __radd__, __rmul__ = __add__, __mul__

    def __abs__(self) -> Quantity:
        return -self if self.value < 0 else self

    def noted(self, note: str) -> Quantity:
        """Return the same number with another note."""
        return replace(self, note=note)

    # -- judging and printing ----------------------------------------------------------------------

    def compare(self, below: float | None = None, above: float | None = None) -> Verdict:
        """Return whether the number lies between the bounds, SIGMAS standard errors clear of them.

        Parameters
        ----------
        below, above : float, optional
            The number must be smaller than `below` and larger than `above`.
        """
        if math.isinf(self.stderr):
            return Verdict.UNDECIDED
        low, high = self.value - SIGMAS * self.stderr, self.value + SIGMAS * self.stderr
        if (below is not None and low >= below) or (above is not None and high <= above):
            return Verdict.NOT_REPRODUCED
        if (below is None or high < below) and (above is None or low > above):
            return Verdict.REPRODUCED
        return Verdict.UNDECIDED

    def __str__(self) -> str:
        """Value and standard error, to two digits of the latter; or five digits of the value."""
        if math.isnan(self.value):
            return "not measured"
        if not self.stderr or math.isinf(self.value):
            return f"{self.value:.3g}"
        if self.stderr < 1e-5 * abs(self.value):
            return f"{self.value:#.5g}".rstrip(".")
        if math.isinf(self.stderr):
            return f"{self.value:.3g} ± inf"
        digits = max(0, 1 - math.floor(math.log10(self.stderr)))
        if abs(self.value) >= 1e-3 and digits <= 6:
            return f"{self.value:.{digits}f} ± {self.stderr:.{digits}f}"
        power = math.floor(math.log10(max(abs(self.value), self.stderr)))
        digits = max(0, digits + power)
        scale = 10.0**power
        return f"({self.value / scale:.{digits}f} ± {self.stderr / scale:.{digits}f})e{power}"


def unknown(reason: str) -> Quantity:
    """Return a quantity that the data do not give; it decides nothing."""
    return Quantity(math.nan, math.inf, reason)


def attempt(measure: Callable[..., Quantity], *arguments: object) -> Quantity:
    """Return what is measured, or an unknown quantity with the reason why it cannot be."""
    try:
        return measure(*arguments)
    except UnmeasurableError as error:
        return unknown(str(error))


def exponential(power: Quantity) -> Quantity:
    """Return e to a power."""
    value = math.exp(power.value)
    return _combined(value, (power, value))


def correlated(
    values: Sequence[float], covariance: ArrayLike, methods: Iterable[str] = ()
) -> list[Quantity]:
    """Return quantities whose errors have a given covariance.

    Parameters
    ----------
    values : sequence of float
    covariance : array_like, shape (values, values)
        Symmetric; what rounding leaves of negative eigenvalues counts as 0.
    methods : iterable of str, optional
    """
    variances, axes = np.linalg.eigh(np.asarray(covariance, dtype=float))
    spread = axes * np.sqrt(np.maximum(variances, 0.0))
    sources = [object() for _ in values]
    return [
        Quantity(
            value,
            math.sqrt(float(row @ row)),
            methods=frozenset(methods),
            shares=dict(zip(sources, map(float, row), strict=True)),
        )
        for value, row in zip(values, spread, strict=True)
    ]


def _quantity(number: Quantity | float) -> Quantity:
    return number if isinstance(number, Quantity) else Quantity(number)


def _combined(value: float, *terms: tuple[Quantity, float]) -> Quantity:
    """Return a number with the derivatives by the quantities that it was computed from."""
    methods = frozenset().union(*(quantity.methods for quantity, _ in terms))
    for quantity, _ in terms:
        if math.isinf(quantity.stderr):
            return Quantity(math.nan, math.inf, quantity.note, methods)
    shares: dict[Hashable, float] = {}
    for quantity, slope in terms:
        for source, share in (quantity.shares or {}).items():
            shares[source] = shares.get(source, 0.0) + slope * share
    stderr = math.sqrt(sum(share**2 for share in shares.values()))
    return Quantity(value, stderr, methods=methods, shares=shares)


# -- against the size ------------------------------------------------------------------------------


def arrays(quantities: Sequence[Quantity]) -> tuple[Array, Array]:
    """Return values and standard errors."""
    values = np.array([quantity.value for quantity in quantities], dtype=float)
    return values, np.array([quantity.stderr for quantity in quantities], dtype=float)


def resolved(errors: Sequence[Quantity]) -> NDArray[np.bool_]:
    """Return which errors stand clear of the sampling error."""
    value, stderr = arrays(errors)
    return value > RESOLVED * stderr


def scaling(sizes: Sequence[float], errors: Sequence[Quantity]) -> Quantity:
    """Return the exponent of errors against sizes, of those that are resolved.

    Raises
    ------
    UnmeasurableError
        If these are fewer than three.
    """
    seen = np.flatnonzero(resolved(errors))
    if seen.size < 3:
        raise UnmeasurableError("fewer than three sizes are resolved")
    x, y = [sizes[k] for k in seen], [errors[k] for k in seen]
    local = ", ".join(f"{exponent.value:.2f}" for exponent in local_exponents(x, y))
    note = (
        f"{x[0]:g} to {x[-1]:g}; between neighbours {local}, changing by {curvature(x, y)} a decade"
    )
    return power_law(x, y).noted(note)


def power_law(x: Sequence[float], y: Sequence[Quantity]) -> Quantity:
    """Return the exponent of a weighted straight line through log y against log x.

    The points need not lie on a power law to within their errors: a common scatter is added to
    all of them until chi^2 per degree of freedom is one (Paule & Mandel, 1982), so that the few
    most precise points do not dictate the slope.

    Raises
    ------
    UnmeasurableError
        If there are fewer than three points, or if one of them has no logarithm.
    """
    value, stderr = arrays(y)
    if value.size < 3 or not (value > 0).all():
        raise UnmeasurableError(f"a power law needs three positive numbers, got {value.tolist()}")
    u, v = np.log(np.asarray(x, dtype=float)), np.log(value)
    relative = stderr / value

    def fit(scatter: float) -> tuple[float, float, float]:
        # numbers without error weigh alike
        weight = 1 / np.maximum(relative**2 + scatter**2, 1e-30)
        centre = weight @ u / weight.sum()
        spread = weight @ (u - centre) ** 2
        slope = weight @ ((u - centre) * v) / spread
        level = weight @ v / weight.sum()
        chi2 = weight @ (v - level - slope * (u - centre)) ** 2
        return float(slope), float(1 / np.sqrt(spread)), float(chi2)

    freedom = len(u) - 2
    low, high = 0.0, 10.0
    if fit(low)[2] > freedom:
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if fit(middle)[2] > freedom else (low, middle)
    slope, error, _ = fit(low)
    return Quantity(slope, error, methods=frozenset().union(*(q.methods for q in y)))


def local_exponents(x: Sequence[float], y: Sequence[Quantity]) -> list[Quantity]:
    """Return the exponents between neighbouring points, which one exponent for all would hide."""
    pairs = zip(x[:-1], x[1:], y[:-1], y[1:], strict=True)
    return [_logarithm(after / before) / math.log(far / near) for near, far, before, after in pairs]


def curvature(x: Sequence[float], y: Sequence[Quantity]) -> Quantity:
    """Return the change of the local exponent from the first to the last, a decade of x apart.

    0 for a power law, negative where the fall steepens.
    """
    first, *_, last = local_exponents(x, y)
    middles = [math.sqrt(x[0] * x[1]), math.sqrt(x[-2] * x[-1])]
    return (last - first) / math.log10(middles[1] / middles[0])


def _logarithm(ratio: Quantity) -> Quantity:
    if ratio.value <= 0:
        raise UnmeasurableError(f"an exponent needs positive numbers, got a ratio of {ratio}")
    return _combined(math.log(ratio.value), (ratio, 1 / ratio.value))
