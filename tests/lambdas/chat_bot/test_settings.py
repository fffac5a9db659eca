"""ChatBot's settings: exactly the names the stack writes, each checked at the start."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from lambdas.chat_bot.backends import (
    NAMES,
    AgentCoreHarnessBackend,
    AgentCoreRuntimeBackend,
    Backend,
    BedrockAgentsBackend,
)
from lambdas.chat_bot.settings import Settings, names_of
from lambdas.conversation.errors import InvalidSetting

COMMON = {
    "CONTACTS_TABLE": "contacts",
    "AGENT_REGION": "",
    "AGENT_SESSION_IDLE_SECONDS": "600",
    "LANGUAGE": "es",
    "READ_TRANSCRIPT": "true",
    "MESSAGE_AGE_LIMIT_SECONDS": "300",
    "TURN_DEADLINE_SECONDS": "120",
    "SPEAK": "paragraph",
    "MARKDOWN": "true",
    "ONE_MOMENT_SECONDS": "15",
}
GOOD: Mapping[str, Mapping[str, str]] = {
    "bedrock-agents": {**COMMON, "BACKEND": "bedrock-agents", "AGENT_ID": "AGENT12345", "AGENT_ALIAS_ID": "ALIAS12345"},
    "agentcore-runtime": {
        **COMMON,
        "BACKEND": "agentcore-runtime",
        "AGENT_RUNTIME_ARN": "arn:runtime",
        "AGENT_RUNTIME_QUALIFIER": "DEFAULT",
    },
    "agentcore-harness": {
        **COMMON,
        "BACKEND": "agentcore-harness",
        "HARNESS_ARN": "arn:harness",
        "HARNESS_QUALIFIER": "live",
        "GUARDRAIL_ID": "guardrail1",
        "GUARDRAIL_VERSION": "3",
    },
}
MAY_BE_EMPTY = {
    "AGENT_REGION",
    "AGENT_RUNTIME_QUALIFIER",
    "HARNESS_QUALIFIER",
    "GUARDRAIL_ID",
    "GUARDRAIL_VERSION",
}
EACH_NAME = [(backend, name) for backend in GOOD for name in sorted(names_of(backend))]


def with_bedrock_agents(**variables: str) -> Settings:
    return Settings.from_environment({**GOOD["bedrock-agents"], **variables})


def test_settings_are_read_from_the_environment() -> None:
    """Once, at the start."""
    assert with_bedrock_agents() == Settings(
        contacts_table="contacts",
        backend=BedrockAgentsBackend(agent_id="AGENT12345", agent_alias_id="ALIAS12345"),
        agent_region="",
        agent_session_idle_seconds=600.0,
        language="es",
        may_read_transcript=True,
        message_age_limit_seconds=300.0,
        turn_deadline_seconds=120.0,
        manner="paragraph",
        markdown=True,
        one_moment_seconds=15.0,
    )


@pytest.mark.parametrize(
    ("name", "backend"),
    [
        ("bedrock-agents", BedrockAgentsBackend(agent_id="AGENT12345", agent_alias_id="ALIAS12345")),
        ("agentcore-runtime", AgentCoreRuntimeBackend(runtime_arn="arn:runtime", qualifier="DEFAULT")),
        (
            "agentcore-harness",
            AgentCoreHarnessBackend(
                harness_arn="arn:harness", qualifier="live", guardrail_id="guardrail1", guardrail_version="3"
            ),
        ),
    ],
)
def test_one_setting_chooses_the_backend(name: str, backend: Backend) -> None:
    """Everything else stays the same."""
    assert Settings.from_environment(GOOD[name]).backend == backend


def test_the_team_may_live_in_another_region() -> None:
    """Not every Region with Amazon Connect has every backend."""
    assert with_bedrock_agents(AGENT_REGION="eu-central-1").agent_region == "eu-central-1"


@pytest.mark.parametrize("backend", GOOD)
def test_the_names_are_those_the_stack_writes(backend: str) -> None:
    """The stack's test compares its template with the same list."""
    assert GOOD[backend].keys() == names_of(backend)
    assert GOOD.keys() == NAMES.keys()


