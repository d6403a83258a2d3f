"""What the README shows is true: its code runs, its links lead somewhere, its table is complete."""

from __future__ import annotations

import re

import pytest

from paper_checks import ledger
from workflow.report import readme

TEXT = readme.README.read_text(encoding="utf-8")


def test_the_code_block_runs_and_prints_a_small_error(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    exec(compile(block, "README.md", "exec"), {})
    # 10,000 trajectories of a quantity of at most 0.17 that fluctuates by as much
    assert 0 < float(capsys.readouterr().out) < 5 * 0.17 / 100


def test_links_lead_to_files() -> None:
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", TEXT)
    assert links
    for link in links:
        assert (readme.config.ROOT / link).exists(), link


def test_the_table_holds_every_claim() -> None:
    table = TEXT.split(readme.BEGIN)[1].split(readme.END)[0]
    rows, below = table.split("Claims of our own")
    for claim in ledger.claims():
        ours = claim.where.startswith(ledger.OURS)
        assert f"`{claim.id}`" in below if ours else f"| `{claim.id}` | " in rows


def test_it_is_short() -> None:
    # the bars of tables are no words
    assert len([word for word in TEXT.split() if re.search(r"\w", word)]) <= 900


def test_claims_that_cannot_be_traced_are_refused() -> None:
    assert "dirty" not in TEXT
    with pytest.raises(ValueError, match="--forcerun claims"):
        readme.table({"claims": [], "revision": "0123456789ab-dirty"})


def test_insertion_replaces_what_was_there() -> None:
    text = f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter"
    new = readme.insert(text, r"a \1 new | table")
    assert new == f"before\n{readme.BEGIN}\n\na \\1 new | table\n\n{readme.END}\nafter"
    assert readme.insert(new, "again").count("again") == 1
    with pytest.raises(ValueError, match="once each"):
        readme.insert("no markers", "")
