"""Every public name of the package, as the reference of the documentation lists them."""

from __future__ import annotations

import importlib.util
import operator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
assert _spec is not None
assert _spec.loader is not None
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)

NAMES = [name for module in reference.MODULES for name in reference.members(module)]


def value_of(name: str) -> Any:
    """Return what a dotted name stands for."""
    return operator.attrgetter(name)(reference.ROOT)
