"""Errors: one tree, drawn at the top of the module, and messages that are safe to log."""

from __future__ import annotations

import inspect
import re

import pytest

from lambdas.conversation import errors
from lambdas.conversation.errors import (
    LONGEST_CODE,
    AgentUnavailable,
    AttributesRefused,
    ChatError,
    ConnectionRefused,
    FenceClosed,
    HandoffError,
    TranscriptRefused,
    TurnFailed,
    explanation_of,
)

RAISED_HERE = [
    kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception) and kind.__module__
]


def test_the_drawing_shows_every_error_once() -> None:
    """The tree is what a reader learns the errors from."""
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")

    assert sorted([*drawn, "HandoffError"]) == sorted(kind.__name__ for kind in RAISED_HERE)


@pytest.mark.parametrize("kind", RAISED_HERE)
def test_every_error_is_a_handoff_error(kind: type[Exception]) -> None:
    """Whoever catches the root has caught everything this project raises on purpose."""
    assert issubclass(kind, HandoffError)


@pytest.mark.parametrize("kind", [ConnectionRefused, AttributesRefused, TranscriptRefused])
def test_refusals_of_connect_are_chat_errors(kind: type[ChatError]) -> None:
    """A step that cannot tell them apart catches them all; each says what was asked and what came back."""
    refused = kind("SendMessage", "AccessDeniedException")

    assert isinstance(refused, ChatError)
    assert (refused.operation, refused.code) == ("SendMessage", "AccessDeniedException")
    assert str(refused) == "SendMessage: AccessDeniedException"


def test_an_unavailable_agent_says_whether_asking_again_can_help() -> None:
    """The turn asks once more only then."""
    assert AgentUnavailable("ThrottlingException", retryable=True).retryable
    assert not AgentUnavailable("ValidationException", retryable=False).retryable


def test_an_explanation_holds_a_code_and_a_place() -> None:
    """Codes are names, but another's runtime may write long ones; messages might quote the customer."""
    failure = AgentUnavailable("KeyError" * 50, retryable=False)
    try:
        dict[str, str]()["canary"]
    except KeyError as mistake:
        failure.__cause__ = mistake

    explained = explanation_of(failure)

    assert explained["code"] == ("KeyError" * 50)[:LONGEST_CODE]
    assert str(explained["where"]).partition(":")[0] == __file__
    assert "canary" not in str(explained)
    assert explanation_of(AgentUnavailable("ThrottlingException", retryable=True)) == {
        "code": "ThrottlingException",
        "retryable": True,
    }


def test_a_closed_fence_says_whether_anything_is_left_to_do() -> None:
    """Moot: the contact has left the bot. Otherwise somebody must finish the turn."""
    assert FenceClosed("the contact is 'human'", moot=True).moot
    assert not FenceClosed("the lease runs out", moot=False).moot


def test_a_failed_turn_names_kinds_only() -> None:
    """Its message ends in Lambda's own log, where nothing of the customer belongs."""
    assert str(TurnFailed(["LeaseLost", "ChatError"])) == "2 record(s) failed: LeaseLost, ChatError"
