"""Second weak order of the rotation with spin couplings and with jumps of several kinds.

Means over all patterns of the noise, none drawn: what one step does to J and to J J of all sites is
compared with 1 + h G + h^2 G^2 / 2 of the generator, applied to polynomials.
"""

import itertools

import numpy as np
import pytest
import sympy as sp

from blochball import CollectiveJump, Ensemble, SpinCoupling, System
from blochball.operators import MasterEquation
from blochball.twa import couplings, step
from blochball.twa.fields import fields_of
from blochball.twa.lanes import LANES
from blochball.twa.noise import FREQUENT, RARE

SIZE = 40
VALUES = np.array([RARE, -RARE, FREQUENT, -FREQUENT])
CHANCES = np.array([1, 1, 3, 3]) / 8
START = np.array([[0.7, -1.1, 0.4], [-0.3, 0.5, 0.9]])


def products(sites):
    """Components whose product is looked at: all of one site, some of two."""
    if sites == 1:
        return list(itertools.combinations_with_replacement(range(3), 2))
    return [(0, 3), (1, 5), (4, 4)]


def series(system, duration):
    """Means of J and of J J after a duration, up to its third power."""
    equation, sites = MasterEquation.of(system), system.sites
    spins = sp.symbols(f"j:{3 * sites}")
    vectors = [sp.Matrix(spins[3 * l : 3 * l + 3]) for l in range(sites)]

    def turning(omega):
        """The derivative along dJ_l = omega_l x J_l."""
        fields = [sp.Matrix(omega[l]).cross(vectors[l]) for l in range(sites)]
        flow = [component for field in fields for component in field]
        return lambda f: sum(
            (v * sp.diff(f, s) for v, s in zip(flow, spins, strict=True)), sp.Integer(0)
        )

    flat = sp.Matrix(spins)
    form = 2 * equation.quadratic.reshape(3 * sites, -1)
    noises = []
    for rate, c in zip(equation.rates, equation.vectors.reshape(-1, 3 * sites), strict=True):
        form = form - rate * np.outer(c, c.conj()).imag
        noises += [np.sqrt(rate) * c.real, -np.sqrt(rate) * c.imag]
    omega = sp.Matrix(form) * flat + sp.Matrix(equation.linear.ravel())
    drift = turning(np.array(omega).reshape(sites, 3))
    shaken = [turning(n.reshape(sites, 3)) for n in noises]

    def generator(f):
        return sp.expand(drift(f) + sum((n(n(f)) for n in shaken), sp.Integer(0)) / 2)

    at = dict(zip(spins, START[:sites].ravel(), strict=True))
    found = []
    for f in [*spins, *(spins[a] * spins[b] for a, b in products(sites))]:
        once = generator(f)
        terms = [sp.lambdify(spins, g)(*at.values()) for g in (f, once, generator(once))]
        found.append(terms[0] + duration * terms[1] + duration**2 / 2 * terms[2])
    return np.array(found, dtype=float)


def mean_of_a_step(system, duration, corrected=True):
    """The same of one rotation, over all patterns of its noise."""
    fields, sites, form = fields_of(system), system.sites, couplings.couplings_of(system)
    whole = step.coupled_work(fields, form)
    work = whole.inner
    # the noise of a jump about z has one column
    used = [(k, c) for k, jump in enumerate(system.jumps)
            for c in ((0,) if jump.kind == "dephasing" and not form.re.size
                      else (0, 1, 2))]  # fmt: skip
    if not corrected:
        names = ("lag", "area", "damping")
        form = form._replace(**{name: 0 * getattr(form, name) for name in names})
    numbers = couplings.Numbers(fields, form, fields.limit)
    step.prepare_coupled(duration, numbers, whole)
    vectors, chances = [], []
    patterns = np.array(list(itertools.product(range(4), repeat=len(used))), dtype=int)
    for first in range(0, len(patterns), LANES):
        some = np.resize(patterns[first : first + LANES], (LANES, len(used)))
        work.noises[:] = 0.0
        for (k, c), picked in zip(used, some.T, strict=True):
            scale = 1.0 if c == 2 else work.strength[k] / np.sqrt(duration)
            work.noises[k, c * LANES : (c + 1) * LANES] = scale * VALUES[picked]
        state = np.zeros((sites, couplings.COUPLED_COLUMNS, LANES))
        state[:, :3] = START[:sites, :, None]
        rows = state.reshape(sites, -1)
        couplings.rotate(rows, duration, numbers, whole)
        vectors.append(rows.reshape(sites, -1, LANES)[:, :3].reshape(3 * sites, LANES).copy())
        # few patterns fill the lanes several times over
        chances.append(CHANCES[some].prod(axis=1) * min(len(patterns) / LANES, 1.0))
    j, chance = np.concatenate(vectors, axis=1), np.concatenate(chances)
    assert chance.sum() == pytest.approx(1, abs=1e-12)
    second = [(j[a] * j[b]) @ chance for a, b in products(sites)]
    return np.concatenate([j @ chance, second])


TWO = [[0.2, -0.3], [0.1, 0.4]]
TWISTED = [SpinCoupling(0.4), SpinCoupling(0.3, "xy"), SpinCoupling(-0.2, "zx")]
GENERAL = {"decay": 0.8 - 0.3j, "pump": 0.2 + 0.5j, "dephasing": -0.3 + 0.4j}
CASES = {
    "twisting": (1, [], TWISTED),
    "twisting and dephasing": (1, [CollectiveJump(0.5, [1.2], "dephasing")], TWISTED),
    "one jump of all kinds": (1, [CollectiveJump(0.3, GENERAL)], []),
    "two jumps and twisting": (
        1,
        [CollectiveJump(0.2, GENERAL), CollectiveJump(0.1, {"decay": 1, "pump": 0.5})],
        TWISTED,
    ),
    "two sites": (
        2,
        [CollectiveJump(0.2, {"decay": [1, 0.5j], "pump": [0.3, 0.2], "dephasing": [0.4j, 0.7]})],
        [SpinCoupling(TWO), SpinCoupling(TWO, "yx")],
    ),
}


@pytest.mark.parametrize(("sites", "jumps", "spins"), CASES.values(), ids=CASES)
def test_one_step_errs_in_third_order(sites, jumps, spins):
    ensembles = [Ensemble(SIZE, detuning=0.7 - l) for l in range(sites)]
    system = System(ensembles, jumps, drive=[0.3 - 0.2j] * sites, couplings=spins)
    error, plain = [], []
    for duration in (0.04, 0.02, 0.01):
        expected = series(system, duration)
        error.append(abs(mean_of_a_step(system, duration) - expected).max())
        plain.append(abs(mean_of_a_step(system, duration, corrected=False) - expected).max())
    assert np.log2(error[1] / error[2]) > 2.7
    if jumps:
        # the negative control: everything in one exponential, as it is
        assert np.log2(plain[1] / plain[2]) < 2.4
        # measured: 2.9 times and more
        assert plain[2] > 2.5 * error[2]
