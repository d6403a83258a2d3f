"""The master equation emitter by emitter: 2^n states, no symmetry, no part of blochball.exact.

Small enough to be read against Eq. (1) of the paper line by line; the oracle for everything with up
to six emitters.
"""

from functools import cached_property, reduce
from itertools import product

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import expm_multiply

from blochball import Ensemble, System

UP = np.array([1.0, 0.0])
PAULI = {
    "-": np.array([[0, 0], [1, 0]], dtype=complex),
    "+": np.array([[0, 1], [0, 0]], dtype=complex),
    "z": np.diag([1.0 + 0j, -1.0]),
}
COLLECTIVE = {"decay": "-", "dephasing": "z", "pump": "+"}


def start_of(ensemble):
    """State of one ensemble: emitters along (polar, azimuth), or a projector on J and n . J."""
    size, polar, azimuth = ensemble.size, ensemble.polar, ensemble.azimuth
    up = np.exp([-0.5j * azimuth, 0.5j * azimuth]) * [np.cos(polar / 2), np.sin(polar / 2)]
    up = np.outer(up, up.conj())
    if ensemble.dicke is None:
        one = ensemble.length * up + (1 - ensemble.length) * np.eye(2) / 2
        return reduce(np.kron, [one] * size)
    axes = ("+", "-", "z")
    alone = BruteForce(System(Ensemble(size)))
    plus, minus, z = (alone.collective(kind, 0).toarray() for kind in axes)
    squared = (plus @ minus + minus @ plus) / 2 + z @ z
    along = np.sin(polar) * (plus * np.exp(-1j * azimuth) + minus * np.exp(1j * azimuth)) / 2
    along += np.cos(polar) * z
    spin, m = ensemble.dicke
    # J^2 and n . J commute; irrational multiples tell their pairs of values apart
    values, kets = np.linalg.eigh(squared + np.pi * along)
    here = kets[:, abs(values - spin * (spin + 1) - np.pi * m) < 1e-9]
    return here @ here.conj().T / here.shape[1]


