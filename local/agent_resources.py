"""The agents in the synthesized template: what the faces of the backends run.

One template holds the resources of one backend, so most of what is read here is empty. It runs nothing. Rule: prompts,
tools and limits are those of the template; the laptop replaces nothing but the model and the team's folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.intrinsics import Resolver

DEFAULT_MAX_ITERATIONS: Final = 75
"""The Harness's own limit (m:bedrock-agentcore-control, read 2026-11)."""
SEPARATOR: Final = "___"
"""Between a Gateway target's name and a tool's: so the model sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BedrockAlias:
    """A Bedrock agent under an alias."""

    agent_id: str
    alias_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail:
    """A guardrail and what it says in place of what it keeps back."""

    id: str
    blocked_input: str
    blocked_output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """An AgentCore Runtime."""

    name: str
    arn: str
    environment: Mapping[str, str]

    @property
    def shown_as(self) -> str:
        """Among functions and beside the flow. Its name would say nothing of what it is; there is only one."""
        return "AgentCore Runtime"


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineFunction:
    """A tool that whoever invokes the Harness carries out."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayTool:
    """A tool of a Gateway's Lambda target."""

    server: str
    """The name of the Gateway among the Harness's tools."""
    target: str
    tool: str
    description: str
    schema: Mapping[str, Any]
    function_arn: str
    gateway_id: str

    @property
    def name(self) -> str:
        return f"{self.target}{SEPARATOR}{self.tool}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """An AgentCore Harness with its tools, before `allowed` restricts them."""

    arn: str
    system_prompt: str
    inline_functions: tuple[InlineFunction, ...]
    gateway_tools: tuple[GatewayTool, ...]
    allowed: tuple[str, ...]
    """Patterns; none allow everything."""
    max_iterations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentResources:
    """Whatever the template has of them."""

    bedrock_aliases: tuple[BedrockAlias, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    runtimes: tuple[Runtime, ...] = ()
    harnesses: tuple[Harness, ...] = ()


def read_agents(resolver: Resolver) -> AgentResources:
    """Raises `CannotResolve`."""
    return AgentResources(
        bedrock_aliases=tuple(_bedrock_aliases(resolver)),
        guardrails=tuple(_guardrails(resolver)),
        runtimes=tuple(_runtimes(resolver)),
        harnesses=tuple(_harnesses(resolver)),
    )


def _bedrock_aliases(resolver: Resolver) -> Iterable[BedrockAlias]:
    for logical_id, resource in resolver.resources("AWS::Bedrock::AgentAlias").items():
        alias_id = resolver.resolve({"Fn::GetAtt": [logical_id, "AgentAliasId"]})
        yield BedrockAlias(agent_id=str(resolver.resolve(resource["Properties"]["AgentId"])), alias_id=alias_id)


def _guardrails(resolver: Resolver) -> Iterable[Guardrail]:
    for logical_id, resource in resolver.resources("AWS::Bedrock::Guardrail").items():
        yield Guardrail(
            id=resolver.resolve({"Fn::GetAtt": [logical_id, "GuardrailId"]}),
            blocked_input=resolver.resolve(resource["Properties"]["BlockedInputMessaging"]),
            blocked_output=resolver.resolve(resource["Properties"]["BlockedOutputsMessaging"]),
        )


def _runtimes(resolver: Resolver) -> Iterable[Runtime]:
    for logical_id, resource in resolver.resources("AWS::BedrockAgentCore::Runtime").items():
        environment = resolver.resolve(resource["Properties"].get("EnvironmentVariables", {}))
        yield Runtime(
            name=resolver.physical_name(logical_id, name_property="AgentRuntimeName"),
            arn=resolver.resolve({"Fn::GetAtt": [logical_id, "AgentRuntimeArn"]}),
            environment={name: str(value) for name, value in environment.items()},
        )


def _harnesses(resolver: Resolver) -> Iterable[Harness]:
    for logical_id, resource in resolver.resources("AWS::BedrockAgentCore::Harness").items():
        wanted = ("SystemPrompt", "Tools", "AllowedTools", "MaxIterations")
        properties = resolver.resolve(
            {key: resource["Properties"][key] for key in wanted if key in resource["Properties"]}
        )
        tools = properties.get("Tools", [])
        yield Harness(
            arn=resolver.resolve({"Fn::GetAtt": [logical_id, "Arn"]}),
            system_prompt="\n\n".join(block["Text"] for block in properties.get("SystemPrompt", [])),
            inline_functions=tuple(_inline_functions(tools)),
            gateway_tools=tuple(_gateway_tools(resolver, tools)),
            allowed=tuple(properties.get("AllowedTools", ())),
            max_iterations=int(properties.get("MaxIterations", DEFAULT_MAX_ITERATIONS)),
        )


def _inline_functions(tools: Iterable[Mapping[str, Any]]) -> Iterable[InlineFunction]:
    for tool in tools:
        if tool["Type"] == "inline_function":
            config = tool["Config"]["InlineFunction"]
            yield InlineFunction(name=tool["Name"], description=config["Description"], schema=config["InputSchema"])


def _gateway_tools(resolver: Resolver, tools: Iterable[Mapping[str, Any]]) -> Iterable[GatewayTool]:
    servers = {
        tool["Config"]["AgentCoreGateway"]["GatewayArn"].rpartition("/")[2]: tool.get("Name", "")
        for tool in tools
        if tool["Type"] == "agentcore_gateway"
    }
    for resource in resolver.resources("AWS::BedrockAgentCore::GatewayTarget").values():
        target = resolver.resolve(resource["Properties"])
        gateway_id = target["GatewayIdentifier"].rpartition("/")[2]
        if gateway_id in servers:
            yield from _tools_of(target, gateway_id=gateway_id, server=servers[gateway_id])


def _tools_of(target: Mapping[str, Any], *, gateway_id: str, server: str) -> Iterable[GatewayTool]:
    function = target["TargetConfiguration"]["Mcp"]["Lambda"]
    for tool in function["ToolSchema"]["InlinePayload"]:
        yield GatewayTool(
            server=server,
            target=target["Name"],
            tool=tool["Name"],
            description=tool["Description"],
            schema=_json_schema(tool["InputSchema"]),
            function_arn=function["LambdaArn"],
            gateway_id=gateway_id,
        )


def _json_schema(written: Mapping[str, Any]) -> dict[str, Any]:
    """A schema as JSON Schema spells it; CloudFormation writes its keywords with capitals."""
    schema = {key.lower(): value for key, value in written.items() if key not in {"Properties", "Items"}}
    if "Properties" in written:
        schema["properties"] = {name: _json_schema(member) for name, member in written["Properties"].items()}
    if "Items" in written:
        schema["items"] = _json_schema(written["Items"])
    return schema
