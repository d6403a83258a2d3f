"""Progress bars of tqdm: in a notebook those of the notebook, and none where none is asked for.

A solver opens a bar with `shown`, whether or not there is one to see, and can then be interrupted.
Where there is none, the logger "blochball" says after PATIENCE that the solver is at work. What
works deep inside says with `report` how far it is, and need not know whether anybody looks.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from blochball.support import validation
from blochball.support.patience import after

PATIENCE = 10.0  # seconds of silence
_LOG = logging.getLogger("blochball")
_SAID: ContextVar[bool] = ContextVar("said", default=False)
# the bar, and the shares of it between which reports are
_BAR: ContextVar[tuple[Any, float, float]] = ContextVar("bar", default=(None, 0.0, 1.0))
_FORMAT = "{desc}: {percentage:3.0f}%|{bar}| {elapsed} < {remaining}"


class _Silent:
    """A bar that nobody sees."""

    def update(self, n: float) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Show nothing."""


def bar(shown: bool, total: float, unit: str) -> Any:
    """Return a bar with the methods `update(n)` and `close()`."""
    if not shown:
        return _Silent()
    from tqdm.auto import tqdm  # takes as long to import as a short run

    return tqdm(total=total, unit=unit)


@contextmanager
def shown(owner: str, progress: bool, method: str = "", inside: bool = False) -> Iterator[None]:
    """Show a bar of what `report` hears inside.

    Parameters
    ----------
    owner : str
    progress : bool
    method : str
        By which it works, for the line in place of a bar.
    inside : bool
        What works inside opens a bar of its own if there shall be one.

    Raises
    ------
    TypeError
        If `progress` is not True or False.
    KeyboardInterrupt
        At Ctrl-C, also where a compiled function makes a SystemError of it.
    """
    if not validation.flag(owner, "progress", progress):
        with _interruptible(), patient(owner, method):
            yield
        return
    if inside:
        with _interruptible():
            yield
        return
    from tqdm.auto import tqdm

    with _interruptible(), tqdm(total=1.0, desc=owner, bar_format=_FORMAT) as opened:
        before = _BAR.set((opened, 0.0, 1.0))
        try:
            yield
        finally:
            _BAR.reset(before)


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except SystemError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise


@contextmanager
def patient(owner: str, method: str = "") -> Iterator[None]:
    """Say after PATIENCE that what is inside is at work, but not inside another that says so."""
    if _SAID.get():
        yield
        return
    by = f" by {method}" if method else ""
    # the level that is shown unless somebody asks for another
    said = "%s%s: at work for %.0f s; progress=True shows how far it is"
    with hushed(), after(PATIENCE, partial(_LOG.warning, said, owner, by, PATIENCE)):
        yield


@contextmanager
def hushed() -> Iterator[None]:
    """Have nothing inside say that it is at work: there is a bar, or somebody else who says so."""
    before = _SAID.set(True)
    try:
        yield
    finally:
        _SAID.reset(before)


@contextmanager
def portion(begin: float, end: float) -> Iterator[None]:
    """Take what is reported inside for a portion of the work, between two shares of it."""
    opened, first, last = _BAR.get()
    width = last - first
    before = _BAR.set((opened, first + begin * width, first + end * width))
    try:
        yield
    finally:
        _BAR.reset(before)


def report(share: float) -> None:
    """Say which share of the work is done; a bar never goes back."""
    opened, first, last = _BAR.get()
    if opened is None:
        return
    now = first + min(share, 1.0) * (last - first)
    if now > opened.n:
        opened.update(now - opened.n)
