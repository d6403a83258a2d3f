"""Files that are damaged, foreign or half written: named, refused or computed again."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from blochball import models, twa
from blochball.support import checkpoints, storage
from blochball.support.statistics import Moments
from blochball.twa.plan import block_size
from workflow import scatter, simulate
from workflow.config import Config
from workflow.results import Results
from workflow.runs import Run
from workflow.theories import TWA, Point

LASER = models.superradiant_laser(12, pump=3.0)
TIMES = np.linspace(0, 0.5, 4)
BLOCK = block_size(1)
# five chunks of two blocks, the last with a single, incomplete one
RUN: dict[str, Any] = {"trajectories": 8 * BLOCK + 30, "steps": 12, "seed": 3}
CHUNK = 2 * BLOCK * 12
FIRST = (0, 2, 4, 6, 8)
PLANS = sys.modules[twa.Plan.__module__]


def solve(folder: Path | None = None, work: int = CHUNK, **changed: Any) -> xr.Dataset:
    checkpoint = None if folder is None else twa.Checkpoint(folder, work)
    return twa.solve(LASER, TIMES, **RUN | {"threads": 1} | changed, checkpoint=checkpoint)


def assert_same_bits(one: xr.Dataset, other: xr.Dataset) -> None:
    assert set(one.variables) == set(other.variables)
    for name in one.variables:
        np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=str(name))
    assert {**one.attrs, "wall_time": 0} == {**other.attrs, "wall_time": 0}


def flip(path: Path, place: int, bit: int = 0) -> None:
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1 << bit
    path.write_bytes(content)


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Tell files that were written anew from those that were not."""
    return {p.name: (p.stat().st_ino, p.stat().st_mtime_ns) for p in folder.iterdir()}


@pytest.fixture(scope="module")
def whole() -> xr.Dataset:
    return solve()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, whole: xr.Dataset) -> Path:
    """The chunks of `whole`."""
    folder = tmp_path_factory.mktemp("finished")
    assert_same_bits(solve(folder), whole)
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(finished, tmp_path / "chunks"))


# -- any file ------------------------------------------------------------------------------------


def test_every_flipped_byte_is_found(tmp_path: Path) -> None:
    ds = xr.Dataset({"numbers": ("number", [0.0, 1.0])}, attrs={"blochball_version": "0"})
    path = tmp_path / "flipped.nc"
    storage.save(ds, path)
    content = path.read_bytes()
    generator = np.random.default_rng(0)
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1 << generator.integers(8)
        path.write_bytes(changed)
        with pytest.raises(ValueError, match=r"flipped\.nc, which does not end in its checksum"):
            storage.load(path)
    path.write_bytes(content)
    assert storage.load(path).identical(ds)


@given(st.data())
def test_whatever_else_happens_to_a_file_is_found(finished: Path, data: st.DataObject) -> None:
    content = (finished / "0.nc").read_bytes()
    # without its last line a file is one that another program has saved again
    last = content.rindex(b"\nsha256")
    cut = data.draw(st.integers(0, len(content) - 1).filter(lambda n: n != last), "cut")
    more = data.draw(st.binary(min_size=1, max_size=200), "more")
    hole = data.draw(st.integers(1, len(content) - cut), "hole")
    damages = {
        "cut short": content[:cut],
        "bytes added": content + more,
        "bytes in between": content[:cut] + more + content[cut:],
        "bytes lost": content[:cut] + content[cut + hole :],
        "zeros, as after a power cut": content[:cut] + bytes(hole) + content[cut + hole :],
        "no end": content[:cut] + bytes(len(content) - cut),
    }
    path = finished.parent / "damaged.nc"
    for damage, changed in damages.items():
        path.write_bytes(changed)
        if changed == content:  # zeros on zeros
            assert storage.load(path).identical(storage.load(finished / "0.nc"))
            continue
        with pytest.raises(ValueError, match=r"damaged\.nc"):
            raise AssertionError(f"{damage}: {storage.load(path)}")


# -- chunks --------------------------------------------------------------------------------------


def test_chunks_are_those_of_the_plan_and_are_taken_up(folder: Path, whole: xr.Dataset) -> None:
    before = state(folder)
    assert set(before) == {f"{first}.nc" for first in FIRST}
    again = solve(folder)
    assert_same_bits(again, whole)
    assert state(folder) == before
    # the seconds of what was taken up count as well
    assert again.wall_time > sum(storage.load(folder / name).wall_time for name in before)


