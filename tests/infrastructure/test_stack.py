"""The stack as a whole: it runs in any account and Region, beside others of its kind, and tells what it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from cdk.regions import Place
from cdk.synthesis import main, synthesize
from lambdas.chat_bot import settings as chat_bot
from tests.infrastructure.conftest import Synthesize
from tests.infrastructure.template import Template

ROOT = Path(__file__).resolve().parents[2]
GIVEN_NAMES = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
}


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("backend", ["bedrock-agents", "agentcore-runtime", "agentcore-harness"])
def test_no_account_and_no_region_is_written_down(template_with: Synthesize, backend: str, own: bool) -> None:
    """The same template deploys everywhere. Hashes of assets are left out: they may hold any digits."""
    template = template_with(backend=backend, deploy_team=own)
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
    assert told["RescueBotArn"] == "${RescueBotAlias}"
    assert told["QueueArn"] == "${HumanQueue.QueueArn}"
    assert "'store' on agentcore-runtime, thinking with global.amazon.nova-2-lite-v1:0" in told["WhoAnswers"]
    assert told["AgentRuntimeArn"] == "${TeamRuntime.AgentRuntimeArn}"
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


def copy_store(folder: Path, old: str, new: str) -> Path:
    """The store's team with one text of its file replaced."""
    team = (ROOT / "agents" / "store" / "team.yaml").read_text(encoding="utf-8")
    assert old in team
    (folder / "instructions").mkdir()
    for file in (ROOT / "agents" / "store" / "instructions").iterdir():
        (folder / "instructions" / file.name).write_bytes(file.read_bytes())
    (folder / "team.yaml").write_text(team.replace(old, new, 1), encoding="utf-8")
    return folder / "team.yaml"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "action_group: escalation",
            "action_group: orders",
            "expected an action group without tools, but 'orders' has some",
        ),
        ("lambdas.tools.orders", "lambdas.tools.nope", "expected the file lambdas/tools/nope.py"),
    ],
    ids=["backend", "handler"],
)
def test_a_team_that_cannot_work_stops_the_synthesis(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, expected: str
) -> None:
    """With file and line, like every other mistake in a team."""
    file = copy_store(tmp_path, old, new)

    with pytest.raises(SystemExit):
        main({"lambda_package": str(package), "backend": "bedrock-agents", "team": str(tmp_path)})

    said = capsys.readouterr().err
    assert said.startswith(f"handoff: {file}, line ")
    assert expected in said


def test_a_session_must_not_outlive_the_team_s(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The bot would go on with a session that the agents have forgotten."""
    with pytest.raises(SystemExit):
        main({"lambda_package": str(package), "agent_session_idle_seconds": "5400"})

    assert "the team store forgets a session after 1800 s" in capsys.readouterr().err


def test_a_policy_for_agents_that_are_there_is_read_and_a_mistake_in_it_told(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "controls.yaml").write_text("controls:\n  - name: handover\n", encoding="utf-8")
    context = {"lambda_package": str(package), "handoff_policy": str(tmp_path / "controls.yaml")}

    with pytest.raises(SystemExit):
        main({**context, "deploy_team": "false"})
    assert f"{tmp_path / 'controls.yaml'}, line 2: expected 'controls.0.action_group'" in capsys.readouterr().err

    with pytest.raises(SystemExit):
        main(context)
    assert "setting handoff_policy: a team that is deployed brings its own" in capsys.readouterr().err


# Agents in a Region of their own

PLACE = Place(account="111122223333", region="eu-west-2")


@pytest.mark.parametrize("backend", ["bedrock-agents", "agentcore-runtime", "agentcore-harness"])
def test_a_team_elsewhere_is_a_stack_there_and_chat_bot_is_told_of_it(
    package: Path, tmp_path: Path, backend: str
) -> None:
    """Agents, tools and tables are there; the bot is beside Connect and asks across."""
    context = {"lambda_package": str(package), "agent_package": str(package), "backend": backend, "nag": True}
    template = synthesize(outdir=tmp_path, context={**context, "agent_region": "eu-west-1"}, place=PLACE)

    bot, agents = Template.read(template), Template.read(tmp_path / "HandoffTeam.template.json")
    told = bot.all("AWS::Lambda::Function")["ChatBot"]["Environment"]["Variables"]
    assert set(bot.all("AWS::DynamoDB::Table")) == {"Contacts"}
    assert set(agents.all("AWS::DynamoDB::Table")) == {"Orders", "Customers", "Tickets"}
    assert told["AGENT_REGION"] == "eu-west-1"
    assert {name for name in told if not name.startswith("POWERTOOLS_")} == chat_bot.names_of(backend)
    assert all("KeptByDestroy" in stack.outputs() for stack in (bot, agents))


def test_what_another_region_refers_to_never_changes(package: Path, tmp_path: Path) -> None:
    """CDK refuses to deploy a new value of it, and a guardrail's version is one with every change of its content."""
    context = {"lambda_package": str(package), "backend": "agentcore-harness", "agent_region": "eu-west-1"}
    template = Template.read(synthesize(outdir=tmp_path, context=context, place=PLACE))

    told = template.all("AWS::Lambda::Function")["ChatBot"]["Environment"]["Variables"]
    assert told["GUARDRAIL_VERSION"] == "DRAFT"


def test_the_guardrails_key_is_used_where_the_guardrail_is(package: Path, tmp_path: Path) -> None:
    context = {"lambda_package": str(package), "backend": "agentcore-harness", "agent_region": "eu-west-1"}
    template = Template.read(synthesize(outdir=tmp_path, context=context, place=PLACE))

    policy = template.all("AWS::IAM::Policy")["ChatBotRoleDefaultPolicy"]["PolicyDocument"]["Statement"]
    assert {"StringLike": {"kms:ViaService": "bedrock*.eu-west-1.amazonaws.com"}} in [
        statement.get("Condition") for statement in policy
    ]


def test_agents_that_are_there_in_another_region_need_no_second_stack(package: Path, tmp_path: Path) -> None:
    """And no account: their id is a parameter."""
    context = {"lambda_package": str(package), "backend": "bedrock-agents", "deploy_team": False}
    template = Template.read(synthesize(outdir=tmp_path, context={**context, "agent_region": "eu-west-1"}))

    asked = "arn:${AWS::Partition}:bedrock:eu-west-1:${AWS::AccountId}:agent-alias/${agentId}/${agentAliasId}"
    assert asked in str(template.all("AWS::IAM::Policy")["ChatBotRoleDefaultPolicy"])
    assert [file.name for file in tmp_path.glob("*.template.json")] == ["Handoff.template.json"]


def test_an_arn_of_another_region_than_the_setting_s_is_refused(package: Path, tmp_path: Path) -> None:
    """The client asks in the setting's Region and would find nothing."""
    context = {"lambda_package": str(package), "deploy_team": False, "agent_region": "us-east-1"}
    template = Template.read(synthesize(outdir=tmp_path, context=context))

    pattern = template.content["Parameters"]["agentRuntimeArn"]["AllowedPattern"]
    assert re.fullmatch(pattern, RUNTIME) is None
    assert re.fullmatch(pattern, RUNTIME.replace("eu-west-1", "us-east-1"))
