"""Numbers behind the claims about Fig. 4(d): which way a driven chain emits."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

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


def crossing(results: Results, sites: int, *shares: float) -> list[Quantity]:
    """Return the logarithms of the drives, over the pump, at which the fraction passes values.

    By linear interpolation in the logarithm of the drive; the errors know what they share.

    Raises
    ------
    UnmeasurableError
        If a fraction is never passed, or passed from the first drive on.
    """
    drives, curve = fractions(results, sites)
    axis, forward = np.log(drives), [curve.at(k) for k in range(drives.size)]
    found = []
    for share in shares:
        k = int(np.argmax(curve.value >= share))
        if k == 0:
            raise UnmeasurableError(f"the drives of {sites} ensembles are all on one side")
        before, after = forward[k - 1], forward[k]
        place = (share - before) / (after - before)
        found.append(place * float(axis[k] - axis[k - 1]) + float(axis[k - 1]))
    return found


def probe(results: Results, fraction: float) -> dict[str, Quantity]:
    """Drive at which the forward fraction passes a value; of each chain in the note."""
    found = {
        sites: quantity.exponential(crossing(results, sites, fraction)[0])
        for sites in sizes(results)
    }
    shown = ", ".join(f"{drive} at M = {sites}" for sites, drive in found.items())
    longest = found[max(found)]
    return {
        "drive / pump, longest chain": longest.noted(shown),
        "longest / shortest chain": longest / found[min(found)],
    }


def steepening(results: Results) -> dict[str, Quantity]:
    """Return by how much the forward fraction rises more steeply, per Ω/γ, in longer chains."""
    exponential = quantity.exponential
    return _steeper(results, lambda low, high: exponential(high) - exponential(low))


def steepening_logarithmic(results: Results) -> dict[str, Quantity]:
    """Return the same of the slope per ln(Ω/γ)."""
    return _steeper(results, lambda low, high: high - low)


def _steeper(
    results: Results, width: Callable[[Quantity, Quantity], Quantity]
) -> dict[str, Quantity]:
    """Return ratios of the mean slopes between SPAN: longest over shortest chain, and neighbours.

    Of neighbours the smallest ratio. The slope is SPAN over the width of the drives that it takes,
    a function of their logarithms.
    """
    first, last = SPAN
    slopes = {
        sites: (last - first) / width(*crossing(results, sites, *SPAN)) for sites in sizes(results)
    }
    shown = ", ".join(f"{slope} at M = {sites}" for sites, slope in slopes.items())
    steps = {f"M = {few} to {many}": slopes[many] / slopes[few] for few, many in pairwise(slopes)}
    where, least = min(steps.items(), key=lambda step: step[1].value)
    every = ", ".join(f"{step} from {name}" for name, step in steps.items())
    return {
        "slope, longest / shortest chain": (slopes[max(slopes)] / slopes[min(slopes)]).noted(shown),
        "slope, longer / shorter, smallest": least.noted(f"{where}; {every}"),
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
