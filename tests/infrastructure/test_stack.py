"""The stack as a whole: it runs in any account and Region, beside others of its kind, and tells what it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from cdk.synthesis import main, synthesize
from tests.infrastructure.conftest import Synthesize
from tests.infrastructure.template import Template

GIVEN_NAMES = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
}


def test_no_account_and_no_region_is_written_down(template: Template) -> None:
    """The same template deploys everywhere. Hashes of assets are left out: they may hold any digits."""
    text = re.sub(r"[0-9a-fA-F]{32,}", "", json.dumps(template.content))
    session = boto3.session.Session(region_name="none")
    regions = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ec2", partition_name=partition)
    }

    assert re.findall(r"(?<!\d)\d{12}(?!\d)", text) == []
    assert len(regions) > 20
    assert [region for region in regions if region in text] == []


def test_two_stacks_in_one_account_do_not_meet(template: Template, template_with: Synthesize) -> None:
    """What AWS asks a name for has the stack's; nothing else has one of its own, and nothing is exported."""
    other = template_with(stack="Trial")

    for stack, name in ((template, "Handoff"), (other, "Trial")):
        assert stack.one("AWS::BedrockAgentCore::Runtime")["AgentRuntimeName"] == name
        assert stack.one("AWS::BedrockAgentCore::Memory")["Name"] == name
        assert stack.one("AWS::Bedrock::Guardrail")["Name"] == name
        for resource in stack.resources():
            assert GIVEN_NAMES.get(resource["Type"], "none") not in resource.get("Properties", {})
        assert all("Export" not in output for output in stack.content["Outputs"].values())
    assert template.one("AWS::Connect::ContactFlow")["Name"] != other.one("AWS::Connect::ContactFlow")["Name"]


@pytest.mark.parametrize(
    ("settings", "of_agents"),
    [
        ({}, {}),
        ({"backend": "bedrock-agents"}, {}),
        ({"backend": "agentcore-harness"}, {}),
        ({"backend": "bedrock-agents", "deploy_team": "false"}, {"agentId": None, "agentAliasId": None}),
        (
            {"backend": "agentcore-runtime", "deploy_team": "false"},
            {"agentRuntimeArn": None, "agentRuntimeQualifier": "DEFAULT"},
        ),
        ({"backend": "agentcore-harness", "deploy_team": "false"}, {"harnessArn": None}),
    ],
)
def test_the_instance_is_asked_for_and_agents_only_if_they_are_there_already(
    template_with: Synthesize, settings: dict[str, Any], of_agents: dict[str, str | None]
) -> None:
    """A guessed id would deploy and stay silent."""
    declared = template_with(**settings).content["Parameters"]
    parameters = {name: each for name, each in declared.items() if name != "BootstrapVersion"}

    assert {name: each.get("Default") for name, each in parameters.items()} == {
        "instanceId": None,
        "queueName": "BasicQueue",
        **of_agents,
    }
    assert all(each["ConstraintDescription"] for each in parameters.values())


@pytest.mark.parametrize(
    ("parameter", "value", "fits"),
    [
        ("instanceId", "12345678-90ab-cdef-1234-567890abcdef", True),
        ("instanceId", "arn:aws:connect:eu-west-1:111122223333:instance/12345678", False),
        ("instanceId", "", False),
        ("queueName", "Ventas – España", True),
        ("queueName", "", False),
    ],
)
def test_a_parameter_refuses_what_cannot_be_right(template: Template, parameter: str, value: str, fits: bool) -> None:
    pattern = template.content["Parameters"][parameter]["AllowedPattern"]

    assert (re.fullmatch(pattern, value) is not None) is fits


RUNTIME = "arn:aws:bedrock-agentcore:eu-west-1:111122223333:runtime/mine-a1B2c3D4e5"
HARNESS = "arn:aws:bedrock-agentcore:eu-west-1:111122223333:harness/mine-a1B2c3D4e5"


@pytest.mark.parametrize(
    ("settings", "parameter", "value", "fits"),
    [
        ({"backend": "bedrock-agents"}, "agentId", "ABCDE12345", True),
        ({"backend": "bedrock-agents"}, "agentId", "ABCDE123456", False),
        ({"backend": "bedrock-agents"}, "agentAliasId", "TSTALIASID", True),
        ({"backend": "bedrock-agents"}, "agentAliasId", "live/1", False),
        ({"backend": "agentcore-runtime"}, "agentRuntimeArn", RUNTIME, True),
        ({"backend": "agentcore-runtime"}, "agentRuntimeArn", HARNESS, False),
        ({"backend": "agentcore-runtime"}, "agentRuntimeArn", "mine-a1B2c3D4e5", False),
        ({"backend": "agentcore-runtime"}, "agentRuntimeQualifier", "DEFAULT", True),
        ({"backend": "agentcore-runtime"}, "agentRuntimeQualifier", "", False),
        ({"backend": "agentcore-harness"}, "harnessArn", HARNESS, True),
        ({"backend": "agentcore-harness"}, "harnessArn", RUNTIME, False),
    ],
)
def test_what_names_agents_refuses_what_cannot_be_right(
    template_with: Synthesize, settings: dict[str, Any], parameter: str, value: str, fits: bool
) -> None:
    pattern = template_with(deploy_team="false", **settings).content["Parameters"][parameter]["AllowedPattern"]

    assert (re.fullmatch(pattern, value) is not None) is fits


def test_the_deployer_is_told_how_to_try_it_what_to_connect_and_what_stays(template: Template) -> None:
    told = template.outputs()

    assert told["FlowName"] == "Handoff inbound chat"
    assert "Test chat" in told["HowToTry"]
    assert "'Handoff inbound chat'" in told["HowToTry"]
    assert told["StartBotArn"] == "${StartBotAlias}"
    assert told["QueueArn"] == "${HumanQueue.QueueArn}"
    assert told["AgentRuntimeArn"] == "${Team.AgentRuntimeArn}"
    assert all(f"${{{table}}}" in told["KeptByDestroy"] for table in ("Contacts", "Orders", "Tickets"))


def test_cdk_nag_finds_nothing_that_is_not_acknowledged(package: Path, tmp_path: Path) -> None:
    """Findings of AwsSolutions make the synthesis raise; each acknowledgement carries its reason."""
    context = {"lambda_package": str(package), "agent_package": str(package), "nag": "true"}
    template = synthesize(outdir=tmp_path, context=context)

    report = json.loads((tmp_path / "validation-report.json").read_text())
    assert template.name == "Handoff.template.json"
    assert [plugin["violations"] for plugin in report["pluginReports"] if plugin["violations"]] == []


def test_a_wrong_setting_stops_the_synthesis_with_one_line_that_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main({"langauge": "es"})

    assert stopped.value.code == 1
    assert capsys.readouterr().err == "handoff: setting langauge: there is no such setting; did you mean language?\n"


def test_only_the_lookups_own_module_is_in_its_asset(package: Path, tmp_path: Path) -> None:
    """Byte code in it would give the same source another hash on every machine."""
    synthesize(outdir=tmp_path, context={"lambda_package": str(package), "agent_package": str(package)})

    assets = [sorted(file.name for file in asset.iterdir()) for asset in tmp_path.glob("asset.*")]

    assert ["handler.py"] in assets
