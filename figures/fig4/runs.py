"""Fig. 4: chains of ensembles along a waveguide, from the ground state (Gamma = 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import pi
from typing import Annotated, Any, ClassVar

import numpy as np

from blochball import models
from workflow.runs import BATCHES, Drawn, Family, Run, Seeds
from workflow.settings import Count, Counts, Grid, Numbers, Positive, Several
from workflow.theories import CUMULANTS, EQ6, EXACT, PATHS, TWA, Array, Point


def spaced(first: float, last: float, count: int) -> Array:
    """Return times equally spaced on a logarithmic axis."""
    times = np.geomspace(first, last, count)
    # a run is known by its times, and powers end in other digits on other processors
    return np.array([float(f"{time:.12g}") for time in times])


@dataclass(frozen=True)
class Chain:
    """One extended chain without drive, on a logarithmic time axis: Fig. 4(a-c)."""

    drawn: ClassVar[Drawn] = ("emission", "output", "structure_factor")

    sites: Grid
    size: Count
    phase_in_pi: Positive  # between neighbours
    pump_in_gamma: Positive
    first_gamma_t: Positive
    until_gamma_t: Positive
    outputs: Grid  # equally spaced on a logarithmic axis
    momenta: Grid  # at which S(p) is kept, equally spaced from -pi to pi
    tolerance_in_rad: Positive  # by which a spin may turn in a time step
    trajectories: Several
    jobs: Count
    cumulants_until_gamma_t: Positive  # second-order cumulants, at as many outputs a decade

    def point(self, seed: int) -> Point:
        """Return the chain."""
        times = spaced(self.first_gamma_t, self.until_gamma_t, self.outputs)
        phase = self.phase_in_pi * pi
        return Point(
            models.waveguide_chain(self.sites, self.size, phase, self.pump_in_gamma),
            times,
            trajectories=self.trajectories,
            steps="auto",
            tolerance=self.tolerance_in_rad,
            momenta=tuple(np.linspace(-pi, pi, self.momenta).tolist()),
            seed=seed,
        )

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return the runs of TWA and of second-order cumulants."""
        point = self.point(seed())
        early = point.times[point.times <= self.cumulants_until_gamma_t * (1 + 1e-9)]
        return {
            f"sites-{self.sites}.twa": Run(TWA, {self.sites: point}, jobs=self.jobs),
            f"sites-{self.sites}.cumulants": Run(
                CUMULANTS, {self.sites: replace(point, times=early)}
            ),
        }


@dataclass(frozen=True)
class DriveMember:
    """One chain."""

    sites: Grid
    trajectories: Several
    jobs: Count
    drives_in_pump: Numbers


@dataclass(frozen=True)
class Drive:
    """Emission of driven chains at late times against the drive: Fig. 4(d)."""

    drawn: ClassVar[Drawn] = ("output", "output_covariance")

    size: Count
    winding_in_pi: Positive  # M phi
    cooperativity: Positive  # Gamma N_tot / pump
    from_gamma_t: Positive  # what is shown is an average over the outputs
    until_gamma_t: Positive
    outputs: Grid
    tolerance_in_rad: Positive
    members: Annotated[tuple[DriveMember, ...], {"minItems": 2}]

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return a scan of drives for each chain."""
        runs = {}
        times = np.linspace(self.from_gamma_t, self.until_gamma_t, self.outputs)
        for member in self.members:
            sites = member.sites
            points: dict[float | str, Point] = {}
            pump = sites * self.size / self.cooperativity
            phase = self.winding_in_pi * pi / sites
            for drive in member.drives_in_pump:
                points[drive] = Point(
                    models.waveguide_chain(sites, self.size, phase, pump, drive=drive * pump),
                    times,
                    trajectories=member.trajectories,
                    steps="auto",
                    tolerance=self.tolerance_in_rad,
                    seed=seed(sites, drive),
                )
            runs[f"sites-{sites}.twa"] = Run(TWA, points, scan="drive", jobs=member.jobs)
        return runs


@dataclass(frozen=True)
class Lengths:
    """How long the spins are: in shorter chains of several sizes, and in single trajectories."""

    drawn: ClassVar[Drawn] = ()  # a claim is measured on them, no figure shows them

    sites: Grid
    sizes: Counts
    phase_in_pi: Positive
    cooperativity: Positive  # Gamma N_tot / pump
    until_gamma_t: Positive
    outputs: Grid
    tolerance_in_rad: Positive
    trajectories: Several
    paths: Several  # single trajectories of the chain of Fig. 4(a-c)

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return one run for each size, and the single trajectories."""
        runs: Family = {}
        for size in self.sizes:
            pump = self.sites * size / self.cooperativity
            point = Point(
                models.waveguide_chain(self.sites, size, self.phase_in_pi * pi, pump),
                spaced(1 / (self.sites * size), self.until_gamma_t, self.outputs),
                trajectories=self.trajectories,
                steps="auto",
                tolerance=self.tolerance_in_rad,
                seed=seed(size),
            )
            runs[f"size-{size}.twa"] = Run(TWA, {size: point})
        chain: Chain = of["chain"]
        single = replace(chain.point(seed("paths")), trajectories=self.paths, momenta=())
        return runs | {"chain.paths": Run(PATHS, {chain.sites: single})}


