"""DynamoDB tables: under the data key, recoverable, paid per request.

`dynamodb.Table`, not TableV2, which cannot take a customer-managed key in a stack without a fixed Region. No table is
given a name, so that two stacks, or a stack and what an earlier one left behind, never collide.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk.encryption import through
from cdk.function import Function

LONGEST_RECOVERY_DAYS = 35
CONTACTS_RECOVERY_DAYS = 3
"""A record lives 8 days at most and its deletion may be days late: with 3 more, no text outlives 14 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableShape:
    """Keys are texts. `expires_at` is the attribute with the second since the epoch after which an item may go."""

    partition_key: str
    sort_key: str | None = None
    expires_at: str | None = None
    recovery_days: int = LONGEST_RECOVERY_DAYS
    """How far back a table can be restored: 1 to 35 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """How the tables of one stack are kept."""

    key: kms.Key
    keep: bool
    """Whether they outlive the stack."""


class Table(Construct):
    """One table; `allow` grants single operations on it."""

    def __init__(self, scope: Construct, construct_id: str, *, shape: TableShape, storage: Storage) -> None:
        super().__init__(scope, construct_id)
        self._key = storage.key
        self.table = dynamodb.Table(
            self,
            "Default",
            partition_key=_text(shape.partition_key),
            sort_key=_text(shape.sort_key) if shape.sort_key else None,
            time_to_live_attribute=shape.expires_at,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=storage.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True, recovery_period_in_days=shape.recovery_days
            ),
            removal_policy=RemovalPolicy.RETAIN if storage.keep else RemovalPolicy.DESTROY,
        )

    @property
    def name(self) -> str:
        return self.table.table_name

    def allow(self, function: Function, *operations: str) -> None:
        """Let a function make these calls.

        To read and to write, DynamoDB decrypts the table's own key as the caller and asks nothing else of ours
        (DynamoDB developer guide, encryption at rest; aws-cdk issue 10010; read 2026-11).
        """
        function.allow(*(f"dynamodb:{operation}" for operation in operations), on=[self.table.table_arn])
        function.allow("kms:Decrypt", on=[self._key.key_arn], when=through("dynamodb"))


def make_contacts_table(scope: Construct, construct_id: str, *, storage: Storage) -> Table:
    """The record of each contact: its turn and its identity, two items."""
    shape = TableShape(
        partition_key="contact_id", sort_key="item", expires_at="expires_at", recovery_days=CONTACTS_RECOVERY_DAYS
    )
    return Table(scope, construct_id, shape=shape, storage=storage)


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
