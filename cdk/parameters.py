"""What is told at deployment: plain values that do not shape the template.

The ids have no defaults, because a guessed one would deploy and then stay silent. Patterns are those of the AWS service
models (botocore 1.44.5), tightened where an ARN instead of an id is the usual slip.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws, CfnParameter
from constructs import Construct


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The stack's parameters, and the ARNs that follow from them; all are tokens until deployment."""

    instance_id: str
    agent_id: str
    agent_alias_id: str
    queue_name: str

    @property
    def instance_arn(self) -> str:
        return f"arn:{Aws.PARTITION}:connect:{Aws.REGION}:{Aws.ACCOUNT_ID}:instance/{self.instance_id}"

    @property
    def agent_alias_arn(self) -> str:
        return _bedrock_arn(f"agent-alias/{self.agent_id}/{self.agent_alias_id}")

    def agent_arn(self, agent_id: str | None = None) -> str:
        """The ARN of an agent; of the team's supervisor unless another id is given."""
        return _bedrock_arn(f"agent/{agent_id or self.agent_id}")


def declare_parameters(stack: Construct) -> Parameters:
    return Parameters(
        instance_id=_declare(
            stack,
            "instanceId",
            pattern="^[-a-zA-Z0-9]{1,100}$",
            description="Id of your Amazon Connect instance",
            constraint="the id of an Amazon Connect instance: what follows instance/ in its ARN",
        ),
        agent_id=_declare(
            stack,
            "agentId",
            pattern="^[0-9a-zA-Z]{1,10}$",
            description="Id of the Bedrock agent that answers (the supervisor of the team)",
            constraint="a Bedrock agent id: up to 10 letters and digits",
        ),
        agent_alias_id=_declare(
            stack,
            "agentAliasId",
            pattern="^[0-9a-zA-Z]{1,10}$",
            description="Id of that agent's alias",
            constraint="a Bedrock agent alias id: up to 10 letters and digits",
        ),
        queue_name=_declare(
            stack,
            "queueName",
            pattern="^.{1,256}$",
            description="Name of the standard queue where customers wait for a person",
            constraint="the exact name of a queue: 1 to 256 characters",
            default="BasicQueue",
        ),
    )


def _declare(
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


def _bedrock_arn(resource: str) -> str:
    return f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"
