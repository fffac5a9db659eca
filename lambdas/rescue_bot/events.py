"""What the queues of failed events hold, in each of its shapes, and the event of ChatBot that is in it.

    Lambda's record of an invocation it gave up on   the event is `requestPayload`
    what SNS could not deliver                        the notification itself, `Type` and `Message`
    what RescueBot kept                               the event is `event`
    an event as ChatBot gets it                       `Records`

The first is documented (Lambda developer guide, records of asynchronous invocations; read 2026-11). The second is not:
LocalStack's tests, validated against AWS, show the envelope that a queue subscription would get. Both are read
leniently.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from lambdas.conversation.errors import InvalidEvent


def event_of(body: str) -> Mapping[str, Any]:
    """The event with its records; raises `InvalidEvent` if there is none in it."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent("a failed event is not JSON") from error
    if isinstance(document, Mapping):
        document = document.get("requestPayload", document.get("event", document))
    if isinstance(document, Mapping) and isinstance(document.get("Message"), str):
        document = {"Records": [{"EventSource": "aws:sns", "Sns": document}]}
    records = document.get("Records") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(records, list) or not records:
        raise InvalidEvent("a failed event has no Records")
    return document


def kept(event: Mapping[str, Any] | str, *, contacts: Iterable[str], done: Iterable[str], at: float) -> str:
    """What is put aside: the event (or a body that holds none), whose it is, what was done about each record, when.

    In ASCII, because SQS refuses some characters that an event may hold, half of a surrogate pair for one.
    """
    return json.dumps(
        {
            "kept_at": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds"),
            "contacts": list(contacts),
            "done": list(done),
            "event": event,
        }
    )
