"""Agents that somebody else deployed: parameters that name them, and how ChatBot reaches them.

Such agents bring their own tools; nothing of a team is deployed. Rule: an id or ARN has no default, because a guessed
one would deploy and then stay silent.
"""

from __future__ import annotations

from aws_cdk import Aws
from constructs import Construct

from cdk.access import AgentAccess, Call
from cdk.guardrail import NO_GUARDRAIL, Guardrail
from cdk.harness_team import harness_calls
from cdk.parameters import declare
from cdk.runtime_team import QUALIFIER, runtime_calls
from cdk.settings import Settings

ENDPOINT = "[a-zA-Z][a-zA-Z0-9_]{0,47}"


def brought_access(stack: Construct, settings: Settings, guardrail: Guardrail | None) -> AgentAccess:
    match settings.backend:
        case "bedrock-agents":
            return _bedrock_agents(stack, settings)
        case "agentcore-runtime":
            return _runtime(stack, settings)
        case "agentcore-harness":
            return _harness(stack, settings, guardrail)


def _bedrock_agents(stack: Construct, settings: Settings) -> AgentAccess:
    agent = declare(
        stack,
        "agentId",
        pattern="^[0-9a-zA-Z]{1,10}$",
        description="Id of the Bedrock agent that answers (the supervisor of the team)",
        constraint="a Bedrock agent id: up to 10 letters and digits",
    )
    alias = declare(
        stack,
        "agentAliasId",
        pattern="^[0-9a-zA-Z]{1,10}$",
        description="Id of that agent's alias",
        constraint="a Bedrock agent alias id: up to 10 letters and digits",
    )
    region = settings.agent_region or Aws.REGION
    arn = f"arn:{Aws.PARTITION}:bedrock:{region}:{Aws.ACCOUNT_ID}:agent-alias/{agent}/{alias}"
    return AgentAccess(
        environment={"AGENT_ID": agent, "AGENT_ALIAS_ID": alias},
        calls=(Call(actions=["bedrock:InvokeAgent"], on=[arn]),),
    )


def _runtime(stack: Construct, settings: Settings) -> AgentAccess:
    arn = declare(
        stack,
        "agentRuntimeArn",
        pattern=f"^{_agentcore(settings)}:runtime/[a-zA-Z][a-zA-Z0-9_]{{0,99}}-[a-zA-Z0-9]{{10}}$",
        description=f"ARN of the AgentCore Runtime that answers, {_place(settings)}",
        constraint=f"the ARN of an AgentCore Runtime {_place(settings)}: arn:…:bedrock-agentcore:…:runtime/…",
    )
    qualifier = declare(
        stack,
        "agentRuntimeQualifier",
        pattern=f"^{ENDPOINT}$",
        description="Name of the Runtime's endpoint",
        constraint="the name of an endpoint: a letter, then up to 47 letters, digits and underscores",
        default=QUALIFIER,
    )
    return AgentAccess(
        environment={"AGENT_RUNTIME_ARN": arn, "AGENT_RUNTIME_QUALIFIER": qualifier},
        calls=(runtime_calls(arn, qualifier),),
    )


def _harness(stack: Construct, settings: Settings, guardrail: Guardrail | None) -> AgentAccess:
    arn = declare(
        stack,
        "harnessArn",
        pattern=f"^{_agentcore(settings)}:harness/[a-zA-Z][a-zA-Z0-9_]{{0,39}}-[a-zA-Z0-9]{{10}}$",
        description=f"ARN of the AgentCore Harness that answers, {_place(settings)}",
        constraint=f"the ARN of an AgentCore Harness {_place(settings)}: arn:…:bedrock-agentcore:…:harness/…",
    )
    return AgentAccess(
        environment={
            "HARNESS_ARN": arn,
            "HARNESS_QUALIFIER": "",
            **(guardrail.environment if guardrail else NO_GUARDRAIL),
        },
        calls=(harness_calls(arn), *(guardrail.calls if guardrail else ())),
    )


def _agentcore(settings: Settings) -> str:
    """The ARN up to the account. The client asks in the Region of the setting, so an ARN of another one is a slip."""
    return f"arn:aws[a-z-]*:bedrock-agentcore:{settings.agent_region or '[a-z0-9-]+'}:[0-9]{{12}}"


def _place(settings: Settings) -> str:
    return f"in {settings.agent_region}" if settings.agent_region else "in this stack's Region"
