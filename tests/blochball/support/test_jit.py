"""The cache on disk: used when nothing has changed, not used when any file has."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from blochball.support import jit
from tests.blochball.known import python

INNER = """
from package.support.jit import njit

@njit()
def value(x):
    return x + {number}

@njit()
def other(x):
    return x - {number}
"""
OUTER = """
from {jit} import {name}
from package.inner import value

@{call}
def outer(x):
    return value(x) * 10
"""
CLOSURE = """
from package.support.jit import njit
from package.inner import value, other

def made(inner, factor):
    @njit()
    def outer(x):
        return inner(x) * factor
    return outer

outer = made({name}, {factor})
"""
RUN = """
import sys
sys.path.insert(0, sys.argv[1])
from package.outer import outer
found = outer(1)
print(found, sum(outer.stats.cache_hits.values()))
"""


@pytest.fixture
def package(tmp_path):
    """A package of two files, the second of which calls a compiled function of the first."""
    root = tmp_path / "package"
    (root / "support").mkdir(parents=True)
    for folder in (root, root / "support"):
        (folder / "__init__.py").touch()
    shutil.copy(Path(jit.__file__), root / "support" / "jit.py")
    (root / "other.py").write_text("number = 1")
    (root / "inner.py").write_text(INNER.format(number=1))
    return root


def run(package):
    value, hits = python(RUN, package.parent, PYTHONDONTWRITEBYTECODE="1").split()
    return int(value), int(hits)


def test_a_change_in_another_file_is_noticed(package):
    (package / "outer.py").write_text(
        OUTER.format(jit="package.support.jit", name="njit", call="njit()")
    )
    assert run(package) == (20, 0)
    assert run(package) == (20, 1)  # nothing has changed: the cache serves
    (package / "other.py").write_text("number = 2")
    assert run(package) == (20, 1)  # nor has anything that the kernel reaches
    (package / "inner.py").write_text(INNER.format(number=2))
    assert run(package) == (30, 0)


def test_files_are_reached_through_others():
    reached = {path.name for path in jit._reached(Path(jit.__file__).parents[1] / "observables.py")}
    assert {"observables.py", "validation.py", "dataset.py", "moments.py"} <= reached
    assert not {"driver.py", "ket_kernels.py", "jit.py"} & reached


def test_numbas_own_cache_would_not_notice(package):
    (package / "outer.py").write_text(
        OUTER.format(jit="numba", name="njit", call="njit(cache=True)")
    )
    assert run(package) == (20, 0)
    (package / "inner.py").write_text(INNER.format(number=2))
    assert run(package) == (20, 1)


def test_a_closure_is_known_by_what_it_has_captured(package):
    outer = package / "outer.py"
    outer.write_text(CLOSURE.format(name="value", factor=10))
    assert run(package) == (20, 0)
    assert run(package) == (20, 1)
    # in one process, from one file: two closures that differ in what they have captured
    both = outer.read_text() + "\nassert outer(1) == 20 and made(other, 5)(1) == 0\n"
    outer.write_text(both)
    assert run(package)[0] == 20
    assert run(package) == (20, 1)


def test_what_is_called_by_others_only_is_not_kept(package):
    (package / "outer.py").write_text(
        OUTER.format(jit="package.support.jit", name="njit", call="njit()")
    )
    run(package)
    kept = {path.name.split("-")[0] for path in (package / "__pycache__").glob("*.nb?")}
    assert kept == {"outer.outer"}
    # and is compiled for whoever calls it from Python
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\nfrom package.inner import *; print(value(1))"
    )
    assert python(script, package.parent).strip() == "2"


def test_of_two_processes_one_compiles_and_the_other_waits(package):
    (package / "outer.py").write_text(
        OUTER.format(jit="package.support.jit", name="njit", call="njit()")
    )
    script = RUN.replace("found =", "input(); found =")
    pair = [
        subprocess.Popen(
            [sys.executable, "-c", script, package.parent],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in pair:
        process.stdin.write("\n")
        process.stdin.flush()
    said = sorted(process.communicate(timeout=60)[0] for process in pair)
    assert said == ["20 0\n", "20 1\n"]


def test_it_is_said_that_something_is_compiled(package):
    (package / "outer.py").write_text(
        OUTER.format(jit="package.support.jit", name="njit", call="njit()")
    )
    begin = """
