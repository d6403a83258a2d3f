"""Measured numbers with their standard errors, and the statistics that all figures share.

A `Quantity` is one number, a `Curve` many of them against time. Both know which methods they were
measured from ("exact", "ball", "Eq. (6)", ...), and arithmetic keeps errors and methods.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Index = int | np.intp

# a number decides if it is this many standard errors clear of its bound
SIGMAS = 4
# an error counts as seen if it is this many standard errors: below, it is noise
RESOLVED = 5

# how the ledger calls the methods of the Datasets, which begin so
METHODS = {
    "exact": "exact",
    "twa.ball": "ball",
    "twa.top": "Eq. (6)",
    "twa.eq6": "Eq. (6)",
    "twa.density": "grid",
    "cumulants.1": "mean field",
    "cumulants": "cumulants",
}


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
        """Value and standard error, to two digits of the latter."""
        if math.isnan(self.value):
            return "not measured"
        if not self.stderr or math.isinf(self.value):
            return f"{self.value:.3g}"
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


# -- curves ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Curve:
    """Values with their standard errors, usually against time; shape (times,) or (times, sites).

    Errors at different times are not independent: the same trajectories are behind all of them.
    """

    value: Array
    stderr: Array
    methods: frozenset[str] = frozenset()

    @classmethod
    def of(cls, ds: xr.Dataset, name: str, scale: float = 1.0) -> Curve:
        """Return a variable of a Dataset, over `scale`."""
        value = ds[name].values / scale
        stderr = ds[f"{name}_stderr"].values / scale if f"{name}_stderr" in ds else 0 * value
        return cls(value, stderr, methods_of(ds))

    @classmethod
    def derived(cls, ds: xr.Dataset, function: Callable[[xr.Dataset], xr.DataArray]) -> Curve:
        """Return an observable of a Dataset of one site: a function of `blochball.observables`."""
        array = function(ds)
        if "site" in array.dims:
            array = array.isel(site=0)
        stderr = array.stderr.values if "stderr" in array.coords else np.zeros(array.shape)
        return cls(array.values, stderr, methods_of(ds))

    def __getitem__(self, where: slice | NDArray[np.bool_]) -> Curve:
        return Curve(self.value[where], self.stderr[where], self.methods)

    def __sub__(self, other: Curve) -> Curve:
        stderr = np.hypot(self.stderr, other.stderr)
        return Curve(self.value - other.value, stderr, self.methods | other.methods)

    def __truediv__(self, scale: float | Array) -> Curve:
        return Curve(self.value / scale, self.stderr / scale, self.methods)

    def relative(self, expected: Curve) -> Curve:
        """Return ``self / expected - 1``."""
        ratio = self.value / expected.value
        error = np.hypot(self.stderr, ratio * expected.stderr) / np.abs(expected.value)
        return Curve(ratio - 1, error, self.methods | expected.methods)

    def at(self, index: Index) -> Quantity:
        """Return one of the values."""
        return Quantity(self.value[index], self.stderr[index], methods=self.methods)

    def mean(self, axis: int = 0) -> Curve:
        """Average along one axis; at worst all err alike, so their errors are averaged, too."""
        return Curve(self.value.mean(axis), self.stderr.mean(axis), self.methods)

    def average(self) -> Quantity:
        """Return the average of all, with the average of their errors: see `mean`."""
        return Quantity(self.value.mean(), self.stderr.mean(), methods=self.methods)


def methods_of(ds: xr.Dataset) -> frozenset[str]:
    """Return how the ledger calls the methods that a Dataset is from."""
    said = ds["method"].values.ravel() if "method" in ds else [ds.attrs.get("method", "")]
    return frozenset(
        next((shown for start, shown in METHODS.items() if str(method).startswith(start)), "")
        for method in said
    ) - {""}


def largest(difference: Curve) -> Quantity:
    """Return the largest absolute value of a curve.

    Raises
    ------
    UnmeasurableError
        If there is none.
    """
    if not difference.value.size:
        raise UnmeasurableError("there is no value to take the largest of")
    return abs(difference.at(int(np.argmax(np.abs(difference.value)))))


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
    exponent = power_law([sizes[k] for k in seen], [errors[k] for k in seen])
    return exponent.noted(f"{sizes[seen[0]]:g} to {sizes[seen[-1]]:g}")


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
