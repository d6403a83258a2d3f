"""The Heun program of `numpy_twa` in JAX: one compiled loop in double precision, on the CPU.

JAX is a peer and no dependency: where ``pip install jax`` has been run, its rows appear. It works
in a process of its own, which can be held to one core::

    python -m benchmarks.jax_twa bits 65536 400
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.numpy_twa import heun_step, inverted
from benchmarks.timing import measure

NOISES = ("normal", "bits")
INSTALLED = importlib.util.find_spec("jax") is not None
# what is timed: the laser of Fig. 2(a), its burst and its relaxation
SIZE, PUMP, UNTIL, STEPS = 100, 25.0, 0.1, 400


def heun(
    size: int, pump: float, until: float, steps: int, trajectories: int, seed: int, noise: str
) -> np.ndarray:
    """Return samples of (Jx, Jy, Jz) at the end, as `numpy_twa.heun` does.

    `noise` is "normal", as in the NumPy program, or "bits": the engine's four values, from three
    random bits each, which serve as well for a scheme of weak order two and cost far less.
    """
    import jax

    with jax.enable_x64(True):
        key = jax.random.key(seed)
        return np.asarray(_compiled()(key, pump, until / steps, size, steps, trajectories, noise))


def _compiled() -> Any:
    """Return the compiled program, always the same one."""
    global _program
    if _program is None:
        import jax

        _program = partial(jax.jit, static_argnames=("size", "steps", "trajectories", "noise"))(
            _loop
        )
    return _program


_program: Any = None


def _loop(
    key: Any, pump: float, h: float, size: int, steps: int, trajectories: int, noise: str
) -> Any:
    import jax
    import jax.numpy as jnp

    def normal(key: Any) -> Any:
        return jax.random.normal(key, (5, trajectories))

    def bits(key: Any) -> Any:
        word = jax.random.bits(key, (trajectories,), jnp.uint32)
        three = (word >> (3 * jnp.arange(5, dtype=jnp.uint32))[:, None]) & 7
        value = jnp.where(three & 3, 0.4283729905961322, 1.8572802003960462)
        return jnp.where(three & 4, -value, value)

    draw = {"normal": normal, "bits": bits}[noise]

    def step(vectors: Any, key: Any) -> tuple[Any, None]:
        return heun_step(vectors, draw(key) * jnp.sqrt(h), size, pump, h, jnp), None

    first, rest = jax.random.split(key)
    start = inverted(jax.random.normal(first, (2, trajectories)), size, jnp)
    return jnp.stack(jax.lax.scan(step, start, jax.random.split(rest, steps))[0])


def times(noise: str, trajectories: int, steps: int, one_core: bool) -> list[float]:
    """Return wall times of runs in a process of its own, on one core or on all."""
    command = [sys.executable, "-m", "benchmarks.jax_twa", noise, str(trajectories), str(steps)]
    if one_core:
        command.append("--one-core")
    done = subprocess.run(
        command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def main() -> None:
    """Time the program and print the wall times in seconds, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.jax_twa", description=__doc__)
    parser.add_argument("noise", choices=NOISES)
    parser.add_argument("trajectories", type=int)
    parser.add_argument("steps", type=int)
    parser.add_argument("--one-core", action="store_true", help="of Linux only: elsewhere all")
    args = parser.parse_args()
    if args.one_core and hasattr(os, "sched_setaffinity"):
        # before JAX counts the cores
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    run = partial(heun, SIZE, PUMP, UNTIL, args.steps, args.trajectories, 1, args.noise)
    print(json.dumps(measure(run, runs=3)))


if __name__ == "__main__":
    main()
