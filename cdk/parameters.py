"""What is told at deployment: plain values that do not shape the template.

An instance id has no default, because a guessed one would deploy and then stay silent. Patterns are those of the AWS
service models (botocore 1.44.5), tightened where an ARN instead of an id is the usual slip. What names agents that
somebody else deployed is declared in `brought`.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws, CfnParameter
from constructs import Construct


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters that every deployment has; all are tokens until deployment."""

    instance_id: str
    queue_name: str

    @property
    def instance_arn(self) -> str:
        return f"arn:{Aws.PARTITION}:connect:{Aws.REGION}:{Aws.ACCOUNT_ID}:instance/{self.instance_id}"


def declare_parameters(stack: Construct) -> Parameters:
    return Parameters(
        instance_id=declare(
            stack,
            "instanceId",
            pattern="^[-a-zA-Z0-9]{1,100}$",
            description="Id of your Amazon Connect instance",
            constraint="the id of an Amazon Connect instance: what follows instance/ in its ARN",
        ),
        queue_name=declare(
            stack,
            "queueName",
            pattern="^.{1,256}$",
            description="Name of the standard queue where customers wait for a person",
            constraint="the exact name of a queue: 1 to 256 characters",
            default="BasicQueue",
        ),
    )


def declare(
    stack: Construct, name: str, *, pattern: str, description: str, constraint: str, default: str | None = None
) -> str:
    parameter = CfnParameter(
        stack,
        name,
        type="String",
        allowed_pattern=pattern,
        description=description,
        constraint_description=constraint,
        default=default,
    )
    return parameter.value_as_string
