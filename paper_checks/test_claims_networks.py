"""Every claim about Fig. 3 and Fig. 4, measured on the same data; and that each can fail."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

from paper_checks import controls, ledger
from paper_checks.controls import Control, Spoil, Spoiled, more_error, scaled
from paper_checks.fig4 import measure as measure_fig4
from paper_checks.ledger import Finding
from workflow import simulate
from workflow.results import Results


class LargestControl(Control):
    """A control on the largest M that there is: the quick config has no M = 500."""

    def measure(self, results: Results) -> Finding:
        """Return what is measured on the spoiled data."""
        largest = dataclasses.replace(
            self.entry, arguments={"sites": max(measure_fig4.sizes(results))}
        )
        return ledger.measure(largest, Spoiled(results, self.runs, self.spoil))


def shifted(share: float) -> Spoil:
    """Return a control: the local emission off by a share of the exact peak, whatever N."""
    return lambda ds, exact: ds.assign(emission=exact.emission + share * exact.emission.max())


def off(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 0.002 of N_tot^2, N_tot = 40."""
    return ds.assign(output=ds.output + 0.002 * 40**2)


def alike(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let the phase make no difference."""
    return ds.assign(output=ds.output.isel(phase=0, drop=True).expand_dims(phase=ds.phase))


def as_stated(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Suppress the steady state by 45% at the largest phase, as the paper has it."""
    free = ds.output.sel(phase=0, drop=True)
    return ds.assign(output=ds.output.where((ds.phase < 0.5) | (ds.time < 1), 0.55 * free))


def quadratic(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let the cost grow as the square of M."""
    return ds.assign(seconds=ds.seconds * ds.sites)


def stretched(factor: float) -> Spoil:
    """Return a control: everything slower by a factor."""
    return lambda ds, exact: ds.assign_coords(time=ds.time * factor)


def late(ds: xr.Dataset) -> xr.DataArray:
    return ds.time >= measure_fig4.LATE * ds.time[-1]


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
    Control("fig3-accuracy", "0.2% of N_tot² off", "pair/two.twa", off),
    Control("fig3-comparable", "errors of two grown", "pair/two.twa", more_error("output", 20)),
    Control("fig3-peak", "no effect of the phase", "pair/two.*", alike),
    Control("fig3-suppression", "no effect of the phase", "pair/two.*", alike),
    Control("fig3-suppression", "steady state as stated", "pair/two.*", as_stated),
    Control("fig3-array", "20% off", "array/*.twa", scaled("emission", 1.2)),
    Control("fig3-size", "error independent of N", "array/*.twa", shifted(0.05)),
    Control("fig3-size", "20% off", "array/*.twa", shifted(0.2)),
    Control("fig3-cost", "cost as M²", "cost/*", quadratic),
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

test_claim, test_claim_fails_without_its_effect, test_every_number_fails_in_some_control = (
    controls.tests(["fig3", "fig4"], CONTROLS)
)


# -- runs scattered over jobs ----------------------------------------------------------------------


def test_parts_are_deleted_once_gathered(results: Results) -> None:
    run = results.config.families()["chain"]["sites-100.twa"]
    assert len(run.pieces()) > 1
    assert results.path("chain", "sites-100.twa").exists()
    assert not list((results.directory / "parts").rglob("*.nc"))


@pytest.mark.slow
def test_scattered_chain_has_the_bits_of_one_job(results: Results) -> None:
    """What the workflow gathered against a single job; the quick config's chain only."""
    if results.config.name != "quick":
        pytest.skip("minutes of work with another config")
    run = results.config.families()["chain"]["sites-100.twa"]
    alone = simulate.compute(run, threads=2)
    gathered = results.load("chain", "sites-100.twa")
    assert set(gathered.variables) == set(alone.variables)
    for name, values in alone.variables.items():
        np.testing.assert_array_equal(gathered[name].values, values.values, err_msg=str(name))
