"""The reproduction page as a reader meets it: in a real browser, by mouse, keyboard and on paper.

``tests/workflow/browser/install.sh`` installs what is needed. Without it these tests are skipped,
except under CI=true, where they fail.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks import timing
from paper_checks import ledger
from workflow import config
from workflow.report import page, sources
from workflow.results import Results

BROWSER = Path(__file__).with_name("browser")
Seen = dict[str, Any]


def missing() -> str:
    """Return why there is no browser to test in, or nothing."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    if not any(name and shutil.which(name) for name in names):
        return "no Chromium"
    if not shutil.which("node"):
        return "no Node.js"
    return "" if (BROWSER / "node_modules" / "playwright-core").is_dir() else "no playwright-core"


@pytest.fixture(scope="session")
def look() -> Callable[..., list[Seen]]:
    """Return what opens pages in a browser and says what it saw there."""
    if reason := missing():
        text = f"{reason}: run tests/workflow/browser/install.sh"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(text)

    def look(*paths: Path) -> list[Seen]:
        command = ["node", str(BROWSER / "look.mjs"), *map(str, paths)]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert run.returncode == 0, run.stderr[-3000:]
        return json.loads(run.stdout)

    return look


@pytest.fixture(scope="session")
def built(results: Results) -> Path:
    """Return the page that the workflow has built."""
    return results.directory / "reproduction.html"


