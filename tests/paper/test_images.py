"""Every figure, drawn from the committed data/reference, looks as it did: ``make baseline`` renews.

The data are the same on every machine and the drawing library is pinned, so what is allowed is
rounding: a fraction of a grey level on average over the picture.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images

from figures import style
from workflow import config
from workflow.baseline import Reference

REFERENCE = Reference(config.load(config.ROOT / "config" / "quick.yaml"))
FOLDER = REFERENCE.figure("", "png").parent
FIGURES = sorted(p.parent.name for p in (config.ROOT / "figures").glob("*/draw.py"))
TOLERANCE = 0.1  # root mean square over all pixels, of 255 levels
SAVING = {"dpi": 100, "metadata": {"Software": None}}


def draw(name: str) -> Figure:
    return importlib.import_module(f"figures.{name}.draw").draw(REFERENCE)


def compared(name: str) -> pytest.MarkDecorator:
    return pytest.mark.mpl_image_compare(
        baseline_dir=str(FOLDER),
        filename=f"{name}.png",
        style=style.RC,
        tolerance=TOLERANCE,
        savefig_kwargs=SAVING,
    )


@pytest.mark.parametrize("name", [pytest.param(name, marks=compared(name)) for name in FIGURES])
def test_figure_looks_as_it_did(name: str) -> Figure:
    return draw(name)


def test_every_figure_has_a_picture_and_no_other() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.png")) == FIGURES


def look(name: str, path: Path) -> str | None:
    """Draw a figure as the plugin does; say how it differs from its picture, or None."""
    with plt.style.context(style.RC, after_reset=True):
        figure = draw(name)
        figure.savefig(path, **SAVING)
        plt.close(figure)
    return compare_images(str(FOLDER / f"{name}.png"), str(path), TOLERANCE)


@pytest.mark.parametrize("colour", ["BLUE", "VERMILION"])
def test_a_changed_colour_is_seen(
    colour: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By this test only: no colour gets into the data that test_regression compares."""
    assert look("fig2", tmp_path / "same.png") is None
    # one step of 16 in one channel, on thin lines
    old = getattr(style, colour)
    changed = f"#{int(old[1:3], 16) + 16:02x}{old[3:]}"
    monkeypatch.setattr(style, colour, changed)
    assert "RMS" in (look("fig2", tmp_path / "changed.png") or "")
