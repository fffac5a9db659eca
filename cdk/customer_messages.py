"""The topic on which Amazon Connect publishes what happens in a chat, and who hears what of it.

Connect publishes everything, the bot's own messages included. The filter lets through what the bot acts on and nothing
else, so that it never answers itself:

    a customer's message or file   ParticipantRole CUSTOMER, Type MESSAGE or ATTACHMENT
    the end of the chat            Type EVENT, …event.chat.ended; its role is not relied on
    a person's arrival             ParticipantRole AGENT, Type EVENT, …event.participant.joined

Two statements decide who may publish: the topic policy names the instance, the key policy by default only the service.
A condition in a key policy that Connect does not meet makes the bot deaf with no error anywhere, and which ones it
meets is not documented (administrator guide, chat message streaming, read 2026-11); the setting
`topic_source_condition` adds it.
"""

from __future__ import annotations

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk.acknowledgements import acknowledge
from cdk.alarms import WATCHED_FOR, Alarms
from cdk.function import Function
from cdk.queues import Queue

CONNECT = "connect.amazonaws.com"
_EVENT = "application/vnd.amazonaws.connect.event"
FILTER_POLICY = {
    "$or": [
        {"ParticipantRole": ["CUSTOMER"], "Type": ["MESSAGE", "ATTACHMENT"]},
        {"Type": ["EVENT"], "ContentType": [f"{_EVENT}.chat.ended"]},
        {"ParticipantRole": ["AGENT"], "Type": ["EVENT"], "ContentType": [f"{_EVENT}.participant.joined"]},
    ]
}


class CustomerMessages(Construct):
    """An encrypted topic that one Connect instance may publish to."""

    def __init__(self, scope: Construct, construct_id: str, *, instance_arn: str, condition_on_key: bool) -> None:
        super().__init__(scope, construct_id)
        comes_from_instance = {
            "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
            "ArnEquals": {"aws:SourceArn": instance_arn},
        }
        self.topic = sns.Topic(
            self,
            "Default",
            master_key=self._make_key(comes_from_instance if condition_on_key else None),
            enforce_ssl=True,
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(CONNECT)],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions=comes_from_instance,
            )
        )

    @property
    def arn(self) -> str:
        return self.topic.topic_arn

    def watch_losses(self, alarms: Alarms) -> None:
        """Tell when even the queue for what cannot be delivered did not take an event."""
        alarms.at(
            self,
            "EventsLost",
            metric=self.topic.metric("NumberOfNotificationsFailedToRedriveToDlq", period=WATCHED_FOR, statistic="Sum"),
            threshold=1,
            means="SNS could neither deliver nor keep an event: a message is lost. See the queue's policy and key.",
        )

    def deliver_to(self, listener: Function, *, undelivered: Queue) -> None:
        """Subscribe a function; what Lambda does not accept goes to `undelivered`.

        The L1 subscription, because CDK's own refuses `$or`.
        """
        subscription = sns.CfnSubscription(
            self,
            "Subscription",
            topic_arn=self.arn,
            protocol="lambda",
            endpoint=listener.alias.function_arn,
            filter_policy=FILTER_POLICY,
            filter_policy_scope="MessageAttributes",
            redrive_policy={"deadLetterTargetArn": undelivered.arn},
        )
        acknowledge(
            subscription,
            "CloudFormation-Validate::W3694",
            reason="An alias is a function too; CDK's check knows only the unqualified one.",
        )
        undelivered.accept_from_topic(self.arn)
        listener.alias.add_permission(
            "CustomerMessages", principal=iam.ServicePrincipal("sns.amazonaws.com"), source_arn=self.arn
        )

    def _make_key(self, conditions: dict[str, dict[str, str]] | None) -> kms.Key:
        key = kms.Key(
            self,
            "Key",
            description=f"{Stack.of(self).stack_name}: messages on their way from Amazon Connect",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,  # the topic keeps nothing that would need it later
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(CONNECT)],
                actions=["kms:GenerateDataKey*", "kms:Decrypt"],
                resources=["*"],
                conditions=conditions,
            )
        )
        return key
