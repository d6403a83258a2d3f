"""Cumulants against brute force in 2^n dimensions, closed equations and known limits."""

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from blochball import CollectiveJump, Ensemble, System, cumulants, exact, models

OPERATORS = {"decay": qutip.sigmam(), "dephasing": qutip.sigmaz(), "pump": qutip.sigmap()}
PRECISE = {"rtol": 1e-11, "atol": 1e-13}

number = st.floats(-1.5, 1.5)
rate = st.floats(0, 1.5)


def random_system(draw, sizes):
    """Everything that a System can hold, all at once."""
    sites = len(sizes)

    def vector(length=sites):
        return np.array([draw(number) + 1j * draw(number) for _ in range(length)])

    half = vector(sites * sites).reshape(sites, sites)
    ensembles = [
        Ensemble(
            n, draw(rate), draw(rate), draw(rate), draw(number), draw(number), 2 * draw(number)
        )
        for n in sizes
    ]
    jumps = [CollectiveJump(draw(rate), vector(), kind) for kind in ("decay", "decay", "pump")]
    jumps.append(CollectiveJump(draw(rate), vector().real, "dephasing"))
    return System(ensembles, jumps, exchange=half + half.conj().T, drive=vector())


@st.composite
def systems(draw, sizes):
    return random_system(draw, draw(st.sampled_from(sizes)))


def seeded(sizes, seed):
    rng = np.random.default_rng(seed)
    low = {number: -1.5, rate: 0.0}
    return random_system(lambda s: rng.uniform(low[s], 1.5), sizes)


def brute_force(system, times):
    """Expectation values from the master equation of all the emitters, one by one."""
    place = [l for l, e in enumerate(system.ensembles) for _ in range(e.size)]
    n, sites = len(place), range(system.sites)

    def local(operator, i):
        return qutip.tensor([operator if k == i else qutip.qeye(2) for k in range(n)])

    def collective(kind, l):
        total = sum(local(OPERATORS[kind], i) for i in range(n) if place[i] == l)
        return total / 2 if kind == "dephasing" else total

    jp = [collective("pump", l) for l in sites]
    jz = [collective("dephasing", l) for l in sites]
    h = sum(e.detuning * z for e, z in zip(system.ensembles, jz, strict=True))
    for l in sites:
        coherent = system.drive_vector[l] * jp[l]
        h += coherent + coherent.dag()
        h += sum(system.exchange_matrix[l, k] * jp[l] * jp[k].dag() for k in sites)
    jumps = [sum(w * collective(j.kind, l) for l, w in enumerate(j.weights)) for j in system.jumps]
    losses = [np.sqrt(j.rate) * op for j, op in zip(system.jumps, jumps, strict=True)]
    for i, l in enumerate(place):
        for kind, operator in OPERATORS.items():
            losses.append(np.sqrt(getattr(system.ensembles[l], kind)) * local(operator, i))
    spinors = [
        np.cos(e.polar / 2) * qutip.basis(2, 0)
        + np.exp(1j * e.azimuth) * np.sin(e.polar / 2) * qutip.basis(2, 1)
        for e in (system.ensembles[l] for l in place)
    ]
    jx, jy = [(p + p.dag()) / 2 for p in jp], [(p - p.dag()) / 2j for p in jp]
    wanted = {
        "inversion": jz,
        "spin_x": jx,
        "spin_y": jy,
        "emission": [p * p.dag() for p in jp],
        "spin_squared": [x * x + y * y + z * z for x, y, z in zip(jx, jy, jz, strict=True)],
        "output": [op.dag() * op for op in jumps],
    }
    flat = [op for ops in wanted.values() for op in ops]
    options = {"rtol": 1e-11, "atol": 1e-13, "nsteps": 100_000}
    found = qutip.mesolve(h, qutip.tensor(spinors), times, losses, e_ops=flat, options=options)
    values = iter(found.expect)
    return {name: np.array([np.real(next(values)) for _ in ops]).T for name, ops in wanted.items()}


# -- brute force ------------------------------------------------------------------------------


@given(systems([(1,), (2,), (1, 1)]))
@settings(max_examples=25, deadline=None)
def test_second_order_is_exact_for_two_emitters(system):
    times = np.linspace(0, 1.5, 4)
    ds = cumulants.solve(system, times, **PRECISE)
    for name, value in brute_force(system, times).items():
        np.testing.assert_allclose(ds[name], value, atol=1e-7, err_msg=name)


