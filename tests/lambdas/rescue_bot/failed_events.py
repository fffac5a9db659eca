"""Events that failed, in the shapes in which they reach a queue. Every text of the customer is a canary."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

TEXT = "canary-text of the customer"


def published(contact_id: str, **members: Any) -> dict[str, Any]:
    """One record of an SNS event: what Connect published."""
    item = {
        "AbsoluteTime": datetime.fromtimestamp(time.time() - 200, UTC).isoformat(timespec="milliseconds"),
        "Content": TEXT,
        "ContentType": "text/plain",
        "Id": f"message-of-{contact_id}",
        "Type": "MESSAGE",
        "ParticipantRole": "CUSTOMER",
        "DisplayName": "canary-name",
        "InitialContactId": contact_id,
        "ContactId": contact_id,
        **members,
    }
    return {"EventSource": "aws:sns", "Sns": {"Type": "Notification", "Message": json.dumps(item)}}


def given_up(*records: object) -> str:
    """Lambda's record of an asynchronous invocation it gave up on."""
    return json.dumps(
        {
            "version": "1.0",
            "timestamp": "2026-11-20T10:18:05.568Z",
            "requestContext": {
                "requestId": "e4b46cbf",
                "functionArn": "arn:aws:lambda:eu-west-1:000000000000:function:ChatBot:live",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": {"Records": list(records)},
            "responseContext": {"statusCode": 200, "executedVersion": "1", "functionError": "Unhandled"},
            "responsePayload": {"errorType": "TurnFailed", "errorMessage": "1 record(s) failed: RecordUnavailable"},
        }
    )


def undelivered(contact_id: str, **members: Any) -> str:
    """What SNS puts into a subscription's dead-letter queue: the notification."""
    return json.dumps({**published(contact_id, **members)["Sns"], "TopicArn": "topic", "SignatureVersion": "1"})
