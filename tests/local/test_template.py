"""The laptop runs what the template says: functions, tables, subscriptions, the flow; synthesized once per change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.guard import Guard
from local.intrinsics import CannotResolve, arn, queue_url
from local.template import (
    CannotSynthesize,
    EventSource,
    Flow,
    Queue,
    StackTemplate,
    Subscription,
    Synthesizer,
    read_template,
)

TEMPLATE: dict[str, Any] = {
    "Parameters": {"agentId": {"Type": "String"}},
    "Outputs": {
        "BotArn": {"Value": {"Ref": "Live"}},
        "Elsewhere": {"Value": {"Fn::ImportValue": "somewhere"}},
    },
    "Resources": {
        "Bot0A1B2C3D": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.14",
                "Handler": "lambdas.chat_bot.handler.handler",
                "Timeout": 180,
                "MemorySize": 1024,
                "Environment": {"Variables": {"AGENT_ID": {"Ref": "agentId"}, "CONTACTS_TABLE": {"Ref": "Contacts"}}},
            },
        },
        "Provider": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "nodejs22.x", "Handler": "index.x"}},
        "Live": {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Bot0A1B2C3D"}, "Name": "live"}},
        "Retries": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {
                "FunctionName": {"Ref": "Bot0A1B2C3D"},
                "Qualifier": "live",
                "MaximumRetryAttempts": 1,
                "MaximumEventAgeInSeconds": 900,
                "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Failures0A1B2C3D", "Arn"]}}},
            },
        },
        "Failures0A1B2C3D": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "VisibilityTimeout": 360,
                "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Unrescued", "Arn"]}, "maxReceiveCount": 3},
            },
        },
        "Unrescued": {"Type": "AWS::SQS::Queue"},
        "FailuresOfBot": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Failures0A1B2C3D", "Arn"]},
                "FunctionName": {"Ref": "Live"},
                "BatchSize": 1,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        },
        "Contacts": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "KeySchema": [{"AttributeName": "contact_id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "contact_id", "AttributeType": "S"}],
                "SSESpecification": {"KMSMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
            },
        },
        "Chats": {"Type": "AWS::SNS::Topic"},
        "ByMail": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {"TopicArn": {"Ref": "Chats"}, "Protocol": "email", "Endpoint": "a@b.example"},
        },
        "ToBot": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "Chats"},
                "Protocol": "lambda",
                "Endpoint": {"Ref": "Live"},
                "FilterPolicy": {"Type": ["MESSAGE"]},
                "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Failures0A1B2C3D", "Arn"]}},
            },
        },
        "Inbound": {
            "Type": "AWS::Connect::ContactFlow",
            "Properties": {
                "Name": "inbound",
                "Type": "CONTACT_FLOW",
                "Content": {"Fn::Join": ["", ['{"StartAction":"', {"Ref": "Live"}, '"}']]},
            },
        },
    },
}


def read(template: dict[str, Any] = TEMPLATE) -> StackTemplate:
    return read_template(template, parameters={"agentId": "A1"}, custom_attributes={})


def test_a_function_is_read_with_its_settings_and_what_lambda_does_with_its_failures() -> None:
    """Timeout, retries and event age shape what a customer meets after a failure, so they are the template's here."""
    [function] = read().functions

    assert function.name == "Bot"
    assert function.handler == "lambdas.chat_bot.handler.handler"
    assert function.environment == {"AGENT_ID": "A1", "CONTACTS_TABLE": "Contacts"}
    assert (function.timeout_seconds, function.memory_mb) == (180.0, 1024)
    assert function.qualifiers == ("$LATEST", "live")
    assert (function.retry_attempts, function.maximum_event_age_seconds) == (1, 900.0)
    assert function.on_failure_arn == arn("sqs", "Failures")


def test_how_events_of_another_qualifier_are_treated_means_nothing() -> None:
    """Everybody names the alias `live`; Lambda would not apply another one's configuration to its events."""
    resources = TEMPLATE["Resources"]
    properties = resources["Retries"]["Properties"]
    unqualified = {**resources["Retries"], "Properties": {**properties, "Qualifier": "$LATEST"}}

    [function] = read({**TEMPLATE, "Resources": {**resources, "Retries": unqualified}}).functions

    assert (function.retry_attempts, function.maximum_event_age_seconds) == (2, 21_600.0)
    assert function.on_failure_arn is None


def test_a_table_becomes_the_request_that_creates_it() -> None:
    """Only what decides how items are kept; encryption has no meaning here."""
    [table] = read().tables

    assert table.definition["TableName"] == "Contacts"
    assert table.definition["KeySchema"] == [{"AttributeName": "contact_id", "KeyType": "HASH"}]
    assert "SSESpecification" not in table.definition


def test_only_subscriptions_of_functions_are_delivered_to() -> None:
    """With the very filter that AWS would apply."""
    assert read().subscriptions == (
        Subscription(
            topic_arn=arn("sns", "Chats"),
            function_arn=arn("lambda", "function:Bot:live"),
            filter_policy={"Type": ["MESSAGE"]},
            filter_policy_scope="MessageAttributes",
            dead_letter_arn=arn("sqs", "Failures"),
        ),
    )


