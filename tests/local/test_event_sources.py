"""A queue's messages reach a function in batches, come back when it fails, and are given up in the end."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from local.event_sources import EventSources, failed_items
from local.guard import Guard
from local.intrinsics import arn
from local.queues import Queues
from local.template import EventSource, Function
from tests.local.benches import Bench, bench, function
from tests.local.test_queues import queue

WORK = arn("sqs", "Work")


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard() as standing:
        yield standing


class Line:
    """A queue in front of a function that logs what it gets, and fails as each message says."""

    def __init__(self, work: Bench, *, batch_size: int, reports: bool) -> None:
        numbers = itertools.count(1)
        self.workers = work.workers
        self.clock = work.clock
        self.phases = work.phases
        self.phase = work.phase
        self.queues = Queues(now=self.clock.now, new_id=lambda: f"id-{next(numbers)}")
        self.queues.define([queue("Work", timeout=60, dead_letters="Dead", receives=3), queue("Dead")])
        self.sources = EventSources(queues=self.queues, workers=self.workers, clock=self.clock, activity=work.activity)
        source = EventSource(
            queue_arn=WORK,
            function_arn=arn("lambda", "function:read_queue:live"),
            batch_size=batch_size,
            reports_failed_items=reports,
        )
        self.sources.define([source])
        self._log = work.logs / "read_queue.log"

    def send(self, body: str) -> str:
        return self.queues.send("Work", body).id

    def events(self) -> list[dict[str, Any]]:
        """What the function got so far."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [json.loads(line) for line in lines if line.startswith("{")]

    def batches(self) -> list[list[str]]:
        return [[record["body"] for record in event["Records"]] for event in self.events()]

    async def pass_time(self, seconds: float) -> None:
        """Until all that it sets off is done."""
        await self.workers.settle()
        self.clock.advance(seconds)
        for _ in range(5):
            await asyncio.sleep(0)
        await self.workers.settle()


@asynccontextmanager
async def line(
    logs: Path, guard: Guard, *, batch_size: int = 1, reports: bool = True, reader: Function | None = None
) -> AsyncIterator[Line]:
    async with bench(reader or function("read_queue"), logs=logs, guard=guard) as work:
        made = Line(work, batch_size=batch_size, reports=reports)
        try:
            yield made
        finally:
            await made.sources.close()


async def test_a_message_comes_as_lambda_brings_it_from_sqs(tmp_path: Path, guard: Guard) -> None:
    """Whoever reads such an event in AWS reads it here; once it is handled the message is gone."""
    async with line(tmp_path, guard) as work:
        sent = work.queues.send("Work", "one")
        await work.workers.settle()
        [event] = work.events()

    [record] = event["Records"]
    moment = str(round(sent.sent_at * 1000))
    received = record["attributes"].pop("ApproximateFirstReceiveTimestamp")
    assert record == {
        "messageId": sent.id,
        "receiptHandle": sent.receipt_handle,
        "body": "one",
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": moment, "SenderId": "local"},
        "messageAttributes": {},
        "md5OfBody": "f97c5d29941bfb1b2fdab0874906ab82",
        "eventSource": "aws:sqs",
        "eventSourceARN": WORK,
        "awsRegion": "local",
    }
    assert 0 <= int(received) - int(moment) < 1_000
    assert work.queues.bodies("Work") == []


async def test_a_batch_holds_no_more_than_the_template_says(tmp_path: Path, guard: Guard) -> None:
    """What waits while batches run comes next; nothing is left behind."""
    async with line(tmp_path, guard, batch_size=2) as work:
        work.queues.listeners.clear()  # they shall lie there when the reader looks
        for body in ("one", "two", "three", "four", "five"):
            work.send(body)
        work.sources.define(
            [EventSource(queue_arn=WORK, function_arn="read_queue", batch_size=2, reports_failed_items=True)]
        )
        await work.workers.settle()
        batches = work.batches()

    assert sorted(batches) == [["five"], ["one", "two"], ["three", "four"]]


async def test_a_batch_whose_function_fails_comes_back_whole_after_the_timeout(tmp_path: Path, guard: Guard) -> None:
    """Not before, and counted."""
    async with line(tmp_path, guard) as work:
        work.send("raise")
        await work.pass_time(59)
        early = work.batches()
        await work.pass_time(1)
        counts = [event["Records"][0]["attributes"]["ApproximateReceiveCount"] for event in work.events()]

    assert (early, counts) == ([["raise"]], ["1", "2"])
    assert work.queues.bodies("Work") == ["raise"]


async def test_only_what_the_function_names_as_failed_comes_back(tmp_path: Path, guard: Guard) -> None:
    """Its neighbours in the batch are handled."""
    async with line(tmp_path, guard, batch_size=10) as work:
        work.queues.listeners.clear()
        for body in ("one", "fail", "two"):
            work.send(body)
        work.sources.define(
            [EventSource(queue_arn=WORK, function_arn="read_queue", batch_size=10, reports_failed_items=True)]
        )
        await work.pass_time(60)
        batches = work.batches()

    assert batches == [["one", "fail", "two"], ["fail"]]
    assert work.queues.bodies("Work") == ["fail"]


async def test_without_the_template_s_leave_naming_failures_means_nothing(tmp_path: Path, guard: Guard) -> None:
    """Lambda does not read the answer then; a forgotten setting must show here."""
    async with line(tmp_path, guard, reports=False) as work:
        work.send("fail")
        await work.workers.settle()

    assert work.queues.bodies("Work") == []


async def test_after_its_last_try_a_message_goes_to_the_dead_letters(tmp_path: Path, guard: Guard) -> None:
    """Once the last try's timeout is over; the activity tells each time what becomes of it."""
    async with line(tmp_path, guard) as work:
        work.send("raise")
        for _ in range(3):
            await work.pass_time(60)
        tries = len(work.batches())

    assert tries == 3
    assert (work.queues.bodies("Work"), work.queues.bodies("Dead")) == ([], ["raise"])
    assert work.phases() == [*["started", "failed", "retrying"] * 2, "started", "failed", "given_up"]


async def test_nothing_is_settled_while_a_batch_runs(tmp_path: Path, guard: Guard) -> None:
    """From the moment at which the message is put into the queue, until it is deleted."""
    async with line(tmp_path, guard) as work:
        work.send("one")
        await work.workers.settle()

        assert (work.batches(), work.queues.bodies("Work")) == ([["one"]], [])


async def test_a_queue_that_no_function_reads_keeps_what_it_gets(tmp_path: Path, guard: Guard) -> None:
    """And closing ends the waiting for a message that would come back."""
    async with line(tmp_path, guard) as work:
        work.queues.send("Dead", "one")
        work.send("raise")
        await work.workers.settle()

    assert (work.queues.bodies("Dead"), work.queues.bodies("Work")) == (["one"], ["raise"])


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, {"a", "b"}),
        ({"batchItemFailures": [{"id": "a"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "c"}]}, {"a", "b"}),
        ({"batchItemFailures": "a"}, {"a", "b"}),
        ("done", {"a", "b"}),
    ],
)
def test_an_answer_that_lambda_does_not_understand_fails_the_whole_batch(answer: Any, failed: set[str]) -> None:
    """As its developer guide lists them; where that is silent, nothing is lost."""
    assert failed_items(answer, ["a", "b"]) == failed
