"""The workflow on a cluster: what its rules ask for, and a run through a real SLURM.

The last tests need one: ``local-cluster.sh run pytest tests/workflow/test_cluster.py``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import yaml

from blochball import models
from blochball.support import storage
from workflow import config, resources, results
from workflow.runs import Run
from workflow.theories import TWA, Point

PROFILE = config.ROOT / "profiles" / "slurm"
CLUSTER = PROFILE / "local-cluster.sh"


def workflow(folder: Path, file: Path, *arguments: str) -> str:
    """Run the workflow in a folder of its own; return what it said."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(config.ROOT / "Snakefile")]
    command += ["--directory", str(folder), "--configfile", str(file), *arguments]
    run = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(config.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, (run.stdout + run.stderr)[-6000:]
    return run.stdout + run.stderr


# -- what rules ask for --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["quick", "paper"])
def test_every_job_asks_for_memory_and_time(name: str, tmp_path: Path) -> None:
    file = config.ROOT / "config" / f"{name}.yaml"
    arguments = ["--dry-run", "--forceall", "--cores", "8", "all"]
    command = [sys.executable, "-m", "snakemake", "--configfile", str(file), *arguments]
    run = subprocess.run(command, cwd=config.ROOT, capture_output=True, text=True, check=True)
    jobs = re.findall(r"^(?:local)?rule (\w+):\n((?: {4}.*\n)+)", run.stdout, flags=re.MULTILINE)
    assert len(jobs) > 50
    for rule, text in jobs:
        if rule == "all":
            continue
        asked = dict(re.findall(r"(\w+)=(\S+?)(?:,|\n)", text.split("resources:")[-1]))
        assert int(asked.get("mem_mb", 0)) >= 500, (rule, text)
        # a queue of an hour takes every job of both configs
        assert 1 <= int(asked.get("runtime", 0)) <= 60, (rule, text)
        threads = re.search(r"threads: (\d+)", text)
        assert threads is None or int(threads[1]) <= 8


def chain(**changed: Any) -> Run:
    system = models.waveguide_chain(changed.pop("sites", 10), 20, phase=0.3, pump=20.0)
    times = np.linspace(0, 1, changed.pop("outputs", 11))
    point = {"trajectories": 4096, "steps": 1000} | changed
    return Run(TWA, {0.0: Point(system, times, **point)})


def test_requests_grow_with_the_work() -> None:
    small, large = chain(), chain(trajectories=100 * 4096, steps=100_000, sites=4000)
    assert resources.minutes(small) < resources.minutes(large)
    base = resources.BASE_MINUTES
    whole = resources.minutes(large) - base
    assert resources.minutes(large, threads=8) - base == pytest.approx(whole / 8, abs=1)
    # a block of trajectories is the work of one thread
    lone = chain(trajectories=1024, steps=1_000_000, sites=100)
    assert resources.minutes(lone, threads=8) == resources.minutes(lone, threads=2)
    assert resources.minutes(lone, threads=8) < resources.minutes(lone)
    # a part of a scattered run may hold twice its share
    assert resources.minutes(large, jobs=8) - base == pytest.approx(whole / 4, abs=1)
    assert resources.megabytes(small) < resources.megabytes(large)
    assert resources.megabytes(large) < resources.megabytes(large, threads=64)
    # where there is little to sum, the states of the threads count: 5 kB an ensemble, measured
    wide = chain(sites=100_000, outputs=1)
    more = resources.megabytes(wide, threads=9) - resources.megabytes(wide)
    assert more > 8 * 100_000 * 0.005
    assert resources.megabytes(large) < resources.megabytes(large, parts=1000)


def test_the_bound_of_automatic_steps_is_above_what_is_chosen() -> None:
    from blochball import twa

    for name in ("chain", "drive"):
        family = config.load(config.ROOT / "config" / "quick.yaml").family(name)
        for run in family.values():
            for point in list(run.points.values())[-1:]:
                planned = twa.plan(point.system, point.times, **point.sampling)
                assert 1 < resources.steps(point) / planned.schedule.total < 4


def test_the_profile_is_for_slurm_and_holds_nothing_of_one_cluster() -> None:
    profile = yaml.safe_load((PROFILE / "config.yaml").read_text())
    assert profile["executor"] == "slurm"
    assert not {"slurm_account", "slurm_partition"} & set(profile["default-resources"])


# -- a SLURM of one node -------------------------------------------------------------------------


def test_the_local_cluster_says_why_it_cannot_run(tmp_path: Path) -> None:
    for tool in ("bash", "id", "mktemp", "dirname"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    script = CLUSTER.read_text().replace(":/usr/sbin:/sbin", "")  # where the daemons may be
    run = subprocess.run(
        ["bash", "-c", script, "local-cluster.sh", "run", "touch", str(tmp_path / "ran")],
        env={"PATH": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 77, run.stderr
    assert "munged is not installed" in run.stderr
    assert not (tmp_path / "ran").exists()


def tiny() -> dict[str, Any]:
    """Return the quick config with a chain of seconds that is scattered over two jobs."""
    quick = yaml.safe_load((config.ROOT / "config" / "quick.yaml").read_text())
    quick["name"] = "tiny"
    quick["simulations"]["chain"] |= {
        "sites": 4, "size": 20, "pump_in_gamma": 20, "outputs": 21, "momenta": 11,
        "trajectories": 2048,
        "jobs": 2,
    }  # fmt: skip
    return quick


needs_slurm = pytest.mark.skipif(
    "SLURM_CONF" not in os.environ, reason=f"no SLURM; use {CLUSTER.name} run"
)


@needs_slurm
@pytest.mark.slow
def test_slurm_gives_the_bits_of_one_machine(tmp_path: Path) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text(yaml.safe_dump(tiny()))
    found = {}
    wanted = [("chain", "sites-4.twa"), ("pulse", "size-4.exact")]
    arguments = {
        "cores": ["--cores", "2"],
        # no accounting here; and jobs are short
        "slurm": [
            "--profile", str(PROFILE), "--slurm-status-command", "squeue", "--retries", "0",
            "--slurm-init-seconds-before-status-checks", "4", "--slurm-keep-successful-logs",
        ],
    }  # fmt: skip
    for way, given in arguments.items():
        (tmp_path / way).mkdir()
        where = results.Results(config.of(tiny()), tmp_path / way / "results")
        targets = [str(where.path(*run).relative_to(tmp_path / way)) for run in wanted]
        said = workflow(tmp_path / way, file, *given, "--", *targets)
        found[way] = [storage.load(where.path(*run)) for run in wanted]
    # every job was one of SLURM's: exact run, plan, two parts, gathering
    assert len(set(re.findall(r"with SLURM jobid (\d+)", said))) == 5
    for here, there in zip(found["cores"], found["slurm"], strict=True):
        xr.testing.assert_identical(
            *(
                ds.drop_attrs(deep=False).drop_vars("wall_time", errors="ignore")
                for ds in (here, there)
            )
        )
        assert {**here.attrs, "wall_time": 0} == {**there.attrs, "wall_time": 0}


@needs_slurm
def test_slurm_gives_out_memory_as_asked_for(tmp_path: Path) -> None:
    """Or else the run above would say nothing about what the rules ask for."""
    hog = "x = b'x' * 400_000_000; import time; time.sleep(8)"
    for megabytes, survives in ((100, False), (1000, True)):
        run = subprocess.run(
            ["srun", "--ntasks=1", f"--mem={megabytes}", sys.executable, "-c", hog],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (run.returncode == 0) == survives, run.stderr
