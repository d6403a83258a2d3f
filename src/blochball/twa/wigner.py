"""Initial sampling: the Wigner function of a coherent spin state, as a cloud of Bloch vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blochball.system import System


def sample(system: System, lanes: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw initial Bloch vectors.

    In the frame of the polarised state the two transverse components are Gaussian with variance
    N/4 and the length is sharp, |J|^2 = N/2 (N/2 + 1).

    Parameters
    ----------
    system : System
    lanes : int
        Number of trajectories.
    generator : numpy.random.Generator

    Returns
    -------
    ndarray, shape (3, sites, lanes)
    """
    size = system.column("size")[:, None]
    across = generator.standard_normal((2, system.sites, lanes)) * np.sqrt(size / 4)
    # for a handful of emitters the Gaussian can reach past the sphere
    along = np.sqrt(np.maximum(size / 2 * (size / 2 + 1) - (across**2).sum(axis=0), 0))
    polar, azimuth = (system.column(name)[:, None] for name in ("polar", "azimuth"))
    # exact at the poles, where sin(pi) would leave 1e-16 of a transverse mean
    ct, st = np.cos(polar), np.where(np.abs(np.sin(polar)) < 1e-12, 0.0, np.sin(polar))
    cp, sp = np.cos(azimuth), np.sin(azimuth)
    a, b = across
    u = ct * a + st * along
    return np.stack([cp * u - sp * b, sp * u + cp * b, ct * along - st * a])
