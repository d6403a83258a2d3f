"""Every solver shows how far it is where it is asked to; otherwise it says a word after a while."""

import re
import sys
import threading
from typing import ClassVar

import numpy as np
import pytest

import blochball
from blochball import Ensemble, Protocol, Rotation, System, cumulants, exact, models, twa
from blochball.support import patience, progress
from tests.blochball.known import python

LASER = models.superradiant_laser(6, pump=1.0)
DRIVEN = models.boundary_time_crystal(6, 0.4, 1.0)
FASTER = models.boundary_time_crystal(6, 0.8, 1.0)
TIMES = np.linspace(0, 2, 5)
FEW = {"trajectories": 64, "steps": 200}
CALLS = {
    "exact.solve": lambda **o: exact.solve(LASER, TIMES, **o),
    "exact.solve, matrix": lambda **o: exact.solve(DRIVEN, TIMES, **o),
    "exact.solve, protocol": lambda **o: exact.solve(
        Protocol([(0, DRIVEN), Rotation(1.0, "y"), (1, FASTER)]), TIMES, **o
    ),
    "exact.steady_state": lambda **o: exact.steady_state(LASER, **o),
    "exact.two_time": lambda **o: exact.two_time(LASER, TIMES, **o),
    "exact.spectrum": lambda **o: exact.spectrum(LASER, TIMES, **o),
    "cumulants.solve": lambda **o: cumulants.solve(LASER, TIMES, **o),
    "cumulants.steady_state": lambda **o: cumulants.steady_state(LASER, **o),
    "twa.density.solve": lambda **o: twa.density.solve(
        models.superradiant_laser(30, 10.0), TIMES / 10, spacing=0.5, **o
    ),
}
SAMPLED = {
    "trajectory": lambda **o: twa.solve(
        models.superradiant_laser(60, 20.0), TIMES / 10, **FEW, **o
    ),
    "exact.solve": lambda **o: exact.solve(LASER, TIMES, "jumps", trajectories=10, **o),
    "point": lambda **o: blochball.scan(exact.steady_state, {1.0: LASER}, **o),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_solver_shows_how_far_it_is(name, capsys):
    plain = CALLS[name]()
    assert not capsys.readouterr().err
    watched = CALLS[name](progress=True)
    shown = capsys.readouterr().err
    assert f"{name.partition(',')[0]}: " in shown
    assert "  0%|" in shown
    # the end of a fixed point is not known beforehand
    assert name == "cumulants.steady_state" or "100%|" in shown
    values = [
        ds if name == "exact.spectrum" else next(iter(ds.values())) for ds in (plain, watched)
    ]
    np.testing.assert_array_equal(*values)


@pytest.mark.parametrize("name", SAMPLED)
def test_sampling_and_scans_count(name, capsys):
    SAMPLED[name](progress=True)
    assert "100%|" in capsys.readouterr().err


@pytest.mark.parametrize("name", CALLS)
def test_progress_is_true_or_false(name):
    message = f"{name.partition(',')[0]}: progress must be True or False, got 1".replace(".", r"\.")
    with pytest.raises(TypeError, match=message):
        CALLS[name](progress=1)


def test_portions_of_a_bar(monkeypatch):
    said = []
    with progress.shown("f", True):
        bar, *_ = progress._BAR.get()
        monkeypatch.setattr(bar, "update", lambda n: (said.append(n), setattr(bar, "n", bar.n + n)))
        with progress.portion(0.0, 0.5):
            progress.report(0.5)
            with progress.portion(0.5, 1.0):
                progress.report(1.0)
            progress.report(0.1)  # never back
        progress.report(1.0)
    assert said == [0.25, 0.25, 0.5]
    progress.report(0.5)
    assert len(said) == 3


class NoPatience(threading.Timer):
    """A timer that does not wait."""

    def start(self):
        self.function(*self.args)


class Patience(threading.Timer):
    """A timer that waits for ever, and tells whether anybody has stopped it."""

    stopped: ClassVar[list[bool]] = []

    def start(self):
        self.stopped.append(False)

    def cancel(self):
        self.stopped[-1] = True


@pytest.mark.parametrize("name", CALLS)
def test_a_solver_that_is_quick_says_nothing(name, monkeypatch, caplog):
    monkeypatch.setattr(patience.threading, "Timer", Patience)
    Patience.stopped.clear()
    CALLS[name]()
    assert Patience.stopped
    assert all(Patience.stopped)
    with pytest.raises(ZeroDivisionError), progress.shown("f", False):
        raise ZeroDivisionError
    assert all(Patience.stopped)
    assert not any("at work" in text for text in caplog.messages)


def test_of_a_scan_it_is_the_scan_that_says_that_it_is_at_work(monkeypatch, caplog):
    monkeypatch.setattr(patience.threading, "Timer", NoPatience)
    SAMPLED["point"]()
    said = [text for text in caplog.messages if "at work" in text]
    assert said == ["scan: at work for 10 s; progress=True shows how far it is"]
    caplog.clear()
    SAMPLED["point"](progress=True)
    assert not any("at work" in text for text in caplog.messages)


@pytest.mark.parametrize("name", CALLS)
def test_a_silent_wait_says_that_a_solver_is_at_work(name, monkeypatch, caplog):
    monkeypatch.setattr(patience.threading, "Timer", NoPatience)
    function = name.partition(",")[0]
    CALLS[name]()
    assert any(re.match(rf"{function}.*: at work for 10 s", text) for text in caplog.messages)
    caplog.clear()
    CALLS[name](progress=True)
    assert not any("at work" in text for text in caplog.messages)


def test_a_silent_wait_names_the_method_that_was_chosen(monkeypatch, caplog):
    monkeypatch.setattr(patience.threading, "Timer", NoPatience)
    SAMPLED["exact.solve"]()
    exact.two_time(LASER, TIMES, method="jumps", time=0.1, trajectories=10)
    for name in ("solve", "two_time"):
        assert any(text.startswith(f"exact.{name} by jumps: at wo") for text in caplog.messages)
    caplog.clear()
    SAMPLED["exact.solve"](progress=True)
    assert not any("at work" in text for text in caplog.messages)


def test_no_bar_is_imported_before_it_is_asked_for():
    assert python("import sys, blochball; print('tqdm' in sys.modules)").strip() == "False"
    assert "tqdm" in sys.modules


def test_a_system_with_nothing_to_do_needs_no_time(capsys):
    exact.solve(System(Ensemble(2)), [0.0], progress=True)
    assert "exact.solve" in capsys.readouterr().err


@pytest.mark.parametrize("seen", [False, True])
def test_ctrl_c_in_a_compiled_function_is_a_keyboard_interrupt(seen: bool) -> None:
    """Which returns to Python with a SystemError, caused by what stopped it."""
    for cause, expected in ((KeyboardInterrupt(), KeyboardInterrupt), (None, SystemError)):
        with pytest.raises(expected), progress.shown("solver", seen):
            raise SystemError("returned a result with an exception set") from cause
