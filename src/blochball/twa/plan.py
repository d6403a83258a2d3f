"""Plan: all that is fixed before a run, so that it can be cut, interrupted and repeated."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from blochball._version import __version__
from blochball.protocol import Protocol
from blochball.support import validation
from blochball.support.jit import STAMP
from blochball.system import System
from blochball.twa.couplings import Couplings, couplings_of
from blochball.twa.ends import End
from blochball.twa.fields import Fields, fields_of
from blochball.twa.lanes import LANES
from blochball.twa.schedule import Schedule
from blochball.twa.step import Step, step_of
from blochball.twa.timed import Stage, stages, step_for

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
METHOD = "twa.ball"
_ATTRIBUTES = (
    *("system", "structure", "moments", "covariances"),
    *("seed", "trajectories", "sources", "identity"),
)


def block_size(sites: int) -> int:
    """Return how many trajectories make a block.

    Large enough that starting a block is cheap compared with its steps. One thread runs one block,
    so a run shorter than two blocks uses one core.
    """
    return LANES * max(8, 32 >> (sites - 1).bit_length())


@dataclass(frozen=True, eq=False)
class Plan:
    """All that is fixed before a run of the ball form; made by `twa.plan`.

    Attributes
    ----------
    system : System
        Of a Protocol the one at time 0.
    times : ndarray, shape (times,)
        Output times.
    trajectories, seed : int
    schedule : Schedule
        The time steps.
    kept : ndarray of int, shape (times,)
        For every output time its index among those whose correlations are kept, or -1.
    momenta : ndarray, shape (momenta,)
    structure : {"auto", "jumps", "dense"}
        See `fields.fields_of`.
    moments : {"first", "second", "pairs"}
        What is kept of each site, and of pairs of them.
    protocol : Protocol, optional
        What changes in time.
    initial : End, optional
        Trajectories to carry on with.
    end : bool
        Whether the end of the trajectories is kept.
    covariances : bool
        Whether the covariances of the means are kept.

    Examples
    --------
    >>> from blochball import models, twa
    >>> plan = twa.plan(models.superradiant_laser(100, pump=25.0), [0.1], steps=10)
    >>> plan.trajectories, plan.seed
    (1000, 0)
    """

    system: System
    times: Floats
    trajectories: int
    seed: int
    schedule: Schedule
    kept: Ints
    momenta: Floats
    structure: str = "auto"
    moments: str = "first"
    protocol: Protocol | None = None
    initial: End | None = None
    end: bool = False
    covariances: bool = True

    @property
    def block(self) -> int:
        """Trajectories of a block; see `block_size`."""
        return block_size(self.system.sites)

    @property
    def times_kept(self) -> Floats:
        """Output times whose correlations are kept."""
        return self.times[self.kept >= 0]

    @cached_property
    def fields(self) -> Fields:
        """What turns the vectors."""
        return fields_of(self.system, self.structure)

    @cached_property
    def couplings(self) -> Couplings | None:
        """What turns them besides, in Cartesian form."""
        return couplings_of(self.system)

    @cached_property
    def step(self) -> Step:
        """The step that serves the System."""
        return step_of(self.fields, self.couplings)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """What moves the trajectories: one stage without a Protocol."""
        if self.protocol is None:
            return self.staged(self.step)
        return stages(
            self.protocol,
            self.times,
            self.schedule,
            lambda segment: step_for(segment.system, self.structure),
        )

    def staged(self, step: Step) -> tuple[Stage, ...]:
        """Return the one stage of a run by a step that serves all of it."""
        return (Stage((), step, self.schedule),)

    @cached_property
    def timed(self) -> dict[str, Any]:
        """What a file says of the Protocol, if there is one."""
        return {} if self.protocol is None else {"protocol": self.protocol.to_json()}

    @cached_property
    def identity(self) -> str:
        """Changes whenever a trajectory would: with all but their number."""
        described = [STAMP, self.system.to_json(), self.structure, self.seed, self.moments]
        described += [self.covariances, *self.timed.values()]
        begun = () if self.initial is None else (self.initial.vectors, self.initial.random)
        digest = hashlib.sha256(repr(described).encode())
        for array in (self.times, *self.schedule, self.kept, self.momenta, *begun):
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def to_dataset(self) -> xr.Dataset:
        """Return the plan as a Dataset, for a file."""
        return xr.Dataset(
            {
                "step": ("segment", self.schedule.steps),
                "count": ("segment", self.schedule.counts),
                "output": ("segment", self.schedule.outputs),
                "kept": ("time", self.kept),
            },
            {"time": self.times, "momentum": self.momenta},
            {
                "blochball_version": __version__,
                "sources": STAMP,
                "system": self.system.to_json(),
                "method": METHOD,
                "structure": self.structure,
                "moments": self.moments,
                "covariances": int(self.covariances),
                "seed": self.seed,
                "trajectories": self.trajectories,
                "identity": self.identity,
                **self.timed,
            },
        )

    @classmethod
    def from_dataset(cls, ds: xr.Dataset) -> Plan:
        """Return the plan that `to_dataset` has made a Dataset of.

        Raises
        ------
        TypeError, ValueError
            If it is no such Dataset, or one of other sources: its trajectories would not be ours.
        """
        owner = "Plan.from_dataset"
        validation.instance(owner, "ds", ds, xr.Dataset)
        missing = sorted(set(_ATTRIBUTES) - set(ds.attrs))
        if missing:
            raise ValueError(f"{owner}: ds must be a plan as a Dataset, got one without {missing}")
        if ds.attrs["sources"] != STAMP:
            raise ValueError(
                f"{owner}: ds must be of this version, {__version__} with sources {STAMP:.12}, got "
                f"{ds.attrs.get('blochball_version')} with {ds.attrs['sources']!s:.12}"
            )
        segments = (ds[name].values for name in ("step", "count", "output"))
        plan = cls(
            System.from_json(ds.attrs["system"]),
            ds["time"].values,
            int(ds.attrs["trajectories"]),
            int(ds.attrs["seed"]),
            Schedule(*segments),
            ds["kept"].values,
            ds["momentum"].values,
            ds.attrs["structure"],
            ds.attrs["moments"],
            Protocol.from_json(ds.attrs["protocol"]) if "protocol" in ds.attrs else None,
            covariances=bool(ds.attrs["covariances"]),
        )
        if plan.identity != ds.attrs["identity"]:
            raise ValueError(f"{owner}: ds must be a plan as it was made, got one that was changed")
        return plan
