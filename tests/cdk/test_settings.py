"""Synth settings: what is wrong is told in one line that names the setting."""

from __future__ import annotations

from typing import Any

import pytest

from agents.team import load_team
from cdk.settings import Settings, WrongSetting, read_settings


def test_without_any_context_the_defaults_hold() -> None:
    assert read_settings({}) == Settings()


def test_by_default_no_lapsed_session_of_the_demo_team_is_taken_for_a_live_one() -> None:
    """ChatBot must think a session lapsed no later than the agent itself does."""
    team = load_team(read_settings({}).team)

    assert read_settings({}).agent_session_idle_seconds <= team.idle_session_seconds


def test_texts_of_the_command_line_become_values() -> None:
    """`-c name=value` always gives a text, cdk.json gives JSON values; both mean the same."""
    from_command_line = {"read_transcript": "false", "log_retention_days": "14", "told_attributes": "name, tier"}
    from_file = {"read_transcript": False, "log_retention_days": 14, "told_attributes": ["name", "tier"]}

    settings = read_settings(from_command_line)

    assert settings == read_settings(from_file)
    assert (settings.read_transcript, settings.log_retention_days) == (False, 14)
    assert settings.told_attributes == ("name", "tier")


def test_what_cdk_itself_keeps_in_the_context_is_no_setting() -> None:
    cdks_own = {
        "@aws-cdk/aws-iam:minimizePolicies": True,
        "aws:cdk:enable-path-metadata": True,
        "availability-zones:account=111122223333:region=eu-west-1": ["eu-west-1a"],
    }

    assert read_settings(cdks_own) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("language", "fr", "there are no sentences in 'fr'; the languages are en, es"),
        ("log_retention_days", "13", "input should be 1, 7, 14"),
        ("read_transcript", "perhaps", "input should be a valid boolean"),
        ("speak", "loud", "input should be 'first-sentence', 'paragraph' or 'whole'"),
        ("one_moment_seconds", "-1", "greater than or equal to 0"),
        ("one_moment_seconds", "141", "less than or equal to 140"),
        ("turn_deadline_seconds", "500", "less than or equal to 140"),
        ("unanswered_seconds", "30", "greater than or equal to 60"),
        ("told_attributes", "first name", "expected names of 1 to 127 letters"),
        ("backend", "lex", "should be 'bedrock-agents', 'agentcore-runtime' or 'agentcore-harness'"),
        ("agent_region", "Ireland", "expected the code of an AWS Region, such as eu-central-1"),
        ("model", "claude", "expected the id of a Bedrock model or inference profile, such as global.amazon"),
        ("handoff_policy", "controls.yaml", "there is no file controls.yaml"),
        ("agent_package", "build/nothing", "there is no folder build/nothing"),
        ("bot_name", "", "at least 1 character"),
        ("stack", "1st", "expected up to 100 letters, digits and hyphens, a letter first"),
        ("team", "agents/nobody", "there is no team.yaml in agents/nobody"),
        ("lambda_package", "build/nothing", "there is no folder build/nothing"),
        ("alarm_topic", "on-call", "expected the ARN of an SNS topic"),
        ("log_level", "info", "input should be 'DEBUG'"),
    ],
)
def test_a_wrong_value_is_told_with_the_settings_name(name: str, value: Any, problem: str) -> None:
    with pytest.raises(WrongSetting) as wrong:
        read_settings({name: value})

    line = str(wrong.value)
    assert wrong.value.name == name
    assert line.startswith(f"setting {name}: ")
    assert problem in line
    assert repr(value) in line
    assert "pattern" not in line
    assert "\n" not in line


def test_a_misspelt_setting_is_not_ignored() -> None:
    """CDK itself would take any key and say nothing, and the deployer would wonder."""
    with pytest.raises(WrongSetting, match="did you mean language"):
        read_settings({"langauge": "es"})


def test_a_setting_like_no_other_is_answered_with_what_there_is() -> None:
    with pytest.raises(WrongSetting, match=r"the settings are agent_package, .*unanswered_seconds"):
        read_settings({"colour": "blue"})


def test_two_ways_to_start_fast_do_not_go_together() -> None:
    """Lambda would refuse them in the middle of a deployment."""
    with pytest.raises(
        WrongSetting, match="setting provisioned_concurrency: Lambda refuses it together with snap_start"
    ):
        read_settings({"snap_start": "true", "provisioned_concurrency": "1"})
