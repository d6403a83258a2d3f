"""Numbers behind the claims about closed solutions, from the data of the workflow."""

from __future__ import annotations

from functools import reduce
from math import atan, pi, sqrt

import numpy as np
import xarray as xr
from scipy.linalg import expm
from scipy.special import exp1

from blochball import System, observables
from blochball.dataset import system_of
from blochball.twa import phase_space
from figures.anchors.runs import DOMAINS, DRIVES, THERMAL
from paper_checks.curves import Array, Curve, jackknife, largest
from paper_checks.decay import measure as decay
from paper_checks.fig2.measure import SCALE
from paper_checks.formulations import measure as formulations
from paper_checks.quantity import Quantity
from workflow.results import Results

LATE = 0.5  # outputs after this share of the time are averaged for the steady state
# final inversion of DOMAINS: of both together, of those that start in the ground state
TOTAL, SMALL = -5.399639, 1.637702


def run(results: Results, name: str, theory: str = "twa") -> xr.Dataset:
    """Return one run."""
    return results.load("anchors", f"{name}.{theory}")


def steady(results: Results, name: str, pick: str, channel: str | None = None) -> Quantity:
    """Return the average of a variable over late times and all sites."""

    def average(ds: xr.Dataset) -> float:
        value = ds[pick] if channel is None else ds[pick].sel(channel=channel)
        return float(value.where(ds.time >= LATE * ds.time[-1]).mean())

    return jackknife(average, results.batches("anchors", f"{name}.twa"))


def hot(results: Results) -> dict[str, Quantity]:
    """Steady state of a chain whose pump balances its decay, over that at infinite temperature."""
    settings = results.settings("anchors")
    size, total = settings.size, settings.size * settings.chain_sites
    return {
        "emission / (N/2)": steady(results, "hot", "emission") / (size / 2),
        "<J²> / (3N/4)": steady(results, "hot", "spin_squared") / (3 * size / 4),
        **{
            f"{channel} output / (N M/2)": steady(results, "hot", "output", channel) / (total / 2)
            for channel in ("forward", "backward")
        },
    }


def bath(results: Results) -> dict[str, Quantity]:
    """Emission and s where collective and local baths have one temperature."""
    size = results.settings("anchors").size
    expected = size * THERMAL / (2 * THERMAL + 1)

    def ratio(ds: xr.Dataset) -> float:
        return float(observables.subradiance(ds).where(ds.time >= LATE * ds.time[-1]).mean())

    return {
        "emission / (N n/(2n+1))": steady(results, "bath", "emission") / expected,
        "s": jackknife(ratio, results.batches("anchors", "bath.twa")),
    }


def universal(time: Array, size: int) -> dict[str, Array]:
    """Return emission/N^2 and inversion/N of the pulse of many emitters at times N Gamma t."""
    a = size * np.exp(-time)
    large = a > 500  # where exp(a) E_1(a) must be expanded
    safe = np.where(large, 1.0, a)
    product = np.where(large, 1 / a - 1 / a**2 + 2 / a**3, np.exp(safe) * exp1(safe))
    # a [(1 + a) exp(a) E_1(a) - 1] is 1/a for large a
    emission = np.where(large, 1 / a - 4 / a**2, a * ((1 + a) * product - 1))
    return {"emission": emission, "inversion": a * product - 0.5}


def pulse(results: Results) -> dict[str, Quantity]:
    """Largest deviation of the largest ensemble from the universal pulse, and its burst."""
    size = max(decay.sizes(results))
    found = {}
    for name in decay.SCALE:
        twa = Curve.sampled(
            results,
            "decay",
            f"size-{size}.twa",
            lambda ds, name=name: Curve.of(decay.pick(ds, "clean", size), name),
        )
        time = decay.curve(results, "clean", size, "twa").time.values
        expected = universal(time, size)[name]
        found[name] = largest(twa - Curve(expected, 0 * expected, frozenset({"closed"})))
    when, height = decay.burst(results, "clean", size, "twa")
    return {
        **found,
        "delay of the burst less ln N, less 0.32969": when - np.log(size) - 0.32969026,
        "height of the burst / 0.195707": height / 0.19570683,
    }


