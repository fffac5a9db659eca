"""The SQS queues of the template: messages that are received, come back unless they are deleted, and at last move on.

State and rules without I/O. moto's SQS counts wall time; here a message waits, comes back and is moved by the stack's
clock, which tests move. Rule: what SQS leaves open (order, how soon a message is seen) is decided once, so that a test
that passes passes again: the oldest first, and at once. Nothing expires and no receive waits.
Source: SQS:sqs-visibility-timeout, SQS:sqs-dead-letter-queues, read 2026-11.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from local.template import Queue

BODY_LIMIT_BYTES: Final = 1_048_576
"""Of one message with its attributes (SQS:quotas-messages, read 2026-11)."""
_NOT_ALLOWED: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no body may hold (SQS API reference, SendMessage, read 2026-11)."""

Listener = Callable[[str], None]
"""Is told the ARN of a queue in which a message has become visible, or will."""


class QueueError(Exception):
    """Base of what a queue refuses; the wire gives each its code."""


class UnknownQueueError(QueueError):
    """No queue of the template has this URL, ARN or name."""

    def __init__(self, queue: str) -> None:
        super().__init__("The specified queue does not exist.")
        self.queue = queue


class UnknownReceiptError(QueueError):
    """No message here was last received with this handle."""

    def __init__(self) -> None:
        super().__init__("The input receipt handle is invalid.")


class UnfitBodyError(QueueError):
    """The body holds characters that SQS does not carry, or too many."""


@dataclass(slots=True, kw_only=True)
class Message:
    """A message in a queue; moments are in seconds since the epoch."""

    id: str
    body: str
    sent_at: float
    visible_at: float
    receive_count: int = 0
    first_received_at: float | None = None
    receipt_handle: str | None = None
    came_from_arn: str | None = None
    """The queue that gave it up."""

    @property
    def md5_of_body(self) -> str:
        return hashlib.md5(self.body.encode(), usedforsecurity=False).hexdigest()

    def attributes(self) -> dict[str, str]:
        """SQS's own, as a receive or an event source tells them."""
        known = {
            "ApproximateReceiveCount": str(self.receive_count),
            "SentTimestamp": _milliseconds(self.sent_at),
            "SenderId": "local",
            "ApproximateFirstReceiveTimestamp": _milliseconds(self.first_received_at or self.sent_at),
        }
        return {**known, "DeadLetterQueueSourceArn": self.came_from_arn} if self.came_from_arn else known


@dataclass(slots=True)
class _Kept:
    """A queue as it stands."""

    queue: Queue
    messages: list[Message] = field(default_factory=list)


class Queues:
    """All queues of one stack. `now` is the stack's clock, `new_id` makes message ids and receipt handles."""

    def __init__(self, *, now: Callable[[], float], new_id: Callable[[], str]) -> None:
        self._now = now
        self._new_id = new_id
        self._queues: dict[str, _Kept] = {}
        self.listeners: list[Listener] = []

    def define(self, queues: Iterable[Queue]) -> None:
        """Have these queues from now on; what is in one that stays, stays."""
        before = self._queues
        self._queues = {
            queue.arn: _Kept(queue, before[queue.arn].messages if queue.arn in before else []) for queue in queues
        }

    def queue(self, name: str) -> Queue:
        """The queue of an ARN, a URL, a name or a logical id. Raises `UnknownQueueError`."""
        return self._kept(name).queue

    def bodies(self, queue: str) -> list[str]:
        """The bodies of all messages in a queue, received or not, the oldest first."""
        return [message.body for message in self._kept(queue).messages]

    def clear(self) -> None:
        """Empty every queue."""
        for kept in self._queues.values():
            kept.messages.clear()

    def send(self, queue: str, body: str, *, delay_seconds: float = 0.0) -> Message:
        """Put a message into a queue. Raises `UnfitBodyError`."""
        _check(body)
        kept, now = self._kept(queue), self._now()
        message = Message(id=self._new_id(), body=body, sent_at=now, visible_at=now + delay_seconds)
        kept.messages.append(message)
        self._tell(kept)
        return message

    def receive(self, queue: str, *, most: int, visibility_timeout_seconds: float | None = None) -> list[Message]:
        """Up to `most` visible messages, hidden for the timeout; those received too often are moved instead."""
        kept, now = self._kept(queue), self._now()
        self._move_exhausted(kept, now)
        visible = [message for message in kept.messages if message.visible_at <= now][:most]
        timeout = kept.queue.visibility_timeout_seconds
        for message in visible:
            message.receive_count += 1
            message.first_received_at = message.first_received_at or now
            message.receipt_handle = self._new_id()
            message.visible_at = now + (timeout if visibility_timeout_seconds is None else visibility_timeout_seconds)
        if visible:
            self._tell(kept)
        return visible

    def delete(self, queue: str, receipt_handle: str) -> None:
        """Remove a message for good; a handle that is not the last one of a message does nothing."""
        kept = self._kept(queue)
        kept.messages[:] = [message for message in kept.messages if message.receipt_handle != receipt_handle]

    def change_visibility(self, queue: str, receipt_handle: str, *, seconds: float) -> None:
        """Hide a received message from now on for so long. Raises `UnknownReceiptError`."""
        kept = self._kept(queue)
        message = next((one for one in kept.messages if one.receipt_handle == receipt_handle), None)
        if message is None:
            raise UnknownReceiptError
        message.visible_at = self._now() + seconds
        self._tell(kept)

    def next_visible_at(self, queue: str) -> float | None:
        """When the next message can be received, in seconds since the epoch; None if the queue is empty."""
        return min((message.visible_at for message in self._kept(queue).messages), default=None)

    def counts(self, queue: str) -> tuple[int, int]:
        """How many messages can be received now, and how many are hidden."""
        messages, now = self._kept(queue).messages, self._now()
        visible = sum(message.visible_at <= now for message in messages)
        return visible, len(messages) - visible

    def _move_exhausted(self, kept: _Kept, now: float) -> None:
        limit, target = kept.queue.max_receive_count, kept.queue.dead_letter_arn
        if limit is None or target is None:
            return
        for message in [one for one in kept.messages if one.visible_at <= now and one.receive_count >= limit]:
            kept.messages.remove(message)
            message.visible_at, message.receipt_handle, message.came_from_arn = now, None, kept.queue.arn
            there = self._kept(target)
            there.messages.append(message)
            self._tell(there)

    def _kept(self, name: str) -> _Kept:
        for kept in self._queues.values():
            if name in {kept.queue.arn, kept.queue.url, kept.queue.name, kept.queue.logical_id}:
                return kept
        raise UnknownQueueError(name)

    def _tell(self, kept: _Kept) -> None:
        for listener in self.listeners:
            listener(kept.queue.arn)


def _check(body: str) -> None:
    if not body:
        raise UnfitBodyError("The request must contain the parameter MessageBody.")
    if _NOT_ALLOWED.search(body):
        raise UnfitBodyError("Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 and above.")
    if len(body.encode()) > BODY_LIMIT_BYTES:
        raise UnfitBodyError(
            f"One or more parameters are invalid. Message must be shorter than {BODY_LIMIT_BYTES} bytes."
        )


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
