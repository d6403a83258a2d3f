"""The initial state: a positive Wigner function, as a cloud of Bloch vectors."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from blochball.system import System
from blochball.twa.lanes import COLUMNS, LANES, X, Y, Z, copy, jit
from blochball.twa.noise import STEPS_PER_WORD

_N = np.uint64(LANES)


class Cloud(NamedTuple):
    """What the sampling needs to know of each ensemble.

    Attributes
    ----------
    size : ndarray, shape (sites,)
    cos_polar, sin_polar, cos_azimuth, sin_azimuth : ndarray, shape (parts, sites)
        Directions, in each part of a mixture.
    up : ndarray, shape (parts, sites)
        Probability of an emitter to be up along the direction.
    upto : ndarray, shape (parts,)
        Probability of this part of the mixture and of those before it.
    """

    size: NDArray[np.float64]
    cos_polar: NDArray[np.float64]
    sin_polar: NDArray[np.float64]
    cos_azimuth: NDArray[np.float64]
    sin_azimuth: NDArray[np.float64]
    up: NDArray[np.float64]
    upto: NDArray[np.float64]


class Start(NamedTuple):
    """What a block of trajectories begins with.

    Attributes
    ----------
    seeds : ndarray of uint64, shape (groups, 2 * LANES)
        See `noise.seeds`; of a whole block, so that the first trajectories do not depend on how
        many there are.
    cloud : Cloud
    trajectories : int
    """

    seeds: NDArray[np.uint64]
    cloud: Cloud
    trajectories: int


def cloud_of(system: System) -> Cloud:
    """Return the cloud of a System's initial state."""
    polar, azimuth, length = (
        np.array([[getattr(e, name) for e in start] for _, start in system.parts])
        for name in ("polar", "azimuth", "length")
    )
    # exact at the poles, where sin(pi) would leave 1e-16 of a transverse mean
    across = np.where(np.abs(np.sin(polar)) < 1e-12, 0.0, np.sin(polar))
    angles = np.cos(polar), across, np.cos(azimuth), np.sin(azimuth)
    upto = np.cumsum([chance for chance, _ in system.parts])
    return Cloud(system.column("size"), *angles, (1 + length) / 2, upto)


@jit
def sample_row(row, generator, cloud, l, part):
    """Draw Bloch vectors of site l, each in its part of the mixture.

    Coherent spin state: in the frame of the polarised state the two transverse components are
    Gaussian with variance N/4 and the length is sharp, |J|^2 = N/2 (N/2 + 1). Of mixed emitters a
    binomial number is up, and the component along the direction is multiplied by the polarisation
    that this makes.
    """
    size = cloud.size[l]
    sigma, length2 = math.sqrt(size / 4), size / 2 * (size / 2 + 1)
    for i in range(_N):
        row[i + X] = sigma * generator.standard_normal()
        row[i + Y] = sigma * generator.standard_normal()
    for i in range(_N):
        k = part[i]
        ct, st = cloud.cos_polar[k, l], cloud.sin_polar[k, l]
        cp, sp = cloud.cos_azimuth[k, l], cloud.sin_azimuth[k, l]
        a, b = row[i + X], row[i + Y]
        # for a handful of emitters the Gaussian can reach past the sphere
        along = math.sqrt(max(length2 - a * a - b * b, 0.0))
        if cloud.up[k, l] < 1.0:
            along *= 2.0 * generator.binomial(int(size), cloud.up[k, l]) / size - 1.0
        u = ct * a + st * along
        row[i + X], row[i + Y], row[i + Z] = cp * u - sp * b, sp * u + cp * b, ct * along - st * a


@jit
def sample(state, generator, cloud):
    """Draw initial Bloch vectors of every site into the columns X, Y, Z."""
    part = np.zeros(LANES, np.int64)
    if cloud.upto.size > 1:
        for i in range(LANES):
            drawn = generator.random() * cloud.upto[-1]
            while drawn >= cloud.upto[part[i]]:
                part[i] += 1
    for l in range(state.shape[0]):
        sample_row(state[l], generator, cloud, l, part)


@jit
def begin(lanes, start, generator):
    """Put a group of lanes into the initial state, with its own random numbers."""
    sample(lanes.state, generator, start.cloud)
    copy(start.seeds[lanes.number], lanes.random)
    for k in range(lanes.clock.size):
        # all words are used up; no step has been made
        lanes.clock[k] = STEPS_PER_WORD if k < 2 else 0


def vectors(
    system: System, trajectories: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Draw initial Bloch vectors, shape (3, sites, trajectories)."""
    cloud, found = cloud_of(system), []
    for _ in range(-(-trajectories // LANES)):
        state = np.zeros((system.sites, COLUMNS * LANES))
        sample(state, generator, cloud)
        found.append(state.reshape(system.sites, COLUMNS, LANES)[:, :3])
    return np.concatenate(found, axis=-1)[..., :trajectories].swapaxes(0, 1)
