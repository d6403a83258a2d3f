"""Correlations at two times and spectra, by the quantum regression theorem.

For the field L = sum_l weights_l J_l^-, with rho the state at time t (M. Lax, Phys. Rev. 129, 2342
(1963))::

    <L^+(t + tau) L(t)>                       = tr[ L^+   exp(tau Liouvillian) (L rho)     ]
    <L^+(t) L^+(t + tau) L(t + tau) L(t)>     = tr[ L^+ L exp(tau Liouvillian) (L rho L^+) ]

L rho is not Hermitian; it is kept as X + i Y with Hermitian X and Y, on each of which the real
Liouvillian acts.
"""

from __future__ import annotations

import time as clock
from itertools import product

import numpy as np
import scipy.sparse as sp
import xarray as xr
from numpy.typing import ArrayLike
from scipy.sparse.linalg import splu

from blochball._version import __version__
from blochball.exact import krylov, liouvillian, superoperators
from blochball.exact.liouvillian import MEMORY_LIMIT, TOLERANCE, driven, space_for
from blochball.exact.space import Complexes, Floats, Space, coherent_state
from blochball.exact.superoperators import Term, left, right, scaled
from blochball.support import validation
from blochball.system import System


def two_time(
    system: System,
    delays: ArrayLike,
    time: float = np.inf,
    *,
    weights: ArrayLike | None = None,
    tolerance: float = TOLERANCE,
    memory_limit: float = MEMORY_LIMIT,
) -> xr.Dataset:
    """Return the first- and second-order correlation functions of the field L.

    Parameters
    ----------
    system : System
        Any that `exact.liouvillian` serves; of one ensemble L = J^-.
    delays : array_like, shape (delays,)
        tau, increasing from a value >= 0.
    time : float
        t; infinity is the steady state.
    weights : array_like of complex, shape (sites,), optional
        Amplitudes in L; all one by default.
    tolerance, memory_limit
        As for `exact.liouvillian.solve`.

    Returns
    -------
    xarray.Dataset
        On the dimension `delay`: `first_order`, complex, <L^+(t + tau) L(t)>, and `second_order`,
        <L^+(t) L^+(t + tau) L(t + tau) L(t)>. Neither is divided by the `intensity` <L^+ L> at
        time t or its square.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, a System that is too large, and a steady state that is not unique.
    """
    owner = "correlations.two_time"
    delays = validation.times(owner, delays, "delays")
    tolerance = validation.real(owner, "tolerance", tolerance, 1e-14)
    started = clock.perf_counter()
    field = _Field(owner, system, weights, memory_limit)
    rho = field.state(time, tolerance)
    lowered = field.lower(rho)
    flux = superoperators.functional(field.space, *field.intensity())

    def evolve(unknowns: Floats, functional: sp.csr_array) -> Complexes:
        parts = krylov.propagate(field.generator.__matmul__, unknowns, delays, tolerance)
        return np.concatenate([(functional @ states.T)[0] for states in parts])

    halves = _hermitian_parts(field.space, lowered)
    first = sum(
        factor * evolve(half, field.raising) for factor, half in zip((1, 1j), halves, strict=True)
    )
    second = evolve(field.space.to_real(field.lower_right(lowered)), flux).real
    intensity = float((flux @ field.space.to_real(rho))[0].real)
    names = {"first_order": first, "second_order": second}
    return xr.Dataset(
        {**{name: ("delay", value) for name, value in names.items()}, "intensity": intensity},
        {"delay": delays},
        {
            "blochball_version": __version__,
            "system": system.to_json(),
            "method": "exact.correlations",
            "time": time,
            "unknowns": field.space.dimension,
            "tolerance": tolerance,
            "wall_time": clock.perf_counter() - started,
        },
    )