@given(systems([(1,)]))
@settings(max_examples=10, deadline=None)
def test_mean_field_is_exact_for_one_emitter(system):
    times = np.linspace(0, 1.5, 4)
    ds = cumulants.solve(system, times, order=1, **PRECISE)
    for name, value in brute_force(system, times).items():
        np.testing.assert_allclose(ds[name], value, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("sizes", [(3,), (2, 1), (2, 2), (1, 1, 1), (4,)], ids=str)
@pytest.mark.parametrize("order", [1, 2])
def test_order_of_contact_at_time_zero(sizes, order):
    # from a product state the k-th cumulants grow as t^(k-1): what order k leaves out spoils the
    # one-body moments at order t^(2k) and the two-body ones at t^(2k-1); a wrong coefficient in
    # front of any kept term would lower the power by at least one
    steps = np.array([0.004, 0.008])
    for seed in range(3):
        system = seeded(sizes, seed)
        ds = cumulants.solve(system, steps, order=order, **PRECISE)
        reference = brute_force(system, [0, *steps])
        error = {
            name: np.abs(ds[name].values - value[1:]).max(axis=1)
            for name, value in reference.items()
        }
        one_body = error["inversion"] + error["spin_x"] + error["spin_y"]
        assert np.log2(one_body[1] / one_body[0]) == pytest.approx(2 * order, abs=0.2)
        assert np.log2(error["output"][1] / error["output"][0]) == pytest.approx(
            2 * order - 1, abs=0.2
        )


# -- permutation symmetry ---------------------------------------------------------------------


@given(systems([(7,), (12,)]), st.integers(1, 6), st.sampled_from([1, 2]))
@settings(max_examples=15, deadline=None)
def test_an_ensemble_may_be_cut_in_two(system, part, order):
    whole = system.ensembles[0]
    fields = {name: getattr(whole, name) for name in whole.__dataclass_fields__ if name != "size"}
    halves = System(
        [Ensemble(part, **fields), Ensemble(whole.size - part, **fields)],
        [CollectiveJump(j.rate, np.repeat(j.weights, 2), j.kind) for j in system.jumps],
        exchange=np.full((2, 2), system.exchange_matrix[0, 0]),
        drive=np.repeat(system.drive_vector, 2),
    )
    times = [0.2, 0.4]
    one = cumulants.solve(system, times, order=order, **PRECISE)
    two = cumulants.solve(halves, times, order=order, **PRECISE)
    np.testing.assert_allclose(two.output, one.output, atol=1e-6)
    for name in ("inversion", "spin_x", "spin_y"):
        np.testing.assert_allclose(two[name].sum("site"), one[name][:, 0], atol=1e-7)
        share = two[name][:, 0] * whole.size / part
        np.testing.assert_allclose(share, one[name][:, 0], atol=1e-7)


# -- known solutions --------------------------------------------------------------------------


@given(st.integers(1, 10**6), rate, rate, rate, number, st.sampled_from([1, 2]))
@settings(max_examples=30, deadline=None)
def test_independent_emitters(size, decay, dephasing, pump, polar, order):
    times = np.linspace(0, 2, 5)
    ensemble = Ensemble(size, decay, dephasing, pump, detuning=0.7, polar=polar)
    ds = cumulants.solve(System(ensemble), times, order=order, **PRECISE)
    total = decay + pump
    final = (pump - decay) / total if total else 0.0
    z = final + (np.cos(polar) - final) * np.exp(-total * times)
    s = np.sin(polar) * np.exp(-(total / 2 + 2 * dephasing) * times)
    excited = size * (1 + z) / 2
    expected = {
        "inversion": size * z / 2,
        "spin_x": size / 2 * s * np.cos(0.7 * times),
        "spin_y": size / 2 * s * np.sin(0.7 * times),
        "emission": excited + size * (size - 1) * (s / 2) ** 2,
        "spin_squared": 0.75 * size + size * (size - 1) * (z**2 + s**2) / 4,
    }
    for name, value in expected.items():
        scale = size if value.max() <= size else size**2
        np.testing.assert_allclose(ds[name][:, 0], value, atol=1e-8 * scale, err_msg=name)


@pytest.mark.parametrize("size", [10, 1000, 10**6])
def test_superradiant_laser_equations(size):
    """The closed equations of Meiser et al., PRL 102, 163601 (2009), without the cavity field.

    z = <sigma^z>, p = <sigma_1^+ sigma_2^->, q = <sigma_1^z sigma_2^z>; see Meiser & Holland,
    PRA 81, 033847 (2010) for the elimination of the field.
    """
    pump, times = 0.25 * size, np.linspace(0, 20, 41) / size

    def closed(_, y):
        z, p, q = y
        return [
            pump * (1 - z) - (1 + z) - 2 * (size - 1) * p,
            -(pump + 1) * p + (z + q) / 2 + (size - 2) * z * p,
            2 * pump * (z - q) - 2 * (z + q) + 4 * p - 4 * (size - 2) * z * p,
        ]

    z, p, _ = solve_ivp(closed, (0, times[-1]), [1, 0, 1], "LSODA", times, rtol=1e-11, atol=1e-14).y
    ds = cumulants.solve(models.superradiant_laser(size, pump), times, **PRECISE)
    np.testing.assert_allclose(ds.inversion[:, 0] / size, z / 2, atol=1e-7)
    emission = (1 + z) / (2 * size) + (1 - 1 / size) * p
    np.testing.assert_allclose(ds.emission[:, 0] / size**2, emission, atol=1e-7)
    np.testing.assert_allclose(ds.output, ds.emission, rtol=1e-12)


def test_best_pump_of_the_superradiant_laser():
    # N^2 Gamma / 8 at a pump of N Gamma / 2 (Meiser & Holland 2010)
    size = 10**4
    ds = cumulants.solve(models.superradiant_laser(size, size / 2), [50 / size, 60 / size])
    np.testing.assert_allclose(ds.emission / size**2, 1 / 8, rtol=5 / size)


def test_mean_field_has_no_spontaneous_burst():
    times = np.linspace(0, 3, 7)
    ds = cumulants.solve(models.superradiant_decay(1000), times, order=1)
    np.testing.assert_allclose(ds.emission[:, 0], 1000 * np.exp(-times), rtol=1e-6)
    assert not ds.spin_x.any()


@pytest.mark.parametrize("order", [1, 2])
def test_time_crystal_in_the_classical_limit(order):
    # d theta / dt = drive + (coupling / 2) sin(theta) in the plane x = 0
    # below the transition it stops where the two cancel; above, the period is 2 pi / frequency
    size, coupling = 10**8, 1.0
    still = cumulants.solve(models.boundary_time_crystal(size, 0.3, coupling), [100.0], order=order)
    assert still.inversion.item() / size == pytest.approx(-0.5 * np.sqrt(1 - 0.6**2), abs=1e-6)
    period = 2 * np.pi / np.sqrt(0.8**2 - 0.25)
    moving = models.boundary_time_crystal(size, 0.8, coupling)
    ds = cumulants.solve(moving, [period / 2, period], order=order, **PRECISE)
    assert ds.inversion[1].item() / size == pytest.approx(-0.5, abs=1e-6)
    assert ds.inversion[0].item() / size > 0.1


def test_second_order_errs_as_one_over_size_in_the_steady_state():
    # measured: 2.0e-3 at 80, 9.7e-4 at 160; mean field, without coherence, misses all of it
    error = []
    for size in (80, 160):
        system = models.superradiant_laser(size, 0.25 * size)
        judge = exact.steady_state(system).emission.item()
        second, first = (
            cumulants.solve(system, [300 / size], order=order).emission.item() for order in (2, 1)
        )
        error.append(abs(second - judge) / size**2)
        assert abs(first - judge) / size**2 > 0.07
    assert error[0] < 2.5e-3
    assert error[0] / error[1] == pytest.approx(2, abs=0.2)


MIXED = System(
    Ensemble(20, dephasing=2.0, pump=6.0, polar=2.0),
    [
        CollectiveJump(1.0, [1]),
        CollectiveJump(0.3, [1], "dephasing"),
        CollectiveJump(0.2, [1], "pump"),
    ],
)


@pytest.mark.parametrize(
    ("system", "until", "largest"),
    [
        # measured: 0.032, 0.0095, 4.8e-5, 0.0027 of N^2; mean field 4.5 to 14 times as much
        pytest.param(models.superradiant_laser(40, 10.0), 0.25, 0.035, id="laser"),
        pytest.param(models.waveguide_chain(2, 10, np.pi / 4, 5.0), 2.0, 0.011, id="two ensembles"),
        pytest.param(
            models.boundary_time_crystal(20, 0.3, 1.0, decay=0.05), 10.0, 6e-5, id="driven"
        ),
        pytest.param(MIXED, 0.5, 0.003, id="collective pump and dephasing"),
    ],
)
def test_against_exact_for_moderate_size(system, until, largest):
    times = np.linspace(until / 20, until, 20)
    judge = exact.solve(system, times)
    size = system.ensembles[0].size
    error = {}
    for order in (1, 2):
        ds = cumulants.solve(system, times, order=order)
        for name, power in (("emission", 2), ("inversion", 1)):
            worst = float(np.abs(ds[name] - judge[name]).max()) / size**power
            error[order, name] = worst
    assert error[2, "emission"] < largest
    assert error[2, "inversion"] < 3 * largest
    for name in ("emission", "inversion"):
        assert error[1, name] > 4 * error[2, name]


# -- the interface ----------------------------------------------------------------------------


def test_dataset():
    system = models.waveguide_chain(2, 5, 0.3, 1.0)
    ds = cumulants.solve(system, [0, 0.1], order=1)
    assert ds.attrs["method"] == "cumulants.1"
    assert System.from_json(ds.attrs["system"]) == system
    assert list(ds.channel.values) == ["forward", "backward"]
    assert not [name for name in ds if name.endswith("_stderr")]
    initial = cumulants.solve(system, [0.0])
    assert initial.attrs["method"] == "cumulants.2"
    np.testing.assert_allclose(initial.inversion, -2.5)
    np.testing.assert_allclose(initial.spin_squared, 2.5 * 3.5)


@pytest.mark.parametrize("integrator", ["RK45", "DOP853", "Radau", "BDF", "LSODA"])
def test_integrators_agree(integrator):
    system, times = models.superradiant_laser(50, 10.0), [0.05, 0.1, 0.2]
    ds = cumulants.solve(system, times, integrator=integrator)
    np.testing.assert_allclose(ds.emission, cumulants.solve(system, times).emission, rtol=1e-5)


def test_divergence_is_reported():
    h = np.array([[0, 4 + 2j], [4 - 2j, 0]])
    system = System([Ensemble(20, polar=1.0), Ensemble(25, polar=2.0)], exchange=h, drive=[3, 2j])
    with pytest.raises(ArithmeticError, match=r"cumulants\.solve: .* diverge at time"):
        cumulants.solve(system, [20.0])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"order": 3}, ValueError, "order must be 1 or 2, got 3"),
        ({"order": True}, ValueError, "order must be 1 or 2, got True"),
        ({"times": [1, 0]}, ValueError, "times must be"),
        ({"rtol": -1}, ValueError, "rtol must be"),
        ({"integrator": "Euler"}, ValueError, "integrator must be one of"),
        ({"system": "laser"}, TypeError, "system must be a System"),
        ({"trajectories": 5}, TypeError, "trajectories"),
    ],
)
def test_refusals(change, error, message):
    arguments = {"system": models.superradiant_decay(3), "times": [0, 1], **change}
    with pytest.raises(error, match=message):
        cumulants.solve(**arguments)


LATE = {
    "one pair": (System(Ensemble(2, polar=1.0), CollectiveJump(3.0, [1]), drive=[1.3]), 300.0),
    "two sites": (
        System([Ensemble(1, polar=1.0), Ensemble(1)], CollectiveJump(3.0, [1, 0.9j]), drive=[1, 1]),
        1000.0,
    ),
}


@pytest.mark.parametrize(("system", "late"), LATE.values(), ids=LATE)
def test_two_emitters_stay_exact_under_a_drive(system, late):
    # rounding must not grow: c is symmetric by construction, not by luck
    found, right = cumulants.solve(system, [late]), exact.solve(system, [late], "liouvillian")
    for name in ("inversion", "spin_x", "spin_y", "emission", "spin_squared", "output"):
        np.testing.assert_allclose(found[name], right[name], atol=1e-6, err_msg=name)


def test_ten_driven_emitters_stay_where_they_settle():
    # -.0535 with symmetric correlations; +.258 when their antisymmetric part grew
    crystal = models.boundary_time_crystal(10, 1.5, 1.0)
    assert cumulants.solve(crystal, [400.0]).inversion.item() == pytest.approx(-0.0535, abs=6e-5)
