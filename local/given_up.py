"""Events that Lambda tried in vain, as it hands them to a function's on-failure destination.

Source: LD:invocation-async-retain-records, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.execution_environment import FunctionError, Invocation
from local.wire import iso8601


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """An event that Lambda tried in vain. `record` is what it sends to the function's on-failure destination."""

    function: str
    destination_arn: str | None
    record: Mapping[str, Any]


def give_up(invocation: Invocation, error: FunctionError, *, attempts: int, at: float) -> GivenUp:
    """What becomes of an event after its last try; `at` is in seconds since the epoch."""
    function = invocation.function
    exhausted = attempts > function.retry_attempts
    record = {
        "version": "1.0",
        "timestamp": iso8601(at),
        "requestContext": {
            "requestId": invocation.request_id,
            "functionArn": invocation.invoked_arn,
            "condition": "RetriesExhausted" if exhausted else "EventAgeExceeded",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": invocation.event,
        "responseContext": {"statusCode": 200, "executedVersion": "1", "functionError": "Unhandled"},
        "responsePayload": error.payload,
    }
    return GivenUp(function=function.name, destination_arn=function.on_failure_arn, record=record)
