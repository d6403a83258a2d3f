"""The code on the pages of the site runs, page by page, as a reader would paste it."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import pyplot

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [DOCS / "start.md", *sorted((DOCS / "howto").glob("*.md"))]


def blocks(page: Path) -> list[str]:
    """Return the Python of a page."""
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.slow
@pytest.mark.filterwarnings("default:twa.solve")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_code_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = blocks(page)
    assert found
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
    monkeypatch.setattr(pyplot, "show", lambda: None)
    names: dict[str, object] = {}
    for block in found:
        exec(compile(block, str(page), "exec"), names)
    pyplot.close("all")
    assert "nan" not in capsys.readouterr().out


def test_a_system_of_ones_own_with_error_bands_takes_ten_lines() -> None:
    own = next(block for block in blocks(DOCS / "start.md") if "detuning" in block)
    code = "".join(line for line in own.split("\n") if not line.startswith(("import", "from")))
    statements = [line for line in own.split("\n") if line and not line.startswith((" ", ")", "]"))]
    assert len(statements) <= 10
    assert "fill_between" in code
