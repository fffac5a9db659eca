"""The contact flow in the template, and Connect's right to call what it names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from amazon_connect.flows.inbound import ROUND_SECONDS
from cdk.settings import Settings
from lambdas.conversation.phrases import phrases
from tests.infrastructure.conftest import Synthesize
from tests.infrastructure.template import Template

INSTANCE = "arn:${AWS::Partition}:connect:${AWS::Region}:${AWS::AccountId}:instance/${instanceId}"
START_BOT = "${StartBotAlias}"


def flow_of(template: Template) -> dict[str, Any]:
    return dict(template.one("AWS::Connect::ContactFlow"))


def blocks(template: Template, kind: str) -> list[dict[str, Any]]:
    actions = json.loads(flow_of(template)["Content"])["Actions"]
    return [action["Parameters"] for action in actions if action["Type"] == kind]


def test_one_qualified_arn_stands_in_association_permission_and_flow(template: Template) -> None:
    """Connect compares them as text: another spelling of the same function is another function."""
    association = template.one("AWS::Connect::IntegrationAssociation")
    permitted = [
        each["FunctionName"]
        for each in template.all("AWS::Lambda::Permission").values()
        if each["Principal"] == "connect.amazonaws.com"
    ]

    named = {block["LambdaFunctionARN"] for block in blocks(template, "InvokeLambdaFunction")}

    assert named == {START_BOT}
    assert association["IntegrationArn"] == START_BOT
    assert permitted == [START_BOT]


def test_the_association_names_the_instance_by_its_arn(template: Template) -> None:
    """The property is called InstanceId all the same."""
    association = template.one("AWS::Connect::IntegrationAssociation")

    assert (association["InstanceId"], association["IntegrationType"]) == (INSTANCE, "LAMBDA_FUNCTION")


def test_the_flow_is_made_after_association_and_permission(template: Template) -> None:
    """Before them Connect would refuse the flow, or run it into its error branch."""
    assert set(template.resource("InboundFlow")["DependsOn"]) == {"InboundFlowAssociation", "InboundFlowPermission"}


def test_the_flow_is_named_after_the_stack(template: Template, template_with: Synthesize) -> None:
    """A name may be there only once in an instance."""
    assert flow_of(template)["Name"] == "Handoff inbound chat"
    assert flow_of(template_with(stack="Trial"))["Name"] == "Trial inbound chat"


def test_the_flow_leads_to_the_queue_that_was_looked_up(template: Template) -> None:
    (target,) = blocks(template, "UpdateContactTargetQueue")

    assert target["QueueId"] == "${HumanQueue.QueueArn}"


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_flow_speaks_the_language_of_the_setting(template_with: Synthesize, language: str) -> None:
    said = {block["Text"] for block in blocks(template_with(language=language), "MessageParticipant")}

    assert phrases(language).sentences["flow.looking_for_a_person"] in said


def test_the_flow_fits_into_its_resource(template: Template) -> None:
    """Limits of AWS::Connect::ContactFlow: name 127, description 500, content 256,000 characters."""
    flow = flow_of(template)

    assert flow["Type"] == "CONTACT_FLOW"
    assert len(flow["Name"]) <= 127
    assert 0 < len(flow["Description"]) <= 500
    assert len(flow["Content"]) <= 256_000


def test_an_unanswered_customer_is_noticed_within_five_minutes_whatever_the_setting() -> None:
    """The flow asks once a round; the longest silence the setting allows and one round must stay below five minutes."""
    (longest,) = [limit.le for limit in Settings.model_fields["unanswered_seconds"].metadata if hasattr(limit, "le")]

    assert longest + ROUND_SECONDS <= 300


def test_the_queue_is_looked_up_again_when_its_name_changes(template: Template) -> None:
    """CloudFormation calls a custom resource only when a property of it changes."""
    resource = template.resource("HumanQueue")

    assert resource["Type"] == "Custom::ConnectQueue"
    assert resource["Properties"] == {
        "ServiceToken": "${HumanQueueLookupAlias}",
        "ServiceTimeout": "180",
        "InstanceId": "${instanceId}",
        "QueueName": "${queueName}",
    }
