"""Numbers behind the claims about Fig. 4(d): which way a driven chain emits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from blochball import observables
from paper_checks import quantity
from paper_checks.curves import Array, Curve, methods_of
from paper_checks.quantity import Quantity, UnmeasurableError
from workflow.results import Results, at

SPAN = 0.6, 0.9  # forward fractions, between which the slope of the response is taken


def sizes(results: Results) -> list[int]:
    """Return the numbers of ensembles, in order."""
    return sorted(member.sites for member in results.settings("drive").members)


def fractions(results: Results, sites: int) -> tuple[Array, Curve]:
    """Return drives in units of the pump, and forward fractions averaged over the output times."""
    ds = results.load("drive", f"sites-{sites}.twa")
    drives = np.sort(ds.drive.values)
    each = [
        Curve.derived(at(ds, drive=drive), observables.direction_fraction).average()
        for drive in drives
    ]
    return drives, Curve(*quantity.arrays(each), methods_of(ds))


def rise(results: Results) -> dict[str, Quantity]:
    """Smallest rise of the forward fraction, over all M: in all, and over each half of the drives.

    The drives are halved on their logarithmic axis.
    """
    rises: dict[str, list[Quantity]] = {"weakest to strongest": [], "weaker": [], "stronger": []}
    for sites in sizes(results):
        drives, forward = fractions(results, sites)
        middle = int(np.argmin(np.abs(np.log(drives**2 / drives[0] / drives[-1]))))
        first, half, last = (forward.at(k) for k in (0, middle, -1))
        for name, step in zip(rises, (last - first, half - first, last - half), strict=True):
            rises[name].append(step)
    return {
        f"smallest rise, {name}": min(steps, key=lambda step: step.value)
        for name, steps in rises.items()
    }


def drive_at(results: Results, sites: int, fraction: float) -> Quantity:
    """Return the drive, in units of the pump, at which the forward fraction passes a value.

    By linear interpolation in the logarithm of the drive.

    Raises
    ------
    UnmeasurableError
        If the fraction is never passed, or passed from the first drive on.
    """
    drives, forward = fractions(results, sites)
    k = int(np.argmax(forward.value >= fraction))
    if k == 0:
        raise UnmeasurableError(f"the drives of {sites} ensembles are all on one side")
    share = (fraction - forward.at(k - 1)) / (forward.at(k) - forward.at(k - 1))
    step = float(np.log(drives[k] / drives[k - 1]))
    drive = float(drives[k - 1] * np.exp(step * share.value))
    return Quantity(drive, drive * step * share.stderr, methods=share.methods)


def probe(results: Results, fraction: float) -> dict[str, Quantity]:
    """Drive at which the forward fraction passes a value; of each chain in the note."""
    found = {sites: drive_at(results, sites, fraction) for sites in sizes(results)}
    shown = ", ".join(f"{drive} at M = {sites}" for sites, drive in found.items())
    longest = found[max(found)]
    return {
        "drive / pump, longest chain": longest.noted(shown),
        "longest / shortest chain": longest / found[min(found)],
    }


def steepening(results: Results) -> dict[str, Quantity]:
    """Return the slope of the forward fraction per Ω/γ, longest over shortest chain."""
    return _steeper(results, lambda low, high: high - low)


def steepening_logarithmic(results: Results) -> dict[str, Quantity]:
    """Return the same of the slope per ln(Ω/γ)."""
    return _steeper(results, _logarithm)


def _logarithm(low: Quantity, high: Quantity) -> Quantity:
    ratio = high / low
    return Quantity(np.log(ratio.value), ratio.stderr / ratio.value, methods=ratio.methods)


def _steeper(
    results: Results, width: Callable[[Quantity, Quantity], Quantity]
) -> dict[str, Quantity]:
    """Return the slope of the longest chain over the shortest's; of all, with exponents, in a note.

    The slope is SPAN over the width of the drives that it takes. It follows no power law.
    """
    first, last = SPAN
    slopes = {
        sites: (last - first) / width(*(drive_at(results, sites, share) for share in SPAN))
        for sites in sizes(results)
    }
    shown = ", ".join(f"{slope} at M = {sites}" for sites, slope in slopes.items())
    local = quantity.local_exponents(list(slopes), list(slopes.values()))
    between = ", ".join(str(exponent) for exponent in local)
    note = f"slopes {shown}; exponents between neighbours {between}"
    return {
        "slope, longest / shortest chain": (slopes[max(slopes)] / slopes[min(slopes)]).noted(note)
    }


def saturation(results: Results, sites: int) -> dict[str, Quantity]:
    """Forward fraction of one chain at the strongest drive, and how much of it comes last.

    The latter is the rise over the last half decade of the drive, by the difference of the
    fractions at the last drive and at the one nearest to a third of it.
    """
    if sites not in sizes(results):
        raise UnmeasurableError(f"there is no chain of {sites} ensembles with this config")
    drives, forward = fractions(results, sites)
    third = int(np.argmin(np.abs(np.log(3 * drives / drives[-1]))))
    last = forward.at(-1)
    return {
        "fraction at the strongest drive": last,
        "rise over the last half decade": last - forward.at(third),
    }
