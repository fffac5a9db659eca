"""The functions: what runs in them, what they are told, how they are watched."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from cdk.package import PYTHON_VERSION
from lambdas.chat_bot import settings as chat_bot
from lambdas.rescue_bot import settings as rescue_bot
from lambdas.start_bot import settings as start_bot
from tests.infrastructure.conftest import Synthesize
from tests.infrastructure.template import Template

ROOT = Path(__file__).resolve().parents[2]
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}
FROM_THE_PACKAGE = ("StartBot", "ChatBot", "RescueBot", "OrdersTool", "CustomersTool", "TicketsTool")
BOTS = ("StartBot", "ChatBot", "RescueBot")
TOLD = {
    "StartBot": start_bot.NAMES,
    "ChatBot": chat_bot.names_of("agentcore-runtime"),
    "RescueBot": rescue_bot.NAMES,
    "OrdersTool": {"ORDERS_TABLE"},
    "CustomersTool": {"CUSTOMERS_TABLE"},
    "TicketsTool": {"TICKETS_TABLE"},
}


def environment_of(template: Template, function: str) -> dict[str, str]:
    variables: dict[str, str] = template.all("AWS::Lambda::Function")[function]["Environment"]["Variables"]
    return variables


@pytest.mark.parametrize("function", FROM_THE_PACKAGE)
def test_a_function_is_told_exactly_what_its_code_reads(template: Template, function: str) -> None:
    """A name more is dead weight, a name less stops the function at its first event."""
    assert set(environment_of(template, function)) == TOLD[function] | POWERTOOLS


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {
            "language": "es",
            "told_attributes": "name,tier",
            "read_transcript": "false",
            "speak": "whole",
            "markdown": "false",
            "message_age_limit_seconds": "60",
            "turn_deadline_seconds": "20",
            "unanswered_seconds": "60",
            "agent_session_idle_seconds": "60",
        },
        {
            "message_age_limit_seconds": "3600",
            "turn_deadline_seconds": "140",
            "unanswered_seconds": "200",
            "agent_session_idle_seconds": "5400",
            "deploy_team": "false",  # the store's own team forgets sooner
        },
    ],
)
def test_the_bots_accept_whatever_settings_the_stack_accepts(
    template_with: Synthesize, settings: dict[str, Any]
) -> None:
    """Limits that differ between the two sides would deploy well and fail at the first chat."""
    template = template_with(**settings)

    joining = start_bot.Settings.from_environment(environment_of(template, "StartBot"))
    answering = chat_bot.Settings.from_environment(environment_of(template, "ChatBot"))
    rescuing = rescue_bot.Settings.from_environment(environment_of(template, "RescueBot"))

    assert joining.language == answering.language == settings.get("language", "en")
    assert joining.told_attributes == tuple(
        settings["told_attributes"].split(",") if "told_attributes" in settings else ()
    )
    assert joining.may_read_transcript is answering.may_read_transcript is rescuing.may_read_transcript
    assert answering.manner == settings.get("speak", "first-sentence")
    assert answering.markdown is (settings.get("markdown") != "false")


@pytest.mark.parametrize("function", FROM_THE_PACKAGE)
def test_the_named_handler_exists(template: Template, function: str) -> None:
    module, _, name = template.all("AWS::Lambda::Function")[function]["Handler"].rpartition(".")
    source = (ROOT / module.replace(".", "/")).with_suffix(".py").read_text(encoding="utf-8")

    assert name in _names_defined_in(source)


def _names_defined_in(source: str) -> set[str]:
    defined: set[str] = set()
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            defined.add(statement.name)
        if isinstance(statement, ast.Assign):
            defined |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
    return defined


def test_all_functions_are_arm64_and_traced_with_the_packages_python(template: Template) -> None:
    for function in template.all("AWS::Lambda::Function").values():
        assert function["Architectures"] == ["arm64"]
        assert function["Runtime"] == f"python{PYTHON_VERSION}"
        assert function["TracingConfig"] == {"Mode": "Active"}


def test_the_bots_and_tools_share_one_package(template: Template) -> None:
    functions = template.all("AWS::Lambda::Function")

    assert len({functions[name]["Code"]["S3Key"] for name in FROM_THE_PACKAGE}) == 1


def test_start_bot_lives_as_long_as_the_flow_waits(template: Template) -> None:
    """Shorter would cut a try within StartBot's own 7 s; longer would let it work on when nobody is waiting."""
    assert template.all("AWS::Lambda::Function")["StartBot"]["Timeout"] == 8


