"""Every equation of the paper can be found from its number, and leads to code that is in use."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.public import of_docs

equations = of_docs("equations")
TAGS = list(equations.tags())


@pytest.mark.parametrize("number", equations.TITLES)
def test_every_equation_has_code(number: str) -> None:
    assert [name for tag, name, _ in TAGS if tag == number]


@pytest.mark.parametrize(("number", "name"), [tag[:2] for tag in TAGS])
def test_tags_lead_to_objects_of_the_package(number: str, name: str) -> None:
    module, _, attribute = name.rpartition(".")
    assert callable(getattr(importlib.import_module(module), attribute))
    assert (
        f".. autofunction:: {name}\n"
        in equations.table().split(f"## Eq. ({number}):")[1].split("## ")[0]
    )


def test_what_only_mentions_an_equation_is_no_home_of_it(tmp_path: Path) -> None:
    text = '"""Module of Eq. (1)."""\ndef f():\n    """Something like Eq. (2), but not it."""\n'
    (tmp_path / "one.py").write_text(text + 'def g():\n    """The thing: Eq. (3)."""\n')
    assert [tag[:2] for tag in equations.tags(tmp_path)] == [("3", "one.g")]


def test_an_unknown_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equations, "tags", lambda: iter([("99", "blochball.x", "")]))
    with pytest.raises(ValueError, match=r"Eq\. \(99\)"):
        equations.table()
