"""What is imported, and when: a theory when it is first asked for."""

import pytest

import blochball
from tests.blochball.known import python

SAMPLED = """
import sys
from blochball import models, twa
unused = "scipy.", "matplotlib", "blochball.exact", "blochball.cumulants", "blochball.pictures"
scipy = "scipy.__config__", "scipy.version", "scipy._"  # numba asks for its version
print(*(name for name in sys.modules if name.startswith(unused) and not name.startswith(scipy)))
print(sys.modules["blochball"].exact)
"""
REFUSED = """
from blochball import Ensemble, System, twa
try:
    twa.solve(System(Ensemble(4, dicke=(2, 0))), [0.1])
except ValueError as error:
    print(error)
"""


def test_sampling_waits_for_no_other_theory():
    others, asked = python(SAMPLED).splitlines()
    assert others == ""
    assert asked.startswith("<module 'blochball.exact'")


def test_a_refusal_names_theories_that_nobody_has_asked_for():
    said = python(REFUSED)
    assert "exact.liouvillian" in said
    assert "cumulants" in said


def test_all_names_are_listed_and_no_others_are_there():
    assert set(blochball.__all__) <= set(dir(blochball))
    for module in (blochball, blochball.twa):
        for name in module.__all__:
            assert getattr(module, name) is not None
        with pytest.raises(AttributeError, match=f"'{module.__name__}' has no attribute 'colour'"):
            _ = module.colour
