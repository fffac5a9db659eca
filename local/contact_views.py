"""A contact as others see it: the flow, DescribeContact and the desk.

Reads contacts, never changes them. Rule: whoever gets a view cannot reach the contact through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from local.contact import Contact, State
from local.participants import Participant, Presence, Role
from local.wire import iso8601


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantView:
    """One participant at a moment."""

    participant_id: str
    role: str
    display_name: str
    presence: Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactView:
    """A contact at a moment, with what a flow can ask about it."""

    id: str
    initial_contact_id: str
    previous_contact_id: str | None
    channel: str
    flow_id: str
    state: State
    attributes: Mapping[str, str]
    segment_attributes: Mapping[str, Any]
    target_queue_arn: str | None
    initial_message: str | None
    language_code: str | None
    customer_id: str | None
    related_contact_id: str | None
    name: str | None
    description: str | None
    participants: tuple[ParticipantView, ...]


def view(contact: Contact) -> ContactView:
    return ContactView(
        id=contact.contact_id,
        initial_contact_id=contact.initial_contact_id,
        previous_contact_id=None,
        channel="CHAT",
        flow_id=contact.flow_id,
        state=contact.state,
        attributes=MappingProxyType(dict(contact.attributes)),
        segment_attributes=contact.segment_attributes,
        target_queue_arn=contact.target_queue_arn,
        initial_message=contact.initial_message,
        language_code=contact.language_code,
        customer_id=contact.customer_id,
        related_contact_id=contact.related_contact_id,
        name=contact.name,
        description=contact.description,
        participants=tuple(_participant_view(one) for one in contact.participants.values()),
    )


def _participant_view(participant: Participant) -> ParticipantView:
    return ParticipantView(
        participant_id=participant.participant_id,
        role=participant.role.value,
        display_name=participant.display_name,
        presence=participant.presence,
    )


def describe(contact: Contact, instance_arn: str) -> dict[str, Any]:
    """The `Contact` of DescribeContact's answer; its moments are seconds since the epoch."""
    members: dict[str, Any] = {
        "Arn": f"{instance_arn}/contact/{contact.contact_id}",
        "Id": contact.contact_id,
        "InitialContactId": contact.initial_contact_id,
        "InitiationMethod": "API",
        "Name": contact.name,
        "Description": contact.description,
        "Channel": "CHAT",
        "QueueInfo": _queue_info(contact),
        "AgentInfo": _agent_info(contact),
        "InitiationTimestamp": contact.started_at,
        "DisconnectTimestamp": contact.ended_at,
        "LastUpdateTimestamp": contact.updated_at,
        "RelatedContactId": contact.related_contact_id,
        "CustomerId": contact.customer_id,
        "SegmentAttributes": dict(contact.segment_attributes) or None,
        "DisconnectReason": contact.end_reason,
        "Attributes": dict(contact.attributes),
    }
    return {name: value for name, value in members.items() if value is not None}


def _queue_info(contact: Contact) -> dict[str, Any] | None:
    if contact.target_queue_arn is None or contact.queued_at is None:
        return None
    return {"Id": contact.target_queue_arn.rpartition("/")[2], "EnqueueTimestamp": contact.queued_at}


def _agent_info(contact: Contact) -> dict[str, Any] | None:
    agents = [one for one in contact.participants.values() if one.role is Role.AGENT and one.connected_at]
    if not agents:
        return None
    return {"Id": agents[-1].participant_id, "ConnectedToAgentTimestamp": agents[-1].connected_at}


def desk_entry(contact: Contact, queue_name: str | None) -> dict[str, Any]:
    """A contact as the desk's JSON has it; moments are ISO 8601, None for what has not happened."""
    said = [item.absolute_time for item in contact.transcript.items if item.type in {"MESSAGE", "ATTACHMENT"}]
    return {
        "id": contact.contact_id,
        "state": (State.WITH_AGENT if contact.state is State.OFFERED else contact.state).value,
        "customerName": contact.customer.display_name,
        "customerLeft": contact.customer_left,
        "language": contact.attributes.get("language") or contact.language_code,
        "queueName": queue_name,
        "startedAt": iso8601(contact.started_at),
        "queuedAt": _iso_or_none(contact.queued_at),
        "connectedAt": _iso_or_none(contact.connected_at),
        "endedAt": _iso_or_none(contact.ended_at),
        "endReason": contact.end_reason,
        "lastMessageAt": said[-1] if said else None,
        "attributes": dict(contact.attributes),
    }


def _iso_or_none(seconds: float | None) -> str | None:
    return None if seconds is None else iso8601(seconds)
