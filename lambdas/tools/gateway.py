"""What an Amazon Bedrock AgentCore Gateway sends to a tool and expects back (Lambda targets).

    event                          the arguments themselves: {"name": value}
    context.client_context.custom  {"bedrockAgentCoreToolName": "<target>___<tool>", …}
    answer                         any JSON: the result itself, in no envelope

Values have the types of the tool's schema. Neither contact nor turn is told. Source: AC:gateway-lambda, read 2026-11;
how the Gateway hands the JSON to the model is not documented and has not been seen. The rule: this module knows the
form and no tool.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdas.conversation.errors import InvalidEvent
from lambdas.tools.tool_call import ToolCall, texts

TOOL_NAME = "bedrockAgentCoreToolName"
SEPARATOR = "___"


def named_tool(context: object) -> str | None:
    """The tool that a Gateway asks for, without its target; `None` if it was no Gateway that called."""
    client_context = _member(context, "client_context")
    name = _member(_member(client_context, "custom"), TOOL_NAME)
    if name is None:
        return None
    if not isinstance(name, str):
        raise InvalidEvent(f"'{TOOL_NAME}' is a text")
    return name.partition(SEPARATOR)[2] or name


def parse_call(event: Any, tool: str) -> ToolCall:
    """The call in an event.

    Raises `InvalidEvent` for one that nobody sends and `UnfitArgument` for an argument that no tool takes.
    """
    if not isinstance(event, Mapping) or not all(isinstance(name, str) for name in event):
        raise InvalidEvent("a Gateway's event is an object with the arguments")
    return ToolCall(function=tool, arguments=texts(event), contact_id="", turn_id="")


def _member(holder: object, name: str) -> object:
    """A member of what Lambda's runtime makes an object and others a mapping."""
    return holder.get(name) if isinstance(holder, Mapping) else getattr(holder, name, None)
