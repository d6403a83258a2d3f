"""A long trial by hand: ``python -m tests.blochball.fuzz --seconds 600``, or ``make fuzz``."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from random import Random

from tests.blochball.fuzz import generate
from tests.blochball.fuzz.trial import outcomes

COLUMNS = ("right", "wrong", "silent", "warned", "refused", "undecided", "does not apply")
SHOWN = 12  # failures and reasons of each kind


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
        random = Random(seed)
        system = generate.system(random, given.emitters)
        started = time.perf_counter()
        for outcome in outcomes(system, random):
            table[outcome.check, outcome.status] += 1
            seconds[outcome.check] += time.perf_counter() - started
            started = time.perf_counter()
            if outcome.status in ("wrong", "silent"):
                print(f"{outcome.status}, {outcome.check}, seed {seed}: {outcome.reason}")
                print(f"    {system.to_json()}", flush=True)
            elif outcome.reason:
                reasons[outcome.status, outcome.check, outcome.reason] += 1
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
