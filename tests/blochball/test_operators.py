"""A System as numbers, and every term of the master equation through every theory."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pytest

from blochball import (
    ChainExchange,
    CollectiveJump,
    Ensemble,
    SpinCoupling,
    System,
    cumulants,
    exact,
    models,
    operators,
    per_emitter,
    twa,
)
from blochball.moments import MOMENTS
from blochball.operators import MasterEquation
from tests.blochball.exact.bruteforce import BruteForce
from tests.blochball.exact.systems import SINGLE_TERMS

TIMES = np.array([0.3, 0.9])
# emitters of the theories whose error falls with the size
MANY = 40


def changed(system, **fields):
    given = {name: getattr(system, name) for name in System.__dataclass_fields__}
    return System(**{**given, **fields})


def small(term, size=3, polar=None, **background):
    """Return the System of one term, with another size, start and further rates."""
    system = SINGLE_TERMS[term]
    (ensemble,) = system.ensembles
    changes = {"size": size, **background} | ({} if polar is None else {"polar": polar})
    return changed(system, ensembles=replace(ensemble, **changes))


def large(term):
    """Return the same for MANY emitters: the rates whose effects grow with the size are scaled."""
    system, share = SINGLE_TERMS[term], 3 / MANY
    jumps = [
        CollectiveJump(j.rate * (1 if j.kind == "dephasing" else share), j.weights, j.kind)
        for j in system.jumps
    ]
    exchange = None if system.exchange is None else share * system.exchange_matrix
    couplings = [SpinCoupling(share * c.strength, c.axes) for c in system.couplings]
    ensemble = replace(system.ensembles[0], size=MANY)
    return changed(system, ensembles=ensemble, jumps=jumps, exchange=exchange, couplings=couplings)


def pair(term):
    return small(term, size=2)


def polarized(term):
    """Return a System of populations, with a background under which every rate matters."""
    rates = {"decay": 0.2, "pump": 0.5} | ({term: 1.1} if term in operators.LOCAL else {})
    system = small(term, size=4, polar=0.0, **rates)
    return changed(system, jumps=[*system.jumps, CollectiveJump(0.6, [1], name="background")])


@cache
def emitter_by_emitter(system):
    return BruteForce(system).solve(TIMES)


@cache
def density_matrix(system):
    # itself compared with `emitter_by_emitter` in this test
    ds = exact.solve(system, TIMES, "liouvillian")
    return {name: ds[name].values for name in ds}


@dataclass(frozen=True)
class Theory:
    """How a theory is asked, and how far it may be from the reference.

    `slack` is in units of N/2 for <J>, of (N/2)^2 for products; sampled theories may be five
    standard errors further away. `idle` are terms that do nothing to such a state.
    """

    solve: Callable
    slack: float
    system: Callable = small
    reference: Callable = emitter_by_emitter
    options: dict = field(default_factory=dict)
    idle: tuple = ()


# in a case that TWA treats exactly, or to 1/N: the largest deviations seen were .001 and .002
SAMPLED = {"seed": 1, "trajectories": 20_000}
THEORIES = {
    "exact.liouvillian": Theory(exact.solve, 1e-8, options={"method": "liouvillian"}),
    "exact.populations": Theory(
        exact.solve,
        1e-9,
        polarized,
        options={"method": "populations"},
        idle=("detuning", "exchange", "spin coupling", "collective dephasing"),
    ),
    "exact.jumps": Theory(
        exact.solve, 1e-9, options={"method": "jumps", "seed": 1, "trajectories": 4000}
    ),
    "cumulants": Theory(cumulants.solve, 1e-6, pair),
    "twa": Theory(twa.solve, 0.003, large, density_matrix, SAMPLED),
    "twa.eq6": Theory(twa.eq6.solve, 0.005, large, density_matrix, SAMPLED),
    "per_emitter": Theory(
        per_emitter.solve,
        0.005,
        large,
        density_matrix,
        {"seed": 1, "trajectories": 2000, "steps": 60},
    ),
}


@pytest.mark.parametrize("term", SINGLE_TERMS)
@pytest.mark.parametrize("theory", THEORIES)
def test_every_term_through_every_theory(theory, term):
    asked = THEORIES[theory]
    system = asked.system(term)
    if operators.refusal(theory, system):
        with pytest.raises(ValueError, match=f"{term}|creates coherence"):
            asked.solve(system, TIMES, **asked.options)
        return
    ds = asked.solve(system, TIMES, **asked.options)
    expected = asked.reference(system)
    missing = asked.reference(without(term, system))
    seen = 0.0
    for name in MOMENTS:
        scale = (system.emitters / 2) ** (2 if name in ("emission", "spin_squared") else 1)
        errors = ds[f"{name}_stderr"].values if f"{name}_stderr" in ds else 0.0
        allowed = asked.slack * scale + 5 * errors
        assert (np.abs(ds[name].values - expected[name]) <= allowed).all(), name
        seen = max(seen, np.max(np.abs(missing[name] - expected[name]) / allowed))
    # negative control: a theory that forgets the term would not pass
    assert seen > 3 or term in asked.idle


def without(term, system):
    if term.startswith("collective"):
        return changed(system, jumps=[j for j in system.jumps if j.name == "background"])
    if term in ("drive", "exchange"):
        return changed(system, **{term: None})
    if term == "spin coupling":
        return changed(system, couplings=())
    return changed(system, ensembles=[replace(e, **{term: 0.0}) for e in system.ensembles])


# -- the numbers -----------------------------------------------------------------------------------


def random_system():
    rng = np.random.default_rng(5)
    amplitudes = rng.normal(size=(6, 3)) + 1j * rng.normal(size=(6, 3))
    return System(
        [Ensemble(n, 0.1 * n, 0.2 * n, 0.3 * n, detuning=n - 1.5, polar=n) for n in (1, 2, 2)],
        [
            CollectiveJump(0.5, amplitudes[0]),
            CollectiveJump(0.7, amplitudes[1].real, "dephasing"),
            CollectiveJump(0.9, amplitudes[2], "pump"),
        ],
        amplitudes[3:] + amplitudes[3:].conj().T,
        amplitudes[3],
        [SpinCoupling(amplitudes[:3].real, "xy"), SpinCoupling(0.3, "yy"), SpinCoupling(0.2, "zx")],
    )


def test_forms_and_vectors_are_the_hamiltonian_and_the_jumps():
    system = random_system()
    brute, equation = BruteForce(system), MasterEquation.of(system)
    plus = [brute.collective("+", l).toarray() for l in range(3)]
    spins = np.array([[(p + p.T) / 2, (p - p.T) / 2j, (p @ p.T - p.T @ p) / 2] for p in plus])
    linear = np.einsum("la,laij->ij", equation.linear, spins)
    square = np.einsum("lamb,laij,mbjk->ik", equation.quadratic, spins, spins, optimize=True)
    np.testing.assert_allclose(linear + square, brute.hamiltonian.toarray(), atol=1e-12)
    np.testing.assert_array_equal(equation.quadratic, equation.quadratic.transpose(2, 3, 0, 1))
    for k, vector in enumerate(equation.vectors):
        jump = np.einsum("la,laij->ij", vector, spins)
        np.testing.assert_allclose(jump, brute.total_jump(k).toarray(), atol=1e-12)


def test_effective_hamiltonian_is_that_of_all_collective_terms():
    system = random_system()
    brute, equation = BruteForce(system), MasterEquation.of(system)
    ladder = np.array([[brute.collective(w, l).toarray() for w in "-z+"] for l in range(3)])
    linear, pairs = equation.effective
    found = np.einsum("lp,lpij->ij", linear, ladder)
    found = found + np.einsum("lpmq,lpij,mqjk->ik", pairs, ladder, ladder, optimize=True)
    jumps = [brute.total_jump(k).toarray() for k in range(3)]
    expected = -1j * brute.hamiltonian.toarray()
    for rate, jump in zip(equation.rates, jumps, strict=True):
        expected = expected - rate / 2 * jump.conj().T @ jump
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_structure_of_a_chain_is_kept():
    system = models.waveguide_chain(3, 2, 0.4, 1.0)
    equation = MasterEquation.of(system)
    assert isinstance(equation.exchange, ChainExchange)
    np.testing.assert_array_equal(equation.exchange_matrix, system.exchange_matrix)


def test_a_term_that_is_not_declared_is_refused_by_name(monkeypatch):
    monkeypatch.setitem(operators._SERVED, "cumulants", frozenset({"decay", "pump"}))
    message = (
        "cumulants.solve: the term 'collective decay' .* not served by cumulants, but by .*twa"
    )
    with pytest.raises(ValueError, match=message):
        cumulants.solve(models.superradiant_decay(3), [1.0])


def test_every_term_has_a_test_and_a_theory():
    assert set(operators.TERMS) == set(SINGLE_TERMS)
    for term, system in SINGLE_TERMS.items():
        assert operators.terms_of(system) == (term,)
    with pytest.raises(ValueError, match="terms must be some of"):
        operators.declare("mine", "decay", "gravity")
