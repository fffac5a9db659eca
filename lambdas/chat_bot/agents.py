"""The adapter of the chosen backend, with its clients, made once per container."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from botocore.config import Config

from lambdas.chat_bot.backends import (
    AgentCoreHarnessBackend,
    AgentCoreRuntimeBackend,
    Backend,
    BedrockAgentsBackend,
)
from lambdas.conversation.ports import Agents
from lambdas.conversation.speech import Manner
from lambdas.services import client

if TYPE_CHECKING:
    from lambdas.adapters.apply_guardrail import Guardrail

# ruff: noqa: PLC0415  (a cold start imports only what the chosen backend needs)

ANSWERING = Config(connect_timeout=3, read_timeout=130, retries={"mode": "standard", "total_max_attempts": 1})
"""The turn itself decides whether the agent is asked again; its deadline ends the wait."""
JUDGING = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
"""A guardrail keeps nothing in mind, so asking it again is safe."""


def make_agents(backend: Backend, *, region: str, manner: Manner) -> Agents:
    """The team behind its port; an empty `region` is the function's own."""
    match backend:
        case BedrockAgentsBackend():
            return _bedrock_agents(backend, region or None)
        case AgentCoreRuntimeBackend():
            return _agentcore_runtime(backend, region or None)
        case AgentCoreHarnessBackend():
            return _agentcore_harness(backend, region or None, manner)
        case _:
            assert_never(backend)


def _bedrock_agents(backend: BedrockAgentsBackend, region: str | None) -> Agents:
    from lambdas.adapters.bedrock_agents import BedrockAgents
    from lambdas.adapters.guardrails import blocked_sentences

    asked = client("bedrock-agent-runtime", config=ANSWERING, region=region)
    return BedrockAgents(asked, backend.agent_id, backend.agent_alias_id, blocked_sentences())


def _agentcore_runtime(backend: AgentCoreRuntimeBackend, region: str | None) -> Agents:
    from lambdas.adapters.agentcore_runtime import AgentCoreRuntime
    from lambdas.adapters.guardrails import blocked_sentences

    asked = client("bedrock-agentcore", config=ANSWERING, region=region)
    return AgentCoreRuntime(asked, backend.runtime_arn, backend.qualifier, blocked_sentences())


def _agentcore_harness(backend: AgentCoreHarnessBackend, region: str | None, manner: Manner) -> Agents:
    from lambdas.adapters.agentcore_harness import AgentCoreHarness

    asked = client("bedrock-agentcore", config=ANSWERING, region=region)
    return AgentCoreHarness(asked, backend.harness_arn, backend.qualifier, _guardrail(backend, region, manner))


def _guardrail(backend: AgentCoreHarnessBackend, region: str | None, manner: Manner) -> Guardrail:
    from lambdas.adapters.apply_guardrail import NO_GUARDRAIL, AppliedGuardrail

    if not backend.guardrail_id:
        return NO_GUARDRAIL
    judge = client("bedrock-runtime", config=JUDGING, region=region)
    first_sentence = manner == "first-sentence"
    return AppliedGuardrail(judge, backend.guardrail_id, backend.guardrail_version, first_sentence)
