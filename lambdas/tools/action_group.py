"""What Amazon Bedrock Agents send to a tool and expect back (action groups with function details).

    event    {"messageVersion": "1.0", "actionGroup", "function", "parameters": [{"name", "type", "value"}],
              "sessionId", "sessionAttributes", "promptSessionAttributes", "inputText",
              "agent": {"name", "id", "alias", "version"}}
    answer   {"messageVersion": "1.0", "response": {"actionGroup", "function",
              "functionResponse": {"responseBody": {"TEXT": {"body": "<JSON>"}}}}}

From Bedrock, values of parameters are always strings. The team in AgentCore Runtime sends the same event, so that its
tools know contact and turn. Source: BR:agents-lambda, read 2026-11. The rule: this module knows the form and no tool.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lambdas.conversation.errors import InvalidEvent
from lambdas.tools.tool_call import Result, ToolCall, texts


def parse_call(event: Mapping[str, Any]) -> ToolCall:
    """The call in an event.

    Raises `InvalidEvent` for one that nobody sends and `UnfitArgument` for an argument that no tool takes.
    """
    _text(event, "actionGroup")
    attributes = event.get("sessionAttributes") or {}
    if not isinstance(attributes, Mapping):
        raise InvalidEvent("'sessionAttributes' is an object")
    return ToolCall(
        function=_text(event, "function"),
        arguments=texts(_arguments(event.get("parameters") or ())),
        contact_id=_text(attributes, "contact_id", "") or _text(event, "sessionId", ""),
        turn_id=_text(attributes, "turn_id", ""),
    )


def _text(members: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = members.get(name)
    value = default if value is None else value
    if not isinstance(value, str):
        raise InvalidEvent(f"'{name}' is a text in an action-group event")
    return value


def _arguments(parameters: Any) -> dict[str, Any]:
    try:
        arguments = {parameter["name"]: parameter.get("value") for parameter in parameters}
    except (TypeError, KeyError, AttributeError) as error:
        raise InvalidEvent("'parameters' is a list of objects with 'name' and 'value'") from error
    if not all(isinstance(name, str) for name in arguments):
        raise InvalidEvent("the 'name' of a parameter is a text")
    return arguments


def render(event: Mapping[str, Any], result: Result) -> dict[str, Any]:
    """The answer to the event."""
    return {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": event["actionGroup"],
            "function": event["function"],
            "functionResponse": {"responseBody": {"TEXT": {"body": json.dumps(result, ensure_ascii=False)}}},
        },
    }
