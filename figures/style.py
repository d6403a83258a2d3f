"""How every figure looks: sizes, fonts, colours, and how it is written."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib as mpl

mpl.use("Agg")  # figures are files; no display is needed

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb
from matplotlib.figure import Figure

from workflow import config
from workflow.results import Results

COLUMN = 3.375  # width of one journal column, in inches
TWO_COLUMNS = 7.0

# one hue, from dark to light in equal steps of luminance: the order survives greyscale
SHADES = ("#08263f", "#1f5f8b", "#4f9bc7", "#93c1de")
# two that differ in luminance and for every kind of colour blindness
BLUE, VERMILION = "#0b559f", "#e8743b"
GREY, REFERENCE = "#b0b0b0", "#555555"

# exact results are broad and solid, sampled ones thin, dashed and dark on top of them
EXACT = {"linestyle": "-", "linewidth": 2.0, "solid_capstyle": "round"}
SAMPLED = {"linestyle": (0, (3.0, 1.6)), "linewidth": 0.9}

RC = {
    "font.family": "serif",
    "font.serif": ["STIXGeneral"],
    "mathtext.fontset": "stix",
    "font.size": 8,
    "axes.labelsize": 9,
    "axes.linewidth": 0.6,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.markersize": 3,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # text stays text
}


def shades(count: int) -> list[str]:
    """Return `count` colours from dark to light along SHADES."""
    scale = LinearSegmentedColormap.from_list("shades", SHADES)
    return [to_hex(scale(k / max(count - 1, 1))) for k in range(count)]


def on(colour: str) -> str:
    """Return white or black, whichever stands out as dashes on a line of that colour."""
    red, green, blue = to_rgb(colour)
    return "white" if 0.3 * red + 0.59 * green + 0.11 * blue < 0.25 else "black"


def panel_label(ax: Axes, text: str, x: float = 0.02, y: float = 0.97) -> None:
    """Write "(a)" and the like into the upper left corner."""
    ax.text(x, y, text, transform=ax.transAxes, va="top", ha="left", fontsize=9)


def inset(ax: Axes, bounds: tuple[float, float, float, float]) -> Axes:
    """Add small axes inside `ax`; bounds (left, bottom, width, height) in units of `ax`."""
    small = ax.inset_axes(bounds)
    small.tick_params(labelsize=6, pad=1.5, length=2)
    small.tick_params(which="minor", length=1.2)
    small.xaxis.label.set_size(7)
    small.yaxis.label.set_size(7)
    small.xaxis.labelpad = small.yaxis.labelpad = 1
    return small


def main(name: str, draw: Callable[[Results], Figure]) -> None:
    """Draw one figure from the data of a config, as PDF and PNG: every figure script's command."""
    args = config.command_line(f"Draw {name} from the data of the workflow.").parse_args()
    usual = (f"figures/{name}.png", f"figures/{name}.pdf")
    results, paths = Results.at_work(config.load(args.config), args.output, *usual)
    # the same bits whenever it is drawn
    metadata = {".pdf": {"CreationDate": None}, ".png": {"Software": None}}
    with plt.rc_context(RC):
        figure = draw(results)
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, metadata=metadata.get(path.suffix))
