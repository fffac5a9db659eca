"""Alarms of the stack, all made the same way.

An alarm watches five minutes at a time and is quiet where there is no data. It tells the SNS topic of the setting
`alarm_topic`; without one it changes state and that is all.
"""

from __future__ import annotations

from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

WATCHED_FOR = Duration.minutes(5)
METRICS_NAMESPACE = "Handoff"
"""Of what the functions count themselves."""


class Alarms:
    """Where alarms go; constructs use it to add their own."""

    def __init__(self, *, topic_arn: str) -> None:
        self._actions = [topic_arn] if topic_arn else None

    def at(self, scope: Construct, construct_id: str, *, metric: cloudwatch.Metric, threshold: int, means: str) -> None:
        """Alarm as soon as `metric` reaches `threshold` within five minutes; `means` tells the reader what to do."""
        alarm = cloudwatch.Alarm(
            scope,
            construct_id,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=means,
        )
        # CDK's own action wants an imported topic and another 0.2 s of modules to say the same.
        cast("cloudwatch.CfnAlarm", alarm.node.default_child).alarm_actions = self._actions

    def on_errors(self, function: lambda_.Alias, scope: Construct, *, name: str, threshold: int) -> None:
        errors = function.metric_errors(period=WATCHED_FOR, statistic="Sum")
        self.at(scope, "Errors", metric=errors, threshold=threshold, means=f"{name} fails. Its logs say why.")

    def on_throttles(self, function: lambda_.Alias, scope: Construct, *, name: str) -> None:
        throttles = function.metric_throttles(period=WATCHED_FOR, statistic="Sum")
        means = f"{name} is throttled: the account's Lambda concurrency is used up, and customers wait."
        self.at(scope, "Throttles", metric=throttles, threshold=1, means=means)

    def on_count(self, scope: Construct, metric: str, *, service: str, threshold: int, means: str) -> None:
        """For a metric that a function counts itself; Powertools gives it the one dimension `service`."""
        counted = cloudwatch.Metric(
            namespace=METRICS_NAMESPACE,
            metric_name=metric,
            dimensions_map={"service": service},
            period=WATCHED_FOR,
            statistic="Sum",
        )
        self.at(scope, metric, metric=counted, threshold=threshold, means=means)

    def on_waiting(self, queue: sqs.Queue, scope: Construct, *, seconds: int, means: str) -> None:
        """When the oldest message has waited so long."""
        age = queue.metric_approximate_age_of_oldest_message(period=WATCHED_FOR, statistic="Maximum")
        self.at(scope, "Waiting", metric=age, threshold=seconds, means=means)

    def on_any_message(self, queue: sqs.Queue, scope: Construct, *, means: str) -> None:
        depth = queue.metric_approximate_number_of_messages_visible(period=WATCHED_FOR, statistic="Maximum")
        self.at(scope, "NotEmpty", metric=depth, threshold=1, means=means)
