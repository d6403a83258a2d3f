"""What is shipped: the library whole, nothing else, and with the revision it was made from."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SOURCES = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.py")}
VERSION = re.findall('__version__ = "(.+)"', (ROOT / "src/blochball/_version.py").read_text())[0]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return the files of a wheel and of an sdist, made from a clone."""
    folder = tmp_path_factory.mktemp("package")
    clone = folder / "clone"
    for command in (
        ["git", "clone", "--quiet", str(ROOT), str(clone)],
        ["git", "-C", str(ROOT), "ls-files", "--modified", "--others", "--exclude-standard"],
    ):
        run = subprocess.run(command, capture_output=True, text=True, check=True)
    for name in run.stdout.split("\n"):  # what is not committed yet
        if name and (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_bytes((ROOT / name).read_bytes())
    code = "import setuptools.build_meta as b; b.build_wheel('..'); b.build_sdist('..')"
    subprocess.run([sys.executable, "-c", code], cwd=clone, capture_output=True, check=True)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as opened:
        inside = {name: opened.read(name) for name in opened.namelist()}
    with tarfile.open(sdist) as packed:
        members = [member for member in packed.getmembers() if member.isfile()]
        source = {m.name.split("/", 1)[1]: packed.extractfile(m).read() for m in members}  # type: ignore[union-attr]
    return inside, source


def test_a_wheel_is_the_package_and_its_revision(
    archives: tuple[dict[str, bytes], dict[str, bytes]],
) -> None:
    wheel, _ = archives
    files = {name for name in wheel if ".dist-info/" not in name}
    assert files == SOURCES | {"blochball/py.typed", "blochball/_revision.py"}
    revision = re.fullmatch(
        rb'REVISION = "([0-9a-f]{12}(?:-dirty)?)"\n', wheel["blochball/_revision.py"]
    )
    assert revision
    (metadata,) = (text for name, text in wheel.items() if name.endswith("METADATA"))
    assert f"\nVersion: {VERSION}\n".encode() in metadata


def test_an_sdist_has_no_test_and_builds_the_same(
    archives: tuple[dict[str, bytes], dict[str, bytes]],
) -> None:
    wheel, sdist = archives
    folders = {name.split("/")[0] for name in sdist}
    assert folders.isdisjoint({"tests", "paper_checks", "figures", "workflow", "benchmarks"})
    for name in SOURCES | {"blochball/_revision.py", "blochball/py.typed"}:
        assert sdist[f"src/{name}"] == wheel[name]
    assert {"pyproject.toml", "setup.py", "LICENSE", "docs/package.md"} <= set(sdist)


def test_the_description_has_no_link_into_the_repository() -> None:
    text = (ROOT / PROJECT["readme"]).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links
    assert all(link.startswith("https://") for link in links)


def test_versions_agree() -> None:
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"] == VERSION
    recipe = (ROOT / "envs" / "recipe.yaml").read_text(encoding="utf-8")
    assert f'version: "{VERSION}"' in recipe


def test_the_conda_recipe_has_the_dependencies_of_the_package() -> None:
    recipe = yaml.safe_load((ROOT / "envs" / "recipe.yaml").read_text(encoding="utf-8"))
    needed = {text.replace(" ", "") for text in recipe["requirements"]["run"]}
    python = PROJECT["requires-python"]
    assert needed == {*PROJECT["dependencies"], f"python{python}"}
