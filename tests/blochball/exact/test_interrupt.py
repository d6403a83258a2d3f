"""Ctrl-C while a compiled function is at work."""

import pytest

from blochball import exact, models
from blochball.exact import populations

LASER = models.superradiant_laser(4, 1.0)


@pytest.mark.parametrize("solve", ["solve", "steady_state"])
@pytest.mark.parametrize("cause", [KeyboardInterrupt, ValueError])
def test_ctrl_c_is_a_keyboard_interrupt(solve, cause, monkeypatch):
    """A compiled function that returns to one turns it into the cause of a SystemError."""

    def interrupted(*arguments, **options):
        raise SystemError("returned a result with an exception set") from cause()

    monkeypatch.setattr(populations, solve, interrupted)
    arguments = ([0.1],) if solve == "solve" else ()
    expected = KeyboardInterrupt if cause is KeyboardInterrupt else SystemError
    with pytest.raises(expected):
        getattr(exact, solve)(LASER, *arguments)
