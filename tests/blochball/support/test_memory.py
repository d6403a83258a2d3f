"""How much memory a process may have: the smallest of all limits, and whose it is."""

import os
import resource
import sys

import pytest

from blochball.support import memory, validation
from tests.blochball.known import python

ASK = "from blochball.support.memory import available; print(*available())"


@pytest.fixture(autouse=True)
def _no_job(monkeypatch):
    for name in ("SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU"):
        monkeypatch.delenv(name, raising=False)


def test_no_more_than_the_machine_has():
    size, whose = memory.available()
    assert 2**26 < size <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert whose


def test_a_limit_of_the_shell_counts(monkeypatch):
    asked = []

    def getrlimit(kind):
        asked.append(kind)
        return (3 * 2**20, -1) if kind == resource.RLIMIT_AS else (resource.RLIM_INFINITY, -1)

    monkeypatch.setattr(resource, "getrlimit", getrlimit)
    assert memory.available() == (3 * 2**20, "the limit of this process, see ulimit")
    assert resource.RLIMIT_DATA in asked


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"SLURM_MEM_PER_NODE": "7"}, 7),
        ({"SLURM_MEM_PER_CPU": "3", "SLURM_CPUS_ON_NODE": "2"}, 6),
        ({"SLURM_MEM_PER_CPU": "3"}, 3),
        ({"SLURM_MEM_PER_NODE": "0"}, None),
        ({"SLURM_MEM_PER_NODE": "many"}, None),
    ],
)
def test_what_a_job_asked_for_counts(variables, expected, monkeypatch):
    without = memory.available()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if expected is None:
        assert memory.available() == without
    else:
        assert memory.available() == (expected * 2**20, "the memory of this SLURM job")


@pytest.mark.skipif(sys.platform != "linux", reason="control groups")
@pytest.mark.parametrize(
    ("line", "root", "name"),
    [
        ("0::/job/step", "", "memory.max"),
        ("4:memory:/job/step", "memory", "memory.limit_in_bytes"),
    ],
)
def test_the_limit_of_a_control_group_around_ours_counts(line, root, name, tmp_path, monkeypatch):
    group = tmp_path / root / "job"
    (group / "step").mkdir(parents=True)
    (group / "step" / name).write_text("max\n" if name == "memory.max" else f"{2**62}\n")
    (group / name).write_text(f"{5 * 2**20}\n")
    (tmp_path / "cgroup").write_text(f"1:cpu:/elsewhere\n{line}\n")
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    monkeypatch.setattr(memory, "_MEMBERSHIP", tmp_path / "cgroup")
    assert memory.available() == (5 * 2**20, "the limit of this control group")
    (group / name).unlink()
    assert memory.available()[0] > 5 * 2**20


def test_a_refusal_says_whose_limit_it_is(monkeypatch):
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "1")
    with pytest.raises(ValueError, match=r"memory \(0\.000977 GiB, the memory of this SLURM job\)"):
        validation.memory("Owner", "thing", 2**20)
    validation.memory("Owner", "thing", 2**16)
    with pytest.raises(ValueError, match="the memory_limit that was given"):
        validation.memory("Owner", "thing", 2.0, limit=8)


@pytest.mark.skipif(os.name != "posix", reason="ulimit")
def test_a_shell_with_a_limit():
    script = f"import resource; resource.setrlimit(resource.RLIMIT_AS, (2**34, -1)); {ASK}"
    assert float(python(script).split()[0]) <= 2**34
