"""Ensembles that emit into two directions: along a waveguide or around a ring."""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import ArrayLike

from blochball.support import validation
from blochball.support.arguments import named
from blochball.system import Ensemble, System
from blochball.terms import ChainExchange, CollectiveJump


@named("models.waveguide_chain")
def waveguide_chain(
    sites: int,
    size: int,
    phase: float,
    pump: float,
    coupling: float = 1.0,
    drive: float = 0.0,
    polar: float = pi,
) -> System:
    """Equally spaced ensembles along a one-dimensional waveguide: Eq. (8).

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

    Examples
    --------
    >>> from math import pi
    >>> from blochball import exact, models
    >>> pair = models.waveguide_chain(sites=2, size=4, phase=pi / 2, pump=1.0)
    >>> exact.steady_state(pair).output.values.round(6).tolist()  # pump = coupling: N M / 2
    [[4.0, 4.0]]
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


@named("models.chiral_waveguide")
def chiral_waveguide(
    sites: int,
    size: int,
    phase: float,
    forward: float,
    backward: float,
    pump: float = 0.0,
    drive: float = 0.0,
    detunings: ArrayLike | None = None,
    polar: float = pi,
) -> System:
    """Ensembles along a waveguide into whose two directions they emit at different rates.

    H. Pichler et al., Phys. Rev. A 91, 042116 (2015). With ``forward == backward`` this is
    `waveguide_chain`; with ``backward=0`` it is a cascade, in which no site feels those behind it.

    Parameters
    ----------
    sites : int
        Number of ensembles M.
    size : int
        Emitters per ensemble N.
    phase : float
        Propagation phase between neighbouring sites, in radians.
    forward, backward : float
        Decay rates of one emitter into the two directions; forward is towards larger sites.
    pump : float
        Local pump rate per emitter.
    drive : float
        Omega in Omega sum_l (exp(i phase l) J_l^+ + h.c.): a field that travels forward.
    detunings : array_like of shape (sites,), optional
        Coefficient of J_l^z in the Hamiltonian; zero where not given.
    polar : float
        Initial polar angle; pi is the ground state.

    Returns
    -------
    System
        `sites` ensembles, channels "forward" and "backward".

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.

    Examples
    --------
    Two driven emitters end in a state that emits nothing:

    >>> from blochball import exact, models
    >>> pair = models.chiral_waveguide(2, 1, phase=0.0, forward=1.0, backward=0.2, drive=0.3)
    >>> dark = exact.steady_state(pair)
    >>> bool(abs(dark.output).max() < 1e-8), bool(dark.emission.min() > 0.1)
    (True, True)
    """
    owner = "chiral_waveguide"
    sites = validation.integer(owner, "sites", sites, 1, validation.LONGEST)
    phase = validation.real(owner, "phase", phase)
    rates = {
        "forward": validation.real(owner, "forward", forward, 0),
        "backward": validation.real(owner, "backward", backward, 0),
    }
    drive = validation.real(owner, "drive", drive)
    what = f"one real number an ensemble ({sites})"
    given = np.zeros(sites) if detunings is None else detunings
    shifts = validation.reals(owner, "detunings", given, what)
    if shifts.size != sites:
        raise ValueError(f"{owner}: detunings must be {what}, got {shifts.size}")
    validation.memory(owner, "sites", 6.0 * sites**2)
    wave = np.exp(1j * phase * np.arange(sites))
    # a photon that travels forward takes the phase of `wave` from site to site
    ahead = np.tril(np.outer(wave, wave.conj()), -1)
    into_forward = -0.5j * (ahead - ahead.conj().T)
    return System(
        [Ensemble(size, pump=pump, polar=polar, detuning=shift) for shift in shifts],
        [
            CollectiveJump(rates["forward"], wave.conj(), name="forward"),
            CollectiveJump(rates["backward"], wave, name="backward"),
        ],
        exchange=rates["forward"] * into_forward + rates["backward"] * into_forward.T,
        drive=drive * wave if drive else None,
    )


@named("models.ring")
def ring(
    sites: int,
    size: int,
    winding: int,
    pump: float,
    coupling: float = 1.0,
    drive: float = 0.0,
    polar: float = pi,
) -> System:
    """Equally spaced ensembles in a ring resonator with two counter-propagating modes.

    Both modes are resonant and decay fast (bad cavity), so that they can be eliminated: each
    becomes one collective jump. `waveguide_chain` with ``phase = 2 pi winding / sites`` has the
    same jumps, and an exchange because its ends are open.

    Parameters
    ----------
    sites : int
        Number of ensembles M.
    size : int
        Emitters per ensemble N.
    winding : int
        Wavelengths around the ring: the phase between neighbours is 2 pi winding / sites.
    pump : float
        Local pump rate per emitter.
    coupling : float
        Decay rate of one emitter into the ring, half of it in each direction.
    drive : float
        Omega in Omega sum_l (exp(i phase l) J_l^+ + h.c.), which feeds the forward mode.
    polar : float
        Initial polar angle; pi is the ground state.

    Returns
    -------
    System
        `sites` ensembles, channels "forward" and "backward".

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.

    Examples
    --------
    Without a drive neither direction is preferred:

    >>> from blochball import exact, models
    >>> ds = exact.solve(models.ring(sites=3, size=2, winding=1, pump=2.0), times=[1.0])
    >>> forward, backward = ds.output[0].values
    >>> bool(abs(forward - backward) < 1e-8)
    True
    """
    owner = "ring"
    sites = validation.integer(owner, "sites", sites, 1, validation.LONGEST)
    winding = validation.integer(owner, "winding", winding, -validation.LONGEST)
    half = validation.real(owner, "coupling", coupling, 0) / 2
    drive = validation.real(owner, "drive", drive)
    # the remainder first: 2 pi times a large integer has lost digits of the angle
    wave = np.exp(2j * pi * (winding * np.arange(sites) % sites) / sites)
    return System(
        [Ensemble(size, pump=pump, polar=polar)] * sites,
        [
            CollectiveJump(half, wave.conj(), name="forward"),
            CollectiveJump(half, wave, name="backward"),
        ],
        drive=drive * wave if drive else None,
    )
