"""Numbers behind the claims about both forms of TWA: Eq. (6) ("top") and the Bloch ball ("twa")."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball import observables
from paper_checks.fig2.measure import power_law, resolved
from paper_checks.fig3.measure import Curve, forward, largest, two
from paper_checks.ledger import Quantity
from workflow.results import Results

Array = NDArray[np.float64]

FORMS = {"top": "Eq. (6)", "twa": "ball"}
# the power of N that makes each of order one, and what that is called
SCALE = {"emission": 2, "inversion": 1, "spin_squared": 2}
PER_SIZE = {"emission": "emission/N²", "inversion": "inversion/N"}


# -- Fig. 2(a): both forms and exact, for each size ------------------------------------------------


def sizes(results: Results) -> list[int]:
    """Return the sizes in order."""
    return sorted(member.size for member in results.settings("formulations").members)


def times(results: Results, size: int) -> Array:
    """Return the times in 1/(N Gamma)."""
    return results.load("formulations", f"size-{size}.exact").time.values * size


def curve(results: Results, size: int, theory: str, name: str) -> Curve:
    """Return emission or spin_squared per N^2, or inversion per N."""
    ds = results.load("formulations", f"size-{size}.{theory}").isel(site=0)
    scale = float(size) ** SCALE[name]
    value = ds[name].values / scale
    stderr = ds[f"{name}_stderr"].values / scale if theory in FORMS else np.zeros(value.size)
    return value, stderr


def error(results: Results, form: str, size: int, name: str) -> Curve:
    """Return N (TWA - exact) of `curve`: of order one in all N if the error falls as 1/N."""
    exact, twa = (curve(results, size, theory, name) for theory in ("exact", form))
    return size * (twa[0] - exact[0]), size * twa[1]


def largest_error(results: Results, form: str, size: int, name: str) -> Quantity:
    """Return max over time of |TWA - exact| of `curve`."""
    return largest(*(curve(results, size, theory, name) for theory in ("exact", form)))


def scaling(results: Results, name: str) -> dict[str, Quantity]:
    """Exponent of the largest error against N for each form, of sizes where it is resolved."""
    found = {}
    where = np.array(sizes(results), dtype=float)
    for form, shown in FORMS.items():
        errors = [largest_error(results, form, int(size), name) for size in where]
        value = np.array([quantity.value for quantity in errors])
        stderr = np.array([quantity.stderr for quantity in errors])
        seen = resolved(value, stderr)
        if seen.sum() < 3:
            found[shown] = Quantity(0.0, np.inf, "fewer than three sizes are resolved")
            continue
        exponent = power_law(where[seen], value[seen], stderr[seen] / value[seen])
        note = f"N = {where[seen].min():.0f} to {where[seen].max():.0f}"
        found[shown] = Quantity(*exponent, note)
    return found


def length(results: Results, size: int) -> dict[str, Quantity]:
    """Largest error of <J^2>/N for each form: by how much of an emitter the spins are too long."""
    return {
        shown: Quantity(size * worst.value, size * worst.stderr)
        for form, shown in FORMS.items()
        for worst in [largest_error(results, form, size, "spin_squared")]
    }


# -- agreement of both forms -----------------------------------------------------------------------


def agreement(results: Results) -> dict[str, Quantity]:
    """Largest difference of the two forms, times N, for Fig. 2(a), Fig. 2(b) and Fig. 3(b).

    Squeezing and subradiance where they are smallest; before, in the pulse, they fluctuate most.
    """
    found = {}
    for name, shown in PER_SIZE.items():
        each = [
            (size, *(curve(results, size, form, name) for form in FORMS)) for size in sizes(results)
        ]
        found[f"{shown}, 2(a)"] = max((_apart(*one) for one in each), key=lambda q: q.value)
    size = results.settings("squeezing").size
    for name, shown in (("squeezing", "ξ²"), ("subradiance", "s")):
        lowest = [int(np.argmin(parameter(results, name, "exact")[0]))]
        top, ball = (parameter(results, name, form) for form in FORMS)
        both = ((value[lowest], stderr[lowest]) for value, stderr in (top, ball))
        found[f"smallest {shown}, 2(b)"] = _apart(size, *both)
    pair = (emission_of_pair(results, form) for form in FORMS)
    found["I_F/N_tot², 3(b)"] = _apart(results.settings("pair").size, *pair)
    return found


def weak(results: Results, theory: str) -> xr.Dataset:
    """Return a run of the weakly pumped ensemble of Fig. 2(b)."""
    if theory == "top":
        return results.load("formulations", "squeezing.top")
    return results.load("squeezing", f"size-{results.settings('squeezing').size}.{theory}")


def parameter(results: Results, name: str, theory: str) -> Curve:
    """Return "squeezing" or "subradiance" of Fig. 2(b)."""
    value = getattr(observables, name)(weak(results, theory))[:, 0]
    return value.values, value.stderr.values if "stderr" in value.coords else np.zeros(value.size)


def emission_of_pair(results: Results, theory: str) -> Curve:
    """Return the forward emission of the pair of Fig. 3(b) per N_tot^2."""
    if theory == "top":
        return forward(results.load("formulations", "pair.top"))
    return two(results, results.settings("formulations").phase_in_pi, theory)


def _apart(size: int, one: Curve, other: Curve) -> Quantity:
    worst = largest(one, other)
    return Quantity(size * worst.value, size * worst.stderr)
