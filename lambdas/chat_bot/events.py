"""What SNS brings: one published item of a chat per record, parsed into what happened.

Members are read leniently, because Connect adds content types and leaves members out (AG:sns-payload, read 2026-11);
only what a reaction cannot do without is required, and its absence raises `InvalidEvent`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.conversation.errors import InvalidEvent
from lambdas.conversation.inbox import Kind, Message
from lambdas.conversation.speech import WEB, split

LONGEST_ID = 100
READABLE = frozenset({"text/plain", "text/markdown"})
CHAT_ENDED = "application/vnd.amazonaws.connect.event.chat.ended"
PARTICIPANT_JOINED = "application/vnd.amazonaws.connect.event.participant.joined"


@dataclass(frozen=True, slots=True)
class CustomerSpoke:
    contact_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class HumanJoined:
    contact_id: str
    at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class ChatEnded:
    contact_id: str


@dataclass(frozen=True, slots=True)
class Irrelevant:
    """Something the filter should have kept away; nothing follows from it."""

    contact_id: str


Event = CustomerSpoke | HumanJoined | ChatEnded | Irrelevant


def records_of(event: object) -> list[object]:
    """The records of an SNS event; raises `InvalidEvent` if this is none."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    if not isinstance(records, list) or not records:
        raise InvalidEvent("it has no Records")
    return records


def parse(record: object) -> Event:
    """What one record says; raises `InvalidEvent`."""
    item = _item(record)
    contact_id = _text(item, "InitialContactId") or _text(item, "ContactId")
    if not contact_id:
        raise InvalidEvent("the item has no contact id")
    kind, role, content_type = (_text(item, name) for name in ("Type", "ParticipantRole", "ContentType"))
    if role == "CUSTOMER" and kind in {"MESSAGE", "ATTACHMENT"}:
        return CustomerSpoke(contact_id, _message(item, kind, content_type))
    if content_type == CHAT_ENDED:
        return ChatEnded(contact_id)
    if role == "AGENT" and content_type == PARTICIPANT_JOINED:
        return HumanJoined(contact_id, _moment(item))
    return Irrelevant(contact_id)


def contact_of(record: object) -> str:
    """The contact a record is about, for the log; empty if it does not say."""
    try:
        item = _item(record)
    except InvalidEvent:
        return ""
    return (_text(item, "InitialContactId") or _text(item, "ContactId"))[:LONGEST_ID]


def _item(record: object) -> Mapping[str, Any]:
    notification = record.get("Sns") if isinstance(record, Mapping) else None
    body = notification.get("Message") if isinstance(notification, Mapping) else None
    if not isinstance(body, str):
        raise InvalidEvent("a record has no Sns.Message")
    try:
        item = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent("Sns.Message is not JSON") from error
    if not isinstance(item, Mapping):
        raise InvalidEvent("Sns.Message is not an object")
    return item


def _message(item: Mapping[str, Any], kind: str, content_type: str) -> Message:
    identifier, at = _text(item, "Id"), _moment(item)
    if not identifier:
        raise InvalidEvent("a message has no Id")
    text = next(split(_text(item, "Content").strip(), WEB), "")  # Connect publishes no more than one message holds
    if kind == "ATTACHMENT":
        return Message(id=identifier, at=at, kind=Kind.ATTACHMENT)
    if content_type not in READABLE or not text:
        return Message(id=identifier, at=at, kind=Kind.UNREADABLE)
    return Message(id=identifier, at=at, kind=Kind.TEXT, text=text)


def _moment(item: Mapping[str, Any]) -> float:
    """The item's AbsoluteTime in seconds since the epoch."""
    try:
        at = datetime.fromisoformat(_text(item, "AbsoluteTime")).timestamp()
    except (ValueError, OverflowError) as error:
        raise InvalidEvent("the item has no readable AbsoluteTime") from error
    if at < 0:
        raise InvalidEvent("the item is older than time")
    return at


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    # Browsers may send half of a surrogate pair, which neither the table nor the agent can take.
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""
