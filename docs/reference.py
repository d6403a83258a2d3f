"""Write docs/reference.md: every public name of the package, by what it is for."""

from __future__ import annotations

import inspect
import operator
from types import SimpleNamespace

import blochball

ROOT = SimpleNamespace(blochball=blochball)

HEAD = """\
# Reference

Every public name, with an example that runs. What all theories return is described
[below](#results) and in [the result](howto/saving.md); where an equation of the paper is computed,
in [equations](equations.md).
"""

# module: what it is for, and its public names where they are not `__all__` or all functions
MODULES: dict[str, tuple[str, tuple[str, ...]]] = {
    "blochball": ("Describing a system, and many of them", ()),
    "blochball.models": ("Systems by name", ()),
    "blochball.exact": ("Exact solutions", ()),
    "blochball.exact.liouvillian": ("Density matrices", ("states", "stationary")),
    "blochball.exact.piqs": ("States to and from QuTiP", ("from_piqs", "to_piqs")),
    "blochball.twa": ("Truncated Wigner approximation", ()),
    "blochball.twa.density": ("The approximation without sampling", ()),
    "blochball.twa.eq6": ("The paper's four variables", ("solve",)),
    "blochball.cumulants": ("Cumulant expansions", ()),
    "blochball.per_emitter": ("One classical spin an emitter, to compare with", ()),
    "blochball.observables": ("Derived quantities", ()),
    "blochball.pictures": ("Pictures on the sphere", ()),
    "blochball.storage": ("Files", ("load", "save")),
}
# modules whose docstrings say what solvers return
RESULTS = ("blochball.dataset", "blochball.field")


def members(name: str) -> list[str]:
    """Return the dotted names of the public functions and classes of a module, sorted."""
    module = operator.attrgetter(name)(ROOT)
    listed = MODULES[name][1] or getattr(module, "__all__", ())
    if not listed:
        own = [key for key, value in vars(module).items() if _defined_in(value, module.__name__)]
        listed = [key for key in own if not key.startswith("_")]
    values = {key: getattr(module, key) for key in listed}
    return sorted(
        f"{name}.{key}"
        for key, value in values.items()
        if inspect.isclass(value) or inspect.isroutine(value)
    )


def _defined_in(value: object, module: str) -> bool:
    return inspect.isroutine(value) and value.__module__ == module


def homes() -> dict[str, str]:
    """Return the public name of every object by the name that it is defined under."""
    found = {}
    for name in (member for module in MODULES for member in members(module)):
        value = operator.attrgetter(name)(ROOT)
        found[f"{value.__module__}.{value.__qualname__}"] = name
    return found


def page() -> str:
    """Return docs/reference.md."""
    lines = [HEAD]
    for name, (title, _) in MODULES.items():
        lines += [f"## {title}", "", f"`{name}`", "", "```{eval-rst}", ".. autosummary::"]
        lines += ["   :nosignatures:", "   :toctree: generated/reference", ""]
        lines += [*(f"   {member}" for member in members(name)), "```", ""]
    lines += ["## Results", ""]
    for name in RESULTS:
        text = inspect.getdoc(operator.attrgetter(name)(ROOT))
        lines += [f"`{name}`", "", "```text", str(text), "```", ""]
    return "\n".join(lines)
