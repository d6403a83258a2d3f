"""The data on which the paper's claims are measured and the reproduction page is built.

By default those of config/quick.yaml, which the workflow makes first if they are missing or stale.
``pytest paper_checks --paper-config config/paper.yaml`` measures the same on the paper-grade data.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from workflow.config import load
from workflow.results import Results


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --paper-config."""
    parser.addoption(
        "--paper-config",
        default="config/quick.yaml",
        help="config whose data the claims are measured on (default: %(default)s)",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with slow tests first: none is left over for one process when others have ended."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> Results:
    """Return the results of the config, brought up to date by the workflow."""
    path = Path(request.config.rootpath, request.config.getoption("--paper-config"))
    # Snakemake decides what is missing or stale
    command = [sys.executable, "-m", "snakemake", "--cores", "all", "--configfile", str(path)]
    directory = Path(request.config.rootpath, "results")
    directory.mkdir(exist_ok=True)
    with Path(directory, ".tests").open("w") as one:
        # of several processes of tests one runs it, and the others find nothing left to do
        fcntl.flock(one, fcntl.LOCK_EX)
        run = subprocess.run(
            command, cwd=request.config.rootpath, capture_output=True, text=True, check=False
        )
    if run.returncode:
        pytest.fail(f"the workflow failed:\n{run.stderr[-4000:]}", pytrace=False)
    return Results(load(path), directory)
