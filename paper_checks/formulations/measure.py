"""Numbers behind the claims about both forms of TWA: Eq. (6) and the Bloch ball."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paper_checks import quantity
from paper_checks.curves import Curve, largest, mean_square
from paper_checks.fig2 import measure as fig2
from paper_checks.fig2.measure import FORMS, PER_SIZE, SCALE, inset
from paper_checks.fig3 import measure as fig3
from paper_checks.quantity import Quantity, UnmeasurableError
from workflow.results import Results

Array = NDArray[np.float64]

# with trajectories; without them they are FORMS
SAMPLED = {"eq6": "Eq. (6)", "twa": "ball"}


# -- Fig. 2(a): both forms and exact, for each size ------------------------------------------------


def sizes(results: Results) -> list[int]:
    """Return the sizes that are solved without sampling, in order."""
    return sorted(results.settings("inset").sizes)


def times(results: Results) -> Array:
    """Return their times in 1/(N Gamma)."""
    time: Array = results.load("inset", "sizes.exact").time.values
    return time


def error(results: Results, form: str, size: int, name: str) -> Curve:
    """Return N (TWA - exact) of emission or <J^2> per N^2, or of inversion per N.

    It is of order one in all N if the error falls as 1/N.
    """
    exact, twa = (fig2.curve(results, size, theory, name) for theory in ("exact", form))
    return (twa - exact) / (1 / size)


def sampled(results: Results, theory: str, name: str) -> Curve:
    """Return emission or <J^2> per N^2, or inversion per N, from trajectories; or exact."""
    scale = float(results.settings("formulations").size) ** SCALE[name]
    return Curve.sampled(
        results,
        "formulations",
        f"laser.{theory}",
        lambda ds: Curve.of(ds.isel(site=0), name, scale),
    )


def scaling(results: Results, name: str, size: int) -> dict[str, Quantity]:
    """Exponent of Eq. (6)'s largest error against N at the largest sizes, and the ball's at a size.

    The latter over that of Eq. (6). Without sampling; all exponents between neighbours, and N times
    the errors, in the notes.
    """
    where = sizes(results)
    errors = {form: [inset(results, form, size, name) for size in where] for form in FORMS}
    notes = {}
    for form, each in errors.items():
        local = quantity.local_exponents(where, each)
        scaled = ", ".join(f"{n * q.value:.2g}" for n, q in zip(where, each, strict=True))
        between = ", ".join(f"{exponent.value:.2f}" for exponent in local)
        notes[form] = f"{between} from N = {where[0]} to {where[-1]}; N times the error is {scaled}"
    last = quantity.local_exponents(where, errors["density_eq6"])[-1]
    ratio = inset(results, "density", size, name) / inset(results, "density_eq6", size, name)
    return {
        "Eq. (6)": last.noted(notes["density_eq6"]),
        "ball / Eq. (6)": ratio.noted(f"exponents of the ball {notes['density']}"),
    }


def length(results: Results, size: int) -> dict[str, Quantity]:
    """Largest error of <J^2>/N for each form: by how much of an emitter the spins are too long."""
    return {
        shown: size * inset(results, form, size, "spin_squared") for form, shown in FORMS.items()
    }


# -- agreement of both forms -----------------------------------------------------------------------


def agreement(results: Results) -> dict[str, Quantity]:
    """How the largest difference of the two forms falls with N, and how large it is.

    The exponent is for the system of Fig. 2(a). For xi^2 and s of Fig. 2(b), where they are
    smallest, and for all phases of Fig. 3(b), from trajectories and as a root mean square over the
    time, the difference in units of the error of Eq. (6).
    """
    found = {}
    where = sizes(results)
    for name, shown in PER_SIZE.items():
        apart = []
        for size in where:
            eq6, ball = (fig2.curve(results, size, form, name) for form in FORMS)
            apart.append(largest(eq6 - ball))
        scaled = ", ".join(f"{n * q.value:.2g}" for n, q in zip(where, apart, strict=True))
        exponent = quantity.attempt(quantity.scaling, where, apart)
        note = f"{exponent.note}; N times the difference is {scaled}"
        found[f"{shown}, exponent, 2(a)"] = exponent.noted(note)
    for name, shown in (("squeezing", "ξ²"), ("subradiance", "s")):
        lowest = np.argmin(fig2.parameter(results, name, "exact").value)
        exact, eq6, ball = (
            fig2.parameter(results, name, theory).at(lowest) for theory in fig2.METHODS
        )
        found[f"smallest {shown}, 2(b)"] = abs(eq6 - ball) / abs(eq6 - exact)
    apart, wrong = Quantity(0), Quantity(0)
    for phase in fig3.phases(results):
        exact, eq6, ball = (fig3.two(results, phase, theory) for theory in fig3.METHODS)
        apart, wrong = apart + mean_square(eq6 - ball), wrong + mean_square(eq6 - exact)
    if min(apart.value, wrong.value) <= 0:
        raise UnmeasurableError("there is nothing but noise in Fig. 3(b)")
    found["I_F/N_tot², 3(b)"] = (apart / wrong) ** 0.5
    return found
