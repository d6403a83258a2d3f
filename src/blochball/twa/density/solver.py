"""One ensemble on a mesh: its splines, its generator, its initial state and what is read off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from blochball.support.sparse import factorised
from blochball.twa.density import defects, generators
from blochball.twa.density.generators import Nodes, Rates, Term
from blochball.twa.density.splines import Floats, Line, graded
from blochball.twa.density.stepping import Propagator
from blochball.twa.lengths import SHORT

# beyond the longest spin of a polarised state density falls as exp(-2 distance); the mesh ends here
_BEYOND = 10.0
_FADING = 3.0  # over the last stretch of it diffusion is switched off: nothing is asked of its end
_WIDEST_BEYOND = 2.5  # cells there, in units of `spacing`
# what cannot be resolved out there is damped, by the sixth power of the cells' width
_DAMPING = 0.02
# scales on which functions are steep: at the longest spin, at the shortest, at the poles (of N c)
_SURFACE = {"ball": 0.3, "eq6": 0.03}
_CENTRE = {"ball": 0.3, "eq6": 0.5}  # the ball's in units of sqrt(N)
_POLE = 1.0
_TAIL = 24  # nodes for what of the initial cloud reaches past the sphere

FUNCTIONS = ("inversion", "emission", "spin_squared")


@dataclass(frozen=True)
class Mesh:
    """Splines in R and in c."""

    radial: Line
    angular: Line
    surface: float  # R of the longest spin, where the mesh is finest
    closed: bool  # nothing beyond it

    @classmethod
    def of(cls, size: float, form: str, spacing: float, closed: bool = False) -> Mesh:
        """Choose the mesh; cells are `spacing` times the distance to the next steep place wide."""
        surface = size / 2 + 1 if form == "eq6" else (size + 1) / 2
        steep, widest = (surface, _SURFACE[form]), 0.7 * spacing * size
        if form == "eq6":
            shortest = (0.5, _CENTRE[form])
            parts = [
                graded((0.0, 0.5), [shortest], spacing, 1.0),
                graded((0.5, surface), [shortest, steep], spacing, widest),
            ]
        else:
            centre = (0.0, max(1.0, _CENTRE[form] * np.sqrt(size)))
            parts = [graded((0.0, surface), [centre, steep], spacing, widest)]
        if not closed:
            ends = (surface, surface + _BEYOND)
            parts.append(graded(ends, [steep], spacing, _WIDEST_BEYOND * spacing))
        half = graded((0.0, 1.0), [(1.0, _POLE / size)], spacing, spacing)
        return cls(
            Line(np.unique(np.concatenate(parts)), 0.5 if form == "eq6" else None),
            Line(np.concatenate([-half[:0:-1], half])),
            surface,
            closed,
        )

    @property
    def size(self) -> int:
        """Number of products of splines."""
        return self.radial.size * self.angular.size

    def fade(self, length: Floats) -> Floats:
        """Return what multiplies the diffusion of local jumps: 1, and 0 at the end of the mesh."""
        if self.closed:
            return np.ones_like(length)
        left = np.clip((self.radial.breaks[-1] - length) / _FADING, 0, 1)
        return np.asarray(left**2 * (3 - 2 * left))

    def product(self, radial: Floats, angular: Floats) -> Floats:
        """Return a product f(R) g(c), both given at the nodes, as coefficients."""
        factors = self.radial.coefficients(radial), self.angular.coefficients(angular)
        table = np.outer(*factors)
        return np.concatenate([[table[0].mean()], table[1:].ravel()])

    def merged(self) -> sparse.csr_array:
        """Return the matrix that makes one spline of all at R = 0, which is a single point."""
        rest = (self.radial.size - 1) * self.angular.size
        parts = [np.ones((self.angular.size, 1)), sparse.eye_array(rest)]
        return sparse.csr_array(sparse.block_diag(parts))


class Problem:
    """The Fokker-Planck equation of one ensemble on a mesh, ready to be solved."""

    def __init__(self, rates: Rates, form: str, polarization: int, mesh: Mesh) -> None:
        self.mesh, self.form, self.size = mesh, form, rates.size
        radial, angular = mesh.radial, mesh.angular
        # the measures in which the singular coefficients at R = 0 are finite
        self._measure = radial.x if form == "eq6" else radial.x**2
        mass = sparse.kron(radial.matrix(self._measure), angular.matrix(np.ones_like(angular.x)))
        merge = mesh.merged()
        self.propagator = Propagator(
            sparse.csr_array(merge.T @ mass @ merge),
            sparse.csr_array(merge.T @ self._generator(rates) @ merge),
            rates.fastest,
        )
        self.moments = merge.T @ self._initial(polarization)
        self.functions = np.stack(self._functions(), axis=1)
        # what is watched besides: what is short, what makes moments wrong, and these
        self.watched = np.column_stack([self._short(), *self._defects(rates)])
        self.scale = np.array([1, rates.size, rates.size]) * rates.size / 2

    def _sum(self, terms: list[Term]) -> sparse.csr_array:
        """Return the integrals of B_i (terms B_j)."""
        mesh = self.mesh
        total = sparse.csr_array((mesh.size, mesh.size))
        for f, g, order, order_c in terms:
            along = mesh.radial.matrix(self._measure * f, order)
            total = total + sparse.kron(along, mesh.angular.matrix(g, order_c), format="csr")
        return total

    def _nodes(self) -> Nodes:
        length = self.mesh.radial.x
        return Nodes(length, self.mesh.angular.x, self.mesh.fade(length))

    def _generator(self, rates: Rates) -> sparse.csr_array:
        mesh, radial, angular, at = self.mesh, self.mesh.radial, self.mesh.angular, self._nodes()
        total = self._sum((generators.eq6 if self.form == "eq6" else generators.ball)(rates, at))
        if mesh.closed:
            return sparse.csr_array(total + generators.reflection(rates, radial, angular))
        # third derivatives, so that |J|^2 and J^z do not notice
        window = np.clip((radial.x - mesh.surface - 1) / _FADING, 0, 1) ** 2
        damped = _DAMPING * rates.across * self._measure * window * radial.width**5
        along = radial.matrix(damped, 3, 3)
        total = total - sparse.kron(along, angular.matrix(np.ones_like(angular.x)), format="csr")
        clip = generators.clip(rates, radial, angular, mesh.fade) if self.form == "ball" else None
        return total if clip is None else sparse.csr_array(total + clip)

    def _initial(self, polarization: int) -> Floats:
        """Return E[B_i] over the initial cloud of `blochball.twa`: Gaussian, |J|^2 sharp.

        The square of the transverse component is exponentially distributed with mean N/2; where it
        is more than |J|^2, for a handful of emitters, J^z = 0.
        """
        radial, angular, size = self.mesh.radial, self.mesh.angular, self.size
        square, shift = size / 2 * (size / 2 + 1), 0.25 if self.form == "eq6" else 0.0
        c = angular.x
        density = 4 * square / size * abs(c) * np.exp(-2 * square / size * (1 - c * c))
        cap = angular.integrals(np.where(c * polarization > 0, density, 0))
        length = np.sqrt(np.array([square + shift]))
        x, weights = np.polynomial.laguerre.laggauss(_TAIL)
        past = np.minimum(np.sqrt(square + shift + size / 2 * x), radial.breaks[-1])
        tail = np.exp(-2 * square / size) * weights @ radial.values(past)
        equator = angular.values(np.zeros(1))[0]
        return np.outer(radial.values(length)[0], cap).ravel() + np.outer(tail, equator).ravel()

    def _short(self) -> Floats:
        """Return coefficients of what comes closest to 1 where |J| < SHORT, and 0 elsewhere."""
        length, shift = self.mesh.radial.x, 0.25 if self.form == "eq6" else 0.0
        short = (length**2 < SHORT**2 + shift).astype(float)
        return self.mesh.product(short, np.ones_like(self.mesh.angular.x))

    def _defects(self, rates: Rates) -> tuple[Floats, Floats]:
        """Return coefficients of what local dissipation adds too much to moments, and of these."""
        merge, (z, emission, squared) = self.mesh.merged(), self.functions.T
        collective = self._sum(generators.collective(self.form, rates, self._nodes()))
        local = self.propagator.generator - merge.T @ collective @ merge
        moments = np.column_stack([z, emission - z, squared - emission + z])
        found = factorised(self.propagator.mass).solve(local @ moments)
        matrix, source = defects.changes(rates)
        one = self.mesh.product(np.ones_like(self.mesh.radial.x), np.ones_like(self.mesh.angular.x))
        return found - moments @ matrix.T - np.outer(one, source), moments

    def _functions(self) -> list[Floats]:
        """Return the Weyl symbols of FUNCTIONS, those of `blochball.moments`, as coefficients."""
        length, c = self.mesh.radial.x, self.mesh.angular.x
        flat = np.ones_like(c)
        if self.form == "eq6":
            length = np.sqrt(np.maximum(length**2 - 0.25, 0))
        z = self.mesh.product(length, c)
        across = self.mesh.product(length**2, 1 - c * c)
        return [z, across + z, self.mesh.product(length**2, flat)]
