"""The key under which everything at rest is kept: tables, logs and the queues of failed events.

The customer messages topic has its own key (see `customer_messages`), because that one serves Connect's service
principal, and what Connect may use must not open the tables. Rule: every service named in the key policy is held to
this stack's own resources.
"""

from __future__ import annotations

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

SEND_TO_QUEUE = ("kms:GenerateDataKey", "kms:Decrypt")
"""What a producer needs for an encrypted queue (SQS developer guide, key management, read 2026-11)."""
RECEIVE_FROM_QUEUE = "kms:Decrypt"
"""What a consumer needs, or Lambda, which reads the queue in the function's role (the same page)."""


class DataKey(Construct):
    """A customer-managed key with yearly rotation. It stays as long as the tables under it can."""

    def __init__(self, scope: Construct, construct_id: str, *, keep: bool) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Default",
            description=f"{Stack.of(self).stack_name}: tables, logs and queues",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
        )
        self.serve_log_group(f"{Stack.of(self).stack_name}-*")  # so CloudFormation names ours

    def serve_topic(self, topic_arn: str) -> None:
        """Let SNS put what it could not deliver from this topic into a queue under this key."""
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("sns.amazonaws.com")],
                actions=["kms:GenerateDataKey*", "kms:Decrypt"],
                resources=["*"],
                conditions={"ArnEquals": {"aws:SourceArn": topic_arn}},
            )
        )

    def serve_log_group(self, name: str) -> None:
        """Let CloudWatch Logs keep a group, or all whose names fit; it names the group as encryption context."""
        groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:{name}"
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")],
                actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            )
        )


def through(service: str) -> dict[str, dict[str, str]]:
    """The condition that a key is used only by way of one AWS service."""
    return {"StringEquals": {"kms:ViaService": f"{service}.{Aws.REGION}.amazonaws.com"}}
