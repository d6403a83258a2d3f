"""Emitters that know nothing of each other: what is exact for them, and how far Eq. (6) is off.

Products of two of them are products of means, which decay each for itself. Where few emitters sit
at a pole Eq. (6) makes <J^2> too large, and nothing else shows it: |J| may be long enough, and not
too long.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball.system import ChainExchange, System
from blochball.twa.density import defects
from blochball.twa.lengths import SURE

LEAST = 0.02  # radians, about half of what is warned about
Floats = NDArray[np.float64]


def serves(system: System, time: float = np.inf) -> bool:
    """Say whether these moments know nothing of other emitters, and how they begin is known.

    Up to a time, for as long as local dissipation remembers: what couples emitters or drives them
    turns a spin by less than LEAST meanwhile.
    """
    if system.mixture or any(ensemble.dicke is not None for ensemble in system.ensembles):
        return False
    if system.couplings or isinstance(system.exchange, ChainExchange):
        return False
    most = float(system.column("size").max())
    exchange = np.zeros((1, 1)) if system.exchange is None else system.exchange
    rates = 2 * float(np.abs(system.drive_vector).max())
    rates += most * float(np.abs(exchange - np.diag(np.diagonal(exchange))).sum(axis=0).max())
    for jump in system.jumps:
        # with the dephasing of a jump its other kinds interfere
        others = any(np.any(w) for kind, w in jump.amplitudes.items() if kind != "dephasing")
        if others:
            weight = sum(float(np.abs(w).sum()) for w in jump.amplitudes.values())
            rates += most * jump.rate * weight**2
    loss = float((system.column("decay") + system.column("pump")).min())
    return rates == 0 or rates * min(time, 1 / loss if loss else np.inf) < LEAST


def moments(system: System, times: Floats) -> dict[str, Floats]:
    """Return inversion, emission and <J^2> of every ensemble, shape (times, sites).

    With s = <sigma> of one emitter, <J^z> = N s_z / 2 and, of N (N - 1) pairs,
    <(J^x)^2 + (J^y)^2> = N/2 + N (N - 1) (s_x^2 + s_y^2) / 4. Detuning, collective dephasing and an
    exchange within an ensemble, which are made of J^2 and J^z, leave all of them alone.
    """
    size, decay, pump = (system.column(name) for name in ("size", "decay", "pump"))
    polar, length = (
        np.array([getattr(ensemble, name) for ensemble in system.ensembles], dtype=np.float64)
        for name in ("polar", "length")
    )
    loss, time = decay + pump, times[:, None]
    rest = (pump - decay) / np.where(loss > 0, loss, 1.0)
    along = rest + (length * np.cos(polar) - rest) * np.exp(-loss * time)
    across = length * np.sin(polar) * np.exp(-(loss / 2 + 2 * system.column("dephasing")) * time)
    pairs = size * (size - 1) / 4
    inversion = size * along / 2
    return {
        "inversion": inversion,
        "emission": size / 2 + pairs * across**2 + inversion,
        "spin_squared": 3 * size / 4 + pairs * (along**2 + across**2),
    }


def warn(owner: str, system: System, ds: xr.Dataset) -> None:
    """Warn where means of such emitters are surely off by more than a variable can be, in part."""
    if not serves(system, float(ds.time[-1])):
        return
    spin = system.column("size") / 2
    shares = {}
    for name, right in moments(system, ds.time.values).items():
        off = np.abs(ds[name].transpose("time", "site").values - right)
        sure = off > SURE * ds[f"{name}_stderr"].transpose("time", "site").values
        most = spin if name == "inversion" else spin * (spin + 1)
        shares[name] = float(np.where(sure, off / most, 0.0).max())
    defects.warn(owner, shares)
