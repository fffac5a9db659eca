"""The chosen backend becomes its adapter, in the Region where the team lives."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.adapters.agentcore_harness import AgentCoreHarness
from lambdas.adapters.agentcore_runtime import AgentCoreRuntime
from lambdas.adapters.apply_guardrail import NO_GUARDRAIL, AppliedGuardrail
from lambdas.adapters.bedrock_agents import BedrockAgents
from lambdas.chat_bot.agents import make_agents
from lambdas.chat_bot.backends import (
    AgentCoreHarnessBackend,
    AgentCoreRuntimeBackend,
    Backend,
    BedrockAgentsBackend,
)
from lambdas.conversation.phrases import phrases

BEDROCK = BedrockAgentsBackend(agent_id="AGENT12345", agent_alias_id="ALIAS12345")
RUNTIME = AgentCoreRuntimeBackend(runtime_arn="arn:runtime", qualifier="")
HARNESS = AgentCoreHarnessBackend(harness_arn="arn:harness", qualifier="", guardrail_id="g1", guardrail_version="3")


@pytest.mark.parametrize(
    ("backend", "adapter", "service"),
    [
        (BEDROCK, BedrockAgents, "bedrock-agent-runtime"),
        (RUNTIME, AgentCoreRuntime, "bedrock-agentcore"),
        (HARNESS, AgentCoreHarness, "bedrock-agentcore"),
    ],
)
def test_a_backend_becomes_its_adapter(
    backend: Backend,
    adapter: type[BedrockAgents | AgentCoreRuntime | AgentCoreHarness],
    service: str,
) -> None:
    """Its client speaks to the team's Region, not to the function's, and never asks a second time by itself."""
    agents = make_agents(backend, region="eu-central-1", manner="paragraph")

    assert isinstance(agents, adapter)
    assert agents.client.meta.service_model.service_name == service
    assert agents.client.meta.region_name == "eu-central-1"
    config: Any = agents.client.meta.config  # the stubs do not know what was configured
    assert config.retries["total_max_attempts"] == 1


@pytest.mark.parametrize("backend", [BEDROCK, RUNTIME])
def test_the_guardrails_own_sentence_is_known_in_every_language(backend: Backend) -> None:
    """The stack may speak any of them."""
    agents = make_agents(backend, region="eu-central-1", manner="paragraph")

    assert isinstance(agents, BedrockAgents | AgentCoreRuntime)
    assert {phrases(language).say("refused") for language in ("en", "es")} <= set(agents.blocked_sentences)


def test_the_harness_has_a_guardrail_around_its_call() -> None:
    """Judged where the team lives."""
    agents = make_agents(HARNESS, region="eu-central-1", manner="paragraph")

    assert isinstance(agents, AgentCoreHarness)
    assert isinstance(agents.guardrail, AppliedGuardrail)
    assert (agents.guardrail.guardrail_id, agents.guardrail.version) == ("g1", "3")
    assert agents.guardrail.client.meta.region_name == "eu-central-1"


def test_the_harness_may_go_without() -> None:
    """By an empty setting."""
    alone = AgentCoreHarnessBackend(harness_arn="arn:h", qualifier="", guardrail_id="", guardrail_version="")

    agents = make_agents(alone, region="eu-central-1", manner="paragraph")

    assert isinstance(agents, AgentCoreHarness)
    assert agents.guardrail is NO_GUARDRAIL
