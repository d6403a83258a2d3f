"""Quantum-jump trajectories of several ensembles with coherence between them, or under a drive.

Between jumps a trajectory is a ket at fixed (J_1, ..., J_M), |psi> = sum c |J_1 M_1> ... |J_M M_M>;
collective jumps act on it as they are, local jumps of ensemble l take J_l to J_l + j and M_l to
M_l + q with the amplitudes of `dicke`, one jump operator for each (q, j). This is the unravelling
of the master equation (J. Dalibard, Y. Castin, K. Molmer, Phys. Rev. Lett. 68, 580 (1992)), and
density matrices of a definite J are all that it needs. Without drive and from a polarised state
the total M is definite as well: one ensemble's M then follows from those of the others.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball import operators
from blochball.dataset import assemble
from blochball.exact import dicke, ket_layout, superoperators
from blochball.exact import ket_kernels as kets
from blochball.exact import sampling as montecarlo
from blochball.moments import MOMENTS
from blochball.operators import CHANGES, MasterEquation
from blochball.support import validation
from blochball.support.statistics import Moments
from blochball.system import System
from blochball.terms import KINDS

BLOCK = 16  # trajectories
AMPLITUDES = 1_000_000  # of the largest ket
operators.declare(
    "exact.jumps",
    *operators.LOCAL,
    *operators.LINEAR,
    "exchange",
    "spin coupling",
    *operators.COLLECTIVE,
    "collective mixed",
)


def obstacle(system: System) -> str | None:
    """Say which term is not served or why kets would be too large, or return None."""
    refused = operators.refusal("exact.jumps", system)
    if refused is not None:
        return refused
    amplitudes = _amplitudes(system)
    if amplitudes <= AMPLITUDES:
        return None
    count = f"{amplitudes:,}" if amplitudes < 10**15 else "more than 1e15"
    return f"a trajectory needs {count} amplitudes, more than {AMPLITUDES:,}"


def solve(system: System, times: ArrayLike, **options: Any) -> xr.Dataset:
    """Average over quantum-jump trajectories; options are those of `montecarlo.average`.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, and for a System whose kets are too large.
    """
    owner = "exact.solve"
    validation.instance(owner, "system", system, System)
    times = validation.times(owner, times)
    refused = obstacle(system)
    if refused is not None:
        raise ValueError(f"{owner}: jumps does not serve this system: {refused}")
    model = _model(system)
    start, total = _start(system)
    quantities = len(MOMENTS) * system.sites

    def trajectory(generator: np.random.Generator, out: NDArray[np.float64]) -> None:
        kets.trajectory(model, start, total, times, generator, out)

    def moments(samples: NDArray[np.float64]) -> tuple[Moments, ...]:
        sites = samples[..., :quantities].reshape(*samples.shape[:2], system.sites, len(MOMENTS))
        return Moments.of(sites), Moments.of(samples[..., quantities:])

    def spread(found: tuple[Moments, ...]) -> float:
        inversion = found[0].stderr[..., MOMENTS.index("inversion")]
        return float((inversion / system.column("size")).max())

    shape = (times.size, quantities + len(system.jumps))
    (sites, outputs), about = montecarlo.average(
        trajectory, shape, BLOCK, moments, spread=spread, **options
    )
    means = {name: sites.mean[..., k] for k, name in enumerate(MOMENTS)}
    return assemble(
        system,
        times,
        {**means, "output": outputs.mean},
        covariance=sites.covariance,
        output_covariance=outputs.covariance,
        amplitudes=_amplitudes(system),
        **about,
    )


# -- from a System to arrays -----------------------------------------------------------------------


def _follows(system: System) -> int:
    """Return the site whose M follows from the total, -1 if the total is not definite."""
    if MasterEquation.of(system).order_step or not system.polarized:
        return -1
    return int(np.argmax(system.column("size")))


def _amplitudes(system: System) -> int:
    follows = _follows(system)
    return prod(e.size + 1 for l, e in enumerate(system.ensembles) if l != follows)


def _start(system: System) -> tuple[NDArray[np.complex128], int]:
    """Return the initial ket, and twice the total M."""
    follows = _follows(system)
    ket: NDArray[np.complex128] = np.ones(1, dtype=np.complex128)
    for l, ensemble in enumerate(system.ensembles):
        if l != follows:
            # digits of the kernels count upwards from -J
            down = dicke.coherent_amplitudes(ensemble.size, ensemble.polar, ensemble.azimuth)
            if ensemble.polarization:
                down = np.abs(down).round().astype(np.complex128)
            ket = np.kron(ket, down[::-1]).astype(np.complex128)
    return ket, sum(e.size * e.polarization for e in system.ensembles)


def _model(system: System) -> ket_layout.Model:
    """Return a System as the kernels take it."""
    equation = MasterEquation.of(system)
    sizes = equation.sizes.astype(np.int64)
    longest = int(sizes.max())
    # diagonal of K at each site, axes (N - 2J)/2 and J + M
    diagonal = np.zeros((system.sites, longest // 2 + 1, longest + 1), dtype=np.complex128)
    for l, size in enumerate(sizes):
        for k, spin in enumerate(dicke.spins(size)):
            m = np.arange(round(2 * spin) + 1) - spin
            diagonal[l, k, : len(m)] = superoperators.at_site(equation, l, 0, spin, m)
    # terms of K off that diagonal
    cross = np.zeros((system.sites, system.sites), dtype=np.complex128)
    terms = []
    for l, p, k, q, coefficient in superoperators.between(equation):
        if p == q == 0:
            cross[l, k] = coefficient
        else:
            terms.append((((l, p), (k, q)), coefficient))
    linear, pairs = equation.effective
    for l, p in product(range(system.sites), CHANGES):
        if p:
            terms.append((((l, p), (-1, 0)), linear[l, 1 + p]))
        for q in CHANGES:
            if p + q:
                terms.append((((l, p), (l, q)), pairs[l, 1 + p, l, 1 + q]))
    terms = [term for term in terms if term[1]]
    # a jump of several kinds leaves no M definite: what it changes the total by does not matter
    changes = [
        CHANGES[KINDS.index(jump.kind)] if jump.kind in KINDS else 0 for jump in system.jumps
    ]
    return ket_layout.Model(
        sizes,
        _follows(system),
        diagonal,
        cross,
        np.array([words for words, _ in terms], dtype=np.int64).reshape(-1, 2, 2),
        np.array([coefficient for _, coefficient in terms], dtype=np.complex128),
        equation.local,
        equation.rates,
        np.array(changes, dtype=np.int64),
        equation.weights,
    )
