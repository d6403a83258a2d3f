"""The workflow's own rules: configs are closed, the graph is whole, the two pin files agree."""

from __future__ import annotations

import copy
import itertools
import math
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from blochball import models
from blochball.support import storage
from workflow import config, results, simulate
from workflow.report import rulegraph
from workflow.runs import BATCHES, Run
from workflow.theories import TWA, Point

CONFIGS = ("quick", "paper")


def path(name: str) -> Path:
    return config.ROOT / "config" / f"{name}.yaml"


def plain(name: str) -> dict[str, Any]:
    return yaml.safe_load(path(name).read_text(encoding="utf-8"))


def snakemake(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "--cores", "1", *arguments],
        cwd=config.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


# -- configs -------------------------------------------------------------------------------------


def places(entry: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the place of every mapping in a config."""
    found = [place] if isinstance(entry, dict) else []
    children = entry.items() if isinstance(entry, dict) else enumerate(entry)
    for key, value in children:
        if isinstance(value, dict | list):
            found += places(value, (*place, key))
    return found


def at(entry: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        entry = entry[key]
    return entry


def load_changed(tmp_path: Path, changed: dict[str, Any]) -> config.Config:
    there = tmp_path / "changed.yaml"
    there.write_text(yaml.dump(changed, Dumper=yaml.CSafeDumper))
    return config.load(there)


@pytest.mark.parametrize("name", CONFIGS)
def test_unknown_keys_are_refused_by_name_everywhere(name: str, tmp_path: Path) -> None:
    good = plain(name)
    assert load_changed(tmp_path, good) == config.of(good)
    for place in places(good):
        changed = copy.deepcopy(good)
        at(changed, place)["trajectorys"] = 1000
        with pytest.raises(ValueError, match="trajectorys"):
            load_changed(tmp_path, changed)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_missing_keys_are_named(name: str, tmp_path: Path) -> None:
    good = plain(name)
    for place in places(good):
        for key in at(good, place):
            changed = copy.deepcopy(good)
            del at(changed, place)[key]
            with pytest.raises(ValueError, match=f"'{key}' is a required property"):
                load_changed(tmp_path, changed)


@pytest.mark.parametrize("wrong", [-1, 0, "ten", None, True, [1], math.nan, math.inf])
def test_wrong_values_are_refused_with_their_place(wrong: Any, tmp_path: Path) -> None:
    good = plain("quick")
    for place in places(good):
        for key, value in at(good, place).items():
            # seed may be 0; switches and texts have rules of their own
            if not isinstance(value, int | float) or isinstance(value, bool) or key == "seed":
                continue
            changed = copy.deepcopy(good)
            at(changed, place)[key] = wrong
            with pytest.raises(ValueError, match=key):
                load_changed(tmp_path, changed)


def test_every_key_of_the_paper_config_has_a_comment() -> None:
    """On one of its lines, or on the line above."""
    lines = (config.ROOT / "config" / "paper.yaml").read_text().splitlines()
    keys, explained = set(), set()
    for above, line in itertools.pairwise(["", *lines]):
        found = re.findall(r"(\w+):", line.split("#")[0])
        keys |= set(found)
        if "#" in line or above.strip().startswith("#"):
            explained |= set(found)
    assert keys == explained


# -- runs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONFIGS)
def test_no_two_points_share_a_seed(name: str) -> None:
    seeds = [
        point.seed
        for family in config.load(path(name)).families().values()
        for run in family.values()
        if run.theory.name == "twa"
        for point in run.points.values()
    ]
    assert len(set(seeds)) == len(seeds)


def test_a_changed_number_changes_the_fingerprint_of_its_runs_only() -> None:
    changed = plain("quick")
    changed["simulations"]["squeezing"]["trajectories"] += 1
    before, after = config.load(path("quick")).families(), config.of(changed).families()
    for family in before:
        for run in before[family]:
            same = before[family][run].fingerprint == after[family][run].fingerprint
            assert same == ((family, run) != ("squeezing", "size-25.twa")), (family, run)


def test_configs_whose_parts_do_not_fit_are_refused() -> None:
    changed = plain("quick")
    changed["simulations"]["pump_sweep"]["twa_points"] += 1
    with pytest.raises(ValueError, match="pump_sweep: exact_points"):
        config.of(changed).families()
    changed = plain("quick")
    changed["simulations"]["sampling"]["size"] = 99
    with pytest.raises(ValueError, match="sampling: size"):
        config.of(changed).families()


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("squeezing", "trajectories"), 10**15, "squeezing: size-25.twa: a job must be of less"),
        (("cost", "ensemble_steps"), 10**15, "cost: waveguide.cost: a job must be of less"),
        (("chain", "trajectories"), 10**12, "chain: sites-100.twa: a job must be of less than"),
        (("array", "members"),
         [{"sites": 1, "size": 5000, "trajectories": 9, "exact": "liouvillian"}],
         "array: sites-1-size-5000.exact: more than 4000 emitters"),
        (("time_crystal", "members"), [{"size": 2000, "trajectories": 9, "exact": True}],
         "time_crystal: size-2000.exact: .* GiB, more than the memory_limit"),
        (("rivals", "sizes", "laser"), [10**6], "rivals: laser.compared: more than 4000"),
    ],
)  # fmt: skip
def test_what_cannot_end_is_refused_before_it_begins(
    place: tuple[str, ...], value: Any, said: str
) -> None:
    changed = plain("quick")
    at(changed["simulations"], place[:-1])[place[-1]] = value
    with pytest.raises(ValueError, match=said):
        config.of(changed).families()


def test_the_folder_of_benchmarks_is_no_name() -> None:
    with pytest.raises(ValueError, match="name: 'bench' does not match"):
        config.of(plain("quick") | {"name": "bench"})
    assert config.of(plain("quick") | {"name": "bench-2"}).name == "bench-2"


def test_a_scan_keeps_what_differs_and_what_does_not(tmp_path: Path) -> None:
    """A scan through a file and back holds each point's numbers, system and seed."""
    small = plain("quick")
    small["simulations"]["pair"] |= {"outputs": 3, "trajectories": 100 * BATCHES}
    run = config.of(small).family("pair")["two.twa"]
    ds = simulate.compute(run)
    alone = simulate.compute(Run(TWA, {0.5: run.points[0.5]}))
    storage.save(ds, tmp_path / "scan.nc")
    ds = storage.load(tmp_path / "scan.nc")
    np.testing.assert_array_equal(ds.phase, [0, 0.25, 0.5])
    assert ds.seed.values.tolist() == [point.seed for point in run.points.values()]
    assert ds.system.values.tolist() == [p.system.to_json() for p in run.points.values()]
    np.testing.assert_array_equal(ds.emission.sel(phase=0.5), alone.emission)


def test_of_a_scan_with_other_times_for_each_point_the_last_is_kept(tmp_path: Path) -> None:
    """With it `until`, and the number of trajectories, which is the same for all."""
    points = {
        pump: Point(
            models.superradiant_laser(25, pump), np.array([8 * (1 + 1 / pump)]),
            trajectories=100, steps=400, seed=seed,
        )
        for seed, pump in enumerate((1.0, 2.0, 4.0))
    }  # fmt: skip
    storage.save(simulate.compute(Run(TWA, points, scan="pump")), tmp_path / "scan.nc")
    ds = storage.load(tmp_path / "scan.nc")
    np.testing.assert_array_equal(ds.pump, [1, 2, 4])
    assert ds.attrs["trajectories"] == 100
    alone = simulate.compute(Run(TWA, {4.0: points[4.0]}))
    np.testing.assert_array_equal(ds.emission.sel(pump=4), alone.emission[0])
    np.testing.assert_array_equal(ds.until, [16, 12, 10])


# -- the graph -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONFIGS)
def test_the_graph_is_whole(name: str) -> None:
    run = snakemake("--forceall", "--configfile", f"config/{name}.yaml")
    assert run.returncode == 0, run.stderr
    found = results.Results(config.load(path(name)))
    text = run.stdout + run.stderr
    for family, members in found.config.families().items():
        for member in members:
            assert str(found.path(family, member)) in text
    drawn = [
        f"figures/{name}.{kind}" for name in ("fig2", "fig3", "fig4") for kind in ("pdf", "png")
    ]
    for output in ("claims.md", "reproduction.html", *drawn):
        assert str(found.directory / output) in text


def test_the_workflow_has_no_lint() -> None:
    command = [sys.executable, "-m", "snakemake", "--lint"]
    run = subprocess.run(command, cwd=config.ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_diagram_of_the_rules_is_current() -> None:
    """And holds what it should: a diagram that is empty on both sides would be current, too."""
    page = rulegraph.PAGE.read_text(encoding="utf-8")
    assert rulegraph.diagram() in page
    assert {("simulate", "fig2"), ("part", "gather"), ("claims", "page")} <= set(rulegraph.edges())


def test_the_workflow_names_an_unknown_key(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(yaml.safe_dump(plain("quick") | {"trajectorys": 3}))
    run = snakemake("--configfile", str(wrong))
    assert run.returncode != 0
    assert "trajectorys" in run.stdout + run.stderr


def test_overrides_that_no_file_records_are_refused() -> None:
    run = snakemake("--configfile", "config/quick.yaml", "--config", "seed=3")
    assert run.returncode != 0
    assert "copy one, edit it" in run.stdout + run.stderr


# -- environments --------------------------------------------------------------------------------


def test_lock_and_conda_environment_agree() -> None:
    project = tomllib.loads((config.ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.match(r"[\w-]+", entry)[0].lower() for group in groups for entry in group}
    names.discard("blochball")  # an extra that holds another one
    lock = (config.ROOT / "envs" / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock, flags=re.MULTILINE))
    conda = yaml.safe_load((config.ROOT / "envs" / "environment.yaml").read_text())["dependencies"]
    pins = dict(entry.split("=") for entry in conda)
    assert pins.pop("python") == "3.11"
    assert pins == {name: locked[name] for name in names}


def test_lock_is_hashed_and_names_no_index() -> None:
    lock = (config.ROOT / "envs" / "requirements.lock").read_text()
    assert "index" not in lock
    assert "://" not in lock
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        assert "--hash=sha256:" in entry, entry


def test_citation_has_the_package_version() -> None:
    from blochball import __version__

    citation = yaml.safe_load((config.ROOT / "CITATION.cff").read_text())
    assert citation["version"] == __version__
