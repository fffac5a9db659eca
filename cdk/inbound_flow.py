"""The contact flow in Amazon Connect, and Connect's right to call StartBot.

One qualified ARN, that of StartBot's alias, stands in the association with the instance, in the function's permission
and in the flow; the flow is made after both, so that it never names a function that it may not call. After deployment
no step in the console is left.
"""

from __future__ import annotations

from aws_cdk import Aws, Stack
from aws_cdk import aws_connect as connect
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from amazon_connect.export import inbound_content
from amazon_connect.flows.inbound import inbound
from cdk.customer_messages import CONNECT
from cdk.function import Function


class InboundFlow(Construct):
    """The flow that chats start with. `name` is what an admin chooses."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        instance_arn: str,
        start_bot: Function,
        queue_arn: str,
        language: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = f"{Stack.of(self).stack_name} inbound chat"
        self._start_bot_arn = start_bot.alias.function_arn
        self.flow = connect.CfnContactFlow(
            self,
            "Default",
            instance_arn=instance_arn,
            name=self.name,
            type="CONTACT_FLOW",
            description=inbound().description,
            content=inbound_content(language=language, start_bot_arn=self._start_bot_arn, queue_arn=queue_arn),
        )
        self.flow.add_resource_dependency(self._associate(instance_arn))
        self.flow.add_resource_dependency(self._permit(instance_arn))

    def _associate(self, instance_arn: str) -> connect.CfnIntegrationAssociation:
        return connect.CfnIntegrationAssociation(
            self,
            "Association",
            instance_id=instance_arn,  # an ARN, despite the name
            integration_type="LAMBDA_FUNCTION",
            integration_arn=self._start_bot_arn,
        )

    def _permit(self, instance_arn: str) -> lambda_.CfnPermission:
        return lambda_.CfnPermission(
            self,
            "Permission",
            action="lambda:InvokeFunction",
            function_name=self._start_bot_arn,
            principal=CONNECT,
            source_account=Aws.ACCOUNT_ID,
            source_arn=instance_arn,
        )
