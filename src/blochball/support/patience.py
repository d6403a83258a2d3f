"""A word after a while, where something works in silence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def after(seconds: float, say: Callable[[], object]) -> Iterator[None]:
    """Call `say` from another thread if what is inside takes longer than that."""
    timer = threading.Timer(seconds, say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
