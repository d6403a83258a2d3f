"""Spin Husimi and Wigner functions on the sphere, of exact states and of trajectories.

Both are densities of directions: their integral over the sphere is one. Sectors of different J are
added, as no coherence connects them. Matplotlib is imported only where something is drawn; it
comes with ``pip install blochball[pictures]``.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import pi
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh_tridiagonal

from blochball.exact import dicke
from blochball.exact.state import State
from blochball.support import validation
from blochball.support.arguments import named

_COMPONENTS = ("spin_x", "spin_y", "inversion")
# variance of the blur of sampled Wigner functions, in units of that of a coherent state
_BLUR = 0.2


@named("pictures.husimi_function")
def husimi_function(
    source: State | xr.Dataset, polar: ArrayLike, azimuth: ArrayLike, site: int = 0
) -> xr.DataArray:
    """Husimi function: how likely an ensemble is found in the coherent states of a direction.

    Of an exact state this is sum_J (2J + 1)/(4 pi) <J n| rho |J n>. Of trajectories it is the mean
    of the Weyl symbol of the same projector, exp(2 |J_i| cos gamma) to leading order in 1/J, with
    gamma the angle between n and the vector of a trajectory.

    Parameters
    ----------
    source : State or xarray.Dataset
        From `exact.liouvillian.states`, or from `twa.trajectories` at one time:
        ``paths.sel(time=t)``.
    polar, azimuth : array_like, one-dimensional
        Directions in radians; polar 0 is full inversion.
    site : int
        Which ensemble.

    Returns
    -------
    xarray.DataArray, dims (polar, azimuth)

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.

    Examples
    --------
    A coherent state of N emitters has (N + 1)/(4 pi) cos(gamma/2)^(2 N):

    >>> import numpy as np
    >>> from blochball import Ensemble, System, exact, pictures
    >>> start, = exact.liouvillian.states(System(Ensemble(10, polar=0.0)), [0.0])
    >>> q = pictures.husimi_function(start, polar=[0.0, np.pi / 2], azimuth=[0.0])
    >>> np.round(q.values[:, 0] * 4 * np.pi / 11, 6).tolist()
    [1.0, 0.000977]
    """
    return _evaluate("husimi_function", source, polar, azimuth, site)


@named("pictures.wigner_function")
def wigner_function(
    source: State | xr.Dataset, polar: ArrayLike, azimuth: ArrayLike, site: int = 0
) -> xr.DataArray:
    """Wigner function on the sphere; it may be negative for exact states, never for trajectories.

    Of an exact state this is sum_J sqrt((2J + 1)/(4 pi)) sum_KQ Tr[rho T^J_KQ^+] Y_KQ (R. L.
    Stratonovich; J. P. Dowling et al., Phys. Rev. A 49, 4101 (1994)). Of trajectories it is their
    density of directions, blurred by a fifth of the variance of a coherent state.

    Parameters, returned array and errors are those of `husimi_function`.

    Examples
    --------
    >>> import numpy as np
    >>> from blochball import Ensemble, System, exact, pictures
    >>> up, = exact.liouvillian.states(System(Ensemble(1)), [0.0])
    >>> w = pictures.wigner_function(up, polar=[0.0, np.pi], azimuth=[0.0])
    >>> np.round(w.values[:, 0] * 4 * np.pi, 6).tolist()  # 1 + sqrt(3) cos(polar)
    [2.732051, -0.732051]
    """
    return _evaluate("wigner_function", source, polar, azimuth, site)


@named("pictures.husimi")
def husimi(
    source: State | xr.Dataset,
    ax: Any = None,
    *,
    site: int = 0,
    view: tuple[float, float] | None = None,
    **options: Any,
) -> Any:
    """Draw the Husimi function on the half of the sphere that faces the reader.

    Parameters
    ----------
    source, site
        As for `husimi_function`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default the current axes.
    view : (polar, azimuth), optional
        The direction that points to the reader, in radians; by default at the azimuth of the mean
        spin, 20 degrees above the equator.
    **options
        For `matplotlib.axes.Axes.imshow`: ``cmap``, ``vmin``, ``vmax``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError, ValueError
        For a bad argument, naming it.
    ImportError
        Without matplotlib.

    Examples
    --------
    >>> from blochball import Ensemble, System, pictures, twa
    >>> from matplotlib.figure import Figure
    >>> paths = twa.trajectories(System(Ensemble(40, polar=1.0)), [0.0], seed=1)
    >>> ax = pictures.husimi(paths.sel(time=0.0), Figure().subplots())
    """
    return _draw("husimi", source, ax, site, view, {"cmap": "magma", "vmin": 0.0, **options})


@named("pictures.wigner")
def wigner(
    source: State | xr.Dataset,
    ax: Any = None,
    *,
    site: int = 0,
    view: tuple[float, float] | None = None,
    **options: Any,
) -> Any:
    """Draw the Wigner function on the half of the sphere that faces the reader.

    Parameters, returned axes and errors are those of `husimi`. Colours are symmetric about zero.

    Examples
    --------
    >>> from blochball import Ensemble, System, exact, pictures
    >>> from matplotlib.figure import Figure
    >>> start, = exact.liouvillian.states(System(Ensemble(20, polar=1.0)), [0.0])
    >>> ax = pictures.wigner(start, Figure().subplots())
    """
    return _draw("wigner", source, ax, site, view, {"cmap": "RdBu_r", **options})


# -- numbers ---------------------------------------------------------------------------------------


def _evaluate(
    name: str, source: State | xr.Dataset, polar: ArrayLike, azimuth: ArrayLike, site: int
) -> xr.DataArray:
    owner = f"pictures.{name}"
    what = "a one-dimensional sequence of finite real numbers"
    theta = validation.reals(owner, "polar", polar, what)
    phi = validation.reals(owner, "azimuth", azimuth, what)
    validation.memory(owner, "polar and azimuth", 4.0 * theta.size * phi.size)
    kind = name.removesuffix("_function")
    if isinstance(source, State):
        fourier = {"husimi": _husimi_waves, "wigner": _wigner_waves}[kind]
        values = np.zeros((theta.size, phi.size))
        for block in _blocks(owner, source, site):
            for k, wave in enumerate(fourier(block, np.cos(theta), np.sin(theta))):
                # k and -k are conjugate
                values += (2 if k else 1) * np.real(np.outer(wave, np.exp(1j * k * phi)))
    elif isinstance(source, xr.Dataset):
        vectors = _vectors(owner, source, site)
        values = _density(vectors, theta, phi, 1.0 if kind == "husimi" else 1 / _BLUR)
    else:
        raise TypeError(
            f"{owner}: source must be a State or a Dataset of trajectories, got "
            f"{validation.shown(source)}"
        )
    coords = {
        name: (name, angles, {"long_name": f"{name} angle", "units": "rad"})
        for name, angles in (("polar", theta), ("azimuth", phi))
    }
    attrs = {"long_name": f"{kind.capitalize()} function"}
    return xr.DataArray(values, coords, ("polar", "azimuth"), name, attrs)


def _husimi_waves(
    rho: NDArray[np.complex128], cosine: NDArray[np.float64], sine: NDArray[np.float64]
) -> Iterator[NDArray[np.complex128]]:
    """Yield the parts of exp(i k azimuth), k = 0, 1, ..., of a block rho, M from J down."""
    size = len(rho) - 1
    amplitude = np.array(
        [dicke.coherent_amplitudes(size, t, 0.0).real for t in np.arctan2(sine, cosine)]
    )
    scale = (size + 1) / (4 * pi)
    for k in range(size + 1):
        # <n|M> rho_{M, M - k} <M - k|n>: the azimuth turns |M - k> k times more than |M>
        pairs = amplitude[:, : size + 1 - k] * amplitude[:, k:]
        yield scale * (pairs @ np.diagonal(rho, k))


def _wigner_waves(
    rho: NDArray[np.complex128], cosine: NDArray[np.float64], sine: NDArray[np.float64]
) -> Iterator[NDArray[np.complex128]]:
    """Yield the same for the Wigner function, from multipoles rho_KQ and spherical harmonics."""
    size = len(rho) - 1
    spin = size / 2
    for q in range(size + 1):
        tensors = _tensors(spin, q)
        # Tr[rho T_KQ^+], with rows K = q, ..., 2J
        multipoles = tensors.T @ np.diagonal(rho, q)
        yield np.sqrt((size + 1) / (4 * pi)) * (_harmonics(size, q, cosine, sine).T @ multipoles)


def _tensors(spin: float, q: int) -> NDArray[np.float64]:
    """Elements <M + q|T_Kq|M> of normalised tensors: rows M from J - q down, columns K from q up.

    They are the eigenvectors of [J_a, [J_a, X]] summed over a, with the eigenvalues K(K + 1).
    Clebsch-Gordan coefficients by factorials fail beyond J = 50 or so; these do not.
    """
    m = spin - q - np.arange(round(2 * spin) + 1 - q)
    square = spin * (spin + 1)
    diagonal = 2 * (square - m * (m + q))
    ladder = np.sqrt(square - m[1:] * (m[1:] + 1))
    shifted = np.sqrt(square - (m[1:] + q) * (m[1:] + q + 1))
    _, vectors = eigh_tridiagonal(diagonal, -ladder * shifted)
    # T_11 is -J^+ times a positive number, T_KQ is positive at the top apart from (-1)^Q
    return vectors * (-1) ** q * np.sign(vectors[0])


def _harmonics(
    most: int, q: int, cosine: NDArray[np.float64], sine: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Spherical harmonics Y_Kq at azimuth 0, K = q, ..., most, shape (K, directions)."""
    found = np.zeros((most + 1 - q, cosine.size))
    odd = np.arange(1, 2 * q, 2)
    # in steps, as the power of a small sine underflows to the zero that it is
    start = np.prod(np.sqrt((odd + 2) / (odd + 1))[:, None] * -sine, axis=0)
    found[0] = start / np.sqrt(4 * pi)
    for row in range(1, len(found)):
        k = q + row
        up = np.sqrt((4 * k * k - 1) / (k * k - q * q))
        found[row] = up * cosine * found[row - 1]
        if row > 1:
            down = np.sqrt(((k - 1) ** 2 - q * q) / (4 * (k - 1) ** 2 - 1))
            found[row] -= up * down * found[row - 2]
    return found


