"""Write docs/equations.md, which says where the code of each equation is.

A function or class *is* an equation if the first line of its docstring ends in ``Eq. (n).``, with
a number of the paper or, with a dot, of docs/derivation.md.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "src"
TAG = re.compile(r"\bEq\. \((\d+(?:\.\d+)?)\)\.$")

# what each is about; the first eight are the paper's
TITLES = {
    "1": "Master equation of an ensemble with collective and local jumps",
    "2": "Permutation-invariant density matrix in the Dicke basis",
    "3": "Local dissipation by three effective jumps",
    "4": "Weyl symbols of the jumps",
    "5": "Semiclassical expansion of a product, with the Poisson bracket of a symmetric top",
    "6": "Langevin equations of the truncated Wigner approximation",
    "7": "Expectation values as means over trajectories",
    "8": "Ensembles along a one-dimensional waveguide",
    "7.1": "Drift and diffusion of the Bloch ball under local jumps",
}

HEAD = """\
# Equations and their code

Where each equation is computed. Numbers without a dot are the paper's, those with one are of the
[derivation](derivation.md). This page is made from docstrings: the first line of what *is* an
equation ends in its number.
"""


def tags(sources: Path = SOURCES) -> Iterator[tuple[str, str, str]]:
    """Yield (number, dotted name, first line of the docstring) of everything that is tagged."""
    for path in sorted(sources.rglob("*.py")):
        module = ".".join(path.relative_to(sources).with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from _tags_in(tree, module.removesuffix(".__init__"))


def _tags_in(node: ast.AST, name: str) -> Iterator[tuple[str, str, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            inner = f"{name}.{child.name}"
            first = (ast.get_docstring(child) or "").split("\n")[0]
            if match := TAG.search(first):
                yield match[1], inner, first
            yield from _tags_in(child, inner)


def table(public: Mapping[str, str] | None = None) -> str:
    """Return docs/equations.md.

    Parameters
    ----------
    public : mapping of str to str, optional
        Names under which objects have a page already.

    Raises
    ------
    ValueError
        If something is tagged with a number that has no title.
    """
    homes: dict[str, list[str]] = {number: [] for number in TITLES}
    for number, name, _ in tags():
        if number not in homes:
            raise ValueError(f"{name} is tagged with Eq. ({number}), which has no title here")
        homes[number].append(name)
    lines = [HEAD]
    for number, title in TITLES.items():
        lines += [f"## Eq. ({number}): {title}", "", "```{eval-rst}"]
        known = [public[name] for name in homes[number] if public and name in public]
        if known:
            lines += [".. autosummary::", "   :nosignatures:", "", *(f"   {one}" for one in known)]
        for name in homes[number]:
            if not public or name not in public:
                lines += ["", f".. autofunction:: {name}"]
        lines += ["```", ""]
    return "\n".join(lines)
