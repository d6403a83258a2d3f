"""TWA against the methods one would otherwise pick: same systems, same run. The rule `rivals`.

Every method solves every system of every size; kept are its largest error against the exact
solution and its wall time, after a short run that compiles whatever is compiled. Outside the
workflow::

    python -m workflow.rivals --config config/quick.yaml
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from benchmarks import per_emitter
from blochball import System, __version__, cumulants, exact, models, observables, twa
from blochball.dataset import revision
from paper_checks.quantity import Quantity
from workflow import results, runs

Array = NDArray[np.float64]
NAMES = {
    "mean_field": "mean field",
    "cumulants": "second-order cumulants",
    "per_emitter": "per-emitter TWA",
    "twa": "TWA",
}
METHODS = tuple(NAMES)


@dataclass(frozen=True)
class Case:
    """One family of systems with the quantity by which methods are judged.

    Attributes
    ----------
    system : callable
        From the number of emitters of an ensemble to the System.
    until : callable
        From the same to the last time.
    quantity : callable
        From a Dataset to values and their standard errors, shape (times,) each.
    label : str
        What the quantity is, for the axis.
    start : float
        First time that counts, in units of the last.
    """

    system: Callable[[int], System]
    until: Callable[[int], float]
    quantity: Callable[[xr.Dataset], tuple[Array, Array]]
    label: str
    start: float = 0.0

    def times(self, size: int, outputs: int = 61) -> Array:
        """Return equally spaced output times."""
        return np.linspace(self.start, 1, outputs) * self.until(size)


def _scaled(name: str, power: int) -> Callable[[xr.Dataset], tuple[Array, Array]]:
    """Return a quantity of the first site or channel, over N_tot to a power."""

    def quantity(ds: xr.Dataset) -> tuple[Array, Array]:
        total = System.from_json(ds.attrs["system"]).emitters ** power
        stderr = ds.get(f"{name}_stderr", xr.zeros_like(ds[name]))
        return ds[name].values[:, 0] / total, stderr.values[:, 0] / total

    return quantity


def parameter(
    function: Callable[[xr.Dataset], xr.DataArray], ds: xr.Dataset
) -> tuple[Array, Array]:
    """Return a derived quantity of the first site and its standard error; 0 if not sampled."""
    value = function(ds).isel(site=0)
    stderr = value.stderr if "stderr" in value.coords else xr.zeros_like(value)
    return value.values, stderr.values


CASES = {
    # as Fig. 2(a)
    "laser": Case(
        lambda n: models.superradiant_laser(n, 0.25 * n),
        lambda n: 10 / n,
        _scaled("emission", 2),
        r"$\langle J^+J^-\rangle/N^2$",
    ),
    # as Fig. 2(b), after the pulse
    "subradiant": Case(
        lambda n: models.superradiant_laser(n, 0.4),
        lambda n: 6.0,
        lambda ds: parameter(observables.squeezing, ds),
        r"$\xi^2$",
        0.25,
    ),
    # as time_crystal, oscillating, with local decay
    "time_crystal": Case(
        lambda n: models.boundary_time_crystal(n, 0.75, 1.0, decay=0.05),
        lambda n: 20.0,
        _scaled("inversion", 1),
        r"$\langle J^z\rangle/N$",
    ),
    # as Fig. 3(b)
    "two_ensembles": Case(
        lambda n: models.waveguide_chain(2, n, np.pi / 4, 0.5 * n),
        lambda n: 20 / n,
        _scaled("output", 2),
        r"$\langle I_\mathrm{F}\rangle/N_\mathrm{tot}^2$",
    ),
}


def solve(method: str, system: System, times: Array, trajectories: int, seed: int) -> xr.Dataset:
    """Solve by one of METHODS; deterministic ones ignore the last two arguments."""
    if method == "mean_field":
        return cumulants.solve(system, times, order=1)
    if method == "cumulants":
        return cumulants.solve(system, times, order=2)
    if method == "per_emitter":
        # the fastest rate: that of the collective emission, or of local jumps and drive
        rate = max(
            max((jump.rate for jump in system.jumps), default=0.0) * system.emitters / 2,
            *(float(system.column(kind).max()) for kind in ("decay", "dephasing", "pump")),
            float(np.abs(system.drive_vector).max()),
        )
        steps = int(np.ceil(times[-1] * rate / 0.1))
        return per_emitter.solve(system, times, trajectories, seed, steps)
    with warnings.catch_warnings():
        # the deep subradiant regime is where it says of itself that it should not be trusted
        warnings.filterwarnings("ignore", message=r"twa\.solve: .*not valid", category=UserWarning)
        return twa.solve(system, times, trajectories, seed)


def timed(
    method: str, system: System, times: Array, trajectories: int, seed: int, repeats: int
) -> tuple[xr.Dataset, list[float]]:
    """Solve, `repeats` times, after a short run; return the last Dataset and every wall time."""
    solve(method, system, times[-1:] * 1e-3, 2, seed)
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        ds = solve(method, system, times, trajectories, seed)
        found.append(time.perf_counter() - started)
    return ds, found


def compare(settings: dict[str, Any], seed: int) -> Iterator[dict[str, Any]]:
    """Yield a row for every case, size and method, the exact solution's own included."""
    for name, sizes in settings["sizes"].items():
        case = CASES[name]
        for size in sizes:
            system, times = case.system(size), case.times(size)
            exact.solve(system, times[-1:] * 1e-3)
            started = time.perf_counter()
            judge = exact.solve(system, times)
            row = {"case": name, "size": size}
            yield {**row, "method": "exact", "error": 0.0, "stderr": 0.0,
                   "wall_time": [time.perf_counter() - started], "trajectories": 0}  # fmt: skip
            expected, _ = case.quantity(judge)
            for method in METHODS:
                trajectories = settings["trajectories"].get(method, 0)
                ds, wall = timed(method, system, times, trajectories, seed, settings["repeats"])
                value, stderr = case.quantity(ds)
                worst = int(np.argmax(np.abs(value - expected)))
                yield {**row, "method": method,
                       "error": float(np.abs(value - expected)[worst]),
                       "stderr": float(stderr[worst]),
                       "wall_time": wall, "trajectories": trajectories}  # fmt: skip