def test_chat_bot_outlives_the_longest_deadline_of_a_turn_by_its_hand_off(template_with: Synthesize) -> None:
    template = template_with(turn_deadline_seconds="140")

    timeout = template.all("AWS::Lambda::Function")["ChatBot"]["Timeout"]

    assert timeout == 180
    assert int(environment_of(template, "ChatBot")["TURN_DEADLINE_SECONDS"]) <= timeout - 40


def test_every_function_has_the_alias_live_and_is_named_by_it(template: Template) -> None:
    """Who named the bare function would reach code that is not released, and have no permission."""
    functions = set(template.all("AWS::Lambda::Function"))

    aliases = template.all("AWS::Lambda::Alias")

    assert {alias["FunctionName"] for alias in aliases.values()} == {f"${{{name}}}" for name in functions}
    assert {alias["Name"] for alias in aliases.values()} == {"live"}
    assert environment_of(template, "StartBot")["CHAT_BOT_FUNCTION"] == "${ChatBotAlias}"


@pytest.mark.parametrize(("days", "kept"), [(None, 30), ("365", 365)])
def test_logs_are_encrypted_and_kept_for_the_days_of_the_setting(
    template_with: Synthesize, days: str | None, kept: int
) -> None:
    template = template_with(log_retention_days=days) if days else template_with()

    groups = template.all("AWS::Logs::LogGroup")

    functions = template.all("AWS::Lambda::Function")
    assert {f["LoggingConfig"]["LogGroup"] for f in functions.values()} == {f"${{{name}Logs}}" for name in functions}
    assert set(groups) == {f"{name}Logs" for name in (*functions, "Team")}
    for group in groups.values():
        assert (group["KmsKeyId"], group["RetentionInDays"]) == ("${DataKey.Arn}", kept)


def test_the_data_key_serves_the_logs_of_this_stack_only(template: Template) -> None:
    """CloudFormation names log groups after the stack, AgentCore after the Runtime, which has the stack's name."""
    statements = template.all("AWS::KMS::Key")["DataKey"]["KeyPolicy"]["Statement"]

    logs = [each for each in statements if each["Principal"] == {"Service": "logs.${AWS::Region}.amazonaws.com"}]

    groups = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:"
    assert [each["Condition"] for each in logs] == [
        {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"{groups}{names}"}}
        for names in ("Handoff-*", "/aws/bedrock-agentcore/runtimes/Handoff-*")
    ]


