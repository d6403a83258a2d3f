"""Calls in other interpreters: what comes back, whatever happens there."""

import operator
import os
import time
import warnings
from functools import partial

import pytest

from blochball.support.processes import Pool


@pytest.fixture(scope="module")
def pool():
    with Pool(2) as opened:
        yield opened


def test_results_come_back_in_the_order_in_which_they_are_asked_for(pool):
    results = [pool.submit(partial(operator.add, k, 1)) for k in range(10)]
    assert [result() for result in reversed(results)] == list(range(10, 0, -1))
    others = {pool.submit(os.getpid)() for _ in range(4)}
    assert os.getpid() not in others


def test_errors_and_warnings_are_those_of_the_call(pool):
    with pytest.raises(ValueError, match="invalid literal"):
        pool.submit(partial(int, "seven"))()
    with pytest.warns(UserWarning, match="^mind the gap$") as heard:
        pool.submit(partial(warnings.warn, "mind the gap"))()
    assert heard[0].filename == __file__


def test_what_is_printed_does_not_come_between(pool):
    assert pool.submit(partial(print, "nothing of this is an answer"))() is None


def test_what_cannot_be_handed_on_is_said(pool):
    with pytest.raises(TypeError, match="a TextIOWrapper cannot be handed on"):
        pool.submit(partial(open, os.devnull))()


def test_a_process_that_dies_costs_its_call_and_no_other(pool):
    results = [pool.submit(partial(os._exit, 3)), *(pool.submit(os.getpid) for _ in range(5))]
    with pytest.raises(MemoryError, match="its process ended with code 3"):
        results[0]()
    assert all(result() > 0 for result in results[1:])


def test_processes_end_with_the_block():
    with Pool(1) as opened:
        opened.submit(partial(time.sleep, 10_000))
        opened.submit(partial(time.sleep, 10_000))
    assert all(process.poll() is not None for process in opened._processes)
