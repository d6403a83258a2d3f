"""A long trial by hand: ``python -m tests.blochball.fuzz --seconds 600``, or ``make fuzz``."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from blochball import System
from tests.blochball.fuzz import generate
from tests.blochball.fuzz.checks import outcomes
from tests.blochball.fuzz.judge import Judge
from tests.blochball.fuzz.trial import CHOICES, Outcome, outcome
from tests.blochball.fuzz.truncated import larger_ball

COLUMNS = ("right", "wrong", "silent", *CHOICES)
FAILED = ("wrong", "silent")
SHOWN = 12  # failures and reasons of each kind


def trial_of(random: Random, emitters: int) -> Iterator[tuple[Outcome, System]]:
    """A small System through everything, and one of up to 24 emitters through TWA alone."""
    small = generate.system(random, emitters)
    for found in outcomes(small, random):
        yield found, small
    large = generate.system(random, emitters=24, sites=2)
    yield outcome("twa.solve, 24 emitters", larger_ball, Judge(large), random), large


@dataclass
class Tally:
    """What has become of all checks so far."""

    tried: int = 0
    table: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)

    def add(self, found: Outcome, seconds: float) -> None:
        """Count one check, of so many processor seconds."""
        self.table[found.check, found.status] += 1
        self.seconds[found.check] += seconds
        if found.reason and found.status not in FAILED:
            self.reasons[found.status, found.check, found.reason] += 1

    def report(self, heading: str) -> str:
        """Return the table, and the most frequent reasons."""
        lines = [f"{self.tried} systems {heading}", ""]
        lines.append(f"{'':26}" + "".join(f"{column:>15}" for column in (*COLUMNS, "seconds")))
        for check in dict.fromkeys(check for check, _ in self.table):
            counts = "".join(f"{self.table[check, column]:15d}" for column in COLUMNS)
            lines.append(f"{check:26}{counts}{self.seconds[check]:15.1f}")
        totals = [sum(n for (_, s), n in self.table.items() if s == column) for column in COLUMNS]
        counts = "".join(f"{total:15d}" for total in totals)
        lines.append(f"{'all':26}{counts}{sum(self.seconds.values()):15.1f}")
        for status in CHOICES[:-1]:
            some = [(k[1:], n) for k, n in self.reasons.most_common() if k[0] == status]
            lines += [f"{status} {n:6d}  {check}: {reason}" for (check, reason), n in some[:SHOWN]]
        return "\n".join(lines)


def main() -> int:
    """Try Systems until the time is up; print the table, failures and reasons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--systems", type=int, default=10**9, help="at most")
    parser.add_argument("--first", type=int, default=0, help="seed of the first System")
    parser.add_argument("--emitters", type=int, default=5)
    parser.add_argument("--report", type=Path, help="file that holds the table as it grows")
    given = parser.parse_args()
    ends = time.monotonic() + given.seconds
    heading = f"of up to {given.emitters} emitters, seeds from {given.first} on"
    tally, failures = Tally(), []
    while tally.tried < given.systems and time.monotonic() < ends:
        seed = given.first + tally.tried
        started = time.process_time()
        for found, system in trial_of(Random(seed), given.emitters):
            tally.add(found, time.process_time() - started)
            if found.status in FAILED:
                failures.append(f"{found.status}, {found.check}, seed {seed}: {found.reason}")
                failures.append(f"    {system.to_json()}")
                print("\n".join(failures[-2:]), flush=True)
            started = time.process_time()
        tally.tried += 1
        if given.report is not None and tally.tried % 10 == 0:
            given.report.write_text("\n".join([tally.report(heading), *failures, ""]))
    print(f"\n{tally.report(heading)}")
    return int(bool(failures))


if __name__ == "__main__":
    raise SystemExit(main())
