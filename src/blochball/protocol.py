"""Time dependence: a System at each of some times, straight lines between them, and pulses."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blochball.sampler import Sampler
from blochball.support import validation
from blochball.support.arguments import named
from blochball.support.arithmetic import combine
from blochball.system import System

AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}


@named("Rotation")
@dataclass(frozen=True)
class Rotation:
    """An instantaneous pulse: exp(-i angle n . J), which turns Bloch vectors about n by the angle.

    Parameters
    ----------
    angle : float
        In radians, by the right-hand rule.
    axis : {"x", "y", "z"} or sequence of 3 floats
        Direction n; a vector is taken at unit length.
    sites : sequence of int, optional
        Which ensembles are turned; by default all.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, what it must be and what it was.

    Examples
    --------
    >>> from math import pi
    >>> from blochball import Ensemble, Protocol, Rotation, System, exact
    >>> inverted = Protocol([(0, System(Ensemble(4))), Rotation(pi, "x")])
    >>> ds = exact.solve(inverted, [0.0, 1.0])
    >>> ds.inversion.values[:, 0].round(6).tolist()
    [2.0, -2.0]
    """

    angle: float
    axis: tuple[float, float, float]
    sites: tuple[int, ...] | None = None

    def __init__(
        self,
        angle: float,
        axis: str | Sequence[float],
        sites: int | Iterable[int] | None = None,
    ) -> None:
        owner = "Rotation"
        object.__setattr__(self, "angle", validation.real(owner, "angle", angle))
        what = "'x', 'y', 'z' or three finite real numbers that are not all zero"
        if isinstance(axis, str):
            if axis not in AXES:
                raise ValueError(f"{owner}: axis must be {what}, got {axis!r}")
            direction = np.array(AXES[axis])
        else:
            direction = validation.reals(owner, "axis", axis, what)
            length = float(np.linalg.norm(direction))
            if direction.shape != (3,) or length == 0:
                raise ValueError(f"{owner}: axis must be {what}, got {validation.shown(axis)}")
            # a vector of unit length is taken as it is, to the last bit
            direction = direction / length if abs(length - 1) > 1e-15 else direction
        object.__setattr__(self, "axis", tuple(direction.tolist()))
        if sites is not None:
            listed = validation.members(owner, "sites", sites, Integral)
            sites = tuple(validation.integer(owner, "sites", site, 0) for site in listed)
            if len(set(sites)) < len(sites):
                raise ValueError(f"{owner}: sites must differ, got {validation.shown(sites)}")
        object.__setattr__(self, "sites", sites)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The turn of a Bloch vector (x, y, z), shape (3, 3): Rodrigues' formula."""
        n = np.array(self.axis)
        cross = np.array([[0, -n[2], n[1]], [n[2], 0, -n[0]], [-n[1], n[0], 0]])
        turn = np.eye(3) + math.sin(self.angle) * cross
        return np.asarray(turn + (1 - math.cos(self.angle)) * cross @ cross)


@dataclass(frozen=True)
class Piece:
    """A stretch of a Protocol over which every number of the System is linear in time.

    Attributes
    ----------
    start, stop : float
        `stop` of the last piece is infinity; its System is constant.
    first, last : System
        At both ends, from within.
    rotations : tuple of Rotation
        Pulses at `start`, in order, before the piece; what is recorded at `start` precedes them.
    """

    start: float
    stop: float
    first: System
    last: System
    rotations: tuple[Rotation, ...] = ()

    @cached_property
    def constant(self) -> bool:
        """Whether nothing changes between both ends."""
        return self.first == self.last

    def at(self, time: float) -> System:
        """Return the System at a time within the piece."""
        if self.constant:
            return self.first
        share = (time - self.start) / (self.stop - self.start)
        return _combined([self.first, self.last], [1 - share, share])


