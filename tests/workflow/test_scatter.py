"""A run scattered over jobs, through files, has the same bits as in one job."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from blochball import models, twa
from blochball.support import storage
from workflow import scatter, simulate
from workflow.config import Config
from workflow.results import Results
from workflow.runs import Run
from workflow.theories import TWA, Point

FAMILY, NAME = "drive", "sites-3.twa"
CONFIG = Config("test", 1, 10**6, {})


def point(drive: float, seed: int, **changed: object) -> Point:
    numerics = {"trajectories": 1100, "steps": "auto", "seed": seed, "momenta": (-1.0, 0.0, 1.0)}
    system = models.waveguide_chain(3, 12, 0.7, pump=4.0, drive=drive)
    return Point(system, np.array([0.1, 0.5]), **{**numerics, **changed})


def scattered(run: Run, found: Results, backwards: bool = False) -> xr.Dataset:
    """Plan, run the parts in some order and gather, each through a file."""
    whole = scatter.Scattered(run, found, FAMILY, NAME)
    for number in range(len(run.points)):
        planned = scatter.saved(run, scatter.plan(run, number))
        storage.save(planned, found.piece(FAMILY, NAME, number, "plan"))
    for number, part in sorted(run.pieces(), reverse=backwards):
        planned = twa.Plan.from_dataset(storage.load(found.piece(FAMILY, NAME, number, "plan")))
        blocks = whole.blocks(planned, number)[part]
        storage.save(twa.run_part(planned, blocks, 1), found.piece(FAMILY, NAME, number, part))
    return whole.gather()


def assert_same_bits(one: xr.Dataset, other: xr.Dataset) -> None:
    assert set(one.variables) == set(other.variables)
    for name in one.variables:
        if name != "wall_time":
            np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=str(name))
    assert {**one.attrs, "wall_time": 0} == {**other.attrs, "wall_time": 0}


@pytest.mark.parametrize("jobs", [1, 2, 4, 6, 100])
def test_gathered_run_has_the_bits_of_one_job(jobs: int, tmp_path: Path) -> None:
    run = Run(TWA, {0.0: point(0.0, 1), 0.5: point(2.0, 2)}, scan="drive", jobs=jobs)
    # 1100 trajectories are three blocks: parts of four, two or one
    expected = {1: 2, 2: 2, 4: 4, 6: 6, 100: 6}[jobs]
    assert len(run.pieces()) == expected
    found = Results(CONFIG, tmp_path)
    gathered = scattered(run, found, backwards=True)
    assert_same_bits(gathered, simulate.compute(run, threads=2))
    assert gathered.sizes["drive"] == 2


def test_a_single_point_is_not_stacked(tmp_path: Path) -> None:
    run = Run(TWA, {3: point(0.0, 1)}, jobs=2)
    found = Results(CONFIG, tmp_path)
    assert_same_bits(scattered(run, found), simulate.compute(run))


def test_another_seed_has_other_bits(tmp_path: Path) -> None:
    run = Run(TWA, {3: point(0.0, 1)}, jobs=2)
    found = Results(CONFIG, tmp_path)
    other = dataclasses.replace(run, points={3: point(0.0, 2)})
    with pytest.raises(AssertionError):
        assert_same_bits(scattered(run, found), simulate.compute(other))


def test_a_missing_part_is_refused(tmp_path: Path) -> None:
    run = Run(TWA, {3: point(0.0, 1)}, jobs=3)
    found = Results(CONFIG, tmp_path)
    scattered(run, found)
    found.piece(FAMILY, NAME, 0, 1).unlink()
    with pytest.raises(FileNotFoundError, match=r"0\.1\.nc"):
        scatter.Scattered(run, found, FAMILY, NAME).gather()


def test_the_number_of_jobs_is_not_part_of_the_fingerprint() -> None:
    one, many = (Run(TWA, {3: point(0.0, 1)}, jobs=jobs) for jobs in (1, 8))
    assert one.fingerprint == many.fingerprint
    others = [point(0.0, 2), point(0.1, 1), point(0.0, 1, tolerance=0.2), point(0.0, 1, steps=9)]
    others.append(point(0.0, 1, momenta=()))
    prints = {Run(TWA, {3: other}).fingerprint for other in others}
    assert len(prints | {one.fingerprint}) == len(others) + 1
