"""An own team as Bedrock agents: a supervisor, its collaborators, an alias of each.

Agents are made inmost first, because an agent can be asked only by its alias. An alias routes to a version of its
agent, and CloudFormation cuts a new version whenever the alias itself changes (generative-ai-cdk-constructs, pull
request 1116; terraform-provider-aws, pull request 42603; read 2026-11): its description carries a fingerprint of all
that the agent is made of, so a changed instruction takes effect with the next deployment and the alias keeps its id.
The rule: an agent may ask exactly its colleagues, use exactly its tools and exactly its model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from aws_cdk import Aws, Stack
from aws_cdk import aws_bedrock as bedrock
from constructs import Construct

from agents import team as described
from agents.tool_schemas import function_schema
from cdk.access import AgentAccess, Call
from cdk.function import ALIAS
from cdk.guardrail import Guardrail
from cdk.names import name_of
from cdk.roles import ServiceRole
from cdk.tools import BEDROCK, Tools

LONGEST_NAME = 100
READ_MODEL = ("bedrock:GetInferenceProfile", "bedrock:GetFoundationModel")
"""What an agent's role needs beside invoking (user guide, agents and inference profiles, read 2026-11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What all agents of a team share."""

    tools: Tools
    model: str
    guardrail: Guardrail | None


class BedrockTeam(Construct):
    """`access` is how ChatBot reaches the supervisor."""

    def __init__(self, scope: Construct, construct_id: str, *, team: described.Team, means: Means) -> None:
        super().__init__(scope, construct_id)
        made: dict[str, BedrockAgent] = {}
        for agent in (*team.inmost_first(), team.supervisor):
            made[agent.name] = BedrockAgent(
                self, agent.name, team=team, agent=agent, colleagues=_colleagues(team, agent, made), means=means
            )
        self._supervisor = made[team.supervisor.name]

    @property
    def access(self) -> AgentAccess:
        supervisor, alias = self._supervisor.agent, self._supervisor.alias
        return AgentAccess(
            environment={"AGENT_ID": supervisor.attr_agent_id, "AGENT_ALIAS_ID": alias.attr_agent_alias_id},
            calls=(Call(actions=["bedrock:InvokeAgent"], on=[alias.attr_agent_alias_arn]),),
            told={"AgentId": supervisor.attr_agent_id, "AgentAliasId": alias.attr_agent_alias_id},
        )


class BedrockAgent(Construct):
    """One agent, its role and its alias."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        team: described.Team,
        agent: described.Agent,
        colleagues: Mapping[str, BedrockAgent],
        means: Means,
    ) -> None:
        super().__init__(scope, construct_id)
        role = self._make_role(colleagues.values(), means)
        self.fingerprint = _fingerprint(team, agent, colleagues.values(), means)
        self.agent = bedrock.CfnAgent(
            self,
            "Default",
            agent_name=name_of(Stack.of(self).stack_name, agent.name, longest=LONGEST_NAME),
            instruction=team.instructions[agent.name],
            foundation_model=means.model,
            agent_resource_role_arn=role.arn,
            idle_session_ttl_in_seconds=team.idle_session_seconds,
            action_groups=[*_tool_groups(team, agent, means.tools), *_control_groups(team, agent)] or None,
            agent_collaboration="SUPERVISOR" if colleagues else "DISABLED",
            agent_collaborators=[_collaborator(team, name, each) for name, each in colleagues.items()] or None,
            guardrail_configuration=_guarded(means.guardrail),
            auto_prepare=True,
            skip_resource_in_use_check_on_delete=True,
        )
        self.agent.node.add_dependency(role)  # Bedrock looks at what the role may do when it prepares the agent
        for function in _functions_of(team, agent):
            means.tools.functions[function].serve(agent.name, self.agent.attr_agent_arn)
        self.alias = bedrock.CfnAgentAlias(
            self,
            "Alias",
            agent_alias_name=ALIAS,
            agent_id=self.agent.attr_agent_id,
            description=f"The agent as of {self.fingerprint}",
        )

    def _make_role(self, colleagues: Iterable[BedrockAgent], means: Means) -> ServiceRole:
        agents = f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}:{Aws.ACCOUNT_ID}:agent/*"
        role = ServiceRole(self, "Role", service=BEDROCK, arns=[agents])  # the agent's id is not known before the role
        role.allow_model(means.model, also=READ_MODEL)
        aliases = [each.alias.attr_agent_alias_arn for each in colleagues]
        if aliases:
            role.allow("bedrock:GetAgentAlias", "bedrock:InvokeAgent", on=aliases)
        if means.guardrail is not None:
            means.guardrail.serve(role)
        return role


def _colleagues(
    team: described.Team, agent: described.Agent, made: Mapping[str, BedrockAgent]
) -> dict[str, BedrockAgent]:
    return {each.name: made[each.name] for each in team.asked_by(agent)}


def _collaborator(team: described.Team, name: str, made: BedrockAgent) -> bedrock.CfnAgent.AgentCollaboratorProperty:
    described_as = next(each for each in team.agents if each.name == name).description
    return bedrock.CfnAgent.AgentCollaboratorProperty(
        agent_descriptor=bedrock.CfnAgent.AgentDescriptorProperty(alias_arn=made.alias.attr_agent_alias_arn),
        collaborator_name=name,
        collaboration_instruction=described_as,
        relay_conversation_history="DISABLED",  # instructions are written for colleagues who do not see the chat
    )


def _functions_of(team: described.Team, agent: described.Agent) -> list[str]:
    """The functions behind an agent's tools, each once."""
    return list(dict.fromkeys(team.tool(name).runs_in for name in agent.tools))