@pytest.mark.parametrize("lost", [(0,), (8,), (2, 4), (0, 2, 4, 6), FIRST], ids=str)
def test_what_is_missing_is_computed_and_nothing_else(
    lost: tuple[int, ...], folder: Path, whole: xr.Dataset
) -> None:
    names = {f"{first}.nc" for first in lost}
    for name in names:
        (folder / name).unlink()
    before = state(folder)
    assert_same_bits(solve(folder, threads=2), whole)
    after = state(folder)
    assert before.items() <= after.items()
    assert set(after) - set(before) == names


@pytest.mark.parametrize(
    "damage",
    ["flip", "cut", "empty", "text", "other place", "other seed", "other steps"],
)
def test_a_bad_chunk_is_named_and_computed_again(
    damage: str, folder: Path, whole: xr.Dataset, tmp_path: Path
) -> None:
    path = folder / "4.nc"
    other = {"other seed": {"seed": 4}, "other steps": {"steps": 15}}
    if damage == "flip":
        flip(path, 5000, 3)
    elif damage == "cut":
        os.truncate(path, path.stat().st_size // 2)
    elif damage == "empty":
        os.truncate(path, 0)
    elif damage == "text":
        path.write_text("not what it was")
    elif damage == "other place":
        shutil.copy(folder / "2.nc", path)
    else:
        solve(tmp_path / "other", **other[damage])
        shutil.copy(tmp_path / "other" / "4.nc", path)
    before = state(folder)
    with pytest.warns(UserWarning, match=re.escape(str(path)) + ".*it is computed again"):
        assert_same_bits(solve(folder), whole)
    after = state(folder)
    assert {name for name in after if after[name] != before[name]} == {"4.nc"}
    assert_same_bits(solve(folder), whole)  # without a warning


def test_chunks_of_other_sources_are_computed_again(
    folder: Path, whole: xr.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PLANS, "STAMP", "another version")
    before = state(folder)
    with pytest.warns(UserWarning, match="belongs to something else") as warned:
        assert_same_bits(solve(folder), whole)
    assert len(warned) == len(FIRST)
    assert not before.items() & state(folder).items()


def test_a_forged_chunk_would_change_the_result(
    folder: Path, whole: xr.Dataset, tmp_path: Path
) -> None:
    """Chunks are really read: it is their identity that keeps others out."""
    solve(tmp_path / "other", seed=4)
    ours, theirs = (storage.load(at / "4.nc") for at in (folder, tmp_path / "other"))
    storage.save(theirs.assign_attrs(identity=ours.identity), folder / "4.nc")
    forged = solve(folder)
    assert abs(forged.inversion - whole.inversion).max() > 0


@pytest.mark.parametrize("strata", [0, 4])
@pytest.mark.parametrize("threads", [1, 3])
def test_kept_runs_have_the_bits_of_others(strata: int, threads: int, tmp_path: Path) -> None:
    system = models.superradiant_laser(50, pump=10.0)
    options: dict[str, Any] = {"trajectories": 41 * BLOCK + 7, "steps": 20, "seed": 1}
    run: Any = twa.solve
    if strata:
        run, options = twa.solve_stratified, options | {"strata": strata}
    times = np.linspace(0, 0.2, 3)
    keep = {"checkpoint": twa.Checkpoint(tmp_path, BLOCK * 20 * 16), "threads": threads}
    alone = run(system, times, **options)
    assert_same_bits(run(system, times, **options, **keep), alone)
    names = sorted(tmp_path.iterdir())
    assert len(names) == 3
    names[1].unlink()
    assert_same_bits(run(system, times, **options, **keep), alone)
    assert sorted(tmp_path.iterdir()) == names


def test_a_longer_run_goes_on_from_a_shorter_one(tmp_path: Path, whole: xr.Dataset) -> None:
    """Whole ranges are taken up, the last, incomplete one is computed anew; no warning."""
    longer = RUN["trajectories"] + 3 * BLOCK
    alone = solve(trajectories=longer)
    assert_same_bits(solve(tmp_path), whole)
    before = state(tmp_path)
    assert_same_bits(solve(tmp_path, trajectories=longer), alone)
    after = state(tmp_path)
    assert {name for name in before if after[name] == before[name]} == {
        f"{first}.nc" for first in FIRST[:-1]
    }
    # and the other way round
    assert_same_bits(solve(tmp_path), whole)


def test_little_work_is_not_kept(tmp_path: Path) -> None:
    solve(tmp_path, 5 * RUN["trajectories"] * 12)
    assert not list(tmp_path.iterdir())


def test_records_come_back_from_a_row_of_numbers() -> None:
    generator = np.random.default_rng(0)
    leaf = tuple(
        Moments(count, generator.normal(size=shape), generator.normal(size=(*shape, 2)))
        for count, shape in ((7, (3, 2)), (2**50, (0, 4)), (1, (1,)))
    )
    again = checkpoints.unpack(checkpoints.pack(leaf, "", range(3), 5, 0.0), Moments)
    for one, other in zip(leaf, again, strict=True):
        assert type(other.count) is int
        assert one.count == other.count
        np.testing.assert_array_equal(one.mean, other.mean)
        np.testing.assert_array_equal(one.comoment, other.comoment)


def test_arguments_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"twa\.solve: checkpoint must be a path, got 3"):
        twa.solve(LASER, TIMES, steps=1, checkpoint=3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"Checkpoint: work must be an integer >= 1, got 0"):
        solve(tmp_path, 0)


