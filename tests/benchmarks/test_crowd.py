"""What is read off a crowd and off a burst."""

from __future__ import annotations

import pytest

from benchmarks.crowd import BURST, CHATS, PROCESSES, Rush, of_bursts, of_crowds, percentile
from benchmarks.functions import Execution, Mark


def mark(what: str, operation: str, at: float) -> Mark:
    return Mark(what=what, operation=operation, at=at, process_cpu=0.0, thread_cpu=0.0, thread=1)


def execution(invoked: float, *said: float) -> Execution:
    marks = [mark("invoked", "", invoked), mark("ended", "UpdateItem", invoked + 0.1)]
    return Execution(None, [*marks, *(mark("ended", "SendMessage", at) for at in said), mark("returned", "", 99.0)])


def test_a_rush_lasts_from_the_first_event_to_the_last_word() -> None:
    """Not to the last write, and events that others answered say nothing."""
    rush = Rush(floor=1.0, executions=[execution(10.5), execution(10.0, 11.0, 14.0), execution(10.2, 12.0)], asks=2)

    assert rush.seconds == 4.0


def test_throughput_is_held_against_processes_that_need_no_more_than_the_floor() -> None:
    """Half as many turns a second as eight floors at once would be."""
    crowd = [execution(0.0, 1.0, 2.0) for _ in range(PROCESSES)] + [execution(2.0, 3.0, 4.0) for _ in range(PROCESSES)]
    throughput, slowest = of_crowds([Rush(floor=1.0, executions=crowd, asks=CHATS)])

    assert throughput.median == 0.5
    assert throughput.parts == {"turns in a second": (4.0,), "floor": (8.0,)}
    assert slowest.median == 1.0


def test_first_words_count_from_the_moment_a_process_took_the_event() -> None:
    turns = [execution(number, number + 1.0) for number in range(99)] + [execution(0.0, 3.0)]
    _, slowest = of_crowds([Rush(floor=1.0, executions=turns, asks=100)])

    assert slowest.parts["median"] == (1.0,)
    assert 1.0 < slowest.median < 3.0
    assert "100 turns" in slowest.name


def test_a_burst_is_held_against_two_turns() -> None:
    burst = [execution(0.0, 1.0), *(execution(0.1) for _ in range(BURST - 2)), execution(0.1, 3.0)]
    heard, asks = of_bursts([Rush(floor=1.0, executions=burst, asks=2)])

    assert (heard.median, asks.samples) == (1.5, (2.0,))


def test_a_percentile_lies_between_what_was_measured() -> None:
    assert percentile(99, [float(number) for number in range(101)]) == pytest.approx(99.0)