@dataclass(frozen=True)
class Later:
    """The chain of Fig. 4(a-c), and driven ones of Fig. 4(d), at late times and twice as late."""

    drawn: ClassVar[Drawn] = ()

    trajectories: Several  # of the chain
    driven_sites: Counts
    drive_in_pump: Positive
    driven_trajectories: Several
    outputs: Grid  # of each window
    tolerance_in_rad: Positive

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return the run of each chain; its outputs are in two windows."""
        chain: Chain = of["chain"]
        drive: Drive = of["drive"]
        end = chain.until_gamma_t
        whole = replace(
            chain.point(seed("chain")),
            times=self.windows(end / 2, end),
            trajectories=self.trajectories,
            tolerance=self.tolerance_in_rad,
            batches=BATCHES,
            momenta=(),
        )
        runs: Family = {"chain.twa": Run(TWA, {chain.sites: whole})}
        times = self.windows(drive.from_gamma_t, drive.until_gamma_t)
        for sites in self.driven_sites:
            pump = sites * drive.size / drive.cooperativity
            phase = drive.winding_in_pi * pi / sites
            point = Point(
                models.waveguide_chain(
                    sites, drive.size, phase, pump, drive=self.drive_in_pump * pump
                ),
                times,
                trajectories=self.driven_trajectories,
                batches=BATCHES,
                steps="auto",
                tolerance=self.tolerance_in_rad,
                seed=seed("driven", sites),
            )
            runs[f"driven-{sites}.twa"] = Run(TWA, {sites: point})
        return runs

    def windows(self, begin: float, end: float) -> Array:
        """Return times of a window, and of one that ends twice as late."""
        first = np.linspace(begin, end, self.outputs)
        return np.concatenate([first, first + end])


@dataclass(frozen=True)
class Judged:
    """A chain of so few emitters that an exact solution judges, with a phase between ensembles."""

    drawn: ClassVar[Drawn] = ()

    sites: Annotated[
        int, {"minimum": 4, "maximum": 100, "multipleOf": 4}
    ]  # an inner, an outer half
    size: Count
    phase_in_pi: Positive
    cooperativity: Positive  # Gamma N_tot / pump
    from_gamma_t: Positive  # what is compared is an average over the outputs
    until_gamma_t: Positive
    outputs: Grid
    tolerance_in_rad: Positive
    exact_trajectories: Several
    trajectories: Several
    eq6_trajectories: Several

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return the same chain by every theory."""
        pump = self.sites * self.size / self.cooperativity
        system = models.waveguide_chain(self.sites, self.size, self.phase_in_pi * pi, pump)
        times = np.linspace(self.from_gamma_t, self.until_gamma_t, self.outputs)
        trajectories = {
            EXACT: self.exact_trajectories,
            TWA: self.trajectories,
            EQ6: self.eq6_trajectories,
            CUMULANTS: 0,
        }
        return {
            f"few.{theory.name}": Run(
                theory,
                {
                    self.sites: Point(
                        system,
                        times,
                        method="jumps" if theory is EXACT else "auto",
                        trajectories=effort,
                        batches=BATCHES,
                        steps="auto",
                        tolerance=self.tolerance_in_rad,
                        seed=seed(theory.name),
                    )
                },
            )
            for theory, effort in trajectories.items()
        }


FAMILIES = {"chain": Chain, "drive": Drive, "lengths": Lengths, "later": Later, "judged": Judged}
