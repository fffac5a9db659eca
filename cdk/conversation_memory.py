"""AgentCore Memory for what is said in a session, and nothing beyond it: no strategy draws lasting records from it."""

from __future__ import annotations

from aws_cdk import Aws, Stack
from aws_cdk import aws_bedrockagentcore as agentcore_
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk.names import name_of
from cdk.roles import ANY_AGENTCORE, ServiceRole

AGENTCORE = "bedrock-agentcore.amazonaws.com"
KEPT_DAYS = 7
"""Within the 14 days that text may be kept, and the least that the documentation allows (7 to 365 days; the service
model says 3 to 365; both read 2026-11)."""
EVENTS = (
    "bedrock-agentcore:CreateEvent",
    "bedrock-agentcore:GetEvent",
    "bedrock-agentcore:ListEvents",
    "bedrock-agentcore:DeleteEvent",
)
_USE_KEY = ("kms:Decrypt", "kms:GenerateDataKey")
_SERVE_MEMORY = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
"""What CDK's own construct gives the service for an encrypted memory (aws-cdk-lib 2.275, Memory). No page that was
found (2026-11) names a condition on kms:CreateGrant for a memory: it has none, and holds for this stack's key only."""


class ConversationMemory(Construct):
    """`id` and `arn` are known once it is deployed; `serve` lets a role keep events in it."""

    def __init__(self, scope: Construct, construct_id: str, *, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        name = name_of(Stack.of(self).stack_name)
        role = ServiceRole(self, "Role", service=AGENTCORE, arns=[ANY_AGENTCORE])
        role.allow(*_SERVE_MEMORY, on=[key.key_arn])
        self.memory = agentcore_.CfnMemory(
            self,
            "Default",
            name=name,
            event_expiry_duration=KEPT_DAYS,
            encryption_key_arn=key.key_arn,
            memory_execution_role_arn=role.arn,
        )
        self.memory.node.add_dependency(role)

    @property
    def id(self) -> str:
        return self.memory.attr_memory_id

    @property
    def arn(self) -> str:
        return self.memory.attr_memory_arn

    def serve(self, role: ServiceRole) -> None:
        role.allow(*EVENTS, on=[self.arn])
        through_agentcore = {"StringLike": {"kms:ViaService": f"bedrock-agentcore*.{Aws.REGION}.amazonaws.com"}}
        role.allow(*_USE_KEY, on=[self._key.key_arn], when=through_agentcore)
