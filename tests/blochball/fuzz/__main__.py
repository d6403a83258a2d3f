"""A long trial by hand: ``python -m tests.blochball.fuzz --seconds 600``, or ``make fuzz``."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from random import Random

from blochball import System
from tests.blochball.fuzz import generate
from tests.blochball.fuzz.judge import Judge
from tests.blochball.fuzz.trial import Outcome, larger_ball, outcome, outcomes

COLUMNS = ("right", "wrong", "silent", "warned", "refused", "undecided", "does not apply")
SHOWN = 12  # failures and reasons of each kind


def trial_of(random: Random, emitters: int) -> Iterator[tuple[Outcome, System]]:
    """A small System through everything, and one of up to 24 emitters through TWA alone."""
    small = generate.system(random, emitters)
    for found in outcomes(small, random):
        yield found, small
    large = generate.system(random, emitters=24, sites=2)
    yield outcome("twa.solve, 24 emitters", larger_ball, Judge(large), random), large


def main() -> int:
    """Try Systems until the time is up; print the table, failures and reasons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--systems", type=int, default=10**9, help="at most")
    parser.add_argument("--first", type=int, default=0, help="seed of the first System")
    parser.add_argument("--emitters", type=int, default=5)
    given = parser.parse_args()
    ends = time.monotonic() + given.seconds
    table: Counter[tuple[str, str]] = Counter()
    reasons: Counter[tuple[str, str, str]] = Counter()
    seconds: Counter[str] = Counter()
    tried = 0
    while tried < given.systems and time.monotonic() < ends:
        seed = given.first + tried
        started = time.perf_counter()
        for found, system in trial_of(Random(seed), given.emitters):
            table[found.check, found.status] += 1
            seconds[found.check] += time.perf_counter() - started
            started = time.perf_counter()
            if found.status in ("wrong", "silent"):
                print(f"{found.status}, {found.check}, seed {seed}: {found.reason}")
                print(f"    {system.to_json()}", flush=True)
            elif found.reason:
                reasons[found.status, found.check, found.reason] += 1
        tried += 1
    print(f"\n{tried} systems of up to {given.emitters} emitters, seeds from {given.first} on\n")
    print(f"{'':26}" + "".join(f"{column:>15}" for column in (*COLUMNS, "seconds")))
    for check in dict.fromkeys(check for check, _ in table):
        counts = "".join(f"{table[check, column]:15d}" for column in COLUMNS)
        print(f"{check:26}{counts}{seconds[check]:15.1f}")
    for status in ("refused", "warned", "undecided"):
        some = [(k[1:], n) for k, n in reasons.most_common() if k[0] == status]
        for (check, reason), count in some[:SHOWN]:
            print(f"{status} {count:6d}  {check}: {reason}")
    return int(any(status == "wrong" for _, status in table))


if __name__ == "__main__":
    raise SystemExit(main())
