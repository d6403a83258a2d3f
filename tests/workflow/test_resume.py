"""Runs of the workflow that are killed, that share a directory or a disk that is full."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import xarray as xr
import yaml

from blochball.support import storage
from workflow import config, simulate
from workflow.results import Results

KILLS = 20
# two runs of several chunks, and one that is scattered over two jobs
TARGETS = {
    "squeezing": "size-25.twa",
    "pulse": "size-100.twa",
    "chain": "sites-6.twa",
}
PATIENCE = 300  # seconds: a machine that does other things as well


def small() -> dict[str, Any]:
    """Return quick.yaml cut down to a few seconds in chunks of some hundredths of one."""
    quick = yaml.safe_load((config.ROOT / "config" / "quick.yaml").read_text())
    families = quick["simulations"]
    families["squeezing"]["trajectories"] = 400000
    families["pulse"]["members"] = [
        {"size": 100, "trajectories": 150000, "exact": True},
        {"size": 10, "trajectories": 1000, "exact": True},
    ]
    families["chain"] |= {
        "sites": 6, "size": 20, "pump_in_gamma": 20, "outputs": 11, "momenta": 11,
        "first_gamma_t": 0.01,
        "trajectories": 60000,
    }  # fmt: skip
    return quick | {"name": "small", "chunk": 4_000_000}


@pytest.fixture(scope="module")
def expected() -> dict[str, xr.Dataset]:
    """What the runs give in one go, in this process."""
    every = config.of(small())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"twa[.\w]*: up to")  # small systems are what they are
        return {f: simulate.compute(every.family(f)[run]) for f, run in TARGETS.items()}


class Workflow:
    """Real runs of the workflow in a directory."""

    def __init__(self, directory: Path, families: tuple[str, ...] = tuple(TARGETS)) -> None:
        self.directory = directory
        file = directory / "small.yaml"
        file.write_text(yaml.safe_dump(small()))
        self.found = Results(config.of(small()), directory / "results")
        targets = [self.found.path(family, TARGETS[family]) for family in families]
        self.command = [sys.executable, "-m", "snakemake", "--cores", "2"]
        self.command += ["--snakefile", str(config.ROOT / "Snakefile"), "--configfile", str(file)]
        self.command += ["--", *(str(target.relative_to(directory)) for target in targets)]

    def start(self, *command: str, **options: Any) -> subprocess.Popen[str]:
        """Start the workflow, or a script, in a process group of its own."""
        path = os.pathsep.join([str(config.ROOT), str(config.ROOT / "src")])
        return subprocess.Popen(
            command or self.command,
            cwd=self.directory,
            env=os.environ | {"PYTHONPATH": path, "PYTHONWARNINGS": "default"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **options,
        )

    def pieces(self) -> dict[Path, tuple[int, int]]:
        """Return the chunks that are there; other numbers mean that one was written anew."""
        found = {}
        for path in self.found.directory.glob("chunks/*/*/*/[0-9]*.nc"):
            with contextlib.suppress(FileNotFoundError):
                found[path] = (path.stat().st_ino, path.stat().st_mtime_ns)
        return found

    def wait_for_chunks(self, count: int, process: subprocess.Popen[str]) -> None:
        """Wait until a run has written so many chunks, or has ended."""
        enough = len(self.pieces()) + count
        end = time.monotonic() + PATIENCE
        while process.poll() is None and len(self.pieces()) < enough:
            assert time.monotonic() < end
            time.sleep(0.005)

    def assert_kept(self, before: dict[Path, tuple[int, int]]) -> None:
        """Nothing that was finished has been computed again; what is gone has been used."""
        now = self.pieces()
        for path, written in before.items():
            family, run = path.relative_to(self.found.directory / "chunks").parts[:2]
            if path in now or not self.found.path(family, run).exists():
                assert now.get(path) == written

    def assert_finished(self, expected: dict[str, xr.Dataset], tidy: bool = True) -> None:
        """Compare bits, and look for leftovers."""
        for family, run in TARGETS.items():
            path = self.found.path(family, run)
            if str(path.relative_to(self.directory)) in self.command:
                assert_same_bits(storage.load(path), expected[family])
        if not tidy:
            return
        files = [p for p in self.found.directory.rglob("*") if p.is_file() and ".nc" in p.name]
        assert {p.relative_to(self.found.directory).parts[0] for p in files} == {"data"}
        assert not [p for p in files if p.name.startswith(".")]


def assert_same_bits(one: xr.Dataset, other: xr.Dataset) -> None:
    assert set(one.variables) == set(other.variables)
    for name in one.variables:
        np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=str(name))


def kill_group(process: subprocess.Popen[str]) -> None:
    """Kill a process and all that it has started, and forget it."""
    # the number belongs to it, dead or alive, until it has been waited for; then to anybody
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE)


def kill(process: subprocess.Popen[str], how: str) -> None:
    """Kill everything, the workers alone (Snakemake sees it and gives up), or Snakemake alone."""
    if how == "group":
        kill_group(process)
    elif how == "snakemake":
        process.kill()
    else:
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        process.communicate(timeout=PATIENCE)


@contextlib.contextmanager
def killed_in_the_end(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Leave nothing running when a test fails."""
    try:
        yield process
    finally:
        kill_group(process)


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for a run that must succeed; return what it said."""
    with killed_in_the_end(process):
        _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said[-4000:]
        return said


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_with_the_same_bits(
    expected: dict[str, xr.Dataset], tmp_path: Path
) -> None:
    """Again and again, and what was finished is never computed twice."""
    chance = random.Random(7)
    workflow = Workflow(tmp_path)
    ways = ["group"] * (KILLS - 4) + ["worker"] * 2 + ["snakemake"] * 2
    chance.shuffle(ways)
    orphan: subprocess.Popen[str] | None = None
    before: dict[Path, tuple[int, int]] = {}
    killed_at_work = 0
    while ways:
        process = workflow.start()
        try:
            # a moment of the start in one of four, otherwise one of the simulation
            if chance.random() < 0.25:
                time.sleep(chance.uniform(0, 4))
            else:
                workflow.wait_for_chunks(chance.randint(1, 6), process)
                time.sleep(chance.uniform(0, 0.1))
            how = ways[-1]
            if process.poll() is None:
                kill(process, how)
            else:
                finish(process)
        except BaseException:
            kill_group(process)
            raise
        if process.returncode == 0:  # it was faster
            workflow.assert_finished(expected, tidy=orphan is None)
            for path in workflow.found.directory.glob("data/*/*.nc"):
                path.unlink()  # all over again
        else:
            ways.pop()
            killed_at_work += bool(workflow.pieces())
            if orphan is None:  # two that work side by side may well compute the same
                workflow.assert_kept(before)
        if orphan is not None:
            kill_group(orphan)
        orphan = process if how == "snakemake" and process.returncode != 0 else None
        before = workflow.pieces()
    if orphan is not None:
        kill_group(orphan)
    assert killed_at_work > KILLS // 2
    finish(workflow.start())
    logs = "".join(path.read_text() for path in workflow.found.directory.rglob("*.log"))
    assert "computed again" not in logs
    workflow.assert_finished(expected)


@pytest.mark.slow
def test_two_at_once(expected: dict[str, xr.Dataset], tmp_path: Path) -> None:
    """The second run of the workflow is turned away, two of a script share their chunks."""
    workflow = Workflow(tmp_path, ("squeezing",))
    first = workflow.start()
    with killed_in_the_end(first):
        workflow.wait_for_chunks(1, first)
        first.send_signal(signal.SIGSTOP)  # it shall not end before the second begins
        second = workflow.start()
        with killed_in_the_end(second):
            _, said = second.communicate(timeout=PATIENCE)
        first.send_signal(signal.SIGCONT)
        assert second.returncode != 0
        assert f"results/small is in use by process {first.pid} on" in said
        finish(first)
    workflow.assert_finished(expected)

    path = workflow.found.path("squeezing", TARGETS["squeezing"])
    path.unlink()
    script = [sys.executable, "-m", "workflow.simulate", "--config", "small.yaml"]
    twins = [workflow.start(*script, "squeezing", TARGETS["squeezing"]) for _ in range(2)]
    for twin in twins:
        assert "computed again" not in finish(twin)
    assert_same_bits(storage.load(path), expected["squeezing"])


# -- a full disk ---------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    at = tmp_path / "disk"
    at.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "blochball-test", str(at)]
    try:
        run = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount")
    if run.returncode:
        pytest.skip(f"a file system cannot be mounted here: {run.stderr.strip()}")
    yield at
    subprocess.run(["umount", "--lazy", str(at)], check=True)


def named(path: Path) -> str:
    return rf"storage\.save: (No space left on device|File too large): '{path}'"


def test_a_full_disk_leaves_the_old_file_and_no_half_one(disk: Path) -> None:
    little = xr.Dataset({"a": ("x", np.ones(10))}, attrs={"blochball_version": "0"})
    large = xr.Dataset({"a": ("x", np.ones(20000))}, attrs={"blochball_version": "0"})
    path = disk / "data" / "run.nc"
    storage.save(little, path)
    with pytest.raises(OSError, match=named(path)):
        storage.save(large, path)
    assert storage.load(path).identical(little)
    assert [p.name for p in path.parent.iterdir()] == ["run.nc"]
    with pytest.raises(OSError, match=named(disk / "other" / "run.nc")):
        storage.save(large, disk / "other" / "run.nc")
    assert not list((disk / "other").iterdir())
    storage.save(little, disk / "other" / "run.nc")  # the failure has upset nothing


def test_a_file_that_may_not_grow_is_refused_as_well(tmp_path: Path) -> None:
    """The same without the right to mount anything."""
    resource = pytest.importorskip("resource")
    large = xr.Dataset({"a": ("x", np.ones(20000))}, attrs={"blochball_version": "0"})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, limits[1]))
    try:
        with pytest.raises(OSError, match=named(tmp_path / "run.nc")):
            storage.save(large, tmp_path / "run.nc")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.iterdir())
    storage.save(large, tmp_path / "run.nc")


@pytest.mark.slow
def test_a_run_on_a_full_disk_says_so_and_goes_on_later(
    disk: Path, expected: dict[str, xr.Dataset]
) -> None:
    """Its chunks do not fit; with more room the finished ones are taken up."""
    workflow = Workflow(disk)
    script = [sys.executable, "-m", "workflow.simulate", "--config", "small.yaml"]
    script += ["squeezing", TARGETS["squeezing"]]
    with killed_in_the_end(workflow.start(*script)) as process:
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "OSError: [Errno 28] storage.save: No space left on device: 'results/small/" in said
    kept = workflow.pieces()
    assert kept
    for path in kept:
        storage.load(path)  # whole
    files = [p for p in (disk / "results").rglob("*") if p.is_file()]
    assert set(files) == set(kept)
    subprocess.run(["mount", "-o", "remount,size=16m", str(disk)], check=True)
    finish(workflow.start(*script))
    assert kept.items() <= workflow.pieces().items()
    assert_same_bits(
        storage.load(workflow.found.path("squeezing", TARGETS["squeezing"])),
        expected["squeezing"],
    )
