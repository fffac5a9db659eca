"""What a tool's function is asked and answers, whoever asks: the events of Bedrock's action groups.

    event    {"messageVersion", "agent", "inputText", "sessionId", "actionGroup", "function", "parameters",
              "sessionAttributes", "promptSessionAttributes"}
    answer   {"response": {"functionResponse": {"responseState": FAILURE or REPROMPT, "responseBody":
              {"TEXT": {"body": "<text>"}}}}, "sessionAttributes"}

Renders and reads; calls nobody. The rule: values of parameters are strings on the wire, whatever their type; an answer
of any other form, or FAILURE, is a failure of the tool, as it is for Bedrock: no agent may make something up instead.
REPROMPT fails nothing: Bedrock gives the text to the model, which is prompted anew with it.
Source: BR:agents-lambda; of the two states, Bedrock's API reference, FunctionResult.responseState; read 2026-11.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from agents.conversation import ToolCall, ToolFailed
from agents.sessions import Session
from agents.team import Parameter

AGENT_VERSION: Final = "1"


def tool_event(session: Session, call: ToolCall, alias_id: str) -> dict[str, Any]:
    """The event for one use of a tool."""
    return {
        "messageVersion": "1.0",
        "agent": {
            "name": call.agent.name,
            "id": agent_id(call.agent.name),
            "alias": alias_id,
            "version": AGENT_VERSION,
        },
        "inputText": session.prompt,
        "sessionId": session.id,
        "actionGroup": call.tool.action_group,
        "function": call.tool.name,
        "parameters": wire_parameters(call.arguments, call.tool.parameters),
        "sessionAttributes": dict(session.attributes),
        "promptSessionAttributes": dict(session.prompt_attributes),
    }


def read_answer(session: Session, call: ToolCall, answer: Any) -> str:
    """What the model is told; what the function says of the session is noted there. Raises `ToolFailed`."""
    try:
        result = answer["response"]["functionResponse"]
        body = str(result["responseBody"]["TEXT"]["body"])
        attributes = dict(answer.get("sessionAttributes") or {})
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise ToolFailed(f"The function of {call.tool.name} answered in a form of its own") from error
    if result.get("responseState") == "FAILURE":
        raise ToolFailed(f"The function of {call.tool.name} answered FAILURE")
    session.attributes |= attributes
    return body


def wire_parameters(arguments: Mapping[str, Any], described: Mapping[str, Parameter]) -> list[dict[str, str]]:
    """Values are strings on the wire, whatever their type."""
    return [
        {
            "name": name,
            "type": described[name].type if name in described else "string",
            "value": wire_value(value),
        }
        for name, value in arguments.items()
    ]


def wire_value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def agent_id(name: str) -> str:
    """An id such as Bedrock gives: ten capital letters and digits, always the same for a name."""
    return base64.b32encode(hashlib.sha256(name.encode()).digest()).decode()[:10]
