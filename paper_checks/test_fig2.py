"""Every claim about Fig. 2, measured on the data that the workflow wrote; and that each can fail.

One test a claim, and at least one control a claim: the same measurement on data from which the
effect has been removed must not come out as expected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import xarray as xr

from paper_checks import ledger
from paper_checks.ledger import Claim, Verdict
from scripts.results import Results

CLAIMS = {claim.id: claim for claim in ledger.claims() if claim.figure == "fig2"}


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS.keys())
def test_claim(claim: Claim, results: Results) -> None:
    found = ledger.measure(claim, results)
    if found.verdict == Verdict.UNDECIDED and results.config["name"] in claim.undecided_with:
        pytest.skip(f"undecided with these data: {found.quantities}")
    assert found.verdict == claim.expected, found.quantities


# -- controls ------------------------------------------------------------------------------------

Spoil = Callable[[xr.Dataset, xr.Dataset], xr.Dataset]


@dataclass(frozen=True)
class Control:
    """An effect removed from the runs of one theory in some families by `spoil(ds, exact)`."""

    claim: str
    effect: str
    families: str
    spoil: Spoil
    theory: str = "twa"


class Spoiled(Results):
    """Results as a control wants them."""

    def __init__(self, results: Results, control: Control) -> None:
        self.config, self.directory = results.config, results.directory
        self.control = control

    def load(self, family: str, run: str) -> xr.Dataset:
        """Return the Dataset of a run, spoiled if the control says so."""
        ds = super().load(family, run)
        member, theory = run.rsplit(".", 1)
        if family not in self.control.families.split() or theory != self.control.theory:
            return ds
        # `sampling` repeats a curve of `pulse`
        reference = "pulse" if family == "sampling" else family
        exact = super().load(reference, f"{member}.exact")
        if "pump" in ds.dims:
            exact = exact.sel(pump=ds.pump)
        return self.control.spoil(ds, exact)


def size_of(ds: xr.Dataset) -> float:
    """Return N; twice the inversion of the initial state, as all start inverted."""
    return float(2 * ds.inversion[0, 0])


def scaled(name: str, factor: float) -> Spoil:
    """Return a control: one variable times a factor."""
    return lambda ds, exact: ds.assign({name: ds[name] * factor})


def more_error(name: str, factor: float) -> Spoil:
    """Return a control: the error of one variable times a factor."""
    return lambda ds, exact: ds.assign({name: exact[name] + factor * (ds[name] - exact[name])})


def constant_error(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 0.5% of N^2 or N, whatever N."""
    size = size_of(exact)
    return ds.assign(
        emission=exact.emission + 0.005 * size**2, inversion=exact.inversion + 0.005 * size
    )


def biased(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Deviate by what no number of trajectories removes."""
    return ds.assign(emission=ds.emission + 0.1 * exact.emission.max())


def wide(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Add variance that lifts xi^2 above one, always."""
    return ds.assign(spin_squared=ds.spin_squared + size_of(exact) / 2)


def narrow(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Take away variance so that xi^2 is below one from the beginning."""
    return ds.assign(spin_squared=ds.spin_squared - size_of(exact) / 40)


def frozen(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Stop everything when xi^2 is lowest: no relaxation."""
    variance = ds.spin_squared - ds.inversion**2
    lowest = int(variance.argmin("time")[0])
    return xr.where(ds.time > ds.time[lowest], ds.isel(time=lowest, drop=True), ds, keep_attrs=True)


CONTROLS = [
    Control("fig2-ten-emitters", "15% off", "pulse", scaled("emission", 1.15)),
    Control("fig2-hundred-emitters", "2% off", "pulse", scaled("emission", 1.02)),
    Control("fig2-error-scaling", "error independent of N", "pulse", constant_error),
    Control("fig2-error-order", "emission error grown", "pulse", more_error("emission", 10)),
    Control("fig2-sampling", "systematic error", "sampling", biased),
    Control("fig2-sampling", "boastful errors", "sampling", scaled("emission_stderr", 0.5)),
    Control("fig2-squeezing", "no squeezing", "squeezing", wide),
    Control("fig2-squeezing", "no relaxation", "squeezing", frozen),
    Control("fig2-squeezing", "none exactly", "squeezing", wide, theory="exact"),
    Control("fig2-precursor", "no subradiance", "squeezing", scaled("emission", 12)),
    Control("fig2-precursor", "squeezed first", "squeezing", narrow),
    Control("fig2-precursor", "none exactly", "squeezing", scaled("emission", 12), theory="exact"),
    Control("fig2-breakdown", "no deviation", "squeezing pump_sweep", more_error("emission", 1e-3)),
    Control("fig2-breakdown", "deviation everywhere", "pump_sweep", scaled("emission", 1.1)),
    Control(
        "fig2-mean-field",
        "subradiance in mean field",
        "squeezing",
        lambda ds, exact: exact,
        theory="mean_field",
    ),
    Control("fig2-mean-field", "none in TWA", "squeezing", scaled("emission", 12)),
    Control("fig2-mean-field", "none exactly", "squeezing", scaled("emission", 12), theory="exact"),
]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: f"{c.claim}: {c.effect}")
def test_claim_fails_without_its_effect(control: Control, results: Results) -> None:
    claim = CLAIMS[control.claim]
    found = ledger.measure(claim, Spoiled(results, control))
    assert found.verdict != claim.expected, found.quantities


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS.keys())
def test_every_number_fails_in_some_control(claim: Claim, results: Results) -> None:
    failed = set()
    for control in CONTROLS:
        if control.claim == claim.id:
            verdicts = ledger.measure(claim, Spoiled(results, control)).verdicts
            failed |= {name for name, v in verdicts.items() if v != Verdict.REPRODUCED}
    assert failed == set(claim.criteria)