def _blocks(owner: str, state: State, site: int) -> Iterator[NDArray[np.complex128]]:
    """Yield the reduced density matrix of one ensemble for each J, M from J down."""
    space = state.space
    site = validation.integer(owner, "site", site, 0, len(space.sites) - 1)
    alone = np.ones(space.dimension, dtype=bool)
    for l, (other, place) in enumerate(zip(space.sites, space.place, strict=True)):
        if l != site:
            alone &= other.coherence[place] == 0
    here, place = space.sites[site], space.place[site, alone]
    elements = state.elements[alone]
    for spin in here.size / 2 - np.arange(here.spins):
        chosen = here.spin[place] == spin
        at = place[chosen]
        block = np.zeros((round(2 * spin) + 1,) * 2, dtype=np.complex128)
        rows = (spin - here.ket[at]).astype(int), (spin - here.bra[at]).astype(int)
        np.add.at(block, rows, elements[chosen])
        yield block


def _vectors(owner: str, ds: xr.Dataset, site: int) -> NDArray[np.float64]:
    """Return the Bloch vectors of one ensemble at one time, shape (trajectories, 3)."""
    validation.dataset(owner, ds, _COMPONENTS, "source")
    if "trajectory" not in ds.spin_x.dims:
        raise ValueError(f"{owner}: source must hold single trajectories, got means")
    if "time" in ds.spin_x.dims:
        raise ValueError(f"{owner}: source must be at one time (source.sel(time=...)), got several")
    site = validation.integer(owner, "site", site, 0, ds.sizes.get("site", 1) - 1)
    if "site" in ds.spin_x.dims:
        ds = ds.isel(site=site)
    return np.stack([ds[name].values for name in _COMPONENTS], axis=-1)


