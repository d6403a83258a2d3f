"""The systems of the paper by name; each function returns a System."""

from __future__ import annotations

from math import pi

import numpy as np

from blochball.support import validation
from blochball.system import ChainExchange, CollectiveJump, Ensemble, System


def superradiant_laser(size: int, pump: float, coupling: float = 1.0, polar: float = 0.0) -> System:
    """Bad-cavity superradiant laser: local pump against collective decay (paper Fig. 2).

    Parameters
    ----------
    size : int
        Number of emitters N.
    pump : float
        Local pump rate gamma per emitter.
    coupling : float
        Collective decay rate Gamma.
    polar : float
        Initial polar angle; 0 is fully inverted.

    Returns
    -------
    System
        One ensemble, one channel named "cavity".
    """
    rate = validation.real("superradiant_laser", "coupling", coupling, 0)
    return System(Ensemble(size, pump=pump, polar=polar), CollectiveJump(rate, [1], name="cavity"))


def superradiant_decay(
    size: int, coupling: float = 1.0, decay: float = 0.0, dephasing: float = 0.0
) -> System:
    """Dicke superradiance from full inversion, optionally with local decay and dephasing.

    Parameters
    ----------
    size : int
        Number of emitters N.
    coupling : float
        Collective decay rate Gamma.
    decay, dephasing : float
        Local rates per emitter.

    Returns
    -------
    System
        One ensemble, one channel named "cavity".
    """
    rate = validation.real("superradiant_decay", "coupling", coupling, 0)
    return System(
        Ensemble(size, decay=decay, dephasing=dephasing), CollectiveJump(rate, [1], name="cavity")
    )


def boundary_time_crystal(
    size: int,
    drive: float,
    coupling: float,
    decay: float = 0.0,
    dephasing: float = 0.0,
    pump: float = 0.0,
    polar: float = pi,
) -> System:
    """Driven collective spin, H = drive * J^x, with collective decay at rate coupling / size.

    Parameters
    ----------
    size : int
        Number of emitters N.
    drive : float
        Coefficient of J^x.
    coupling : float
        N times the collective decay rate; the mean-field transition is at drive = coupling / 2.
    decay, dephasing, pump : float
        Local rates per emitter.
    polar : float
        Initial polar angle; pi is the ground state.

    Returns
    -------
    System
        One ensemble, one channel named "cavity".
    """
    ensemble = Ensemble(size, decay=decay, dephasing=dephasing, pump=pump, polar=polar)
    rate = validation.real("boundary_time_crystal", "coupling", coupling, 0) / ensemble.size
    half = validation.real("boundary_time_crystal", "drive", drive) / 2
    return System(ensemble, CollectiveJump(rate, [1], name="cavity"), drive=[half])


def waveguide_chain(
    sites: int,
    size: int,
    phase: float,
    pump: float,
    coupling: float = 1.0,
    drive: float = 0.0,
    polar: float = pi,
) -> System:
    """Equally spaced ensembles along a one-dimensional waveguide (paper Eq. 8).

    The channel "forward" is the direction of the drive, sum_l exp(-i phase l) J_l^-; the paper's
    printed L_F has the other sign (see docs/conventions.md).

    Parameters
    ----------
    sites : int
        Number of ensembles M.
    size : int
        Emitters per ensemble N.
    phase : float
        Propagation phase varphi between neighbouring sites, in radians.
    pump : float
        Local pump rate per emitter.
    coupling : float
        Decay rate Gamma of one emitter into the guide, half of it in each direction.
    drive : float
        Omega in Omega sum_l (exp(i phase l) J_l^+ + h.c.).
    polar : float
        Initial polar angle; pi is the ground state.

    Returns
    -------
    System
        `sites` ensembles, channels "forward" and "backward".
    """
    owner = "waveguide_chain"
    sites = validation.integer(owner, "sites", sites, 1, validation.LONGEST)
    phase = validation.real(owner, "phase", phase)
    half = validation.real(owner, "coupling", coupling, 0) / 2
    drive = validation.real(owner, "drive", drive)
    wave = np.exp(1j * phase * np.arange(sites))
    return System(
        [Ensemble(size, pump=pump, polar=polar)] * sites,
        [
            CollectiveJump(half, wave.conj(), name="forward"),
            CollectiveJump(half, wave, name="backward"),
        ],
        exchange=ChainExchange(half, phase),
        drive=drive * wave if drive else None,
    )
