"""Steady states that depend on the start: closed forms, long times, what never comes to rest."""

from math import factorial, pi

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings

from blochball import CollectiveJump, Ensemble, SpinCoupling, System, exact, models
from blochball.exact import liouvillian, projection
from tests.blochball.exact.bruteforce import BruteForce
from tests.blochball.exact.systems import systems


def ends(system, initial="ensembles", **options):
    return exact.steady_state(system, initial=initial, **options)


@pytest.mark.parametrize(("ground", "inverted"), [(1, 1), (2, 5), (5, 15), (12, 12)])
def test_opposite_domains_end_in_dark_states(ground, inverted):
    """J is kept, and was distributed as P(J) = (2J+1) N1! N2! / ((N/2+J+1)! (N/2-J)!)."""
    domains = [Ensemble(ground, polar=pi), Ensemble(inverted)]
    ds = ends(System(domains, CollectiveJump(1.0, [1, 1])))
    half, both = (ground + inverted) / 2, factorial(ground) * factorial(inverted)
    spins = np.arange(abs(ground - inverted) / 2, half + 1)
    weights = [
        (2 * j + 1) * both / (factorial(round(half + j + 1)) * factorial(round(half - j)))
        for j in spins
    ]
    assert ds.inversion.sum().item() == pytest.approx(-(weights * spins).sum(), abs=1e-10)
    assert ds.output.item() == pytest.approx(0, abs=1e-10)
    assert ds.attrs["stationary_states"] == len(spins)
    if (ground, inverted) == (5, 15):
        assert ds.inversion.values[0, 0] == pytest.approx(1.637702, abs=1e-6)


LEFT_OVER = {
    "dark states": System(
        [Ensemble(3, polar=1.0), Ensemble(4, polar=2.5, azimuth=1.0)], CollectiveJump(1.0, [1, 1])
    ),
    "opposite phases": System([Ensemble(2), Ensemble(2)], CollectiveJump(1.0, [1, -1])),
    "dephasing alone": System(Ensemble(5, dephasing=1.0, polar=1.0)),
    "one of two ensembles": System([Ensemble(2, pump=1.0), Ensemble(3, dephasing=0.7, polar=1.0)]),
    "noise of J^z": System(Ensemble(4, polar=1.2), CollectiveJump(0.5, [1], "dephasing")),
    "a field along x with its noise": System(
        Ensemble(3, polar=0.7),
        CollectiveJump(0.5, {"decay": [1], "pump": [1]}),
        drive=0.0,
    ),
    "parity of pairs": System(
        Ensemble(3), CollectiveJump(0.5, [1], "dephasing"), couplings=SpinCoupling(0.3, "xx")
    ),
}


@pytest.mark.parametrize("dense", [0, 150])
@pytest.mark.parametrize("system", LEFT_OVER.values(), ids=LEFT_OVER)
def test_the_projection_is_where_a_long_time_leads(system, dense, monkeypatch):
    monkeypatch.setattr(projection, "DENSE", dense)
    ds = ends(system, correlations=True, moments="second")
    assert ds.attrs["residual"] < 1e-12
    late = exact.solve(
        system, [200.0], "liouvillian", tolerance=1e-12, correlations=[200.0], moments="second"
    )
    for name in late:
        np.testing.assert_allclose(ds[name], late[name], atol=1e-9, err_msg=name)
    with pytest.raises(ValueError, match=r"must be unique.*exact\.steady_state takes the init"):
        exact.steady_state(system, "liouvillian")


@given(systems(driven=False))
@settings(max_examples=25, deadline=None)
def test_what_is_unique_is_found_as_without_a_start(system):
    try:
        expected = exact.steady_state(system, "liouvillian", correlations=True)
    except ValueError:
        return
    ds = ends(system, correlations=True)
    for name in expected:
        np.testing.assert_allclose(ds[name], expected[name], atol=1e-8, err_msg=name)


def test_every_total_spin_decays_by_itself():
    """No local rates: J of a mixed state is kept, and each ends in |J, -J>."""
    shares = {2.0: 0.5, 1.0: 0.3, 0.0: 0.2}
    blocks = [np.zeros((round(2 * j) + 1,) * 2) for j in shares]
    for block, share in zip(blocks, shares.values(), strict=True):
        block[0, 0] = share
    mixed = exact.State.from_blocks(4, blocks)
    system = System(Ensemble(4), CollectiveJump(1.0, [1]))
    ds = ends(system, mixed)
    assert ds.attrs["stationary_states"] == 3
    assert ds.inversion.item() == pytest.approx(-sum(j * p for j, p in shares.items()), abs=1e-12)
    # negative control: the start of the ensemble itself has J = 2 only
    assert ends(system).inversion.item() == pytest.approx(-2, abs=1e-12)


