"""The record of an event that Lambda gave up on; when it does is told in `test_workers`."""

from __future__ import annotations

from local.execution_environment import FunctionError, Invocation
from local.given_up import give_up
from tests.local.benches import function


def test_the_record_is_lambda_s_own() -> None:
    """Whoever rescues such an event reads it from the queue in this shape."""
    bot = function("ChatBot")
    invocation = Invocation(
        request_id="r-1",
        function=bot,
        invoked_arn=f"{bot.arn}:live",
        event={"Records": []},
        client_context=None,
        contact_id="c-1",
    )
    payload = {"errorType": "TurnFailed", "errorMessage": "…", "stackTrace": []}

    given_up = give_up(invocation, FunctionError(payload), attempts=3, at=1_795_170_000.0)

    assert (given_up.function, given_up.destination_arn) == ("ChatBot", bot.on_failure_arn)
    assert given_up.record == {
        "version": "1.0",
        "timestamp": "2026-11-20T10:20:00.000Z",
        "requestContext": {
            "requestId": "r-1",
            "functionArn": f"{bot.arn}:live",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"Records": []},
        "responseContext": {"statusCode": 200, "executedVersion": "1", "functionError": "Unhandled"},
        "responsePayload": payload,
    }
