"""Two times by jumps of pairs of kets against the density matrix and closed formulas."""

import numpy as np
import pytest
from hypothesis import given, settings

from blochball import CollectiveJump, Ensemble, SpinCoupling, System, exact, models
from blochball.exact import coherence_sampling, ket_pairs
from blochball.field import amplitudes
from tests.blochball.exact.systems import SINGLE_TERMS, systems
from tests.blochball.known import all_within

DELAYS = np.array([0.0, 0.2, 1.0])


def sampled(system, delays=DELAYS, time=np.inf, weights=None, **options):
    ds = exact.two_time(system, delays, time, weights, method="jumps", **options)
    assert ds.attrs["trajectories_of"] == "kets"
    return ds


def agree(system, time=np.inf, weights=None, judged=None, rare=1e-9, **options):
    """Compare with the density matrix; of events as rare as `rare` no standard error tells."""
    ds = sampled(system, DELAYS, time, weights, **options)
    judge = exact.two_time(judged or system, DELAYS, time, weights, method="liouvillian")
    for k, part in enumerate(("real", "imag")):
        variance = np.diagonal(ds.first_order_covariance.values[..., k, k])
        error = getattr(ds.first_order - judge.first_order, part).values
        assert (np.abs(error) <= 5 * np.sqrt(variance) + rare).all(), (part, error)
    all_within(ds, {name: judge[name] for name in ("second_order", "intensity")}, floor=rare)
    return ds


def network(drive=None, phase=0.7):
    """Unlike ensembles with every rate, phases and a detuning."""
    ensembles = [
        Ensemble(3, decay=0.3, dephasing=0.1, pump=0.4, detuning=0.5),
        Ensemble(1, decay=0.2, pump=1.0, polar=np.pi),
    ]
    jumps = [
        CollectiveJump(1.0, [1, 0.8j], name="out"),
        CollectiveJump(0.2, [0.5, 1], "pump"),
        CollectiveJump(0.3, [1, -0.4], "dephasing"),
    ]
    bond = 0.6 * np.exp(1j * phase)
    return System(ensembles, jumps, np.array([[0, bond], [bond.conjugate(), 0]]), drive)


@pytest.mark.parametrize("drive", [None, [0.7, 0.3j]])
@pytest.mark.parametrize("time", [0.4, np.inf])
def test_every_term(drive, time):
    # without drive the total M is definite
    effort = 3000 if time < 1 else 250
    ds = agree(network(drive), time, [1 - 1j, 0.3], trajectories=effort, seed=2)
    assert ds.attrs["amplitudes"] == (4 if drive is None else 16)


def test_a_wrong_phase_would_be_seen():
    wrong = network([0.7, 0.3j], phase=-0.7)
    with pytest.raises(AssertionError):
        agree(network([0.7, 0.3j]), np.inf, [1 - 1j, 0.3], wrong, trajectories=250, seed=2)


@pytest.mark.parametrize("name", [*SINGLE_TERMS])
def test_each_term_alone(name):
    agree(SINGLE_TERMS[name], 0.3, trajectories=600, seed=3)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(systems(emitters=4))
def test_any_system(system):
    if coherence_sampling.obstacle(system, amplitudes("", system, None), 0.3) is None:
        return
    agree(system, 0.3, rare=8 / 800, trajectories=800, seed=4)


def test_no_delay_is_the_intensity_of_each_trajectory():
    ds = sampled(network([0.7, 0.3j]), [0.0], weights="out", trajectories=30)
    assert ds.first_order.item() == pytest.approx(ds.intensity.item(), rel=1e-12)
    assert ds.first_order_stderr.item() == pytest.approx(ds.intensity_stderr.item(), rel=1e-9)


def test_photons_of_one_emitter():
    """Resonance fluorescence: g2 = 1 - exp(-3 t / 4) (cos(w t) + 3 sin(w t) / 4 w), decay 1."""
    rabi = 2 * 1.5
    system = System(Ensemble(1, decay=1.0), drive=[rabi / 2])
    delays = np.array([0.0, 0.4, 1.1, 3.0])
    ds = sampled(system, delays, trajectories=600, seed=5)
    intensity = rabi**2 / (1 + 2 * rabi**2)
    w = np.sqrt(rabi**2 - 1 / 16)
    g2 = 1 - np.exp(-0.75 * delays) * (np.cos(w * delays) + 0.75 * np.sin(w * delays) / w)
    assert ds.second_order.values[0] == 0
    all_within(ds, {"intensity": intensity, "second_order": intensity**2 * g2}, floor=1e-9)


def test_the_start_does_not_matter_where_all_emitters_forget_it():
    # from the ground state the total M is definite
    tilted = models.waveguide_chain(2, 2, 0.7, 1.0, polar=1.0)
    ds = sampled(tilted, weights="forward", trajectories=4)
    assert ds.attrs["amplitudes"] == 2 * 3
    assert ket_pairs.obstacle(tilted, np.inf) is None
    assert sampled(tilted, time=0.1, weights="forward", trajectories=4).attrs["amplitudes"] == 18


