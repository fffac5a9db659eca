"""What is kept: under which key, for how long, and what outlives the stack."""

from __future__ import annotations

import pytest

from lambdas.conversation.contact import KEPT_AT_MOST_SECONDS
from tests.infrastructure.conftest import Synthesize
from tests.infrastructure.template import Template

KEYS = {
    "Contacts": [("contact_id", "HASH"), ("item", "RANGE")],
    "Orders": [("order_number", "HASH")],
    "Customers": [("contact_point", "HASH")],
    "Tickets": [("ticket_number", "HASH")],
}


@pytest.mark.parametrize("name", KEYS)
def test_a_table_has_the_keys_its_adapter_uses(template: Template, name: str) -> None:
    table = template.all("AWS::DynamoDB::Table")[name]

    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == KEYS[name]
    assert {each["AttributeType"] for each in table["AttributeDefinitions"]} == {"S"}


@pytest.mark.parametrize("name", KEYS)
def test_a_table_is_encrypted_under_the_data_key_and_recoverable(template: Template, name: str) -> None:
    table = template.all("AWS::DynamoDB::Table")[name]

    assert table["SSESpecification"] == {"KMSMasterKeyId": "${DataKey.Arn}", "SSEEnabled": True, "SSEType": "KMS"}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_contacts_expire_and_no_text_outlives_14_days(template: Template) -> None:
    """Records live 8 days at most, real deletion may be 2 days late, and backups reach back some more."""
    table = template.all("AWS::DynamoDB::Table")["Contacts"]

    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert 8 + 2 + table["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] <= 14


QUEUES = ("Failures", "Kept", "Unrescued")


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_of_failures_is_encrypted_and_over_tls_only(template: Template, name: str) -> None:
    """What ChatBot gave up on holds text of a customer."""
    assert template.all("AWS::SQS::Queue")[name]["KmsMasterKeyId"] == "${DataKey.Arn}"
    (policy,) = [
        each["PolicyDocument"]["Statement"]
        for each in template.all("AWS::SQS::QueuePolicy").values()
        if each["Queues"] == [f"${{{name}}}"]
    ]
    assert ("Deny", {"Bool": {"aws:SecureTransport": "false"}}) in [
        (statement["Effect"], statement["Condition"]) for statement in policy
    ]


def test_no_text_outlives_14_days_in_the_queues(template: Template) -> None:
    """As long as its contact is recorded an event may be replayed, fail and wait again; then no more."""
    queues = template.all("AWS::SQS::Queue")
    seconds = {name: queue["MessageRetentionPeriod"] for name, queue in queues.items()}

    assert set(queues) == set(QUEUES)
    lives = template.one("AWS::Lambda::EventInvokeConfig")["MaximumEventAgeInSeconds"]
    waits = max(seconds["Failures"] + seconds["Kept"], seconds["Unrescued"])  # SQS counts from Failures on
    assert KEPT_AT_MOST_SECONDS + lives + waits <= 14 * 24 * 3600
    assert seconds["Unrescued"] > seconds["Failures"]  # or what is moved at the end would be gone at once


def test_keys_rotate(template: Template) -> None:
    assert all(key["EnableKeyRotation"] is True for key in template.all("AWS::KMS::Key").values())


def test_tables_and_their_key_outlive_the_stack(template: Template) -> None:
    """A kept table without its key could never be read again."""
    for name in (*KEYS, "DataKey"):
        resource = template.resource(name)
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_nothing_else_outlives_the_stack(template: Template) -> None:
    kept = [each["Type"] for each in template.resources() if each.get("DeletionPolicy") == "Retain"]

    assert sorted(kept) == ["AWS::DynamoDB::Table"] * len(KEYS) + ["AWS::KMS::Key"]


def test_a_setting_lets_everything_go_with_the_stack(template_with: Synthesize) -> None:
    """For a stack that was made to try something."""
    template = template_with(keep_data="false")

    assert all(each.get("DeletionPolicy") != "Retain" for each in template.resources())
    assert template.outputs()["KeptByDestroy"] == "Nothing."
