"""What the flow and SNS bring, in their true shape."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

TOPIC_ARN = "arn:aws:sns:eu-west-1:000000000000:messages"
TOLD = {"name": "Ana Maria Lopez", "tier": "gold", "last_order": "10020030"}
"""Attributes of the customer that the agent is told."""


def arrival(contact_id: str) -> dict[str, Any]:
    """The flow asks StartBot to join."""
    contact = {
        "Attributes": TOLD,
        "Channel": "CHAT",
        "ContactId": contact_id,
        "CustomerEndpoint": None,
        "InitialContactId": contact_id,
        "InitiationMethod": "API",
        "InstanceARN": "arn:aws:connect:eu-west-1:000000000000:instance/11111111-1111-1111-1111-111111111111",
        "LanguageCode": "en-US",
        "Queue": None,
        "SegmentAttributes": {"connect:Subtype": {"ValueString": "connect:Chat"}},
        "SystemEndpoint": None,
    }
    return {
        "Details": {"ContactData": contact, "Parameters": {"action": "join"}},
        "Name": "ContactFlowEvent",
    }


def message(contact_id: str, text: str) -> dict[str, Any]:
    """SNS brings what a customer wrote just now."""
    now = datetime.now(tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    item = {
        "AbsoluteTime": now,
        "Content": text,
        "ContentType": "text/plain",
        "Id": str(uuid.uuid4()),
        "Type": "MESSAGE",
        "ParticipantId": str(uuid.uuid4()),
        "DisplayName": "Ana",
        "ParticipantRole": "CUSTOMER",
        "InitialContactId": contact_id,
        "ContactId": contact_id,
    }
    told = {
        "InitialContactId": contact_id,
        "ContactId": contact_id,
        "ParticipantRole": "CUSTOMER",
        "Type": "MESSAGE",
        "ContentType": "text/plain",
        "MessageVisibility": "ALL",
    }
    return {"Records": [_record(json.dumps(item), told, now)]}


def _record(body: str, attributes: Mapping[str, str], now: str) -> dict[str, Any]:
    notification = {
        "Type": "Notification",
        "MessageId": str(uuid.uuid4()),
        "TopicArn": TOPIC_ARN,
        "Subject": None,
        "Message": body,
        "Timestamp": now,
        "SignatureVersion": "1",
        "Signature": "s" * 344,
        "SigningCertUrl": "https://sns.eu-west-1.amazonaws.com/certificate.pem",
        "UnsubscribeUrl": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
        "MessageAttributes": {name: {"Type": "String", "Value": value} for name, value in attributes.items()},
    }
    return {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": f"{TOPIC_ARN}:22222222-2222-2222-2222-222222222222",
        "Sns": notification,
    }
