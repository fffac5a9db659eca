"""Settings are read or refused with the variable's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.runtime.settings import InvalidSettings, read_settings


@pytest.fixture
def enough(tmp_path: Path) -> dict[str, str]:
    return {"TEAM": str(tmp_path), "AWS_REGION": "eu-central-1"}


def test_little_is_enough_and_the_program_listens_to_this_machine_only(enough: dict[str, str]) -> None:
    """Whoever starts it on a laptop opens nothing."""
    settings = read_settings(enough)

    assert (settings.model, settings.memory_id, settings.tool_functions) == ("scripted", "", {})
    assert (settings.host, settings.port, settings.region) == ("127.0.0.1", 8080, "eu-central-1")


def test_everything_may_be_said(enough: dict[str, str]) -> None:
    """As the stack does."""
    settings = read_settings(
        {
            **enough,
            "MODEL": "bedrock:a-model",
            "MEMORY_ID": "sessions-a1b2c3d4e5",
            "TOOL_FUNCTIONS": '{"OrdersTool": "arn:orders:live"}',
            "GUARDRAIL_ID": "g-1",
            "GUARDRAIL_VERSION": "3",
            "HOST": "0.0.0.0",  # noqa: S104  (what AgentCore Runtime wants)
            "PORT": "9000",
        }
    )

    assert settings.tool_functions == {"OrdersTool": "arn:orders:live"}
    assert (settings.guardrail_id, settings.guardrail_version) == ("g-1", "3")
    assert (settings.host, settings.port) == ("0.0.0.0", 9000)  # noqa: S104  (likewise)


def test_the_functions_tell_the_region_where_the_service_does_not(enough: dict[str, str]) -> None:
    """That it does is documented nowhere."""
    functions = '{"OrdersTool": "arn:aws-cn:lambda:cn-north-1:111122223333:function:orders:live"}'

    assert read_settings({**enough, "AWS_REGION": "", "TOOL_FUNCTIONS": functions}).region == "cn-north-1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEAM", ""),
        ("TEAM", "/no/such/folder"),
        ("AWS_REGION", ""),
        ("TOOL_FUNCTIONS", "{"),
        ("TOOL_FUNCTIONS", '["arn"]'),
        ("TOOL_FUNCTIONS", '{"OrdersTool": ""}'),
        ("GUARDRAIL_ID", "g-1"),
        ("GUARDRAIL_VERSION", "3"),
        ("PORT", "http"),
        ("PORT", "70000"),
    ],
)
def test_a_wrong_variable_is_refused_by_name(enough: dict[str, str], name: str, value: str) -> None:
    """Before anything is started."""
    with pytest.raises(InvalidSettings, match=name):
        read_settings({**enough, name: value})
