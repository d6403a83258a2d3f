"""The workflow as it is run: from any folder, again, with damaged files and without shared ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from blochball.support import storage
from workflow import config

TARGET = "results/tiny/data/pulse/size-4.exact.nc"
pytestmark = pytest.mark.slow


def tiny(**pulse: Any) -> str:
    quick = yaml.safe_load((config.ROOT / "config" / "quick.yaml").read_text())
    quick["simulations"]["pulse"] |= pulse
    return yaml.safe_dump(quick | {"name": "tiny"})


def snakemake(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run the workflow in a folder of its own, as somebody who has only the Snakefile's path."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(config.ROOT / "Snakefile")]
    inherited = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    # where the package is: an installation would do as well
    path = os.pathsep.join([str(config.ROOT / "src"), environment.pop("PYTHONPATH", "")])
    run = subprocess.run(
        [*command, "--cores", "1", *arguments],
        cwd=folder,
        env=inherited | {"PYTHONPATH": path.rstrip(os.pathsep)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder, not that of the repository, in which the workflow has computed TARGET."""
    folder = tmp_path_factory.mktemp("anywhere")
    (folder / "one.yaml").write_text(tiny())
    status, said = snakemake(folder, "--configfile", "one.yaml", "--", TARGET)
    assert status == 0, said
    assert (folder / TARGET).is_file()
    return folder


def test_another_name_of_the_config_repeats_nothing(folder: Path) -> None:
    shutil.copy(folder / "one.yaml", folder / "renamed.yaml")
    status, said = snakemake(folder, "-n", "--configfile", "renamed.yaml", "--", TARGET)
    assert status == 0, said
    assert "Nothing to be done" in said
    (folder / "other.yaml").write_text(tiny(until_N_gamma_t=39))
    status, said = snakemake(folder, "-n", "--configfile", "other.yaml", "--", TARGET)
    assert status == 0, said
    assert "Params have changed" in said


def test_a_damaged_result_is_made_again_by_the_same_command(folder: Path) -> None:
    path = folder / TARGET
    good = storage.load(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    arguments = ("--configfile", "one.yaml", "--", TARGET)
    snakemake(folder, "-n", *arguments)
    assert path.read_bytes() == content  # a dry run only looks
    status, said = snakemake(folder, *arguments)
    assert status == 0, said
    assert f"{TARGET}, which does not end in its checksum" in said
    again = storage.load(path)
    assert again.drop_attrs(deep=False).identical(good.drop_attrs(deep=False))


def test_what_a_failed_job_said_is_on_the_screen(folder: Path, tmp_path: Path) -> None:
    """Here: an interpreter that ends before the script begins."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'workflow.simulate' in sys.orig_argv:\n"
        "    os.write(2, b'no luck today\\n')\n"
        "    os._exit(1)\n"
    )
    target = TARGET.replace("size-4", "size-10")
    status, said = snakemake(
        folder, "--configfile", "one.yaml", "--", target, PYTHONPATH=str(tmp_path)
    )
    assert status != 0
    assert "no luck today" in said


def test_results_travel_through_a_storage_provider_alone(tmp_path: Path) -> None:
    """No file of a job is there for the next one but what the storage hands out."""
    name = "snakemake_storage_plugin_fs"  # .ci/run installs it
    plugin = import_module(name) if os.environ.get("CI") else pytest.importorskip(name)
    tools = tmp_path / "tools"
    tools.mkdir()
    # the plugin copies by rsync, whose last two arguments are from where to where
    (tools / "rsync").write_text('#!/bin/sh\nwhile [ $# -gt 2 ]; do shift; done\ncp -a "$1" "$2"\n')
    (tools / "rsync").chmod(0o755)
    (tmp_path / "one.yaml").write_text(tiny())
    store = tmp_path / "store"
    arguments = ("--default-storage-provider", "fs", "--default-storage-prefix", str(store))
    status, said = snakemake(
        tmp_path, "--configfile", "one.yaml", *arguments, "--shared-fs-usage", "none", "--", "fig1",
        PATH=f"{tools}{os.pathsep}{os.environ['PATH']}",
        PYTHONPATH=str(Path(plugin.__file__).parents[1]),
    )  # fmt: skip
    assert status == 0, said
    there = {str(path.relative_to(store)) for path in store.rglob("*.*") if path.is_file()}
    assert "results/tiny/data/sphere/cloud.paths.nc" in there
    assert {f"results/tiny/figures/fig1.{kind}" for kind in ("png", "pdf")} <= there
    assert not (tmp_path / "results/tiny/figures").exists()
