"""How far the moments of local dissipation are missed, which are known exactly and close.

They are z = <J^z>, a = <(J^x)^2 + (J^y)^2> and b = <(J^z)^2>. What collective jumps do with an
error of them is known of a + b alone: nothing.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

from blochball.support import validation
from blochball.twa.density.generators import Rates
from blochball.twa.density.splines import Floats

MISSED = 0.045  # share of what a variable can be, above which a run is warned about


def changes(rates: Rates) -> tuple[Floats, Floats]:
    """Return A and s in d(z, a, b)/dt = A (z, a, b) + s of independent emitters.

    <sigma^x> of each decays at (decay + pump) / 2 + 2 dephasing, and <sigma^z> comes to rest at
    (pump - decay) / (pump + decay); N/2 of a and N/4 of b belong to no pair and stay.
    """
    size, loss, gain = rates.size, rates.pump + rates.decay, rates.pump - rates.decay
    matrix = -np.diag([loss, loss + 4 * rates.dephasing, 2 * loss])
    matrix[2, 0] = gain * (size - 1)
    return matrix, size / 2 * np.array([gain, loss + 4 * rates.dephasing, loss])


def missed(
    rates: Rates, times: Floats, places: Floats, excess: Floats, moments: Floats
) -> dict[str, float]:
    """Return how wrong each variable is at any of `times`, as a share of what it can be.

    Parameters
    ----------
    rates : Rates
    times : array, shape (times,)
    places : array, shape (places,)
        Times from 0 on, or infinity alone.
    excess : array, shape (places, 3)
        By how much the derivatives of z, a and b are too large.
    moments : array, shape (3,)
        z, a and b of the first place. A polarised state has |z| = a = N/2 and b = (N/2)^2.
    """
    spin = rates.size / 2
    matrix, _ = changes(rates)
    # about as fast collective jumps forget all but |J|^2
    collective = rates.size * (rates.collective_decay + rates.collective_pump)
    matrix += collective * np.array([[-1, 0, 0], [0, -1, 0], [0, 1, 0]])
    if np.isinf(places[0]):
        errors = -np.linalg.pinv(matrix) @ excess.T
    else:
        begun = moments - [np.copysign(spin, moments[0]), spin, spin**2]
        whole, error = np.zeros((4, 4)), np.append(begun, 1.0)
        errors = np.tile(begun[:, None], len(places))
        for k, step in enumerate(np.diff(places)):
            whole[:3, :3], whole[:3, 3] = matrix, (excess[k] + excess[k + 1]) / 2
            error = expm(whole * step) @ error
            errors[:, k + 1] = error[:3]
        errors = np.array([np.interp(times, places, error) for error in errors])
    z, a, b = errors
    shares = {
        "inversion": z / spin,
        "emission": (a + z) / (spin * (spin + 1)),
        "spin_squared": (a + b) / (spin * (spin + 1)),
    }
    return {name: float(np.abs(share).max()) for name, share in shares.items()}


def warn(owner: str, shares: dict[str, float]) -> None:
    """Warn of the variable that is farthest off, if that is too far."""
    share, name = max((share, name) for name, share in shares.items())
    if share > MISSED:
        most = "N/2" if name == "inversion" else "N/2 (N/2 + 1)"
        validation.warn(
            f"{owner}: {name} is off by up to about {share:.0%} of {most}: this form of the theory "
            "misses what local dissipation does to the moments of so few emitters, which is known "
            "exactly (the Bloch-ball form misses less, and larger ensembles suffer less)"
        )