def test_every_function_has_alarms_on_errors_and_throttles(template: Template) -> None:
    watched = {
        (dimension["Value"], alarm["MetricName"])
        for alarm in template.all("AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
        if dimension["Name"] == "Resource"
    }

    functions = template.all("AWS::Lambda::Function")
    assert watched == {(f"${{{name}}}:live", metric) for name in functions for metric in ("Errors", "Throttles")}


def alarms_on(template: Template, metric: str) -> dict[str, tuple[int, str]]:
    """Queue, threshold and what the alarm tells."""
    return {
        alarm["Dimensions"][0]["Value"]: (alarm["Threshold"], alarm["AlarmDescription"])
        for alarm in template.all("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == metric
    }


def test_a_single_event_that_nobody_could_rescue_raises_an_alarm_that_says_what_to_do(template: Template) -> None:
    """What is put aside after a rescue raises none: there is nothing to do about it."""
    alarms = alarms_on(template, "ApproximateNumberOfMessagesVisible")

    assert set(alarms) == {"${Unrescued.QueueName}"}
    threshold, means = alarms["${Unrescued.QueueName}"]
    assert threshold == 1
    assert all(word in means for word in ("contact_id", "logs", "make replay"))


def test_an_event_that_waits_for_its_rescue_raises_an_alarm(template: Template) -> None:
    """RescueBot is not asked at all, or has failed twice; with the third time SQS leaves it out of the metric."""
    alarms = alarms_on(template, "ApproximateAgeOfOldestMessage")

    hidden_seconds = template.all("AWS::SQS::Queue")["Failures"]["VisibilityTimeout"]
    threshold, means = alarms.pop("${Failures.QueueName}")
    assert alarms == {}
    assert hidden_seconds < threshold < 2 * hidden_seconds - 30
    assert "RescueBot" in means


def test_a_failure_that_could_not_be_kept_raises_an_alarm(template: Template) -> None:
    """Otherwise a wrong key policy would lose messages without a trace."""
    (alarm,) = [
        each
        for each in template.all("AWS::CloudWatch::Alarm").values()
        if each["MetricName"] == "DestinationDeliveryFailures"
    ]

    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": "${ChatBot}"}]
    assert alarm["Threshold"] == 1


def test_what_the_bots_count_themselves_raises_alarms(template: Template) -> None:
    """These chats do not fail for Lambda: nothing else would tell. Another dimension would watch nothing at all."""
    services = {environment_of(template, name)["POWERTOOLS_SERVICE_NAME"] for name in BOTS}

    counted = {
        (each["Dimensions"][0]["Value"], each["MetricName"]): each["Threshold"]
        for each in template.all("AWS::CloudWatch::Alarm").values()
        if each["Namespace"] == environment_of(template, "StartBot")["POWERTOOLS_METRICS_NAMESPACE"]
        and [dimension["Name"] for dimension in each["Dimensions"]] == ["service"]
    }

    assert {service for service, _ in counted} == services
    assert counted == {
        ("start_bot", "ChatsEndedWithoutAPerson"): 1,
        ("start_bot", "BotCouldNotJoin"): 3,
        ("start_bot", "AttributesRefused"): 1,
        ("chat_bot", "AttributesRefused"): 1,
        ("rescue_bot", "AttributesRefused"): 1,
        ("rescue_bot", "CustomersRescued"): 1,
        ("rescue_bot", "EventsNotUnderstood"): 1,
    }


def test_alarms_tell_the_topic_of_the_setting(template_with: Synthesize, template: Template) -> None:
    topic = "arn:aws:sns:eu-west-1:111122223333:on-call"

    told = template_with(alarm_topic=topic)

    assert all(alarm["AlarmActions"] == [topic] for alarm in told.all("AWS::CloudWatch::Alarm").values())
    assert all("AlarmActions" not in alarm for alarm in template.all("AWS::CloudWatch::Alarm").values())


def test_the_bots_have_the_memory_of_the_setting(template_with: Synthesize) -> None:
    """As many as there are; tools need less."""
    functions = template_with(memory_mb="1769").all("AWS::Lambda::Function")

    assert {functions[bot]["MemorySize"] for bot in BOTS} == {1769}
    assert functions["OrdersTool"]["MemorySize"] == 512


def test_by_default_nothing_is_paid_for_starting(template: Template) -> None:
    functions = template.all("AWS::Lambda::Function")

    assert not any("SnapStart" in function for function in functions.values())
    assert not any("ProvisionedConcurrencyConfig" in alias for alias in template.all("AWS::Lambda::Alias").values())


def test_snapshots_are_made_of_the_bots_that_customers_wait_for(template_with: Synthesize) -> None:
    """RescueBot and the tools stay as they are."""
    functions = template_with(snap_start="true").all("AWS::Lambda::Function")

    assert {name for name, function in functions.items() if "SnapStart" in function} == {"StartBot", "ChatBot"}
    assert functions["ChatBot"]["SnapStart"] == {"ApplyOn": "PublishedVersions"}


def test_processes_are_kept_started_behind_the_alias(template_with: Synthesize) -> None:
    """Everybody names the alias, so that is where they serve."""
    aliases = template_with(provisioned_concurrency="2").all("AWS::Lambda::Alias")

    kept = {alias["FunctionName"]: alias.get("ProvisionedConcurrencyConfig") for alias in aliases.values()}
    assert {name for name, config in kept.items() if config} == {"${StartBot}", "${ChatBot}"}
    assert kept["${ChatBot}"] == {"ProvisionedConcurrentExecutions": 2}
