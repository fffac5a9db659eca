"""The fault map as Markdown, for `docs/reliability.md`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final

from tests.faults.cells import FATES, FAULTS, Cell, Row
from tests.faults.expected import expected

QUEUES: Final = "sqs"
"""Connect's chats have an operation of the same name."""
NOT_SAID: Final = "**open**"


def fault_map(cells: Mapping[str, Sequence[Cell]]) -> str:
    """A table for each story; `cells` by the backend under which they ran."""
    told = [(backend, cell) for backend, some in cells.items() for cell in some if cell.column in FAULTS]
    return _document(told, FAULTS, "call")


def deliveries(cells: Mapping[str, Sequence[Cell]]) -> str:
    """The same for events."""
    told = [(backend, cell) for backend, some in cells.items() for cell in some if cell.column in FATES]
    return _document(told, tuple(FATES), "event")


def _document(told: Sequence[tuple[str, Cell]], columns: Sequence[str], of: str) -> str:
    stories = list(dict.fromkeys(cell.story for _, cell in told))
    lines = [f"{len(told)} cells, each run as a conversation on the laptop stack and judged by the rules.", ""]
    for story in stories:
        lines += [f"**{story}**", "", *_table([each for each in told if each[1].story == story], columns, of), ""]
    return "\n".join(lines)


def _table(told: Iterable[tuple[str, Cell]], columns: Sequence[str], of: str) -> list[str]:
    rows = sorted(told, key=lambda each: (each[0], each[1].row))
    lines = [f"| {of} | {' | '.join(columns)} |", "|" + " --- |" * (len(columns) + 1)]
    for (backend, row), cells in groupby(rows, key=lambda each: (each[0], each[1].row)):
        said = {cell.column: _said(cell) for _, cell in cells}
        lines.append(f"| {_name(row, backend)} | {' | '.join(said.get(column, '') for column in columns)} |")
    return lines


def _name(row: Row, backend: str) -> str:
    ordinal = f" {row.ordinal}" if row.ordinal > 1 else ""
    under = f" ({backend})" if row.is_of_the_agents else f" ({QUEUES})" if row.service == QUEUES else ""
    return f"{row.function} {row.operation}{ordinal}{under}".strip()


def _said(cell: Cell) -> str:
    line = expected(cell)
    return NOT_SAID if line is None else line.outcome.value
