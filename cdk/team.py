"""What is deployed of the agents: an own team with its tools, guardrail and backend, or nothing but a guardrail.

Everything here can stand in the stack of the bot or in one of its own in another Region; it knows neither the bot nor
Amazon Connect.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_

from agents import team as described
from cdk.access import AgentAccess
from cdk.bedrock_team import BedrockTeam, Means
from cdk.foundation import Foundation
from cdk.guardrail import Guardrail
from cdk.harness_team import Configuration, HarnessTeam
from cdk.package import PackageFailed
from cdk.runtime_team import Program, RuntimeTeam
from cdk.settings import Settings
from cdk.tools import Tools, make_tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Packages:
    """Folders made by `cdk.package`, or ones that look like it."""

    lambdas: Path
    agent: Path | None
    """The code zip of a team on Runtime; None where there is none."""

    def of_agent(self) -> Path:
        if self.agent is None:
            raise PackageFailed("a team on AgentCore Runtime needs a package, and none was made")
        return self.agent


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTeam:
    """A team that was deployed."""

    access: AgentAccess
    tools: Tools


def make_guardrail(stack: Stack, settings: Settings, foundation: Foundation) -> Guardrail | None:
    """Where something of ours can apply it: on own agents, or around the calls of a Harness."""
    if not settings.guardrail or not (settings.deploy_team or settings.backend == "agentcore-harness"):
        return None
    told_elsewhere = foundation.exported and settings.backend == "agentcore-harness"
    return Guardrail(
        stack,
        "Guardrail",
        language=settings.language,
        key=foundation.data_key.key,
        versioned=not told_elsewhere,
    )


def deploy_team(
    stack: Stack, team: described.Team, *, code: lambda_.Code, packages: Packages, foundation: Foundation
) -> OwnTeam:
    settings = foundation.settings
    tools = make_tools(
        stack,
        team,
        code=code,
        storage=foundation.storage,
        operations=foundation.operations,
        settings=settings,
    )
    guardrail = make_guardrail(stack, settings, foundation)
    access = _deploy(stack, team, tools=tools, guardrail=guardrail, packages=packages, foundation=foundation)
    return OwnTeam(access=access, tools=tools)


def _deploy(
    stack: Stack,
    team: described.Team,
    *,
    tools: Tools,
    guardrail: Guardrail | None,
    packages: Packages,
    foundation: Foundation,
) -> AgentAccess:
    settings = foundation.settings
    match settings.backend:
        case "bedrock-agents":
            means = Means(tools=tools, model=settings.model, guardrail=guardrail)
            return BedrockTeam(stack, "Team", team=team, means=means).access
        case "agentcore-runtime":
            program = Program(
                package=packages.of_agent(),
                model=settings.model,
                tools=tools,
                guardrail=guardrail,
                log_retention_days=settings.log_retention_days,
            )
            return RuntimeTeam(stack, "Team", program=program, data_key=foundation.data_key).access
        case "agentcore-harness":
            configuration = Configuration(
                model=settings.model,
                tools=tools,
                guardrail=guardrail,
                turn_deadline_seconds=settings.turn_deadline_seconds,
                log_retention_days=settings.log_retention_days,
            )
            return HarnessTeam(
                stack, "Team", team=team, configuration=configuration, data_key=foundation.data_key
            ).access
