"""Customer messages that are not yet answered.

A message is known by its key, made of its AbsoluteTime and its Id as Connect published them: the same message has the
same key however often and in whatever order it arrives, and keys sort by (AbsoluteTime, Id). Where a message is only
named, as one that is asked or finished, its mark stands: it tells messages apart, and their age.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

MOST_MESSAGES = 20
MOST_BYTES = 64 * 1024
MOST_REFUSED = 20
REMEMBERED_SECONDS = 600.0
"""Marks are kept at least this long, so that the flow's watch can tell what was never answered."""

Mark = NewType("Mark", str)
"""The minute a message was written and the fingerprint of its Id, in 17 characters where a key has 50."""
FINGERPRINT_BYTES = 6
"""Two of a hundred messages have the same one in one chat of fifty billion."""


class Kind(StrEnum):
    TEXT = "text"
    ATTACHMENT = "attachment"
    UNREADABLE = "unreadable"
    """A content type the agent cannot read, or no content at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing the customer sent."""

    id: str
    at: float
    """Seconds since the epoch, to the millisecond: the message's AbsoluteTime."""
    kind: Kind
    text: str = ""

    @property
    def key(self) -> str:
        return f"{round(self.at * 1000):013d}-{self.id}"

    @property
    def mark(self) -> Mark:
        return mark_of(self.id, self.at)


def mark_of(identifier: str, at: float) -> Mark:
    return Mark(f"{_minute(at)}-{fingerprint(identifier)}")


def fingerprint(identifier: str) -> str:
    return b64encode(hashlib.sha256(identifier.encode()).digest()[:FINGERPRINT_BYTES]).decode()


def fingerprint_in(mark: Mark) -> str:
    return mark.partition("-")[2]


def _minute(moment: float) -> int:
    """Of the epoch."""
    return int(moment // 60)


def _minute_in(mark: Mark) -> int:
    return int(mark.partition("-")[0])


def in_order(messages: Iterable[Message]) -> tuple[Message, ...]:
    return tuple(sorted(messages, key=lambda message: message.key))


def overflows(messages: Iterable[Message]) -> bool:
    """More than one prompt should hold: 20 messages or 64 KB of UTF-8."""
    waiting = tuple(messages)
    return len(waiting) > MOST_MESSAGES or sum(len(m.text.encode()) for m in waiting) > MOST_BYTES


def as_prompt(messages: Iterable[Message]) -> str:
    """Several messages as one prompt, in order, a line each."""
    return "\n".join(message.text for message in messages if message.kind is Kind.TEXT)


def remember(
    done: Iterable[Mark], finished: Iterable[Message], *, now: float, age_limit_seconds: float
) -> tuple[Mark, ...]:
    """The marks to keep: of all messages that could still come back younger than the age limit.

    A duplicate older than the limit is never put to the agent, so its mark need not be kept. The doubled limit covers
    clocks that differ.
    """
    oldest = _minute(now - max(2 * age_limit_seconds, REMEMBERED_SECONDS))
    marks = dict.fromkeys([*done, *(message.mark for message in finished)])
    return tuple(mark for mark in marks if _minute_in(mark) >= oldest)


def remember_refused(refused: Iterable[str], messages: Iterable[Message]) -> tuple[str, ...]:
    """The ids to keep of what a guardrail refused, the last ones; the talk itself shows the earlier ones."""
    return tuple(dict.fromkeys([*refused, *(message.id for message in messages)]))[-MOST_REFUSED:]
