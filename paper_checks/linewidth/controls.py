"""Controls of the claims about the laser at two times."""

from __future__ import annotations

import xarray as xr

from blochball import System, twa
from paper_checks.controls import Control, scaled

ENOUGH = 4000  # trajectories
RELAXED = 60.0  # in 1/(N Gamma): when the laser is stationary


def symmetric(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Take the product of symbols alone: trajectories of TWA without the response to a turn."""
    first = ds.first_order.copy(deep=True)
    for k, text in enumerate(ds.system.values):
        system = System.from_json(str(text))
        size = system.emitters
        if size > 20:
            continue
        times = RELAXED / size + ds.after.values[k]
        paths = twa.trajectories(system, times, ENOUGH, seed=k)
        plus = (paths.spin_x + 1j * paths.spin_y).isel(site=0)
        product = (plus * plus.isel(time=0).conj()).mean("trajectory")
        first[k] = product.values.real / size**2
    return ds.assign(first_order=first)


def as_wide(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Have the width of the closed form, and not that of cumulants."""
    return ds.assign(linewidth=ds.linewidth / 1.7)


def coherent(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Never bunch."""
    return ds.assign(g2=0 * ds.g2 + 1.0)


def first_bracket(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Leave out the second derivative, a quarter of thermal light."""
    return ds.assign(g2=ds.g2 - (ds.g2 - 1) / 4)


def thermal(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Be Gaussian whatever the pump, as the light of cumulants."""
    return ds.assign(g2=0 * ds.g2 + 2.0)


def split(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Emit two lines at any detuning."""
    return ds.assign(spectrum=0 * ds.spectrum + ds.spectrum.isel(detuning=-1))


def merged(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Emit one line at any detuning."""
    return ds.assign(spectrum=0 * ds.spectrum + ds.spectrum.isel(detuning=0))


LINES, LIGHT, TWO = "lines/twa.*", "coherence/twa.*", "synchronisation/*"
CHAIN, SHORT = "forward/chain.spectrum", "forward/short-twa.spectrum"
CONTROLS = [
    Control("linewidth-accuracy", "15% wider", LINES, scaled("linewidth", 1.15)),
    Control("linewidth-limit", "15% wider", LINES, scaled("linewidth", 1.15)),
    Control("linewidth-limit", "cumulants as good", "lines/cumulants.*", as_wide),
    Control("linewidth-limit", "cumulants worse", "lines/cumulants.*", scaled("linewidth", 1.1)),
    Control("linewidth-order", "no response", LINES, symmetric),
    Control("linewidth-coherence", "coherent", LIGHT, coherent),
    Control("linewidth-coherence", "no second derivative", LIGHT, first_bracket),
    Control("linewidth-coherence", "thermal", LIGHT, thermal),
    Control("linewidth-synchronisation", "always two", TWO, split),
    Control("linewidth-synchronisation", "always one", TWO, merged),
    Control(
        "linewidth-synchronisation",
        "a third more light",
        "synchronisation/small-twa.*",
        scaled("spectrum", 1.33),
    ),
    Control("linewidth-forward-sum", "twice the light", CHAIN, scaled("spectrum", 2.0)),
    Control("linewidth-forward-short", "a fifth more light", SHORT, scaled("spectrum", 1.2)),
    Control("linewidth-forward-short", "coherent", "forward/short-twa.photons", coherent),
    Control("linewidth-forward-light", "a fifth less", "forward/chain.photons", scaled("g2", 0.8)),
    Control("linewidth-forward-light", "thermal", "forward/chain.photons", thermal),
]
