"""The queue where customers wait for a person, found by its name at deployment.

CloudFormation cannot look up a Connect queue, so a small custom resource does: see `queue_lookup`. It runs again when
the name or the instance changes; a queue renamed in Connect meanwhile keeps its ARN, and the flow with it.
"""

from __future__ import annotations

from pathlib import Path

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.acknowledgements import acknowledge_all_of_instance
from cdk.function import Function, Operations, Program
from cdk.parameters import Parameters

CODE = Path(__file__).resolve().parent / "queue_lookup"
TIMEOUT = Duration.seconds(60)
GIVEN_UP_AFTER = Duration.minutes(3)
"""CloudFormation's own limit for an answer is an hour."""


class HumanQueue(Construct):
    """`arn` is known once the stack is deployed."""

    def __init__(self, scope: Construct, construct_id: str, *, parameters: Parameters, operations: Operations) -> None:
        super().__init__(scope, construct_id)
        lookup = Function(
            self,
            "Lookup",
            program=Program(
                code=lambda_.Code.from_asset(str(CODE), exclude=["__init__.py", "__pycache__"]),
                handler="handler.handler",
                timeout=TIMEOUT,
                memory_mb=256,
            ),
            operations=operations,
        )
        lookup.allow("connect:ListQueues", on=[f"{parameters.instance_arn}/queue/*"])
        acknowledge_all_of_instance(lookup.role, "queue", reason="ListQueues can be allowed on all queues only.")
        self._resource = CustomResource(
            self,
            "Default",
            resource_type="Custom::ConnectQueue",
            service_token=lookup.alias.function_arn,
            service_timeout=GIVEN_UP_AFTER,
            properties={"InstanceId": parameters.instance_id, "QueueName": parameters.queue_name},
        )

    @property
    def arn(self) -> str:
        return self._resource.get_att_string("QueueArn")
