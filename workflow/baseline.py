"""Reference data for the regression tests: what the figures of config/quick.yaml draw, as text.

``make baseline`` renews ``data/reference``: numbers, rounded to a hundredth of their standard
error, whose differences git can show, and figures drawn from them. A run that still agrees with its
reference keeps it, so that what differs is what has changed. Without make, once the data exist::

    python -m workflow.baseline --config config/quick.yaml

Two runs are compared as `compare` says.
"""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball.moments import DIMS, MOMENTS
from workflow import config
from workflow.results import Results
from workflow.runs import Family, Run

ROOT = config.ROOT / "data" / "reference"

# kept of a family whose settings do not say, as `drawn`, which quantities the figures draw
EVERY = (*MOMENTS, "output", "structure_factor")
# of long axes, where many entries say the same, about so many are kept
LONGEST = {"time": 101, "site": 20, "momentum": 41, "sample": 3, "trajectory": 6}
# these depend on the machine and on what else it does, and are no physics
TIMED = ("seconds",)

# bounds of `compare`
SHARED = 1.0
REDRAWN = 1.6
FARTHEST = 6.0
EXACT = 1e-7
SPREAD = {True: 0.1, False: 0.25}  # relative change of standard errors, with shared noise or not


# -- comparing -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """How far one quantity of a run is from its reference.

    Attributes
    ----------
    what : str
        FAMILY/RUN and the quantity.
    kind : {"exact", "shared", "redrawn"}
        Deterministic; sampled with the same random numbers; sampled anew.
    farthest, rms : float
        Largest and root-mean-square difference in combined standard errors; for a deterministic
        quantity relative to its largest value.
    spread : float
        Relative change of the standard errors: the largest, or if redrawn the median.
    """

    what: str
    kind: str
    farthest: float
    rms: float
    spread: float = 0.0

    @property
    def fails(self) -> bool:
        """Whether the quantity has changed."""
        if self.kind == "exact":
            return not self.farthest <= EXACT
        shared = self.kind == "shared"
        farthest, rms = (SHARED, SHARED) if shared else (FARTHEST, REDRAWN)
        # written so that NaN fails
        return not (self.farthest <= farthest and self.rms <= rms and self.spread <= SPREAD[shared])

    def __str__(self) -> str:
        """One line for a message."""
        if self.kind == "exact":
            return f"{self.what}: {self.farthest:.1e} of its largest value away"
        return (
            f"{self.what}: {self.farthest:.2g} combined standard errors away ({self.rms:.2g} rms), "
            f"standard errors changed by {self.spread:.0%}; random numbers {self.kind}"
        )


def compare(what: str, old: xr.Dataset, new: xr.Dataset) -> list[Change]:
    """Compare every quantity of a run with its reference.

    Deterministic quantities must agree within EXACT of their largest value. For sampled ones the
    difference counts in combined standard errors, z = |new - old| / sqrt(stderr_new² +
    stderr_old²):

    - The same seed, trajectories and time steps mean the same random numbers, on any machine. What
      is left is rounding, some 1e-11 standard errors, and each number must have z <= SHARED: a
      shift by three standard errors of the curve, z = 3 / sqrt 2 = 2.1, fails.
    - Extended chains choose their steps in a pilot run that amplifies rounding. Where the number of
      steps differs, the random numbers are others, and z is expected to be one: the root mean
      square over all times, sites and points of the quantity must be at most REDRAWN. The same
      shift makes it sqrt(1 + 3²/2) = 2.3. One number of ten thousand may reach FARTHEST.
    """
    found = []
    shared = _steps(old) == _steps(new)
    numbers = [str(name) for name in old.data_vars if old[name].dtype.kind == "f"]
    for name in numbers:
        if name.endswith("_stderr") or name in TIMED:
            continue
        label = f"{what} {name}"
        if name not in new or old[name].sizes != new[name].sizes:
            found.append(Change(label, "exact", np.inf, np.inf))
            continue
        difference = np.abs(new[name].values - old[name].values)
        # not a number in both is agreement
        difference[np.isnan(old[name].values) & np.isnan(new[name].values)] = 0
        largest = max(float(np.nanmax(np.abs(old[name].values))), 1e-5)
        if f"{name}_stderr" in old and f"{name}_stderr" in new:
            before, after = (ds[f"{name}_stderr"].values for ds in (old, new))
            kind = "shared" if shared else "redrawn"
            found.append(_sampled(label, kind, difference, before, after, EXACT * largest))
        else:
            relative = difference / largest
            found.append(
                Change(label, "exact", float(relative.max()), math.sqrt((relative**2).mean()))
            )
    return found


def _sampled(
    what: str, kind: str, difference: Any, before: Any, after: Any, rounding: float
) -> Change:
    combined = np.hypot(before, after)
    # where nothing fluctuates nothing may differ but by rounding
    still = combined <= 1e-9 * float(combined.max())
    same = still & (difference <= rounding)
    z = np.where(same, 0.0, difference / np.where(still, 1e-300, combined))
    ratio = np.abs(after[~still] / np.maximum(before[~still], 1e-300) - 1)
    pick = np.max if kind == "shared" else np.median
    spread = float(pick(ratio)) if ratio.size else 0.0
    return Change(what, kind, float(z.max()), float(np.sqrt((z**2).mean())), spread)


def _steps(ds: xr.Dataset) -> list[int]:
    steps = ds["steps"].values if "steps" in ds.coords or "steps" in ds else ds.attrs.get("steps")
    return np.atleast_1d(0 if steps is None else steps).tolist()


# -- reading and writing -------------------------------------------------------------------------


class Reference(Results):
    """The reference data of a config: read like `Results`, and by the same figures."""

    def __init__(self, of: config.Config, root: str | Path = ROOT) -> None:
        super().__init__(of, root)

    @cached_property
    def families(self) -> dict[str, Family]:
        """Every run that has a reference; timings, of which nothing is kept, have none."""
        every = self.config.families()
        return {family: runs for family, runs in every.items() if self.drawn(family)}

    def drawn(self, family: str) -> tuple[str, ...]:
        """Return the quantities that are kept of a family."""
        return getattr(self.settings(family), "drawn", EVERY)

    def reduced(self, family: str, ds: xr.Dataset) -> xr.Dataset:
        """Return what is compared and drawn of a run: few quantities, of long axes a part."""
        strides = {
            dim: slice(None, None, self._stride(family, dim, n)) for dim, n in ds.sizes.items()
        }
        ds = ds.isel(strides)
        names = [name for name in self.drawn(family) if name in ds]
        steps = {"steps": ds["steps"]} if "steps" in ds else {}
        kept = ds[[full for name in names for full in (name, f"{name}_stderr") if full in ds]]
        return kept.assign_coords(steps).assign_attrs(steps=ds.attrs.get("steps", 0))

    def _stride(self, family: str, dim: Any, length: int) -> int:
        """Return of how many values along an axis one is kept; a family may ask for fewer."""
        longest = LONGEST | getattr(self.settings(family), "longest", {})
        return -(-length // longest.get(str(dim), length or 1))

    def file(self, family: str) -> Path:
        """Return the file with the runs of a family."""
        return self.directory / "data" / f"{family}.json"

    def entries(self, family: str) -> dict[str, Any]:
        """Return what is kept of the runs of a family."""
        path = self.file(family)
        return _read(path, path.stat().st_mtime_ns) if path.exists() else {}

    def batches(self, family: str, run: str) -> list[xr.Dataset]:
        """Return the Dataset of a run, thinned out by `reduced`; batches are together."""
        entry = self.entries(family)[run]
        ds = xr.Dataset(
            {
                name: (value["dims"], np.reshape(value["numbers"], value["shape"]).astype(float))
                for name, value in entry["variables"].items()
            },
            entry["coords"],
        )
        of = self.families[family][run]
        system = next(iter(of.points.values())).system
        if "site" in ds.dims:
            sizes = system.column("size")[:: self._stride(family, "site", system.sites)]
            ds = ds.assign_coords(ensemble_size=("site", sizes))
        if "channel" in ds.dims:
            ds = ds.assign_coords(channel_rate=("channel", [jump.rate for jump in system.jumps]))
        systems = [point.system.to_json() for point in of.points.values()]
        if of.scan is None:
            return [ds.assign_attrs(system=systems[0], steps=entry["steps"][0])]
        systems = systems[:: self._stride(family, of.scan, len(systems))]
        ds = ds.assign(system=(of.scan, systems))
        return [ds.assign_coords(steps=("point", entry["steps"]))]


@lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def entry_of(run: Run, ds: xr.Dataset) -> dict[str, Any]:
    """Return a reduced Dataset as numbers for JSON."""
    variables = {}
    for name, value in ds.data_vars.items():
        stderr = ds.get(f"{name}_stderr")
        numbers = _rounded(value.values, None if stderr is None else stderr.values)
        if str(name).endswith("_stderr"):
            numbers = [significant(item, 3) for item in value.values.flat]
        variables[str(name)] = {
            "dims": list(value.dims),
            "shape": list(value.shape),
            "numbers": numbers,
        }
    coords = {
        str(dim): [significant(item) for item in ds[dim].values.tolist()]
        for dim in ds.dims
        if dim in ds.coords
    }
    return {
        "fingerprint": run.fingerprint,
        "steps": _steps(ds),
        "coords": coords,
        "variables": variables,
    }


def _rounded(values: NDArray[Any], stderr: NDArray[Any] | None) -> list[float]:
    """Return numbers with as many digits as mean something."""
    scale = np.nanmax(np.abs(values), initial=0.0)
    errors = np.zeros(values.shape) if stderr is None else stderr

    def rounded(value: float, error: float) -> float:
        error = significant(error, 3)  # as it will be read
        if error > 1e-9 * scale:
            return round(float(value), 2 - math.floor(math.log10(error)))
        # digits below those of the largest value are rounding
        return 0.0 if abs(value) < 1e-12 * scale else significant(value)

    return [rounded(*pair) for pair in zip(values.flat, errors.flat, strict=True)]


def significant(value: Any, digits: int = 9) -> Any:
    """Return some digits of a number, and anything else as it is."""
    return float(f"{value:.{digits}g}") if isinstance(value, float | np.floating) else value


def dump(data: Any, path: Path) -> None:
    """Write JSON with lists of numbers in lines of equal length."""
    text = json.dumps(data, indent=1, ensure_ascii=False)

    def wrapped(match: re.Match[str]) -> str:
        return "[\n" + textwrap.fill(" ".join(match[1].split()), 100) + "\n]"

    text = re.sub(r"\[\s*((?:-?[\d.]+(?:e[+-]?\d+)?|NaN)(?:,\s*[-\d.eNa+]+)*)\s*\]", wrapped, text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


# -- renewing ------------------------------------------------------------------------------------


def renew(results: Results, reference: Reference) -> list[str]:
    """Make the reference that of `results`; return a line for each quantity that has changed."""
    news: list[str] = []
    for family, members in reference.families.items():
        old, kept = reference.entries(family), {}
        for name, run in members.items():
            what = f"{family}/{name}"
            ds = reference.reduced(family, results.load(family, name))
            if name in old and old[name]["fingerprint"] == run.fingerprint:
                changes = compare(what, reference.load(family, name), ds)
                changed = [str(change) for change in changes if change.fails]
            else:
                changed = [f"{what}: new, or its parameters changed"]
            news += changed
            kept[name] = entry_of(run, ds) if changed else old[name]
        if kept != old:
            dump(kept, reference.file(family))
    summary = reference.directory / "summary.txt"
    summary.write_text("\n".join(summarised(reference)) + "\n", encoding="utf-8")
    return news


def summarised(reference: Reference) -> Iterator[str]:
    """Yield a line for each quantity: its mean over everything, and its standard error."""
    yield "Mean over all times, sites and points of each quantity; ± is its mean standard error."
    for family, members in reference.families.items():
        for name in members:
            ds = reference.load(family, name)
            for quantity in (q for q in map(str, ds.data_vars) if q in DIMS):
                stderr = ds.get(f"{quantity}_stderr")
                error = "" if stderr is None else f" ± {float(stderr.mean()):.2g}"
                yield f"{family}/{name} {quantity} {float(ds[quantity].mean()):.6g}{error}"


def main() -> None:
    """Read the command line, renew, say what has changed."""
    of = config.load(config.command_line(__doc__.splitlines()[0]).parse_args().config)
    news = renew(Results(of), Reference(of))
    print("\n".join(news) if news else "everything agrees with the reference")


if __name__ == "__main__":
    main()