def abilities(settings: dict[str, Any], seed: int) -> Iterator[dict[str, Any]]:
    """Yield what each method makes of five tasks, and how long the large ones take."""
    weak = models.superradiant_laser(25, 0.4)
    times = np.linspace(0, 6, 121)
    steady = exact.solve(weak, times)
    driven, oscillating = CASES["time_crystal"], 40
    crystal = driven.system(oscillating)
    judge, _ = driven.quantity(exact.solve(crystal, driven.times(oscillating)))
    large = models.superradiant_laser(settings["large"], 0.25 * settings["large"])
    many = models.waveguide_chain(settings["many"], 250, np.pi / 10, 250)
    for method in METHODS:
        trajectories = settings["trajectories"].get(method, 0)
        few = min(trajectories, settings["few"])
        ds = solve(method, weak, times, trajectories, seed)
        row = {"method": method}
        for task in ("squeezing", "subradiance"):
            # where the exact one is lowest: the lowest of noisy values would be biased
            function = getattr(observables, task)
            expected, _ = parameter(function, steady)
            lowest = int(np.argmin(expected))
            value, stderr = parameter(function, ds)
            yield {**row, "task": task, "exact": float(expected[lowest]),
                   "value": float(value[lowest]), "stderr": float(stderr[lowest])}  # fmt: skip
        ds = solve(method, crystal, driven.times(oscillating), trajectories, seed)
        value, stderr = driven.quantity(ds)
        worst = int(np.argmax(np.abs(value - judge)))
        yield {**row, "task": "drive", "exact": 0.0,
               "value": float(np.abs(value - judge)[worst]),
               "stderr": float(stderr[worst])}  # fmt: skip
        _, wall = timed(method, large, np.array([25.0]) / settings["large"], few, seed, 1)
        yield {**row, "task": "large", "value": wall[0], "trajectories": few}
        _, wall = timed(method, many, np.array([0.002]), few, seed, 1)
        yield {**row, "task": "many", "value": wall[0], "trajectories": few}


def table(data: dict[str, Any]) -> str:
    """Return what each method can do, as Markdown: the README's table."""
    settings = data["settings"]
    tasks = {
        "squeezing": "ξ², N = 25 (exact {exact:.3f})",
        "subradiance": "s, N = 25 (exact {exact:.3f})",
        "drive": "error of the driven ⟨Jᶻ⟩/N, N = 40",
        "large": f"N = {settings['large']:,}, seconds",
        "many": f"{settings['many']} ensembles of 250, seconds",
    }
    cells = {(row["task"], row["method"]): row for row in data["abilities"]}
    lines = ["| | " + " | ".join(NAMES[method] for method in METHODS) + " |"]
    lines.append("|---" * (len(METHODS) + 1) + "|")
    for task, label in tasks.items():
        found = [cells[task, method] for method in METHODS]
        texts = [str(Quantity(row["value"], row.get("stderr", 0.0))) for row in found]
        lines.append(f"| {label.format(**found[0])} | " + " | ".join(texts) + " |")
    few = f"Sampling methods: {settings['few']} trajectories in the last two lines."
    return "\n".join(lines) + f"\n\n{few}\n"


def main() -> None:
    """Read the command line, compare, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", default="config/paper.yaml", help="default: %(default)s")
    config = runs.load(parser.parse_args().config)
    found = results.Results(config)
    settings, seed = found.settings("rivals"), runs.seed_of(config, "rivals")
    data = {
        "rows": list(compare(settings, seed)),
        "abilities": list(abilities(settings, seed)),
        "settings": settings,
        "seed": seed,
        "blochball_version": __version__,
        "revision": revision(),
    }
    path = found.directory / "data/rivals.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1) + "\n")
    (found.directory / "rivals.md").write_text(table(data), encoding="utf-8")


if __name__ == "__main__":
    main()
