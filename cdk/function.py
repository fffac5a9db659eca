"""One Lambda function the way every function of this stack is made.

arm64, the package's Python, active tracing, an encrypted log group with retention, a role of its own that may write to
that log group and nothing else, and the alias `live`, which is what everybody else names. What more a function may do
is granted by the stack, where both sides are visible. Rule: nobody refers to the unqualified function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.acknowledgements import acknowledge
from cdk.alarms import Alarms

ALIAS = "live"
RUNTIME = lambda_.Runtime.PYTHON_3_14

RETENTION = {
    1: logs.RetentionDays.ONE_DAY,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    731: logs.RetentionDays.TWO_YEARS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """How the functions of one stack are watched."""

    key: kms.Key
    """Encrypts the logs."""
    log_retention_days: int
    alarms: Alarms


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What runs in a function, and what it is given."""

    code: lambda_.Code
    handler: str
    timeout: Duration
    memory_mb: int
    snap_start: bool = False
    """Whether a new process is restored from a snapshot of a started one."""
    kept_started: int = 0
    """Processes of the alias that wait, started, for events."""
    environment: Mapping[str, str] = field(default_factory=dict)


class Function(Construct):
    """A function and its alias. `alias` is what others invoke; `allow` adds to what it may do."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        program: Program,
        operations: Operations,
        errors_before_alarm: int = 1,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = self._make_log_group(operations)
        self.role = self._make_role()
        self.function = lambda_.Function(
            self,
            "Default",
            code=program.code,
            handler=program.handler,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            timeout=program.timeout,
            memory_size=program.memory_mb,
            environment=program.environment,
            role=self.role,
            log_group=self.log_group,
            tracing=lambda_.Tracing.ACTIVE,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if program.snap_start else None,
        )
        self.alias = lambda_.Alias(
            self,
            "Alias",
            alias_name=ALIAS,
            version=self.function.current_version,
            provisioned_concurrent_executions=program.kept_started or None,
        )
        operations.alarms.on_errors(self.alias, self, name=construct_id, threshold=errors_before_alarm)
        operations.alarms.on_throttles(self.alias, self, name=construct_id)

    def allow(
        self, *actions: str, on: Sequence[str], when: Mapping[str, Mapping[str, str | Sequence[str]]] | None = None
    ) -> None:
        """Let the function make exactly these calls on exactly these resources."""
        self.role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=list(on), conditions=when))

    def _make_log_group(self, operations: Operations) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "Logs",
            encryption_key=operations.key,
            retention=RETENTION[operations.log_retention_days],
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _make_role(self) -> iam.Role:
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group.grant_write(role)
        acknowledge(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            reason="Tracing: xray:PutTraceSegments and xray:PutTelemetryRecords know no resource.",
        )
        return role
