"""The two items of a contact as DynamoDB keeps them, and the records they become.

No request is made here. Times are kept as milliseconds since the epoch, `expires_at` as seconds, which is what
DynamoDB's time to live wants.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.attribute_values import plain
from lambdas.conversation.contact import ContactRecord, Lease, Session, State, TurnRecord
from lambdas.conversation.handoff import Handoff, Outcome, Reason
from lambdas.conversation.inbox import Kind, Mark, Message, in_order, mark_of

Attributes = Mapping[str, Any]

KEY_TIME_DIGITS = 13
"""Of milliseconds; the minutes of a mark have eight."""


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def turn_item(record: TurnRecord) -> dict[str, Any]:
    """A whole item as joining writes it; turns change parts of it."""
    return {
        "contact_id": record.contact_id,
        "item": "turn",
        "state": record.state.value,
        "since": milliseconds(record.since),
        "stay": record.stay,
        "language": record.language,
        "session": session_item(record.session),
        "told": dict(record.told),
        "inbox": {},
        "done": list(record.done),
        "handoffs": record.handoffs,
        "failures": 0,
        "refused": list(record.refused),
        "expires_at": int(record.expires_at),
    }


def turn_record(item: Attributes) -> TurnRecord:
    values = plain(item)
    return TurnRecord(
        contact_id=values["contact_id"],
        state=State(values["state"]),
        since=int(values["since"]) / 1000,
        stay=int(values["stay"]),
        language=values["language"],
        session=_session(values["session"]),
        told=values["told"],
        inbox=in_order(_message(key, entry) for key, entry in values["inbox"].items()),
        lease=_lease(values["lease"]) if "lease" in values else None,
        done=tuple(_mark(entry) for entry in values["done"]),
        takeovers=int(values.get("takeovers", 0)),
        pending=values.get("pending"),
        handoff=_handoff(values["handoff"]) if "handoff" in values else None,
        handoffs=int(values["handoffs"]),
        failures=int(values["failures"]),
        refusals=int(values.get("refusals", 0)),
        refused=tuple(values.get("refused", ())),
        heard=values.get("heard", ""),
        expires_at=float(values["expires_at"]),
    )


def message_item(message: Message) -> dict[str, str]:
    return {"kind": message.kind.value, "text": message.text}


def _message(key: str, entry: Attributes) -> Message:
    at, identifier = _time_and_id(key)
    return Message(id=identifier, at=at, kind=Kind(entry["kind"]), text=entry["text"])


def _time_and_id(key: str) -> tuple[float, str]:
    milliseconds, _, identifier = key.partition("-")
    return int(milliseconds) / 1000, identifier


def _mark(entry: str) -> Mark:
    """An earlier version kept the whole key, and chats go on while a new one is deployed."""
    if entry.find("-") != KEY_TIME_DIGITS:
        return Mark(entry)
    at, identifier = _time_and_id(entry)
    return mark_of(identifier, at)


def lease_item(lease: Lease) -> dict[str, Any]:
    return {"owner": lease.owner, "until": milliseconds(lease.until), "asks": list(lease.asks)}


def _lease(entry: Attributes) -> Lease:
    return Lease(
        owner=entry["owner"], until=int(entry["until"]) / 1000, asks=tuple(_mark(asked) for asked in entry["asks"])
    )


def session_item(session: Session) -> dict[str, Any]:
    used = {} if session.used_at is None else {"used_at": milliseconds(session.used_at)}
    return {"id": session.id, **used}


def _session(entry: Attributes) -> Session:
    return Session(id=entry["id"], used_at=int(entry["used_at"]) / 1000 if "used_at" in entry else None)


def handoff_item(handoff: Handoff) -> dict[str, Any]:
    return {
        "outcome": handoff.outcome.value,
        "reason": handoff.reason.value,
        "attributes": dict(handoff.attributes),
        "sentence": handoff.sentence,
    }


def _handoff(entry: Attributes) -> Handoff:
    return Handoff(
        outcome=Outcome(entry["outcome"]),
        reason=Reason(entry["reason"]),
        attributes=entry["attributes"],
        sentence=entry["sentence"],
    )


def contact_item(contact: ContactRecord, expires_at: float) -> dict[str, Any]:
    return {
        "contact_id": contact.contact_id,
        "item": "contact",
        "current_contact_id": contact.current_contact_id,
        "instance_id": contact.instance_id,
        "subtype": contact.subtype,
        "stay": contact.stay,
        "participant_token": contact.participant_token,
        "connection_token": contact.connection_token,
        "connection_expires_at": milliseconds(contact.connection_expires_at),
        "streaming_id": contact.streaming_id,
        "shows_markdown": contact.shows_markdown,
        "expires_at": int(expires_at),
    }


def contact_record(item: Attributes) -> ContactRecord:
    values = plain(item)
    return ContactRecord(
        contact_id=values["contact_id"],
        current_contact_id=values["current_contact_id"],
        instance_id=values["instance_id"],
        subtype=values["subtype"],
        stay=int(values["stay"]),
        participant_token=values["participant_token"],
        connection_token=values["connection_token"],
        connection_expires_at=int(values["connection_expires_at"]) / 1000,
        streaming_id=values["streaming_id"],
        shows_markdown=values.get("shows_markdown", True),
    )
