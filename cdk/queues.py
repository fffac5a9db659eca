"""The queues of events that failed: encrypted, over TLS only, and emptied in time.

    Failures     what Lambda gave up on and what SNS could not deliver; RescueBot reads it
    Kept         what RescueBot put aside, for a replay
    Unrescued    what RescueBot failed at again and again; SQS moves it there, and an alarm says so

They hold text of customers, which nobody keeps for more than 14 days. A replay can bring an event back as long as its
contact is recorded, which is 8 days at most; then it waits in Failures and after that in Kept. SQS counts the time in
Unrescued from Failures on (SQS developer guide, dead-letter queues, read 2026-11).
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.acknowledgements import acknowledge
from cdk.encryption import RECEIVE_FROM_QUEUE, SEND_TO_QUEUE, through
from cdk.function import Function

FAILURES_WAIT_AT_MOST = Duration.days(2)
KEPT_FOR = Duration.days(3)
UNRESCUED_FOR = Duration.days(5)


class Queue(Construct):
    """One queue. `hidden_for` is how long a message that was received is seen by nobody else.

    After it was received `looks` times in vain a message goes to `otherwise`; where that is not given the queue is an
    end, with whoever reads it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        key: kms.Key,
        kept_for: Duration,
        hidden_for: Duration | None = None,
        looks: int = 0,
        otherwise: Queue | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self.queue: sqs.Queue = sqs.Queue(
            self,
            "Default",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=kept_for,
            visibility_timeout=hidden_for,
            dead_letter_queue=sqs.DeadLetterQueue(queue=otherwise.queue, max_receive_count=looks)
            if otherwise
            else None,
        )
        if otherwise is None:
            acknowledge(
                self.queue, "AwsSolutions-SQS3", reason="This is where failures end; it needs no such queue itself."
            )

    @property
    def arn(self) -> str:
        return self.queue.queue_arn

    @property
    def url(self) -> str:
        return self.queue.queue_url

    def accept_from_function(self, function: Function) -> None:
        """Let a function send here, or Lambda in the function's role what failed in it."""
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

    def let_read(self, function: Function, *operations: str) -> None:
        """Let a function, or Lambda in its role, take messages out by these operations."""
        function.allow(*(f"sqs:{operation}" for operation in operations), on=[self.arn])
        function.allow(RECEIVE_FROM_QUEUE, on=[self._key.key_arn], when=through("sqs"))
