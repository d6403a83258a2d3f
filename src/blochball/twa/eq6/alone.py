"""Emitters that know nothing of each other: what is exact for them, and how far Eq. (6) is off.

Products of two of them are products of means, which obey Bloch's equations. Where few emitters sit
at a pole Eq. (6) makes <J^2> too large, and nothing else shows it: |J| may be long enough, and not
too long.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.linalg import expm

from blochball import operators
from blochball.system import ChainExchange, System
from blochball.twa.density import defects
from blochball.twa.lengths import SURE

# radians: random systems that were coupled so weakly differed by .03 of what a variable can be, and
# a warning is for more
LEAST = 0.02
LOOKS = 100  # output times at most
Floats = NDArray[np.float64]


def serves(system: System, time: float = np.inf) -> bool:
    """Say whether these moments know nothing of other emitters, and how they begin is known.

    Up to a time, for as long as local dissipation remembers: what couples emitters turns a spin by
    less than LEAST meanwhile.
    """
    if system.mixture or any(ensemble.dicke is not None for ensemble in system.ensembles):
        return False
    if system.couplings or isinstance(system.exchange, ChainExchange):
        return False
    most = float(system.column("size").max())
    driven = bool(system.drive_vector.any())
    exchange = np.zeros((1, 1)) if system.exchange is None else np.abs(system.exchange)
    # without drive what is made of J^2 and J^z alone leaves the moments alone
    alone = 0.0 if driven else np.diag(np.diagonal(exchange))
    rates = most * float((exchange - alone).sum(axis=0).max())
    for jump in system.jumps:
        kinds = {kind for kind, w in jump.amplitudes.items() if np.any(w)}
        if driven or kinds - {"dephasing"}:
            weight = sum(float(np.abs(w).sum()) for w in jump.amplitudes.values())
            rates += most * jump.rate * weight**2
    loss = float((system.column("decay") + system.column("pump")).min())
    return rates == 0 or rates * min(time, 1 / loss if loss else np.inf) < LEAST


def moments(system: System, times: Floats) -> dict[str, Floats]:
    """Return inversion, emission and <J^2> of every ensemble, shape (times, sites).

    With s = <sigma> of one emitter, which obeys Bloch's equations, <J^z> = N s_z / 2 and, of
    N (N - 1) pairs, <(J^x)^2 + (J^y)^2> = N/2 + N (N - 1) (s_x^2 + s_y^2) / 4.
    """
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
    """Warn where means of such emitters are surely off by more than a variable can be, in part."""
    if not serves(system, float(ds.time[-1])):
        return
    ds = ds.isel(time=np.unique(np.linspace(0, ds.sizes["time"] - 1, LOOKS).astype(int)))
    spin = system.column("size") / 2
    shares = {}
    for name, right in moments(system, ds.time.values).items():
        off = np.abs(ds[name].transpose("time", "site").values - right)
        sure = off > SURE * ds[f"{name}_stderr"].transpose("time", "site").values
        most = spin if name == "inversion" else spin * (spin + 1)
        shares[name] = float(np.where(sure, off / most, 0.0).max())
    defects.warn(owner, shares)