@named("Protocol")
@dataclass(frozen=True, eq=False)
class Protocol:
    """A System whose numbers change in time, with pulses.

    Between neighbouring entries every number of the System is linear in time; two entries at one
    time make a jump; after the last entry nothing changes. A `Rotation` acts at the time of the
    entry before it.

    Parameters
    ----------
    entries : sequence of (float, System) and Rotation
        The first is ``(0, system)``, whose ensembles also say what the initial state is. Times do
        not decrease. All Systems have as many ensembles of the same sizes, jumps of the same kinds
        and names, and so on: only numbers may differ.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, what it must be and what it was.

    Examples
    --------
    A pump that is ramped up within a time of 2, and an echo pulse at time 1:

    >>> import blochball as bb
    >>> off, on = (bb.models.superradiant_laser(10, pump) for pump in (0.0, 5.0))
    >>> half = bb.models.superradiant_laser(10, 2.5)
    >>> ramp = bb.Protocol([(0, off), (1, half), bb.Rotation(3.1416, "x"), (2, on)])
    >>> ramp.at(1.5).ensembles[0].pump
    3.75
    """

    pieces: tuple[Piece, ...]

    def __init__(self, entries: Iterable[tuple[float, System] | Rotation]) -> None:
        object.__setattr__(self, "pieces", tuple(_pieces(_checked(entries))))

    @property
    def initial(self) -> System:
        """The System at time 0: its ensembles say what the initial state is."""
        return self.pieces[0].first

    @property
    def sites(self) -> int:
        """Number of ensembles."""
        return self.initial.sites

    @property
    def knots(self) -> NDArray[np.float64]:
        """Times at which a number of the System has a jump or a kink, or a pulse acts."""
        return np.array([piece.start for piece in self.pieces])

    def piece(self, time: float) -> Piece:
        """Return the piece that holds a time; at a knot the one that begins there.

        Raises
        ------
        ValueError
            If the time is negative or not finite.
        """
        time = validation.real("Protocol", "time", time, 0)
        return self.pieces[int(np.searchsorted(self.knots, time, side="right")) - 1]

    def at(self, time: float) -> System:
        """Return the System at a time; at a jump the one after it."""
        return self.piece(time).at(time)

    def mean(self, start: float, stop: float) -> System:
        """Return the System of the averages of every number over an interval of time.

        This is what a time step of second order takes: it is exact in the area of every pulse,
        also where knots lie within the step (the first term of the Magnus expansion).
        """
        start = validation.real("Protocol.mean", "start", start, 0)
        stop = validation.real("Protocol.mean", "stop", stop, start)
        if start == stop:
            return self.at(start)
        inside = [t for t in self.knots if start < t < stop]
        systems, shares = [], []
        for a, b in itertools.pairwise([start, *inside, stop]):
            # the mean of a linear function is its value in the middle
            systems.append(self.piece(a).at((a + b) / 2))
            shares.append((b - a) / (stop - start))
        return _combined(systems, shares)

    @classmethod
    def sample(
        cls, function: Callable[[float], System], times: ArrayLike, tolerance: float = 1e-3
    ) -> Protocol:
        """Make a Protocol of a System that is a function of time.

        Parameters
        ----------
        function : callable
            From a time to the System then.
        times : array_like, shape (times,)
            Where to begin, from 0 to the last time at which anything changes. Intervals between
            them are halved until straight lines are good enough, so they must not be so far apart
            that a pulse is stepped over.
        tolerance : float
            Largest difference between the function and the straight line at a quarter, half and
            three quarters of an interval, relative to the largest value of each number.

        Raises
        ------
        TypeError, ValueError
            For a bad argument, and if more than 100,000 times would be needed.
        """
        owner = "Protocol.sample"
        if not callable(function):
            raise TypeError(f"{owner}: function must be callable, got {validation.shown(function)}")
        grid = validation.times(owner, times)
        tolerance = validation.positive(owner, "tolerance", tolerance)
        if grid[0] != 0:
            raise ValueError(f"{owner}: times must begin at 0, got {grid[0]:g}")
        return cls(Sampler(function, tolerance, float(grid[-1])).entries(grid))

    def to_json(self) -> str:
        """Return a JSON text from which `from_json` makes an equal Protocol."""
        entries: list[Any] = []
        for piece in self.pieces:
            entries.append([piece.start, json.loads(piece.first.to_json())])
            entries += map(asdict, piece.rotations)
            if math.isfinite(piece.stop):
                entries.append([piece.stop, json.loads(piece.last.to_json())])
        return json.dumps({"protocol": entries})

    @classmethod
    def from_json(cls, text: str) -> Protocol:
        """Rebuild a Protocol from `to_json`.

        Raises
        ------
        ValueError
            If the text is not the JSON of a Protocol.
        """
        try:
            return cls(
                Rotation(**entry)
                if isinstance(entry, Mapping)
                else (entry[0], System.from_json(json.dumps(entry[1])))
                for entry in json.loads(text)["protocol"]
            )
        except (KeyError, IndexError, TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"Protocol: text must be the JSON of a Protocol ({error})") from error

    def __eq__(self, other: object) -> bool:
        """Two Protocols are equal if every number in them is."""
        return isinstance(other, Protocol) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        """Hash of the JSON text."""
        return hash(self.to_json())


