"""Controls of the claims about Fig. 2."""

from __future__ import annotations

import numpy as np
import xarray as xr

from paper_checks.controls import Control, Spoil, Wrong, more_error, scaled, size_of


def constant_error(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 0.5% of N^2 or N, whatever N."""
    size = size_of(exact)
    return ds.assign(
        emission=exact.emission + 0.005 * size**2, inversion=exact.inversion + 0.005 * size
    )


def biased(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Deviate by what no number of trajectories removes."""
    return ds.assign(emission=ds.emission + 0.1 * ds.emission.max())


def wide(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Add variance that lifts xi^2 above one, always."""
    return ds.assign(spin_squared=ds.spin_squared + size_of(exact) / 2)


def off(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by a twentieth of N^2 and of N."""
    size = size_of(exact)
    return ds.assign(emission=ds.emission + 0.05 * size**2, inversion=ds.inversion + 0.05 * size)


def _right(ds: xr.Dataset, exact: xr.Dataset, there: xr.DataArray) -> xr.Dataset:
    names = ("emission", "inversion", "spin_squared")
    return ds.assign(
        {n: xr.where(there, exact[n] + 0.01 * (ds[n] - exact[n]), ds[n]) for n in names}
    )


def right_when_bright(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err only where <J+J-> is below one."""
    return _right(ds, exact, exact.emission > 1)


def right_when_dark(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err only where <J+J-> is above three."""
    return _right(ds, exact, exact.emission < 3)


def short_when_dark(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Let spins be as short as can be where the ensemble is dark."""
    return ds.assign(inverse_length=xr.where(exact.emission < 1, 1.0, ds.inverse_length))


def wrong_when_dark(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err where the ensemble is dark, and nowhere else."""
    factor = xr.where((exact.emission < 1) & (exact.time > 0.5), 1.3, 1.0)
    return ds.assign(spin_squared=exact.spin_squared * factor)


def good_when_dark(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err nowhere where the ensemble is dark."""
    right = exact.emission.sel(pump=ds.pump)
    return ds.assign(emission=xr.where(right <= 1, right, ds.emission))


def bad_when_dark(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by a twentieth there."""
    dark = exact.emission.sel(pump=ds.pump) <= 1
    return ds.assign(emission=ds.emission * xr.where(dark, 1.05, 1.0))


def slower(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Be late by a quarter."""
    return ds.assign_coords(time=1.25 * ds.time)


def longer(power: float) -> Spoil:
    """Return a spoiler: spins whose length goes as another power of N."""
    return lambda ds, exact: ds.assign(inverse_length=ds.inverse_length * size_of(ds) ** power)


def as_exact(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Deviate hardly at all."""
    names = ("emission", "inversion", "spin_squared")
    return ds.assign({n: exact[n] + 0.01 * (ds[n] - exact[n]) for n in names})


def late_squeezing(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Be squeezed first, and subradiant later."""
    return ds.assign(emission=ds.emission + 16 * np.exp(-ds.time))


def noisy(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Fluctuate in single trajectories as N, whatever the state."""
    return ds.assign(emission_stderr=ds.emission_stderr * size_of(ds))


def shallow(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Be squeezed half as much."""
    lift = 0.2 * size_of(exact) / 2
    return ds.assign(spin_squared=ds.spin_squared + xr.where(ds.time > 0.3, lift, 0.0))


INSET = "inset/sizes.density*"
SQUEEZING = "squeezing/*.density*"
EXACT = "squeezing/*.exact"
CONTROLS = [
    Control("fig2-ten-emitters", "15% off", INSET, scaled("emission", 1.15)),
    Control("fig2-hundred-emitters", "2% off", INSET, scaled("emission", 1.02)),
    Control("fig2-monte-carlo", "5% off", "monte_carlo/*.twa", off),
    Control("fig2-error-scaling", "error independent of N", INSET, constant_error),
    Control("fig2-steady-scaling", "error independent of N", INSET, constant_error),
    Control("fig2-single-body", "inversion four times as bad", INSET, more_error("inversion", 4)),
    Control("fig2-single-body", "inversion twice as good", INSET, more_error("inversion", 0.5)),
    Control("fig2-error-order", "more emission error", INSET, more_error("emission", 10)),
    Control("fig2-length", "|J| as the root of N", "pulse/*.twa", longer(0.5)),
    Control("fig2-sampling", "systematic error", "sampling/*.twa", biased),
    Control("fig2-sampling", "boastful errors", "sampling/*.twa", scaled("emission_stderr", 0.5)),
    Control("fig2-sampling-size", "spread that grows", "pulse/*.twa", noisy),
    Control("fig2-squeezing", "no squeezing", SQUEEZING, wide),
    Control("fig2-squeezing", "half of the depth", SQUEEZING, shallow),
    Control("fig2-squeezing", "as exact", SQUEEZING, as_exact),
    Control("fig2-squeezing", "none exactly", EXACT, wide),
    Control("fig2-subradiance", "no subradiance", SQUEEZING, scaled("emission", 12)),
    Control("fig2-subradiance", "late", SQUEEZING, slower),
    Control("fig2-subradiance", "half as dark", SQUEEZING, scaled("emission", 1.5)),
    Control("fig2-subradiance", "none exactly", EXACT, scaled("emission", 12)),
    Control("fig2-precursor", "squeezed first", SQUEEZING, late_squeezing),
    Control("fig2-precursor", "squeezed first, exactly", EXACT, late_squeezing),
    Control("fig2-lead", "as exact", SQUEEZING, as_exact),
    Control("fig2-breakdown", "right where it is bright", SQUEEZING, right_when_bright),
    Control("fig2-breakdown-wide", "right where it is bright", SQUEEZING, right_when_bright),
    Control("fig2-breakdown-wide", "right where it is dark", SQUEEZING, right_when_dark),
    Control("fig2-pumps", "10% off", "pump_sweep/*.density*", scaled("emission", 1.1)),
    Control("fig2-pumps-strong", "10% off", "pump_sweep/*.density", scaled("emission", 1.1)),
    Control("fig2-pumps-strong", "as exact", "pump_sweep/*.density_eq6", as_exact),
    Control("fig2-grey", "as good where it is dark", "pump_sweep/*.density_eq6", good_when_dark),
    Control("fig2-grey", "worse where it is dark", "pump_sweep/*.density", bad_when_dark),
    Control("fig2-diagnostic", "short where it is dark", "squeezing/*.twa", short_when_dark),
    Control("fig2-diagnostic", "wrong where it is dark", SQUEEZING, wrong_when_dark),
    Control(
        "fig2-mean-field",
        "subradiance in mean field",
        "squeezing/*.mean_field",
        lambda ds, exact: exact,
    ),
    Control("fig2-mean-field", "none in TWA", SQUEEZING, scaled("emission", 12)),
    Control("fig2-mean-field", "none exactly", EXACT, scaled("emission", 12)),
    Wrong("fig2-precursor", "mean field"),
]