def driven(results: Results) -> dict[str, Quantity]:
    """Steady state of the driven collective spin, TWA over what it is."""
    size = results.settings("anchors").driven_size
    below, above = DRIVES.values()
    root = sqrt(above**2 - 1)
    limit = above - root / (above * atan(1 / root))
    transverse = steady(results, "above", "spin_y")
    exact = Quantity(run(results, "above", "exact").spin_y.item(), methods=frozenset({"exact"}))
    return {
        "below: emission / (N² r²/4)": steady(results, "below", "emission")
        / (size**2 * below**2 / 4),
        "below: inversion / (-N√(1-r²)/2)": steady(results, "below", "inversion")
        / (-size / 2 * sqrt(1 - below**2)),
        "above: <Jy>, TWA / exact": transverse / exact,
        "above: <Jy>, TWA / N → ∞": transverse / (size / 2 * limit),
    }


def fast(results: Results) -> dict[str, Quantity]:
    """Decay rates of <J^z> and <J^x> under a fast drive, over 3 Gamma/4 and Gamma/2."""
    gamma = 1 / results.settings("anchors").size
    found = {}
    for name, variable, rate in (("z", "inversion", 0.75), ("x", "spin_x", 0.5)):

        def fitted(ds: xr.Dataset, variable: str = variable) -> float:
            value = np.abs(ds[variable].isel(site=0).values)
            # later, noise has a share in the logarithm
            early = value > 0.3 * value[0]
            return -float(np.polyfit(ds.time.values[early], np.log(value[early]), 1)[0])

        measured = jackknife(fitted, results.batches("anchors", f"fast_{name}.twa"))
        found[f"rate of <J{name}> / ({rate:g} Γ)"] = measured / (rate * gamma)
    return found


def domains(results: Results) -> dict[str, Quantity]:
    """Return the final inversion of both ensembles, and of the small one, over what it is."""

    def last(sites: slice) -> Quantity:
        return jackknife(
            lambda ds: float(ds.inversion.isel(time=-1, site=sites).sum()),
            results.batches("anchors", "domains.twa"),
        )

    both = f"{DOMAINS[0]} and {DOMAINS[1]}"
    return {
        f"final <Jz> of {both} / {TOTAL:.4f}": last(slice(None)) / TOTAL,
        f"final <Jz> of {DOMAINS[0]} / {SMALL:.4f}": last(slice(1)) / SMALL,
    }


def cascade(results: Results) -> dict[str, Quantity]:
    """Largest deviation of the first two of three sites from the exact two alone, per N^2."""
    size = results.settings("anchors").cascade_size
    exact = run(results, "cascade", "exact")
    found = {}
    for site in (0, 1):
        twa = Curve.sampled(
            results,
            "anchors",
            "cascade.twa",
            lambda ds, site=site: Curve.of(ds.isel(site=site), "emission", size**2),
        )
        found[f"I_{site + 1}/N²"] = largest(
            twa - Curve.of(exact.isel(site=site), "emission", size**2)
        )
    return found


# -- psi -------------------------------------------------------------------------------------------


def redundant(results: Results) -> dict[str, Quantity]:
    """Largest difference, without local rates, between the four variables and the Bloch ball."""
    size = results.settings("anchors").size
    found = {}
    for name, power in decay.SCALE.items():
        eq6, ball = (
            Curve.sampled(
                results,
                "anchors",
                f"collective.{theory}",
                lambda ds, name=name, power=power: Curve.of(
                    ds.isel(site=0), name, float(size) ** power
                ),
            )
            for theory in formulations.SAMPLED
        )
        found[f"{name}, largest difference"] = largest(eq6 - ball)
    return found


def needed(results: Results) -> dict[str, Quantity]:
    """Largest error of Eq. (6) with psi moving, over that with psi frozen: laser of Fig. 2(a)."""
    size = results.settings("formulations").size
    ds = run(results, "local", "frozen").isel(site=0)
    found = {}
    for name, power in SCALE.items():
        exact = formulations.sampled(results, "exact", name)
        frozen = Curve.of(ds, name, float(size) ** power) - exact
        moving = formulations.sampled(results, "eq6", name) - exact
        where = int(np.argmax(np.abs(frozen.value)))
        # frozen, it is far above the noise
        found[f"{name}, moving / frozen"] = largest(moving) / abs(frozen.at(where))
    return found


# -- the equations themselves ----------------------------------------------------------------------


