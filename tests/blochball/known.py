"""Systems with known answers, and how a sampled number is compared with them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from blochball.moments import MOMENTS

SITE_VARIABLES = MOMENTS


def within(value, expected, stderr, k=5.0, floor=0.0):
    """Assert |value - expected| <= k standard errors + floor, and say where it is not."""
    value, expected, stderr = np.broadcast_arrays(
        *(np.asarray(v, float) for v in (value, expected, stderr))
    )
    if not value.size:  # output without channels
        return
    excess = np.abs(value - expected) - (k * stderr + floor)
    # the negation catches NaN, too
    worst = np.unravel_index(np.argmax(np.where(np.isnan(excess), np.inf, excess)), excess.shape)
    assert (excess <= 0).all(), (
        f"at {tuple(map(int, worst))}: {value[worst]:.8g} against {expected[worst]:.8g}, "
        f"allowed {k:g} x {stderr[worst]:.3g} + {floor:.3g}"
    )


def all_within(ds, expected, k=5.0, floor=0.0):
    """`within` for every variable of a mapping or Dataset of expected values."""
    for name, value in expected.items():
        try:
            within(ds[name], value, ds[f"{name}_stderr"], k, floor)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from None


def independent_emitters(ensemble, times):
    """What N emitters do that see nothing but their own decay, dephasing, pump and detuning.

    Each has <sigma^z> = z, <sigma^x> + i <sigma^y> = s exp(i angle); they stay a product, so that
    sums over pairs are products.
    """
    n, t = ensemble.size, np.asarray(times, float)
    total = ensemble.decay + ensemble.pump
    final = (ensemble.pump - ensemble.decay) / total if total else 0.0
    z = final + (np.cos(ensemble.polar) - final) * np.exp(-total * t)
    s = np.sin(ensemble.polar) * np.exp(-(total / 2 + 2 * ensemble.dephasing) * t)
    angle = ensemble.azimuth + ensemble.detuning * t
    return _product(n, z, s, angle)


def turned(ensemble, axis, times):
    """What a coherent spin state does under H = axis . J: it precesses (Rodrigues' formula)."""
    axis = np.asarray(axis, float)
    polar, azimuth = ensemble.polar, ensemble.azimuth
    start = np.array(
        [np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)]
    )
    rate = np.linalg.norm(axis)
    u = axis / rate
    c, s = (f(rate * np.asarray(times))[:, None] for f in (np.cos, np.sin))
    x, y, z = (c * start + s * np.cross(u, start) + (1 - c) * u * (u @ start)).T
    return _product(ensemble.size, z, np.hypot(x, y), np.arctan2(y, x))


def _product(n, z, s, angle):
    found = {
        "inversion": n * z / 2,
        "spin_x": n / 2 * s * np.cos(angle),
        "spin_y": n / 2 * s * np.sin(angle),
        "emission": n * (1 + z) / 2 + n * (n - 1) * (s / 2) ** 2,
        "spin_squared": 0.75 * n + n * (n - 1) * (z**2 + s**2) / 4,
    }
    return {name: value[:, None] for name, value in found.items()}


def superradiance_of_two(times, coupling=1.0):
    """Two emitters from full inversion: |1 1> -> |1 0> -> |1 -1>, each at rate 2 Gamma."""
    t = 2 * coupling * np.asarray(times, float)
    top, middle = np.exp(-t), t * np.exp(-t)
    return {
        "inversion": (top - (1 - top - middle))[:, None],
        "emission": (2 * (top + middle))[:, None],
        "spin_squared": np.full((t.size, 1), 2.0),
    }


def python(script, *arguments, **environment):
    """Run a script in a Python of its own; return what it prints, or fail with its errors."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, **environment},
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def fading(ensemble, strength, times):
    """What one emitter of an ensemble leaves of the coherence of another one that it twists."""
    flips, bias, t = (ensemble.pump + ensemble.decay) / 2, ensemble.pump - ensemble.decay, times
    w = np.sqrt(strength**2 - flips**2 - 1j * strength * bias + 0j)
    return np.exp(-flips * t) * (np.cos(w * t) + flips / w * np.sin(w * t))


def twisting(ensemble, strength, times):
    """Moments of one-axis twisting, strength (J^z)^2, with all local rates, from polar = pi / 2.

    Exact for every size: M. Foss-Feig et al., Phys. Rev. A 87, 042101 (2013).
    """
    spin, t = ensemble.size / 2, np.asarray(times)
    flips = (ensemble.pump + ensemble.decay) / 2
    kappa = flips + 2 * ensemble.dephasing
    bias = ensemble.pump - ensemble.decay

    raising = spin * np.exp(-kappa * t) * fading(ensemble, strength, t) ** (ensemble.size - 1)
    inversion = spin * bias / (2 * flips) * (1 - np.exp(-2 * flips * t)) if flips else 0 * t
    pairs = spin * (spin - 0.5)
    emission = spin + inversion + pairs * np.exp(-2 * kappa * t)
    z_squared = spin / 2 + pairs * (inversion / spin) ** 2
    return {
        "spin_x": raising.real[:, None],
        "spin_y": raising.imag[:, None],
        "inversion": inversion[:, None],
        "emission": emission[:, None],
        "spin_squared": (emission + z_squared - inversion)[:, None],
    }


def twisting_covariance(ensemble, strength, times):
    """Covariances of the spin components, shape (times, 1, 3, 3), for the same system."""
    spin, t = ensemble.size / 2, np.asarray(times)
    flips, bias = (ensemble.pump + ensemble.decay) / 2, ensemble.pump - ensemble.decay
    kappa, pairs = flips + 2 * ensemble.dephasing, spin * (spin - 0.5)
    w = np.sqrt(strength**2 - flips**2 - 1j * strength * bias + 0j)
    tie = np.exp(-flips * t) * (bias + 1j * strength) / w * np.sin(w * t)
    fade = fading(ensemble, strength, t) ** (ensemble.size - 2)
    raised = pairs * np.exp(-kappa * t) * tie * fade
    twice = (
        pairs * np.exp(-2 * kappa * t) * fading(ensemble, 2 * strength, t) ** (ensemble.size - 2)
    )
    means = {name: value[:, 0] for name, value in twisting(ensemble, strength, t).items()}
    flat = (means["emission"] - means["inversion"]) / 2
    zz = means["spin_squared"] - 2 * flat
    rows = [
        [flat + twice.real / 2, twice.imag / 2, raised.real],
        [twice.imag / 2, flat - twice.real / 2, raised.imag],
        [raised.real, raised.imag, zz],
    ]
    mean = np.stack([means[name] for name in ("spin_x", "spin_y", "inversion")], axis=-1)
    products = np.moveaxis(np.array(rows), -1, 0)
    return (products - mean[:, :, None] * mean[:, None, :])[:, None]
