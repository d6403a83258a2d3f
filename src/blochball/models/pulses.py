"""Sequences of pulses by name: Ramsey fringes, echoes."""

from __future__ import annotations

from math import cos, pi, sin

from blochball import operators
from blochball.protocol import Protocol, Rotation
from blochball.support import validation
from blochball.support.arguments import named
from blochball.system import System


@named("models.ramsey")
def ramsey(system: System, time: float, phase: float = 0.0) -> Protocol:
    """Turn a spin by pi/2 twice, with what a System does in between.

    N. F. Ramsey, Phys. Rev. 78, 695 (1950). From the ground state, without anything but a detuning
    delta and local dephasing at gamma, <J^z> = (N/2) cos(delta time - phase) exp(-2 gamma time).

    Parameters
    ----------
    system : System
        Also what acts after the second pulse.
    time : float
        Between the pulses, > 0. The first is at time 0; what is recorded at the time of a pulse
        precedes it.
    phase : float
        By which the axis of the second pulse is turned about z, from y.

    Returns
    -------
    Protocol

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.

    Examples
    --------
    >>> from math import pi
    >>> from blochball import Ensemble, System, exact, models
    >>> atoms = System(Ensemble(10, detuning=2.0, polar=pi))
    >>> fringe = models.ramsey(atoms, time=0.5)
    >>> round(exact.solve(fringe, [0.5001]).inversion.item(), 3)  # 5 cos(1)
    2.702
    """
    owner = "ramsey"
    operators.require_system(owner, system)
    time = validation.positive(owner, "time", time)
    phase = validation.real(owner, "phase", phase)
    second = Rotation(pi / 2, (-sin(phase), cos(phase), 0.0))
    return Protocol([(0, system), Rotation(pi / 2, "y"), (time, system), second])


@named("models.spin_echo")
def spin_echo(system: System, time: float, pulses: int = 1) -> Protocol:
    """Turn a spin by pi/2, then by pi: echoes bring back what differences of frequency undo.

    E. L. Hahn, Phys. Rev. 80, 580 (1950); with several pulses about the axis of the spin, H. Y.
    Carr & E. M. Purcell, Phys. Rev. 94, 630 (1954) and S. Meiboom & D. Gill, Rev. Sci. Instrum. 29,
    688 (1958). From the ground state the spin is turned to -x. Pulses about x are at `time`,
    3 `time`, 5 `time`, ..., echoes at 2 `time`, 4 `time`, ... Local dephasing at gamma leaves
    exp(-4 gamma time) of the spin at the first echo, whatever the detunings.

    Parameters
    ----------
    system : System
    time : float
        From the first pulse to the second, > 0. What is recorded at the time of a pulse precedes
        it.
    pulses : int
        How many pulses of pi.

    Returns
    -------
    Protocol

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.

    Examples
    --------
    >>> from math import exp, pi
    >>> from blochball import Ensemble, System, exact, models
    >>> two = [Ensemble(4, detuning=d, dephasing=0.1, polar=pi) for d in (-3.0, 5.0)]
    >>> ds = exact.solve(models.spin_echo(System(two), time=1.0), [1.0, 2.0])
    >>> bool(abs(ds.spin_x[1] + 2 * exp(-0.4)).max() < 1e-6)
    True
    """
    owner = "spin_echo"
    operators.require_system(owner, system)
    time = validation.positive(owner, "time", time)
    pulses = validation.integer(owner, "pulses", pulses, 1, 10**5)
    entries: list[tuple[float, System] | Rotation] = [(0, system), Rotation(pi / 2, "y")]
    for k in range(pulses):
        entries += [((2 * k + 1) * time, system), Rotation(pi, "x")]
    return Protocol(entries)
