"""The agents of a template: what the laptop's faces run is what would be deployed."""

from __future__ import annotations

from typing import Any

from local.agent_resources import (
    AgentResources,
    BedrockAlias,
    GatewayTool,
    Guardrail,
    InlineFunction,
    Runtime,
    read_agents,
)
from local.intrinsics import Resolver, arn

SCHEMA = {"type": "object", "properties": {"reason": {"type": "string"}}}
TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Desk": {"Type": "AWS::Bedrock::Agent", "Properties": {"AgentName": "desk"}},
        "Live": {"Type": "AWS::Bedrock::AgentAlias", "Properties": {"AgentId": {"Ref": "Desk"}}},
        "Guard": {
            "Type": "AWS::Bedrock::Guardrail",
            "Properties": {"BlockedInputMessaging": "No.", "BlockedOutputsMessaging": "Not that."},
        },
        "Team": {
            "Type": "AWS::BedrockAgentCore::Runtime",
            "Properties": {
                "AgentRuntimeName": "team",
                "EnvironmentVariables": {"MEMORY_ID": {"Fn::GetAtt": ["Mind", "MemoryId"]}},
            },
        },
        "Mind": {"Type": "AWS::BedrockAgentCore::Memory", "Properties": {"Name": "mind"}},
        "Tools": {"Type": "AWS::BedrockAgentCore::Gateway", "Properties": {"Name": "tools"}},
        "Orders": {
            "Type": "AWS::BedrockAgentCore::GatewayTarget",
            "Properties": {
                "GatewayIdentifier": {"Ref": "Tools"},
                "Name": "orders",
                "TargetConfiguration": {
                    "Mcp": {
                        "Lambda": {
                            "LambdaArn": {"Fn::GetAtt": ["OrdersTool", "Arn"]},
                            "ToolSchema": {
                                "InlinePayload": [
                                    {
                                        "Name": "find",
                                        "Description": "Finds.",
                                        "InputSchema": {
                                            "Type": "object",
                                            "Properties": {
                                                "Number": {"Type": "string", "Description": "It."},
                                                "lines": {"Type": "array", "Items": {"Type": "integer"}},
                                            },
                                            "Required": ["Number"],
                                        },
                                    }
                                ]
                            },
                        }
                    }
                },
            },
        },
        "OrdersTool": {"Type": "AWS::Lambda::Function", "Properties": {}},
        "Flat": {
            "Type": "AWS::BedrockAgentCore::Harness",
            "Properties": {
                "HarnessName": "flat",
                "SystemPrompt": [{"Text": "You are"}, {"Text": "the desk."}],
                "Tools": [
                    {
                        "Type": "agentcore_gateway",
                        "Name": "shop",
                        "Config": {"AgentCoreGateway": {"GatewayArn": {"Fn::GetAtt": ["Tools", "GatewayArn"]}}},
                    },
                    {
                        "Type": "inline_function",
                        "Name": "escalate",
                        "Config": {"InlineFunction": {"Description": "Asks.", "InputSchema": SCHEMA}},
                    },
                ],
                "AllowedTools": ["@shop", "escalate"],
                "MaxIterations": 12,
            },
        },
    }
}


def read(*logical_ids: str) -> AgentResources:
    """The agents of a template with only these resources."""
    resources = {name: TEMPLATE["Resources"][name] for name in logical_ids}
    return read_agents(Resolver({"Resources": resources}, stack_name="Handoff", parameters={}, custom_attributes={}))


def test_a_template_without_agents_has_none() -> None:
    """Whoever brings their own deploys none."""
    assert read() == AgentResources()


def test_a_bedrock_agent_is_known_by_its_alias() -> None:
    """Both ids are those that ChatBot's variables resolve to."""
    [alias] = read("Desk", "Live").bedrock_aliases

    assert alias == BedrockAlias(agent_id=alias.agent_id, alias_id=alias.alias_id)
    assert len(alias.agent_id) == len(alias.alias_id) == 10


def test_a_guardrail_has_its_words() -> None:
    """What it says instead of what it keeps back."""
    [guardrail] = read("Guard").guardrails

    assert guardrail == Guardrail(id=guardrail.id, blocked_input="No.", blocked_output="Not that.")


def test_a_runtime_has_its_variables_resolved() -> None:
    """The process on the laptop gets what the one in AWS would."""
    [runtime] = read("Team", "Mind").runtimes

    memory_id = runtime.environment["MEMORY_ID"]
    assert runtime == Runtime(name="team", arn=runtime.arn, environment={"MEMORY_ID": memory_id})
    assert memory_id.startswith("mind-")


def test_a_harness_has_its_prompt_limits_and_tools() -> None:
    """Inline functions as they are, and the tools of the Gateway that it names."""
    [harness] = read("Tools", "Orders", "OrdersTool", "Flat").harnesses

    assert harness.system_prompt == "You are\n\nthe desk."
    assert (harness.allowed, harness.max_iterations) == (("@shop", "escalate"), 12)
    assert harness.inline_functions == (InlineFunction(name="escalate", description="Asks.", schema=SCHEMA),)
    [tool] = harness.gateway_tools
    assert tool == GatewayTool(
        server="shop",
        target="orders",
        tool="find",
        description="Finds.",
        schema={
            "type": "object",
            "properties": {
                "Number": {"type": "string", "description": "It."},
                "lines": {"type": "array", "items": {"type": "integer"}},
            },
            "required": ["Number"],
        },
        function_arn=arn("lambda", "function:OrdersTool"),
        gateway_id=tool.gateway_id,
    )
    assert tool.name == "orders___find"
