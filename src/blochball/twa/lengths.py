"""Lengths of vectors for which the theory is no good: too short to expand in, and too long."""

from __future__ import annotations

import xarray as xr

from blochball.support import validation

SHORT = 2.0  # |J| below which the expansion in 1/|J| says nothing
UNTRUSTED = 0.25  # share of such vectors above which a run is warned about
TOO_LONG = 0.05  # by which <J^2> may be more than the emitters can have, without a warning
SURE = 5.0  # standard errors by which a number must differ for a warning
FEW = 30  # trajectories below which a standard error is not known well enough for that


def warn(owner: str, ds: xr.Dataset) -> bool:
    """Warn where many trajectories are too short for the expansion in 1/|J|, or all too long.

    Return whether it has.
    """
    short = float(ds.short_fraction.max())
    if warned_of_short(owner, short, "trajectories have", "short_fraction"):
        return True
    return warned_of_long(owner, ds)


def warned_of_short(owner: str, share: float, what: str, where: str) -> bool:
    """Warn where too large a share of what there is has |J| < 2; return whether it is."""
    if share > UNTRUSTED:
        validation.warn(
            f"{owner}: up to {share:.0%} of the {what} |J| < 2, where the expansion in "
            f"1/|J| is not valid (see {where})"
        )
    return share > UNTRUSTED


def warned_of_long(owner: str, ds: xr.Dataset) -> bool:
    """Warn where vectors have left the sphere, <J^2> being more than the emitters can have."""
    spin = ds.ensemble_size / 2
    above = ds.spin_squared - spin * (spin + 1)
    excess = float((above / (spin * (spin + 1))).where(sure(ds, "spin_squared", above), 0.0).max())
    if excess > TOO_LONG:
        validation.warn(
            f"{owner}: <J^2> is up to {excess:.0%} above what so many emitters can have: vectors "
            "have left the sphere, and all means are off by as much (larger ensembles and other "
            "forms of the theory suffer less)"
        )
    return excess > TOO_LONG


def sure(ds: xr.Dataset, name: str, off: xr.DataArray) -> xr.DataArray:
    """Return where a variable is off by more than its sampling error explains."""
    if ds.attrs.get("trajectories", FEW) < FEW:
        return xr.zeros_like(off, dtype=bool)
    return off > SURE * ds.get(f"{name}_stderr", 0.0)