def _combined(systems: Sequence[System], shares: Sequence[float]) -> System:
    system: System = combine("Protocol: Systems of entries", "System", systems, shares)
    return system


def _checked(entries: Any) -> list[tuple[float, System] | Rotation]:
    """Validate the entries of a Protocol."""
    owner, what = "Protocol", "a sequence of (time, System) and Rotation"
    if isinstance(entries, str | Mapping) or not isinstance(entries, Iterable):
        raise TypeError(f"{owner}: entries must be {what}, got {validation.shown(entries)}")
    checked: list[tuple[float, System] | Rotation] = []
    now, initial = 0.0, None
    for entry in _listed(owner, entries, what):
        if isinstance(entry, Rotation):
            if initial is None:
                raise ValueError(f"{owner}: entries must begin with (0, System), got a Rotation")
            if entry.sites is not None and max(entry.sites, default=0) >= initial.sites:
                raise ValueError(
                    f"{owner}: sites of a Rotation must be below {initial.sites}, got {entry.sites}"
                )
            checked.append(entry)
            continue
        if not isinstance(entry, Sequence) or isinstance(entry, str) or len(entry) != 2:
            raise TypeError(f"{owner}: entries must be {what}, got {validation.shown(entry)}")
        time = validation.real(owner, "times of entries", entry[0], now)
        validation.instance(owner, "entries", entry[1], System)
        if initial is None:
            initial = entry[1]
            if time != 0:
                raise ValueError(f"{owner}: entries must begin at time 0, got {time:g}")
        for l, (one, other) in enumerate(zip(initial.ensembles, entry[1].ensembles, strict=False)):
            starts = [(e.polar, e.azimuth, e.length, e.dicke) for e in (one, other)]
            if starts[0] != starts[1]:
                raise ValueError(
                    f"{owner}: entries must have one initial state, got ensembles[{l}] with polar, "
                    f"azimuth, length and dicke {starts[0]} and {starts[1]}"
                )
        if [p for p, _ in initial.mixture] != [p for p, _ in entry[1].mixture]:
            raise ValueError(f"{owner}: entries must have one initial state, got two mixtures")
        if entry[1] is not initial:
            _combined([initial, entry[1]], [1.0, 0.0])  # refuses what differs in more than numbers
        checked.append((time, entry[1]))
        now = time
    if initial is None:
        raise ValueError(f"{owner}: entries must hold at least (0, System), got none")
    return checked


def _listed(owner: str, entries: Iterable[Any], what: str) -> list[Any]:
    try:
        listed = list(itertools.islice(entries, validation.LONGEST + 1))
    except Exception as error:  # of the caller's own iterable
        raise TypeError(
            f"{owner}: entries must be {what}, got one that fails: {error!r}"
        ) from error
    if len(listed) > validation.LONGEST:
        raise ValueError(f"{owner}: entries must hold at most {validation.LONGEST}, got more")
    return listed


def _pieces(entries: Sequence[tuple[float, System] | Rotation]) -> Iterable[Piece]:
    """Divide a Protocol at its entries; of several at one time the first and the last count."""
    rotations: list[Rotation] = []
    start: tuple[float, System] | None = None
    for entry in entries:
        if isinstance(entry, Rotation):
            rotations.append(entry)
            continue
        if start is not None and entry[0] > start[0]:
            yield Piece(start[0], entry[0], start[1], entry[1], tuple(rotations))
            rotations = []
        start = entry
    assert start is not None
    yield Piece(start[0], math.inf, start[1], start[1], tuple(rotations))
