"""Curves with their standard errors, and what is read off them without bias.

The largest of many noisy values is too large. Of a run that was made in independent batches
(`workflow.results.Results.batches`) all but one show where the largest value is, and that one how
large it is there: `largest` does that; how large they are together `mean_square` says. Of whatever
else is read off a curve `jackknife` gives the error, with all correlations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from paper_checks.quantity import Quantity, UnmeasurableError
from workflow.results import Results, pooled

Array = NDArray[np.float64]
Index = int | np.intp
Pick = Callable[[xr.Dataset], "Curve"]

# how the ledger calls the methods of the Datasets, which begin so
METHODS = {
    "exact": "exact",
    "twa.ball": "ball",
    "twa.eq6": "Eq. (6)",
    "twa.density.ball": "ball on a grid",
    "twa.density.eq6": "Eq. (6) on a grid",
    "cumulants.1": "mean field",
    "cumulants": "cumulants",
    "wrong": "wrong physics",
}


@dataclass(frozen=True)
class Curve:
    """Values with their standard errors, usually against time; shape (times,) or (times, sites).

    Errors at different times are not independent: the same trajectories are behind all of them.

    Parameters
    ----------
    value, stderr : array
    methods : frozenset of str
    batches : tuple of Curve
        The same from independent batches, whose mean this is; none, if there is but one.
    """

    value: Array
    stderr: Array
    methods: frozenset[str] = frozenset()
    batches: tuple[Curve, ...] = ()

    @classmethod
    def sampled(cls, results: Results, family: str, run: str, pick: Pick) -> Curve:
        """Return a curve of a run with its batches; `pick` takes it from a Dataset."""
        datasets = results.batches(family, run)
        batches = tuple(map(pick, datasets)) if len(datasets) > 1 else ()
        return replace(pick(results.load(family, run)), batches=batches)

    @classmethod
    def of(cls, ds: xr.Dataset, name: str, scale: float = 1.0) -> Curve:
        """Return a variable of a Dataset, over `scale`; its error is of sampling, or of a mesh."""
        errors = (f"{name}_{kind}" for kind in ("stderr", "grid_error"))
        error = next((ds[e].values for e in errors if e in ds), np.zeros(ds[name].shape))
        return cls(ds[name].values / scale, error / scale, methods_of(ds))

    @classmethod
    def derived(cls, ds: xr.Dataset, function: Callable[[xr.Dataset], xr.DataArray]) -> Curve:
        """Return an observable of a Dataset of one site: a function of `blochball.observables`."""

        def alone(ds: xr.Dataset) -> xr.DataArray:
            array = function(ds)
            return array.isel(site=0) if "site" in array.dims else array

        array = alone(ds)
        sampled = "stderr" in array.coords
        stderr = array.stderr.values if sampled else grid_error(lambda ds: alone(ds).values, ds)
        return cls(array.values, stderr, methods_of(ds))

    def _each(self, function: Callable[[Curve], Curve]) -> Curve:
        """Return a function of the curve, and of each of its batches."""
        return replace(
            function(replace(self, batches=())), batches=tuple(map(function, self.batches))
        )

    def _with(self, other: Curve, function: Callable[[Curve, Curve], Curve]) -> Curve:
        """Return a function of two curves, batch by batch; they are independent of each other."""
        mine = self.batches or (self,) * len(other.batches)
        theirs = other.batches or (other,) * len(mine)
        count = min(len(mine), len(theirs))
        mine, theirs = _together(mine, count), _together(theirs, count)
        alone = replace(self, batches=()), replace(other, batches=())
        pairs = zip(mine, theirs, strict=True)
        return replace(function(*alone), batches=tuple(function(*pair) for pair in pairs))

    def __getitem__(self, where: slice | NDArray[np.bool_]) -> Curve:
        return self._each(lambda c: replace(c, value=c.value[where], stderr=c.stderr[where]))

    def __sub__(self, other: Curve) -> Curve:
        def difference(one: Curve, other: Curve) -> Curve:
            stderr = np.hypot(one.stderr, other.stderr)
            return Curve(one.value - other.value, stderr, one.methods | other.methods)

        return self._with(other, difference)

    def __truediv__(self, scale: float | Array) -> Curve:
        return self._each(lambda c: replace(c, value=c.value / scale, stderr=c.stderr / scale))

    def relative(self, expected: Curve) -> Curve:
        """Return ``self / expected - 1``."""

        def relative(one: Curve, expected: Curve) -> Curve:
            ratio = one.value / expected.value
            error = np.hypot(one.stderr, ratio * expected.stderr) / np.abs(expected.value)
            return Curve(ratio - 1, error, one.methods | expected.methods)

        return self._with(expected, relative)

    def at(self, index: Index) -> Quantity:
        """Return one of the values."""
        return Quantity(self.value[index], self.stderr[index], methods=self.methods)

    def mean(self, axis: int = 0) -> Curve:
        """Average along one axis; at worst all err alike, so their errors are averaged, too."""
        return self._each(
            lambda c: replace(c, value=c.value.mean(axis), stderr=c.stderr.mean(axis))
        )

    def average(self) -> Quantity:
        """Return the average of all, with the average of their errors: see `mean`."""
        return Quantity(self.value.mean(), self.stderr.mean(), methods=self.methods)


def _together(batches: tuple[Curve, ...], count: int) -> tuple[Curve, ...]:
    """Return as many batches as are asked for, each the mean of as many of these.

    Raises
    ------
    ValueError
        If the one number is no multiple of the other.
    """
    if len(batches) == count:
        return batches
    each, rest = divmod(len(batches), count)
    if rest:
        raise ValueError(f"{len(batches)} batches cannot be put together to {count}")
    return tuple(
        replace(
            batches[k],
            value=np.mean([c.value for c in batches[k : k + each]], axis=0),
            stderr=np.linalg.norm([c.stderr for c in batches[k : k + each]], axis=0) / each,
        )
        for k in range(0, len(batches), each)
    )


def methods_of(ds: xr.Dataset) -> frozenset[str]:
    """Return how the ledger calls the methods that a Dataset is from."""
    said = ds["method"].values.ravel() if "method" in ds else [ds.attrs.get("method", "")]
    return frozenset(
        next((shown for start, shown in METHODS.items() if str(method).startswith(start)), "")
        for method in said
    ) - {""}


def grid_error(function: Callable[[xr.Dataset], Array], ds: xr.Dataset) -> Array:
    """Return the error of a function of means that were found on a mesh, from each mean's own."""
    value = np.asarray(function(ds))
    moved = (
        ds.assign({name: ds[name] + ds[f"{name}_grid_error"]})
        for name in ds
        if f"{name}_grid_error" in ds
    )
    return np.sqrt(sum(((function(other) - value) ** 2 for other in moved), np.zeros(value.shape)))