def _tool_groups(
    team: described.Team, agent: described.Agent, tools: Tools
) -> list[bedrock.CfnAgent.AgentActionGroupProperty]:
    executors = {name: bedrock.CfnAgent.ActionGroupExecutorProperty(lambda_=arn) for name, arn in tools.arns.items()}
    groups = _by_action_group(team.tool(name) for name in agent.tools)
    return [_group(name, offered, executors[offered[0].runs_in]) for name, offered in groups]


def _control_groups(team: described.Team, agent: described.Agent) -> list[bedrock.CfnAgent.AgentActionGroupProperty]:
    returns_control = bedrock.CfnAgent.ActionGroupExecutorProperty(custom_control="RETURN_CONTROL")
    groups = _by_action_group(team.control(name) for name in agent.controls)
    return [_group(name, offered, returns_control) for name, offered in groups]


_Offered = TypeVar("_Offered", described.Tool, described.Control)


def _by_action_group(offered: Iterable[_Offered]) -> list[tuple[str, list[_Offered]]]:
    ordered = sorted(offered, key=lambda each: each.action_group)
    return [(name, list(members)) for name, members in groupby(ordered, key=lambda each: each.action_group)]


def _group(
    name: str,
    offered: Iterable[described.Tool | described.Control],
    executor: bedrock.CfnAgent.ActionGroupExecutorProperty,
) -> bedrock.CfnAgent.AgentActionGroupProperty:
    functions = [_function(each) for each in offered]
    return bedrock.CfnAgent.AgentActionGroupProperty(
        action_group_name=name,
        action_group_executor=executor,
        function_schema=bedrock.CfnAgent.FunctionSchemaProperty(functions=functions),
        skip_resource_in_use_check_on_delete=True,
    )


def _function(offered: described.Tool | described.Control) -> bedrock.CfnAgent.FunctionProperty:
    schema = function_schema(offered)
    parameters = {
        name: bedrock.CfnAgent.ParameterDetailProperty(**detail) for name, detail in schema["parameters"].items()
    }
    return bedrock.CfnAgent.FunctionProperty(
        name=schema["name"], description=schema["description"], parameters=parameters
    )


def _guarded(guardrail: Guardrail | None) -> bedrock.CfnAgent.GuardrailConfigurationProperty | None:
    if guardrail is None:
        return None
    return bedrock.CfnAgent.GuardrailConfigurationProperty(
        guardrail_identifier=guardrail.id, guardrail_version=guardrail.version
    )


def _fingerprint(team: described.Team, agent: described.Agent, colleagues: Iterable[BedrockAgent], means: Means) -> str:
    """Changes with everything that a version of the agent holds."""
    content = {
        "agent": agent.model_dump(),
        "instruction": team.instructions[agent.name],
        "idle": team.idle_session_seconds,
        "tools": [team.tool(name).model_dump() for name in agent.tools],
        "controls": [function_schema(team.control(name)) for name in agent.controls],
        "colleagues": [each.fingerprint for each in colleagues],
        "model": means.model,
        "guardrail": means.guardrail.fingerprint if means.guardrail else None,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