@pytest.fixture(scope="session")
def data(results: Results) -> dict[str, Any]:
    """Return the ledger behind it."""
    return json.loads((results.directory / "claims.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def figures() -> list[str]:
    """Return the figures that the page has to show."""
    return list(config.figures())


# -- what is wrong with a page ---------------------------------------------------------------------


def problems(seen: Seen, data: dict[str, Any], figures: list[str]) -> list[str]:
    """Return everything that is wrong with a page, in words."""
    return [*contents(seen, data, figures), *reading(seen), *use(seen, data)]


def contents(seen: Seen, data: dict[str, Any], figures: list[str]) -> list[str]:
    """Every claim of claims.yaml once with its numbers, verdict and provenance, every picture."""
    wrong = []
    ids = [row["id"] for row in seen["rows"]]
    known = {claim["id"]: claim for claim in data["claims"]}
    for claim in ledger.claims():
        if ids.count(claim.id) != 1:
            wrong.append(f"claim {claim.id} is there {ids.count(claim.id)} times")
            continue
        row, expected = seen["rows"][ids.index(claim.id)], known[claim.id]
        cells = " ".join(row["cells"])
        if shown(claim.claim) not in cells:
            wrong.append(f"claim {claim.id} is not said in its row")
        if row["verdict"] != expected["verdict"] or expected["verdict"] not in row["cells"][3]:
            wrong.append(f"claim {claim.id} has the verdict {row['verdict']}")
        if [number["name"] for number in expected["numbers"]] != list(claim.criteria):
            wrong.append(f"claim {claim.id} has other numbers than criteria")
        first = min(expected["numbers"], key=clearance)
        for number, cell in [(first, 2), *((number, 4) for number in expected["numbers"])]:
            text = shown(number["text"]) if math.isfinite(number["stderr"]) else "no data"
            if shown(number["name"]) not in row["cells"][cell] or text not in row["cells"][cell]:
                wrong.append(f"claim {claim.id} does not show {number['name']}, {text}")
        for path in expected["sources"]:
            made = data["sources"][path]
            for text in (path, made["version"], made["revision"]):
                if text not in row["cells"][4]:
                    wrong.append(f"claim {claim.id} does not name {text}")
    wrong += [f"a claim {unknown} of nobody's" for unknown in sorted(set(ids) - set(known))]
    places = [image["in"] for image in seen["images"]]
    for place in (f"figure-{name}" for name in figures):
        if places.count(place) != 1:
            wrong.append(f"{places.count(place)} images in {place}")
    wrong += [f"image in {i['in']} did not load" for i in seen["images"] if not i["width"] > 0]
    wrong += [f"image in {i['in']} has no alt" for i in seen["images"] if not i["named"]]
    return wrong


def clearance(number: dict[str, Any]) -> float:
    """Return how clear a number is of its criterion; infinity if nobody knows."""
    return math.inf if number["clearance"] is None else number["clearance"]


def shown(text: str) -> str:
    """Return a text of the ledger as one reads it on the page."""
    return page.typeset(text).striptags()


def reading(seen: Seen) -> list[str]:
    """No errors, no network, nothing wider than the screen, nothing in the way of anybody."""
    wrong = [f"console: {text}" for text in seen["errors"]]
    wrong += [f"request: {url}" for url in seen["requests"]]
    wrong += [f"{name}: {n} px too wide" for name, n in seen["overflow"].items() if n > 0]
    for name, found in seen["axe"].items():
        serious = [v for v in found if v["impact"] in ("serious", "critical")]
        wrong += [f"axe, {name}: {v['id']} at {v['where']}" for v in serious]
    if seen["motion"] != "auto":
        wrong.append("moves although less motion is asked for")
    if not seen["skip"]:
        wrong.append("the first Tab does not lead to the skip link")
    if seen["unscripted"] != {"rows": len(seen["rows"]), "controls": False}:
        wrong.append(f"without scripts: {seen['unscripted']}")
    return wrong


def use(seen: Seen, data: dict[str, Any]) -> list[str]:
    """Filters leave what they should and say so, columns sort both ways, paper shows all."""
    wrong = []
    ids = [row["id"] for row in seen["rows"]]
    claims = {claim["id"]: claim for claim in data["claims"]}

    def expect(what: str, found: Seen, rows: list[str]) -> None:
        if found.get("rows") != rows or found.get("count") != f"{len(rows)} of {len(ids)} claims":
            wrong.append(f"{what}: {found}")

    for what in ("verdict", "figure"):
        values = {claim[what] for claim in claims.values()}
        if set(seen.get(what, {})) != values | {""}:
            wrong.append(f"filter {what} has {list(seen.get(what, {}))}")
        for value, found in seen.get(what, {}).items():
            left = [i for i in ids if i in claims and value in ("", claims[i][what])]
            expect(f"filter {what} {value}", found, left)
    held = [
        row["id"]
        for row in seen["rows"]
        if all(word in " ".join(row["cells"]).lower() for word in ("subradiant", "ensemble"))
    ]
    if not 0 < len(held) < len(ids):
        wrong.append("no words to filter by")
    expect("filter text", seen.get("words", {}), held)
    expect("filter text that is nowhere", seen.get("nothing", {}), [])
    if not seen.get("nothing", {}).get("none"):
        wrong.append("no word about an empty table")
    expect("show all", seen.get("reset", {}), ids)
    if seen.get("print") != {"rows": ids, "folded": 0, "controls": False}:
        wrong.append(f"on paper: {seen.get('print')}")
    wrong += [text for column in seen.get("sort", []) for text in order(column, claims, ids)]
    unfold = seen.get("unfold", {})
    opened = [unfold.get(when) for when in ("first", "all", "none")]
    if opened != [0, len(ids), 0] or unfold["linked"] != [unfold["link"]]:
        wrong.append(f"details: {unfold}")
    if len(seen.get("sort", [])) != 4:
        wrong.append("there must be four columns to sort by")
    return wrong


def order(column: Seen, claims: dict[str, Any], ids: list[str]) -> list[str]:
    """Return what is wrong with the two orders of one column."""
    wrong = [] if column["marked"] == 1 else [f"{column['marked']} columns marked as sorted"]
    for found in column["orders"]:
        if sorted(found["rows"]) != sorted(ids):
            wrong.append(f"sorting by {column['key']} loses rows")
            continue
        keys = [
            key_of(claims[name], column["key"], ids) for name in found["rows"] if name in claims
        ]
        keys = [key for key in keys if key is not None]  # these come last
        down = found["state"] == "descending"
        if keys != sorted(keys, reverse=down) or len(set(keys)) < 2:
            wrong.append(f"sorting by {column['key']}, {found['state']}: {keys}")
    if {found["state"] for found in column["orders"]} != {"ascending", "descending"}:
        wrong.append(f"sorting by {column['key']} does not say so")
    return wrong


def key_of(claim: dict[str, Any], key: str, ids: list[str]) -> float | None:
    """Return by what a claim is sorted, from the ledger."""
    if key == "place":
        return ids.index(claim["id"])
    if key == "rank":
        return ["not reproduced", "partly", "undecided", "reproduced"].index(claim["verdict"])
    if key == "clearance":
        return min((n[key] for n in claim["numbers"] if n[key] is not None), default=None)
    return None if key != "seconds" else claim["seconds"]


# -- the page, and pages that are broken -----------------------------------------------------------


@pytest.fixture(scope="session")
def timed(data: dict[str, Any]) -> dict[str, Any]:
    """Return the ledger with the wall time of each claim's data."""
    files = data["sources"]
    claims = [
        claim | {"seconds": sum(files[path]["wall_time"] for path in claim["sources"])}
        for claim in data["claims"]
    ]
    return data | {"claims": claims}


def test_the_page_is_whole_usable_and_accessible(
    look: Callable[..., list[Seen]], request: pytest.FixtureRequest
) -> None:
    built, timed, figures = map(request.getfixturevalue, ("built", "timed", "figures"))
    (seen,) = look(built)
    assert problems(seen, timed, figures) == []


def without(pattern: str, replacement: str = "") -> Callable[[str], str]:
    """Return what takes the first match out of a page, across lines."""

    def spoil(text: str) -> str:
        changed, count = re.subn(pattern, replacement, text, count=1, flags=re.DOTALL)
        assert count == 1, pattern
        return changed

    return spoil


def figure(name: str) -> str:
    return rf'(id="figure-{name}".*?)(<img src=")data:[^"]+("[^>]+>)'


ROW = r'(<tr role="row" id="fig2-{}".*?</tr>)'
# pages that are broken in several ways, each with the problem that must be found
SPOILED = {
    "contents": {
        "0 images in figure-fig2": without(figure("fig2"), r"\1"),
        "image in figure-fig3 did not load": without(
            figure("fig3"), r"\1\2data:image/png;base64,AAAA\3"
        ),
        "claim fig2-sampling is there 0 times": without(ROW.format("sampling")),
        "claim fig2-squeezing is there 2 times": without(ROW.format("squeezing"), r"\1\1"),
        "claim fig2-mean-field has the verdict": without(
            r'(id="fig2-mean-field".*?data-verdict=")[^"]+', r"\1partly"
        ),
    },
    "reading": {
        "request: http://127.0.0.1:9/": without(
            figure("fig2"), r"\1\2http://127.0.0.1:9/fig2.png\3"
        ),
        "console: TypeError": without(
            r'"use strict";', '"use strict"; setTimeout(() => undefined.here);'
        ),
        "axe, desktop: select-name": without(r'<label for="verdict">Verdict</label>'),
        "axe, dark: color-contrast": without(r"--faint: #a9b2bb", "--faint: #3b4148"),
        "phone: ": without(r"table-layout: fixed;", "min-width: 30rem;"),
    },
    "use": {
        "filter verdict": without(r"row\.dataset\.verdict === verdict\.value", "true"),
        "details: ": without(r"details\.open = open", "details.open = false"),
        "sorting by seconds": without(r"key\(a\) - key\(b\)", "0"),
        "on paper": without(r"tbody tr, tbody tr\[hidden\] \{ display: grid !important; \}"),
    },
}


def test_the_check_finds_what_is_broken(
    look: Callable[..., list[Seen]], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    built, timed, figures = map(request.getfixturevalue, ("built", "timed", "figures"))
    paths = []
    for name, defects in SPOILED.items():
        text = built.read_text(encoding="utf-8")
        for spoil in defects.values():
            text = spoil(text)
        paths.append(tmp_path / f"{name}.html")
        paths[-1].write_text(text, encoding="utf-8")
    for defects, seen in zip(SPOILED.values(), look(*paths), strict=True):
        found = problems(seen, timed, figures)
        for expected in defects:
            assert any(problem.startswith(expected) for problem in found), (expected, found)


# -- what needs no browser -------------------------------------------------------------------------


def test_the_page_needs_nothing_but_itself(built: Path) -> None:
    text = built.read_text(encoding="utf-8")
    loaded = re.findall(
        r'(?:src|srcset|<link[^>]*href|url|@import)\s*[=(]\s*["\']?([^"\')\s]+)', text
    )
    assert loaded
    assert all(address.startswith("data:") for address in loaded)


def test_a_claim_names_the_files_it_was_measured_from(
    data: dict[str, Any], results: Results
) -> None:
    claims = {claim["id"]: claim for claim in data["claims"]}
    theories = ("eq6", "twa")
    expected = [str(results.path("anchors", f"collective.{theory}")) for theory in theories]
    root = results.directory.parents[1]
    found = [str(root / path) for path in claims["anchor-psi-redundant"]["sources"]]
    assert sorted(found) == sorted(expected)
    twa = data["sources"][os.path.relpath(results.path("anchors", "collective.twa"), root)]
    ds = results.load("anchors", "collective.twa")
    assert twa["trajectories"] == [ds.attrs["trajectories"]]
    assert twa["seeds"] == [ds.attrs["seed"]]
    assert twa["steps"] == [ds.attrs["steps"]]
    assert twa["wall_time"] == ds.attrs["wall_time"]
    assert (twa["version"], twa["revision"]) == (
        ds.attrs["blochball_version"],
        ds.attrs["revision"],
    )


def test_a_scan_adds_wall_times_and_lists_seeds(results: Results) -> None:
    made = sources.describe(results.path("pair", "two.twa"))
    ds = results.load("pair", "two.twa")
    assert made["seeds"] == sorted(ds.seed.values.tolist())
    assert made["wall_time"] == pytest.approx(ds.wall_time.sum().item(), rel=1e-12)
    both = sources.together([made, made])
    assert both["wall_time"] == pytest.approx(2 * made["wall_time"], rel=1e-12)
    assert both["seeds"] == made["seeds"]


def test_benchmarks_are_shown_where_they_have_been_run(tmp_path: Path, results: Results) -> None:
    """As `make bench` writes them, one measured, one compared, one skipped."""
    found = Results(results.config, tmp_path)
    ledger_of_none = {"config": "quick", "seed": 1, "version": "0", "revision": "0", "sigmas": 4}
    data = ledger_of_none | {"sources": {}, "claims": []}
    assert 'id="benchmarks"' not in page.page(found, data, [])
    ours = timing.Row("ours & co", 2.0, 0.5, "ns a step")
    rows = [ours, timing.beside("theirs", [8.0, 8.0], ours), timing.skipped("fast", "no GPU")]
    path = tmp_path / "bench" / "bench.json"
    path.parent.mkdir()
    table = {"about": {"cores": 2}, "rows": [row.record() for row in rows]}
    path.write_text(json.dumps(table), encoding="utf-8")
    Image.new("RGB", (180, 90)).save(path.with_suffix(".png"))
    text = page.page(found, data, [])
    assert '<img src="data:image/png;base64,' in text
    for line in ("ours &amp; co: 2 ± 0.5 ns a step", ", 4 times ours &amp; co", "fast: no GPU"):
        assert line in text
    assert "(cores 2)" in text


@pytest.mark.parametrize(
    ("plain", "typeset"),
    [
        ("the emission <J+J-> of I_l", "the emission ⟨J⁺J⁻⟩ of <i>I</i><sub>l</sub>"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("TWA - exact, two-time, < -1", "TWA − exact, two-time, &lt; −1"),
        ("(6.9 ± 5.2)e-4", "(6.9 ± 5.2) × 10<sup>−4</sup>"),
    ],
)
def test_the_ledger_is_typeset(plain: str, typeset: str) -> None:
    assert page.typeset(plain) == typeset


def test_captions_hold_the_numbers_of_the_config(results: Results, figures: list[str]) -> None:
    for figure in figures:
        text = page.caption(figure, results.config)
        assert str(results.config.seed) in text
        assert "{{" not in text
    spoiled = dataclasses.replace(results.config, seed=777_777)
    assert "777777" in page.caption(figures[0], spoiled)
