"""Figure 5: StartBot, from the flow's call to its answer, against its calls alone."""

from __future__ import annotations

from benchmarks.figure import Figure, ratio
from benchmarks.stage import stage

GROUP = "joining"
MOST_OVER_FLOOR = 1.15
REPEATED = 4
"""Joining is short: it is repeated so many times in each run."""


def measure(runs: int) -> list[Figure]:
    with stage() as there:
        pairs = [(there.join()[1].seconds, there.floor("joining").seconds) for _ in range(REPEATED * runs)]
    joined, floors = zip(*pairs, strict=True)
    return [ratio(GROUP, "StartBot / floor", ("StartBot", joined), ("floor", floors), at_most=MOST_OVER_FLOOR)]
