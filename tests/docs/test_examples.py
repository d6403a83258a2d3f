"""Every public name has an example in its docstring, which runs and prints what it says."""

from __future__ import annotations

import doctest
import inspect

import numpy as np
import pytest

from tests.public import NAMES, reference, value_of


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


def test_every_public_module_is_in_the_reference() -> None:
    """A module that another one lists as its own is public, and so are its names."""
    found, todo = set(), ["blochball"]
    while todo:
        found.add(name := todo.pop())
        module = value_of(name)
        listed = {key: getattr(module, key) for key in getattr(module, "__all__", ())}
        todo += [f"{name}.{key}" for key, value in listed.items() if inspect.ismodule(value)]
    assert found <= set(reference.MODULES)
