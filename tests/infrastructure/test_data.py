"""What is kept: under which key, for how long, and what outlives the stack."""

from __future__ import annotations

import pytest

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


def test_queues_of_failures_are_encrypted_over_tls_and_kept_14_days(template: Template) -> None:
    """What ChatBot gave up on holds text of a customer."""
    queues = template.all("AWS::SQS::Queue")

    assert set(queues) == {"Failures", "Undelivered"}
    for name, queue in queues.items():
        assert queue["KmsMasterKeyId"] == "${DataKey.Arn}"
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
        (policy,) = [
            each["PolicyDocument"]["Statement"]
            for each in template.all("AWS::SQS::QueuePolicy").values()
            if each["Queues"] == [f"${{{name}}}"]
        ]
        assert ("Deny", {"Bool": {"aws:SecureTransport": "false"}}) in [
            (statement["Effect"], statement["Condition"]) for statement in policy
        ]


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
