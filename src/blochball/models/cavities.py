"""One mode of a bad cavity, eliminated: emitters that share one collective jump."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blochball.support import validation
from blochball.support.arguments import named
from blochball.system import Ensemble, System
from blochball.terms import CollectiveJump, Kind

_MOST_SQUEEZED = 100.0  # far beyond any laboratory; larger ones overflow


@named("models.superradiant_laser")
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

    Examples
    --------
    >>> from blochball import exact, models
    >>> mixed = exact.steady_state(models.superradiant_laser(size=20, pump=1.0))
    >>> round(mixed.emission.item(), 6)  # pump = coupling: N/2
    10.0
    """
    rate = validation.real("superradiant_laser", "coupling", coupling, 0)
    return System(Ensemble(size, pump=pump, polar=polar), CollectiveJump(rate, [1], name="cavity"))


@named("models.superradiant_decay")
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

    Examples
    --------
    >>> from blochball import exact, models
    >>> burst = exact.solve(models.superradiant_decay(size=100), times=[0.0, 0.05])
    >>> burst.emission.values[:, 0].round(1).tolist()
    [100.0, 1967.1]
    """
    rate = validation.real("superradiant_decay", "coupling", coupling, 0)
    return System(
        Ensemble(size, decay=decay, dephasing=dephasing), CollectiveJump(rate, [1], name="cavity")
    )


@named("models.boundary_time_crystal")
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

    Examples
    --------
    >>> from blochball import exact, models
    >>> crystal = models.boundary_time_crystal(size=40, drive=0.25, coupling=1.0)
    >>> round(exact.steady_state(crystal).emission.item() / 40**2, 3)  # (drive / coupling)^2
    0.063
    """
    ensemble = Ensemble(size, decay=decay, dephasing=dephasing, pump=pump, polar=polar)
    rate = validation.real("boundary_time_crystal", "coupling", coupling, 0) / ensemble.size
    half = validation.real("boundary_time_crystal", "drive", drive) / 2
    return System(ensemble, CollectiveJump(rate, [1], name="cavity"), drive=[half])


@named("models.thermal_bath")
def thermal_bath(
    size: int, thermal: float, coupling: float = 1.0, local: float = 0.0, polar: float = pi
) -> System:
    """Emitters that share a bath of finite temperature, and may have baths of their own as hot.

    With local baths the steady state is a product state with emission N thermal / (2 thermal + 1),
    whatever the rates; without them it is thermal in each sector of J, and depends on the start
    (C. L. Latune, I. Sinayskiy and F. Petruccione, Phys. Rev. A 99, 052105 (2019)).

    Parameters
    ----------
    size : int
        Number of emitters N.
    thermal : float
        Mean number of photons n of the bath at the emitters' frequency.
    coupling : float
        Collective decay rate Gamma (n + 1) and pump rate Gamma n.
    local : float
        The same for each emitter by itself: decay local (n + 1), pump local n.
    polar : float
        Initial polar angle; pi is the ground state.

    Returns
    -------
    System
        One ensemble, channels "emission" and "absorption".

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.

    Examples
    --------
    >>> from blochball import exact, models
    >>> ds = exact.steady_state(models.thermal_bath(size=10, thermal=2.0, local=0.1))
    >>> round(ds.emission.item(), 6)  # 10 * 2 / 5
    4.0
    """
    owner = "thermal_bath"
    photons = validation.real(owner, "thermal", thermal, 0)
    rate = validation.real(owner, "coupling", coupling, 0)
    own = validation.real(owner, "local", local, 0)
    return System(
        Ensemble(size, decay=own * (photons + 1), pump=own * photons, polar=polar),
        [
            CollectiveJump(rate * (photons + 1), [1], name="emission"),
            CollectiveJump(rate * photons, [1], kind="pump", name="absorption"),
        ],
    )


def _gaussian(p: NDArray[np.float64]) -> Any:
    from scipy.special import ndtri  # and all that it imports: seldom needed

    return ndtri(p)


# quantiles of line shapes, in units of their width: p -> detuning
LINES: dict[str, Callable[[NDArray[np.float64]], Any]] = {
    "gaussian": _gaussian,
    "lorentzian": lambda p: np.tan(pi * (p - 0.5)),
    "box": lambda p: 2 * p - 1,
}


