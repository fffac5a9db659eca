"""What an event is about, read from the event alone: which chat, and what went wrong before it came.

For what the stack shows and for tests that look for a chat's events; no function sees it. Rule: an event that says
nothing is about nobody; it is never an error.
"""

from __future__ import annotations

import json
from typing import Any, Final, Literal

LONGEST_CHAIN: Final = 4
"""How many wrappings are opened: a queue's message, Lambda's record, what RescueBot kept, the event."""

Cause = Literal["", "lambda_gave_up", "sns_gave_up"]


def contact_of(event: Any) -> str | None:
    """The contact: of a flow's event, a message's from SNS, a tool call's, or one of those that failed; else `None`."""
    for inner in _layers(event):
        match inner:
            case {"Details": {"ContactData": {"ContactId": str(contact_id)}}}:
                return contact_id
            case {"sessionAttributes": {"contact_id": str(contact_id)}}:
                return contact_id
            case {"Records": [{"Sns": dict(notification)}, *_]}:
                return _contact_of_notification(notification)
            case {"Message": str(), "TopicArn": str()}:
                return _contact_of_notification(inner)
    return None


def cause_of(event: Any) -> Cause:
    """Why a queue brings an event, if it is one that failed."""
    layers = _layers(event)
    if len(layers) < 2:
        return ""
    if any("requestPayload" in inner for inner in layers):
        return "lambda_gave_up"
    return "sns_gave_up" if "TopicArn" in layers[-1] else ""


def _layers(event: Any) -> list[dict[str, Any]]:
    """The event and what is wrapped in it, outermost first."""
    layers: list[dict[str, Any]] = []
    while isinstance(event, dict) and len(layers) < LONGEST_CHAIN:
        layers.append(event)
        match event:
            case {"Records": [{"eventSource": "aws:sqs", "body": str(body)}, *_]}:
                event = _parse(body)
            case {"requestPayload": dict(inner)} | {"event": dict(inner)}:
                event = inner
            case _:
                break
    return layers


def _contact_of_notification(notification: dict[str, Any]) -> str | None:
    match notification:
        case {"MessageAttributes": {"ContactId": {"Value": str(contact_id)}}}:
            return contact_id
        case {"Message": str(message)}:  # what StartBot hands over has no message attributes
            item = _parse(message)
            found = item.get("ContactId") if isinstance(item, dict) else None
            return found if isinstance(found, str) else None
        case _:
            return None


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
