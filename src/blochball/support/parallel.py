"""Blocks of trajectories over threads, merged in an order that does not depend on the threads."""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from blochball.support import progress as bars
from blochball.support import validation
from blochball.support.checkpoints import Finished
from blochball.support.statistics import Leaf, Tree

THREADS = 4096  # more than any machine has processors


def thread_count(owner: str, threads: int | None) -> int:
    """Validate a number of threads; None stands for as many as this process may use."""
    if threads is None:
        return (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        )
    return validation.integer(owner, "threads", threads, 1, THREADS)


def run_blocks(
    work: Callable[[int, int], Leaf],
    trajectories: int,
    block_size: int,
    threads: int,
    progress: bool = False,
    first: int = 0,
    finished: Finished | None = None,
    stop: NDArray[np.bool_] | None = None,
) -> Tree:
    """Call `work(block, size)` for blocks `first`, `first` + 1, ... and merge in that order.

    Parameters
    ----------
    work : callable
        Runs `size` trajectories of a block; must release the GIL to gain from threads.
    trajectories, block_size : int
        All blocks but the last have `block_size` trajectories.
    threads : int
    progress : bool
        Show a bar.
    first : int
        Number of the first block, with `finished` a multiple of its `blocks`.
    finished : Finished, optional
        Take up the ranges of blocks that it has, give it those that are computed.
    stop : array of bool, shape (1,), optional
        Set after Ctrl-C or an error, for `work` to look at: it may then raise anything.

    Returns
    -------
    Tree
        Of the sums that `work` returned.
    """
    end = first + -(-trajectories // block_size)
    step = 1 if finished is None else finished.blocks
    pool = ThreadPoolExecutor(threads)

    def ranges() -> Iterator[range]:
        return (range(start, min(start + step, end)) for start in range(first, end, step))

    def size(blocks: range) -> int:
        done = (blocks.start - first) * block_size
        return min(len(blocks) * block_size, trajectories - done)

    def items() -> Iterator[tuple[range, Future[Leaf] | Leaf]]:
        """Yield ranges that are finished, and single blocks of the others, under way."""
        for blocks in ranges():
            kept = None if finished is None else finished.load(blocks, size(blocks))
            if kept is not None:
                yield blocks, kept
                continue
            for number in blocks:
                one = range(number, number + 1)
                yield one, pool.submit(work, number, size(one))

    whole, part = Tree(), Tree()
    bar = bars.bar(progress, trajectories, "trajectory")
    coming = items()
    # a bounded window of blocks under way: memory does not grow with their number
    pending: deque[tuple[range, Future[Leaf] | Leaf]] = deque()
    started = time.perf_counter()
    try:
        for blocks in ranges():
            done, taken = blocks.start, False
            while done < blocks.stop:
                with contextlib.suppress(StopIteration):
                    while len(pending) < 2 * threads:
                        pending.append(next(coming))
                here, leaf = pending.popleft()
                taken = not isinstance(leaf, Future)
                part.add(leaf.result() if isinstance(leaf, Future) else leaf)
                bar.update(size(here))
                done = here.stop
            sums, part = part.total(), Tree()
            if finished is not None and not taken:
                seconds = time.perf_counter() - started
                finished.save(blocks, size(blocks), sums, seconds)
            started = time.perf_counter()
            whole.add(sums, step.bit_length() - 1 if len(blocks) == step else 0)
    except BaseException:
        if stop is not None:
            stop[0] = True
        raise
    finally:
        # after Ctrl-C or an error: let blocks under way end, begin no more
        pool.shutdown(wait=True, cancel_futures=True)
        bar.close()
    return whole