def _density(
    vectors: NDArray[np.float64],
    theta: NDArray[np.float64],
    phi: NDArray[np.float64],
    sharpness: float,
) -> NDArray[np.float64]:
    """Mean of the kernels k exp(k cos gamma) / (4 pi sinh k), with k = 2 |J_i| sharpness."""
    length = np.linalg.norm(vectors, axis=1)
    k = np.maximum(2 * sharpness * length, 1e-9)
    unit = vectors / np.maximum(length, 1e-300)[:, None]
    scale = k / (2 * pi * -np.expm1(-2 * k))
    total = np.zeros((theta.size, phi.size))
    for row, (c, s) in enumerate(zip(np.cos(theta), np.sin(theta), strict=True)):
        n = np.stack([s * np.cos(phi), s * np.sin(phi), np.full(phi.size, c)])
        total[row] = (scale[:, None] * np.exp(k[:, None] * (unit @ n - 1))).mean(axis=0)
    return total


# -- drawing ---------------------------------------------------------------------------------------


def _draw(
    kind: str,
    source: State | xr.Dataset,
    ax: Any,
    site: int,
    view: tuple[float, float] | None,
    options: dict[str, Any],
) -> Any:
    from matplotlib import pyplot
    from matplotlib.axes import Axes
    from matplotlib.patches import Circle
    from scipy.interpolate import RegularGridInterpolator

    owner = f"pictures.{kind}"
    if ax is not None:
        validation.instance(owner, "ax", ax, Axes)
    polar, azimuth = np.linspace(0, pi, 181), np.linspace(-pi, pi, 361)
    function = _evaluate(kind, source, polar, azimuth, site)
    axes = _axes_of(kind, function, view)
    ax = pyplot.gca() if ax is None else ax
    x, y = np.meshgrid(*[np.linspace(-1, 1, 400)] * 2)
    depth = np.sqrt(np.maximum(1 - x**2 - y**2, 0))
    n = np.einsum("kab,kc->cab", [x, y, depth], axes)
    at = np.stack([np.arccos(np.clip(n[2], -1, 1)), np.arctan2(n[1], n[0])], axis=-1)
    seen = RegularGridInterpolator((polar, azimuth), function.values)(at)
    if kind == "wigner":
        largest = float(np.abs(function).max())
        options = {"vmin": -largest, "vmax": largest, **options}
    try:
        image = ax.imshow(seen, extent=(-1, 1, -1, 1), origin="lower", **options)
    except (AttributeError, TypeError, ValueError) as error:
        raise TypeError(f"{owner}: options must be those of imshow ({error})") from error
    outline = Circle((0, 0), 1, fill=False, edgecolor="0.4", linewidth=0.8)
    ax.add_patch(outline)
    image.set_clip_path(outline)
    for axis, name in zip(np.eye(3), "xyz", strict=True):
        # the end of the axis that faces the reader
        end = axes @ axis
        sign = 1 if end[2] >= -1e-12 else -1
        reach = float(np.hypot(*end[:2]))
        if reach > 0.3:
            label = f"${'' if sign > 0 else '-'}J_{name}$"
            ax.annotate(label, 1.13 * sign * end[:2] / reach, ha="center", va="center")
    ax.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), aspect="equal")
    ax.axis("off")
    return ax


def _axes_of(
    kind: str, function: xr.DataArray, view: tuple[float, float] | None
) -> NDArray[np.float64]:
    """Return the directions right, up and towards the reader as rows."""
    if view is None:
        weight = np.sin(function.polar) ** 2 * function
        turned = complex((weight * np.exp(1j * function.azimuth)).sum())
        # without a mean direction any will do
        sure = abs(turned) > 1e-6 * float(np.abs(weight).sum())
        view = (pi / 2 - pi / 9, float(np.angle(turned)) if sure else 0.0)
    what = "two finite real numbers, polar and azimuth"
    angles = validation.reals(f"pictures.{kind}", "view", view, what)
    if angles.size != 2:
        raise ValueError(f"pictures.{kind}: view must be {what}, got {angles.size}")
    theta, phi = angles
    right = [-np.sin(phi), np.cos(phi), 0.0]
    up = [-np.cos(theta) * np.cos(phi), -np.cos(theta) * np.sin(phi), np.sin(theta)]
    front = [np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)]
    return np.array([right, up, front])
