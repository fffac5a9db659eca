"""An own team on an AgentCore Harness: configuration only.

    ChatBot ─► Harness (the flattened team) ─► Gateway ─► the tools' functions
       └─ answers the controls, which are inline functions: the Harness stops and gives them to its caller

`allowedTools` names exactly the team's tools and controls; without it the Harness's own shell and file tools would be
on. Memory keeps the dialogue of a session and draws nothing lasting from it, which a memory that the Harness manages
itself would do. The rule: one turn is bounded in time and in steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_bedrockagentcore as agentcore_
from constructs import Construct

from agents import team as described
from agents.flat import FlatAgent, flatten
from agents.tool_schemas import gateway_schema, json_schema
from cdk.access import AgentAccess, Call
from cdk.agent_logs import allow_logs, make_log_group
from cdk.conversation_memory import AGENTCORE, ConversationMemory
from cdk.encryption import DataKey
from cdk.guardrail import NO_GUARDRAIL, Guardrail
from cdk.names import name_of
from cdk.roles import ANY_AGENTCORE, ServiceRole
from cdk.runtime_team import IDLE_SECONDS
from cdk.tools import Tools

LONGEST_NAME = 40
MOST_STEPS = 20
"""Model calls in one turn. A turn of the demo teams needs three or four."""
REMEMBERED_MESSAGES = 200
"""As many as the Strands team keeps."""
GATEWAY_TOOLS = "tools"
"""What the Harness calls the Gateway."""
ACTOR = "customer"
"""Memory asks for one; what is said is kept apart by session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the one agent works with."""

    model: str
    tools: Tools
    guardrail: Guardrail | None
    turn_deadline_seconds: int
    log_retention_days: int


class HarnessTeam(Construct):
    """`access` is how ChatBot reaches the Harness."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        team: described.Team,
        configuration: Configuration,
        data_key: DataKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = name_of(Stack.of(self).stack_name, longest=LONGEST_NAME)
        self._guardrail = configuration.guardrail
        agent = flatten(team)
        gateway = ToolGateway(self, "Gateway", tools=agent.tools, functions=configuration.tools)
        memory = ConversationMemory(self, "Memory", key=data_key.key)
        role = self._make_role(gateway, memory, configuration)
        self.harness = agentcore_.CfnHarness(
            self,
            "Harness",
            harness_name=self._name,
            execution_role_arn=role.arn,
            model=_model(configuration.model),
            system_prompt=[agentcore_.CfnHarness.HarnessSystemContentBlockProperty(text=agent.system_prompt)],
            tools=[*gateway.as_tools(), *_inline_functions(agent.controls)],
            allowed_tools=allowed_tools(agent),
            memory=_memory(memory),
            truncation=_truncation(),
            max_iterations=MOST_STEPS,
            timeout_seconds=configuration.turn_deadline_seconds,
            environment=_environment(),
        )
        self.harness.node.add_dependency(role, gateway)  # the Gateway's targets too: the Harness asks for its tools
        make_log_group(
            self,
            runtime_id=self.harness.attr_environment_agent_core_runtime_environment_agent_runtime_id,
            names=f"*{self._name}-*",
            data_key=data_key,
            retention_days=configuration.log_retention_days,
        )

    @property
    def access(self) -> AgentAccess:
        arn = self.harness.attr_arn
        guarded = self._guardrail
        return AgentAccess(
            environment={
                "HARNESS_ARN": arn,
                "HARNESS_QUALIFIER": "",
                **(guarded.environment if guarded else NO_GUARDRAIL),
            },
            calls=(harness_calls(arn), *(guarded.calls if guarded else ())),
            told={"HarnessArn": arn},
        )

    def _make_role(self, gateway: ToolGateway, memory: ConversationMemory, configuration: Configuration) -> ServiceRole:
        # A Harness runs on a Runtime that AgentCore makes for it, and both take the role on. How that Runtime is named
        # is written nowhere that was found, so the pattern of its logs is wide.
        role = ServiceRole(self, "Role", service=AGENTCORE, arns=[ANY_AGENTCORE])
        role.allow_model(configuration.model)
        if gateway.arns:
            role.allow("bedrock-agentcore:InvokeGateway", on=gateway.arns)
        memory.serve(role)
        allow_logs(role, f"*{self._name}-*")
        return role


