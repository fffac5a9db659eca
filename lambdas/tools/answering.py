"""What every tool's handler does, whoever calls: read the event in its form, run the tool, answer in the same form.

The rule: logs tell which tool answered and how it went, and nothing of the customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.conversation.clock import SystemClock
from lambdas.conversation.errors import InvalidEvent
from lambdas.conversation.ports import Clock
from lambdas.tools import action_group, gateway
from lambdas.tools.tool_call import Function, Result, ToolCall, UnfitArgument, outcome, refusal, run

logger = Logger()


def answer(event: Any, context: object, functions: Mapping[str, Function]) -> dict[str, Any]:
    """The answer of one of `functions`; raises `InvalidEvent` for an event that no service sends."""
    if not isinstance(event, Mapping):
        raise InvalidEvent("an event is an object")
    tool = gateway.named_tool(context)
    result = _result(event, tool, functions)
    return action_group.render(event, result) if tool is None else dict(result)


def clock_of(context: object) -> Clock:
    """The clock handed in with the event, or the machine's."""
    return getattr(context, "clock", None) or SystemClock()


def _result(event: Mapping[str, Any], tool: str | None, functions: Mapping[str, Function]) -> Result:
    try:
        call = _parse(event, tool)
    except UnfitArgument as unfit:
        return _told(event["function"] if tool is None else tool, refusal(unfit), functions)
    return _told(call.function, run(call, functions), functions)


def _parse(event: Mapping[str, Any], tool: str | None) -> ToolCall:
    return action_group.parse_call(event) if tool is None else gateway.parse_call(event, tool)


def _told(tool: str, result: Result, functions: Mapping[str, Function]) -> Result:
    logger.info("tool answered", extra={"tool": tool if tool in functions else "unknown", "outcome": outcome(result)})
    return result
