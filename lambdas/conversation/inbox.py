"""Customer messages that are not yet answered.

A message is known by its key, made of its AbsoluteTime and its Id as Connect published them: the same message has the
same key however often and in whatever order it arrives, and keys sort by (AbsoluteTime, Id).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

MOST_MESSAGES = 20
MOST_BYTES = 64 * 1024
MOST_REFUSED = 20
REMEMBERED_SECONDS = 600.0
"""Finished keys are kept at least this long, so that the flow's watch can tell what was never answered."""


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


def id_of(key: str) -> str:
    """The Id that Connect gave the message with this key."""
    return key.partition("-")[2]


def written_at(key: str) -> float:
    """Seconds since the epoch, from a message's key."""
    return int(key.partition("-")[0]) / 1000


def in_order(messages: Iterable[Message]) -> tuple[Message, ...]:
    return tuple(sorted(messages, key=lambda message: message.key))


def overflows(messages: Iterable[Message]) -> bool:
    """More than one prompt should hold: 20 messages or 64 KB of UTF-8."""
    waiting = tuple(messages)
    return len(waiting) > MOST_MESSAGES or sum(len(m.text.encode()) for m in waiting) > MOST_BYTES


def as_prompt(messages: Iterable[Message]) -> str:
    """Several messages as one prompt, in order, a line each."""
    return "\n".join(message.text for message in messages if message.kind is Kind.TEXT)


def remember(done: Iterable[str], finished: Iterable[str], *, now: float, age_limit_seconds: float) -> tuple[str, ...]:
    """The finished keys to keep: all that could still come back younger than the age limit.

    A duplicate older than the limit is never put to the agent, so its key need not be kept. The doubled limit covers
    clocks that differ.
    """
    oldest = now - max(2 * age_limit_seconds, REMEMBERED_SECONDS)
    return tuple(key for key in dict.fromkeys([*done, *finished]) if written_at(key) >= oldest)


def remember_refused(refused: Iterable[str], messages: Iterable[Message]) -> tuple[str, ...]:
    """The ids to keep of what a guardrail refused, the last ones; the talk itself shows the earlier ones."""
    return tuple(dict.fromkeys([*refused, *(message.id for message in messages)]))[-MOST_REFUSED:]