def largest(difference: Curve) -> Quantity:
    """Return the largest absolute value of a curve, without the bias of a largest noisy value.

    Where it is and its sign come from all batches but one, its value from that one; the mean of
    these values is not too large, and can come out negative where there is nothing but noise. They
    are not independent, as they share what decides about the place: the error is taken to be that
    of half as many. Of a curve without batches it is the largest value as it is, which sampling
    errors make too large.

    Raises
    ------
    UnmeasurableError
        If the curve is empty.
    """
    if not difference.value.size:
        raise UnmeasurableError("there is no value to take the largest of")
    batches = difference.batches
    if not batches:
        return abs(difference.at(int(np.argmax(np.abs(difference.value)))))
    total = np.sum([batch.value for batch in batches], axis=0)
    values = []
    for batch in batches:
        others = total - batch.value
        where = int(np.argmax(np.abs(others)))
        values.append(batch.at(where) * float(np.sign(others[where])))
    mean = sum(values[1:], values[0]) / len(values)
    return Quantity(mean.value, np.sqrt(2) * mean.stderr, methods=mean.methods)


def mean_square(difference: Curve) -> Quantity:
    """Return the mean square of a curve without what its noise adds.

    Of products of different batches nothing of the noise is left in the mean; its error is that of
    the jackknife over the batches, up to 1.5 times too large where there is nothing but noise. Of a
    curve without batches it is the mean square as it is, to which sampling errors add.
    """
    batches = difference.batches
    if not batches:
        square = difference.value**2
        error = 2 * np.abs(difference.value) * difference.stderr
        return Quantity(square.mean(), error.mean(), methods=difference.methods)
    values = np.stack([batch.value for batch in batches])

    def square_of(rows: Array) -> float:
        count = len(rows)
        # all pairs but those of a batch with itself
        pairs = rows.sum(axis=0) ** 2 - (rows**2).sum(axis=0)
        return float(pairs.mean() / (count * (count - 1)))

    count = len(values)
    without = np.array([square_of(np.delete(values, k, axis=0)) for k in range(count)])
    variance = (count - 1) / count * np.sum((without - without.mean()) ** 2)
    return Quantity(square_of(values), np.sqrt(variance), methods=difference.methods)


def jackknife(function: Callable[[xr.Dataset], float], datasets: Sequence[xr.Dataset]) -> Quantity:
    """Return a number that is read off a Dataset, with its error from independent batches.

    Parameters
    ----------
    function : callable
        From the Dataset of all batches together, or of all but one, to the number.
    datasets : sequence of Dataset
        The batches; a single one gives the number without error where nothing is sampled.

    Raises
    ------
    UnmeasurableError
        If there is a single batch of what is sampled.
    """
    count = len(datasets)
    whole = function(pooled(datasets))
    methods = methods_of(datasets[0])
    if count == 1:
        if any(str(name).endswith("_stderr") for name in datasets[0]):
            raise UnmeasurableError("there is a single batch of trajectories: no error can be told")
        error = grid_error(lambda ds: np.array(function(ds)), datasets[0])
        return Quantity(whole, float(error), methods=methods)
    without = [function(pooled([*datasets[:k], *datasets[k + 1 :]])) for k in range(count)]
    variance = (count - 1) / count * np.sum((np.array(without) - np.mean(without)) ** 2)
    # what is of order 1/trajectories in the bias goes, too
    value = count * whole - (count - 1) * float(np.mean(without))
    return Quantity(value, np.sqrt(variance), methods=methods)


def vertex(x: Array, y: Array, share: float = 0.9) -> tuple[float, float]:
    """Return place and height of the largest value: vertex of a quartic through its surroundings.

    A parabola would be biased, as peaks are not symmetric. The surroundings are what lies above
    a `share` of the height, in one piece; a height that is not positive stays as it is.
    """
    top = int(np.argmax(y))
    if y[top] <= 0:
        return float(x[top]), float(y[top])
    low = np.flatnonzero(y < share * y[top])
    first = max(low[low < top], default=-1) + 1
    last = min(low[low > top], default=y.size) - 1
    first, last = max(min(first, top - 2), 0), min(max(last, top + 2), y.size - 1)
    u = x[first : last + 1] - x[top]
    fit = np.polynomial.Polynomial.fit(u, y[first : last + 1], min(4, u.size - 1))
    fine = np.linspace(u[0], u[-1], 2001)
    where = float(fine[np.argmax(fit(fine))])
    for _ in range(20):  # Newton's method, from a grid that is fine enough
        slope, bend = fit.deriv()(where), fit.deriv(2)(where)
        if bend >= 0:
            break
        where = float(np.clip(where - slope / bend, u[0], u[-1]))
    return float(x[top] + where), float(fit(where))
