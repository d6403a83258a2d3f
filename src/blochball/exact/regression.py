"""Two times by the quantum regression theorem on the density matrix.

For the field L = sum_l weights_l J_l^-, with rho the state at time t (M. Lax, Phys. Rev. 129, 2342
(1963))::

    <L^+(t + tau) L(t)>                       = tr[ L^+   exp(tau Liouvillian) (L rho)     ]
    <L^+(t) L^+(t + tau) L(t + tau) L(t)>     = tr[ L^+ L exp(tau Liouvillian) (L rho L^+) ]

The real Liouvillian acts on Hermitian matrices, and L rho is not Hermitian. Without drive it has
coherences of order -1 only; with its adjoint added it becomes Hermitian, and L^+ does not see the
adjoint. With a drive it is X + i Y, with Hermitian X and Y that are propagated one after the other.

The spectrum is the Fourier transform of the first, either by one sparse factorisation a frequency
(cheap where the factors stay sparse: one ensemble without drive is a planar mesh) or, for all
frequencies together, by integrating exp(-i omega tau) along the Krylov steps until nothing is left.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import scipy.sparse as sp

from blochball.exact import krylov, liouvillian, superoperators
from blochball.exact.liouvillian import TOLERANCE, driven, space_for
from blochball.exact.space import Complexes, Floats, Ints, Space
from blochball.exact.superoperators import Term, left, right, scaled
from blochball.support import progress, sparse
from blochball.system import System

SECONDS = 1.0  # that factorisations may take before all frequencies are served together
STEPS = 10_000  # of a Krylov space each, after which a coherence counts as undamped
NODES = 24  # of the integral over a step; a Krylov space holds polynomials of degree 29


class UndampedError(ValueError):
    """A coherence takes too long to die out."""


class Field:
    """L = sum_l weights_l J_l^-, and the space that it acts in.

    Parameters
    ----------
    owner : str
        Who asks, for messages.
    system : System
    weights : complex array, shape (sites,)
    memory_limit : float
        In bytes.
    """

    def __init__(self, owner: str, system: System, weights: Complexes, memory_limit: float) -> None:
        self.owner, self.system, self.weights = owner, system, weights
        self.memory_limit = memory_limit
        # L takes coherences of order 0 to those of order -1
        self.space: Space = space_for(owner, system, None if driven(system) else 1, memory_limit)
        self.generator = superoperators.liouvillian(system, self.space)
        sites = self.space.sites
        self.raising = superoperators.functional(
            self.space,
            *(scaled(np.conj(w), left(sites, (l, "+"))) for l, w in enumerate(self.weights)),
        )
        self.flux = superoperators.functional(self.space, *self._intensity())

    def _intensity(self) -> list[Term]:
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
        if time == np.inf:
            steady, _ = liouvillian.end_of(self.owner, system, self.memory_limit)
            return space.embed(steady.space, steady.elements)
        start = liouvillian.start_of(system, space, None)
        (unknowns,) = krylov.propagate(
            self.generator.__matmul__, start, np.array([time]), tolerance
        )
        return space.to_complex(unknowns[0])

    def halves(self, elements: Complexes) -> list[tuple[complex, Floats]]:
        """Return factors and unknowns of Hermitian matrices that make up L times a matrix."""
        adjoint = elements[self.space.adjoint].conj()
        if not driven(self.system):
            return [(1, self.space.to_real(elements + adjoint))]
        parts = ((elements + adjoint) / 2, (elements - adjoint) / 2j)
        return list(zip((1, 1j), map(self.space.to_real, parts), strict=True))

    def lines(self) -> Ints:
        """Return the unknowns that L times a matrix has: without drive not those of order 0."""
        if driven(self.system):
            return np.arange(self.space.dimension)
        order = (self.space.column("ket") - self.space.column("bra")).sum(axis=0)
        return np.flatnonzero(order)


def two_time(
    field: Field, delays: Floats, time: float, tolerance: float
) -> tuple[Complexes, Floats, float]:
    """Return <L^+(t + tau) L(t)>, <L^+(t) L^+(t + tau) L(t + tau) L(t)> and <L^+ L>(t)."""
    rho = field.state(time, tolerance)
    lowered = field.lower(rho)
    halves = field.halves(lowered)
    done, runs = 0, len(halves) + 1

    def evolve(unknowns: Floats, functional: sp.csr_array) -> Complexes:
        nonlocal done
        multiply = field.generator.__matmul__
        with progress.portion(done / runs, (done + 1) / runs):
            values = krylov.values(multiply, unknowns, functional, delays, tolerance)
        done += 1
        return values.astype(complex)

    first = sum(factor * evolve(half, field.raising) for factor, half in halves)
    second = evolve(field.space.to_real(field.lower_right(lowered)), field.flux).real
    intensity = float((field.flux @ field.space.to_real(rho))[0].real)
    return np.asarray(first), second, intensity


def spectrum(
    field: Field, frequencies: Floats, method: str, tolerance: float = TOLERANCE
) -> tuple[Floats, str]:
    """Return 2 Re tr[L^+ (i omega - Liouvillian)^-1 (L rho - <L> rho)] and how it was found."""
    chosen, fits = _affordable(field, method, len(frequencies))
    rho = field.state(np.inf, tolerance)
    steady = field.space.to_real(rho)
    mean = np.conj((field.raising @ steady)[0])
    halves = field.halves(field.lower(rho) - mean * rho)
    if chosen == "transform":
        try:
            return _transform(field, halves, frequencies, tolerance), chosen
        except UndampedError:
            if method != "auto" or not fits:
                raise
    return _direct(field, halves, steady, frequencies), "direct"


def _affordable(field: Field, method: str, count: int) -> tuple[str, bool]:
    """Return "direct" or "transform" for so many frequencies, and whether the first fits.

    It is refused where it is asked for and its factors take too much memory.
    """
    fill = _fill(field)
    _, needed = liouvillian.memory(field.system, None if driven(field.system) else 1)
    needed += 20 * fill
    fits = needed <= field.memory_limit
    if method == "direct" and not fits:
        raise ValueError(
            f"{field.owner}: method must be one that fits into memory_limit "
            f"({field.memory_limit / 2**30:.3g} GiB), got 'direct', which takes about "
            f"{needed / 2**30:.3g} GiB with its factors; 'transform' needs none"
        )
    if method != "auto":
        return method, fits
    # as long a factorisation takes, by measurement, where fill-in dominates
    quick = count * 1e-9 * fill**2 / len(field.lines()) <= SECONDS
    return "direct" if fits and (quick or _planar(field)) else "transform", fits


def _planar(field: Field) -> bool:
    return field.system.sites == 1 and not driven(field.system)


def _fill(field: Field) -> float:
    """Estimate the entries of a factorisation of the block of `lines`, as measured."""
    n = len(field.lines()) / (1 if driven(field.system) else 2)
    if _planar(field):
        return float(5 * n * np.log2(n + 2))
    return float((0.6 if field.system.sites == 1 else 4) * n ** (5 / 3))


@sparse.one_blas_thread
def _direct(
    field: Field, halves: list[tuple[complex, Floats]], steady: Floats, frequencies: Floats
) -> Floats:
    """Solve one sparse linear system a frequency."""
    space = field.space
    if driven(field.system):
        generator, raising = sp.csc_array(field.generator), field.raising.toarray()[0]
        source = sum(factor * half for factor, half in halves)
        trace = superoperators.functional(space, left(space.sites)).toarray()[0].real
    else:
        # complex elements of order -1: half as many as there are unknowns
        order = (space.column("ket") - space.column("bra")).sum(axis=0)
        some = np.flatnonzero(np.rint(order) == -1)
        real = np.minimum(some, space.adjoint[some])
        imaginary = np.maximum(some, space.adjoint[some])
        sign = np.sign(space.adjoint[some] - some).astype(float)
        rows = field.generator[:, real]
        generator = sp.csc_array(rows[real] + 1j * (sp.diags_array(sign) @ rows[imaginary]))
        raising = field.raising[:, real].toarray()[0]
        source = halves[0][1][real] + 1j * sign * halves[0][1][imaginary]
        trace, steady = np.zeros(len(some)), np.zeros(len(some))
    # a shift far below every rate, for the null vector at omega = 0
    shift = 1e-13 * float(np.abs(generator.diagonal()).max())
    values = np.empty(len(frequencies))
    for k, omega in enumerate(frequencies):
        matrix = sp.csc_array((1j * omega + shift) * sp.eye_array(generator.shape[0]) - generator)
        solver = sparse.factorised(matrix)
        solution = solver.solve(source)
        del solver  # before the next takes as much
        # the solution has no trace; what rounding left of one is the steady state, times 1 / shift
        solution -= steady * (trace @ solution)
        values[k] = 2 * (raising @ solution).real
        progress.report((k + 1) / len(frequencies))
    return values


def _transform(
    field: Field, halves: list[tuple[complex, Floats]], frequencies: Floats, tolerance: float
) -> Floats:
    """Integrate 2 Re exp(-i omega tau) <L^+(tau) L(0)> until the coherence has died out."""
    some = field.lines()
    generator = field.generator[some][:, some]
    raising = sp.csr_array(field.raising[:, some])
    fastest = float(np.abs(frequencies).max(initial=0))
    found = np.zeros(len(frequencies))
    for factor, half in halves:
        left_over = tolerance * float(np.abs(half[some]).sum())
        for count, step in enumerate(krylov.steps(generator.__matmul__, half[some], tolerance)):
            if step.size * float(np.abs(step.vectors[0]).sum()) <= left_over:
                break
            if count == STEPS:
                raise UndampedError(
                    f"{field.owner}: method must be 'direct' for this system, got 'transform': a "
                    f"coherence has not died out by the delay {step.begin:.3g}"
                )
            wave, nodes = _gauss(step, fastest)
            values = factor * step.values(raising, nodes)
            found += 2 * (np.exp(-1j * np.outer(frequencies, nodes)) @ (wave * values)).real
    return found


def _gauss(step: krylov.Step, fastest: float) -> tuple[Floats, Floats]:
    """Return weights and nodes of Gauss-Legendre quadrature over a step, in panels."""
    # a wave turns by two cycles in a panel at most
    edges = np.linspace(step.begin, step.end, 2 + int(fastest * (step.end - step.begin) / 13))
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    return np.outer(half, weights).ravel(), (middle[:, None] + np.outer(half, nodes)).ravel()
