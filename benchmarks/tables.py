"""Figures as Markdown tables, one for each group."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator

from benchmarks.figure import Figure

VERDICTS = {True: "yes", False: "**no**", None: ""}


def table(figures: Iterable[Figure]) -> str:
    """Name, median, quartiles, what is promised, and what the figure was made of."""
    rows = "\n".join(" | ".join(_cells(figure)).join(("| ", " |")) for figure in figures)
    return f"| figure | median | quartiles | at most | met | made of |\n| --- | --- | --- | --- | --- | --- |\n{rows}"


def _cells(figure: Figure) -> Iterator[str]:
    lower, upper = figure.spread
    yield figure.name
    yield f"**{_number(figure.median)}**{_unit(figure)}"
    yield f"{_number(lower)} to {_number(upper)}" if lower != upper else ""
    yield "" if figure.at_most is None else _number(figure.at_most)
    yield VERDICTS[figure.is_met]
    yield ", ".join(f"{name} {_number(statistics.median(samples))}" for name, samples in figure.parts.items())


def _unit(figure: Figure) -> str:
    return "" if figure.unit == "ratio" else f" {figure.unit}"


def _number(value: float) -> str:
    """Whole numbers as they are, others with three digits that count."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.3g}"
