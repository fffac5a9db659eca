"""An event tells which chat it is about and, if it failed before, who gave up on it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.event_subjects import cause_of, contact_of

FROM_SNS = {"Sns": {"Message": "{}", "MessageAttributes": {"ContactId": {"Type": "String", "Value": "c-1"}}}}
UNDELIVERED = {"Type": "Notification", "TopicArn": "arn:topic", **FROM_SNS["Sns"]}


def queued(body: Any) -> dict[str, Any]:
    """An event with one message of a queue."""
    return {"Records": [{"eventSource": "aws:sqs", "body": body if isinstance(body, str) else json.dumps(body)}]}


@pytest.mark.parametrize(
    ("event", "contact_id"),
    [
        ({"Details": {"ContactData": {"ContactId": "c-1"}}}, "c-1"),
        ({"Records": [FROM_SNS]}, "c-1"),
        ({"sessionAttributes": {"contact_id": "c-3"}}, "c-3"),
        ({"Records": [{"Sns": {"Message": '{"ContactId": "c-4"}'}}]}, "c-4"),
        (queued({"requestPayload": {"Records": [FROM_SNS]}}), "c-1"),
        (queued({"event": {"Records": [FROM_SNS]}}), "c-1"),
        (queued({"Records": [FROM_SNS]}), "c-1"),
        (queued(UNDELIVERED), "c-1"),
        (queued("garbage"), None),
        (queued("[" * 100_000), None),
        (queued({"requestPayload": "text"}), None),
        ({"Records": [{"Sns": {"Message": "[{"}}]}, None),
        ({"Records": [{"Sns": {"Message": "[]"}}]}, None),
        ({"Records": []}, None),
        ("text", None),
    ],
)
def test_an_event_names_its_contact(event: Any, contact_id: str | None) -> None:
    """Three services write it in three places, StartBot in SNS's own message, and a queue wraps any of them."""
    assert contact_of(event) == contact_id


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        ({"Records": [FROM_SNS]}, ""),
        (queued({"requestPayload": {"Records": [FROM_SNS]}}), "lambda_gave_up"),
        (queued({"requestPayload": "text"}), "lambda_gave_up"),
        (queued(UNDELIVERED), "sns_gave_up"),
        (queued("garbage"), ""),
        ("text", ""),
    ],
)
def test_an_event_that_failed_tells_who_gave_up_on_it(event: Any, cause: str) -> None:
    """The page says so, beside what RescueBot then does."""
    assert cause_of(event) == cause
