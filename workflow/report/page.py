"""The reproduction page: every claim with its numbers, figure and provenance. The rule `page`.

One HTML file that needs nothing else, ``results/NAME/reproduction.html``: images, styles and script
are inside. Outside the workflow, once figures and ledger exist::

    python -m workflow.report.page --config config/quick.yaml
"""

from __future__ import annotations

import base64
import io
import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
from docutils.core import publish_parts
from markupsafe import Markup, escape
from PIL import Image

from paper_checks.quantity import Verdict
from workflow import results
from workflow.config import ROOT, Config, command_line, figures, load
from workflow.report import claims, sources

TEMPLATES = Path(__file__).with_name("templates")
FIGURES = ROOT / "figures"
# pixels for one on the page: pictures are shown smaller than they are, for fine screens
DENSITY = 1.8

# from the worst to the best: the order in which they are sorted
MEANINGS = {
    Verdict.NOT_REPRODUCED: "every number that decides is on the wrong side of its criterion",
    Verdict.PARTLY: "some numbers keep their criterion and some do not",
    Verdict.UNDECIDED: "these data are too few to decide: a number is too close to its criterion",
    Verdict.REPRODUCED: "every number keeps its criterion",
}
SIGNS = {
    Verdict.NOT_REPRODUCED: "✗",
    Verdict.PARTLY: "◐",
    Verdict.UNDECIDED: "?",
    Verdict.REPRODUCED: "✓",
}
# what rows are sorted by, the name of the column, and what its order means
COLUMNS = (
    ("place", "Figure", "in the paper's order"),
    ("", "Claim", ""),
    ("clearance", "Least clear number", "by distance from criterion"),
    ("rank", "Verdict", "worst first"),
    ("seconds", "Details", "by wall time"),
)


def typeset(text: str) -> Markup:
    """Return the plain text of the ledger as HTML: <J+J-> and I_l as a physicist writes them."""
    text = re.sub(r"<([^<> ]+)>", r"⟨\1⟩", " ".join(text.split()))
    text = re.sub(r"([Jσ])([+-])", lambda found: found[1] + {"+": "⁺", "-": "⁻"}[found[2]], text)
    text = re.sub(r"(?<![\w)])-(?= |\d|∞)", "−", text)
    text = re.sub(r"\b([A-Z])_([A-Za-z]+)", r"<i>\1</i><sub>\2</sub>", str(escape(text)))
    return Markup(re.sub(r"(?<=[\d)])e([+-]?)0*(\d+)\b", _power, text))


def _power(found: re.Match[str]) -> str:
    return f" × 10<sup>{'−' if found[1] == '-' else ''}{found[2]}</sup>"


def badge(verdict: str) -> Markup:
    """Return a verdict as a word with its sign and colour."""
    return Markup('<strong class="badge {}">{} {}</strong>').format(
        verdict.replace(" ", "-"), _sign(verdict), verdict
    )


def mark(verdict: str) -> Markup:
    """Return the sign alone, with the word for those who do not see it."""
    return Markup('<span class="mark {}">{}<span class="hidden">{}: </span></span>').format(
        verdict.replace(" ", "-"), _sign(verdict), verdict
    )


def _sign(verdict: str) -> Markup:
    return Markup('<span aria-hidden="true">{}</span>').format(SIGNS[Verdict(verdict)])


def distance(clearance: float) -> str:
    """Return in words how far the least clear number is from its criterion."""
    side = "Clear by at least" if clearance >= 0 else "Off by up to"
    return f"{side} {abs(clearance):,.1f} standard errors"


def least_clear(claim: dict[str, Any]) -> dict[str, Any]:
    """Return the number of a claim with the smallest clearance, of those that have one if any."""

    def key(number: dict[str, Any]) -> float:
        clearance = number["clearance"]
        return math.inf if clearance is None else float(clearance)

    return dict(min(claim["numbers"], key=key))


def duration(seconds: float) -> str:
    """Return a wall time as text."""
    if seconds < 100:
        return f"{seconds:.2g} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def spans(made: sources.Record) -> Iterator[tuple[str, str]]:
    """Yield what a record says about effort, in words."""
    seeds = made["seeds"]
    texts = {
        "Methods" if len(made["methods"]) > 1 else "Method": ", ".join(made["methods"]),
        "Seeds" if len(seeds) > 1 else "Seed": _few(seeds),
        "Trajectories": sources.span(made["trajectories"]),
        "Steps": sources.span(made["steps"]),
        "Wall time": duration(made["wall_time"]) if made["wall_time"] else "",
    }
    yield from ((name, text) for name, text in texts.items() if text)