def three_jumps(results: Results) -> dict[str, Quantity]:
    """Largest difference between three effective jumps and the jumps of each emitter: Eq. (3).

    For a few emitters with all local jumps: <J^z>/N, <J^+J^->/N^2 and <J^2>/N^2 of the solver that
    knows J and M only, and of the master equation in the space of all emitters.
    """
    ds = run(results, "emitters", "exact").isel(site=0)
    system = system_of(ds)
    size = system.emitters
    brute = emitters(system, ds.time.values)
    return {
        name: largest(Curve.of(ds, name, size**power) - Curve(values, 0 * values) / size**power)
        for name, power, values in zip(
            ("inversion", "emission", "spin_squared"), (1, 2, 2), brute, strict=True
        )
    }


def emitters(system: System, times: Array) -> Array:
    """Return <J^z>, <J^+J^-> and <J^2> from all emitters one by one, shape (3, times)."""
    (ensemble,) = system.ensembles
    count, one = ensemble.size, np.eye(2)
    lower = np.array([[0.0, 0.0], [1.0, 0.0]])  # up is the first state
    single = {"decay": lower, "dephasing": np.diag([1.0, -1.0]), "pump": lower.T}

    def at(operator: Array, place: int) -> Array:
        return reduce(np.kron, [operator if k == place else one for k in range(count)])

    jumps = [
        np.sqrt(getattr(ensemble, kind)) * at(operator, k)
        for kind, operator in single.items()
        for k in range(count)
    ]
    total = {kind: sum(at(operator, k) for k in range(count)) for kind, operator in single.items()}
    jumps += [np.sqrt(jump.rate) * total[jump.kind] for jump in system.jumps]
    unit = np.eye(2**count)
    # rho is stacked row by row
    generator = sum(
        np.kron(jump, jump) - np.kron(jump.T @ jump, unit) / 2 - np.kron(unit, jump.T @ jump) / 2
        for jump in jumps
    )
    start = np.array([np.cos(ensemble.polar / 2), np.sin(ensemble.polar / 2)])
    state = reduce(np.kron, [start] * count)
    rho = np.outer(state, state).ravel()
    j_z, j_minus = total["dephasing"] / 2, total["decay"]
    emission = j_minus.T @ j_minus
    operators = [j_z, emission, emission + j_z @ j_z - j_z]
    states = [expm(generator * time) @ rho for time in times]
    return np.array([[np.trace(o @ s.reshape(unit.shape)) for s in states] for o in operators])


def diffusion(results: Results) -> dict[str, Quantity]:
    """Smallest eigenvalue of the diffusion matrix of a pumped ensemble, per pump rate.

    Over all directions, from the shortest spins to the sphere on which polarised states begin. Of
    Eq. (6) in units in which the largest eigenvalue of each matrix is one.
    """
    size = 100
    reaches = np.linspace(0.05, 1, 25) * sqrt(size / 2 * (size / 2 + 1))
    polars = np.linspace(0.01, 0.99, 50) * pi
    least = {"Eq. (6)": np.inf, "ball": np.inf}
    for reach in reaches:
        for polar in polars:
            values = np.linalg.eigvalsh(_eq6(size, reach, polar))
            least["Eq. (6)"] = min(least["Eq. (6)"], values[0] / values[-1])
            least["ball"] = min(least["ball"], np.linalg.eigvalsh(_ball(size, reach, polar))[0])
    return {name: Quantity(value, methods=frozenset({name})) for name, value in least.items()}


def _eq6(size: int, reach: float, polar: float) -> Array:
    """Return the diffusion matrix of (phi, M, psi, R) of Eq. (6) for a local pump."""
    point, width = np.array([0.3, reach * np.cos(polar), 0.7, reach]), 1e-6
    matrix = np.zeros((4, 4))
    for j in (-1, 0, 1):
        by_phi, by_m, by_psi, by_r = (
            (_symbol(size, j, point + shift) - _symbol(size, j, point - shift)) / (2 * width)
            for shift in width * np.eye(4)
        )
        # {phi, M} = {psi, R} = 1: what noise with this symbol moves
        noise = np.array([by_m, -by_phi, by_r, -by_psi])
        matrix += np.outer(noise, noise.conj()).real
    return matrix


def _symbol(size: int, j: int, point: Array) -> complex:
    phi, m, psi, reach = point
    polar = float(np.arccos(m / reach))
    return complex(phase_space.local_jump(j, 1, size, (phi, polar, psi, reach - 0.5)))


def _ball(size: int, reach: float, polar: float) -> Array:
    """Return the diffusion matrix of (Jx, Jz) of the ball; see docs/derivation.md, section 7."""
    x, z = reach * np.sin(polar), reach * np.cos(polar)
    return np.array([[size / 4, -x / 2], [-x / 2, size / 2 - z]])
