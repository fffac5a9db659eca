"""What Amazon Bedrock Agents send to a tool and expect back (action groups with function details).

    event    {"messageVersion": "1.0", "actionGroup", "function", "parameters": [{"name", "type", "value"}],
              "sessionId", "sessionAttributes", "promptSessionAttributes", "inputText",
              "agent": {"name", "id", "alias", "version"}}
    answer   {"messageVersion": "1.0", "response": {"actionGroup", "function",
              "functionResponse": {"responseBody": {"TEXT": {"body": "<JSON>"}}}}}

Values of parameters are always strings. Source: BR:agents-lambda, read 2026-11. This module parses and renders; what a
tool does is said elsewhere. The rule: an argument that does not fit is answered with codes and an explanation the agent
can use, never with an exception, which would end the customer's turn.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.conversation.errors import InvalidEvent

logger = Logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One use of a tool by an agent."""

    action_group: str
    function: str
    arguments: Mapping[str, str]
    """Without empty ones."""
    contact_id: str
    """The session's id if the session attributes name no contact."""
    turn_id: str
    """Empty if the session attributes name no turn."""


class UnfitArgument(Exception):
    """An argument is missing or wrong. `explanation` is for the agent, `code` for whoever puts it into words."""

    def __init__(self, code: str, explanation: str) -> None:
        super().__init__(explanation)
        self.code = code
        self.explanation = explanation


Result = Mapping[str, Any]
"""Codes and values as JSON, in no language; `status` says how it went."""

Function = Callable[[ToolCall], Result]


def parse_call(event: Mapping[str, Any]) -> ToolCall:
    """The call in an event; raises `InvalidEvent` for one that Bedrock does not send."""
    function, group = event.get("function"), event.get("actionGroup")
    if not isinstance(function, str) or not isinstance(group, str):
        raise InvalidEvent("an action-group event names 'actionGroup' and 'function'")
    attributes = event.get("sessionAttributes") or {}
    return ToolCall(
        action_group=group,
        function=function,
        arguments=_arguments(event.get("parameters") or ()),
        contact_id=attributes.get("contact_id") or event.get("sessionId") or "",
        turn_id=attributes.get("turn_id") or "",
    )


def _arguments(parameters: Any) -> dict[str, str]:
    try:
        values = {parameter["name"]: str(parameter.get("value") or "").strip() for parameter in parameters}
    except (TypeError, KeyError, AttributeError) as error:
        raise InvalidEvent("'parameters' is a list of objects with 'name' and 'value'") from error
    return {name: value for name, value in values.items() if value}


def answer(event: Mapping[str, Any], functions: Mapping[str, Function]) -> dict[str, Any]:
    """What a handler does: parse, run, render; logs which tool answered and how it went, nothing of the customer."""
    call = parse_call(event)
    result = run(call, functions)
    logger.info("tool answered", extra={"tool": call.function, "outcome": outcome(result)})
    return render(call, result)


def run(call: ToolCall, functions: Mapping[str, Function]) -> Result:
    """What the function answers; a wrong argument or an unknown function is an answer too."""
    try:
        return _function(call, functions)(call)
    except UnfitArgument as unfit:
        return {"error": unfit.code, "explanation": unfit.explanation}


def _function(call: ToolCall, functions: Mapping[str, Function]) -> Function:
    if call.function not in functions:
        raise UnfitArgument("unknown_function", f"There is no such function; there are {', '.join(functions)}.")
    return functions[call.function]


def render(call: ToolCall, result: Result) -> dict[str, Any]:
    """The answer to Bedrock."""
    body = json.dumps(result, ensure_ascii=False)
    return {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": call.action_group,
            "function": call.function,
            "functionResponse": {"responseBody": {"TEXT": {"body": body}}},
        },
    }


def outcome(result: Result) -> str:
    """How a call went, in one code that tells nothing about the customer: fit for logs."""
    return str(result.get("error") or result.get("status"))
