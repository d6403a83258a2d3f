"""The whole density matrix in the Dicke basis: any System that fits into memory.

The Liouvillian is a sparse real matrix (`superoperators`) on as many unknowns as the density
matrix has elements (`space`), restricted to what symmetry leaves: no drive, and the coherences of
different order separate; no local jump, and J stays. Time evolution is by Krylov spaces (`krylov`),
the steady state by a sparse solve (`nullspace`).
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from blochball import operators
from blochball.dataset import assemble
from blochball.exact import initial as states_at_first
from blochball.exact import krylov, nullspace, projection, superoperators
from blochball.exact.expectations import Expectations
from blochball.exact.space import Floats, Space, dimension
from blochball.exact.state import State
from blochball.exact.superoperators import left
from blochball.moments import KEPT
from blochball.operators import MasterEquation
from blochball.support import validation
from blochball.system import System

METHOD = "exact.liouvillian"
OPTIONS = {
    "solve": ("correlations", "initial", "moments", "tolerance"),
    "steady_state": ("correlations", "initial", "moments"),
}
MEMORY_LIMIT = 8 * 2**30
TOLERANCE = 1e-9
operators.declare(
    "exact.liouvillian",
    *operators.LOCAL,
    *operators.LINEAR,
    "exchange",
    "spin coupling",
    *operators.COLLECTIVE,
    "collective mixed",
    *operators.STATES,
)


def memory(
    system: System, coherence: int | None, initial: Space | None = None, step: int = 1
) -> tuple[float, float]:
    """Return the number of unknowns, and the bytes that solving needs, allocating neither.

    Parameters
    ----------
    system : System
    coherence, initial, step
        Those of `Space.of`.
    """
    unknowns = dimension(system, coherence, initial, step)
    if unknowns == np.inf:
        return unknowns, np.inf
    vectors = 8 * (krylov.BASIS + krylov.CHUNK + 4 + 4 * system.sites)
    # an entry takes 12 bytes in the matrix, and 50 more before it has found its place there
    return unknowns, unknowns * (vectors + 62 * superoperators.entries_per_row(system))


def obstacle(system: System, memory_limit: float = MEMORY_LIMIT) -> str | None:
    """Say which term is not served, or with its memory that the System is too large, or None."""
    refused = operators.refusal("exact.liouvillian", system)
    if refused is not None:
        return refused
    return too_large(system, coherence_of(system, None), memory_limit, None, _step(system, None))


def too_large(
    system: System,
    coherence: int | None,
    memory_limit: float,
    initial: Space | None = None,
    step: int = 1,
) -> str | None:
    """Say that a sector of the System needs more memory than the limit, or return None."""
    unknowns, needed = memory(system, coherence, initial, step)
    if needed <= memory_limit:
        return None
    count = f"{unknowns:,.0f}" if unknowns < np.inf else "more than 1e15"
    size = f"about {needed / 2**30:.3g}" if unknowns < np.inf else "millions of"
    return (
        f"{count} unknowns need {size} GiB, more than the memory_limit of "
        f"{memory_limit / 2**30:.3g} GiB"
    )


def solve(
    system: System,
    times: ArrayLike,
    *,
    tolerance: float = TOLERANCE,
    memory_limit: float = MEMORY_LIMIT,
    initial: State | None = None,
    correlations: ArrayLike | None = None,
    moments: str = "first",
) -> xr.Dataset:
    """Integrate the master equation; see `blochball.exact.solve`.

    Parameters
    ----------
    system : System
    times : array_like, shape (times,)
        Output times.
    tolerance : float
        Bound on the estimated error of the density matrix at the last time, in the sum of the
        absolute values of its elements.
    memory_limit : float
        Bytes; a System that needs more is refused before anything is allocated.
    initial : State, optional
        In place of the one that the ensembles start in.
    correlations : array_like, optional
        Those of the output times at which all <J_k^+ J_l^-> are kept.
    moments : {"first", "second", "pairs"}
        "second" keeps the covariances of all spin components of each site, `spin_covariance`,
        "pairs" also those of all pairs of sites, `pair_covariance`.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, and for a System that needs more than the memory limit.
    """
    started = time.perf_counter()
    owner = "exact.solve"
    second = validation.choice(owner, "moments", moments, KEPT) != "first"
    validation.instance(owner, "system", system, System)
    times = validation.times(owner, times)
    tolerance = validation.real(owner, "tolerance", tolerance, 1e-14)
    kept = kept_times(times, correlations)
    coherence, step = coherence_of(system, initial, second), _step(system, initial)
    space = space_for(owner, system, coherence, memory_limit, initial, step)
    start = start_of(system, space, initial)
    generator = superoperators.liouvillian(system, space)
    built = time.perf_counter()
    expectations = Expectations(system, space, pairs=bool(kept.size), kept=moments)
    products = 0

    def product(vector: Floats) -> Floats:
        nonlocal products
        products += 1
        return np.asarray(generator @ vector)

    found = [
        expectations.of(states) for states in krylov.propagate(product, start, times, tolerance)
    ]
    return assemble(
        system,
        times,
        expectations.variables(np.concatenate(found), kept),
        times_kept=times[kept],
        method=METHOD,
        unknowns=space.dimension,
        entries=generator.nnz,
        tolerance=tolerance,
        steps=products,
        build_time=built - started,
        wall_time=time.perf_counter() - started,
    )


def states(
    system: System,
    times: ArrayLike,
    *,
    tolerance: float = TOLERANCE,
    memory_limit: float = MEMORY_LIMIT,
    initial: State | None = None,
) -> list[State]:
    """Return the density matrix at each time, with all coherences that are ever populated.

    Parameters, errors and the tolerance are those of `solve`.

    Examples
    --------
    >>> from blochball import exact, models
    >>> early, late = exact.liouvillian.states(models.superradiant_decay(4), [0.0, 50.0])
    >>> abs(early.blocks()[0][0, 0]).round(6), abs(late.blocks()[0][-1, -1]).round(6)
    (np.float64(1.0), np.float64(1.0))
    """
    owner = "liouvillian.states"
    validation.instance(owner, "system", system, System)
    times = validation.times(owner, times)
    tolerance = validation.real(owner, "tolerance", tolerance, 1e-14)
    diagonal = initial is None and system.diagonal and not driven(system)
    space = space_for(
        owner, system, 0 if diagonal else None, memory_limit, initial, _step(system, initial)
    )
    start = start_of(system, space, initial)
    generator = superoperators.liouvillian(system, space)
    found: list[State] = []
    for some in krylov.propagate(generator.__matmul__, start, times, tolerance):
        found += [State(space, space.to_complex(unknowns)) for unknowns in some]
    return found


def steady_state(
    system: System,
    *,
    memory_limit: float = MEMORY_LIMIT,
    initial: State | str | None = None,
    correlations: bool = False,
    moments: str = "first",
) -> xr.Dataset:
    """Return the stationary state; see `blochball.exact.steady_state`.

    Ensembles without local jumps keep their J, which of coherent spin states is N/2.

    Parameters
    ----------
    system : System
    memory_limit : float
        Bytes; a System that needs more is refused before anything is allocated.
    initial : State or "ensembles", optional
        Where there are several stationary states, the one that it ends in is returned;
        "ensembles" is the one that the System starts in. The attribute `stationary_states`
        counts linearly independent ones. Without it there must be one only.
    correlations : bool
        Whether to keep all <J_k^+ J_l^->.
    moments : {"first", "second", "pairs"}
        As for `solve`.

    Raises
    ------
    ValueError
        If there are several stationary states and no `initial`, if that never comes to rest, or if
        the System needs more than the limit.
    MemoryError
        If only a factorisation that needs more than the limit would do.
    """
    started = time.perf_counter()
    owner = "exact.steady_state"
    validation.flag(owner, "correlations", correlations)
    second = validation.choice(owner, "moments", moments, KEPT) != "first"
    state, how = end_of(owner, system, memory_limit, initial, second)
    expectations = Expectations(system, state.space, pairs=correlations, kept=moments)
    values = expectations.of(state.space.to_real(state.elements)[None, :])
    kept = np.arange(1 if correlations else 0)
    return assemble(
        system,
        [np.inf],
        expectations.variables(values, kept),
        times_kept=np.full(len(kept), np.inf),
        method=METHOD,
        unknowns=state.space.dimension,
        **how,
        wall_time=time.perf_counter() - started,
    )


def stationary(
    system: System,
    *,
    memory_limit: float = MEMORY_LIMIT,
    initial: State | str | None = None,
) -> State:
    """Return the stationary density matrix; parameters and errors are those of `steady_state`.

    Examples
    --------
    >>> from blochball import exact, models
    >>> state = exact.liouvillian.stationary(models.superradiant_laser(4, pump=1.0))
    >>> round(state.trace.real, 6)
    1.0
    """
    return end_of("liouvillian.stationary", system, memory_limit, initial)[0]


def end_of(
    owner: str,
    system: System,
    memory_limit: float,
    initial: State | str | None = None,
    second: bool = True,
) -> tuple[State, dict[str, Any]]:
    """Return the stationary state, and attributes that say how it was found."""
    validation.instance(owner, "system", system, System)
    if isinstance(initial, str):
        validation.choice(owner, "initial", initial, ("ensembles",))
    given = None if isinstance(initial, str) else initial
    # coherences of any other order than 0 die out without drive, but for those that are conserved
    coherence = None if driven(system) else 0
    if initial is not None:
        coherence = coherence_of(system, given, second)
    space = space_for(owner, system, coherence, memory_limit, given, _step(system, given))
    generator = superoperators.liouvillian(system, space)
    # J where it changes, M and M' of each site, less one that the sector fixes
    axes = sum(2 + (spins > 1) for spins in space.spins) - (space.coherence is not None)
    if initial is None:
        trace = superoperators.functional(space, left(space.sites)).toarray()[0].real
        how = nullspace.stationary(owner, generator, trace, memory_limit, axes)
        attributes = {"solver": how.solver, "residual": how.residual}
        return State(space, space.to_complex(how.unknowns)), attributes
    start = start_of(system, space, given)
    equation = MasterEquation.of(system)
    rates = np.concatenate([equation.local.ravel(), equation.rates])
    slowest = rates[rates > 0].min(initial=np.inf)
    squares = (np.abs(equation.vectors) ** 2).sum(axis=-1) @ equation.sizes**2
    largest = max(equation.local.max(), (equation.rates * squares).max(initial=0.0))
    ended = projection.limit(owner, generator, start, memory_limit, axes, slowest, largest)
    attributes = {
        "solver": "projection",
        "residual": ended.residual,
        "stationary_states": ended.stationary,
    }
    return State(space, space.to_complex(ended.unknowns)), attributes


def driven(system: System) -> bool:
    """Say whether coherences of different order mix."""
    return MasterEquation.of(system).order_step != 0


def _step(system: System, initial: State | None) -> int:
    """Return 2 where pairs of excitations mix only coherences of even order, which are all."""
    even = initial is None and system.diagonal and MasterEquation.of(system).order_step == 2
    return 2 if even else 1


def coherence_of(system: System, initial: State | None, second: bool = False) -> int | None:
    """Largest order of coherence that an expectation value of `solve` depends on."""
    if driven(system):
        return None
    if initial is None and system.diagonal:
        return 0
    return 2 if second else 1


def space_for(
    owner: str,
    system: System,
    coherence: int | None,
    memory_limit: float,
    initial: State | None = None,
    step: int = 1,
) -> Space:
    """Return `Space.of` the System after checking `initial`, and the memory that it takes."""
    limit = validation.real(owner, "memory_limit", memory_limit, 0)
    if initial is not None:
        validation.instance(owner, "initial", initial, State)
        if initial.space.sizes != tuple(e.size for e in system.ensembles):
            raise ValueError(
                f"{owner}: initial must be of the ensembles of the system, got one of sizes "
                f"{initial.space.sizes}"
            )
    source = None if initial is None else initial.space
    refused = too_large(system, coherence, limit, source, step)
    if refused is not None:
        raise ValueError(f"{owner}: the system is too large: {refused}")
    return Space.of(system, coherence, source, step)


def start_of(system: System, space: Space, initial: State | None) -> Floats:
    """Return the unknowns at time 0."""
    if initial is None:
        elements = states_at_first.elements(space, system)
    else:
        elements = space.embed(initial.space, initial.elements)
    return space.to_real(elements)


def kept_times(times: Floats, correlations: ArrayLike | None) -> NDArray[np.intp]:
    """Return the indices of the output times whose correlations are asked for."""
    if correlations is None:
        return np.empty(0, dtype=np.intp)
    return validation.among("exact.solve", "correlations", correlations, times)
