"""Two times by the regression theorem on the cumulant equations.

With L = sum_l w_l J_l^- held fixed at time t, ``u_l^a = <sigma_l^a(t + tau) L> - <sigma_l^a> <L>``
obeys the equations of three operators with the third cumulant set to zero. That is the mean-field
equation, linearised about the means at t + tau::

    du/dtau = (df/dm) u ,     dm/dt = f(m)

in both orders; these differ in the means, and in u at no delay, which in second order holds the
correlations of different emitters. What one emitter does alone is exact.

<L^+(t) L^+(t+tau) L(t+tau) L(t)> is closed the same way: the third and fourth cumulants are left
out. The light then is Gaussian about its mean: g2(0) of a laser above threshold is near 2, not 1.

Laser with pump x N Gamma, N -> infinity: the spectrum is Gamma (1 + x^2)/(1 - x) wide, where the
master equation has Gamma (1 + x)/(2 (1 - x)). The usual equations also factorise <sigma^z sigma^z>
of two emitters; for N = 20, x = 1/4 they give a width of 1.7401, these give 1.8586.
"""

from __future__ import annotations

import time as clock

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball import field
from blochball.cumulants.equations import Array, Equations, integrate, products, start
from blochball.cumulants.stationary import fixed_point
from blochball.support import validation
from blochball.support.arguments import named
from blochball.system import System

Complexes = NDArray[np.complex128]

# sigma^- as a vector: v . sigma
_MINUS = np.array([0.5, -0.5j, 0])


@named("cumulants.two_time")
def two_time(
    system: System,
    delays: ArrayLike,
    time: float = np.inf,
    weights: ArrayLike | str | None = None,
    order: int = 2,
) -> xr.Dataset:
    """Return the first- and second-order correlation functions of L = sum_l w_l J_l^-.

    Parameters
    ----------
    system, order
        As for `solve`.
    delays, time, weights
        As for `blochball.exact.two_time`.

    Returns
    -------
    xarray.Dataset
        See `blochball.field`.

    Raises
    ------
    TypeError, ValueError
        For a bad argument.
    ArithmeticError
        If the truncated equations diverge, or have no steady state to start from.

    Examples
    --------
    >>> from blochball import cumulants, models
    >>> ds = cumulants.two_time(models.superradiant_laser(100, pump=50.0), [0.0, 0.1])
    >>> bool(ds.first_order.real[1] < ds.first_order.real[0])
    True
    """
    owner = "cumulants.two_time"
    delays = validation.times(owner, delays, "delays")
    time = field.time(owner, time)
    started = clock.perf_counter()
    weights = field.amplitudes(owner, system, weights)
    equations, state = start(owner, system, order, delays.size)
    if time == np.inf:
        state = fixed_point(owner, equations, state)
    else:
        state = integrate(owner, equations.derivative, state, np.array([time]))[0]
    row, mean, variance, u = _source(system, equations, state, weights)
    # of order one, as the integrator's tolerance is
    scale = max(float(np.abs(u).max()), 1e-300)

    def derivative(_: float, y: Array) -> Array:
        at, real, imaginary = np.split(y, [state.size, state.size + u.size])
        response = equations.response(equations.unpack(at)[0]).reshape(u.size, u.size)
        return np.concatenate([equations.derivative(0, at), response @ real, response @ imaginary])

    joint = np.concatenate([state, u.real / scale, u.imag / scale])
    path = integrate(owner, derivative, joint, delays)
    later = scale * (path[:, -2 * u.size : -u.size] + 1j * path[:, -u.size :])
    normal, anomalous = later @ row.conj(), later @ row
    ends = [_moments(system, equations, at, row) for at in path[:, : state.size]]
    means, variances = (np.array(values) for values in zip(*ends, strict=True))
    first = normal + means.conj() * mean
    # sum over the pairings of L^+(t), L^+(t+tau), L(t+tau), L(t)
    second = np.abs(means * mean) ** 2 + np.abs(mean) ** 2 * variances
    second = second + np.abs(means) ** 2 * variance + variance * variances
    second = second + np.abs(normal) ** 2 + np.abs(anomalous) ** 2
    crossed = anomalous * np.conj(means * mean) + normal * means * np.conj(mean)
    second = second + 2 * crossed.real
    return field.assemble_two_time(
        system,
        delays,
        first,
        second,
        variance + abs(mean) ** 2,
        weights=weights,
        time=time,
        method=f"cumulants.{order}",
        wall_time=clock.perf_counter() - started,
    )


