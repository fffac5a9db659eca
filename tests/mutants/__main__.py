"""Takes away each safeguard once: `python -m tests.mutants`; the table goes into `docs/reliability.md`.

Ends with 1 if a test fails while everything is in place, or if none notices that something is gone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.bench import Bench, Job, run_each
from tests.mutants.mutant import Mutant
from tests.mutants.safeguards import SAFEGUARDS
from tests.mutants.table import table
from tests.mutants.warm import warm_up
from tests.reliability_document import write_section

TEST_WITHIN_SECONDS = 120.0
ALL_WITHIN_SECONDS = 240.0


def main() -> int:
    asked = _arguments()
    chosen = [mutant for mutant in SAFEGUARDS if asked.only in mutant.name]
    if not chosen:
        print(f"no safeguard has '{asked.only}' in its name", file=sys.stderr)
        return 2
    warm_up()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        benches = [Bench.set_up(Path(folder) / str(number)) for number in range(asked.at_once)]
        if not _all_pass(chosen, benches):
            return 1
        survivors = _take_away_each(chosen, benches)
    print(f"{len(chosen) - survivors} of {len(chosen)} were noticed.")
    if not survivors and not asked.only:
        write_section("mutants", table(SAFEGUARDS))
    return 1 if survivors else 0


def _all_pass(mutants: Sequence[Mutant], benches: Sequence[Bench]) -> bool:
    """Every named test, with all safeguards in place."""
    tests = sorted({mutant.test for mutant in mutants})
    share = -(-len(tests) // len(benches))  # neighbours, so that what a file needs is made once
    parts = [tests[start : start + share] for start in range(0, len(tests), share)]
    jobs = [Job(tests=tuple(part), within_seconds=ALL_WITHIN_SECONDS) for part in parts]
    broken = [ran for _, ran in run_each(jobs, benches) if not ran.all_passed]
    for ran in broken:
        print(f"With every safeguard in place the tests do not pass:\n{ran.output}", file=sys.stderr)
    return not broken


def _take_away_each(mutants: Sequence[Mutant], benches: Sequence[Bench]) -> int:
    """How many nobody noticed."""
    jobs = [Job(tests=(mutant.test,), without=mutant, within_seconds=TEST_WITHIN_SECONDS) for mutant in mutants]
    survivors = 0
    for job, ran in run_each(jobs, benches):
        name = job.without.name if job.without else ""
        print(f"{'noticed ' if ran.noticed else 'SURVIVED'}  {name}  ({job.tests[0].partition('::')[2]})", flush=True)
        if not ran.noticed:
            survivors += 1
            print(ran.output, file=sys.stderr)
    return survivors


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--at-once", type=int, default=2, help="processes beside each other")
    parser.add_argument("--only", default="", help="safeguards whose name holds this; the table is not written then")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
