"""Spins that all interact with each other: twisting, Lipkin-Meshkov-Glick, dissipative Ising."""

from __future__ import annotations

from math import pi

import numpy as np

from blochball.support import validation
from blochball.support.arguments import named
from blochball.system import Ensemble, System
from blochball.terms import SpinCoupling


@named("models.one_axis_twisting")
def one_axis_twisting(
    size: int,
    strength: float = 1.0,
    decay: float = 0.0,
    dephasing: float = 0.0,
    pump: float = 0.0,
) -> System:
    """One-axis twisting, H = chi (J^z)^2, of emitters that point along x.

    M. Kitagawa & M. Ueda, Phys. Rev. A 47, 5138 (1993). With local rates every moment is known for
    any size: M. Foss-Feig et al., Phys. Rev. A 87, 042101 (2013).

    Parameters
    ----------
    size : int
        Number of emitters N.
    strength : float
        chi.
    decay, dephasing, pump : float
        Local rates per emitter.

    Returns
    -------
    System

    Examples
    --------
    >>> from blochball import exact, models, observables
    >>> ds = exact.solve(models.one_axis_twisting(20), [0.1342], moments="second")
    >>> round(observables.wineland_squeezing(ds).item(), 4)  # its minimum
    0.1979
    """
    chi = validation.real("one_axis_twisting", "strength", strength)
    ensemble = Ensemble(size, decay=decay, dephasing=dephasing, pump=pump, polar=pi / 2)
    return System(ensemble, couplings=SpinCoupling(chi, "zz"))


@named("models.two_axis_twisting")
def two_axis_twisting(
    size: int,
    strength: float = 1.0,
    decay: float = 0.0,
    dephasing: float = 0.0,
    pump: float = 0.0,
) -> System:
    """Two-axis countertwisting, H = chi (J^x J^y + J^y J^x), from full inversion.

    M. Kitagawa & M. Ueda, Phys. Rev. A 47, 5138 (1993): without loss the squeezed variance falls to
    the order of a single emitter, whatever the size.

    Parameters
    ----------
    size, strength, decay, dephasing, pump
        As for `one_axis_twisting`.

    Returns
    -------
    System

    Examples
    --------
    >>> from blochball import exact, models, observables
    >>> ds = exact.solve(models.two_axis_twisting(20), [0.065], moments="second")
    >>> bool(observables.wineland_squeezing(ds) < 0.17)  # one axis: 0.198 at best
    True
    """
    chi = validation.real("two_axis_twisting", "strength", strength)
    ensemble = Ensemble(size, decay=decay, dephasing=dephasing, pump=pump)
    # {J^x, J^y} is twice the symmetrised product
    return System(ensemble, couplings=SpinCoupling(2 * chi, "xy"))


@named("models.lipkin_meshkov_glick")
def lipkin_meshkov_glick(
    size: int,
    field: float,
    along_x: float = 1.0,
    along_y: float = 0.0,
    decay: float = 0.0,
    dephasing: float = 0.0,
    pump: float = 0.0,
) -> System:
    """Lipkin-Meshkov-Glick model, H = -(gamma_x (J^x)^2 + gamma_y (J^y)^2) / N - h J^z.

    H. J. Lipkin, N. Meshkov & A. J. Glick, Nucl. Phys. 62, 188 (1965); in these units P. Ribeiro,
    J. Vidal & R. Mosseri, Phys. Rev. Lett. 99, 050402 (2007). The emitters start along a positive
    field: the ground state of a large one. Below h = gamma_x the symmetry of turns by pi about z is
    broken.

    Parameters
    ----------
    size : int
        Number of emitters N.
    field : float
        h.
    along_x, along_y : float
        gamma_x and gamma_y.
    decay, dephasing, pump : float
        Local rates per emitter.

    Returns
    -------
    System

    Examples
    --------
    After a quench the fluctuations grow in the broken phase only:

    >>> from blochball import exact, models
    >>> strong, weak = (models.lipkin_meshkov_glick(20, field=h) for h in (2.0, 0.2))
    >>> lost = [10 - exact.solve(system, [4.0]).inversion.item() for system in (strong, weak)]
    >>> lost[0] < 0.2 < 2 < lost[1]
    True
    """
    owner = "lipkin_meshkov_glick"
    h = validation.real(owner, "field", field)
    strengths = {
        "xx": validation.real(owner, "along_x", along_x),
        "yy": validation.real(owner, "along_y", along_y),
    }
    ensemble = Ensemble(size, detuning=-h, decay=decay, dephasing=dephasing, pump=pump)
    couplings = [SpinCoupling(-s / ensemble.size, axes) for axes, s in strengths.items() if s]
    return System(ensemble, couplings=couplings)


@named("models.dissipative_ising")
def dissipative_ising(
    size: int,
    drive: float,
    interaction: float,
    detuning: float = 0.0,
    decay: float = 1.0,
    sublattices: int = 2,
) -> System:
    """Driven and decaying emitters that shift each other's frequency when they are excited.

    With n_j = sigma_j^+ sigma_j^-, Rabi frequency Omega, detuning Delta, and decay gamma::

        H = sum_j (Omega sigma_j^x / 2 - Delta n_j) + (V / M) sum_pairs n_j n_k

    Pairs are all those of emitters on different sublattices of M = N/2 emitters, or with one
    sublattice all pairs, M = N: every emitter then sees the field of V times the excited fraction,
    and the mean field is exact for N -> infinity. That of T. E. Lee, H. Haeffner & M. C. Cross,
    Phys. Rev. A 84, 031402 (2011), has uniform, antiferromagnetic and oscillating phases; that of
    one sublattice is bistable.

    Parameters
    ----------
    size : int
        Number of emitters N, in the ground state.
    drive : float
        Omega.
    interaction : float
        V.
    detuning : float
        Delta.
    decay : float
        gamma, local.
    sublattices : {1, 2}
        2 are two ensembles of N/2.

    Returns
    -------
    System

    Examples
    --------
    An interaction that shifts the emitters out of resonance keeps them from being excited:

    >>> from blochball import exact, models
    >>> free, shifted = (models.dissipative_ising(6, 1.0, v) for v in (0.0, 10.0))
    >>> [round(3 + exact.steady_state(s).inversion.sum().item(), 2) for s in (free, shifted)]
    [2.0, 1.08]
    """
    owner = "dissipative_ising"
    omega, v = (
        validation.real(owner, "drive", drive),
        validation.real(owner, "interaction", interaction),
    )
    delta = validation.real(owner, "detuning", detuning)
    count = validation.integer(owner, "sublattices", sublattices, 1, 2)
    size = validation.integer(owner, "size", size, count)
    if size % count:
        raise ValueError(f"{owner}: size must be even for two sublattices, got {size}")
    each = size // count
    # n = J^z + M/2 of an ensemble, whose pairs are n (n - 1) / 2
    if count == 1:
        turn, strength = v * (each - 1) / (2 * each) - delta, v / (2 * each)
        coupling = SpinCoupling(strength)
    else:
        turn = v / 2 - delta
        coupling = SpinCoupling(np.array([[0, v / each], [0, 0]]))
    ensemble = Ensemble(each, decay=decay, detuning=turn, polar=pi)
    return System([ensemble] * count, drive=[omega / 2] * count, couplings=coupling if v else ())
