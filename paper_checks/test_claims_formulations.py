"""Every claim about Fig. 1 and about the two forms of TWA, measured; and that each can fail."""

from __future__ import annotations

import xarray as xr

from paper_checks import controls
from paper_checks.controls import Control, more_error, scaled, size_of
from paper_checks.fig1.measure import COMPONENTS


def swapped(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Local dissipation where it should not be, and none where it should."""
    return ds.isel(motion=[1, 0]).assign_coords(motion=ds.motion)


def frozen(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Rest where the trajectories begin."""
    return ds.assign({name: 0 * ds[name] + ds[name].isel(time=0) for name in COMPONENTS})


def spread(factor: float) -> controls.Spoil:
    """Return a spoiler: all points so much farther from their mean."""

    def spoil(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
        mean = ds.mean("trajectory")
        return ds.assign({n: mean[n] + factor * (ds[n] - mean[n]) for n in COMPONENTS})

    return spoil


def biased(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 2%, whatever N."""
    return ds.assign(emission=exact.emission + 0.02 * size_of(exact) ** 2)


def better(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 1/N^2."""
    return ds.assign(emission=exact.emission + 1)


TOP, BALL = "formulations/size-*.top", "formulations/size-*.twa"
CONTROLS = [
    Control("fig1-sphere-and-ball", "each in the other's place", "sphere/*", swapped),
    Control("fig1-sphere-and-ball", "nothing moves", "sphere/*", frozen),
    Control("fig1-cloud", "hardly a cloud", "sphere/*", spread(0.7)),
    Control("fig1-cloud", "a wide cloud", "sphere/*", spread(1.4)),
    Control("formulations-scaling", "Eq. (6): error independent of N", TOP, biased),
    Control("formulations-scaling", "Eq. (6): error as 1/N²", TOP, better),
    Control("formulations-scaling", "ball: error independent of N", BALL, biased),
    Control("formulations-length", "Eq. (6) as good", TOP, more_error("spin_squared", 0.3)),
    Control("formulations-length", "ball as bad", BALL, more_error("spin_squared", 20)),
    Control("formulations-agreement", "brighter", TOP, scaled("emission", 1.5)),
    Control("formulations-agreement", "higher", TOP, scaled("inversion", 1.5)),
    Control("formulations-agreement", "longer", "formulations/sq*", scaled("spin_squared", 1.2)),
    Control("formulations-agreement", "less dark", "formulations/sq*", scaled("emission", 2)),
    Control("formulations-agreement", "twice the light", "formulations/pair*", scaled("output", 2)),
]

test_claim, test_claim_fails_without_its_effect, test_every_number_fails_in_some_control = (
    controls.tests(["fig1", "formulations"], CONTROLS)
)
