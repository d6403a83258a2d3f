"""Integration of the cumulant equations of a System, or of a Protocol from knot to knot."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from blochball import operators, ramps
from blochball.cumulants import linear
from blochball.cumulants.equations import (
    Array,
    Equations,
    integrate,
    observables,
    pack,
    start,
    turned,
)
from blochball.cumulants.physical import warn_of_no_state
from blochball.dataset import assemble
from blochball.moments import KEPT
from blochball.protocol import Piece, Protocol, Rotation
from blochball.support import progress as bars
from blochball.support import validation
from blochball.support.arguments import named
from blochball.system import System

_INTEGRATORS = ("auto", "RK45", "DOP853", "Radau", "BDF", "LSODA")
# beyond this many variables an implicit step pays more for its dense Jacobian than it gains
_STIFF_VARIABLES = 400
# the smallest relative tolerance that the integrators take
_FINEST = 1e-13


@named("cumulants.solve")
def solve(
    system: System | Protocol,
    times: ArrayLike,
    order: int = 2,
    *,
    rtol: float = 1e-9,
    atol: float = 1e-12,
    integrator: str = "auto",
    moments: str = "first",
    progress: bool = False,
) -> xr.Dataset:
    """Integrate the cumulant equations of any System, to first or second order.

    The result is deterministic and carries no standard errors; its error is that of the
    truncation, which nothing in the result shows unless it is so large that no state has such
    moments.

    Parameters
    ----------
    system : System or Protocol
        What to solve. An output at the time of a pulse precedes it.
    times : array_like, shape (times,)
        Output times, increasing from a value >= 0, in the inverse unit of the rates.
    order : {1, 2}
        1 is mean field: different emitters factorise, also within an ensemble, while products on
        one emitter are exact, so that ``<J^+ J^-> = N n + N (N - 1) |s|^2`` with
        ``n = <sigma^+ sigma^->`` and ``s = <sigma^->``. Without a drive, and from a fully
        polarised state, s stays zero: mean field has no spontaneous burst, each emitter decays
        alone. 2 neglects third cumulants; it is exact for two emitters in all.
    rtol, atol : float
        Relative and absolute tolerance of the integrator, on means and correlations per emitter.
    integrator : {"auto", "RK45", "DOP853", "Radau", "BDF", "LSODA"}
        Of `scipy.integrate.solve_ivp`; "auto" is LSODA, which turns implicit where the equations
        are stiff, or DOP853 for more than a few hundred variables (3 M for M sites, and
        3 M (3 M + 1) / 2 more in second order). Where the equations are linear, as for two emitters
        or any number that know nothing of each other, it is a matrix exponential, which errs by no
        more however long an undamped system turns.
    moments : {"first", "second", "pairs"}
        "second" keeps the covariances of all spin components of each site, `spin_covariance`,
        "pairs" also those of all pairs of sites, `pair_covariance`.
    progress : bool
        Show a progress bar.

    Returns
    -------
    xarray.Dataset
        See `blochball.dataset`; method "cumulants.1" or "cumulants.2".

    Raises
    ------
    TypeError, ValueError
        For a bad argument.
    ArithmeticError
        If the truncated equations diverge or cannot be integrated: the message says when.

    Warns
    -----
    UserWarning
        Where the emission or an output is negative, a spin is too long, or <J^2> is none that the
        emitters can have: the truncation has failed.

    Examples
    --------
    >>> from blochball import cumulants, models
    >>> ds = cumulants.solve(models.superradiant_laser(size=100, pump=25.0), [0.0, 0.06], order=2)
    >>> round(ds.emission.values[0, 0], 6)
    np.float64(100.0)
    """
    owner = "cumulants.solve"
    times = validation.times(owner, times)
    rtol = validation.real(owner, "rtol", rtol, _FINEST)
    atol = validation.real(owner, "atol", atol, 0)
    validation.choice(owner, "integrator", integrator, _INTEGRATORS)
    validation.choice(owner, "moments", moments, KEPT)

    started = time.perf_counter()
    initial = system.initial if isinstance(system, Protocol) else system
    equations, state = start(owner, initial, order, times.size)
    protocol = system if isinstance(system, Protocol) else Protocol([(0.0, system)])
    path = _Path(owner, protocol, equations, integrator, rtol, atol)
    with bars.shown(owner, progress):
        values = [
            observables(protocol.at(now), *equations.unpack(at), moments)
            for now, at in zip(times, path.states(state, times), strict=True)
        ]
    changes: dict[str, Any] = {"protocol": protocol.to_json()} if protocol is system else {}
    variables = {name: np.array([value[name] for value in values]) for name in values[0]}
    warn_of_no_state(owner, initial, times, variables)
    return assemble(
        initial,
        times,
        variables,
        method=f"cumulants.{order}",
        integrator=", ".join(dict.fromkeys(path.used)) or integrator,
        rtol=rtol,
        atol=atol,
        **changes,
        wall_time=time.perf_counter() - started,
    )


@dataclass(frozen=True)
class _Path:
    """What a Protocol does to a flat state.

    Attributes
    ----------
    used : list of str
        The integrators of all pieces so far.
    """

    owner: str
    protocol: Protocol
    equations: Equations
    integrator: str
    rtol: float
    atol: float
    used: list[str] = field(default_factory=list)

    def states(self, state: Array, times: Array) -> Iterator[Array]:
        """Yield the flat states at the output times."""
        for piece in self.protocol.pieces:
            for system in (piece.first, piece.last):
                operators.require(self.owner, "cumulants", system)
        return ramps.states(self.protocol, times, state, self._turned, self._along)

    def _turned(self, state: Array, rotation: Rotation) -> Array:
        """Return the state after a pulse, which turns all Pauli vectors of a site alike."""
        matrices = np.tile(np.eye(3), (self.protocol.sites, 1, 1))
        matrices[slice(None) if rotation.sites is None else list(rotation.sites)] = rotation.matrix
        return pack(*turned(self.equations.unpack(state), matrices))

    def _along(self, piece: Piece, state: Array, times: Array) -> Iterator[Array]:
        """Yield the states at times within a piece, given that at its beginning."""
        parts = [(share, Equations.of(system)) for share, system in ramps.polynomials(piece)]
        name = self.integrator
        if name == "auto":
            exact = self._carried(piece, state, times)
            if exact is not None:
                self.used.append(linear.NAME)
                yield from exact
                return
            name = "LSODA" if state.size <= _STIFF_VARIABLES else "DOP853"
        self.used.append(name)

        def changing(now: float, at: Array) -> Array:
            if not parts:
                return Equations.of(piece.at(now)).derivative(now, at)
            passed = (now - piece.start) / (piece.stop - piece.start)
            slopes = [share(passed) * equations.derivative(now, at) for share, equations in parts]
            return np.asarray(sum(slopes[1:], slopes[0]))

        derivative = parts[0][1].derivative if len(parts) == 1 else changing
        options = (name, self.rtol, self.atol)
        yield from integrate(self.owner, derivative, state, times, *options, begin=piece.start)

    def _carried(self, piece: Piece, state: Array, times: Array) -> Array | None:
        """Return the states at times within a piece if its equations are constant and linear."""
        if not piece.constant:
            return None
        equations, emitters = Equations.of(piece.first), self.protocol.initial.emitters
        return linear.carried(equations, emitters, state, times, piece.start)