def _few(seeds: Sequence[int]) -> str:
    if len(seeds) > 3:
        return f"{len(seeds)}, from {seeds[0]}"
    return ", ".join(map(str, seeds))


def record(made: sources.Record) -> str:
    """Return the record of one file in a line."""
    texts = [f"{name.lower()} {text}" for name, text in spans(made)]
    # twelve digits, as of revisions: enough to compare
    texts += [f"hash of {name} {text[:12]}" for name, text in made["hashes"].items()]
    return ", ".join(texts)


def picture(path: Path) -> dict[str, Any]:
    """Return a picture as a data URI with its size on the page."""
    content = path.read_bytes()
    with Image.open(io.BytesIO(content)) as image:
        columns, rows = (round(pixels / DENSITY) for pixels in image.size)
    uri = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    return {"uri": uri, "width": columns, "height": rows}


def caption(figure: str, config: Config) -> Markup:
    """Return the caption of a figure as HTML, with the numbers of the config."""
    environment = jinja2.Environment(
        trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    text = (FIGURES / figure / "caption.rst").read_text(encoding="utf-8")
    # the claims, which the workflow's report has below the caption, have their own place here
    numbers = config.plain() | {"claims": dict.fromkeys([figure], "")}
    parts = publish_parts(
        environment.from_string(text).render(snakemake=SimpleNamespace(config=numbers)),
        writer="html5",
        settings_overrides={
            "math_output": "MathML",
            "report_level": 2,
            "halt_level": 2,
            "raw_enabled": False,
            "file_insertion_enabled": False,
            "_disable_config": True,
        },
    )
    return Markup(parts["body"])


def page(found: results.Results, data: dict[str, Any], shown: Collection[str]) -> str:
    """Return the page.

    Parameters
    ----------
    found : Results
        Where the figures are; those of `make bench`, if there are any, are beside it.
    data : dict
        The ledger, as in ``claims.json``.
    shown : collection of str
        Names of the figures to show, in order.
    """
    entries = [
        {
            **claim,
            "title": results.title(claim["figure"]),
            "shown": claim["figure"] in shown,
            "rank": list(MEANINGS).index(Verdict(claim["verdict"])),
            "least": least_clear(claim),
            "clearance": least_clear(claim)["clearance"],
            "made": sources.together(data["sources"][path] for path in claim["sources"]),
        }
        for claim in data["claims"]
    ]
    counted = Counter(claim["verdict"] for claim in entries)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"typeset": typeset, "record": record}
    return environment.get_template("reproduction.html.jinja").render(
        data=data,
        summary=claims.summary(data),
        claims=entries,
        tally={verdict: counted[verdict] for verdict in reversed(MEANINGS) if counted[verdict]},
        figures=[
            {
                "name": name,
                "title": results.title(name),
                "image": picture(found.figure(name, "png")),
                "caption": caption(name, found.config),
                "claims": [entry for entry in entries if entry["figure"] == name],
            }
            for name in shown
        ],
        bench=_bench(found.directory.parent / "bench"),
        columns=COLUMNS,
        meanings=MEANINGS,
        badge=badge,
        mark=mark,
        distance=distance,
        spans=spans,
        infinity=math.inf,
    )


def _bench(directory: Path) -> dict[str, Any] | None:
    """Return the plot of `make bench` and its numbers in words, where it has been run."""
    drawn, numbers = directory / "bench.png", directory / "bench.json"
    if not (drawn.is_file() and numbers.is_file()):
        return None
    data = json.loads(numbers.read_text(encoding="utf-8"))
    return picture(drawn) | {
        "about": ", ".join(f"{name} {value}" for name, value in data["about"].items()),
        "rows": [_benchmark(row) for row in data["rows"]],
    }


def _benchmark(row: dict[str, Any]) -> str:
    if row["median"] is None:
        return f"{row['name']}: {row['unit']}"
    text = f"{row['name']}: {row['median']:.3g} ± {row['spread']:.2g} {row['unit']}"
    return text + (f", {row['ratio']:.3g} times {row['of']}" if row["ratio"] is not None else "")


def main() -> None:
    """Read the command line, write the page."""
    args = command_line(__doc__.splitlines()[0]).parse_args()
    name = "reproduction.html"
    found, (path,) = results.Results.at_work(load(args.config), args.output, name)
    data = json.loads((found.directory / "claims.json").read_text(encoding="utf-8"))
    path.write_text(page(found, data, figures()), encoding="utf-8")


if __name__ == "__main__":
    main()
