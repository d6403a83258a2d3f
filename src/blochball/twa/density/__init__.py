"""The truncated Wigner approximation without sampling: its Fokker-Planck equation on a mesh.

One ensemble whose state no rotation about z changes is a problem in two variables, the length of
the spin and its polar angle, in the Bloch ball as well as in Eq. (6). Means are found by following
the moments of splines in both, so that no mean carries a sampling error; docs/engine.md has the
scheme, docs/numerics.md its measured accuracy. Any other System needs `blochball.twa.solve`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball import operators
from blochball.dataset import assemble
from blochball.moments import DIMS
from blochball.support import progress as bars
from blochball.support import validation
from blochball.support.arguments import named
from blochball.support.sparse import one_blas_thread
from blochball.system import System
from blochball.twa import lengths
from blochball.twa.density import defects
from blochball.twa.density.generators import Rates
from blochball.twa.density.solver import FUNCTIONS, Mesh, Problem
from blochball.twa.density.stepping import Seen

__all__ = ["solve", "steady_state"]

FORMS = ("ball", "eq6")
BOUNDARIES = ("continued", "reflecting")
SPACING = 0.14
_COARSER = np.sqrt(2)  # the mesh that tells the error
_TOLERANCE = 1e-10  # of a step, in units of (N/2)^2 and N/2
_SETTLED = 1e-8  # change that counts as none, in the same units: what rounding leaves
_FILL = 1600.0  # numbers that factors hold for every product of splines, measured
_THEORY = "twa.density"

operators.declare(_THEORY, *operators.LOCAL, "detuning", "exchange", *operators.COLLECTIVE)
Floats = NDArray[np.float64]
# of FUNCTIONS at all times, and what was seen on the way
Means = tuple[Floats, Seen]


@named("twa.density.solve")
def solve(
    system: System,
    times: ArrayLike,
    form: str = "ball",
    *,
    spacing: float = SPACING,
    boundary: str = "continued",
    progress: bool = False,
) -> xr.Dataset:
    """Solve the Fokker-Planck equation of the truncated Wigner approximation for one ensemble.

    Parameters
    ----------
    system : System
        One ensemble that starts fully inverted or in the ground state, without a drive.
    times : array_like, shape (times,)
        Output times, increasing from a value >= 0, in the inverse unit of the rates.
    form : {"ball", "eq6"}
        The Bloch ball, or the paper's four variables.
    spacing : float
        Width of the cells of the mesh, relative to the scale on which functions change; the work
        grows as its inverse square or faster.
    boundary : {"continued", "reflecting"}
        What Eq. (6) is continued with beyond R = N/2 + 1: the same equation without jumps that
        lengthen the spin, as `twa.solve` has it, or a wall. See docs/derivation.md, section 12.
    progress : bool
        Show a progress bar.

    Returns
    -------
    xarray.Dataset
        See `blochball.dataset`. There are no standard errors; NAME_grid_error is the difference to
        a mesh that is coarser by the square root of two, about twice the error or more.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it, and for a System that has no such density, saying why.

    Warns
    -----
    UserWarning
        Where more than a quarter of the density has |J| < 2, and where <J^2> is more than the
        emitters can have, as `blochball.twa.solve` does. Where moments of local dissipation, which
        are known exactly, are missed by so much that a variable is off by 4.5 % of what it can be.

    Examples
    --------
    Without sampling, what is left is what truncation costs, and far less what the mesh does:

    >>> from blochball import exact, models, twa
    >>> laser = models.superradiant_laser(size=20, pump=10.0)
    >>> ds = twa.density.solve(laser, times=[0.2])
    >>> truncated = abs(ds.emission - exact.solve(laser, [0.2]).emission)
    >>> round(ds.emission.item(), 2), round(truncated.item(), 2)
    (63.11, 0.2)
    >>> bool(ds.emission_grid_error < 0.001 * truncated)
    True
    """
    owner = "twa.density.solve"
    times = validation.times(owner, times)
    tolerance = max(_TOLERANCE, 1e-14 * _size(owner, system))  # rounding grows with the size

    def means(problem: Problem) -> Means:
        asked = problem.functions, problem.scale, times, tolerance, problem.watched
        return problem.propagator.means(problem.moments, *asked)

    with bars.shown(owner, progress):
        ds, seen = _run(owner, system, times, (form, spacing, boundary), means)
    return _warned(owner, system, ds, seen)


@named("twa.density.steady_state")
def steady_state(
    system: System, form: str = "ball", *, spacing: float = SPACING, boundary: str = "continued"
) -> xr.Dataset:
    """Return the state at infinite time that the initial one ends in, with the time "infinity".

    Parameters and errors are those of `solve`.

    Raises
    ------
    ArithmeticError
        If the state still changes after 10^8 of the shortest times.

    Warns
    -----
    UserWarning
        As `solve` does.

    Examples
    --------
    >>> from blochball import models, twa
    >>> laser = models.superradiant_laser(size=20, pump=10.0)
    >>> ball, eq6 = (twa.density.steady_state(laser, form) for form in ("ball", "eq6"))
    >>> round(ball.emission.item(), 2), round(eq6.emission.item(), 2)  # exact: 52.68
    (52.45, 52.98)
    """
    owner = "twa.density.steady_state"

    def means(problem: Problem) -> Means:
        asked = problem.functions, problem.scale, _SETTLED, problem.watched
        found, watched = problem.propagator.settled(problem.moments, *asked)
        return found[None], Seen(np.array([np.inf]), watched[None])

    ds, seen = _run(owner, system, np.array([np.inf]), (form, spacing, boundary), means)
    return _warned(owner, system, ds, seen)


def _warned(owner: str, system: System, ds: xr.Dataset, seen: Seen) -> xr.Dataset:
    """Return a result, after warning of what it must not be trusted for."""
    times, short, excess = ds.time.values, seen.values[:, 0], seen.values[:, 1:4]
    share = float(np.interp(times, seen.places, short).max())
    if lengths.warned_of_short(owner, share, "density has", "twa.solve"):
        return ds
    if not lengths.warned_of_long(owner, ds):
        rates, begun = _rates(operators.MasterEquation.of(system)), seen.values[0, 4:]
        defects.warn(owner, defects.missed(rates, times, seen.places, excess, begun))
    return ds


def obstacle(system: System) -> str | None:
    """Say why a System has no density in two variables, or return None."""
    if system.sites > 1:
        return "it has several ensembles; twa.solve samples them"
    if "drive" in operators.terms_of(system):
        return "a drive turns the spin about an axis of its own; twa.solve samples it"
    refused = operators.refusal(_THEORY, system)
    if refused is not None:
        return refused
    if not system.polarized:
        return (
            "its initial state is neither fully inverted nor the ground state; twa.solve samples it"
        )
    mixed = operators.MasterEquation.of(system).kossakowski_at(0)
    if (mixed != np.diag(np.diagonal(mixed))).any():
        return "a jump mixes decay, dephasing and pump; twa.solve samples it"
    return None


def _size(owner: str, system: System) -> float:
    operators.require_system(owner, system)
    reason = obstacle(system)
    if reason is not None:
        raise ValueError(
            f"{owner}: system must be one undriven, polarised ensemble, got another: {reason}"
        )
    return float(system.ensembles[0].size)


@one_blas_thread
def _run(
    owner: str,
    system: System,
    times: Floats,
    options: tuple[str, float, str],
    means: Callable[[Problem], Means],
) -> tuple[xr.Dataset, Seen]:
    """Solve on two meshes and put the result together; return what was seen on the way, too."""
    started = time.perf_counter()
    _size(owner, system)
    form, spacing, boundary = options
    validation.choice(owner, "form", form, FORMS)
    validation.choice(owner, "boundary", boundary, BOUNDARIES)
    spacing = validation.real(owner, "spacing", spacing, 0)
    if not 0 < spacing <= 1:
        raise ValueError(f"{owner}: spacing must be above 0 and at most 1, got {spacing!r}")
    if boundary == "reflecting" and form == "ball":
        raise ValueError(f"{owner}: boundary must be 'continued' for the ball, got {boundary!r}")
    ensemble = system.ensembles[0]
    equation = operators.MasterEquation.of(system)
    rates = _rates(equation)
    found, products, seen = [], 0, Seen(np.zeros(1), np.zeros((1, 7)))
    for wide, begin, end in ((_COARSER * spacing, 0, 1 / 3), (spacing, 1 / 3, 1)):
        cells = 60 * np.log(2 + rates.size) ** 2 / wide**2  # before a mesh this fine is made
        validation.memory(owner, "spacing", 8.0 * cells)
        mesh = Mesh.of(rates.size, form, wide, boundary == "reflecting")
        validation.memory(owner, "spacing", _FILL * mesh.size)
        problem = Problem(rates, form, ensemble.polarization, mesh)
        with bars.portion(begin, end):
            values, seen = means(problem)
        found.append(_variables(equation, values))
        products = mesh.size
    coarse, fine = found
    errors = {f"{name}_grid_error": abs(fine[name] - coarse[name]) for name in fine}
    dims = {name: DIMS[name.removesuffix("_grid_error")] for name in errors}
    ds = assemble(
        system,
        times,
        {**fine, **errors},
        method=f"{_THEORY}.{form}",
        extra_dims=dims,
        spacing=spacing,
        boundary=boundary,
        splines=products,
        steps=len(seen.places) - 1,
        wall_time=time.perf_counter() - started,
    )
    return ds, seen


def _rates(equation: operators.MasterEquation) -> Rates:
    """Read what counts: detuning, exchange and collective dephasing only turn the azimuth."""
    decay, dephasing, pump = map(float, equation.local[0])
    collective = np.diagonal(equation.kossakowski_at(0)).real
    return Rates(
        float(equation.sizes[0]), decay, dephasing, pump, float(collective[0]), float(collective[2])
    )


def _variables(equation: operators.MasterEquation, values: Floats) -> dict[str, Floats]:
    """Return what the table of moments asks for from the means of FUNCTIONS, (times, 3)."""
    one = dict(zip(FUNCTIONS, values.T, strict=True))
    zero = np.zeros_like(one["inversion"])
    across = one["emission"] - one["inversion"]
    # <L^+ L> of J^-, J^z and J^+, which do not interfere
    squares = [one["emission"], one["spin_squared"] - across, across - one["inversion"]]
    output = abs(equation.weights[:, 0]) ** 2 @ np.stack(squares)
    site = {"spin_x": zero, "spin_y": zero, **one}
    return {**{name: value[:, None] for name, value in site.items()}, "output": output.T}
