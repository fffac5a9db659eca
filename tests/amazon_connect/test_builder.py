"""The builder writes what console exports have, and asks for every branch."""

from __future__ import annotations

from typing import Any

from amazon_connect.builder import FlowBuilder
from amazon_connect.content import to_content
from amazon_connect.model import Placeholder


def built(flow: FlowBuilder) -> list[dict[str, Any]]:
    actions: list[dict[str, Any]] = to_content(flow.build())["Actions"]
    return actions


def test_the_first_block_written_starts_the_flow() -> None:
    """A flow reads from its beginning."""
    flow = FlowBuilder(name="Small", description="")
    flow.pause("pause", seconds=1, then="end")
    flow.disconnect("end")

    assert flow.build().start == "pause"


def test_a_wait_for_the_bot_is_written_as_the_console_writes_it() -> None:
    """TimeLimitSeconds as text, a condition for each result, NextAction repeating the error's way."""
    flow = FlowBuilder(name="Small", description="")
    flow.wait_for_bot("wait", seconds=90, bot_left="a", time_over="b", no_bot="c", on_error="d")

    assert built(flow) == [
        {
            "Identifier": "wait",
            "Type": "Wait",
            "Parameters": {"TimeLimitSeconds": "90", "Events": ["BotParticipantDisconnected"]},
            "Transitions": {
                "NextAction": "d",
                "Conditions": [
                    {
                        "NextAction": "a",
                        "Condition": {"Operator": "Equals", "Operands": ["BotParticipantDisconnected"]},
                    },
                    {"NextAction": "b", "Condition": {"Operator": "Equals", "Operands": ["WaitCompleted"]}},
                ],
                "Errors": [
                    {"NextAction": "c", "ErrorType": "ParticipantNotFound"},
                    {"NextAction": "d", "ErrorType": "NoMatchingError"},
                ],
            },
        }
    ]


def test_a_lambda_is_asked_for_texts_and_waited_for_eight_seconds() -> None:
    """The longest that Connect waits; STRING_MAP checks the answer before a condition reads it."""
    flow = FlowBuilder(name="Small", description="")
    flow.invoke("ask", Placeholder("START_BOT_ARN"), {"action": "watch"}, then="a", on_error="b")

    assert built(flow)[0]["Parameters"] == {
        "LambdaFunctionARN": "${START_BOT_ARN}",
        "InvocationTimeLimitSeconds": "8",
        "InvocationType": "SYNCHRONOUS",
        "LambdaInvocationAttributes": {"action": "watch"},
        "ResponseValidation": {"ResponseType": "STRING_MAP"},
    }


def test_a_flow_without_blocks_can_be_built() -> None:
    """Judging it is the checker's."""
    assert FlowBuilder(name="Empty", description="").build().start == ""
