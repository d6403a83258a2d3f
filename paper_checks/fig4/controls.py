"""Controls of the claims about Fig. 4."""

from __future__ import annotations

import dataclasses

import numpy as np
import xarray as xr

from blochball.dataset import system_of
from paper_checks import ledger
from paper_checks.controls import Control, Spoil, Spoiled
from paper_checks.fig4 import direction, measure
from paper_checks.ledger import Finding
from workflow.results import Results


class LargestControl(Control):
    """A control on the largest M that there is: the quick config has no M = 500."""

    def measure(self, results: Results) -> Finding:
        """Return what is measured on the spoiled data."""
        largest = dataclasses.replace(
            self.entry, arguments={"sites": max(direction.sizes(results))}
        )
        return ledger.measure(largest, Spoiled(results, self.runs, self.spoil))


def stretched(factor: float) -> Spoil:
    """Return a control: everything slower by a factor."""
    return lambda ds, exact: ds.assign_coords(time=ds.time * factor)


def late(ds: xr.Dataset) -> xr.DataArray:
    """Return which outputs count as the steady state."""
    return ds.time >= measure.LATE * ds.time[-1]


def capped(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Cut off the burst, and come to the steady state from below."""
    steady = ds.output.where(late(ds)).mean("time")
    most = steady * xr.where(ds.time < ds.time[-1] / 4, 0.6, 1.0)
    return ds.assign(output=np.minimum(ds.output, most).transpose(*ds.output.dims))


def uniform(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let every ensemble emit alike."""
    return ds.assign(emission=0 * ds.emission + ds.emission.mean("site"))


def disordered(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Take all coherence away: S(p) does not depend on p."""
    flat = ds.structure_factor.mean("momentum")
    return ds.assign(structure_factor=0 * ds.structure_factor + flat)


def coherent(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let S(p) at all times be what it is at last."""
    last = ds.structure_factor.isel(time=-1, drop=True)
    return ds.assign(structure_factor=(0 * ds.structure_factor + last))


def standing(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let every spin point along x: both directions get the same."""
    return ds.assign(spin_y=0 * ds.spin_y)


def relaxed(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let the profile be as flat as that of TWA, and dimmer by half."""
    mean = ds.emission.mean("site")
    return ds.assign(emission=mean + 0.03 * (ds.emission - mean), output=0.5 * ds.output)


def one_wave(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Weaken the waves that run one way."""
    return ds.assign(structure_factor=ds.structure_factor * xr.where(ds.momentum < 0, 0.3, 1))


def shrunk(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Shorten the spin of every trajectory."""
    names = ("spin_x", "spin_y", "inversion")
    return ds.assign({name: 0.3 * ds[name] for name in names})


def short(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let spins be half as long, and many of them short."""
    return ds.assign(inverse_length=2 * ds.inverse_length, short_fraction=ds.short_fraction + 0.2)


def linear(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Respond to the drive in the same, never saturating way for every M."""
    share = 0.5 + 0.4 * ds.drive / ds.drive.max()
    total = ds.output.sum("channel")
    forward = xr.where(ds.channel == "forward", share, 1 - share)
    return ds.assign(output=(forward * total).transpose(*ds.output.dims))


def unsynchronised(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let every ensemble emit at a time of its own."""
    when = 0.004 * 3 ** (ds.site / ds.site.size)
    each = np.exp(-(np.log(ds.time / when) ** 2) * 8)
    return ds.assign(emission=ds.emission.max() * each.transpose("time", "site"))


def against(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let the drive lower what goes its way."""
    share = 0.5 - 0.4 * np.log(ds.drive / ds.drive.min()) / np.log(ds.drive.max() / ds.drive.min())
    total = ds.output.sum("channel")
    forward = xr.where(ds.channel == "forward", share, 1 - share)
    return ds.assign(output=(forward * total).transpose(*ds.output.dims))


def shortened(power: float) -> Spoil:
    """Return a control: spins whose length goes as another power of N."""

    def spoil(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
        size = system_of(ds).ensembles[0].size
        return ds.assign(
            inverse_length=ds.inverse_length * size**power,
            inverse_length_stderr=ds.inverse_length_stderr * size**power,
        )

    return spoil


def insensitive(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Ask for the more drive the longer the chain."""
    return ds.assign_coords(drive=ds.drive * (ds.site.size / 20) ** 1.5)


def flattened(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Respond over the more decades of the drive the longer the chain."""
    return ds.assign_coords(drive=ds.drive ** (ds.site.size / 20))


def growing(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let everything change on: more light, most of it at the ends, and all of it forward."""
    twice = ds.time > ds.time[ds.time.size // 2 - 1]
    site = np.abs(ds.site - ds.site.mean()) / ds.site.max()
    emission = ds.emission * xr.where(twice, 1 + site, 1.0)
    output = ds.output * xr.where(twice, xr.where(ds.channel == "forward", 1.3, 0.1), 1.0)
    return ds.assign(
        emission=emission.transpose(*ds.emission.dims), output=output.transpose(*ds.output.dims)
    )


def flat(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let every ensemble emit alike, and a tenth too much; by cumulants a tenth too little."""
    factor = 0.9 if "cumulants" in ds.attrs["method"] else 1.1
    return ds.assign(emission=0 * ds.emission + ds.emission.mean("site"), output=factor * ds.output)


def apart(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let every trajectory burst at a time of its own, and all of its ensembles together."""
    when = 3e-4 * 30 ** (ds.trajectory / ds.trajectory.size)
    each = np.exp(-(np.log(ds.time / when) ** 2) * 8)
    return ds.assign(spin_x=0 * ds.spin_x + each, spin_y=0 * ds.spin_y)


CHAIN, DRIVE = "chain/*.twa", "drive/*"
CONTROLS = [
    Control("fig4-burst", "five times slower", CHAIN, stretched(5)),
    Control("fig4-burst", "no burst", CHAIN, capped),
    Control("fig4-burst", "each at its own time", CHAIN, unsynchronised),
    Control("fig4-redistribution", "uniform profile", CHAIN, uniform),
    Control("fig4-redistribution", "twenty times faster", CHAIN, stretched(0.05)),
    Control("fig4-peaks", "no coherence", CHAIN, disordered),
    Control("fig4-peaks", "one wave only", CHAIN, one_wave),
    Control("fig4-one-way", "standing waves", "lengths/*.paths", standing),
    Control("fig4-emergence", "no coherence", CHAIN, disordered),
    Control("fig4-emergence", "coherent from the beginning", CHAIN, coherent),
    Control("fig4-cumulants", "as TWA redistributes", "chain/*.cumulants", relaxed),
    Control("fig4-validity", "short spins", CHAIN, short),
    Control("fig4-validity", "short spins in single trajectories", "lengths/*.paths", shrunk),
    Control("fig4-validity-scaling", "|J| as N²", "lengths/*", shortened(-1)),
    Control("fig4-validity-burst", "|J| as N, always", "lengths/*", shortened(-0.5)),
    Control("fig4-direction", "against the drive", DRIVE, against),
    Control("fig4-probe", "the longer the more", DRIVE, insensitive),
    Control("fig4-steepening", "the longer the more", DRIVE, insensitive),
    Control("fig4-steepening-logarithmic", "the longer the flatter", DRIVE, flattened),
    Control("fig4-steady", "everything changes on", "later/*", growing),
    Control(
        "fig4-judge",
        "flat profiles",
        "judged/*.twa judged/*.eq6 judged/*.cumulants",
        flat,
    ),
    Control("fig4-synchrony", "each trajectory at its own time", "lengths/*.paths", apart),
    LargestControl("fig4-saturation", "no saturation", DRIVE, linear),
]
