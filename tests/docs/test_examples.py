"""Every public name has an example in its docstring, which runs and prints what it says."""

from __future__ import annotations

import ast
import doctest
import inspect
import io

import numpy as np
import pytest
from docutils.core import publish_doctree

from tests.public import NAMES, ROOT, reference, value_of


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_public_name_runs(name: str) -> None:
    value = value_of(name)
    tests = doctest.DocTestFinder(recurse=False).find(value, name, globs={"np": np})
    assert any(test.examples for test in tests), f"{name} has no example"
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.REPORT_ONLY_FIRST_FAILURE)
    report: list[str] = []
    for test in tests:
        runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)


def test_a_wrong_example_fails() -> None:
    wrong = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    assert doctest.DocTestRunner(verbose=False).run(wrong, out=lambda _: None).failed == 1


def malformed_tables(text: str) -> str:
    """Return what docutils has to say of the tables in a text."""
    said = io.StringIO()
    publish_doctree(text, settings_overrides={"warning_stream": said, "halt_level": 5})
    return "".join(line for line in said.getvalue().splitlines(True) if "table" in line)


def test_tables_of_docstrings_are_tables() -> None:
    texts = {
        path.name: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        for path in (ROOT / "src").rglob("*.py")
    }
    assert {n: said for n, text in texts.items() if (said := malformed_tables(text))} == {}
    wide = texts["dataset.py"].replace("time_kept, site,", "time_kept, site_of_all,")
    assert "Malformed table" in malformed_tables(wide)


def test_every_public_module_is_in_the_reference() -> None:
    """A module that another one lists as its own is public, and so are its names."""
    found, todo = set(), ["blochball"]
    while todo:
        found.add(name := todo.pop())
        module = value_of(name)
        listed = {key: getattr(module, key) for key in getattr(module, "__all__", ())}
        todo += [f"{name}.{key}" for key, value in listed.items() if inspect.ismodule(value)]
    assert found <= set(reference.MODULES)
