"""The programs that ours is timed against solve the same problem: NumPy, and JAX if it is there."""

from functools import partial

import numpy as np
import pytest

from benchmarks import jax_twa, numpy_twa
from blochball import models, twa

SIZE, STEPS, COUNT = 100, 100, 20_000
PROGRAMS = {
    "numpy": numpy_twa.heun,
    **{f"jax-{noise}": partial(jax_twa.heun, noise=noise) for noise in jax_twa.NOISES},
}


@pytest.fixture(params=PROGRAMS)
def program(request):
    if request.param != "numpy" and not jax_twa.INSTALLED:
        pytest.skip("JAX is not installed")
    return PROGRAMS[request.param]


def pulls(program, pump):
    """Deviations from the engine in standard errors, in the rise of the laser's burst."""
    until = 3.0 / SIZE
    ours = twa.solve(models.superradiant_laser(SIZE, 25.0), [until], COUNT, seed=1, steps=60)
    x, y, z = program(SIZE, pump, until, STEPS, COUNT, 2)
    found = {"inversion": z, "emission": x**2 + y**2 + z, "spin_squared": x**2 + y**2 + z**2}
    assert all(values.dtype == np.float64 for values in found.values())
    return {
        name: (values.mean() - ours[name].item())
        / np.hypot(values.std() / np.sqrt(COUNT), ours[f"{name}_stderr"].item())
        for name, values in found.items()
    }


def test_a_peer_solves_the_same_problem(program):
    assert max(map(abs, pulls(program, 25.0).values())) < 4.5


def test_another_problem_is_told_apart(program):
    assert max(map(abs, pulls(program, 35.0).values())) > 10
