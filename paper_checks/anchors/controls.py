"""Controls of the claims about closed solutions."""

from __future__ import annotations

from unittest import mock

import numpy as np
import xarray as xr

from blochball import models
from blochball.twa import phase_space
from paper_checks import ledger
from paper_checks.anchors import lattice, measure
from paper_checks.controls import Control, Spoil, Wrong, scaled
from paper_checks.ledger import Finding
from workflow.results import Results


def everything(factor: float) -> Spoil:
    """Return a spoiler: all expectations times a factor."""

    def spoil(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
        names = ("inversion", "emission", "spin_squared", "spin_x", "spin_y", "output")
        return ds.assign({name: factor * ds[name] for name in names if name in ds})

    return spoil


def slower(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Stretch time by a tenth."""
    return ds.assign_coords(time=1.1 * ds.time)


def off(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err by 4% of N^2 and of N."""
    size = 2 * abs(ds.inversion.isel(time=0, site=0, drop=True))
    return ds.assign(emission=ds.emission + 0.04 * size**2, inversion=ds.inversion + 0.04 * size)


def bad(ds: xr.Dataset, exact: xr.Dataset) -> xr.Dataset:
    """Err forty times as much."""
    names = ("emission", "inversion", "spin_squared")
    return ds.assign({name: exact[name] + 40 * (ds[name] - exact[name]) for name in names})


class OtherDiffusion(Control):
    """A control that changes the diffusion matrices themselves."""

    def measure(self, results: Results) -> Finding:
        """Return what is measured with the other matrices."""
        indefinite, definite = np.diag([1.0, 1.0, 1.0, -1.0]), np.eye(2)
        with (
            mock.patch.object(measure, "_eq6", return_value=indefinite),
            mock.patch.object(measure, "_ball", return_value=definite),
        ):
            return ledger.measure(self.entry, results)


class OtherSymbols(Control):
    """A control in which symbols are a tenth too large, and their products have no bracket."""

    def measure(self, results: Results) -> Finding:
        """Return what is measured with the other symbols."""
        local, collective = phase_space.local_jump, phase_space.collective_jump
        with (
            mock.patch.object(phase_space, "local_jump", lambda *args: 1.1 * local(*args)),
            mock.patch.object(
                phase_space, "collective_jump", lambda *args: 1.1 * collective(*args)
            ),
            mock.patch.object(phase_space, "poisson_bracket", return_value=0.0),
        ):
            return ledger.measure(self.entry, results)


class OtherPhase(Control):
    """A control in which light accumulates another phase between the emitters."""

    def measure(self, results: Results) -> Finding:
        """Return what is measured with the other phase."""
        other = models.waveguide_chain(lattice.HOSTS, 1, 1.2 * lattice.WAVE, pump=0.0)
        with mock.patch.object(models, "waveguide_chain", return_value=other):
            return ledger.measure(self.entry, results)


class OtherWay(Control):
    """A control in which light runs the other way."""

    def measure(self, results: Results) -> Finding:
        """Return what is measured where left is right."""
        leaving = lattice.leaving
        with mock.patch.object(lattice, "leaving", lambda *args: leaving(*args)[::-1]):
            return ledger.measure(self.entry, results)


def run(name: str) -> str:
    """Return the pattern of a run."""
    return f"anchors/{name}.*"


CONTROLS = [
    Control("anchor-jumps", "other expectations", run("emitters"), everything(1.01)),
    OtherSymbols("anchor-symbols", "larger", "", scaled("", 1)),
    OtherSymbols("anchor-expansion", "no bracket", "", scaled("", 1)),
    OtherPhase("anchor-lattice", "another phase", "", scaled("", 1)),
    OtherWay("anchor-forward", "light the other way", "", scaled("", 1)),
    OtherDiffusion("anchor-diffusion", "the other way round", "", scaled("", 1)),
    Control("anchor-psi-redundant", "4% off", "anchors/collective.twa", off),
    Control("anchor-psi-needed", "as bad if it moves", "formulations/laser.eq6", bad),
    Control("anchor-hot", "10% off", run("hot"), everything(1.1)),
    Control("anchor-bath", "10% off", run("bath"), everything(1.1)),
    Control("anchor-pulse", "late", "decay/*.twa", slower),
    Control("anchor-pulse", "4% off", "decay/*.twa", off),
    Control("anchor-driven", "10% off", "anchors/below.twa anchors/above.twa", everything(1.1)),
    Control("anchor-fast", "slower", run("fast_?"), slower),
    Control("anchor-domains", "20% off", run("domains"), everything(1.2)),
    Control("anchor-cascade", "4% off", "anchors/cascade.twa", off),
    Wrong("anchor-psi-needed", "ψ frozen"),
    Wrong("anchor-domains", "no Wigner cloud"),
    Wrong("anchor-cascade", "no collective noise"),
]
