"""What a thousand turns cost at a size of memory, from the prices in `prices.toml`.

Lambda gives a function a share of a processor with its memory, a whole one at 1769 MB. At less, a second of processor
time is taken to last `1769 / memory` seconds, and what is waited for as long as ever. That is an upper bound: work that
is done while something else is waited for delays nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from benchmarks.functions import Execution
from benchmarks.services.calls import Call

FILE = Path(__file__).with_name("prices.toml")
WHOLE_PROCESSOR_MB = 1769
TURNS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """US dollars for one of each."""

    lambda_gb_second: float
    lambda_request: float
    write_unit: float
    read_unit: float
    message: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Of a thousand turns, in US dollars, without the agent."""

    connect: float
    functions: float
    table: float

    @property
    def whole(self) -> float:
        return self.connect + self.functions + self.table


def read_prices() -> Prices:
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Prices(**{field.name: float(entries[field.name]["usd"]) for field in fields(Prices)})


def seconds_at(memory_mb: int, seconds: float, cpu: float) -> float:
    """How long it takes what took so long on a whole processor, and so much of its time; more than one is no help."""
    return seconds + cpu * (max(1.0, WHOLE_PROCESSOR_MB / memory_mb) - 1)


def price_of(prices: Prices, execution: Execution, calls: Sequence[Call], *, memory_mb: int) -> Price:
    """Of a thousand turns like this one, with what the customer writes."""
    gb_seconds = seconds_at(memory_mb, execution.seconds, execution.cpu) * memory_mb / 1024
    units = (prices.write_unit * call.write_units + prices.read_unit * call.read_units for call in calls)
    return Price(
        connect=TURNS * prices.message * (1 + messages_in(calls)),
        functions=TURNS * (prices.lambda_request + prices.lambda_gb_second * gb_seconds),
        table=TURNS * sum(units),
    )


def messages_in(calls: Sequence[Call]) -> int:
    """Those that the bot says."""
    return sum(call.operation == "SendMessage" for call in calls)
