"""A queue for what failed: encrypted, over TLS only, kept 14 days, with an alarm as soon as anything is in it."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.acknowledgements import acknowledge
from cdk.alarms import Alarms
from cdk.encryption import SEND_TO_QUEUE, through
from cdk.function import Function

KEPT_FOR = Duration.days(14)
"""The most that SQS offers, and the longest that text of a customer may be kept."""


class FailureQueue(Construct):
    """Ends with whoever reads it. `means` is what the alarm tells."""

    def __init__(self, scope: Construct, construct_id: str, *, key: kms.Key, alarms: Alarms, means: str) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self.queue = sqs.Queue(
            self,
            "Default",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=KEPT_FOR,
        )
        alarms.on_any_message(self.queue, self, means=means)
        acknowledge(
            self.queue, "AwsSolutions-SQS3", reason="This is where failures end; it needs no such queue itself."
        )

    @property
    def arn(self) -> str:
        return self.queue.queue_arn

    def accept_from_function(self, function: Function) -> None:
        """Let Lambda put a function's failed events here; it does so in the function's role."""
        function.allow("sqs:SendMessage", on=[self.arn])
        function.allow(*SEND_TO_QUEUE, on=[self._key.key_arn], when=through("sqs"))

    def accept_from_topic(self, topic_arn: str) -> None:
        """Let SNS put what it could not deliver from a topic here."""
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("sns.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.arn],
                conditions={"ArnEquals": {"aws:SourceArn": topic_arn}},
            )
        )
