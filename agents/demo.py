"""What the demo store has: orders, tickets and things to try, as plain data.

Reads `demo.yaml` of a team's folder; it writes to no table. The rule: days are counted from a date handed in, so the
demo is as fresh in a year as today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from agents.yaml_source import read_source

DEMO_FILE = "demo.yaml"

Row = Mapping[str, Any]
"""An item of a table: strings, whole numbers, lists and maps of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """The demo's data, with dates such as `2026-11-24`."""

    orders: tuple[Row, ...]
    """Keyed by `order_number`."""
    tickets: tuple[Row, ...]
    """Keyed by `ticket_number`."""
    try_this: tuple[Mapping[str, str], ...]
    """Lines a visitor may send, each by language."""


class _Day(BaseModel):
    model_config = ConfigDict(extra="forbid")

    days: int
    """Counted from today; negative is past."""


class _Item(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    quantity: int


_Value = str | _Day | list[_Item]


class _DemoFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    orders: tuple[dict[str, _Value], ...] = ()
    tickets: tuple[dict[str, _Value], ...] = ()
    try_this: tuple[dict[str, str], ...] = ()


def load_demo(folder: Path, *, today: date) -> Demo:
    """The demo in `folder`; raises `InvalidTeam`, whose message says file, line and what was expected."""
    file = read_source(folder / DEMO_FILE).parse(_DemoFile)
    return Demo(
        orders=tuple(_row(order, today) for order in file.orders),
        tickets=tuple(_row(ticket, today) for ticket in file.tickets),
        try_this=file.try_this,
    )


def _row(values: Mapping[str, _Value], today: date) -> Row:
    return {name: _plain(value, today) for name, value in values.items()}


def _plain(value: _Value, today: date) -> Any:
    match value:
        case _Day():
            return (today + timedelta(days=value.days)).isoformat()
        case list():
            return [item.model_dump() for item in value]
        case _:
            return value