import logging, sys, time
sys.path.insert(0, sys.argv[1])
logging.basicConfig(stream=sys.stdout)
from package.support import jit
jit.PATIENCE = 1e-3
"""
    said = python(begin + RUN, package.parent)
    assert "blochball: compiling what this kind of run needs" in said
    assert re.search(r"blochball: compiled in \d+ s", said)
    # not where there is patience
    assert "blochball" not in python(begin.replace("1e-3", "60") + RUN, package.parent)


def test_compiled_functions_release_the_gil_and_divide_as_numpy_does():
    @jit.njit()
    def inverse(x):
        return 1 / x

    options = inverse.targetoptions
    assert options["nogil"]
    assert inverse(0.0) == float("inf")


def test_what_counts_no_references_returns_no_arrays():
    def number(x):
        return x[0]

    def array(x):
        return x[1:]

    def pair(x):
        return x[0], x

    x = np.arange(3.0)
    assert jit.njit(counted=False)(number)(x) == 0
    assert jit.njit()(array)(x).tolist() == [1, 2]
    for function in (array, pair):
        with pytest.raises(TypeError, match="it must be counted"):
            jit.njit(counted=False)(function)(x)


def test_without_the_compiler_functions_stay_as_they_are():
    script = """
from blochball.support.jit import njit
def plain(x):
    return x
print(njit(fastmath=True)(plain) is plain)
"""
    assert python(script, NUMBA_DISABLE_JIT="1").strip() == "True"


NO_FOLDER = """
import tempfile, warnings
def refuse(*arguments, **options):
    raise PermissionError("read-only")
tempfile.TemporaryFile = refuse  # by which numba finds out whether a folder can be written
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import blochball
    from blochball import exact, models
    ds = exact.solve(models.superradiant_laser(4, 1.0), [0.1], method="liouvillian")
print(len(caught), "NUMBA_CACHE_DIR" in str(caught[0].message), ds.emission.item() > 0)
from blochball.exact import krylov
print(krylov.dot.stats.cache_path)
"""


def test_where_no_folder_can_be_written_functions_are_compiled_all_the_same(tmp_path):
    done = python(NO_FOLDER, HOME=str(tmp_path), NUMBA_CACHE_DIR="")
    assert done.split() == ["1", "True", "True", "None"]


SOLVE = """
import hashlib
import numpy as np
from blochball import exact, models, twa
chain = models.waveguide_chain(6, 20, np.pi / 10, pump=20.0)
laser = models.superradiant_laser(12, pump=3.0)
crystal = models.boundary_time_crystal(6, drive=1.0, coupling=1.0)
times = np.linspace(0, 0.2, 4)
found = [
    twa.solve(chain, times, trajectories=100, seed=1, steps=40, threads=1),
    twa.solve(laser, times, trajectories=100, seed=1, steps=40, threads=1),
    twa.eq6.solve(laser, times, trajectories=64, seed=1, steps=40, threads=1),
    exact.solve(laser, times, method="populations"),
    exact.solve(crystal, times, method="liouvillian"),
    exact.solve(crystal, times, method="jumps", trajectories=50, seed=1),
]
for data in found:
    bits = b"".join(data[name].values.tobytes() for name in sorted(data.data_vars))
    print(hashlib.sha256(bits).hexdigest())
"""


@pytest.mark.slow
def test_a_process_that_compiles_has_the_bits_of_one_that_loads(tmp_path):
    first = python(SOLVE, NUMBA_CACHE_DIR=str(tmp_path))
    assert len(first.split()) == 6
    assert python(SOLVE, NUMBA_CACHE_DIR=str(tmp_path)) == first