# -- parts and plans -----------------------------------------------------------------------------

FAMILY, NAME = "chain", "sites-2.twa"


@pytest.fixture
def scattered(tmp_path: Path) -> scatter.Scattered:
    """A run whose plan and four parts are on disk."""
    system = models.waveguide_chain(2, 20, 0.7, pump=4.0)
    point = Point(system, TIMES, trajectories=4 * block_size(2), steps="auto", seed=3)
    run = Run(TWA, {2: point}, jobs=4)
    found = Results(Config("test", 1, 10**6, {}), tmp_path)
    whole = scatter.Scattered(run, found, FAMILY, NAME)
    planned = scatter.plan(run, 0)
    storage.save(scatter.saved(run, planned), found.piece(FAMILY, NAME, 0, "plan"))
    for part in range(4):
        storage.save(whole.part(planned, 0, part), found.piece(FAMILY, NAME, 0, part))
    return whole


@pytest.mark.parametrize("piece", ["plan", 0, 3])
@pytest.mark.parametrize("damage", ["flip", "cut", "foreign"])
def test_a_bad_piece_is_named_and_computed_again(
    damage: str, piece: int | str, scattered: scatter.Scattered
) -> None:
    path = scattered.found.piece(FAMILY, NAME, 0, piece)
    expected = simulate.compute(scattered.run)
    assert_same_bits(scattered.gather(), expected)
    if damage == "flip":
        flip(path, 3000, 1)
    elif damage == "cut":
        os.truncate(path, path.stat().st_size - 1)
    elif piece == "plan":
        storage.save(storage.load(path).assign_attrs(run="another config"), path)
    else:
        shutil.copy(scattered.found.piece(FAMILY, NAME, 0, 1), path)
    with pytest.warns(UserWarning, match=re.escape(str(path))):
        assert_same_bits(scattered.gather(), expected)


def test_a_plan_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = twa.plan(LASER, TIMES, **RUN)
    (blocks,) = twa.division(planned.trajectories, 1, 1)
    part = twa.run_part(planned, blocks)
    assert_same_bits(twa.gather(planned, [part]), twa.solve(LASER, TIMES, **RUN))
    other = twa.plan(LASER, TIMES, **RUN | {"seed": 4})
    with pytest.raises(ValueError, match="parts must belong to the plan"):
        twa.gather(other, [part])
    kept = planned.to_dataset()
    assert_same_bits(
        twa.gather(twa.Plan.from_dataset(kept), [part]), twa.solve(LASER, TIMES, **RUN)
    )
    changed = kept.assign(step=2 * kept.step)
    with pytest.raises(ValueError, match="ds must be a plan as it was made"):
        twa.Plan.from_dataset(changed)
    monkeypatch.setattr(PLANS, "STAMP", "0123456789abcdef")
    with pytest.raises(ValueError, match=r"ds must be of this version.* 0123456789ab, got"):
        twa.Plan.from_dataset(kept)
