"""What the site needs besides Sphinx: formulas as MathML, links into the repository, diagrams.

MathML needs neither JavaScript nor fonts from elsewhere, and screen readers read it aloud.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)


def mathml(tex: str, block: bool) -> str:
    """Return LaTeX as MathML; commands that docutils does not know are written as it does."""
    tex = re.sub(r"\\tag\{[^}]*\}", "", tex)
    tex = re.sub(r"\\dots(?![a-z])", r"\\ldots ", tex)
    tex = re.sub(r"\\([bB]igg?)(?![a-zA-Z])", r"\\\1l", tex)
    tex = re.sub(r"\\tfrac\s?(\d)(\d|\\?[a-zA-Z]+)", r"\\tfrac{\1}{\2}", tex)
    try:
        return str(tex2mathml(tex, as_block=block))
    except MathError as error:
        LOGGER.warning("no MathML for %r: %s", tex, error)
        return f"<code>{escape(tex)}</code>"


def _visit_math(self: Any, node: nodes.math) -> None:
    self.body.append(mathml(node.astext(), block=False))
    raise nodes.SkipNode


def _visit_math_block(self: Any, node: nodes.math_block) -> None:
    tag = re.search(r"\\tag\{([^}]*)\}", node.astext())
    number = f'<span class="eqno">({tag[1]})</span>' if tag else ""
    # long formulas are scrolled by themselves, also from the keyboard
    self.body.append(
        f'<div class="formula" tabindex="0">{mathml(node.astext(), block=True)}{number}</div>\n'
    )
    raise nodes.SkipNode


class Flowchart(Directive):
    """A flowchart of the Markdown pages as a table: from where to where."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        targets: dict[str, list[str]] = {}
        for line in self.content:
            if " --> " in line:
                start, end = line.strip().split(" --> ")
                targets.setdefault(start, []).append(end)
        rows = [["rule", "its files are needed by"]]
        rows += [[start, ", ".join(ends)] for start, ends in sorted(targets.items())]
        group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in (1, 3)), cols=2)
        parts = [nodes.row("", *(_cell(text) for text in row)) for row in rows]
        group += nodes.thead("", parts[0])
        group += nodes.tbody("", *parts[1:])
        return [nodes.table("", group)]


def _cell(text: str) -> nodes.entry:
    return nodes.entry("", nodes.paragraph(text=text))


def _into_repository(app: Sphinx, name: str, source: list[str]) -> None:
    """Name files outside of docs/ instead of linking to them: they are no pages of the site."""
    out = re.escape("../" * (name.count("/") + 1))
    source[0] = re.sub(rf"\[([^\]]+)\]\({out}([^)]+)\)", _named, source[0])


def _named(link: re.Match[str]) -> str:
    text, path = link[1], link[2]
    return f"`{path}`" if text.strip("`") in path else f"{text} (`{path}`)"


def _plain(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Keep bars and stars of docstrings as they are: |J M> is no substitution, L^* no emphasis."""
    literal = False
    for k, line in enumerate(lines):
        inside = (
            line.startswith("    ") or line.lstrip().startswith((">>>", "...")) or not line.strip()
        )
        literal = (literal and inside) or line.endswith("::")
        if not literal and not line.lstrip().startswith((">>>", "...")):
            parts = re.split(r"(``.*?``|`.*?`)", line)
            lines[k] = "".join(
                part if part.startswith("`") else re.sub(r"([|*])", r"\\\1", part) for part in parts
            )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register all of it."""
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_math_block, None))
    app.add_directive("mermaid", Flowchart)
    app.connect("source-read", _into_repository)
    app.connect("autodoc-process-docstring", _plain, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
