"""Every role, to the letter: what is not listed here, no function of this stack may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from tests.infrastructure.template import Template

INSTANCE = "arn:${AWS::Partition}:connect:${AWS::Region}:${AWS::AccountId}:instance/${instanceId}"
CONTACTS = f"{INSTANCE}/contact/*"
RUNTIME = "${TeamRuntime.AgentRuntimeArn}"
RUNTIME_ENDPOINT = f"{RUNTIME}/runtime-endpoint/DEFAULT"


def everyones(name: str) -> set[tuple[str, str]]:
    """Writing its own log and its traces, which know no resource."""
    return {
        ("logs:CreateLogStream", f"${{{name}Logs.Arn}}"),
        ("logs:PutLogEvents", f"${{{name}Logs.Arn}}"),
        ("xray:PutTelemetryRecords", "*"),
        ("xray:PutTraceSegments", "*"),
    }


ALLOWED = {
    "StartBot": everyones("StartBot")
    | {
        ("dynamodb:GetItem", "${Contacts.Arn}"),
        ("dynamodb:PutItem", "${Contacts.Arn}"),
        ("dynamodb:UpdateItem", "${Contacts.Arn}"),
        ("kms:Decrypt", "${DataKey.Arn}"),
        ("connect:CreateParticipant", INSTANCE),
        ("connect:CreateParticipant", CONTACTS),
        ("connect:StartContactStreaming", INSTANCE),
        ("connect:StartContactStreaming", CONTACTS),
        ("connect:StopContactStreaming", INSTANCE),
        ("connect:StopContactStreaming", CONTACTS),
        ("connect:UpdateContactAttributes", CONTACTS),
        ("lambda:InvokeFunction", "${ChatBotAlias}"),
    },
    "ChatBot": everyones("ChatBot")
    | {
        ("dynamodb:GetItem", "${Contacts.Arn}"),
        ("dynamodb:PutItem", "${Contacts.Arn}"),
        ("dynamodb:UpdateItem", "${Contacts.Arn}"),
        ("kms:Decrypt", "${DataKey.Arn}"),
        ("kms:GenerateDataKey", "${DataKey.Arn}"),
        ("sqs:SendMessage", "${Failures.Arn}"),
        ("connect:StopContactStreaming", INSTANCE),
        ("connect:StopContactStreaming", CONTACTS),
        ("connect:UpdateContactAttributes", CONTACTS),
        ("bedrock-agentcore:InvokeAgentRuntime", RUNTIME),
        ("bedrock-agentcore:InvokeAgentRuntime", RUNTIME_ENDPOINT),
        ("bedrock-agentcore:StopRuntimeSession", RUNTIME),
        ("bedrock-agentcore:StopRuntimeSession", RUNTIME_ENDPOINT),
    },
    "RescueBot": everyones("RescueBot")
    | {
        ("sqs:ReceiveMessage", "${Failures.Arn}"),
        ("sqs:DeleteMessage", "${Failures.Arn}"),
        ("sqs:GetQueueAttributes", "${Failures.Arn}"),
        ("sqs:SendMessage", "${Kept.Arn}"),
        ("sqs:ReceiveMessage", "${Kept.Arn}"),
        ("sqs:DeleteMessage", "${Kept.Arn}"),
        ("sqs:ChangeMessageVisibility", "${Kept.Arn}"),
        ("sqs:ReceiveMessage", "${Unrescued.Arn}"),
        ("sqs:DeleteMessage", "${Unrescued.Arn}"),
        ("sqs:ChangeMessageVisibility", "${Unrescued.Arn}"),
        ("dynamodb:GetItem", "${Contacts.Arn}"),
        ("dynamodb:PutItem", "${Contacts.Arn}"),
        ("dynamodb:UpdateItem", "${Contacts.Arn}"),
        ("kms:Decrypt", "${DataKey.Arn}"),
        ("kms:GenerateDataKey", "${DataKey.Arn}"),
        ("connect:StopContactStreaming", INSTANCE),
        ("connect:StopContactStreaming", CONTACTS),
        ("connect:UpdateContactAttributes", CONTACTS),
        ("lambda:InvokeFunction", "${ChatBotAlias}"),
    },
    "OrdersTool": everyones("OrdersTool") | {("dynamodb:GetItem", "${Orders.Arn}"), ("kms:Decrypt", "${DataKey.Arn}")},
    "CustomersTool": everyones("CustomersTool")
    | {("dynamodb:GetItem", "${Customers.Arn}"), ("kms:Decrypt", "${DataKey.Arn}")},
    "TicketsTool": everyones("TicketsTool")
    | {
        ("dynamodb:GetItem", "${Tickets.Arn}"),
        ("dynamodb:PutItem", "${Tickets.Arn}"),
        ("kms:Decrypt", "${DataKey.Arn}"),
    },
    "HumanQueueLookup": everyones("HumanQueueLookup") | {("connect:ListQueues", f"{INSTANCE}/queue/*")},
}


def statements_of(template: Template, function: str) -> list[Mapping[str, Any]]:
    statements: list[Mapping[str, Any]] = template.all("AWS::IAM::Policy")[f"{function}RoleDefaultPolicy"][
        "PolicyDocument"
    ]["Statement"]
    return statements


def listed(value: str | Iterable[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize("function", ALLOWED)
def test_a_function_may_make_exactly_its_own_calls(template: Template, function: str) -> None:
    """Least privilege: a call that is added to the code must be added here, and one that is dropped must go."""
    statements = statements_of(template, function)

    allowed = {
        (action, resource)
        for statement in statements
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }

    assert allowed == ALLOWED[function]
    assert {statement["Effect"] for statement in statements} == {"Allow"}


def test_every_function_has_its_own_role_and_only_the_policy_listed_here(template: Template) -> None:
    """A managed policy, or a role shared by two functions, would allow more than this file says."""
    roles = template.all("AWS::IAM::Role")

    assert {name for name in roles if not name.startswith("Team")} == {f"{function}Role" for function in ALLOWED}
    assert all("ManagedPolicyArns" not in role and "Policies" not in role for role in roles.values())
    assert {name: function["Role"] for name, function in template.all("AWS::Lambda::Function").items()} == {
        function: f"${{{function}Role.Arn}}" for function in ALLOWED
    }


@pytest.mark.parametrize("function", ALLOWED)
def test_the_data_key_is_used_only_by_way_of_the_service_that_needs_it(template: Template, function: str) -> None:
    """A function reads its table and queues; it does not decrypt by itself whatever else is under the key."""
    calls = {action.partition(":")[0] for action, _ in ALLOWED[function]}
    for statement in statements_of(template, function):
        if any(action.startswith("kms:") for action in listed(statement["Action"])):
            service = "sqs" if "kms:GenerateDataKey" in statement["Action"] else "dynamodb"
            assert service in calls
            assert statement["Condition"] == {
                "StringEquals": {"kms:ViaService": f"{service}.${{AWS::Region}}.amazonaws.com"}
            }


def test_services_call_functions_only_for_resources_of_this_account(template: Template) -> None:
    """A service principal serves every customer of AWS; source account and source ARN make it ours."""
    granted = {
        (each["FunctionName"], each["Principal"], each.get("SourceAccount"), each["SourceArn"])
        for each in template.all("AWS::Lambda::Permission").values()
    }

    assert granted == {
        ("${ChatBotAlias}", "sns.amazonaws.com", None, "${CustomerMessages}"),
        ("${StartBotAlias}", "connect.amazonaws.com", "${AWS::AccountId}", INSTANCE),
    }
