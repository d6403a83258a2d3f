"""The data behind every figure of config/quick.yaml against data/reference; see workflow.baseline.

A change on purpose is recorded with ``make baseline``, whose difference is there to be reviewed.
"""

from __future__ import annotations

import pytest

from workflow import baseline, config
from workflow.baseline import Reference
from workflow.results import Results

QUICK = config.load(config.ROOT / "config" / "quick.yaml")
REFERENCE = Reference(QUICK)


@pytest.fixture
def quick(results: Results) -> Results:
    """Return the results of the config that the reference is of."""
    if results.config.name != QUICK.name:
        pytest.skip(f"the reference is of config {QUICK.name}")
    return results


@pytest.mark.parametrize("family", REFERENCE.families)
def test_data_agree_with_the_reference(family: str, quick: Results) -> None:
    entries = REFERENCE.entries(family)
    assert list(entries) == list(REFERENCE.families[family]), "make baseline: runs came or went"
    for name, run in REFERENCE.families[family].items():
        assert entries[name]["fingerprint"] == run.fingerprint, "make baseline: parameters changed"
        old, new = REFERENCE.load(family, name), quick.load(family, name)
        changes = baseline.compare(f"{family}/{name}", old, REFERENCE.reduced(family, new))
        assert changes
        changed = [str(change) for change in changes if change.fails]
        assert not changed, "\n".join(changed)
