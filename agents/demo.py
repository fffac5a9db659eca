"""What a team has to show: rows for its tools' tables, lines to try, a conversation to watch, and words for the desk.

Reads `demo.yaml` of a team's folder; it writes to no table. A value is text, a whole number, a truth value, a list, a
map, or a day counted from today: `{days: 2}`, with a time of day `{days: 2, at: "10:30"}`. The rule: days are counted
from a date handed in, so the demo is as fresh in a year as today.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agents.team import Function
from agents.yaml_source import InvalidTeam, Place, Problem, Source, read_source

DEMO_FILE = "demo.yaml"
DAYS, AT = "days", "at"
FURTHEST_DAYS = 36_500
TIME_OF_DAY = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"it is no regular expression: {error}") from error
    return text


Row = Mapping[str, Any]
"""An item of a table: strings, whole numbers, truth values, lists and maps of them."""

Line = Annotated[str, Field(min_length=1, max_length=1_024)]
"""What a customer can send in one message."""


class Paper(BaseModel):
    """A parameter of a control, as the person who takes a contact over reads it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=64)
    label: dict[str, Line]
    """By language."""
    told: Annotated[str, AfterValidator(_pattern)] = ""
    """Finds such values in what the assistants said; they are shown too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """The demo's data, with dates such as `2026-11-24` or `2026-11-24T10:30`."""

    tables: Mapping[str, tuple[Row, ...]]
    """By the table's name in the team's functions."""
    try_this: tuple[Mapping[str, str], ...]
    """Lines a visitor may send, each by language."""
    conversation: Mapping[str, tuple[str, ...]]
    """What a customer says in the conversation that is played to visitors, by language; the last asks for a person."""
    papers: tuple[Paper, ...]
    """What the desk shows first, and under which names; everything else is shown by its own."""


class _DemoFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tables: dict[str, tuple[dict[str, Any], ...]] = Field(default_factory=dict)
    try_this: tuple[dict[str, Line], ...] = ()
    demo: dict[str, Annotated[tuple[Line, ...], Field(min_length=1)]] = Field(default_factory=dict)
    papers: tuple[Paper, ...] = ()


def load_demo(folder: Path, functions: Iterable[Function], *, today: date) -> Demo:
    """The demo in `folder` for the tables of `functions`.

    Raises `InvalidTeam`, whose message says file, line and what was expected.
    """
    source = read_source(folder / DEMO_FILE)
    file = source.parse(_DemoFile)
    problems = [*_table_problems(file, source, functions)]
    if problems:
        raise InvalidTeam(problems)
    return Demo(
        tables={table: tuple(_plain(row, today) for row in rows) for table, rows in file.tables.items()},
        try_this=file.try_this,
        conversation=file.demo,
        papers=file.papers,
    )


def _table_problems(file: _DemoFile, source: Source, functions: Iterable[Function]) -> Iterator[Problem]:
    """Every table is one of a function, every row has its key, once, and holds what a table may hold."""
    keys = {function.table: function.partition_key for function in functions}
    for table, rows in file.tables.items():
        if table not in keys:
            expected = (
                f"expected one of the tables of the team's functions ({', '.join(keys) or 'none'}), not '{table}'"
            )
            yield source.problem(("tables", table), expected)
            continue
        seen: set[str] = set()
        for position, row in enumerate(rows):
            place = ("tables", table, position)
            yield from _key_problems(row, keys[table], seen, source, place)
            yield from _value_problems(row, source, place)


def _key_problems(row: Row, key: str, seen: set[str], source: Source, place: Place) -> Iterator[Problem]:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        yield source.problem((*place, key), f"expected text for '{key}', the table's key (numbers in quotes)")
    elif value in seen:
        yield source.problem((*place, key), f"expected a '{key}' of its own, but '{value}' stands above already")
    else:
        seen.add(value)


def _value_problems(value: Any, source: Source, place: Place) -> Iterator[Problem]:
    match value:
        case {"days": _, **_rest}:
            if not _is_day(value):
                yield source.problem(place, 'expected {days: <whole number>} or {days: <whole number>, at: "10:30"}')
        case dict():
            for name, each in value.items():
                yield from _value_problems(each, source, (*place, str(name)))
        case list():
            for position, each in enumerate(value):
                yield from _value_problems(each, source, (*place, position))
        case str() | int():
            pass
        case _:
            expected = "expected text, a whole number, true, false, a list, a map or a day counted from today"
            yield source.problem(place, expected)


def _is_day(value: Mapping[str, Any]) -> bool:
    days, at = value[DAYS], value.get(AT, "00:00")
    whole = isinstance(days, int) and not isinstance(days, bool) and abs(days) <= FURTHEST_DAYS
    return whole and value.keys() <= {DAYS, AT} and isinstance(at, str) and bool(TIME_OF_DAY.fullmatch(at))


def _plain(value: Any, today: date) -> Any:
    match value:
        case {"days": int(days), **rest}:
            day = (today + timedelta(days=days)).isoformat()
            return f"{day}T{rest[AT]}" if rest else day
        case dict():
            return {str(name): _plain(each, today) for name, each in value.items()}
        case list():
            return [_plain(each, today) for each in value]
        case _:
            return value
