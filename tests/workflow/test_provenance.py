"""Files say where they are from, and the README's images are what they claim to be."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blochball import exact, models
from blochball.support import storage
from workflow import config, provenance, results
from workflow.report import readme
from workflow.runs import Run
from workflow.theories import EXACT, TWA, Point, Theory

RECORDED = json.loads(provenance.RECORD.read_text(encoding="utf-8"))
README = readme.README.read_text(encoding="utf-8")
PACKAGE = "src/blochball"
QUICK = config.load(config.ROOT / "config" / "quick.yaml")


def head() -> str:
    command = ["git", "-C", str(config.ROOT), "rev-parse", "--short=12", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        pytest.skip("not a git checkout: no history to compare with")


# -- stamps --------------------------------------------------------------------------------------


def test_stamps_follow_what_they_are_of() -> None:
    system = models.superradiant_laser(4, pump=1.0)
    times = np.linspace(0, 1, 3)
    first = Run(TWA, {4: Point(system, times, trajectories=100, steps=10)})
    more = Run(TWA, {4: Point(system, times, trajectories=101, steps=10)})
    solved = Run(EXACT, first.points)
    ds = exact.solve(system, times)
    one, two, three = (provenance.stamped(ds, run).attrs for run in (first, more, solved))
    assert one["inputs"] != two["inputs"]
    assert one["modules"] == two["modules"] != three["modules"]
    assert len({attrs["lock"] for attrs in (one, two, three)}) == 1
    assert f"numpy {np.__version__}" in one["software"]
    assert one["system"] == system.to_json()  # what was there before stays


@pytest.mark.parametrize("theory", config.theories().values(), ids=lambda theory: theory.name)
def test_modules_are_found_alike_in_files_and_in_history(theory: Theory) -> None:
    there = provenance.sources_at(head())
    assert there is not None
    made = provenance.made_of(theory, there)
    assert made == provenance.made_of(theory, provenance.sources()) or dirty()
    assert made is not None
    assert "src/blochball/system.py" in made
    assert ("src/blochball/twa/step.py" in made) == theory.sampled
    one = next(iter(made))
    assert provenance.digest(made) != provenance.digest({**made, one: made[one] + b" "})
    assert provenance.digest(made) != provenance.digest(dict(list(made.items())[1:]))


def dirty() -> bool:
    command = ["git", "-C", str(config.ROOT), "status", "--porcelain", *provenance.FOLDERS]
    return bool(subprocess.run(command, capture_output=True, check=True).stdout)


def test_what_is_imported_is_found_wherever_it_stands() -> None:
    files = {
        "src/blochball/__init__.py": b"from blochball import twa, exact",
        "src/blochball/twa/__init__.py": b"import blochball.twa.step\nfrom os import path",
        "src/blochball/twa/step.py": b"def late():\n    from blochball.support import jit",
        "src/blochball/support/jit.py": b"",
        "src/blochball/exact/__init__.py": b"",
        "figures/toy/solver.py": b"from blochball import twa",
    }
    ball = {"src/blochball/twa/__init__.py", "src/blochball/twa/step.py"}
    ball |= {"src/blochball/support/jit.py"}
    assert set(provenance.imported(["blochball.twa"], files) or ()) == ball
    own = provenance.imported(["figures.toy.solver", "blochball.exact"], files)
    assert set(own or ()) == ball | {"figures/toy/solver.py", "src/blochball/exact/__init__.py"}
    # a tree with another layout
    assert provenance.imported(["blochball.twa", "workflow.stack"], files) is None


def test_what_calls_a_solver_and_stacks_its_points_is_part_of_a_theory() -> None:
    files = dict(provenance.sources())
    before = provenance.digest(provenance.made_of(EXACT, files))
    calls = files["workflow/theories.py"]
    for change, other in (
        (("workflow/stack.py", files["workflow/stack.py"] + b"\nx = 1"), True),
        (("workflow/theories.py", calls.replace(b"point.steady", b"not point.steady")), True),
        # how TWA is called is no business of the exact solutions, nor is a comment
        (("workflow/theories.py", calls.replace(b"order=1", b"order=2")), False),
        (("workflow/theories.py", calls + b"# a comment"), False),
    ):
        changed = provenance.digest(provenance.made_of(EXACT, files | dict([change])))
        assert (changed != before) == other, change[0]


# -- the README's images -------------------------------------------------------------------------


def test_the_images_are_what_they_claim_to_be() -> None:
    assert provenance.shown(README)
    assert provenance.problems(RECORDED, README) == []


def test_the_check_runs_by_itself_and_says_the_revisions() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "workflow.provenance"],
        cwd=config.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    for image in RECORDED["images"].values():
        for data in image["data"].values():
            assert data["revision"] in run.stdout
    assert "changed since" in run.stdout


@pytest.fixture
def images(tmp_path: Path) -> Path:
    return Path(shutil.copytree(provenance.IMAGES, tmp_path / "images"))


def first_data(recorded: dict[str, Any]) -> dict[str, str]:
    drawn = (image for image in recorded["images"].values() if image["data"])
    return next(iter(next(drawn)["data"].values()))


def test_images_that_are_not_the_recorded_ones_are_found(images: Path) -> None:
    name = provenance.shown(README)[0]
    with (images / f"{name}.png").open("ab") as file:
        file.write(b"\0")
    shutil.copyfile(images / f"{name}.png", images / "other.png")
    first, second = sorted(provenance.problems(RECORDED, README, images))
    assert first == f"{name}.png is not the image that make readme wrote"
    assert second.startswith("other.png is not from make readme")
    (images / "other.png").unlink()
    (images / f"{name}.png").unlink()
    assert provenance.problems(RECORDED, README, images) == [f"{name}.png is not there"]
    shown = README + "\n![](docs/images/nowhere.png)"
    assert "nowhere.png is not there" in provenance.problems(RECORDED, shown, images)


def test_revisions_may_be_described_by_a_tag() -> None:
    assert not provenance.untraceable("v1.0-12-g0123456789ab")
    assert provenance.untraceable("v1.0-12-g0123456789ab-dirty")
    assert provenance.untraceable("--output=x")  # or git would take it for an option


@pytest.mark.parametrize(
    ("claimed", "said"),
    [("0123456789ab-dirty", "sources with changes"), ("unknown", "revision that is 'unknown'")],
)
def test_images_of_unknown_sources_are_found(claimed: str, said: str) -> None:
    recorded = copy.deepcopy(RECORDED)
    first_data(recorded)["revision"] = claimed
    (problem,) = provenance.problems(recorded, README)
    assert said in problem


def test_numbers_of_unknown_sources_are_found() -> None:
    said = re.search(r"revision ([0-9a-f]{12})\. ", README)
    assert said
    (problem,) = provenance.problems(RECORDED, README.replace(said[1], f"{said[1]}-dirty"))
    assert problem.startswith("the README's numbers are from sources with changes")


def test_images_that_claim_another_revision_are_found() -> None:
    recorded = copy.deepcopy(RECORDED)
    first_data(recorded).update(revision=head(), modules="0" * 64)
    (problem,) = provenance.problems(recorded, README)
    assert problem.endswith(f"is not that of revision {head()}")


def test_what_has_changed_since_is_reported_by_name(tmp_path: Path) -> None:
    """A module, a number of the config and the pins, in a copy of the tree."""
    root = tmp_path / "tree"
    for name in (*provenance.FOLDERS, "envs"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(config.ROOT / name, root / name, ignore=ignored)
    (run,) = QUICK.family("sampling").values()
    modules = provenance.digest(provenance.made_of(TWA, provenance.sources(root)))
    lock = provenance.file_digest(provenance.LOCK)
    data = {"revision": "0123456789ab", "inputs": run.inputs, "modules": modules, "lock": lock}
    recorded = {"images": {"fig2": {"data": {"sampling/size-100.twa": data}}}}
    assert provenance.changes(recorded, QUICK, root) == []
    settings = QUICK.simulations
    more = dataclasses.replace(settings["sampling"], repeats=settings["sampling"].repeats + 1)
    changed = dataclasses.replace(QUICK, simulations={**settings, "sampling": more})
    (line,) = provenance.changes(recorded, changed, root)
    assert "another sampling/size-100.twa" in line
    with (root / PACKAGE / "twa" / "step.py").open("a") as file:
        file.write("# changed\n")
    (root / "envs" / "requirements.lock").write_text("numpy==1.0\n")
    one, two = provenance.changes(recorded, QUICK, root)
    assert "drawn from twa of revision 0123456789ab; since: which modules" in one
    assert two == "fig2.png: the pinned versions have changed"
    # another theory's module is no change
    shutil.copytree(config.ROOT / PACKAGE, root / PACKAGE, dirs_exist_ok=True)
    with (root / PACKAGE / "cumulants" / "__init__.py").open("a") as file:
        file.write("# changed\n")
    assert provenance.changes(recorded, QUICK, root) == [two]


def test_changed_modules_are_named_where_the_history_is_known() -> None:
    there = provenance.sources_at(head())
    assert there is not None
    recorded = copy.deepcopy(RECORDED)
    data = first_data(recorded)
    data.update(revision=head(), modules="0" * 64)
    lines = provenance.changes(recorded, config.load(config.ROOT / "config" / "paper.yaml"))
    assert any(head() in line for line in lines)


# -- make readme ---------------------------------------------------------------------------------


@pytest.fixture
def drawn(tmp_path: Path) -> results.Results:
    """The figure `decay` and its data, all of them one small solution that says it is clean."""
    found = results.Results(QUICK, tmp_path)
    solved = exact.solve(models.superradiant_decay(4), [0.0, 1.0])
    for name, run in QUICK.family("decay").items():
        ds = provenance.stamped(solved, run).assign_attrs(revision="0123456789ab")
        storage.save(ds, found.path("decay", name))
    found.figure("decay", "png").parent.mkdir(parents=True)
    found.figure("decay", "png").write_bytes(b"drawn")
    return found


def test_the_record_holds_every_data_file(drawn: results.Results, tmp_path: Path) -> None:
    recorded = provenance.record(drawn, ["decay"])
    data = recorded["images"]["decay"]["data"]
    assert set(data) == {f"decay/{name}" for name in QUICK.family("decay")}
    for name, run in QUICK.family("decay").items():
        path = drawn.path("decay", name)
        assert data[f"decay/{name}"]["sha256"] == provenance.file_digest(path)
        assert data[f"decay/{name}"]["inputs"] == run.inputs
    provenance.write(recorded, tmp_path / "provenance.json")
    assert json.loads((tmp_path / "provenance.json").read_text()) == recorded


@pytest.mark.parametrize("claimed", ["0123456789ab-dirty", "unknown"])
def test_data_of_unknown_sources_are_not_shown(drawn: results.Results, claimed: str) -> None:
    path = drawn.path("decay", next(iter(QUICK.family("decay"))))
    storage.save(storage.load(path).assign_attrs(revision=claimed), path)
    os.utime(path, (0, 0))
    with pytest.raises(ValueError, match="commit, and run it again"):
        provenance.record(drawn, ["decay"])


def test_a_figure_that_is_older_than_its_data_is_not_shown(drawn: results.Results) -> None:
    os.utime(drawn.figure("decay", "png"), (0, 0))
    with pytest.raises(ValueError, match="older than its data"):
        provenance.record(drawn, ["decay"])