def spectrum(
    system: System,
    frequencies: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    memory_limit: float = MEMORY_LIMIT,
) -> xr.DataArray:
    """Return the spectrum of the field L in the steady state, without its coherent part.

    S(omega) = int dtau exp(-i omega tau) (<L^+(tau) L(0)> - <L^+><L>) over all tau, so that
    int domega S / 2 pi = <L^+ L> - |<L>|^2. Each frequency is a sparse linear system; nothing is
    cut off or sampled in time. Frequencies count from the frame that the System is written in: a
    detuning d moves the line of an emitter to omega = d.

    Parameters
    ----------
    system, weights, memory_limit
        As for `two_time`.
    frequencies : array_like, shape (frequencies,)
        omega, any finite real numbers.

    Returns
    -------
    xarray.DataArray
        On the dimension `frequency`.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, a System that is too large, and a steady state that is not unique.
    """
    owner = "correlations.spectrum"
    what = "a one-dimensional sequence of finite real numbers"
    wanted = validation.reals(owner, "frequencies", frequencies, what)
    field = _Field(owner, system, weights, memory_limit)
    space, rho = field.space, field.state(np.inf, TOLERANCE)
    steady = space.to_real(rho)
    mean = np.conj((field.raising @ steady)[0])
    real, imaginary = _hermitian_parts(space, field.lower(rho) - mean * rho)
    source = real + 1j * imaginary
    trace = superoperators.functional(space, left(space.sites)).toarray()[0].real
    # without drive L rho has coherences of order one only
    order = (space.column("ket") - space.column("bra")).sum(axis=0)
    some = np.arange(space.dimension) if driven(system) else np.flatnonzero(order)
    generator = sp.csc_array(field.generator[some][:, some])
    # a shift far below every rate, for the null vector at omega = 0
    shift = 1e-13 * float(np.abs(field.generator.diagonal()).max())
    values = np.empty(len(wanted))
    for k, omega in enumerate(wanted):
        matrix = sp.csc_array((1j * omega + shift) * sp.eye_array(len(some)) - generator)
        solver = splu(
            matrix,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.01,
            options={"SymmetricMode": True},
        )
        found = np.zeros(space.dimension, dtype=np.complex128)
        found[some] = solver.solve(source[some])
        # the solution has no trace; what rounding left of one is the steady state, times 1 / shift
        found -= steady * (trace @ found)
        values[k] = 2 * (field.raising @ found)[0].real
    return xr.DataArray(
        values,
        {"frequency": wanted},
        ("frequency",),
        "spectrum",
        {"system": system.to_json(), "method": "exact.correlations"},
    )


class _Field:
    """L = sum_l weights_l J_l^-, and the space that it acts in."""

    def __init__(
        self, owner: str, system: System, weights: ArrayLike | None, memory_limit: float
    ) -> None:
        validation.instance(owner, "system", system, System)
        what = f"a sequence with one number an ensemble ({system.sites})"
        given = np.ones(system.sites) if weights is None else weights
        self.weights = validation.array(owner, "weights", given, (system.sites,), what)
        self.owner, self.system, self.memory_limit = owner, system, memory_limit
        # L takes coherences of order 0 to those of order -1
        self.space: Space = space_for(owner, system, None if driven(system) else 1, memory_limit)
        self.generator = superoperators.liouvillian(system, self.space)
        sites = self.space.sites
        self.raising = superoperators.functional(
            self.space,
            *(scaled(np.conj(w), left(sites, (l, "+"))) for l, w in enumerate(self.weights)),
        )

    def intensity(self) -> list[Term]:
        """Return the terms of L^+ L."""
        pairs = product(enumerate(self.weights), repeat=2)
        sites = self.space.sites
        return [scaled(np.conj(a) * b, left(sites, (k, "+"), (l, "-"))) for (k, a), (l, b) in pairs]

    def lower(self, elements: Complexes) -> Complexes:
        """Return L times a matrix."""
        sites = self.space.sites
        terms = [scaled(w, left(sites, (l, "-"))) for l, w in enumerate(self.weights)]
        return superoperators.apply(self.space, terms, elements)

    def lower_right(self, elements: Complexes) -> Complexes:
        """Return a matrix times L^+."""
        sites = self.space.sites
        terms = [scaled(np.conj(w), right(sites, l, "-")) for l, w in enumerate(self.weights)]
        return superoperators.apply(self.space, terms, elements)

    def state(self, time: float, tolerance: float) -> Complexes:
        """Return the density matrix at a time, or the steady state at infinity."""
        system, space = self.system, self.space
        if isinstance(time, float) and time == np.inf:
            steady = liouvillian.stationary(system, memory_limit=self.memory_limit)
            return space.embed(steady.space, steady.elements)
        until = np.array([validation.real(self.owner, "time", time, 0)])
        start = coherent_state(space, system.column("polar"), system.column("azimuth"))
        (unknowns,) = krylov.propagate(
            self.generator.__matmul__, space.to_real(start), until, tolerance
        )
        return space.to_complex(unknowns[0])


def _hermitian_parts(space: Space, elements: Complexes) -> tuple[Floats, Floats]:
    """Return the unknowns of X and Y, where X + i Y is a matrix that need not be Hermitian."""
    adjoint = elements[space.adjoint].conj()
    return space.to_real((elements + adjoint) / 2), space.to_real((elements - adjoint) / 2j)
