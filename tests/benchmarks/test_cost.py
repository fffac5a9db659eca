"""What a turn costs is reckoned from what was measured and from the prices in their file."""

from __future__ import annotations

import datetime
import re
import tomllib

import pytest

from benchmarks.cost import first_words
from benchmarks.document import DOCUMENT
from benchmarks.functions import Execution, Mark
from benchmarks.prices import FILE, Prices, price_of, read_prices, seconds_at
from benchmarks.services.calls import Call
from benchmarks.turns import Round
from cdk.settings import Settings

PRICES = Prices(lambda_gb_second=0.01, lambda_request=0.001, write_unit=0.1, read_unit=0.02, message=0.5)
CALLS = [
    Call(operation="UpdateItem", arrived=0.0, write_units=2),
    Call(operation="GetItem", arrived=0.0, read_units=0.5),
    Call(operation="SendEvent", arrived=0.0),
    Call(operation="SendMessage", arrived=0.0),
    Call(operation="SendMessage", arrived=0.0),
]


@pytest.mark.parametrize(("memory_mb", "seconds"), [(1769, 2.0), (3008, 2.0), (512, 2.0 + 0.5 * (1769 / 512 - 1))])
def test_less_memory_makes_work_longer_and_waiting_not(memory_mb: int, seconds: float) -> None:
    """Half a second of two is work; a second processor is no help."""
    assert seconds_at(memory_mb, 2.0, 0.5) == pytest.approx(seconds)


def test_a_turn_costs_its_messages_its_time_and_its_units() -> None:
    """Two messages said and one heard; dots are free; 512 MB make 2 s of 1.8 s and so a GB-second."""
    cpu = 0.2 / (1769 / 512 - 1)
    price = price_of(PRICES, _execution(seconds=1.8, cpu=cpu), CALLS, memory_mb=512)

    assert price.connect == pytest.approx(1500)
    assert price.functions == pytest.approx(1 + 10)
    assert price.table == pytest.approx(200 + 10)
    assert price.whole == pytest.approx(1721)


def test_the_first_words_are_reckoned_for_a_memory_and_the_floor_for_a_whole_processor() -> None:
    turn = Round(
        backend="bedrock-agents",
        answer="short",
        bot=_execution(seconds=1.25, cpu=0.25),
        calls=[],
        plain=_execution(seconds=3.0, cpu=0.0),
        plain_calls=[],
        floor=_execution(seconds=1.0, cpu=0.5),
    )

    assert first_words([turn], 1769).samples == (1.25,)
    assert first_words([turn], 1769 // 2).median == pytest.approx(1.5, abs=0.001)


def test_every_price_says_where_it_stands() -> None:
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))
    prices = [entry for entry in entries.values() if isinstance(entry, dict)]

    assert isinstance(entries["read_on"], datetime.date)
    assert prices
    for entry in prices:
        assert entry["usd"] > 0
        assert entry["source"].startswith("https://")
        assert entry["stands"]
    assert read_prices().message == entries["message"]["usd"]


def test_the_default_memory_is_the_least_that_keeps_the_first_words_by_the_page() -> None:
    """Less is always cheaper: a turn waits more than it works. Whoever measures anew sees here what to change."""
    rows = re.findall(r"at (\d+) MB \|.*\| (yes|\*\*no\*\*) \|", DOCUMENT.read_text(encoding="utf-8"))

    assert Settings().memory_mb == min(int(memory_mb) for memory_mb, met in rows if met == "yes")


def _execution(*, seconds: float, cpu: float) -> Execution:
    """With one message, sent at its end."""
    marks = [
        Mark(what=what, operation=operation, at=at, process_cpu=used, thread_cpu=0.0, thread=1)
        for what, operation, at, used in (
            ("invoked", "", 0.0, 0.0),
            ("ended", "SendMessage", seconds, cpu),
            ("returned", "", seconds, cpu),
        )
    ]
    return Execution(None, marks)
