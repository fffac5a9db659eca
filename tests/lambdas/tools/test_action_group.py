"""What Bedrock sends to a tool and gets back."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.conversation.errors import InvalidEvent
from lambdas.tools.action_group import parse_call, render
from tests.lambdas.tools.calls import event


def test_an_answer_has_the_form_that_bedrock_expects() -> None:
    """Anything else fails the customer's turn."""
    assert render(event("echo"), {"status": "echoed", "word": "sí"}) == {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": "group",
            "function": "echo",
            "functionResponse": {"responseBody": {"TEXT": {"body": '{"status": "echoed", "word": "sí"}'}}},
        },
    }


def test_a_call_knows_its_contact_and_turn() -> None:
    """Tools use them to do nothing twice."""
    call = parse_call(event("echo"))

    assert (call.contact_id, call.turn_id) == ("c-1", "t-1")


def test_without_a_contact_the_session_stands_for_it() -> None:
    """Whoever invokes the agent by hand sends no attributes."""
    call = parse_call(event("echo", {}))

    assert (call.contact_id, call.turn_id) == ("s-1", "")


def test_empty_arguments_are_no_arguments() -> None:
    """Models like to fill in what they do not know."""
    assert parse_call(event("echo", word=" ", other="x ")).arguments == {"other": "x"}


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"function": "echo"},
        {"actionGroup": "group", "function": 3},
        {"actionGroup": "group", "function": "echo", "parameters": ["word"]},
        {"actionGroup": "group", "function": "echo", "parameters": [{"value": "x"}]},
        {"actionGroup": "group", "function": "echo", "parameters": [{"name": 3, "value": "x"}]},
        {"actionGroup": "group", "function": "echo", "parameters": 3},
        {"actionGroup": "group", "function": "echo", "sessionAttributes": ["contact_id"]},
        {"actionGroup": "group", "function": "echo", "sessionAttributes": {"turn_id": {}}},
        {"actionGroup": "group", "function": "echo", "sessionId": 3},
    ],
)
def test_what_bedrock_would_never_send_is_refused_aloud(broken: dict[str, Any]) -> None:
    """A wrong wiring must show at once."""
    with pytest.raises(InvalidEvent):
        parse_call(broken)
