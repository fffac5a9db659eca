"""The demo store as a harness: one agent with its tools behind a Gateway and its controls as inline functions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.team import Parameter, load_team
from local.agent_resources import GatewayTool, Harness, InlineFunction
from local.intrinsics import arn

STORE = Path(__file__).parents[2] / "agents" / "store"
HARNESS_ARN = arn("bedrock-agentcore", "harness/store-a1b2c3d4e5")


def flat_store(**changes: Any) -> Harness:
    team = load_team(STORE)
    described: dict[str, Any] = {
        "arn": HARNESS_ARN,
        "system_prompt": "\n\n".join(team.instructions.values()),
        "inline_functions": tuple(
            InlineFunction(name=each.name, description=each.description, schema=schema(each.parameters))
            for each in team.controls
        ),
        "gateway_tools": tuple(
            GatewayTool(
                server="tools",
                target=each.action_group,
                tool=each.name,
                description=each.description,
                schema=schema(each.parameters),
                function_arn=arn("lambda", f"function:{each.runs_in}:live"),
                gateway_id="tools-a1b2c3d4e5",
            )
            for each in team.tools
        ),
        "allowed": ("@tools", "escalate"),
        "max_iterations": 10,
    }
    return Harness(**{**described, **changes})


def schema(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    properties = {name: {"type": each.type, "description": each.description} for name, each in parameters.items()}
    required = [name for name, each in parameters.items() if each.required]
    return {"type": "object", "properties": properties, "required": required}