@pytest.mark.parametrize(("backend", "name"), EACH_NAME)
def test_every_setting_is_needed(backend: str, name: str) -> None:
    """A missing one is a mistake of the stack, and stops the start."""
    with pytest.raises(InvalidSetting, match=f"^setting {name}: is missing"):
        Settings.from_environment({key: value for key, value in GOOD[backend].items() if key != name})


@pytest.mark.parametrize(
    ("backend", "name"), [(backend, name) for backend, name in EACH_NAME if name not in MAY_BE_EMPTY]
)
def test_most_settings_have_no_empty_value(backend: str, name: str) -> None:
    """The rest says by being empty that a default of the service holds, or that there is no such thing."""
    with pytest.raises(InvalidSetting, match=f"^setting {name}: "):
        Settings.from_environment({**GOOD[backend], name: " "})


@pytest.mark.parametrize(
    ("backend", "name", "parameter"),
    [
        ("bedrock-agents", "AGENT_ID", "agentId"),
        ("bedrock-agents", "AGENT_ALIAS_ID", "agentAliasId"),
        ("agentcore-runtime", "AGENT_RUNTIME_ARN", "agentRuntimeArn"),
        ("agentcore-harness", "HARNESS_ARN", "harnessArn"),
    ],
)
def test_a_missing_team_says_who_must_act(backend: str, name: str, parameter: str) -> None:
    """Only whoever deploys knows the team that is already there."""
    with pytest.raises(InvalidSetting, match=f"whoever deploys gives it as the parameter {parameter}$"):
        Settings.from_environment({**GOOD[backend], name: ""})


def test_settings_of_other_backends_are_not_needed() -> None:
    """A fresh account has no agent id, and must not invent one."""
    assert not {"AGENT_ID", "AGENT_ALIAS_ID"} & names_of("agentcore-runtime")


def test_the_harness_may_go_without_a_guardrail() -> None:
    """Empty together."""
    settings = Settings.from_environment({**GOOD["agentcore-harness"], "GUARDRAIL_ID": "", "GUARDRAIL_VERSION": ""})

    assert settings.backend == AgentCoreHarnessBackend(
        harness_arn="arn:harness", qualifier="live", guardrail_id="", guardrail_version=""
    )


@pytest.mark.parametrize("name", ["GUARDRAIL_ID", "GUARDRAIL_VERSION"])
def test_half_a_guardrail_stops_the_start(name: str) -> None:
    """It would judge nothing, and nobody would notice."""
    with pytest.raises(InvalidSetting, match="the stack writes both or neither"):
        Settings.from_environment({**GOOD["agentcore-harness"], name: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AGENT_SESSION_IDLE_SECONDS", "59"),
        ("AGENT_SESSION_IDLE_SECONDS", "5401"),
        ("MESSAGE_AGE_LIMIT_SECONDS", "3601"),
        ("TURN_DEADLINE_SECONDS", "141"),
        ("TURN_DEADLINE_SECONDS", "9"),
        ("READ_TRANSCRIPT", "maybe"),
        ("SPEAK", "loudly"),
        ("MARKDOWN", "maybe"),
        ("ONE_MOMENT_SECONDS", "-1"),
        ("ONE_MOMENT_SECONDS", "141"),
        ("BACKEND", "bedrock"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_line_that_names_it(name: str, value: str) -> None:
    """Limits of the service (a session's idle time: 60 to 5,400 s) and of the function's own time."""
    with pytest.raises(InvalidSetting, match=f"^setting {name}: must be"):
        with_bedrock_agents(**{name: value})


def test_an_answer_may_be_spoken_whole() -> None:
    """The other of two manners."""
    assert with_bedrock_agents(SPEAK="whole").manner == "whole"


def test_a_language_the_bot_does_not_speak_becomes_english() -> None:
    """As for a contact."""
    assert with_bedrock_agents(LANGUAGE="fr").language == "en"