def test_a_queue_is_read_with_what_becomes_of_messages_that_nobody_deletes() -> None:
    """When they come back, and where they go in the end; SQS's own default holds where the template is silent."""
    failures, unrescued = read().queues

    assert failures == Queue(
        name="Failures",
        logical_id="Failures0A1B2C3D",
        arn=arn("sqs", "Failures"),
        url=queue_url("Failures"),
        visibility_timeout_seconds=360.0,
        dead_letter_arn=arn("sqs", "Unrescued"),
        max_receive_count=3,
    )
    assert (unrescued.visibility_timeout_seconds, unrescued.max_receive_count) == (30.0, None)


def test_a_function_reads_the_queue_that_the_template_maps_to_it() -> None:
    """How many messages at once, and whether it may say which of them failed."""
    assert read().event_sources == (
        EventSource(
            queue_arn=arn("sqs", "Failures"),
            function_arn=arn("lambda", "function:Bot:live"),
            batch_size=1,
            reports_failed_items=True,
        ),
    )


def test_outputs_are_told_as_far_as_they_can_be() -> None:
    """One that only AWS could tell does not keep the stack from running."""
    assert read().outputs == {"BotArn": arn("lambda", "function:Bot:live")}


def test_an_event_source_that_is_no_queue_is_refused() -> None:
    """A stream would be read by nobody, and nobody would notice."""
    stream = {"EventSourceArn": arn("kinesis", "stream/Any"), "FunctionName": {"Ref": "Live"}}
    mapping = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": stream}

    with pytest.raises(CannotResolve, match="kinesis"):
        read({**TEMPLATE, "Resources": {**TEMPLATE["Resources"], "FailuresOfBot": mapping}})


def test_the_flow_s_content_is_resolved_and_parsed() -> None:
    """The interpreter runs the same text that Connect would get."""
    content = {"StartAction": arn("lambda", "function:Bot:live")}

    assert read().flow() == Flow(name="inbound", kind="CONTACT_FLOW", content=content)


def test_a_template_without_an_inbound_flow_is_refused() -> None:
    """Nothing could start."""
    resources = {name: each for name, each in TEMPLATE["Resources"].items() if name != "Inbound"}

    with pytest.raises(CannotResolve, match="0 flows"):
        read({**TEMPLATE, "Resources": resources}).flow()


APP = """
import json, os, pathlib
folder = pathlib.Path(os.environ["CDK_OUTDIR"])
folder.mkdir(parents=True)
context = json.loads(os.environ["CDK_CONTEXT_JSON"])
(folder / "Any.template.json").write_text(json.dumps({"Description": context["word"]}))
with open("runs", "a") as runs:
    runs.write("x")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "cdk.json").write_text(json.dumps({"context": {"word": "hello"}}))
    return tmp_path


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard() as standing:
        yield standing


def synthesizer(project: Path, guard: Guard, **context: str) -> Synthesizer:
    return Synthesizer(root=project, folder=project / "build", guard=guard, context=context)


def runs(project: Path) -> int:
    return len((project / "runs").read_text())


async def test_a_template_is_synthesized_once_per_content_of_its_inputs(project: Path, guard: Guard) -> None:
    """The second start must be quick, and needs neither Node nor network."""
    first = await synthesizer(project, guard).template()
    second = await synthesizer(project, guard).template()

    assert first == second == {"Description": "hello"}
    assert runs(project) == 1


async def test_a_change_of_an_input_is_synthesized(project: Path, guard: Guard) -> None:
    """An edited sentence or construct must be there in the next chat; going back costs nothing."""
    one = synthesizer(project, guard)
    await one.template()
    (project / "cdk.json").write_text(json.dumps({"context": {"word": "bye"}}))
    changed = await one.template()
    (project / "cdk.json").write_text(json.dumps({"context": {"word": "hello"}}))
    back = await one.template()

    assert (changed, back) == ({"Description": "bye"}, {"Description": "hello"})
    assert runs(project) == 2


async def test_the_stack_s_own_context_comes_before_the_file_s(project: Path, guard: Guard) -> None:
    """A test or a start in another language chooses without editing cdk.json."""
    assert await synthesizer(project, guard, word="hola").template() == {"Description": "hola"}


async def test_the_lock_of_an_editor_is_no_input(project: Path, guard: Guard) -> None:
    """Emacs puts a link that leads nowhere beside each file with unsaved changes."""
    (project / "cdk").mkdir()
    (project / "cdk" / ".#stack.py").symlink_to("someone@somewhere.4711")

    assert await synthesizer(project, guard).template() == {"Description": "hello"}


@pytest.mark.parametrize("written", ["{", "[]", '{"context": 1}', "\x00"])
async def test_a_broken_cdk_json_is_told_in_one_line(project: Path, guard: Guard, written: str) -> None:
    """It is edited by hand, while the stack runs."""
    (project / "cdk.json").write_text(written)

    with pytest.raises(CannotSynthesize, match=r"^cdk\.json is no JSON object with a context: .+$"):
        await synthesizer(project, guard).template()


async def test_a_cdk_json_that_is_not_there_is_told(project: Path, guard: Guard) -> None:
    """Between an editor's removing and writing."""
    (project / "cdk.json").unlink()

    with pytest.raises(CannotSynthesize, match=r"^cdk\.json cannot be read: No such file"):
        await synthesizer(project, guard).template()


async def test_an_app_that_fails_is_told_by_its_last_line(project: Path, guard: Guard) -> None:
    """One clear line, and no half-written template for the next start."""
    (project / "app.py").write_text("raise SystemExit('handoff: setting language: it is wrong')")

    with pytest.raises(CannotSynthesize, match=r"^setting language: it is wrong$"):
        await synthesizer(project, guard).template()

    assert not list((project / "build").iterdir())
