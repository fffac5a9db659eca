"""The parameters of tools and controls, in the words of whoever offers them to a model.

JSON Schema for Strands and for a Harness's inline functions, the few members of it that an AgentCore Gateway knows, and
the function schema of a Bedrock action group. The rule: all of them are written from the same `Parameter`, so a
parameter means the same on every backend. The limits that all three share are held when the team is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agents.team import Control, Parameter, Tool


def json_schema(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """A JSON Schema of the whole argument object."""
    return _object(parameters, _with_length)


def gateway_schema(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """What a Gateway's inline tool schema can say: type, description and which are required; no lengths."""
    return _object(parameters, _bare)


def function_schema(offered: Tool | Control) -> dict[str, Any]:
    """One function of a Bedrock action group, as CreateAgentActionGroup takes it."""
    return {
        "name": offered.name,
        "description": offered.description,
        "parameters": {
            name: {**_bare(parameter), "required": parameter.required} for name, parameter in offered.parameters.items()
        },
    }


def _object(parameters: Mapping[str, Parameter], write: Callable[[Parameter], dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: write(parameter) for name, parameter in parameters.items()},
        "required": [name for name, parameter in parameters.items() if parameter.required],
    }


def _with_length(parameter: Parameter) -> dict[str, Any]:
    length = {"maxLength": parameter.max_length} if parameter.type == "string" else {}
    return {**_bare(parameter), **length}


def _bare(parameter: Parameter) -> dict[str, Any]:
    return {"type": parameter.type, "description": parameter.description}
