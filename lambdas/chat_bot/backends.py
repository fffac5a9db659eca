"""Where the agent team runs: one of three backends, chosen by a setting.

Each has a name, its own part of the environment, and its adapter. A cold start imports the chosen adapter and makes its
clients; of the others nothing is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lambdas.conversation.errors import InvalidSetting
from lambdas.conversation.settings import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class BedrockAgentsBackend:
    agent_id: str
    agent_alias_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCoreRuntimeBackend:
    runtime_arn: str
    qualifier: str
    """The endpoint; empty for the service's own default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCoreHarnessBackend:
    harness_arn: str
    qualifier: str
    """The endpoint; empty for the service's own default."""
    guardrail_id: str
    """Empty: nothing is judged around the call."""
    guardrail_version: str


Backend = BedrockAgentsBackend | AgentCoreRuntimeBackend | AgentCoreHarnessBackend


def backend_of(environment: Environment) -> Backend:
    """The backend with its settings; raises `InvalidSetting`."""
    name = environment.choice("BACKEND", tuple(_READERS))
    return _READERS[name](environment)


def _bedrock_agents(environment: Environment) -> Backend:
    return BedrockAgentsBackend(
        agent_id=environment.text("AGENT_ID", given_by=_parameter("agentId")),
        agent_alias_id=environment.text("AGENT_ALIAS_ID", given_by=_parameter("agentAliasId")),
    )


def _agentcore_runtime(environment: Environment) -> Backend:
    return AgentCoreRuntimeBackend(
        runtime_arn=environment.text("AGENT_RUNTIME_ARN", given_by=_parameter("agentRuntimeArn")),
        qualifier=environment.text_or_empty("AGENT_RUNTIME_QUALIFIER"),
    )


def _agentcore_harness(environment: Environment) -> Backend:
    backend = AgentCoreHarnessBackend(
        harness_arn=environment.text("HARNESS_ARN", given_by=_parameter("harnessArn")),
        qualifier=environment.text_or_empty("HARNESS_QUALIFIER"),
        guardrail_id=environment.text_or_empty("GUARDRAIL_ID"),
        guardrail_version=environment.text_or_empty("GUARDRAIL_VERSION"),
    )
    if bool(backend.guardrail_id) != bool(backend.guardrail_version):
        raise InvalidSetting("GUARDRAIL_VERSION", "goes with GUARDRAIL_ID: the stack writes both or neither")
    return backend


def _parameter(name: str) -> str:
    """Who must act: with a deployed team the stack writes it itself."""
    return f"without a deployed team, whoever deploys gives it as the parameter {name}"


_READERS: Mapping[str, Callable[[Environment], Backend]] = {
    "bedrock-agents": _bedrock_agents,
    "agentcore-runtime": _agentcore_runtime,
    "agentcore-harness": _agentcore_harness,
}
NAMES: Mapping[str, frozenset[str]] = {
    "bedrock-agents": frozenset({"AGENT_ID", "AGENT_ALIAS_ID"}),
    "agentcore-runtime": frozenset({"AGENT_RUNTIME_ARN", "AGENT_RUNTIME_QUALIFIER"}),
    "agentcore-harness": frozenset({"HARNESS_ARN", "HARNESS_QUALIFIER", "GUARDRAIL_ID", "GUARDRAIL_VERSION"}),
}
"""What each backend reads beside what is common to all."""