def test_a_state_on_its_way_ends_where_it_would():
    system = LEFT_OVER["dark states"]
    end = liouvillian.stationary(system, initial="ensembles")
    (later,) = liouvillian.states(system, [0.4])
    np.testing.assert_allclose(
        end.space.to_real(end.elements),
        (other := liouvillian.stationary(system, initial=later)).space.to_real(other.elements),
        atol=1e-9,
    )
    again = liouvillian.stationary(system, initial=end)
    np.testing.assert_allclose(again.elements, end.elements, atol=1e-10)
    assert end.trace == pytest.approx(1, abs=1e-12)


def test_against_the_exponential_in_the_full_space():
    system = System([Ensemble(2, polar=1.0), Ensemble(2, polar=2.0)], CollectiveJump(0.7, [1, -1]))
    brute = BruteForce(system)
    # by repeated squaring
    later = scipy.linalg.expm(100 * brute.generator.toarray()) @ brute.initial.ravel()
    rho = later.reshape(brute.states, -1)
    ds = ends(system, correlations=True)
    for name, value in brute.expectations([rho]).items():
        np.testing.assert_allclose(ds[name], value, atol=1e-9, err_msg=name)


TURNING = {
    "precession": System(Ensemble(4, detuning=1.0, polar=1.0)),
    "one that nothing damps": System([Ensemble(1, decay=1.0), Ensemble(1)], drive=[0.5, 0.5]),
    "twisting": models.one_axis_twisting(5),
    "beside one that is damped": System(
        [
            Ensemble(3, detuning=0.7, polar=0.96, azimuth=0.7),
            Ensemble(1, decay=1.0, dephasing=1.0, detuning=0.7, polar=2.7, azimuth=2.5),
        ],
        drive=[0.5, 0.0],
    ),
    "many": System(Ensemble(24, detuning=1.0, polar=1.0), drive=0.3),
}


@pytest.mark.parametrize("dense", [0, 150])
@pytest.mark.parametrize("system", TURNING.values(), ids=TURNING)
def test_what_turns_for_ever_is_refused(system, dense, monkeypatch):
    monkeypatch.setattr(projection, "DENSE", dense)
    with pytest.raises(ValueError, match=r"initial must be a state that comes to rest.*for ever"):
        ends(system)


def test_what_turns_but_is_not_in_the_state_does_not_matter():
    # along the axis of the field
    system = System(Ensemble(4, polar=pi / 2), drive=0.5)
    assert ends(system).spin_x.item() == pytest.approx(2, abs=1e-10)


def test_what_cannot_be_decided_is_warned_about(monkeypatch):
    monkeypatch.setattr(projection, "DENSE", 0)
    monkeypatch.setattr(projection, "RESTARTS", 1)
    monkeypatch.setattr(projection, "SEVERAL", [(1, 5)])
    system = System([Ensemble(6, polar=1.0), Ensemble(5, polar=2.0)], CollectiveJump(1.0, [1, 1]))
    with pytest.warns(UserWarning, match="whether the state comes to rest could not be decided"):
        ends(system)


def test_what_is_too_slow_to_tell_is_refused():
    system = System([Ensemble(2, decay=1e-18, pump=2e-18), Ensemble(3)], CollectiveJump(1, [1, 1]))
    with pytest.raises(ValueError, match="slowly for floating-point numbers to tell"):
        ends(system)


def test_refusals():
    system = LEFT_OVER["dark states"]
    with pytest.raises(ValueError, match=r"exact\.steady_state: initial must be one of ensembles"):
        ends(system, "dark")
    with pytest.raises(TypeError, match="initial must be a State"):
        ends(system, 3)
    other = exact.State.from_blocks(2, [np.eye(3) / 3])
    with pytest.raises(ValueError, match="initial must be of the ensembles of the system"):
        ends(system, other)
    with pytest.raises(TypeError, match="populations takes no option named initial"):
        exact.steady_state(models.superradiant_laser(3, 1.0), "populations", initial="ensembles")


@pytest.mark.parametrize("size", [3, 4])
@pytest.mark.parametrize("polar", [pi, 0.0, 1.0])
def test_dephased_populations_stay_as_they_are(size, polar):
    """Their generator is zero but for rounding, which is no rate."""
    jump = CollectiveJump(2.5, [-0.6958511857762097], kind="dephasing")
    system = System(Ensemble(size, detuning=0.3, polar=polar), jump)
    assert ends(system).inversion.item() == pytest.approx(size / 2 * np.cos(polar), abs=1e-12)
    # emitters that decay besides change that
    local = System(Ensemble(size, decay=0.1, detuning=0.3, polar=polar), jump)
    assert ends(local).inversion.item() == pytest.approx(-size / 2, abs=1e-8)


def test_a_weak_jump_is_not_taken_for_rounding():
    system = System(Ensemble(2), CollectiveJump(1.0, [5e-7]))
    assert ends(system).inversion.item() == pytest.approx(-1, abs=1e-8)
