"""Where AgentCore writes what a process prints: a log group by the Runtime's id, under the stack's key and retention.

The group is made right after the Runtime and before anybody can ask it; a group that AgentCore made by itself would be
under no key of ours and keep its lines for ever. The rule: a role writes to the groups of its own Runtime only.
"""

from __future__ import annotations

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.acknowledgements import acknowledge
from cdk.encryption import DataKey
from cdk.function import RETENTION
from cdk.roles import ServiceRole

BELOW = "/aws/bedrock-agentcore/runtimes/"
"""Below it the group is `<runtime's id>-<endpoint's name>` (developer guide, observability, read 2026-11)."""
ENDPOINT = "DEFAULT"


def make_log_group(
    scope: Construct, *, runtime_id: str, names: str, data_key: DataKey, retention_days: int
) -> logs.LogGroup:
    """`names` is what such groups' names look like before the id is known."""
    data_key.serve_log_group(f"{BELOW}{names}")
    return logs.LogGroup(
        scope,
        "Logs",
        log_group_name=f"{BELOW}{runtime_id}-{ENDPOINT}",
        encryption_key=data_key.key,
        retention=RETENTION[retention_days],
        removal_policy=RemovalPolicy.DESTROY,
    )


def allow_logs(role: ServiceRole, names: str) -> None:
    """What the developer guide lists for an execution role's logs (runtime permissions, read 2026-11)."""
    below = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:"
    role.allow("logs:CreateLogGroup", "logs:DescribeLogStreams", on=[f"{below}{BELOW}{names}"])
    role.allow("logs:CreateLogStream", "logs:PutLogEvents", on=[f"{below}{BELOW}{names}:log-stream:*"])
    role.allow("logs:DescribeLogGroups", on=[f"{below}*"])
    plain = "arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:"
    for resource in (f"{BELOW}{names}", f"{BELOW}{names}:log-stream:*", "*"):
        acknowledge(
            role.role,
            f"AwsSolutions-IAM5[Resource::{plain}{resource}]",
            reason="AgentCore ends the group's name in an id that is not known before; listing groups knows no less.",
        )
