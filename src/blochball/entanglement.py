"""Entanglement beyond the moments of one spin: Fisher information, and between ensembles.

What `blochball.observables` offers of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball.exact.state import State
from blochball.moments import FIRST, PAIR_MOMENTS
from blochball.squeezing import corrected, finished
from blochball.support import validation
from blochball.support.arguments import named
from blochball.terms import AXES

Complexes = NDArray[np.complex128]

# numbers that a block of a density matrix needs with its eigenvectors, for each of its elements
_COPIES = 12
_IMPOSSIBLE = 1e-12  # probability below which an outcome does not occur


@named("observables.quantum_fisher_information")
def quantum_fisher_information(
    state: State, sites: int | Iterable[int] | None = None
) -> xr.DataArray:
    """Quantum Fisher information of an exact state on a rotation of its spins.

    A rotation by a small angle about n can be found to no better than 1 / F(n), its variance in one
    measurement, with F(n) = n^T F n. With eigenvalues p and eigenvectors of the density matrix

        F_ab = 2 sum_kl (p_k - p_l)^2 / (p_k + p_l) Re <k|J_a|l><l|J_b|k> ,

    which is four times the covariance of J where the state is pure (S. L. Braunstein & C. M. Caves,
    Phys. Rev. Lett. 72, 3439 (1994)). N emitters that are not entangled have F(n) <= N, whatever
    their state; F(n) = N^2 is the most that there is (L. Pezze & A. Smerzi, Phys. Rev. Lett. 102,
    100401 (2009)).

    Parameters
    ----------
    state : State
        From `exact.liouvillian.states` or `exact.liouvillian.stationary`, or `State.from_blocks`.
    sites : sequence of int, optional
        Ensembles that are turned, by default all.

    Returns
    -------
    xarray.DataArray, dims (axis, axis_other)
        F_ab; its largest eigenvalue is that of the best axis.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.

    Examples
    --------
    A coherent spin state has N across its direction; what twisting makes of it has more:

    >>> import numpy as np
    >>> from blochball import exact, models, observables
    >>> states = exact.liouvillian.states(models.one_axis_twisting(20), [0.0, 0.1342])
    >>> start, squeezed = (observables.quantum_fisher_information(state) for state in states)
    >>> np.linalg.eigvalsh(start).round(6).tolist(), np.linalg.eigvalsh(squeezed).max().round(1)
    ([0.0, 20.0, 20.0], np.float64(128.6))
    """
    chosen = _chosen("observables.quantum_fisher_information", state, sites)
    total = np.zeros((3, 3))
    for spins, block in _blocks(state):
        shares, kets = np.linalg.eigh(block)
        # what is negative is so by rounding, or by what a solver has left
        shares = np.maximum(shares, 0)
        both = np.add.outer(shares, shares)
        squares = np.subtract.outer(shares, shares) ** 2
        weights = np.divide(2 * squares, both, out=np.zeros_like(both), where=both > 0)
        turns = [kets.conj().T @ generator @ kets for generator in _generators(spins, chosen)]
        for a, b in np.ndindex(3, 3):
            total[a, b] += float((weights * (turns[a] * turns[b].conj()).real).sum())
    return _over_axes(total, "quantum Fisher information")


@named("observables.classical_fisher_information")
def classical_fisher_information(
    state: State, direction: str | ArrayLike, sites: int | Iterable[int] | None = None
) -> xr.DataArray:
    """Fisher information of a measurement of one spin component on a rotation of the spins.

    With p_m the probability of m for the component of J, and of its derivatives by small angles
    about x, y and z, a rotation about n can be found to no better than 1 / F(n), F(n) = n^T F n,

        F_ab = sum_m (d_a p_m) (d_b p_m) / p_m ,    d_a p_m = -i <m| [J_a, rho] |m> .

    It is never more than `quantum_fisher_information`, that of the best measurement. Outcomes that
    cannot occur (p_m below 1e-12) count with what they tend to for a vanishing angle,
    4 Re <m| J_a rho J_b |m>: they are all that tells a GHZ state or a Dicke state from what it is
    turned into.

    Parameters
    ----------
    state : State
        From `exact.liouvillian.states` or `exact.liouvillian.stationary`, or `State.from_blocks`.
    direction : {"x", "y", "z"} or array_like of 3 floats
        Of the component that is measured.
    sites : sequence of int, optional
        Ensembles that are turned, and whose spins together are measured; by default all.

    Returns
    -------
    xarray.DataArray, dims (axis, axis_other)
        F_ab.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.

    Examples
    --------
    A coherent spin state along x, measured along y, tells a rotation about z as well as any
    measurement of it, and none about y:

    >>> from math import pi
    >>> from blochball import Ensemble, System, exact, observables
    >>> (state,) = exact.liouvillian.states(System(Ensemble(20, polar=pi / 2)), [0.0])
    >>> found = observables.classical_fisher_information(state, "y")
    >>> round(found.sel(axis="z", axis_other="z").item(), 6)
    20.0
    """
    owner = "observables.classical_fisher_information"
    chosen = _chosen(owner, state, sites)
    along = _unit_vector(owner, direction)
    outcomes = 2 * sum(site.size for site in state.space.sites) + 1
    chance, slope = np.zeros(outcomes), np.zeros((outcomes, 3))
    limit = np.zeros((outcomes, 3, 3))
    for spins, block in _blocks(state):
        generators = _generators(spins, chosen)
        values, kets = np.linalg.eigh(np.tensordot(along, generators, 1))
        m = np.rint(2 * values).astype(int) + outcomes // 2
        rho, *turns = (kets.conj().T @ matrix @ kets for matrix in (block, *generators))
        np.add.at(chance, m, np.diagonal(rho).real)
        for a, turn in enumerate(turns):
            np.add.at(slope[:, a], m, 2 * np.einsum("ij,ji->i", turn, rho).imag)
            for b, other in enumerate(turns):
                both = np.einsum("ij,ji->i", turn @ rho, other).real
                np.add.at(limit[:, a, b], m, 4 * both)
    there = chance > _IMPOSSIBLE
    total = np.einsum("ma,mb,m->ab", slope[there], slope[there], 1 / chance[there])
    return _over_axes(total + limit[~there].sum(axis=0), "classical Fisher information")


def _chosen(owner: str, state: State, sites: int | Iterable[int] | None) -> set[int]:
    """Return the ensembles that are meant, after checking that there is memory for the state."""
    validation.instance(owner, "state", state, State)
    count = len(state.space.sites)
    if isinstance(sites, str) or not isinstance(sites, int | Iterable | None):
        raise TypeError(
            f"{owner}: sites must be an integer or some of them, got {validation.shown(sites)}"
        )
    listed = range(count) if sites is None else [sites] if isinstance(sites, int) else list(sites)
    chosen = {validation.integer(owner, "sites", site, 0, count - 1) for site in listed}
    largest = math.prod(site.size + 1.0 for site in state.space.sites)
    validation.memory(owner, "state", 16.0 * _COPIES * largest**2)
    return chosen


def _unit_vector(owner: str, direction: str | ArrayLike) -> NDArray[np.float64]:
    if isinstance(direction, str):
        validation.choice(owner, "direction", direction, AXES)
        return np.eye(3)[AXES.index(direction)]
    what = "'x', 'y', 'z' or three finite real numbers that are not all zero"
    found = validation.reals(owner, "direction", direction, what)
    if found.shape != (3,) or not found.any():
        raise ValueError(f"{owner}: direction must be {what}, got {validation.shown(direction)}")
    return np.asarray(found / np.linalg.norm(found))


def _over_axes(values: NDArray[np.float64], label: str) -> xr.DataArray:
    axes = np.array(AXES, dtype=object)
    found = xr.DataArray(values, {"axis": axes, "axis_other": axes}, ("axis", "axis_other"))
    return finished(found, label.lower().replace(" ", "_"), label)


def _blocks(state: State) -> Iterator[tuple[tuple[float, ...], Complexes]]:
    """Yield J of each ensemble and the density matrix there, all M of each from J down."""
    space = state.space
    every, kets, bras = (space.column(name) for name in ("spin", "ket", "bra"))
    kinds, which = np.unique(every, axis=1, return_inverse=True)
    for k, spins in enumerate(kinds.T):
        here = np.flatnonzero(which.ravel() == k)
        shape = tuple(np.rint(2 * spins + 1).astype(int))
        rows, columns = (
            np.ravel_multi_index(tuple(np.rint(spins[:, None] - m[:, here]).astype(int)), shape)
            for m in (kets, bras)
        )
        block = np.zeros((int(np.prod(shape)),) * 2, dtype=np.complex128)
        block[rows, columns] = state.elements[here]
        yield tuple(spins.tolist()), block


def _generators(spins: tuple[float, ...], chosen: set[int]) -> list[Complexes]:
    """Return the sum over chosen ensembles of J^x, J^y and J^z, as matrices."""
    whole = int(np.prod([round(2 * j + 1) for j in spins]))
    found = np.zeros((3, whole, whole), dtype=np.complex128)
    for l in chosen:
        before = np.eye(int(np.prod([round(2 * j + 1) for j in spins[:l]])))
        after = np.eye(int(np.prod([round(2 * j + 1) for j in spins[l + 1 :]])))
        m = spins[l] - np.arange(round(2 * spins[l] + 1))
        raising = np.diag(np.sqrt(spins[l] * (spins[l] + 1) - m[1:] * (m[1:] + 1)), k=1)
        parts = [(raising + raising.T) / 2, (raising - raising.T) / 2j, np.diag(m)]
        for total, part in zip(found, parts, strict=True):
            total += np.kron(np.kron(before, part), after)
    return list(found)


@named("observables.duan_criterion")
def duan_criterion(ds: xr.Dataset) -> xr.DataArray:
    """Return what shows that ensembles are entangled with each other: a negative number.

    For any complex v_l the spin components across z obey, in a separable state of the ensembles,

        sum_kl v_k^* v_l (<{J_k^+, J_l^-}> / 2 - <J_k^+><J_l^->) >= sum_l |v_l|^2 |<J_l^z>| ,

    because each ensemble has Var J^x + Var J^y >= |<J^z>| by itself. The smallest eigenvalue of the
    left side less the right one is returned. It is the criterion of L.-M. Duan, G. Giedke, J. I.
    Cirac & P. Zoller, Phys. Rev. Lett. 84, 2722 (2000), for spins along z, with the best weights
    and phases; B. Julsgaard, A. Kozhekin & E. S. Polzik, Nature 413, 400 (2001), showed it of two
    ensembles in opposite states. Of more than two it says that not all are separable.

    Parameters
    ----------
    ds : xarray.Dataset
        With `correlation` of two ensembles or more, or with `pair_covariance`, from
        ``moments="pairs"``. One that was sampled must hold two ensembles, with `pair_covariance`:
        of more the covariance of all means is not kept.

    Returns
    -------
    xarray.DataArray, dims (time_kept,) or, without `correlation` or sampled, (time,)
        Where `ds` was sampled, less the bias of sampled eigenvalues.

    Raises
    ------
    ValueError
        If the Dataset lacks a pair, or holds more than two ensembles and was sampled.

    Examples
    --------
    An excitation goes from one emitter to another:

    >>> from math import pi
    >>> from blochball import Ensemble, System, exact, observables
    >>> pair = System([Ensemble(1), Ensemble(1, polar=pi)], exchange=[[0, 1], [1, 0]])
    >>> ds = exact.solve(pair, [0.0, pi / 8], moments="pairs")
    >>> (observables.duan_criterion(ds).round(4) + 0).values.tolist()
    [0.0, -0.2071]
    """
    owner = "observables.duan_criterion"
    validation.dataset(owner, ds, FIRST)
    if "pair_covariance" not in ds:
        validation.dataset(owner, ds, ("correlation",))
    sites = np.atleast_1d(ds.site.values)
    if set(sites) != set(np.atleast_1d(ds.site_conj.values)) or len(sites) < 2:
        raise ValueError(
            f"{owner}: ds must hold the correlations of all pairs of at least two sites, got "
            f"{validation.shown(sites)} with {validation.shown(ds.site_conj.values)}"
        )
    ds = ds.sel(site=sites, site_conj=sites)
    if "pair_moment_covariance" in ds and len(sites) == 2:
        return _sampled_duan(ds)
    if "pair_moment_covariance" in ds or "correlation_stderr" in ds:
        raise ValueError(
            f"{owner}: ds must not be sampled, unless it is of moments='pairs' and holds two "
            f"sites, as ds.sel(site=[0, 1], site_conj=[0, 1]), got one of the method "
            f"{ds.attrs.get('method')!r} with sites {validation.shown(sites)}: the covariance of "
            "the other means is not kept"
        )
    if "correlation" not in ds:
        time = ds.time
        xx, yy, xy, yx = (
            ds.pair_covariance.sel(axis=a, axis_other=b, drop=True)
            for a, b in ("xx", "yy", "xy", "yx")
        )
        matrix = (xx + yy + 1j * (yx - xy)).transpose(..., "site", "site_conj").values
        z = ds.inversion.transpose(..., "site").values
        matrix = matrix - np.abs(z)[..., None, :] * np.eye(len(sites))
    else:
        time = ds.time_kept
        pairs = ds.correlation.transpose(..., "site", "site_conj")
        x, y, z = (ds[name].sel(time=time).transpose(..., "site").values for name in FIRST)
        raising = x + 1j * y
        matrix = pairs.values - raising[..., :, None] * raising[..., None, :].conj()
        # half of the anticommutator, less the uncertainty
        matrix = matrix - (z + np.abs(z))[..., None, :] * np.eye(len(sites))
    smallest = np.linalg.eigvalsh(matrix)[..., 0]
    found = xr.DataArray(smallest, coords={time.name: time}, dims=time.dims)
    return finished(found, "duan_criterion", "separable ensembles have >= 0")


def _sampled_duan(ds: xr.Dataset) -> xr.DataArray:
    """Return Duan's criterion of two ensembles whose means were sampled."""
    one, other = ({"site": k} for k in (0, 1))
    pair = {"site": 0, "site_conj": 1}
    like = ds.pair_covariance.isel(pair, drop=True).isel(axis=0, axis_other=0, drop=True)
    first = [ds[name].isel(site, drop=True) for site in (one, other) for name in FIRST]
    cross = ds.pair_covariance.isel(pair, drop=True)
    products = [
        cross.sel(axis=a, axis_other=b, drop=True) + first[k] * first[3 + l]
        for k, a in enumerate(AXES)
        for l, b in enumerate(AXES)
    ]
    flat = []
    for site, (x, y) in zip((one, other), (first[:2], first[3:5]), strict=True):
        own = ds.spin_covariance.isel(site, drop=True)
        xx, yy = (own.sel(axis=a, axis_other=a, drop=True) for a in "xy")
        flat.append(xx + yy + x**2 + y**2)
    means = [part.transpose(*like.dims).values for part in (*first, *products, *flat)]
    covariance = ds.pair_moment_covariance.isel(pair, drop=True)
    labels = list(PAIR_MOMENTS)
    covariance = covariance.sel(pair_moment=labels, pair_moment_other=labels)
    covariance = covariance.transpose(*like.dims, "pair_moment", "pair_moment_other")
    value, variance = corrected(_smallest, np.stack(means, axis=-1), covariance.values)
    label = "separable ensembles have >= 0"
    return finished(like.copy(data=value), "duan_criterion", label, like.copy(data=variance))


def _smallest(moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smaller eigenvalue of Duan's criterion from PAIR_MOMENTS, on the last axis."""
    mean = dict(zip(PAIR_MOMENTS, np.moveaxis(moments, -1, 0), strict=True))
    own = []
    for site in "kl":
        x, y, z = (mean[f"{axis}_{site}"] for axis in AXES)
        own.append((x + 1j * y, mean[f"flat_{site}"] - x**2 - y**2 - np.abs(z)))
    (raising, a), (other, b) = own
    real = mean["x_k x_l"] + mean["y_k y_l"]
    across = real + 1j * (mean["y_k x_l"] - mean["x_k y_l"]) - raising * other.conj()
    return np.asarray((a + b) / 2 - np.hypot((a - b) / 2, np.abs(across)))
