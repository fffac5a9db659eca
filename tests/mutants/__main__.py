"""Takes away each safeguard once: `python -m tests.mutants`; the table goes into `docs/reliability.md`.

Ends with 1 if a test fails while everything is in place, or if none notices that something is gone.
"""

from __future__ import annotations

import argparse
import queue
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.bench import Bench, Ran
from tests.mutants.mutant import Mutant
from tests.mutants.safeguards import SAFEGUARDS
from tests.mutants.table import table
from tests.reliability_document import write_section


def main() -> int:
    asked = _arguments()
    chosen = [mutant for mutant in SAFEGUARDS if asked.only in mutant.name]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        first = Bench.set_up(Path(folder) / "1")
        whole = first.run_whole(chosen)
        if not whole.all_passed:
            print(f"With every safeguard in place the tests do not pass:\n{whole.output}", file=sys.stderr)
            return 1
        benches = [first, *(first.copied(Path(folder) / str(number)) for number in range(2, asked.at_once + 1))]
        survivors = _take_away_each(chosen, benches)
    print(f"{len(chosen) - survivors} of {len(chosen)} were noticed.")
    if not survivors and not asked.only:
        write_section("mutants", table(SAFEGUARDS))
    return 1 if survivors else 0


def _take_away_each(mutants: Sequence[Mutant], benches: Sequence[Bench]) -> int:
    """How many nobody noticed."""
    free = queue.SimpleQueue[Bench]()
    for bench in benches:
        free.put(bench)

    def run(mutant: Mutant) -> Ran:
        bench = free.get()
        try:
            return bench.run_without(mutant)
        finally:
            free.put(bench)

    survivors = 0
    with ThreadPoolExecutor(max_workers=len(benches)) as pool:
        for mutant, ran in zip(mutants, pool.map(run, mutants), strict=True):
            print(f"{'noticed ' if ran.noticed else 'SURVIVED'}  {mutant.name}  ({mutant.test.partition('::')[2]})")
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
