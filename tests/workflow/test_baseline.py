"""What counts as a change of the data behind a figure, and what `make baseline` does about it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from workflow import baseline, config, simulate
from workflow.baseline import Reference
from workflow.results import Results, pooled

QUICK = config.load(config.ROOT / "config" / "quick.yaml")
REFERENCE = Reference(QUICK)
RUNS = [(family, name) for family, members in REFERENCE.families.items() for name in members]
LOADED = {(family, name): REFERENCE.load(family, name) for family, name in RUNS}
SAMPLED = [
    (*run, str(quantity))
    for run, ds in LOADED.items()
    for quantity in ds
    # what is not sampled has no error, next to runs that have one
    if f"{quantity}_stderr" in ds and (ds[f"{quantity}_stderr"] > 0).any()
]


def failing(old: xr.Dataset, new: xr.Dataset) -> list[str]:
    return [str(change) for change in baseline.compare("run", old, new) if change.fails]


def shifted(ds: xr.Dataset, quantity: str, by: float) -> xr.Dataset:
    """Shift a curve by so many standard errors."""
    return ds.assign({quantity: ds[quantity] + by * ds[f"{quantity}_stderr"]})


# -- sampled quantities --------------------------------------------------------------------------


@pytest.mark.parametrize(("family", "name", "quantity"), SAMPLED)
def test_a_shift_of_three_standard_errors_fails(family: str, name: str, quantity: str) -> None:
    ds = REFERENCE.load(family, name)
    assert not failing(ds, ds)
    # rounding, and the digits that are not kept
    assert not failing(ds, shifted(ds, quantity, 0.01))
    for by in (3, -3):
        (found,) = failing(ds, shifted(ds, quantity, by))
        assert f"run {quantity}: 2.1 combined" in found


@pytest.mark.parametrize("quantity", ["emission", "structure_factor"])
@pytest.mark.parametrize("seed", range(5))
def test_so_it_does_when_other_random_numbers_were_drawn(quantity: str, seed: int) -> None:
    """Each site or momentum has one error for all times: as correlated as it gets."""
    old = REFERENCE.load("chain", "sites-100.twa")
    stderr = old[f"{quantity}_stderr"]
    drawn = np.random.default_rng(seed).standard_normal((2, 1, stderr.shape[1])) * stderr.values
    old = old.assign({quantity: old[quantity] + drawn[0]})
    new = old.assign({quantity: old[quantity] - drawn[0] + drawn[1]})
    # with the same number of steps it had to be the same random numbers
    assert failing(old, new)
    new = new.assign_attrs(steps=old.steps + 1)
    assert not failing(old, new)
    assert failing(old, shifted(new, quantity, 3))


def test_one_wild_number_among_thousands_fails() -> None:
    old = REFERENCE.load("chain", "sites-100.twa")
    wild = old.emission.copy()
    wild[40, 7] += 9 * old.emission_stderr[40, 7]
    assert failing(old, old.assign(emission=wild, attrs=None).assign_attrs(steps=1))


@pytest.mark.parametrize("factor", [0.8, 1.5])
@pytest.mark.parametrize("steps", ["same", "others"])
def test_changed_standard_errors_fail(factor: float, steps: str) -> None:
    """Or large ones would hide any change."""
    old = REFERENCE.load("chain", "sites-100.twa")
    new = old.assign(emission_stderr=old.emission_stderr * factor)
    if steps == "others":
        if factor == 0.8:
            factor = 0.7
            new = old.assign(emission_stderr=old.emission_stderr * factor)
        new = new.assign_attrs(steps=1)
    assert "standard errors changed" in failing(old, new)[0]


def test_other_physics_fails_and_the_same_does_not() -> None:
    """A run of the config again, and with a coupling that moves its pulse by three errors."""
    family, name = "decay", "size-1000000.twa"
    old, run = REFERENCE.load(family, name), REFERENCE.families[family][name]

    def again(change: float) -> xr.Dataset:
        points = {}
        for label, point in run.points.items():
            jump = point.system.jumps[0]
            jumps = [type(jump)(jump.rate * change, jump.weights, name=jump.name)]
            system = type(point.system)(point.system.ensembles, jumps)
            points[label] = dataclasses.replace(point, system=system)
        ds = simulate.compute(dataclasses.replace(run, points=points))
        batches = [ds.isel(batch=k, drop=True) for k in range(ds.sizes.get("batch", 0))]
        return REFERENCE.reduced(family, pooled(batches or [ds]))

    assert not failing(old, again(1.0))
    other = again(COUPLING)
    moved = np.abs(other.emission - old.emission) / old.emission_stderr.where(
        old.emission_stderr > 0
    )
    assert 2.7 < float(moved.max()) < 3.3
    assert any("emission" in text for text in failing(old, other))


COUPLING = 1.0019


# -- deterministic quantities ----------------------------------------------------------------------


@pytest.mark.parametrize(("family", "name"), [run for run in RUNS if "exact" in run[1]])
def test_exact_numbers_agree_to_rounding(family: str, name: str) -> None:
    ds = REFERENCE.load(family, name)
    exact = [q for q in map(str, ds) if "_stderr" not in q and f"{q}_stderr" not in ds]
    for quantity in (q for q in exact if ds[q].dtype.kind == "f" and ds[q].any()):
        assert not failing(ds, ds.assign({quantity: ds[quantity] * (1 + 1e-10)}))
        assert failing(ds, ds.assign({quantity: ds[quantity] * (1 + 1e-6)}))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda ds: ds.drop_vars("emission"),
        lambda ds: ds.isel(time=slice(1, None)),
        lambda ds: ds.assign(emission=ds.emission * np.nan),
        lambda ds: ds.assign(emission=ds.emission * np.inf),
    ],
    ids=["gone", "shorter", "not a number", "not finite"],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_what_is_missing_or_no_number_fails(spoil: Callable[[xr.Dataset], xr.Dataset]) -> None:
    for name in ("size-10.exact", "size-10.twa"):
        ds = REFERENCE.load("pulse", name)
        assert failing(ds, spoil(ds))


# -- renewing --------------------------------------------------------------------------------------


class Changed(Results):
    """The reference in the place of results, with one curve shifted."""

    def __init__(self, directory: Path, by: float) -> None:
        super().__init__(QUICK)
        self.directory, self.by = directory, by

    def load(self, family: str, run: str) -> xr.Dataset:
        ds = REFERENCE.load(family, run)
        return shifted(ds, "emission", self.by) if run == "size-25.twa" else ds


def test_a_renewed_reference_reads_as_it_was_and_only_changes_are_written(tmp_path: Path) -> None:
    reference = Reference(QUICK, tmp_path)
    results = tmp_path / "results"
    assert baseline.renew(Changed(results, 0), reference)  # everything is new
    for family, name in RUNS:
        xr.testing.assert_identical(reference.load(family, name), REFERENCE.load(family, name))

    before = {path: path.read_text() for path in reference.directory.rglob("*.*")}
    assert not baseline.renew(Changed(results, 0.1), reference)
    assert before == {path: path.read_text() for path in before}

    news = baseline.renew(Changed(results, 3), reference)
    assert [line.split(":")[0] for line in news] == [
        "squeezing/size-25.twa emission",
    ]
    written = {path.name for path, text in before.items() if path.read_text() != text}
    assert written == {"squeezing.json", "summary.txt"}
    assert not baseline.renew(Changed(results, 3), reference)


def test_the_reference_is_small_and_fit_to_be_compared_as_text() -> None:
    files = [path for path in REFERENCE.directory.rglob("*.*") if path.suffix != ".png"]
    assert sum(path.stat().st_size for path in files) < 1_000_000
    for path in files:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert max(map(len, lines)) < 200, path
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
