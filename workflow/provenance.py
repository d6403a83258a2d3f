"""Where the numbers come from: what the workflow's files say of themselves, and whether it holds.

Every NetCDF file carries the hashes of what went into it, `stamped`. ``make readme`` writes down
next to the README's images what they were drawn from, `record`; the rule `provenance` checks that
this still holds and reports what has changed since::

    python -m workflow.provenance
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import platform
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import xarray as xr

from blochball.support import storage
from workflow import config
from workflow.config import ROOT, Config
from workflow.results import Results
from workflow.runs import Run
from workflow.theories import Theory

# where our sources are
FOLDERS = ("src/blochball", "workflow", "figures", "paper_checks", "benchmarks")
# it imports every theory: that nobody's result depends on
PACKAGE = "src/blochball/__init__.py"
LOCK = ROOT / "envs" / "requirements.lock"
IMAGES = ROOT / "docs" / "images"
RECORD = IMAGES / "provenance.json"
# what decides the numbers besides our own sources
SOFTWARE = ("numpy", "scipy", "numba", "llvmlite")

Files = Mapping[str, bytes]  # content by path from the root of the repository


# -- sources -------------------------------------------------------------------------------------


def sources(root: Path = ROOT) -> Files:
    """Return our sources as they are now."""
    paths = (path for folder in FOLDERS for path in (root / folder).rglob("*.py"))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


# what this process computes with, even if the files change before it writes its result
_LOADED = sources()


@lru_cache(maxsize=8)
def sources_at(revision: str, root: Path = ROOT) -> Files | None:
    """Return our sources at a revision; None without git, or if git does not know it."""
    command = ["git", "-C", str(root), "archive", "--format=tar", revision]
    try:
        packed = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return {
            member.name: content.read()
            for member in archive
            if member.name.startswith(FOLDERS) and member.name.endswith(".py")
            if (content := archive.extractfile(member))
        }


def imported(modules: Iterable[str], files: Files) -> Files | None:
    """Return those of the files that modules are made of: their own, and what they import.

    None if one of the modules is not there: files of a tree with another layout.
    """
    path_of = cache(partial(_path, files=files))  # asked for the same ones again and again
    paths = [path_of(module) for module in modules]
    made: dict[str, bytes] = {}
    while paths:
        path = paths.pop()
        if path is None:
            return None
        if path not in made:
            made[path] = files[path]
            for module, name in _imports(path, files[path]):
                # what is taken from a package may be a module of its own
                there = path_of(f"{module}.{name}") or path_of(module)
                if there not in (None, PACKAGE):
                    paths.append(there)
    return made


def _path(module: str, files: Files) -> str | None:
    """Return the file of a module of ours; that of a package is its ``__init__.py``."""
    name = module.replace(".", "/")
    tried = (f"{start}{name}{end}" for start in ("src/", "") for end in (".py", "/__init__.py"))
    return next((path for path in tried if path in files), None)


@lru_cache(maxsize=1024)
def _imports(path: str, content: bytes) -> frozenset[tuple[str, str]]:
    """Return all modules that a file imports, each with a name that it takes from it, or ""."""
    taken: set[tuple[str, str]] = set()
    for node in _statements(ast.parse(content, path)):
        if isinstance(node, ast.Import):
            taken |= {(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            taken |= {(node.module, alias.name) for alias in node.names}
    return frozenset(taken)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all statements within a node, and none of the expressions, which are many more."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield child
            yield from _statements(child)


def made_of(theory: Theory, files: Files) -> Files | None:
    """Return those of the files that the results of a theory are made by.

    These are its modules, with all that they import, the function that calls them and what stacks
    the points of a scan. None if they are not there.
    """
    made = imported((*theory.modules, "workflow.stack"), files)
    where = _path(theory.solve.__module__, files)
    if made is None or where is None:
        return None
    for node in ast.parse(files[where], where).body:
        if isinstance(node, ast.FunctionDef) and node.name == theory.solve.__name__:
            made = {**made, f"{where}:{node.name}": ast.unparse(node).encode()}
    return made


def code_of(theory: Theory) -> str:
    """Return a short text that changes with what the results of a theory are made by."""
    return digest(made_of(theory, _LOADED))[:12]


def code(*modules: str, texts: Iterable[str] = ()) -> str:
    """Return a short text that changes with modules, with what they import, or with texts.

    The latter are shell patterns of paths from the root of the repository.
    """
    made = imported(modules, _LOADED)
    assert made is not None, modules
    paths = (path for pattern in texts for path in ROOT.glob(pattern))
    return digest({**made, **{str(path): path.read_bytes() for path in paths}})[:12]


def digest(files: Files | None) -> str:
    """Return the SHA-256 of names and contents; nothing of no files."""
    if files is None:
        return ""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n".encode())
    return whole.hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def stamped(ds: xr.Dataset, run: Run) -> xr.Dataset:
    """Return the Dataset of a run with the hashes of what went into it as attributes.

    ``inputs`` is of the systems, times and numerics, ``modules`` of the sources of the theory,
    ``lock`` of the pinned versions; ``software`` names those that were really used.
    """
    used = [
        f"python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in SOFTWARE),
    ]
    return ds.assign_attrs(
        inputs=run.inputs,
        modules=digest(made_of(run.theory, _LOADED)),
        lock=file_digest(LOCK),
        software=", ".join(used),
    )


# -- the README's images -------------------------------------------------------------------------


def shown(readme: str) -> list[str]:
    """Return the names of the images that the text of the README shows."""
    return sorted(set(re.findall(r"docs/images/([\w-]+)\.png", readme)))


def record(found: Results, figures: Iterable[str]) -> dict[str, Any]:
    """Return what figures were drawn from: hashes, revisions, versions.

    Raises
    ------
    ValueError
        If a figure is older than its data, or these are from a source tree with changes that no
        revision holds.
    """
    images: dict[str, Any] = {}
    for figure in figures:
        image, data = found.figure(figure, "png"), {}
        for family in config.figures()[figure]:
            for run in found.config.family(family):
                path = found.path(family, run)
                if path.stat().st_mtime > image.stat().st_mtime:
                    raise ValueError(f"{image} is older than its data, {path}: draw it again")
                attrs = storage.load(path).attrs
                stamps = {key: str(attrs[key]) for key in ("revision", "inputs", "modules", "lock")}
                if wrong := untraceable(stamps["revision"]):
                    raise ValueError(f"{path} is from {wrong}: commit, and run it again")
                data[f"{family}/{run}"] = {"sha256": file_digest(path), **stamps}
        images[figure] = {"sha256": file_digest(image), "data": data}
    return {"config": found.config.name, "images": images}


def write(recorded: dict[str, Any], path: Path = RECORD) -> None:
    """Write what images were drawn from."""
    path.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")


def untraceable(revision: str) -> str:
    """Return why the sources behind a revision cannot be known, or an empty text."""
    if revision.endswith("-dirty"):
        return f"sources with changes that revision {revision.removesuffix('-dirty')} does not hold"
    # as git describes it: a hash, or a tag with what came after it
    if revision == "unknown" or not re.fullmatch(r"\w[\w./-]*", revision):
        return f"sources of a revision that is {revision!r}"
    return ""


def problems(
    recorded: dict[str, Any], readme: str, images: Path = IMAGES, root: Path = ROOT
) -> list[str]:
    """Return what is wrong with the README's images; each must be the one that was recorded.

    And each must be drawn from data of a revision whose sources, if the history holds it, are those
    that the data say.
    """
    found = []
    files, named = {path.stem for path in images.glob("*.png")}, set(recorded["images"])
    for name in sorted(named | files | set(shown(readme))):
        if name not in files:
            found.append(f"{name}.png is not there")
        elif name not in named:
            found.append(f"{name}.png is not from make readme: nothing says what it was drawn from")
        elif file_digest(images / f"{name}.png") != recorded["images"][name]["sha256"]:
            found.append(f"{name}.png is not the image that make readme wrote")
        elif not recorded["images"][name]["data"]:
            found.append(f"{name}.png has no data that say where they are from")
    for revision in re.findall(r"\brevision (\S+?)\.\s", readme):
        if wrong := untraceable(revision):
            found.append(f"the README's numbers are from {wrong}")
    for name, revision, theory, modules in _drawn(recorded):
        if wrong := untraceable(revision):
            found.append(f"{name}.png is drawn from {wrong}")
        elif (there := made_at(revision, theory, root)) and digest(there) != modules:
            found.append(f"{name}.png: {theory} is not that of revision {revision}")
    return found


def made_at(revision: str, theory: str, root: Path = ROOT) -> Files | None:
    """Return what a theory was made of at a revision; None if that cannot be said."""
    there, known = sources_at(revision, root), config.theories()
    return made_of(known[theory], there) if there and theory in known else None


def changes(recorded: dict[str, Any], of: Config, root: Path = ROOT) -> list[str]:
    """Return what has changed since the images were drawn; they are renewed on purpose only."""
    found = []
    now, known = sources(root), config.theories()
    for name, revision, theory, modules in _drawn(recorded):
        new = made_of(known[theory], now) if theory in known else None
        if digest(new) == modules:
            continue
        old = made_at(revision, theory, root)
        if old is None or new is None:
            which = f"which modules cannot be said without revision {revision}"
        else:
            every = sorted(old.keys() | new.keys())
            which = ", ".join(file for file in every if old.get(file) != new.get(file))
        found.append(f"{name}.png is drawn from {theory} of revision {revision}; since: {which}")
    families = of.families()
    for name, image in recorded["images"].items():
        for path, data in image["data"].items():
            family, run = path.split("/")
            asked = families.get(family, {}).get(run)
            if asked is None or asked.inputs != data["inputs"]:
                found.append(f"{name}.png: the config asks for another {path} now")
    lock = file_digest(root / LOCK.relative_to(ROOT))
    for name, image in recorded["images"].items():
        if any(data["lock"] != lock for data in image["data"].values()):
            found.append(f"{name}.png: the pinned versions have changed")
    return found


def _drawn(recorded: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return (image, revision, theory, hash of its modules) of all data, each once."""
    return sorted(
        {
            (name, data["revision"], path.rpartition(".")[2], data["modules"])
            for name, image in recorded["images"].items()
            for path, data in image["data"].items()
        }
    )


def main() -> None:
    """Check the README's images; the status is that of the check, the rest is said."""
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    of = config.load(ROOT / "config" / f"{recorded['config']}.yaml")
    wrong, changed = problems(recorded, readme), changes(recorded, of)
    for revision in sorted({revision for _, revision, *_ in _drawn(recorded)}):
        known = sources_at(revision) is not None
        print(f"images from revision {revision}" + ("" if known else " (not in this history)"))
    print(*(f"changed since: {line}" for line in changed or ["nothing"]), sep="\n")
    if wrong:
        sys.exit("\n".join(f"wrong: {line}" for line in wrong))


if __name__ == "__main__":
    main()
