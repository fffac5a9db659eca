"""A tool of the agent team: a function that agents may call.

Bedrock calls it as a service, so the permission is the function's and names the agents: the one that answers and, by
the setting `tool_agents`, collaborators that have an id of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Duration
from aws_cdk import aws_lambda as lambda_

from cdk.function import Function

BEDROCK = "bedrock.amazonaws.com"
TOOL_TIMEOUT = Duration.seconds(10)
TOOL_MEMORY_MB = 512


class Tool(Function):
    """`serve` lets agents of this account call it."""

    def serve(self, agent_arns: Sequence[str]) -> None:
        for number, agent_arn in enumerate(agent_arns, start=1):
            lambda_.CfnPermission(
                self,
                f"Agent{number}",
                action="lambda:InvokeFunction",
                function_name=self.alias.function_arn,
                principal=BEDROCK,
                source_account=Aws.ACCOUNT_ID,
                source_arn=agent_arn,
            )
