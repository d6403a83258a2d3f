"""Every public name of the package, as the reference of the documentation lists them."""

from __future__ import annotations

import importlib.util
import operator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def of_docs(name: str) -> ModuleType:
    """Return a module of docs/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = of_docs("reference")
NAMES = [name for module in reference.MODULES for name in reference.members(module)]


def value_of(name: str) -> Any:
    """Return what a dotted name stands for."""
    return operator.attrgetter(name)(reference.ROOT)
