"""The documentation site: it builds without a warning, links lead somewhere, a browser shows it.

The browser is the one of `tests/workflow/test_report.py`; without it that part is skipped.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.workflow import test_report

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "results" / "docs"
# one page of each kind
PAGES = (
    "index.html",
    "start.html",
    "howto/own-system.html",
    "howto/errors.html",
    "derivation.html",
    "equations.html",
    "glossary.html",
    "workflow.html",
    "reference.html",
    "generated/reference/blochball.System.html",
    "generated/gallery/index.html",
    "generated/gallery/squeezing.html",
    "search.html",
)
SECTIONS = (
    "start",
    "howto",
    "generated/gallery/index",
    "theory",
    "reference",
    "reproducing",
    "contributing",
    "changelog",
)


@pytest.fixture(scope="module")
def site() -> Path:
    """Return the folder of the site, built anew; unchanged examples do not run again."""
    for folder in (SITE, ROOT / "docs" / "generated" / "reference"):
        shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q"]
    command += ["-d", str(SITE / ".doctrees"), str(ROOT / "docs"), str(SITE)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if run.returncode:
        pytest.fail(f"the site does not build:\n{run.stdout[-2000:]}{run.stderr[-4000:]}", False)
    return SITE


def pages(site: Path) -> dict[str, str]:
    """Return the HTML of all pages by path."""
    return {
        path.relative_to(site).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.parts
    }


def dead_links(site: Path, texts: dict[str, str]) -> list[str]:
    """Return links that lead to no file, or to no place in one."""
    names = {
        page: set(re.findall(r'\b(?:id|name)="([^"]+)"', text)) for page, text in texts.items()
    }
    dead = []
    for page, text in texts.items():
        for link in re.findall(r'\b(?:href|src)="([^"]+)"', text):
            parts = urlsplit(unescape(link))
            if parts.scheme or parts.netloc:
                continue
            target = (site / page).parent / unquote(parts.path) if parts.path else site / page
            target = target.resolve()
            if not target.is_file():
                dead.append(f"{page}: {link}")
            elif target.suffix == ".html" and parts.fragment:
                there = names[target.relative_to(site.resolve()).as_posix()]
                if unquote(parts.fragment) not in there and page != "search.html":
                    dead.append(f"{page}: {link}")
    return dead


@pytest.mark.slow
def test_all_sections_are_there_and_links_lead_somewhere(site: Path) -> None:
    texts = pages(site)
    for section in SECTIONS:
        assert f"{section}.html" in texts
        assert f'href="{section}.html"' in texts["index.html"]
    assert dead_links(site, texts) == []
    # and the search for dead links finds them
    spoilt = {**texts, "start.html": '<a href="howto.html#nowhere"></a><img src="gone.png">'}
    assert len([one for one in dead_links(site, spoilt) if one.startswith("start")]) == 2


@pytest.mark.slow
def test_nothing_comes_from_the_network(site: Path) -> None:
    for page, text in pages(site).items():
        loaded = re.findall(r'<(?:script|img|iframe)[^>]*\bsrc="(https?:[^"]+)"', text)
        loaded += re.findall(
            r'<link[^>]*rel="(?:stylesheet|preload)"[^>]*href="(https?:[^"]+)"', text
        )
        assert loaded == [], page


@pytest.fixture(scope="module")
def seen(site: Path) -> dict[str, Any]:
    """Return what a browser saw."""
    if reason := test_report.missing():
        text = f"{reason}: run tests/workflow/browser/install.sh"
        pytest.fail(text, False) if os.environ.get("CI") else pytest.skip(text)
    node = shutil.which("node")
    assert node is not None
    command = [node, str(test_report.BROWSER / "site.mjs"), str(site), *PAGES]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    return dict(json.loads(run.stdout))


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("look", ["desktop", "dark", "phone"])
def test_pages_in_a_browser(seen: dict[str, Any], page: str, look: str) -> None:
    found = seen["pages"][page][look]
    assert found["errors"] == []
    assert found["requests"] == []
    assert found["broken"] == []
    assert found["overflow"] <= 0
    assert found["dark"] == (look == "dark")
    assert [(v["id"], v["where"]) for v in found["axe"]] == []


@pytest.mark.slow
def test_search_finds_a_page(seen: dict[str, Any]) -> None:
    assert any("observables.squeezing" in link for link in seen["search"])
