"""The one table of what is kept of a state; every width and every label derives from it.

A row says under which name a quantity is kept, over which dims, how it is printed, and which
operator it is: a sum of coefficients times words, products of J^+, J^- and J^z of one site written
as "+", "-" and "z". Rows with words are the MOMENTS of a site. Their order is that of `covariance`
and of `symbols`, which gives the same quantities in phase space.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kept:
    """One row of the table; `words` of an operator that is not of one site are empty."""

    dims: tuple[str, ...]
    long_name: str
    words: tuple[tuple[complex, str], ...] = ()
    units: str = "1"


_SITE = ("time", "site")
TABLE: dict[str, Kept] = {
    "spin_x": Kept(_SITE, "<J^x>", ((0.5, "+"), (0.5, "-"))),
    "spin_y": Kept(_SITE, "<J^y>", ((-0.5j, "+"), (0.5j, "-"))),
    "inversion": Kept(_SITE, "<J^z>", ((1.0, "z"),)),
    "emission": Kept(_SITE, "<J^+ J^->", ((1.0, "+-"),)),
    "spin_squared": Kept(_SITE, "<J^2>", ((1.0, "+-"), (1.0, "zz"), (-1.0, "z"))),
    "output": Kept(("time", "channel"), "<L^+ L> of a collective jump, without its rate"),
    "correlation": Kept(("time_kept", "site", "site_conj"), "<J_k^+ J_l^->"),
    "structure_factor": Kept(("time", "momentum"), "sum_kl exp(i p (k - l)) <J_k^+ J_l^->"),
    "covariance": Kept(("time", "site", "moment", "moment_other"), "covariance of the means"),
    "output_covariance": Kept(("time", "channel", "channel_other"), "covariance of the means"),
    "ensemble_size": Kept(("site",), "number of emitters N"),
    "channel_rate": Kept(("channel",), "rate of a collective jump", units="rate"),
}
MOMENTS: tuple[str, ...] = tuple(name for name, kept in TABLE.items() if kept.words)
DIMS: dict[str, tuple[str, ...]] = {name: kept.dims for name, kept in TABLE.items()}
LONG_NAMES: dict[str, str] = {name: kept.long_name for name, kept in TABLE.items()}


def symbols(x, y, z):
    """Return the Weyl symbols of MOMENTS at Bloch vectors (x, y, z): numbers or arrays.

    A product A B has the symbol a b + (i/2) {a, b}, with {Jx, Jy} = Jz: J^+ J^- becomes
    Jx^2 + Jy^2 + Jz. Compiled as it is by the kernels, so plain arithmetic only.
    """
    flat = x * x + y * y
    return x, y, z, flat + z, flat + z * z
