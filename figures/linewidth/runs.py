"""Two times: the linewidth of lasers, photon statistics, two lines that become one, chains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from blochball import CollectiveJump, Ensemble, System, models
from figures.linewidth.field import CORRELATIONS, PHOTONS, SPECTRUM
from workflow.runs import BATCHES, Drawn, Family, Run, Seeds
from workflow.settings import Count, Counts, Grid, Numbers, Positive, Positives, Several
from workflow.theories import TWA, Array, Point

# a line is read off from this delay on, in units of 1/(N Gamma): what decays faster has died out
FIRST = 15.0
# the last delay is so much later, in the same units, that the phase moves by more than what the
# amplitude fluctuates by: the longer of MEMORIES and ROOT sqrt(N); but no more than a SHARE of the
# coherence time
MEMORIES, ROOT, SHARE = 150.0, 5.0, 0.25
DELAYS = 6


def limit(pump: Any) -> Any:
    """Return the linewidth over Gamma for N -> infinity; the pump is in units of N Gamma."""
    return (1 + pump) / (2 * (1 - pump))


@dataclass(frozen=True)
class LinesMember:
    """One size of the laser; how the master equation is solved for it, if it is."""

    size: Count
    trajectories: Several
    exact: Literal["liouvillian", "jumps", "none"]


@dataclass(frozen=True)
class Lines:
    """Linewidth against the pump, between the thresholds, by TWA, exactly, and by cumulants."""

    drawn: ClassVar[Drawn] = ("linewidth", "first_order")

    pumps_in_N_gamma: Positives
    members: tuple[LinesMember, ...]
    exact_trajectories: Several  # where `exact` is jumps

    def delays(self, size: int, pump: float) -> Array:
        """Return no delay, and those between which a line is read off."""
        first = FIRST / size
        memories = max(MEMORIES, ROOT * np.sqrt(size))
        span = min(memories / size, SHARE * 2 / limit(pump))
        return np.concatenate([[0.0], np.linspace(first, first + span, DELAYS)])

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return a run for each theory, with all sizes and pumps by "SIZE-PUMP"."""
        points: dict[str, dict[float | str, Point]] = {}
        for member in self.members:
            for theory in ("twa", "exact", "cumulants"):
                if (method := member.exact if theory == "exact" else theory) == "none":
                    continue
                effort = {"twa": member.trajectories, "jumps": self.exact_trajectories}
                for pump in self.pumps_in_N_gamma:
                    points.setdefault(theory, {})[f"{member.size}-{pump}"] = Point(
                        models.superradiant_laser(member.size, pump * member.size),
                        self.delays(member.size, pump),
                        method=method,
                        trajectories=effort.get(method, 0),
                        seed=seed(member.size, method, pump),
                    )
        return {
            f"{theory}.correlations": Run(CORRELATIONS, each, scan="label")
            for theory, each in points.items()
        }


@dataclass(frozen=True)
class Coherence:
    """Second-order coherence g2(0) against the pump, through both thresholds."""

    drawn: ClassVar[Drawn] = ("g2",)

    sizes: Counts  # solved exactly, too
    large: Count  # TWA alone
    lowest_in_gamma: Positive  # pumps, equally spaced on a logarithmic axis
    highest_in_N_gamma: Positive
    points: Grid
    trajectories: Several

    def pumps(self, size: int) -> list[float]:
        """Return the pumps in units of Gamma."""
        every = np.geomspace(self.lowest_in_gamma, self.highest_in_N_gamma * size, self.points)
        return [float(f"{pump:.5g}") for pump in every]

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return a run for each theory, with all sizes and pumps by "SIZE-PUMP"."""
        runs: Family = {}
        for theory, method, sizes, effort in (
            ("twa", "twa", (*self.sizes, self.large), self.trajectories),
            ("exact", "liouvillian", self.sizes, 0),
        ):
            points: dict[float | str, Point] = {
                f"{size}-{pump}": Point(
                    models.superradiant_laser(size, pump), np.array([0.0]), method=method,
                    trajectories=effort, seed=seed(size, theory, k),
                )
                for size in sizes
                for k, pump in enumerate(self.pumps(size))
            }  # fmt: skip
            runs[f"{theory}.correlations"] = Run(CORRELATIONS, points, scan="label")
        return runs


@dataclass(frozen=True)
class Synchronisation:
    """Spectrum of two ensembles that emit together, against their detuning."""

    drawn: ClassVar[Drawn] = ("spectrum",)

    pump_in_N_tot_gamma: Positive
    highest_in_N_tot_gamma: Positive  # frequency; the spectrum is even
    small: Count  # emitters of each ensemble, solved exactly, too
    small_frequencies: Grid
    small_detunings_in_N_tot_gamma: Numbers
    small_trajectories: Several
    large: Count
    frequencies: Grid
    detunings_in_N_tot_gamma: Numbers
    trajectories: Several

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return the runs of few emitters by both methods, and of many by TWA."""
        small = self.small, self.small_frequencies, self.small_detunings_in_N_tot_gamma
        large = self.large, self.frequencies, self.detunings_in_N_tot_gamma
        return {
            f"{name}.spectrum": Run(
                SPECTRUM, self._points(*which, method, effort, seed), scan="detuning"
            )
            for name, which, method, effort in (
                ("small-exact", small, "liouvillian", 0),
                ("small-twa", small, "twa", self.small_trajectories),
                ("large-twa", large, "twa", self.trajectories),
            )
        }

    def _points(
        self,
        size: int,
        frequencies: int,
        detunings: tuple[float, ...],
        method: str,
        trajectories: int,
        seed: Seeds,
    ) -> dict[float | str, Point]:
        total = 2 * size
        pump, highest = self.pump_in_N_tot_gamma * total, self.highest_in_N_tot_gamma * total
        points: dict[float | str, Point] = {}
        for detuning in detunings:
            ends = (-detuning * total / 2, detuning * total / 2)
            system = System(
                [Ensemble(size, pump=pump, detuning=end) for end in ends],
                CollectiveJump(1.0, [1, 1]),
            )
            points[detuning] = Point(
                system, np.linspace(0, highest, frequencies), method=method,
                trajectories=trajectories, seed=seed(size, method, detuning),
            )  # fmt: skip
        return points


