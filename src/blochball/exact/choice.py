"""Which method serves: what `solve`, `steady_state` and `two_time` have in common."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from blochball.support import validation
from blochball.support.arguments import hint

Reasons = dict[str, str | None]
_LOG = logging.getLogger("blochball")


def unknown(
    owner: str,
    method: str,
    known: Mapping[str, Iterable[str]],
    options: Iterable[str],
    function: Callable[..., Any],
) -> Reasons:
    """Say for each method which of the options it does not take.

    Parameters
    ----------
    owner : str
        Who asks, for messages.
    method : str
        The method that is asked for, or "auto".
    known : mapping
        The options of each method.
    options : iterable of str
        Names of those that are given.
    function : callable
        Who asks: an option may be meant for an argument of its own.

    Raises
    ------
    TypeError, ValueError
        If there is no such method, and for options that no method or not this one takes.
    """
    validation.choice(owner, "method", method, ("auto", *known))
    options = list(options)
    for option in options:
        if not any(option in taken for taken in known.values()):
            arguments = set(inspect.signature(function).parameters) - {"options"}
            every = sorted({name for taken in known.values() for name in taken})
            raise TypeError(
                f"{owner}: options must be some of {', '.join(every)}, got {option!r}: "
                f"no method takes an option of that name{hint(option, [*every, *arguments])}"
            )
    reasons: Reasons = {}
    for name, taken in known.items():
        missing = [option for option in options if option not in taken]
        others = [other for other in known if all(option in known[other] for option in missing)]
        reasons[name] = (
            f"takes no option named {', '.join(missing)}"
            + (f"; {', '.join(others)} would" if others else "")
            if missing
            else None
        )
    if method != "auto" and reasons[method]:
        raise TypeError(f"{owner}: {method} {reasons[method]}")
    return reasons


def made(owner: str, method: str, reasons: Reasons) -> tuple[str, str]:
    """Return the method and why it is the one; "auto" takes the first that has no objection.

    Raises
    ------
    ValueError
        If none serves, or not the one that is asked for: with the objections.
    """
    if method != "auto":
        if reasons[method] is None:
            return method, "asked for"
        serving = [name for name, reason in reasons.items() if reason is None]
        advice = f"; served by {', '.join(serving)}" if serving else ""
        raise ValueError(f"{owner}: {method} does not serve this system: {reasons[method]}{advice}")
    passed: list[str] = []
    for name, reason in reasons.items():
        if reason is None:
            reason = "; ".join([*passed, f"{name}: serves"])
            _LOG.info("%s: method %s (%s)", owner, name, reason)
            return name, reason
        passed.append(f"{name}: {reason}")
    raise ValueError(f"{owner}: no method serves this system ({'; '.join(passed)})")
