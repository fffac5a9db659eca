"""A role that one AWS service takes on for one of our resources, and what agents need of a model.

Rule: who may take it on is held to one service, for this account in this Region; what it may do is listed call by call,
resource by resource.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.acknowledgements import acknowledge

GEOGRAPHIES = frozenset({"global", "us", "us-gov", "eu", "apac", "jp", "au", "ca"})
"""What the ids of inference profiles begin with (Bedrock user guide, inference profiles and the models' cards, read
2026-11). Any other id is a foundation model's."""
INVOKE_MODEL = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
"""Converse and ConverseStream are allowed by these two (Bedrock API reference, read 2026-11)."""


class ServiceRole(Construct):
    """`arns` are patterns of the resources that the service may take the role on for."""

    def __init__(self, scope: Construct, construct_id: str, *, service: str, arns: Sequence[str]) -> None:
        super().__init__(scope, construct_id)
        principal = iam.ServicePrincipal(
            service,
            conditions={
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                "ArnLike": {"aws:SourceArn": list(arns)},
            },
        )
        self.role = iam.Role(self, "Default", assumed_by=principal)

    @property
    def arn(self) -> str:
        return self.role.role_arn

    def allow(
        self, *actions: str, on: Sequence[str], when: Mapping[str, Mapping[str, str | Sequence[str]]] | None = None
    ) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=list(on), conditions=when))

    def allow_model(self, model: str, *, also: Sequence[str] = ()) -> None:
        """Let it use a model by its id: a foundation model, or an inference profile and its model in every Region."""
        geography, _, of_profile = model.partition(".")
        if geography not in GEOGRAPHIES:
            self.allow(*INVOKE_MODEL, *also, on=[_foundation_model(Aws.REGION, model)])
            return
        profile = f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}:{Aws.ACCOUNT_ID}:inference-profile/{model}"
        self.allow(*INVOKE_MODEL, *also, on=[profile, _foundation_model("*", of_profile)])
        acknowledge(
            self.role,
            f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*::foundation-model/{of_profile}]",
            reason="An inference profile chooses the Region; the model is this one only.",
        )


def _foundation_model(region: str, model: str) -> str:
    return f"arn:{Aws.PARTITION}:bedrock:{region}::foundation-model/{model}"


ANY_AGENTCORE = f"arn:{Aws.PARTITION}:bedrock-agentcore:{Aws.REGION}:{Aws.ACCOUNT_ID}:*"
"""Whom a role of AgentCore's trusts: the service, for this account in this Region. So AWS writes it (developer guide,
runtime permissions, read 2026-11); whether a narrower pattern holds while a resource is still being made is written
nowhere, and one that does not would end the first deployment."""
