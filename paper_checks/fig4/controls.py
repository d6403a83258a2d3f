"""Controls of the claims about Fig. 4."""

from __future__ import annotations

import dataclasses

import numpy as np
import xarray as xr

from paper_checks import ledger
from paper_checks.controls import Control, Spoil, Spoiled, scaled
from paper_checks.fig4 import measure
from paper_checks.ledger import Finding
from workflow.results import Results


class LargestControl(Control):
    """A control on the largest M that there is: the quick config has no M = 500."""

    def measure(self, results: Results) -> Finding:
        """Return what is measured on the spoiled data."""
        largest = dataclasses.replace(self.entry, arguments={"sites": max(measure.sizes(results))})
        return ledger.measure(largest, Spoiled(results, self.runs, self.spoil))


def stretched(factor: float) -> Spoil:
    """Return a control: everything slower by a factor."""
    return lambda ds, exact: ds.assign_coords(time=ds.time * factor)


def late(ds: xr.Dataset) -> xr.DataArray:
    """Return which outputs count as the steady state."""
    return ds.time >= measure.LATE * ds.time[-1]


def capped(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Cut off the burst."""
    return ds.assign(output=np.minimum(ds.output, ds.output.where(late(ds)).mean("time")))


def frozen(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Keep the profile that follows the burst for ever."""
    after = ds.emission.sel(time=0.03, method="nearest", drop=True)
    return ds.assign(emission=ds.emission.where(ds.time < 0.03, after))


def uniform(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let every ensemble emit alike."""
    return ds.assign(emission=0 * ds.emission + ds.emission.mean("site"))


def disordered(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Take all coherence away: S(p) does not depend on p."""
    flat = ds.structure_factor.mean("momentum")
    return ds.assign(structure_factor=0 * ds.structure_factor + flat)


def one_wave(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Weaken the waves that run one way."""
    return ds.assign(structure_factor=ds.structure_factor * xr.where(ds.momentum < 0, 0.3, 1))


def unmoved(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let the drive make no difference."""
    return ds.assign(output=ds.output.isel(drive=0, drop=True).expand_dims(drive=ds.drive))


def linear(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Respond to the drive in the same, never saturating way for every M."""
    share = 0.5 + 0.4 * ds.drive / ds.drive.max()
    total = ds.output.sum("channel")
    forward = xr.where(ds.channel == "forward", share, 1 - share)
    return ds.assign(output=(forward * total).transpose(*ds.output.dims))


CONTROLS = [
    Control("fig4-burst", "five times slower", "chain/*", stretched(5)),
    Control("fig4-burst", "no burst", "chain/*", capped),
    Control("fig4-redistribution", "frozen profile", "chain/*", frozen),
    Control("fig4-redistribution", "uniform profile", "chain/*", uniform),
    Control("fig4-redistribution", "twenty times faster", "chain/*", stretched(0.05)),
    Control("fig4-peaks", "no coherence", "chain/*", disordered),
    Control("fig4-peaks", "one wave only", "chain/*", one_wave),
    Control("fig4-validity", "short spins", "chain/*", scaled("inverse_length", 2)),
    Control("fig4-direction", "no effect of the drive", "drive/*", unmoved),
    Control("fig4-steepening", "no effect of M", "drive/*", linear),
    LargestControl("fig4-saturation", "no saturation", "drive/*", linear),
]
