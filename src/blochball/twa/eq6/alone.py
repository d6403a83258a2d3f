"""Emitters that know nothing of each other: what is exact for them, and how far Eq. (6) is off.

Products of two of them are products of means, which obey Bloch's equations. Where few emitters sit
at a pole Eq. (6) makes <J^2> too large, and nothing else shows it: |J| may be long enough, and not
too long.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball import operators
from blochball.system import ChainExchange, System
from blochball.twa.lengths import sure

LOOKS = 100  # output times at most
Floats = NDArray[np.float64]


def serves(system: System) -> bool:
    """Say whether these moments know nothing of other emitters, and how they begin is known."""
    dicke = any(ensemble.dicke is not None for ensemble in system.ensembles)
    if system.mixture or dicke or system.couplings or isinstance(system.exchange, ChainExchange):
        return False
    exchange = np.zeros((1, 1)) if system.exchange is None else system.exchange
    kinds = {
        kind
        for jump in system.jumps
        for kind, weights in jump.amplitudes.items()
        if jump.rate and np.any(weights)
    }
    if system.drive_vector.any():
        return not kinds and not exchange.any()
    # without drive what is made of J^2 and J^z alone leaves the moments alone
    return kinds <= {"dephasing"} and not (exchange - np.diag(np.diagonal(exchange))).any()


def moments(system: System, times: Floats) -> dict[str, Floats]:
    """Return inversion, emission and <J^2> of every ensemble, shape (times, sites).

    With s = <sigma> of one emitter, which obeys Bloch's equations, <J^z> = N s_z / 2 and, of
    N (N - 1) pairs, <(J^x)^2 + (J^y)^2> = N/2 + N (N - 1) (s_x^2 + s_y^2) / 4.
    """
    from scipy.linalg import expm  # takes as long to import as a short run

    equation = operators.MasterEquation.of(system)
    decay, dephasing, pump = equation.local.T
    loss = decay + pump
    bloch = np.zeros((system.sites, 4, 4))
    for axis, rate in enumerate((loss / 2 + 2 * dephasing, loss / 2 + 2 * dephasing, loss)):
        bloch[:, axis, axis] = -rate
    x, y, z = equation.linear.T  # the spin turns about this axis
    for (row, column), turn in {(0, 1): z, (1, 2): x, (2, 0): y}.items():
        bloch[:, row, column] -= turn
        bloch[:, column, row] += turn
    bloch[:, 2, 3] = pump - decay
    polar, azimuth, length = (
        np.array([getattr(ensemble, name) for ensemble in system.ensembles], dtype=np.float64)
        for name in ("polar", "azimuth", "length")
    )
    across = length * np.sin(polar)
    start = np.array(
        [across * np.cos(azimuth), across * np.sin(azimuth), length * np.cos(polar), 1 + 0 * polar]
    )
    carried = expm(times[:, None, None, None] * bloch)
    spin = np.einsum("tsij,js->tsi", carried, start)[..., :3]
    size = equation.sizes
    pairs, inversion = size * (size - 1) / 4, size * spin[..., 2] / 2
    return {
        "inversion": inversion,
        "emission": size / 2 + pairs * (spin[..., :2] ** 2).sum(axis=-1) + inversion,
        "spin_squared": 3 * size / 4 + pairs * (spin**2).sum(axis=-1),
    }


def warn(owner: str, system: System, ds: xr.Dataset) -> None:
    """Warn where means of such emitters are surely off by a good part of what they can be."""
    if not serves(system):
        return
    from blochball.twa.density import defects

    ds = ds.isel(time=np.unique(np.linspace(0, ds.sizes["time"] - 1, LOOKS).astype(int)))
    spin = system.column("size") / 2
    shares = {}
    for name, right in moments(system, ds.time.values).items():
        off = abs(ds[name].transpose("time", "site") - right)
        most = spin if name == "inversion" else spin * (spin + 1)
        shares[name] = float((off / most).where(sure(ds, name, off), 0.0).max())
    defects.warn(owner, shares)
