"""Blocks of trajectories over threads, merged in an order that does not depend on the threads."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from tqdm import tqdm

from blochball import validation
from blochball.statistics import Leaf, Tree


def thread_count(owner: str, threads: int | None) -> int:
    """Validate a number of threads; None stands for as many as this process may use."""
    if threads is None:
        return (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        )
    return validation.integer(owner, "threads", threads, 1)


def run_blocks(
    work: Callable[[int, int], Leaf],
    trajectories: int,
    block_size: int,
    threads: int,
    progress: bool = False,
    first: int = 0,
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
        Number of the first block.

    Returns
    -------
    Tree
        Of the moments that `work` returned.
    """
    sizes = (min(block_size, trajectories - k) for k in range(0, trajectories, block_size))
    jobs = enumerate(sizes, start=first)
    tree = Tree()
    bar = tqdm(total=trajectories, unit="trajectory", disable=not progress)
    pool = ThreadPoolExecutor(threads)
    # a bounded window of blocks under way: memory does not grow with their number
    pending: deque[tuple[int, Future[Leaf]]] = deque()
    try:
        while True:
            with contextlib.suppress(StopIteration):
                while len(pending) < 2 * threads:
                    block, size = next(jobs)
                    pending.append((size, pool.submit(work, block, size)))
            if not pending:
                break
            size, future = pending.popleft()
            tree.add(future.result())
            bar.update(size)
    finally:
        # after Ctrl-C or an error: let blocks under way end, begin no more
        pool.shutdown(wait=True, cancel_futures=True)
        bar.close()
    return tree
