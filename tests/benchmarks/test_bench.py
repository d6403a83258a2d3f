"""The table of the benchmarks: what it prints, what it keeps, what it draws."""

import json
import sys

import pytest
from matplotlib.image import imread

from benchmarks import __main__ as bench
from benchmarks import bench_twa, draw, jax_twa
from benchmarks.timing import Row, beside, measure, median, skipped

OURS = Row("ours", 2.0, 0.5, "s", goal="< 3 s")


def test_a_peer_is_compared_with_ours():
    row = beside("peer", [6.0, 10.0, 8.0], OURS, scale=0.5, goal=">= 2x")
    assert (row.median, row.spread, row.ratio) == (4.0, 1.0, 2.0)
    assert row.unit == OURS.unit
    assert "2x ours" in row.line()
    assert row.line().endswith(">= 2x")
    assert "x " not in OURS.line()


def test_measured_are_all_calls_but_the_first():
    calls = []
    times = measure(lambda: calls.append(1), runs=4, warmup=2)
    assert (len(times), len(calls)) == (4, 6)
    assert median([1.0, 5.0, 2.0], scale=10) == (20.0, 20.0)


def test_without_jax_its_rows_say_so(monkeypatch):
    monkeypatch.setattr(jax_twa, "INSTALLED", False)
    monkeypatch.setattr(bench_twa, "COUNT", 64)
    monkeypatch.setattr(bench_twa, "measure", lambda run, runs=1: [1.0] * runs)
    rows = bench_twa.one_ensemble() + bench_twa.whole_machine()
    lines = [row.line() for row in rows if row.name.startswith("JAX")]
    assert len(lines) == 4
    assert all(line.endswith("not installed, skipped") for line in lines)
    assert skipped("peer", "not installed").record()["median"] is None


def some_rows():
    yield OURS
    yield beside("peer", [4.0, 6.0], OURS)
    yield skipped("another", "not installed")
    for name, factor in (("TWA", 1.0), ("cumulants", 10.0)):
        for at in (10, 100, 1000):
            yield Row(name, factor * at, 1.0, "s", curve=name, against="N", at=at)
    for at in (1, 2, 4):
        yield Row("TWA", 8 / at, 0.1, "s", "1", 1 / at, curve="TWA", against="threads", at=at)


def test_the_table_is_kept_and_drawn(tmp_path, monkeypatch, capsys):
    module = type(sys)("benchmarks.bench_made_up")
    module.rows = some_rows
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(bench, "SUITES", ("made_up",))
    monkeypatch.setattr(sys, "argv", ["benchmarks", "made_up", "--directory", str(tmp_path)])
    bench.main()
    assert "another" in capsys.readouterr().out
    data = json.loads((tmp_path / "bench.json").read_text(), parse_constant=pytest.fail)
    assert data["about"]["cores"] >= 1
    assert [row["ratio"] for row in data["rows"]][:3] == [None, 2.5, None]
    # as wide as a page, and something on it
    picture = imread(tmp_path / "bench.png")
    assert picture.shape[1] == 2100
    assert 0.01 < (picture[..., :3] < 0.5).any(axis=-1).mean() < 0.5
    assert (tmp_path / "bench.pdf").stat().st_size > 1000


@pytest.mark.parametrize("keep", ["peers", "curves"])
def test_a_part_of_the_table_can_be_drawn(keep):
    rows = [{"suite": "made_up", **row.record()} for row in some_rows()]
    figure = draw.draw([row for row in rows if bool(row["curve"]) == (keep == "curves")])
    shown = [ax for ax in figure.axes if ax.axison]
    assert len(shown) == (1 if keep == "peers" else 2)


def test_an_unknown_suite_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["benchmarks", "twaa"])
    with pytest.raises(SystemExit):
        bench.main()
    known = ", ".join(bench.SUITES)
    assert f"SUITE must be of {known}, got 'twaa'" in capsys.readouterr().err
