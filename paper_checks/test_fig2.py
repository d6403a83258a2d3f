"""Every claim about Fig. 2, measured on the data that the workflow wrote; and that each can fail.

One test a claim, and one control a claim: the same measurement on data from which the effect has
been removed must not come out as expected.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
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

Spoil = Callable[[xr.Dataset, xr.Dataset | None], xr.Dataset]


class Spoiled(Results):
    """Results in which the runs of one theory and family are replaced by `spoil(ds, exact)`."""

    def __init__(self, results: Results, family: str, theory: str, spoil: Spoil) -> None:
        self.config, self.directory = results.config, results.directory
        self.family, self.theory, self.spoil = family, theory, spoil

    def load(self, family: str, run: str) -> xr.Dataset:
        ds = super().load(family, run)
        member, theory = run.rsplit(".", 1)
        if (family, theory) != (self.family, self.theory):
            return ds
        exact = self.path(family, f"{member}.exact")
        return self.spoil(ds, super().load(family, f"{member}.exact") if exact.exists() else None)
