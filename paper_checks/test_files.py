"""What every file of the workflow says of itself, and what its jobs really used."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import xarray as xr

from blochball import System
from blochball.support import storage
from workflow import provenance, resources, simulate
from workflow.results import Results
from workflow.theories import THEORIES


def said(ds: xr.Dataset, name: str) -> list[object]:
    """Return what a Dataset says of all its points: an attribute, or a variable of a scan."""
    return [ds.attrs[name]] if name in ds.attrs else list(ds[name].values)


def test_every_file_says_where_it_is_from(results: Results) -> None:
    there = provenance.sources()
    for family, members in results.config.families().items():
        for name, run in members.items():
            path = results.path(family, name)
            ds = storage.load(path)
            assert ds.attrs["blochball_version"], path
            assert ds.attrs["revision"], path
            assert ds.attrs["inputs"] == run.inputs, path
            assert ds.attrs["modules"] == provenance.digest(provenance.made_of(run.theory, there))
            assert ds.attrs["lock"] == provenance.file_digest(provenance.LOCK), path
            assert f"numpy {np.__version__}" in ds.attrs["software"], path
            # what is wrong on purpose says so
            theories = ("exact.", "twa.", "cumulants.", "per_emitter")
            theories = ("wrong",) if run.theory.name == "frozen" else theories
            assert all(str(method).startswith(theories) for method in said(ds, "method")), path
            assert min(map(float, said(ds, "wall_time"))) > 0, path
            points = list(run.points.values())
            systems = [System.from_json(str(text)) for text in said(ds, "system")]
            # one, where those of all points are the same
            assert systems == [point.system for point in points][: len(systems)], path
            if run.theory.sampled:
                for name in ("seed", "trajectories"):
                    asked = [getattr(point, name) for point in points]
                    # said once, where all points share it
                    assert list(map(int, said(ds, name))) in (asked, list(set(asked))), path
                if run.theory in THEORIES.values():
                    assert min(map(int, said(ds, "steps"))) > 0, path


def test_no_job_used_more_than_it_asked_for(results: Results) -> None:
    """Memory, and half of the time: that is for slower machines."""
    families = results.config.families()
    seen = 0
    for path in (results.directory / "benchmarks").rglob("*.tsv"):
        run = families.get(path.parent.name, {}).get(path.stem)
        if run is None:
            continue  # a part, or of an older config
        with path.open() as file:
            (used,) = csv.DictReader(file, delimiter="\t")
        assert float(used["s"]) < 60 * resources.minutes(run) / 2, path
        # jobs of a moment are over before they are looked at
        if used["max_rss"] not in ("NA", "-"):
            assert float(used["max_rss"]) < resources.megabytes(run), path
            seen += 1
    assert seen > 10


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
