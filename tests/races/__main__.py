"""The races in their long form: `python -m tests.races --storms 300`; the result goes into `docs/reliability.md`."""

from __future__ import annotations

import argparse
import datetime
import random
import sys
import time

from tests.races.course import PROCESSES, RACES, STORM_ACTS, Course, course
from tests.reliability_document import write_section


def main() -> int:
    asked = _arguments()
    began = time.monotonic()
    with course(asked.processes) as racers:
        broken = [*_races(racers, asked.rounds), *_storms(racers, asked.storms, asked.seed)]
        result = _told(racers, asked, broken=len(broken), seconds=time.monotonic() - began)
    for line in broken:
        print(line, file=sys.stderr)
    print(result)
    if not asked.dry:
        write_section("races", result)
    return 1 if broken else 0


def _races(racers: Course, rounds: int) -> list[str]:
    return [
        f"{name}, round {number}: {problem}"
        for name, race in RACES.items()
        for number in range(rounds)
        for problem in racers.run(race).problems
    ]


def _storms(racers: Course, storms: int, seed: int) -> list[str]:
    return [
        f"storm {number}: {problem}"
        for number in range(seed, seed + storms)
        for problem in racers.storm(random.Random(number)).problems  # noqa: S311  (repeatable, not secret)
    ]


def _told(racers: Course, asked: argparse.Namespace, *, broken: int, seconds: float) -> str:
    table, tally = racers.table, racers.tally
    acts = ", ".join(f"{act} {times:,}" for act, times in sorted(tally.acts.items()))
    return (
        f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}: {asked.processes} processes, {tally.rounds:,} contacts "
        f"({len(RACES)} races {asked.rounds} times, {asked.storms} storms of {STORM_ACTS} acts for each process, seeds "
        f"{asked.seed} to {asked.seed + asked.storms - 1}), {table.requests:,} requests over the wire, of which "
        f"{table.conflicts:,} writes were refused by their condition; {seconds:.0f} s. **Rules broken: {broken}.**\n\n"
        f"Acts: {acts}."
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.races", description=__doc__)
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--rounds", type=int, default=20, help="of each race that was thought out")
    parser.add_argument("--storms", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dry", action="store_true", help="write nothing into the document")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
