"""Fixed points of the cumulant equations: integrated until nothing moves, then by Newton steps."""

from __future__ import annotations

import time as clock

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball.cumulants.equations import Equations, integrate, observables, start
from blochball.cumulants.physical import warn_of_no_state
from blochball.dataset import assemble
from blochball.support import progress as bars
from blochball.support.arguments import named
from blochball.system import System

Array = NDArray[np.float64]

# times that the integration is doubled, from an eighth of ten times what the slowest rate takes
DOUBLINGS = 10
# change over the second half of a run from which Newton steps lead to the fixed point; if that is
# stable, and lies no farther away than some changes, from which change they do
NEAR, AROUND = 1e-6, 1e-2
# accuracies of a run, relative and absolute, that Newton steps refine, and of another one
ROUGH, FINE = (1e-7, 1e-9), (1e-9, 1e-12)
# variables up to which they are taken; at most how many, until which precision
LARGEST, STEPS, PRECISION = 1000, 8, 1e-12
SHIFT = 1e-4  # of central differences
# of the equations in one run, some seconds for a few ensembles: what moves on after them oscillates
EVALUATIONS = 50_000


@named("cumulants.steady_state")
def steady_state(system: System, order: int = 2, *, progress: bool = False) -> xr.Dataset:
    """Return the fixed point that the initial state ends in, at the single time "infinity".

    Parameters and errors are those of `solve`.

    Raises
    ------
    ArithmeticError
        If the equations do not come to rest, or not within some ten seconds of work: they may
        oscillate for ever where the master equation has a steady state.

    Warns
    -----
    UserWarning
        As `solve` does.

    Examples
    --------
    >>> from blochball import cumulants, models
    >>> ds = cumulants.steady_state(models.superradiant_laser(size=1000, pump=500.0))
    >>> round(ds.emission.item() / 1000**2, 3)  # x (1 - x) / 2 at x = 1/2
    0.125
    """
    owner = "cumulants.steady_state"
    started = clock.perf_counter()
    equations, state = start(owner, system, order)
    with bars.shown(owner, progress):
        found = fixed_point(owner, equations, state)
    values = observables(system, *equations.unpack(found))
    variables = {name: value[None] for name, value in values.items()}
    warn_of_no_state(owner, system, np.array([np.inf]), variables)
    return assemble(
        system,
        [np.inf],
        variables,
        method=f"cumulants.{order}",
        wall_time=clock.perf_counter() - started,
    )


def fixed_point(owner: str, equations: Equations, state: Array) -> Array:
    """Return the fixed point that a flat state ends in."""
    rates = np.abs(np.diagonal(equations.drift, axis1=1, axis2=2))
    settled = 10 / max(float(rates[rates > 0].min(initial=1e100)), 1e-100) if rates.any() else 1.0
    until, refined = settled / 8, state.size <= LARGEST
    rtol, atol = ROUGH if refined else FINE
    for k in range(DOUBLINGS):
        with bars.portion(1 - 0.5**k, 1 - 0.5 ** (k + 1)):  # nobody knows how many there will be
            pair = integrate(
                owner,
                equations.derivative,
                state,
                until * np.array([0.5, 1]),
                rtol=rtol,
                atol=atol,
                most=EVALUATIONS,
            )
        middle, after = pair
        change = float(np.abs(after - middle).max())
        if change < NEAR and until >= settled:
            found = _newton(equations, after)
            # a fixed point that lies elsewhere is not where this state goes
            if np.abs(found - after).max() < 100 * NEAR:
                return found
        elif refined and change < AROUND:
            found = _newton(equations, after)
            if np.abs(found - after).max() < 10 * change and _stable(equations, found):
                return found
        state, until = after, 2 * until
    raise ArithmeticError(
        f"{owner}: the truncated equations do not come to rest within a time of {until:.3g}"
    )


def _newton(equations: Equations, state: Array) -> Array:
    """Refine a fixed point where the Jacobian is of a size that can be inverted."""
    if state.size > LARGEST:
        return state
    for _ in range(STEPS):
        residual = equations.derivative(0.0, state)
        # what symmetry leaves free has no derivative
        step = np.linalg.lstsq(_jacobian(equations, state), -residual, rcond=1e-10)[0]
        state = state + step
        if np.abs(step).max() < PRECISION:
            break
    return state


def _jacobian(equations: Equations, state: Array) -> Array:
    # central differences: the equations are polynomials of third order
    found = np.empty((state.size, state.size))
    for k in range(state.size):
        shift = np.zeros(state.size)
        shift[k] = SHIFT
        ahead, back = (equations.derivative(0.0, state + sign * shift) for sign in (1, -1))
        found[:, k] = (ahead - back) / (2 * SHIFT)
    return found


def _stable(equations: Equations, state: Array) -> bool:
    """Whether whatever is near a fixed point goes there."""
    rates = np.linalg.eigvals(_jacobian(equations, state))
    return bool(rates.real.max() < -1e-7 * np.abs(rates).max())
