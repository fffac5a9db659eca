"""What becomes of an event that ChatBot failed at: its customer is handed to a person by RescueBot.

    ChatBot's Lambda gave up ─┐
                              ├─► Failures ─► RescueBot ─► Kept          put aside, for a replay
    SNS could not deliver ────┘       └────── 5 times in vain ─► Unrescued     an alarm

The times are small, because whoever waits here has waited for minutes: a look that failed is repeated after 90 s, which
is longer than the lease of a holder that died. That is six times the function's timeout, as AWS asks, so that a
throttled function has its time (Lambda developer guide, configuring SQS, read 2026-11). If all looks fail the flow has
taken the contact back meanwhile, within five minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.bots import ATTRIBUTES_REFUSED, Count, flag, powertools, watch_counts
from cdk.function import Function, Operations, Program
from cdk.queues import FAILURES_WAIT_AT_MOST, KEPT_FOR, UNRESCUED_FOR, Queue
from cdk.settings import Settings
from cdk.tables import Table

RESCUE_BOT_TIMEOUT = Duration.seconds(15)
"""Waiting 8 s for a record that is just being written, and the hand-off."""
SEEN_AGAIN_AFTER = Duration.seconds(90)
LOOKS = 5
"""AWS asks for five at least, so that throttles alone never fill Unrescued (the same page)."""
RESCUES_AT_ONCE = 5
"""Connect lets a bot leave three chats a second, and a rescue takes about a second: more at once would only be
throttled."""
OVERDUE_SECONDS = 120
"""The second look, at 90 s, has failed too. With the third, at 180 s, SQS leaves the message out of the metric (SQS
developer guide, available CloudWatch metrics, read 2026-11)."""
RESCUE_BOT_SERVICE = "rescue_bot"
_COUNTED_BY_RESCUE_BOT = (
    ATTRIBUTES_REFUSED,
    Count(
        metric="CustomersRescued",
        threshold=1,
        means=(
            "A customer's message was given up, and RescueBot handed the customer to a person with an apology. "
            "ChatBot's log says why: search it for 'turn failed'. If it says nothing, SNS could not reach ChatBot."
        ),
    ),
    Count(
        metric="EventsNotUnderstood",
        threshold=1,
        means=(
            "A failed event cannot be read, so nobody was rescued by it; it is put aside in the queue Kept. If a "
            "customer waits, the flow finds a person within five minutes. RescueBot's log says what is missing."
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureQueues:
    """The three queues of a stack."""

    failures: Queue
    kept: Queue
    unrescued: Queue


def make_failure_queues(stack: Construct, *, key: kms.Key, operations: Operations) -> FailureQueues:
    unrescued = Queue(stack, "Unrescued", key=key, kept_for=UNRESCUED_FOR)
    operations.alarms.on_any_message(
        unrescued.queue,
        unrescued,
        means=(
            "RescueBot failed five times at an event, so a customer may have got neither answer nor apology; the flow "
            "finds a person for whoever still waits. Search the logs of RescueBot and ChatBot for 'failed': each line "
            "names its contact_id, and a second search by it shows the chat. When the cause is gone: make replay."
        ),
    )
    failures = Queue(
        stack,
        "Failures",
        key=key,
        kept_for=FAILURES_WAIT_AT_MOST,
        hidden_for=SEEN_AGAIN_AFTER,
        looks=LOOKS,
        otherwise=unrescued,
    )
    operations.alarms.on_waiting(
        failures.queue,
        failures,
        seconds=OVERDUE_SECONDS,
        means=(
            "A failed event waits in the queue Failures and RescueBot does not get to it, or has failed at it twice. "
            "See RescueBot's log, its event source mapping and the account's Lambda concurrency."
        ),
    )
    return FailureQueues(failures=failures, kept=Queue(stack, "Kept", key=key, kept_for=KEPT_FOR), unrescued=unrescued)


def make_rescue_bot(
    scope: Construct,
    *,
    package: lambda_.Code,
    contacts: Table,
    chat_bot: Function,
    queues: FailureQueues,
    settings: Settings,
    operations: Operations,
) -> Function:
    program = Program(
        code=package,
        handler="lambdas.rescue_bot.handler.handler",
        timeout=RESCUE_BOT_TIMEOUT,
        memory_mb=settings.memory_mb,
        environment={
            "CONTACTS_TABLE": contacts.name,
            "CHAT_BOT_FUNCTION": chat_bot.alias.function_arn,
            "KEPT_QUEUE_URL": queues.kept.url,
            "UNRESCUED_QUEUE_URL": queues.unrescued.url,
            "READ_TRANSCRIPT": flag(on=settings.read_transcript),
            **powertools(RESCUE_BOT_SERVICE, settings),
        },
    )
    rescue_bot = Function(scope, "RescueBot", program=program, operations=operations)
    watch_counts(rescue_bot, _COUNTED_BY_RESCUE_BOT, service=RESCUE_BOT_SERVICE, operations=operations)
    _connect(rescue_bot, queues)
    return rescue_bot


def _connect(rescue_bot: Function, queues: FailureQueues) -> None:
    queues.failures.let_read(rescue_bot, "ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    queues.kept.accept_from_function(rescue_bot)
    for queue in (queues.kept, queues.unrescued):
        queue.let_read(rescue_bot, "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility")
    lambda_.CfnEventSourceMapping(
        rescue_bot,
        "FromFailures",
        event_source_arn=queues.failures.arn,
        function_name=rescue_bot.alias.function_arn,
        batch_size=1,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=RESCUES_AT_ONCE),
    ).node.add_dependency(rescue_bot.role)  # Lambda refuses a queue that the role may not read
