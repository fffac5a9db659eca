"""What a Gateway sends to a tool."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.conversation.errors import InvalidEvent
from lambdas.tools.gateway import named_tool, parse_call
from tests.lambdas.tools.calls import ClientContext, Context, through_gateway


@pytest.mark.parametrize(
    ("context", "tool"),
    [
        (through_gateway("orders___get_order_status"), "get_order_status"),
        (through_gateway("get_order_status"), "get_order_status"),
        (Context({"custom": {"bedrockAgentCoreToolName": "orders___get_order_status"}}), "get_order_status"),
    ],
)
def test_the_tool_is_named_in_the_client_context_behind_its_target(context: Context, tool: str) -> None:
    """Lambda's runtime makes the client context an object; elsewhere it is a mapping."""
    assert named_tool(context) == tool


@pytest.mark.parametrize(
    "context", [None, Context(), Context(ClientContext(None)), Context(ClientContext({"other": "x"})), Context({})]
)
def test_without_a_name_it_was_no_gateway(context: object) -> None:
    """The event is then read as an action group's."""
    assert named_tool(context) is None


def test_arguments_are_the_event_and_nobody_is_named() -> None:
    """Values come in the types of the schema; contact and turn do not come at all."""
    call = parse_call({"card": " C1 ", "weeks": 3, "late": True, "share": 1.5, "note": None}, "renew")

    assert call.arguments == {"card": "C1", "weeks": "3", "late": "true", "share": "1.5"}
    assert (call.function, call.contact_id, call.turn_id) == ("renew", "", "")


@pytest.mark.parametrize("broken", [["card"], "card", {3: "card"}])
def test_what_a_gateway_would_never_send_is_refused_aloud(broken: Any) -> None:
    """A wrong wiring must show at once."""
    with pytest.raises(InvalidEvent):
        parse_call(broken, "renew")
    with pytest.raises(InvalidEvent):
        named_tool(through_gateway(3))
