"""Initial sampling: the Wigner function of a coherent spin state, as a cloud of Bloch vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blochball.system import System
from blochball.twa import kernels
from blochball.twa.rows import COLUMNS, LANES


def clouds(system: System) -> NDArray[np.float64]:
    """Return what `kernels.sample` needs to know of each ensemble, shape (5, sites).

    The size, cos and sin of the polar angle, cos and sin of the azimuth.
    """
    polar, azimuth = system.column("polar"), system.column("azimuth")
    # exact at the poles, where sin(pi) would leave 1e-16 of a transverse mean
    across = np.where(np.abs(np.sin(polar)) < 1e-12, 0.0, np.sin(polar))
    return np.stack(
        [system.column("size"), np.cos(polar), across, np.cos(azimuth), np.sin(azimuth)]
    )


def group(cloud: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw a group of lanes as the kernels want it: (sites, COLUMNS * LANES)."""
    state = np.zeros((cloud.shape[1], COLUMNS * LANES))
    kernels.sample(state, generator, cloud)
    return state


def sample(system: System, lanes: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Draw initial Bloch vectors, shape (3, sites, lanes); see `rows.sample`."""
    cloud, shape = clouds(system), (system.sites, COLUMNS, LANES)
    groups = [group(cloud, generator).reshape(shape)[:, :3] for _ in range(-(-lanes // LANES))]
    return np.concatenate(groups, axis=-1)[..., :lanes].swapaxes(0, 1)