class ToolGateway(Construct):
    """The tools as a Gateway: a target for each function. A team without tools has none."""

    def __init__(
        self, scope: Construct, construct_id: str, *, tools: Iterable[described.Tool], functions: Tools
    ) -> None:
        super().__init__(scope, construct_id)
        self._tools = tuple(tools)
        self._gateway = self._make_gateway(functions) if self._tools else None

    @property
    def arns(self) -> list[str]:
        return [self._gateway.attr_gateway_arn] if self._gateway else []

    def as_tools(self) -> list[agentcore_.CfnHarness.HarnessToolProperty]:
        """What the Harness is told of it."""
        return [
            agentcore_.CfnHarness.HarnessToolProperty(
                type="agentcore_gateway",
                name=GATEWAY_TOOLS,
                config=agentcore_.CfnHarness.HarnessToolConfigurationProperty(
                    agent_core_gateway=agentcore_.CfnHarness.HarnessAgentCoreGatewayConfigProperty(
                        gateway_arn=arn,
                        outbound_auth=agentcore_.CfnHarness.HarnessGatewayOutboundAuthProperty(aws_iam={}),
                    )
                ),
            )
            for arn in self.arns
        ]

    def _make_gateway(self, functions: Tools) -> agentcore_.CfnGateway:
        name = name_of(Stack.of(self).stack_name, joined_by="-").lower()  # so are ids of gateways
        role = ServiceRole(self, "Role", service=AGENTCORE, arns=[ANY_AGENTCORE])
        role.allow("lambda:InvokeFunction", on=list(functions.arns.values()))
        gateway = agentcore_.CfnGateway(
            self,
            "Default",
            name=name,
            role_arn=role.arn,
            authorizer_type="AWS_IAM",
            protocol_type="MCP",
            description="The tools of the agent team",
        )
        gateway.node.add_dependency(role)
        for function, arn in functions.arns.items():
            self._add_target(gateway, function, arn)
        return gateway

    def _add_target(self, gateway: agentcore_.CfnGateway, function: str, arn: str) -> None:
        lambda_ = agentcore_.CfnGatewayTarget.McpLambdaTargetConfigurationProperty(
            lambda_arn=arn,
            tool_schema=agentcore_.CfnGatewayTarget.ToolSchemaProperty(
                inline_payload=[_definition(tool) for tool in self._tools if tool.runs_in == function]
            ),
        )
        agentcore_.CfnGatewayTarget(
            self,
            target_name(function),
            gateway_identifier=gateway.attr_gateway_identifier,
            name=target_name(function),
            target_configuration=agentcore_.CfnGatewayTarget.TargetConfigurationProperty(
                mcp=agentcore_.CfnGatewayTarget.McpTargetConfigurationProperty(lambda_=lambda_)
            ),
            credential_provider_configurations=[
                agentcore_.CfnGatewayTarget.CredentialProviderConfigurationProperty(
                    credential_provider_type="GATEWAY_IAM_ROLE"
                )
            ],
        )


def target_name(function: str) -> str:
    """A target's name has hyphens where a function's may have underscores."""
    return function.replace("_", "-")


def offered_as(tool: described.Tool) -> str:
    """How a model sees a tool of a Gateway."""
    return f"{target_name(tool.runs_in)}___{tool.name}"


def allowed_as(tool: described.Tool) -> str:
    """How `allowedTools` names a tool of a server, here the Gateway (developer guide, harness tools, read 2026-11)."""
    return f"@{GATEWAY_TOOLS}/{offered_as(tool)}"


def allowed_tools(agent: FlatAgent) -> list[str]:
    """Exactly the team's. An inline function goes by its bare name: public code does so, no page that was found says it
    in so many words."""
    return [*map(allowed_as, agent.tools), *(control.name for control in agent.controls)]


def harness_calls(arn: str) -> Call:
    """A call is checked for the Harness and for the Runtime below it, both by the Harness's ARN (developer guide,
    harness security, read 2026-11); a call without a qualifier goes to the endpoint DEFAULT."""
    return Call(
        actions=["bedrock-agentcore:InvokeHarness", "bedrock-agentcore:InvokeAgentRuntime"],
        on=[arn, f"{arn}/harness-endpoint/DEFAULT"],
    )


def _definition(tool: described.Tool) -> agentcore_.CfnGatewayTarget.ToolDefinitionProperty:
    schema = gateway_schema(tool.parameters)
    properties = {
        name: agentcore_.CfnGatewayTarget.SchemaDefinitionProperty(**detail)
        for name, detail in schema["properties"].items()
    }
    return agentcore_.CfnGatewayTarget.ToolDefinitionProperty(
        name=tool.name,
        description=tool.description,
        input_schema=agentcore_.CfnGatewayTarget.SchemaDefinitionProperty(
            type=schema["type"], properties=properties, required=schema["required"]
        ),
    )


def _inline_functions(
    controls: Iterable[described.Control],
) -> list[agentcore_.CfnHarness.HarnessToolProperty]:
    return [
        agentcore_.CfnHarness.HarnessToolProperty(
            type="inline_function",
            name=control.name,
            config=agentcore_.CfnHarness.HarnessToolConfigurationProperty(
                inline_function=agentcore_.CfnHarness.HarnessInlineFunctionConfigProperty(
                    description=control.description, input_schema=json_schema(control.parameters)
                )
            ),
        )
        for control in controls
    ]


def _model(model: str) -> agentcore_.CfnHarness.HarnessModelConfigurationProperty:
    return agentcore_.CfnHarness.HarnessModelConfigurationProperty(
        bedrock_model_config=agentcore_.CfnHarness.HarnessBedrockModelConfigProperty(model_id=model)
    )


def _memory(memory: ConversationMemory) -> agentcore_.CfnHarness.HarnessMemoryConfigurationProperty:
    return agentcore_.CfnHarness.HarnessMemoryConfigurationProperty(
        agent_core_memory_configuration=agentcore_.CfnHarness.HarnessAgentCoreMemoryConfigurationProperty(
            arn=memory.arn, actor_id=ACTOR, messages_count=REMEMBERED_MESSAGES
        )
    )


def _truncation() -> agentcore_.CfnHarness.HarnessTruncationConfigurationProperty:
    return agentcore_.CfnHarness.HarnessTruncationConfigurationProperty(
        strategy="sliding_window",
        config=agentcore_.CfnHarness.HarnessTruncationStrategyConfigurationProperty(
            sliding_window=agentcore_.CfnHarness.HarnessSlidingWindowConfigurationProperty(
                messages_count=REMEMBERED_MESSAGES
            )
        ),
    )


def _environment() -> agentcore_.CfnHarness.HarnessEnvironmentProviderProperty:
    return agentcore_.CfnHarness.HarnessEnvironmentProviderProperty(
        agent_core_runtime_environment=agentcore_.CfnHarness.HarnessAgentCoreRuntimeEnvironmentProperty(
            lifecycle_configuration=agentcore_.CfnHarness.LifecycleConfigurationProperty(
                idle_runtime_session_timeout=IDLE_SECONDS
            )
        )
    )
