"""The benchmark: `make bench`, `make bench ARGS="--only turn,words --runs 5 --write"`.

Tables go to the terminal, numbers into `build/bench/figures.json`; with `--write` the tables go into
`docs/performance.md`, too, and the picture is drawn anew. It ends with 0 whatever it finds: a number that a noisy
machine made is for people to judge.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from benchmarks import cold_start, cost, crowd, hand_off, joining, package_size, picture, results, turn, words
from benchmarks.document import write_section
from benchmarks.figure import Figure
from benchmarks.tables import table

RUNS = 7
PARTS: Mapping[str, Callable[[int], list[Figure]]] = {
    "turn": turn.measure,
    "words": words.measure,
    "joining": joining.measure,
    "hand-off": hand_off.measure,
    "crowd": crowd.measure,
    "cold": cold_start.measure,
    "package": package_size.measure,
    "cost": cost.measure,
}
"""By the name that `--only` knows; each takes the number of repetitions."""


def main() -> int:
    asked = _arguments()
    unknown = [name for name in asked.only if name not in PARTS]
    if unknown:
        print(f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    for name in asked.only or PARTS:
        figures = PARTS[name](asked.runs)
        results.keep(name, figures, runs=asked.runs)
        _show(figures, write=asked.write)
    if asked.write and (drawn := results.figures_of("words")):
        picture.draw(drawn)
    return 0


def _show(figures: Sequence[Figure], *, write: bool) -> None:
    for group, members in groupby(figures, key=lambda figure: figure.group):
        shown = table(members)
        print(f"\n{group}\n\n{shown}", flush=True)
        if write:
            write_section(group, shown)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", type=lambda names: names.split(","), default=[], help="parts, with commas between")
    parser.add_argument("--runs", type=int, default=RUNS, help="repetitions of each measurement (%(default)s)")
    parser.add_argument("--write", action="store_true", help="write tables and picture into docs/")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
