"""The two items of a contact as DynamoDB keeps them, and the records they become.

No request is made here. Times are kept as milliseconds since the epoch, `expires_at` as seconds, which is what
DynamoDB's time to live wants.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from lambdas.conversation.contact import ContactRecord, Lease, Session, State, TurnRecord
from lambdas.conversation.handoff import Handoff, Outcome, Reason
from lambdas.conversation.inbox import Kind, Message, in_order

Attributes = Mapping[str, Any]

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def serialized(plain: Attributes) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in plain.items()}


def _plain(item: Attributes) -> dict[str, Any]:
    return {name: _deserialize(value) for name, value in item.items()}


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
    plain = _plain(item)
    return TurnRecord(
        contact_id=plain["contact_id"],
        state=State(plain["state"]),
        since=int(plain["since"]) / 1000,
        stay=int(plain["stay"]),
        language=plain["language"],
        session=_session(plain["session"]),
        told=plain["told"],
        inbox=in_order(_message(key, entry) for key, entry in plain["inbox"].items()),
        lease=_lease(plain["lease"]) if "lease" in plain else None,
        done=tuple(plain["done"]),
        takeovers=int(plain.get("takeovers", 0)),
        pending=plain.get("pending"),
        handoff=_handoff(plain["handoff"]) if "handoff" in plain else None,
        handoffs=int(plain["handoffs"]),
        failures=int(plain["failures"]),
        refusals=int(plain.get("refusals", 0)),
        refused=tuple(plain.get("refused", ())),
        heard=plain.get("heard", ""),
        expires_at=float(plain["expires_at"]),
    )


def message_item(message: Message) -> dict[str, str]:
    return {"kind": message.kind.value, "text": message.text}


def _message(key: str, entry: Attributes) -> Message:
    milliseconds, _, identifier = key.partition("-")
    return Message(id=identifier, at=int(milliseconds) / 1000, kind=Kind(entry["kind"]), text=entry["text"])


def lease_item(lease: Lease) -> dict[str, Any]:
    return {"owner": lease.owner, "until": milliseconds(lease.until), "asks": list(lease.asks)}


def _lease(entry: Attributes) -> Lease:
    return Lease(owner=entry["owner"], until=int(entry["until"]) / 1000, asks=tuple(entry["asks"]))


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
        "expires_at": int(expires_at),
    }


def contact_record(item: Attributes) -> ContactRecord:
    plain = _plain(item)
    return ContactRecord(
        contact_id=plain["contact_id"],
        current_contact_id=plain["current_contact_id"],
        instance_id=plain["instance_id"],
        subtype=plain["subtype"],
        stay=int(plain["stay"]),
        participant_token=plain["participant_token"],
        connection_token=plain["connection_token"],
        connection_expires_at=int(plain["connection_expires_at"]) / 1000,
        streaming_id=plain["streaming_id"],
    )
