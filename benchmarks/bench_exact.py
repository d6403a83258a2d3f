"""The exact density matrix against QuTiP, and what it takes as ensembles grow."""

from __future__ import annotations

import argparse
import warnings
from math import pi
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import Row, beside, measure, median, peak_memory
from blochball import System, exact, models

ACCURACY = 1e-7  # asked of both sides


def driven(size: int) -> System:
    """Return a boundary time crystal with local decay and pump, rates sums of powers of two."""
    return models.boundary_time_crystal(size, 1.0, size / 32, decay=0.125, pump=0.0625)


def two_ensembles() -> Row:
    """M = 2, N = 20, phi = pi/4 of the paper's Fig. 3(b) to Gamma t = 0.6, assembly included."""
    times = np.linspace(0, 0.6, 61)
    exact.solve(models.waveguide_chain(2, 2, pi / 4, 10.0), times)  # compile
    system = models.waveguide_chain(2, 20, pi / 4, 10.0)
    value, spread = median(measure(lambda: exact.solve(system, times), runs=3, warmup=0))
    return Row("liouvillian, M=2, N=20, phi=pi/4", value, spread, "s", goal="< 4 s")


def mesolve(size: int, times: np.ndarray) -> np.ndarray:
    """Return the inversion of `driven` by PIQS, its liouvillian included."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from qutip import mesolve, piqs

        jx, _, jz = piqs.jspin(size)
        peer = piqs.Dicke(
            size, hamiltonian=jx, emission=0.125, pumping=0.0625, collective_emission=1 / 32
        )
        options = {"rtol": ACCURACY, "atol": ACCURACY, "nsteps": 1_000_000, "progress_bar": ""}
        ground = piqs.dicke(size, size / 2, -size / 2)
        return mesolve(peer.liouvillian(), ground, times, e_ops=[jz], options=options).expect[0]


def against_piqs(size: int = 40) -> list[Row]:
    """One driven ensemble: assembly and evolution, against PIQS's liouvillian and mesolve."""
    times = np.linspace(0, 4, 9)

    def ours(size: int = size) -> np.ndarray:
        found = exact.solve(driven(size), times, tolerance=ACCURACY)
        return found.inversion.values[:, 0]

    ours(3)  # compile
    # what is compared is the same
    np.testing.assert_allclose(ours(6), mesolve(6, times), atol=1e-5)
    value, spread = median(measure(ours))
    row = Row(f"liouvillian, driven, N={size}", value, spread, "s")
    peer = measure(lambda: mesolve(size, times), runs=2, warmup=0)
    return [row, beside("PIQS mesolve, the same", peer, row, goal=">= 20x")]


def trajectories() -> Row:
    """Kets of two ensembles of a hundred, too large for a density matrix."""
    system = models.waveguide_chain(2, 100, pi / 4, 50.0)
    options = {"method": "jumps", "trajectories": 100}
    exact.solve(system, [1e-3], **options)  # compile
    times = np.linspace(0, 0.1, 11)
    value, spread = median(measure(lambda: exact.solve(system, times, **options), 3, 0))
    return Row("kets, M=2, N=100, 100 trajectories", value, spread, "s")


def twisting() -> Row:
    """One-axis twisting with every local loss and second moments, in sectors of the coherence."""
    losses = {"decay": 1.0, "dephasing": 0.25, "pump": 0.6}
    times = np.linspace(0, 0.2, 50)
    exact.solve(models.one_axis_twisting(4, **losses), times, moments="second")  # compile
    system = models.one_axis_twisting(100, **losses)
    value, spread = median(measure(lambda: exact.solve(system, times, moments="second"), 3, 0))
    return Row("twisting with losses, N=100, 50 times", value, spread, "s", goal="< 1 s")


def rows() -> list[Row]:
    code = (
        "from blochball import models, exact;"
        "exact.solve(models.waveguide_chain(2, 20, 0.785, 10.0), [0.1])"
    )
    memory = Row("liouvillian, M=2, N=20", peak_memory(code), 0.0, "MB peak")
    return [two_ensembles(), memory, twisting(), *against_piqs(), trajectories()]


# -- growth with N and M ---------------------------------------------------------------------------

# each to t = 0.1 with four output times
FAMILIES: dict[str, tuple[str, tuple[int, ...]]] = {
    "one, no drive": ("models.superradiant_laser({n}, 5.0, polar=1.0)", (20, 50, 100, 200, 400)),
    "one, driven": ("models.boundary_time_crystal({n}, 5.0, 5.0, decay=1.0)", (10, 20, 40, 80)),
    "two, no drive": ("models.waveguide_chain(2, {n}, 0.7, 5.0)", (4, 8, 12, 16, 20, 26)),
    "two, driven": ("models.waveguide_chain(2, {n}, 0.7, 5.0, drive=1.0)", (3, 6, 9, 12)),
    "three, no drive": ("models.waveguide_chain(3, {n}, 0.7, 5.0)", (2, 3, 4, 5, 6)),
}


TIMES = (0.025, 0.05, 0.075, 0.1)


def growth() -> list[dict[str, Any]]:
    """Time and memory of exact.liouvillian against N, memory from a process of its own."""
    found = []
    for family, (call, sizes) in FAMILIES.items():
        for size in sizes:
            text = call.format(n=size)
            system = eval(text, {"models": models})  # the text is from the table above
            seconds, _ = median(measure(lambda s=system: exact.solve(s, TIMES, "liouvillian"), 1))
            ds = exact.solve(system, TIMES, "liouvillian")
            code = f"exact.solve({text}, {TIMES}, 'liouvillian')"
            megabytes = peak_memory(f"from blochball import models, exact; {code}")
            unknowns = ds.attrs["unknowns"]
            print(f"{family:16s} N={size:<4d} {unknowns:9,d} {seconds:8.3f} s {megabytes:6.0f} MB")
            found.append(
                {
                    "family": family,
                    "size": size,
                    "unknowns": unknowns,
                    "seconds": seconds,
                    "megabytes": megabytes,
                }
            )
    return found


def plot(entries: list[dict[str, Any]], path: Path) -> None:
    """Draw time and memory against N."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("seconds", "megabytes"), strict=True):
        for family in FAMILIES:
            mine = [entry for entry in entries if entry["family"] == family]
            axes.loglog([e["size"] for e in mine], [e[name] for e in mine], "o-", label=family)
        axes.set(xlabel="emitters per ensemble", ylabel=name)
    axes.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def main() -> None:
    """Print the comparison, or measure and draw how the cost grows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_exact", description=__doc__)
    parser.add_argument("--growth", type=Path, metavar="PICTURE", help="e.g. results/exact.png")
    args = parser.parse_args()
    if args.growth:
        plot(growth(), args.growth)
    else:
        for row in rows():
            print(row.line(), flush=True)


if __name__ == "__main__":
    main()
