"""What the contact flow asks of StartBot: an action, and the contact it is about.

Every member of the contact is read as optional but its ids (open point 7 of the event's shape: chat contacts bring
nulls); a flow that sends no known action is a mistake of its author and raises `InvalidEvent` with the names that are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lambdas.conversation.errors import InvalidEvent
from lambdas.conversation.ports import Chat

ACTIONS = ("join", "watch", "leave", "give_up")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowEvent:
    """One invocation by the flow."""

    action: str
    chat: Chat
    attributes: Mapping[str, str] = field(default_factory=dict)
    language_code: str = ""
    subtype: str = "connect:Chat"
    initial_message: str = ""
    reason: str = ""


def parse(event: object) -> FlowEvent:
    """Raises `InvalidEvent`."""
    details = _map(event, "Details")
    contact = _map(details, "ContactData")
    attributes = _map(contact, "Attributes")
    parameters = _map(details, "Parameters")
    action = _text(parameters, "action")
    if action not in ACTIONS:
        raise InvalidEvent(f"the flow must send an action, one of {', '.join(ACTIONS)}")
    return FlowEvent(
        action=action,
        chat=_chat(contact),
        attributes={name: text for name in attributes if (text := _text(attributes, name))},
        language_code=_text(contact, "LanguageCode"),
        subtype=_text(parameters, "subtype") or _subtype(contact),
        initial_message=_text(parameters, "initialMessage").strip(),
        reason=_text(parameters, "reason"),
    )


def _chat(contact: Mapping[str, Any]) -> Chat:
    contact_id = _text(contact, "ContactId")
    instance_id = _text(contact, "InstanceARN").rpartition("/")[2]
    if not contact_id or not instance_id:
        raise InvalidEvent("the contact has no ContactId or no InstanceARN")
    initial = _text(contact, "InitialContactId") or contact_id
    return Chat(instance_id=instance_id, contact_id=contact_id, initial_contact_id=initial)


def _subtype(contact: Mapping[str, Any]) -> str:
    """Connect's channel subtype, where the event brings segment attributes."""
    subtype = _map(contact, "SegmentAttributes").get("connect:Subtype")
    value = subtype.get("ValueString") if isinstance(subtype, Mapping) else subtype
    return value if isinstance(value, str) and value else "connect:Chat"


def _map(holder: object, name: str) -> Mapping[str, Any]:
    value = holder.get(name) if isinstance(holder, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    # Browsers may send half of a surrogate pair, which neither the table nor the agent can take.
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""
