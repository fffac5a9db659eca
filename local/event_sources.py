"""Lambda's event source mappings: a queue's messages brought to a function, a batch at a time.

A function that answers has handled its batch, but for the messages it names as failed; one that fails has handled
none. What is handled is deleted; the rest comes back when its visibility timeout is over, and the queue gives it up in
the end. Rule: a message is taken out of its queue only by being handled or given up, whatever happens in between.
Source: LD:services-sqs-errorhandling, LD:with-sqs, read 2026-11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Final

from local.activity import Activity
from local.clock import Clock
from local.event_subjects import contact_of
from local.execution_environment import FunctionError
from local.queues import Message, Queues
from local.template import EventSource, Queue
from local.workers import Workers

BATCHES_AT_ONCE: Final = 2
"""Of one queue. Lambda begins with five; two show what runs side by side with fewer processes."""


class EventSources:
    """The mappings of one stack. Use it in one event loop; end it with `close`."""

    def __init__(self, *, queues: Queues, workers: Workers, clock: Clock, activity: Activity) -> None:
        self._queues = queues
        self._workers = workers
        self._clock = clock
        self._activity = activity
        self._readers: dict[str, _Reader] = {}
        queues.listeners.append(self._hear)

    def define(self, sources: Iterable[EventSource]) -> None:
        """Read these queues from now on."""
        self._end_readers()
        self._readers = {source.queue_arn: self._reader(source) for source in sources}
        for reader in self._readers.values():
            reader.look()

    async def close(self) -> None:
        self._end_readers()

    def _end_readers(self) -> None:
        for reader in self._readers.values():
            reader.end()
        self._readers = {}

    def _hear(self, queue_arn: str) -> None:
        if queue_arn in self._readers:
            self._readers[queue_arn].look()

    def _reader(self, source: EventSource) -> _Reader:
        return _Reader(
            queue_arn=source.queue_arn,
            batch_size=source.batch_size,
            queues=self._queues,
            clock=self._clock,
            track=self._workers.track,
            handle=lambda batch: self._handle(source, [_record(source, message) for message in batch]),
        )

    async def _handle(self, source: EventSource, records: Sequence[Mapping[str, Any]]) -> None:
        event = {"Records": records}
        ids = {str(record["messageId"]) for record in records}
        try:
            answer = await self._workers.invoke(source.function_arn, event)
            failed = failed_items(answer, ids) if source.reports_failed_items else frozenset[str]()
        except FunctionError:
            failed = frozenset(ids)
        for record in records:
            if record["messageId"] not in failed:
                self._queues.delete(source.queue_arn, record["receiptHandle"])
            else:
                self._report_failed(source, record)

    def _report_failed(self, source: EventSource, record: Mapping[str, Any]) -> None:
        queue = self._queues.queue(source.queue_arn)
        is_last = _is_last(queue, int(record["attributes"]["ApproximateReceiveCount"]))
        self._activity.add(
            "invocation",
            contact_of({"Records": [record]}),
            function=self._workers.function(source.function_arn).name,
            phase="given_up" if is_last else "retrying",
            ms=0,
            error="",
            delay=None if is_last else queue.visibility_timeout_seconds,
        )


class _Reader:
    """Takes batches out of one queue as long as there are any and fewer than `BATCHES_AT_ONCE` run."""

    def __init__(
        self,
        *,
        queue_arn: str,
        batch_size: int,
        queues: Queues,
        clock: Clock,
        track: Callable[[Coroutine[Any, Any, None]], object],
        handle: Callable[[Sequence[Message]], Awaitable[None]],
    ) -> None:
        self._queue_arn = queue_arn
        self._batch_size = batch_size
        self._queues = queues
        self._clock = clock
        self._track = track
        self._handle = handle
        self._running = 0
        self._is_looking = False
        self._has_ended = False
        self._alarm: asyncio.Task[None] | None = None

    def look(self) -> None:
        """Take what can be received now, and look again when the next message can be."""
        if self._is_looking or self._has_ended:
            return  # its own receive is heard, too
        self._is_looking = True
        try:
            while self._running < BATCHES_AT_ONCE and (batch := self._receive()):
                self._running += 1
                self._track(self._work(batch))
        finally:
            self._is_looking = False
        self._look_later()

    def end(self) -> None:
        self._has_ended = True
        self._forget_alarm()

    def _receive(self) -> list[Message]:
        return self._queues.receive(self._queue_arn, most=self._batch_size)

    async def _work(self, batch: Sequence[Message]) -> None:
        """The next batch is begun before this one is told to have ended: nothing is settled in between."""
        try:
            await self._handle(batch)
        finally:
            self._running -= 1
            self.look()

    def _look_later(self) -> None:
        self._forget_alarm()
        at = self._queues.next_visible_at(self._queue_arn)
        if at is not None and self._running < BATCHES_AT_ONCE:
            self._alarm = asyncio.get_running_loop().create_task(self._wait_and_look(at))

    async def _wait_and_look(self, at: float) -> None:
        await self._clock.sleep(max(0.0, at - self._clock.now()))
        self._alarm = None
        self.look()

    def _forget_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None


def failed_items(answer: Any, ids: Iterable[str]) -> frozenset[str]:
    """The ids that an answer names as failed: none if it names none, all if it cannot be understood."""
    everything = frozenset(ids)
    match answer:
        case None | {"batchItemFailures": None | []}:
            return frozenset()
        case {"batchItemFailures": [*items]}:
            named = frozenset(str(item.get("itemIdentifier")) if isinstance(item, dict) else "" for item in items)
            return named if named <= everything else everything
        case dict() if not answer.get("batchItemFailures"):
            return frozenset()
        case _:
            return everything


def _record(source: EventSource, message: Message) -> dict[str, Any]:
    """A message as Lambda brings it from SQS (LD:with-sqs, read 2026-11)."""
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": message.attributes(),
        "messageAttributes": {},
        "md5OfBody": message.md5_of_body,
        "eventSource": "aws:sqs",
        "eventSourceARN": source.queue_arn,
        "awsRegion": source.queue_arn.split(":")[3],
    }


def _is_last(queue: Queue, receive_count: int) -> bool:
    return queue.max_receive_count is not None and receive_count >= queue.max_receive_count
