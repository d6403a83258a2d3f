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
    "spin_covariance": Kept((*_SITE, "axis", "axis_other"), "<J^a J^b + J^b J^a>/2 - <J^a><J^b>"),
    "pair_covariance": Kept(
        (*_SITE, "site_conj", "axis", "axis_other"),
        "<J_k^a J_l^b + J_l^b J_k^a>/2 - <J_k^a><J_l^b>",
    ),
    "covariance": Kept(("time", "site", "moment", "moment_other"), "covariance of the means"),
    "output_covariance": Kept(("time", "channel", "channel_other"), "covariance of the means"),
    "pair_moment_covariance": Kept(
        (*_SITE, "site_conj", "pair_moment", "pair_moment_other"),
        "covariance of means of two sites",
    ),
    "total_covariance": Kept(
        ("time", "moment", "moment_other"), "covariance of means of all spins"
    ),
    "total_size": Kept((), "number of emitters of all sites"),
    "ensemble_size": Kept(("site",), "number of emitters N"),
    "channel_rate": Kept(("channel",), "rate of a collective jump", units="rate"),
}
_XX, _YY = ((0.25, "++"), (0.25, "--")), ((-0.25, "++"), (-0.25, "--"))
_FLAT = ((0.5, "+-"), (-0.5, "z"))
# (J^a J^b + J^b J^a) / 2, kept where asked for: `spin_covariance` is made of them
SECOND: dict[str, Kept] = {
    "spin_xx": Kept(_SITE, "<J^x J^x>", (*_XX, *_FLAT)),
    "spin_yy": Kept(_SITE, "<J^y J^y>", (*_YY, *_FLAT)),
    "spin_zz": Kept(_SITE, "<J^z J^z>", ((1.0, "zz"),)),
    "spin_xy": Kept(_SITE, "<J^x J^y + J^y J^x>/2", ((-0.25j, "++"), (0.25j, "--"))),
    "spin_xz": Kept(
        _SITE,
        "<J^x J^z + J^z J^x>/2",
        ((0.25, "+z"), (0.25, "z+"), (0.25, "-z"), (0.25, "z-")),
    ),
    "spin_yz": Kept(
        _SITE,
        "<J^y J^z + J^z J^y>/2",
        ((-0.25j, "+z"), (-0.25j, "z+"), (0.25j, "-z"), (0.25j, "z-")),
    ),
}
# names of <J^x>, <J^y> and <J^z>
FIRST = ("spin_x", "spin_y", "inversion")
# of two sites k and l: components, their products, and (J^x)^2 + (J^y)^2 of each
PAIR_MOMENTS = (
    *(f"{axis}_{site}" for site in "kl" for axis in "xyz"),
    *(f"{a}_k {b}_l" for a in "xyz" for b in "xyz"),
    "flat_k",
    "flat_l",
)
# what `moments=` of a solver may be
KEPT = ("first", "second", "pairs")
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


def second_symbols(x, y, z):
    """Return the Weyl symbols of SECOND: symmetrised products have no ordering terms."""
    return x * x, y * y, z * z, x * y, x * z, y * z
