"""Findings of the checks that stay, beside the construct they are about and with the reason.

The checks are cdk-nag's AwsSolutions and CDK's own look at the template. A finding is named by the id it prints.
"""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import Construct

_INSTANCE = "arn:<AWS::Partition>:connect:<AWS::Region>:<AWS::AccountId>:instance/<instanceId>"


def acknowledge(construct: Construct, finding: str, *, reason: str) -> None:
    Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))


def acknowledge_all_of_instance(construct: Construct, kind: str, *, reason: str) -> None:
    """A permission on all contacts or queues of the one instance."""
    acknowledge(construct, f"AwsSolutions-IAM5[Resource::{_INSTANCE}/{kind}/*]", reason=reason)
