"""Blocks over threads: their order, their number, and what happens when one fails."""

import os
import threading
import time

import numpy as np
import pytest

from blochball.support.parallel import run_blocks, thread_count
from blochball.support.statistics import Moments
from tests.blochball.known import python


def work(block, size):
    # a later block ends sooner
    time.sleep(0.002 * (block % 3 == 0))
    samples = np.random.default_rng(block).random((size, 2))
    return (Moments.of(samples),)


@pytest.mark.parametrize(
    ("trajectories", "sizes"), [(1, [1]), (8, [8]), (9, [8, 1]), (20, [8, 8, 4])]
)
def test_all_blocks_but_the_last_are_full(trajectories, sizes):
    seen = []

    def watched(block, size):
        seen.append((block, size))
        return work(block, size)

    tree = run_blocks(watched, trajectories, 8, threads=1, first=5)
    assert seen == list(enumerate(sizes, start=5))
    assert tree.total()[0].count == trajectories


def test_the_result_has_the_same_bits_for_any_number_of_threads():
    totals = [run_blocks(work, 200, 8, threads).total()[0] for threads in (1, 2, 3, 16)]
    for other in totals[1:]:
        np.testing.assert_array_equal(other.mean, totals[0].mean)
        np.testing.assert_array_equal(other.comoment, totals[0].comoment)
    # the order matters: merged the other way round the last bits differ
    blocks = [work(k, 8)[0] for k in range(25)]
    backwards = blocks[-1]
    for block in blocks[-2::-1]:
        backwards = backwards.merge(block)
    np.testing.assert_allclose(backwards.mean, totals[0].mean, rtol=1e-12)
    assert (backwards.comoment != totals[0].comoment).any()


def test_threads_work_at_the_same_time():
    # each waits for the other: a single thread would wait for ever
    meeting = threading.Barrier(2, timeout=20)

    def meet(block, size):
        meeting.wait()
        return work(block, size)

    run_blocks(meet, 16, 8, threads=2)


def test_the_number_of_blocks_under_way_is_bounded():
    begun, merged = [], []

    class Counting(Moments):
        def merge(self, other):
            merged.append(1)
            return super().merge(other)

    def watched(block, size):
        begun.append(block)
        # block 0 is slow: without a bound all others would be done before it
        time.sleep(0.2 if block == 0 else 0)
        ahead.append(len(begun))
        found = Moments.of(np.ones((size, 1)))
        return (Counting(found.count, found.mean, found.comoment),)

    ahead = []
    run_blocks(watched, 1000, 1, threads=2)
    # when block 0 ended no more than 2 x threads blocks had begun
    assert max(ahead[:4]) <= 4
    assert len(begun) == 1000


@pytest.mark.parametrize("kind", [ArithmeticError, KeyboardInterrupt, MemoryError])
def test_a_block_that_fails_ends_the_run(kind):
    begun = []

    def failing(block, size):
        begun.append(block)
        if block == 3:
            raise kind("block 3")
        return work(block, size)

    with pytest.raises(kind, match="block 3"):
        run_blocks(failing, 10**9, 8, threads=2)
    assert len(begun) <= 8
    assert threading.active_count() < 8


INTERRUPTED = """
import os, signal, threading, time
import numpy as np
from blochball.support.parallel import run_blocks
from blochball.support.statistics import Moments

def work(block, size):
    time.sleep(0.05)
    return (Moments.of(np.ones((size, 1))),)

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by background jobs
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
started = time.perf_counter()
try:
    run_blocks(work, 10**6, 1, threads=2)
except KeyboardInterrupt:
    print("interrupted after", time.perf_counter() - started)
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_ends_a_run_of_many_hours_at_once():
    words = python(INTERRUPTED).split()
    assert words[0] == "interrupted"
    assert float(words[-1]) < 2


def test_progress_bar(capsys):
    run_blocks(work, 20, 8, threads=1, progress=True)
    shown = capsys.readouterr().err
    assert "20/20" in shown
    assert "trajectory" in shown
    run_blocks(work, 20, 8, threads=1)
    assert not capsys.readouterr().err


def test_thread_count():
    assert thread_count("solve", 3) == 3
    assert 1 <= thread_count("solve", None) <= os.cpu_count()
    with pytest.raises(ValueError, match="solve: threads must be an integer >= 1, got 0"):
        thread_count("solve", 0)
    with pytest.raises(TypeError, match=r"solve: threads must be an integer >= 1, got 1\.5"):
        thread_count("solve", 1.5)