@named("cumulants.spectrum")
def spectrum(
    system: System,
    frequencies: ArrayLike,
    weights: ArrayLike | str | None = None,
    order: int = 2,
) -> xr.DataArray:
    """Return the spectrum of L in the steady state, without its coherent part.

    Parameters
    ----------
    system, order
        As for `solve`.
    frequencies, weights
        As for `blochball.exact.spectrum`.

    Returns
    -------
    xarray.DataArray
        On the dimension `frequency`.

    Raises
    ------
    TypeError, ValueError
        For a bad argument.
    ArithmeticError
        If the truncated equations have no steady state, or one in which the correlation of two
        times grows.

    Examples
    --------
    >>> from blochball import cumulants, models
    >>> line = cumulants.spectrum(models.superradiant_laser(100, pump=50.0), [-9.0, 0.0, 9.0])
    >>> bool(line[1] > line[0])
    True
    """
    owner = "cumulants.spectrum"
    what = "a one-dimensional sequence of finite real numbers"
    frequencies = validation.reals(owner, "frequencies", frequencies, what)
    started = clock.perf_counter()
    weights = field.amplitudes(owner, system, weights)
    equations, state = start(owner, system, order)
    state = fixed_point(owner, equations, state)
    row, _, _, u = _source(system, equations, state, weights)
    response = equations.response(equations.unpack(state)[0]).reshape(u.size, u.size)
    growth = float(np.linalg.eigvals(response).real.max())
    if growth >= 0:
        raise ArithmeticError(
            f"{owner}: the correlation of two times does not decay in this steady state of the "
            f"truncated equations (rate {growth:.3g})"
        )
    inverse = (np.linalg.solve(1j * w * np.eye(u.size) - response, u) for w in frequencies)
    return field.assemble_spectrum(
        system,
        frequencies,
        np.array([2 * (row.conj() @ solution).real for solution in inverse]),
        weights=weights,
        method=f"cumulants.{order}",
        wall_time=clock.perf_counter() - started,
    )


def _source(
    system: System, equations: Equations, state: Array, weights: Complexes
) -> tuple[Complexes, complex, float, Complexes]:
    """Return r with L = r . sigma, summed over emitters; <L>, its variance; and u at no delay."""
    size = system.column("size")
    row = (np.multiply.outer(size * weights, _MINUS)).ravel()
    mean, variance = _moments(system, equations, state, row)
    connected = _connected(system, equations, state)
    u = connected @ (row / np.repeat(size, 3)) / np.repeat(size, 3)
    return row, mean, variance, u


def _moments(
    system: System, equations: Equations, state: Array, row: Complexes
) -> tuple[complex, float]:
    """Return <L> and <L^+ L> - |<L>|^2."""
    each = row / np.repeat(system.column("size"), 3)
    variance = each.conj() @ _connected(system, equations, state) @ each
    return complex(row @ state[: row.size]), float(variance.real)


def _connected(system: System, equations: Equations, state: Array) -> Complexes:
    """Return <S^a S^b> - <S^a><S^b> of all sites, shape (3 sites, 3 sites)."""
    m, c = equations.unpack(state)
    total = (system.column("size")[:, None] * m).ravel()
    found = products(system, m, c).reshape(total.size, total.size)
    return np.asarray(found - np.multiply.outer(total, total))
