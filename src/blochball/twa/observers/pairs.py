"""Second moments of all pairs of sites, and those of the sum of all spins.

Of a pair k < l the means of its components, of their products and of what Duan's criterion needs
besides are kept, with the covariance of them all. The sum of all spins is looked at as if it were
one more site.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.dataset import spin_covariance_error
from blochball.moments import MOMENTS, PAIR_MOMENTS, SECOND
from blochball.support.statistics import Leaf, Moments
from blochball.twa.driver import Observer
from blochball.twa.lanes import LANES, X, Y, add_scaled, clear, jit
from blochball.twa.observers.accumulate import Sums, accumulate, at, empty, moments_of, more_symbols
from blochball.twa.plan import Plan

Floats = NDArray[np.float64]
AXES, QUANTITIES = 3, len(PAIR_MOMENTS)
_U = np.uint64
_N = _U(LANES)
# PAIR_MOMENTS of (l, k) among those of (k, l)
_SWAPPED = [
    *(3, 4, 5, 0, 1, 2),
    *(2 * AXES + AXES * b + a for a in range(AXES) for b in range(AXES)),
    *(QUANTITIES - 1, QUANTITIES - 2),
]


class Record(NamedTuple):
    """What is kept of sites, of pairs of them and of the sum of all spins.

    Attributes
    ----------
    sites : NamedTuple
        See `means.Record`.
    pairs : Sums, shape (times, pairs, quantities)
        Of PAIR_MOMENTS of (k, l) = (0, 1), (0, 2), (1, 2), (0, 3), ...
    whole : Sums, shape (times, quantities)
        Of MOMENTS and SECOND of the sum of all spins.
    row, values : ndarray
        The sum of all spins, lane by lane; columns of LANES.
    """

    sites: Any
    pairs: Sums
    whole: Sums
    row: Floats
    values: Floats


# -- compiled ------------------------------------------------------------------------------------


@jit
def put_pair(one, other, values):
    """Fill columns with PAIR_MOMENTS of two spins, lane by lane."""
    for a in range(AXES):
        first, second = _U(a * LANES), _U((AXES + a) * LANES)
        for i in range(_N):
            values[i + first] = one[i + first]
            values[i + second] = other[i + first]
        for b in range(AXES):
            column, there = _U((AXES * (2 + a) + b) * LANES), _U(b * LANES)
            for i in range(_N):
                values[i + column] = one[i + first] * other[i + there]
    flat, other_flat = _U((QUANTITIES - 2) * LANES), _U((QUANTITIES - 1) * LANES)
    for i in range(_N):
        values[i + flat] = one[i + X] * one[i + X] + one[i + Y] * one[i + Y]
        values[i + other_flat] = other[i + X] * other[i + X] + other[i + Y] * other[i + Y]


@cache
def looking(look_at_sites: Any) -> Any:
    """Compile what looks at trajectories, given what looks at their sites."""

    @jit
    def look(lanes, t, record):
        """Add what one group of lanes shows at output t."""
        look_at_sites(lanes, t, record.sites)
        vectors, values, row = lanes.vectors, record.values, record.row
        pairs = at(record.pairs, t)
        pair = 0
        clear(row)
        for l in range(vectors.shape[0]):
            for a in range(AXES):
                add_scaled(row, _U(a * LANES), 1.0, vectors[l], _U(a * LANES))
            for k in range(l):
                put_pair(vectors[k], vectors[l], values)
                accumulate(values, 0, lanes, at(pairs, pair))
                pair += 1
        more_symbols(row, values)
        accumulate(values, 0, lanes, at(record.whole, t))

    return look


# -- a run ---------------------------------------------------------------------------------------


def size(times: int, sites: int) -> float:
    """Return how many numbers are held at once, about: sums, what is merged, and the result."""
    return 12.0 * times * sites * (sites - 1) / 2 * (QUANTITIES + 2) * QUANTITIES


def observer(of_sites: Observer, plan: Plan) -> Observer:
    """Return the observer of pairs, given that of sites with their second moments."""
    times, sites = plan.times.size, plan.system.sites
    quantities = len(MOMENTS) + len(SECOND)

    def record(trajectories: int) -> Record:
        return Record(
            of_sites.record(trajectories),
            empty((times, sites * (sites - 1) // 2, QUANTITIES), QUANTITIES),
            empty((times, quantities), quantities),
            np.zeros(AXES * LANES),
            np.zeros(QUANTITIES * LANES),
        )

    def leaf(record: Record, trajectories: int) -> Leaf:
        of_pairs = moments_of(trajectories, record.pairs), moments_of(trajectories, record.whole)
        return (*of_sites.leaf(record.sites, trajectories), *of_pairs)

    return replace(of_sites, look=looking(of_sites.look), record=record, leaf=leaf)


def variables(
    plan: Plan, site: Moments, pairs: Moments, whole: Moments
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a Dataset holds of pairs, and standard errors; see `dataset.assemble`."""
    sites = plan.system.sites
    shape = (plan.times.size, sites, sites)
    product, error = np.empty((*shape, AXES, AXES)), np.empty((*shape, AXES, AXES))
    # a site with itself is in `covariance`
    scatter = np.full((*shape, QUANTITIES, QUANTITIES), np.nan)
    values = {name: site.mean[..., k] for k, name in enumerate((*MOMENTS, *SECOND))}
    own = spin_covariance_error(values, site.covariance)
    for l in range(sites):
        error[:, l, l] = own[:, l]
        for a, b in np.ndindex(AXES, AXES):
            first, second = sorted("xyz"[axis] for axis in (a, b))
            product[:, l, l, a, b] = values[f"spin_{first}{second}"][:, l]
    covariance, errors = pairs.covariance, _errors(pairs)
    products = pairs.mean[..., 2 * AXES : (2 + AXES) * AXES].reshape(errors.shape)
    places = ((k, l) for l in range(sites) for k in range(l))
    for pair, (k, l) in enumerate(places):
        scatter[:, k, l] = covariance[:, pair]
        scatter[:, l, k] = covariance[:, pair][:, _SWAPPED][..., _SWAPPED]
        for full, some in ((product, products), (error, errors)):
            full[:, k, l] = some[:, pair]
            full[:, l, k] = some[:, pair].swapaxes(-1, -2)
    found = {
        "pair_product": product,
        "pair_moment_covariance": scatter,
        "total_covariance": whole.covariance,
        "total_size": plan.system.emitters,
    }
    return found, {"pair_covariance": error}


def _errors(pairs: Moments) -> Floats:
    """Return the standard errors of <J_k^a J_l^b> - <J_k^a><J_l^b>, to first order."""
    found = np.empty((*pairs.mean.shape[:-1], AXES, AXES))
    for a, b in np.ndindex(AXES, AXES):
        places = [a, AXES + b, AXES * (2 + a) + b]
        slope = np.stack(
            [-pairs.mean[..., AXES + b], -pairs.mean[..., a], np.ones(pairs.mean.shape[:-1])], -1
        )
        some = pairs.covariance[..., places, :][..., places]
        found[..., a, b] = np.einsum("...p,...pq,...q", slope, some, slope)
    # rounding can leave -0 where all samples agree; NaN (a single sample) stays
    return np.asarray(np.sqrt(np.maximum(found, 0)))
