"""The shape of the tree: short files and functions, few arguments, arrows that point one way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = {"src/blochball": "blochball", "workflow": "workflow", "figures": "figures"}
ROOMS |= {"paper_checks": "paper_checks", "benchmarks": "benchmarks"}
LONGEST_FILE, LONGEST_FUNCTION, MOST_ARGUMENTS = 400, 80, 7

# what a package may import besides itself; the report prints the ledger, and knows no figure
ARROWS = {
    "blochball": (),
    "workflow": ("blochball", "paper_checks.ledger", "paper_checks.quantity"),
    "figures": ("blochball", "workflow", "paper_checks"),
    "paper_checks": ("blochball", "workflow", "figures"),
}


def _modules() -> dict[str, Path]:
    """Return every module of the rooms by its dotted name."""
    modules = {}
    for folder, package in ROOMS.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            modules[".".join((package, *parts)).removesuffix(".__init__")] = path
    return modules


MODULES = _modules()
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def _functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _lines(function: ast.FunctionDef) -> int:
    """Count the lines of a function without its docstring and decorators."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = first.end_lineno - first.lineno + 1 if documented else 0
    return function.end_lineno - function.lineno + 1 - docstring


def _compiled(function: ast.FunctionDef) -> bool:
    """Whether a function is a kernel: any of its decorators has "jit" in its name."""
    return any("jit" in ast.unparse(decorator) for decorator in function.decorator_list)


def _imported(module: str, tree: ast.AST) -> set[str]:
    """Return the modules of ours that a module imports, wherever in it, not counting itself."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                names.add(inner if inner in MODULES else node.module)
    return {name for name in names if name in MODULES and name != module}


IMPORTS = {name: _imported(name, tree) for name, tree in TREES.items()}


def _circle(graph: dict[str, set[str]]) -> list[str]:
    """Return modules that import each other in a circle, or none."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return []
        for other in sorted(graph[name]):
            if circle := visit(other, [*path, name]):
                return circle
        done.add(name)
        return []

    return next((circle for name in graph if (circle := visit(name, []))), [])


def test_no_file_is_too_long() -> None:
    lengths = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{name}.{function.name}": _lines(function)
        for name, tree in TREES.items()
        for function in _functions(tree)
    }
    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION} == {}


def test_no_kernel_takes_too_many_arguments() -> None:
    kernels = {
        f"{name}.{function.name}": len(function.args.args)
        for name, tree in TREES.items()
        for function in _functions(tree)
        if name.startswith("blochball") and _compiled(function)
    }
    assert len(kernels) > 50
    assert {name: n for name, n in kernels.items() if n > MOST_ARGUMENTS} == {}


def test_no_import_goes_round_in_a_circle() -> None:
    assert _circle(IMPORTS) == []


def test_a_circle_would_be_seen() -> None:
    assert _circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["b", "c"]


@pytest.mark.parametrize("package", sorted(ARROWS))
def test_imports_point_one_way(package: str) -> None:
    wrong = {
        (name, other)
        for name, imported in IMPORTS.items()
        if name.partition(".")[0] == package
        for other in imported
        if not f"{other}.".startswith(tuple(f"{arrow}." for arrow in (package, *ARROWS[package])))
    }
    assert wrong == set()


@pytest.mark.parametrize(("one", "other"), [("exact", "twa"), ("twa", "exact")])
def test_the_theories_do_not_know_each_other(one: str, other: str) -> None:
    for name, imported in IMPORTS.items():
        if name.startswith(f"blochball.{one}"):
            assert not {n for n in imported if n.startswith(f"blochball.{other}")}, name


def test_compiled_modules_import_numbers_and_each_other_only() -> None:
    allowed = {"__future__", "math", "numpy", "numba", "numpy.typing", "typing", "collections.abc"}
    kernels = {
        name
        for name, tree in TREES.items()
        if name.startswith("blochball")
        and (functions := _functions(tree))
        and all(map(_compiled, functions))
    }
    assert kernels
    for name in kernels:
        for node in ast.walk(TREES[name]):
            if isinstance(node, ast.ImportFrom):
                assert node.module in allowed or str(node.module).startswith("blochball"), name
