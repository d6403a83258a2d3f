"""What the logger "blochball" says of runs, to whoever asks for it."""

import logging
import re

import blochball
from blochball import exact, models, twa

LASER = models.superradiant_laser(50, 5.0)


def said(caplog, level=logging.INFO):
    return [record.message for record in caplog.records if record.levelno == level]


def test_runs_say_what_was_chosen_and_how_long_it_took(caplog):
    with caplog.at_level(logging.INFO, "blochball"):
        exact.solve(LASER, [0.1])
        twa.solve(LASER, [0.1], 3000, steps=7, threads=1)
        blochball.scan(exact.steady_state, {"a": LASER}, dim="case")
    first, second, *_, last = said(caplog)
    assert first == "exact.solve: method populations (populations: serves)"
    assert re.fullmatch(r"twa\.solve: 3000 trajectories of 7 steps, \d+\.\d s", second)
    assert last == "scan: case = 'a'"


def test_nobody_hears_it_who_does_not_ask(caplog):
    # levels as in a fresh process, whatever has run before
    caplog.set_level(logging.NOTSET, "blochball")
    caplog.set_level(logging.WARNING)
    caplog.handler.setLevel(logging.NOTSET)
    exact.solve(LASER, [0.1])
    assert said(caplog) == []
