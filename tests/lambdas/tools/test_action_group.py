"""What Bedrock sends to a tool and gets back."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from lambdas.conversation.errors import InvalidEvent
from lambdas.tools import action_group
from lambdas.tools.action_group import Result, ToolCall, UnfitArgument, answer, parse_call
from tests.lambdas.tools.calls import event, result


def echo(call: ToolCall) -> Result:
    return {"status": "echoed", **call.arguments}


def refuse(call: ToolCall) -> Result:
    raise UnfitArgument("too_loud", "Speak softly.")


FUNCTIONS = {"echo": echo, "refuse": refuse}


def test_an_answer_has_the_form_that_bedrock_expects() -> None:
    """Anything else fails the customer's turn."""
    assert answer(event("echo", word="sí"), FUNCTIONS) == {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": "group",
            "function": "echo",
            "functionResponse": {"responseBody": {"TEXT": {"body": '{"status": "echoed", "word": "sí"}'}}},
        },
    }


@pytest.mark.parametrize(
    ("function", "error"), [("refuse", {"error": "too_loud", "explanation": "Speak softly."}), ("shout", None)]
)
def test_what_cannot_be_done_is_an_answer_the_agent_can_use(function: str, error: Any) -> None:
    """An exception would end the turn; a code and an explanation let the agent go on."""
    said = result(answer(event(function), FUNCTIONS))

    assert said == (error or {"error": "unknown_function", "explanation": said["explanation"]})


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
        {"actionGroup": "group", "function": "echo", "parameters": 3},
    ],
)
def test_what_bedrock_would_never_send_is_refused_aloud(broken: dict[str, Any]) -> None:
    """A wrong wiring must show at once."""
    with pytest.raises(InvalidEvent):
        parse_call(broken)


def test_logs_tell_how_it_went_and_nothing_of_the_customer() -> None:
    """Arguments are personal."""
    log = io.StringIO()
    handler = action_group.logger.registered_handler
    before = handler.setStream(log)  # type: ignore[attr-defined]  # Powertools logs to a stream handler

    answer(event("echo", word="44444444-4"), FUNCTIONS)

    handler.setStream(before)  # type: ignore[attr-defined]  # as above
    (line,) = log.getvalue().splitlines()
    assert (json.loads(line)["tool"], json.loads(line)["outcome"]) == ("echo", "echoed")
    assert "44444444-4" not in line