def test_standard_errors_are_honest():
    system, delays = models.waveguide_chain(2, 2, 0.7, 1.0, drive=0.5), np.array([0.1, 0.8])
    judge = exact.two_time(system, delays, 0.5, "forward", method="liouvillian")
    runs = [
        sampled(system, delays, 0.5, "forward", trajectories=60, seed=seed) for seed in range(60)
    ]
    for name in ("first_order", "second_order"):
        deviation = np.array([(run[name] - judge[name]).values.real for run in runs])
        claimed = np.array(
            [
                np.diagonal(
                    run.first_order_covariance.values[..., 0, 0]
                    if name == "first_order"
                    else run.second_order_covariance.values
                )
                for run in runs
            ]
        )
        # 60 samples know a variance to 18%
        assert np.abs((deviation**2).mean(axis=0) / claimed.mean(axis=0) - 1).max() < 4 * 0.18


def test_threads_do_not_matter():
    runs = [
        sampled(network([0.7, 0.3j]), trajectories=22, seed=6, threads=threads)
        for threads in (1, 3)
    ]
    assert runs[0].drop_attrs().identical(runs[1].drop_attrs())


def test_what_the_density_matrix_has_no_room_for():
    system = models.waveguide_chain(4, 3, 0.7, 3.0, drive=1.0)
    ds = exact.two_time(system, [0.0, 0.1], 0.2, "forward", memory_limit=2**20, trajectories=3)
    assert ds.attrs["trajectories_of"] == "kets"
    assert "GiB; jumps: serves" in ds.attrs["method_reason"]
    assert ds.attrs["amplitudes"] == 2 * 4**4


def test_options_steer_the_choice():
    system = models.boundary_time_crystal(3, 1.0, 1.0, decay=0.5)
    assert exact.two_time(system, [0.0]).attrs["method"] == "exact.liouvillian"
    ds = exact.two_time(system, [0.0], trajectories=3)
    assert ds.attrs["method"] == "exact.jumps"
    assert "liouvillian: takes no option named trajectories" in ds.attrs["method_reason"]


def test_a_burn_in_that_is_too_short():
    system = models.boundary_time_crystal(6, 1.0, 1.0, decay=0.5)
    with pytest.warns(UserWarning, match=r"two_time: the intensity is .* not yet stationary"):
        sampled(system, [0.0], trajectories=300, burn_in=0.2)


def test_refusals():
    large = models.waveguide_chain(100, 250, 0.1, 1.0)
    with pytest.raises(ValueError, match=r"two_time: no method serves .*jumps: a trajectory needs"):
        exact.two_time(large, [0.0])
    with pytest.raises(ValueError, match="jumps does not serve this system: a trajectory needs"):
        exact.two_time(large, [0.0], method="jumps")
    small = models.waveguide_chain(2, 2, 0.7, 1.0)
    with pytest.raises(ValueError, match=r"liouvillian does not serve .*; served by jumps"):
        exact.two_time(small, [0.0], method="liouvillian", memory_limit=10)
    with pytest.raises(TypeError, match="jumps takes no option named tolerance; liouvillian would"):
        exact.two_time(small, [0.0], method="jumps", tolerance=1e-9)
    with pytest.raises(ValueError, match="burn_in must be None for a finite time"):
        sampled(small, [0.0], 1.0, burn_in=1.0, weights="forward")
    with pytest.raises(ValueError, match="time must be finite for a system without dissipation"):
        sampled(System([Ensemble(2), Ensemble(1)], drive=[1, 0]), [0.0])
    lasting = System([Ensemble(1, decay=1.0), Ensemble(1)], drive=[0.5, 0.5])
    with pytest.raises(ValueError, match=r"nothing damps the ensembles \[1\], got infinity"):
        sampled(lasting, [0.0])
    with pytest.raises(ValueError, match=r"a trajectory has at most 1e\+12 jumps"):
        sampled(small, [1e13], weights="forward")


FREE, DAMPED, TILTED = Ensemble(2), Ensemble(2, decay=1.0), Ensemble(2, detuning=1.0, polar=1.0)


@pytest.mark.parametrize(
    ("system", "restless"),
    [
        (System([DAMPED, FREE, FREE], drive=[0.5, 0.5, 0]), [1]),
        (System([DAMPED, TILTED]), [1]),
        (System([DAMPED, FREE, TILTED], exchange=[[0, 0, 0], [0, 0, 1], [0, 1, 0]]), [1, 2]),
        (System([DAMPED, FREE], couplings=SpinCoupling([[0, 0], [0, 1]], "xx")), [1]),
        # at rest, damped themselves or by what they are coupled to
        (System([DAMPED, FREE], exchange=[[0, 0], [0, 1]]), []),
        (System([DAMPED, FREE], couplings=SpinCoupling([[0, 0], [0, 1]], "zz")), []),
        (System([DAMPED, TILTED], CollectiveJump(1.0, [0, 1])), []),
        (System([DAMPED, TILTED], exchange=[[0, 1], [1, 0]], drive=[0, 1]), []),
    ],
)
def test_what_turns_for_ever(system, restless):
    assert ket_pairs._restless(system, np.ones(system.sites)) == restless
    assert ket_pairs._restless(system, np.eye(system.sites)[0]) == []