class BruteForce:
    """A System on the full Hilbert space of its emitters."""

    def __init__(self, system):
        self.system = system
        sizes = [ensemble.size for ensemble in system.ensembles]
        self.emitters = sum(sizes)
        self.states = 2**self.emitters
        first = np.cumsum([0, *sizes])
        self.members = [range(first[l], first[l + 1]) for l in range(len(sizes))]

    def sigma(self, kind, emitter):
        """Pauli or ladder operator of one emitter."""
        ones = sp.eye_array(2**emitter), sp.eye_array(2 ** (self.emitters - emitter - 1))
        return sp.csr_array(sp.kron(sp.kron(ones[0], PAULI[kind]), ones[1]))

    def collective(self, kind, site):
        """J^+, J^-, or J^z = half the sum of sigma^z."""
        half = 0.5 if kind == "z" else 1.0
        return half * sum(self.sigma(kind, n) for n in self.members[site])

    def spin(self, axis, site):
        """J^x, J^y or J^z."""
        if axis == "z":
            return self.collective("z", site)
        plus, minus = self.collective("+", site), self.collective("-", site)
        return (plus + minus) / 2 if axis == "x" else (plus - minus) / 2j

    def total_jump(self, channel):
        """L = sum_l w_l A_l, or such a sum for every kind."""
        jump = self.system.jumps[channel]
        weights = jump.weights if jump.kind == "mixed" else {jump.kind: jump.weights}
        return sum(
            w * self.collective(COLLECTIVE[kind], l)
            for kind, amplitudes in weights.items()
            for l, w in enumerate(amplitudes)
        )

    @cached_property
    def hamiltonian(self):
        system = self.system
        found = sp.csr_array((self.states, self.states), dtype=complex)
        for l, ensemble in enumerate(system.ensembles):
            found += ensemble.detuning * self.collective("z", l)
            drive = system.drive_vector[l] * self.collective("+", l)
            found += drive + drive.conj().T
            for k in range(system.sites):
                h = system.exchange_matrix[l, k]
                found += h * self.collective("+", l) @ self.collective("-", k)
        for coupling in system.couplings:
            strength = coupling.matrix(system.sites)
            for l, k in product(range(system.sites), repeat=2):
                a, b = self.spin(coupling.axes[0], l), self.spin(coupling.axes[1], k)
                found += strength[l, k] * (a @ b + b @ a) / 2
        return found

    @cached_property
    def generator(self):
        """Liouvillian on row-stacked density matrices: A rho B -> kron(A, B^T)."""
        one = sp.eye_array(self.states)
        h = self.hamiltonian
        found = -1j * (sp.kron(h, one) - sp.kron(one, h.T))
        jumps = [(jump.rate, self.total_jump(k)) for k, jump in enumerate(self.system.jumps)]
        for ensemble, members in zip(self.system.ensembles, self.members, strict=True):
            for name, kind in COLLECTIVE.items():
                jumps += [(getattr(ensemble, name), self.sigma(kind, n)) for n in members]
        for rate, x in jumps:
            if rate:
                loss = x.conj().T @ x
                found += rate * sp.kron(x, x.conj())
                found -= rate / 2 * (sp.kron(loss, one) + sp.kron(one, loss.T))
        return sp.csr_array(found)

    @cached_property
    def initial(self):
        """The state at time 0 as a matrix: a mixture of products over the ensembles."""
        rest = 1 - sum(chance for chance, _ in self.system.mixture)
        parts = [(rest, self.system.ensembles), *self.system.mixture]
        return sum(chance * reduce(np.kron, map(start_of, start)) for chance, start in parts)

    def evolve(self, matrix, times):
        """exp(t L) matrix, shape (times, states, states)."""
        found, now, state = [], 0.0, matrix.ravel().astype(complex)
        for t in times:
            if t > now:
                state = expm_multiply(self.generator * (t - now), state)
            now = t
            found.append(state.reshape(self.states, self.states))
        return np.array(found)

    def steady(self):
        """Null vector of the generator, by dense singular values: only for few emitters."""
        _, values, right = np.linalg.svd(self.generator.toarray())
        assert values[-2] > 1e-8
        rho = right[-1].conj().reshape(self.states, self.states)
        return rho / np.trace(rho)

    @staticmethod
    def mean(operator, rho):
        return np.trace(operator @ rho)

    @cached_property
    def operators(self):
        """Operators of every variable of the Dataset, by name: one a site, or one a channel."""
        sites = range(self.system.sites)
        plus = [self.collective("+", l) for l in sites]
        minus = [self.collective("-", l) for l in sites]
        z = [self.collective("z", l) for l in sites]
        return {
            "inversion": z,
            "spin_x": [(p + m) / 2 for p, m in zip(plus, minus, strict=True)],
            "spin_y": [(p - m) / 2j for p, m in zip(plus, minus, strict=True)],
            "emission": [p @ m for p, m in zip(plus, minus, strict=True)],
            "spin_squared": [
                (p @ m + m @ p) / 2 + w @ w for p, m, w in zip(plus, minus, z, strict=True)
            ],
            "output": [
                (x := self.total_jump(k)).conj().T @ x for k in range(len(self.system.jumps))
            ],
        }

    @cached_property
    def pairs(self):
        """J_k^+ J_l^- of all pairs of sites, in rows."""
        plus = [self.collective("+", l) for l in range(self.system.sites)]
        minus = [self.collective("-", l) for l in range(self.system.sites)]
        return [[p @ m for m in minus] for p in plus]

    def expectations(self, rhos):
        """Every variable of the Dataset, and the pair correlations, for a stack of matrices."""
        found = {
            name: np.array([[self.mean(o, rho).real for o in group] for rho in rhos])
            for name, group in self.operators.items()
        }
        found["correlation"] = np.array(
            [[[self.mean(pair, rho) for pair in row] for row in self.pairs] for rho in rhos]
        )
        return found

    def solve(self, times):
        """Expectation values at the times, by name."""
        return self.expectations(self.evolve(self.initial, times))
