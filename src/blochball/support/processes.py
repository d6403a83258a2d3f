"""Calls side by side, each in an interpreter of its own.

The interpreters are started anew, not forked, and never import the user's script: nothing there has
to stand behind ``if __name__ == "__main__"``. In exchange, what is called must be importable by its
name.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from blochball.support import validation

MOST = 1024  # more than any machine has processors
# the same modules as here, wherever they were found
_START = "import sys; sys.path[:] = {}; from blochball.support.processes import serve; serve()"


class Pool:
    """Interpreters that wait for calls, until the end of a ``with`` block."""

    def __init__(self, count: int) -> None:
        self._threads = ThreadPoolExecutor(count)
        self._idle: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        self._processes: list[subprocess.Popen[bytes]] = []
        for _ in range(count):
            self._idle.put(self._started())

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", _START.format(sys.path)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._processes.append(process)
        return process

    def submit(self, call: Callable[[], Any]) -> Callable[[], Any]:
        """Have something called; what is returned returns its result, or raises what it raised."""
        answer = self._threads.submit(self._ask, pickle.dumps(call))

        def result() -> Any:
            value, said = pickle.loads(answer.result())
            for text in said:
                validation.warn(text)
            if isinstance(value, Exception):
                raise value
            return value

        return result

    def _ask(self, call: bytes) -> bytes:
        process = self._idle.get()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            pickle.dump(call, process.stdin)
            process.stdin.flush()
            answer: bytes = pickle.load(process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            code = process.wait()
            process = self._started()
            raise MemoryError(
                f"its process ended with code {code}, as one does that is killed where memory is "
                "used up"
            ) from error
        finally:
            self._idle.put(process)
        return answer

    def __enter__(self) -> Pool:
        """Return the pool itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the interpreters, whatever they are at."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._processes:
            process.kill()
        self._threads.shutdown(wait=True)
        for process in self._processes:
            process.communicate()


def serve() -> None:
    """Answer calls from standard input until there are no more: the other end of a Pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the Pool ends us
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed must not come between
    while True:
        try:
            call = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(_answer(call), answers)
        answers.flush()


def _answer(call: bytes) -> bytes:
    """Return the result of a call, or what it raised, and the warnings that it gave."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        try:
            value = pickle.loads(call)()
        except Exception as error:
            value = error
    said = [str(warning.message) for warning in heard]
    try:
        return pickle.dumps((value, said))
    except Exception as error:
        kind = type(value).__name__
        return pickle.dumps((TypeError(f"a {kind} cannot be handed on: {error}"), said))