@dataclass(frozen=True)
class ForwardChain:
    """Ensembles along a waveguide, as in Fig. 4."""

    sites: Grid
    size: Count
    phase_in_pi: Positive  # between neighbours
    cooperativity: Positive  # Gamma N_tot / pump
    tolerance_in_rad: Positive
    half_in_pump: Positive  # frequencies are equally spaced up to about here, then ever wider
    reach_in_pump: Positive  # the highest one
    trajectories: Several

    @property
    def pump(self) -> float:
        """Local pump rate; Gamma is one."""
        return self.sites * self.size / self.cooperativity

    def frequencies(self, count: int) -> tuple[Array, Array]:
        """Return frequencies, and the weights with which a spectrum is integrated over all.

        They are half tan(angle), at the middles of equal parts of the angles. Beyond them the
        spectrum counts as one that falls with the square of the frequency.
        """
        half, reach = self.half_in_pump * self.pump, self.reach_in_pump * self.pump
        part = 2 * np.arctan(reach / half) / count
        angles = part * (np.arange(count) - (count - 1) / 2)
        places = half * np.tan(angles)
        weights = part * half / np.cos(angles) ** 2
        weights[[0, -1]] += places[-1] ** 2 / reach
        return places, weights

    def point(self, drive_in_pump: float, times: Array, **other: Any) -> Point:
        """Return the chain with a drive, looked at by TWA."""
        phase, pump = self.phase_in_pi * np.pi, self.pump
        return Point(
            models.waveguide_chain(self.sites, self.size, phase, pump, drive=drive_in_pump * pump),
            times,
            **{"method": "twa", "trajectories": self.trajectories} | other,
            tolerance=self.tolerance_in_rad,
        )


@dataclass(frozen=True)
class Forward:
    """Light of chains in the direction of the drive: a long one, and one that is solved exactly."""

    drawn: ClassVar[Drawn] = ("spectrum", "g2", "output")

    chain: ForwardChain
    short: ForwardChain
    drives_in_pump: Numbers
    frequencies: Grid
    last_delay_times_pump: Positive
    delays: Grid
    settled_times_pump: Positive  # when the output is looked at, besides
    outputs: Grid

    def runs(self, seed: Seeds, of: Mapping[str, Any]) -> Family:
        """Return spectra and photon statistics of both chains, and the output of the long one."""
        runs: Family = {}
        for name, chain, method in (
            ("chain", self.chain, "twa"),
            ("short-twa", self.short, "twa"),
            ("short-exact", self.short, "liouvillian"),
        ):
            effort: dict[str, Any] = {"batches": BATCHES}
            if method != "twa":
                effort = {"method": method, "trajectories": 0}
            for theory, times in (
                (SPECTRUM, chain.frequencies(self.frequencies)[0]),
                (PHOTONS, np.linspace(0, self.last_delay_times_pump / chain.pump, self.delays)),
            ):
                points: dict[float | str, Point] = {
                    drive: chain.point(drive, times, seed=seed(name, theory.name, drive), **effort)
                    for drive in self.drives_in_pump
                }
                runs[f"{name}.{theory.name}"] = Run(theory, points, scan="drive")
        first = self.settled_times_pump / self.chain.pump
        late = np.linspace(first, 2 * first, self.outputs)
        runs["chain.twa"] = Run(
            TWA,
            {
                drive: self.chain.point(
                    drive, late, method="auto", steps="auto", batches=BATCHES, seed=seed(drive)
                )
                for drive in self.drives_in_pump
            },
            scan="drive",
        )
        return runs


FAMILIES = {
    "lines": Lines,
    "coherence": Coherence,
    "synchronisation": Synchronisation,
    "forward": Forward,
}
THEORIES = (CORRELATIONS, SPECTRUM, PHOTONS)
