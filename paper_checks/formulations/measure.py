"""Numbers behind the claims about both forms of TWA: Eq. (6) ("eq6") and the Bloch ball ("twa")."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball import observables
from paper_checks import quantity
from paper_checks.curves import Curve, largest
from paper_checks.fig2 import measure as fig2
from paper_checks.fig3.measure import forward, two
from paper_checks.quantity import Quantity
from workflow.results import Results

Array = NDArray[np.float64]

FORMS = {"eq6": "Eq. (6)", "twa": "ball"}
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
    scale = float(size) ** SCALE[name]
    return Curve.sampled(
        results,
        "formulations",
        f"size-{size}.{theory}",
        lambda ds: Curve.of(ds.isel(site=0), name, scale),
    )


def error(results: Results, form: str, size: int, name: str) -> Curve:
    """Return N (TWA - exact) of `curve`: of order one in all N if the error falls as 1/N."""
    exact, twa = (curve(results, size, theory, name) for theory in ("exact", form))
    return (twa - exact) / (1 / size)


def largest_error(results: Results, form: str, size: int, name: str) -> Quantity:
    """Return max over time of |TWA - exact| of `curve`."""
    return largest(error(results, form, size, name)) / size


def scaling(results: Results, name: str) -> dict[str, Quantity]:
    """Exponent of the largest error against N for each form, without sampling."""
    where, found = results.settings("inset").sizes, {}
    for form, shown in fig2.FORMS.items():
        errors = [fig2.inset(results, form, size, name) for size in where]
        found[shown] = quantity.scaling(where, errors)
    return found


def length(results: Results, size: int) -> dict[str, Quantity]:
    """Largest error of <J^2>/N for each form: by how much of an emitter the spins are too long."""
    return {
        shown: size * largest_error(results, form, size, "spin_squared")
        for form, shown in FORMS.items()
    }


# -- agreement of both forms -----------------------------------------------------------------------


def agreement(results: Results) -> dict[str, Quantity]:
    """How the largest difference of the two forms falls with N, and how large it is.

    The exponent is for the system of Fig. 2(a). For xi^2 and s of Fig. 2(b), where they are
    smallest, without sampling, and for one phase of Fig. 3(b), the difference in units of the error
    of Eq. (6).
    """
    found = {}
    where = sizes(results)
    for name, shown in PER_SIZE.items():
        apart = []
        for size in where:
            eq6, ball = (curve(results, size, form, name) for form in FORMS)
            apart.append(largest(eq6 - ball))
        found[f"{shown}, exponent, 2(a)"] = quantity.attempt(quantity.scaling, where, apart)
    for name, shown in (("squeezing", "ξ²"), ("subradiance", "s")):
        lowest = np.argmin(parameter(results, name, "exact").value)
        theories = ("exact", *fig2.FORMS)
        exact, eq6, ball = (parameter(results, name, t).at(lowest) for t in theories)
        found[f"smallest {shown}, 2(b)"] = abs(eq6 - ball) / abs(eq6 - exact)
    exact, eq6, ball = (emission_of_pair(results, theory) for theory in ("exact", *FORMS))
    found["I_F/N_tot², 3(b)"] = largest(eq6 - ball) / largest(eq6 - exact)
    return found


def weak(results: Results, theory: str) -> xr.Dataset:
    """Return a run of the weakly pumped ensemble of Fig. 2(b)."""
    if theory in fig2.FORMS:
        return results.load("formulations", f"squeezing.{theory}")
    return results.load("squeezing", f"size-{results.settings('squeezing').size}.{theory}")


def parameter(results: Results, name: str, theory: str) -> Curve:
    """Return "squeezing" or "subradiance" of Fig. 2(b)."""
    return Curve.derived(weak(results, theory), getattr(observables, name))


def emission_of_pair(results: Results, theory: str) -> Curve:
    """Return the forward emission of the pair of Fig. 3(b) per N_tot^2."""
    if theory == "eq6":
        return forward(results.load("formulations", "pair.eq6"))
    return two(results, results.settings("formulations").phase_in_pi, theory)