@named("models.squeezed_superradiance")
def squeezed_superradiance(
    size: int,
    squeezing: float,
    azimuth: float = 0.0,
    coupling: float = 1.0,
    decay: float = 0.0,
    dephasing: float = 0.0,
    pump: float = 0.0,
) -> System:
    """Superradiance into a squeezed vacuum, L = cosh(r) J^- + e^(-2i azimuth) sinh(r) J^+.

    G. S. Agarwal & R. R. Puri, Phys. Rev. A 41, 3782 (1990); made from lasers by E. G. Dalla Torre,
    J. Otterbach, E. Demler, V. Vuletic & M. D. Lukin, Phys. Rev. Lett. 110, 120402 (2013). An even
    number of emitters without local rates ends in a pure state that L annihilates, in which the
    component of J at the azimuth is squeezed by exp(-2r). An odd number has no such state, and
    where e^(2r) comes near N the steady states of N and N + 1 differ. The truncated Wigner
    approximation knows no parity: it needs N >> e^(2r).

    Parameters
    ----------
    size : int
        Number of emitters N, in the ground state.
    squeezing : float
        r; the reservoir holds sinh(r)^2 quanta a mode.
    azimuth : float
        Squeezed direction, in radians from x to y.
    coupling : float
        Collective decay rate Gamma.
    decay, dephasing, pump : float
        Local rates per emitter.

    Returns
    -------
    System
        One ensemble, one channel named "squeezed".

    Examples
    --------
    >>> from blochball import exact, models, observables
    >>> ds = exact.steady_state(models.squeezed_superradiance(20, 0.6), moments="second")
    >>> round(observables.wineland_squeezing(ds).item(), 4)
    0.315
    """
    owner = "squeezed_superradiance"
    r = validation.real(owner, "squeezing", squeezing)
    if abs(r) > _MOST_SQUEEZED:
        raise ValueError(
            f"{owner}: squeezing must be at most {_MOST_SQUEEZED:g} in magnitude, got {r!r}"
        )
    turn = np.exp(-2j * validation.real(owner, "azimuth", azimuth))
    rate = validation.real(owner, "coupling", coupling, 0)
    weights: dict[Kind, complex] = {"decay": np.cosh(r), "pump": turn * np.sinh(r)}
    ensemble = Ensemble(size, decay=decay, dephasing=dephasing, pump=pump, polar=pi)
    return System(ensemble, CollectiveJump(rate, weights, name="squeezed"))


@named("models.broadened")
def broadened(
    size: int,
    width: float,
    classes: int,
    line: str | Callable[[NDArray[np.float64]], Any] = "gaussian",
    pump: float = 0.0,
    coupling: float = 1.0,
    decay: float = 0.0,
    dephasing: float = 0.0,
    polar: float = 0.0,
) -> System:
    """Emitters of different frequencies in one bad cavity, gathered into classes of one frequency.

    A class has the median detuning of its part of the line. The parts get smaller towards the ends
    of the line, where the detuning changes most: the error of the free decay of a Gaussian line
    falls as 1/M^2 (0.009 with 12 classes, 0.0006 with 50, until two standard deviations' worth of
    dephasing), that of a Lorentzian one only as 1/M (0.2 and 0.05). With d the largest spacing of
    neighbouring classes, results hold for times well below 2 pi / d: then the classes come back in
    phase, which a smooth line never does. Compare two numbers of classes to see that they suffice.

    Parameters
    ----------
    size : int
        Number of emitters N of all classes.
    width : float
        Standard deviation of a Gaussian line, half width at half maximum of a Lorentzian one,
        half of the full width of a box; otherwise the unit of what `line` returns.
    classes : int
        Number of classes M, at most N.
    line : {"gaussian", "lorentzian", "box"} or callable
        The line shape. A callable takes probabilities, shape (classes,), and returns quantiles;
        ``scipy.stats`` calls it ``ppf``.
    pump, decay, dephasing : float
        Local rates per emitter.
    coupling : float
        Collective decay rate Gamma of one emitter.
    polar : float
        Initial polar angle; 0 is fully inverted.

    Returns
    -------
    System
        `classes` ensembles in the order of their detunings, one channel named "cavity".

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.

    Examples
    --------
    >>> from blochball import models
    >>> system = models.broadened(size=1000, width=5.0, classes=3, line="box")
    >>> [(e.size, round(e.detuning, 2)) for e in system.ensembles]
    [(250, -3.75), (500, 0.0), (250, 3.75)]
    """
    owner = "broadened"
    size = validation.integer(owner, "size", size, 1)
    width = validation.real(owner, "width", width, 0)
    classes = validation.integer(owner, "classes", classes, 1, min(size, validation.LONGEST))
    rate = validation.real(owner, "coupling", coupling, 0)
    if not callable(line):
        line = LINES[validation.choice(owner, "line", line, LINES)]
    # at least one emitter each; the others as in the trapezoidal rule after p = sin^2(pi u / 2)
    m = np.arange(classes + 1)
    edge = np.floor(m + (size - classes) * np.sin(pi * m / (2 * classes)) ** 2 + 0.5)
    middle = (edge[:-1] + edge[1:]) / (2 * size)
    what = f"the name of a line or a function that returns {classes} finite real numbers"
    detunings = width * validation.reals(owner, "line", line(middle), what)
    if detunings.size != classes:
        raise ValueError(f"{owner}: line must be {what}, got {detunings.size}")
    rates: dict[str, Any] = {"pump": pump, "decay": decay, "dephasing": dephasing, "polar": polar}
    return System(
        [
            Ensemble(int(emitters), detuning=detuning, **rates)
            for emitters, detuning in zip(np.diff(edge), detunings, strict=True)
        ],
        CollectiveJump(rate, np.ones(classes), name="cavity"),
    )
