"""The glossary is short, and each of its words means one thing."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS, FIELDS = (
    (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").split("## Words of the field")
)


def words(text: str) -> list[str]:
    """Return the first cells of all tables."""
    rows = re.findall(r"^\| (.+?) \| .+ \|$", text, flags=re.MULTILINE)
    cells = [row for row in rows if row != "word" and not row.startswith("---")]
    return [word for cell in cells for word in cell.split(", ")]


def test_words_of_our_own_are_few_and_none_is_explained_twice() -> None:
    ours, all_words = words(OURS), words(OURS + FIELDS)
    assert 10 < len(ours) <= 25
    assert len(set(all_words)) == len(all_words)
