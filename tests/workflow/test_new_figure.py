"""Adding a figure is a folder in figures/, one in paper_checks/, and numbers in the config.

Done in a copy of the tree: nothing else is touched, and the figure is simulated, drawn and claimed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workflow.config import ROOT

FOLDERS = ("benchmarks", "config", "envs", "figures", "paper_checks", "profiles", "rules")
FILES = {
    "figures/toy/runs.py": '''
"""Decay of a few emitters."""

from dataclasses import dataclass

import numpy as np

from blochball import models
from workflow.runs import Run
from workflow.settings import Count, Positive
from workflow.theories import EXACT, Point


@dataclass(frozen=True)
class Toy:
    """One ensemble."""

    size: Count
    until_gamma_t: Positive

    def runs(self, seed, of):
        times = np.linspace(0, self.until_gamma_t, 3)
        return {"one.exact": Run(EXACT, {1: Point(models.superradiant_decay(self.size), times)})}


FAMILIES = {"toy_decay": Toy}
''',
    "figures/toy/draw.py": '''
"""The inversion."""

import matplotlib.pyplot as plt

from figures import style


def draw(results):
    figure, ax = plt.subplots()
    ds = results.load("toy_decay", "one.exact")
    ax.plot(ds.time, ds.inversion[:, 0])
    return figure


if __name__ == "__main__":
    style.main("toy", draw)
''',
    "figures/toy/caption.rst": """
{% set of = snakemake.config.simulations %}
{{ of.toy_decay.size }} emitters. {{ snakemake.config.claims.toy }}
""",
    "paper_checks/toy/measure.py": '''
"""How much is left."""

from paper_checks.quantity import Quantity


def left(results):
    ds = results.load("toy_decay", "one.exact")
    return {"change": Quantity(ds.inversion[-1, 0] - ds.inversion[0, 0])}
''',
    "paper_checks/toy/claims.yaml": """
- id: toy-decays
  claim: It decays.
  where: nowhere
  measured: how the inversion changes
  measure: left
  criteria:
    change: {below: 0}
  expected: reproduced
""",
    "paper_checks/toy/controls.py": '''
"""No decay."""

from paper_checks.controls import Control, scaled

CONTROLS = [Control("toy-decays", "it grows", "toy_decay/*", scaled("inversion", -1))]
''',
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the workflow is made of."""
    for name in (*FOLDERS, "workflow"):
        ignored = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    (tmp_path / "src").symlink_to(ROOT / "src")  # compiled once
    for name in ("Snakefile", "README.md", "conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def add(tree: Path, *names: str) -> None:
    for name in names:
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(FILES[name].lstrip("\n"))
    quick = tree / "config" / "quick.yaml"
    quick.write_text(quick.read_text() + "  toy_decay: {size: 4, until_gamma_t: 1}\n")


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(tree), str(ROOT / "src")])
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_two_folders_and_its_numbers_make_a_figure(tree: Path) -> None:
    add(tree, *FILES)
    arguments = ("--cores", "1", "--configfile", "config/quick.yaml")
    dry = run(tree, "snakemake", "--dry-run", *arguments, "--", "all")
    assert dry.returncode == 0, dry.stderr
    assert "results/quick/figures/toy.pdf" in dry.stdout
    made = run(tree, "snakemake", *arguments, "--", "toy")
    assert made.returncode == 0, made.stdout + made.stderr
    assert (tree / "results/quick/data/toy_decay/one.exact.nc").is_file()
    assert (tree / "results/quick/figures/toy.png").is_file()
    program = """
from paper_checks import controls, ledger
from workflow.config import load
from workflow.report.page import caption
from workflow.results import Results

results = Results(load("config/quick.yaml"))
(claim,) = (claim for claim in ledger.claims() if claim.figure == "toy")
print(ledger.measure(claim, results).verdict, controls.of("toy")[0].measure(results).verdict)
print(caption("toy", results.config))
"""
    (tree / "ask.py").write_text(program)
    said = run(tree, "ask")
    assert said.stdout.startswith("reproduced not reproduced\n"), said.stderr
    assert "4 emitters." in said.stdout


@pytest.mark.slow
def test_a_figure_without_claims_or_control_fails(tree: Path) -> None:
    add(tree, *(name for name in FILES if name.startswith("figures")))
    found = (
        "test_every_figure_has_claims",
        "test_every_claim_has_a_control_and_every_control_a_claim",
    )
    checked = ("pytest", "-q", "-p", "no:cacheprovider", "paper_checks/test_claims.py", "-k")
    said = run(tree, *checked, " or ".join(found))
    assert f"FAILED paper_checks/test_claims.py::{found[0]}" in said.stdout, said.stderr
    assert "1 failed, 1 passed" in said.stdout
    for name in ("claims.yaml", "measure.py", "controls.py"):
        path = tree / "paper_checks/toy" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(FILES[f"paper_checks/toy/{name}"].lstrip("\n"))
    (tree / "paper_checks/toy/controls.py").write_text('"""None."""\n\nCONTROLS = []\n')
    said = run(tree, *checked, " or ".join(found))
    assert f"FAILED paper_checks/test_claims.py::{found[1]}" in said.stdout, said.stderr
    assert "1 failed, 1 passed" in said.stdout


def test_a_family_whose_numbers_the_config_has_not_is_named(tree: Path) -> None:
    add(tree, "figures/toy/runs.py")
    shutil.copy(ROOT / "config" / "quick.yaml", tree / "config" / "quick.yaml")
    said = run(tree, "snakemake", "--dry-run", "--cores", "1", "--configfile", "config/quick.yaml")
    assert said.returncode != 0
    assert "'toy_decay' is a required property" in said.stdout + said.stderr
