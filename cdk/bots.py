"""The two functions of the bot: StartBot, which the contact flow asks, and ChatBot, which answers.

Their environments are the contract with `lambdas.start_bot.settings` and `lambdas.chat_bot.settings`; a test holds both
sides to it. What becomes of an event that ChatBot fails at is in `rescue`. What they may do is granted in `stack`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.access import AgentAccess
from cdk.alarms import METRICS_NAMESPACE, WATCHED_FOR
from cdk.function import Function, Operations, Program
from cdk.queues import Queue
from cdk.settings import Settings
from cdk.tables import Table

START_BOT_TIMEOUT = Duration.seconds(8)
"""As long as the flow waits, with up to three tries inside. A shorter limit would cut a try that is within StartBot's
own budget of 7 s from the first try on; a longer one would let it work on when nobody is waiting."""
CHAT_BOT_TIMEOUT = Duration.seconds(180)
"""The turn's deadline (at most 140 s) and the hand-off after it."""
CHAT_BOT_RETRIES = 2
EVENT_LIVES = Duration.minutes(15)
"""Three tries of 180 s with Lambda's pauses of 1 and 2 minutes between them take 12 minutes; older than this, an event
goes to the queue of failures, and RescueBot sees to the customer."""
LOST_RACES = 5
"""A turn whose lease somebody else took raises on purpose and is tried again; only more than this is worth an alarm."""
CHAT_BOT_SERVICE = "chat_bot"
START_BOT_SERVICE = "start_bot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A metric that a function counts itself, how many of it raise an alarm, and what the reader is to do then."""

    metric: str
    threshold: int
    means: str


ATTRIBUTES_REFUSED = Count(
    metric="AttributesRefused",
    threshold=1,  # a wrong name or too much data is refused every time
    means="Connect refused contact attributes: a person is briefed without them. The log names the refusal.",
)
_COUNTED_BY_CHAT_BOT = (ATTRIBUTES_REFUSED,)
_COUNTED_BY_START_BOT = (
    ATTRIBUTES_REFUSED,
    Count(
        metric="ChatsEndedWithoutAPerson",
        threshold=1,
        means="A customer was turned away after ten tries: nobody could take the chat. See queue, hours and staffing.",
    ),
    Count(
        metric="BotCouldNotJoin",
        threshold=3,  # one or two are a throttled call, and the customer reaches a person all the same
        means="The bot cannot join chats; all of them go straight to people. StartBot's log names the refusal.",
    ),
)


def powertools(service: str, settings: Settings) -> dict[str, str]:
    """The part of the environment that every function of the package has."""
    return {
        "POWERTOOLS_SERVICE_NAME": service,
        "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
        "POWERTOOLS_LOG_LEVEL": settings.log_level,
    }


def make_chat_bot(
    scope: Construct,
    *,
    package: lambda_.Code,
    contacts: Table,
    agents: AgentAccess,
    settings: Settings,
    operations: Operations,
) -> Function:
    program = Program(
        code=package,
        handler="lambdas.chat_bot.handler.handler",
        timeout=CHAT_BOT_TIMEOUT,
        memory_mb=settings.memory_mb,
        snap_start=settings.snap_start,
        kept_started=settings.provisioned_concurrency,
        environment={
            "CONTACTS_TABLE": contacts.name,
            "BACKEND": settings.backend,
            "AGENT_REGION": settings.agent_region,
            **agents.environment,
            "AGENT_SESSION_IDLE_SECONDS": str(settings.agent_session_idle_seconds),
            "LANGUAGE": settings.language,
            "READ_TRANSCRIPT": flag(on=settings.read_transcript),
            "MESSAGE_AGE_LIMIT_SECONDS": str(settings.message_age_limit_seconds),
            "TURN_DEADLINE_SECONDS": str(settings.turn_deadline_seconds),
            "SPEAK": settings.speak,
            "MARKDOWN": flag(on=settings.markdown),
            "ONE_MOMENT_SECONDS": str(settings.one_moment_seconds),
            **powertools(CHAT_BOT_SERVICE, settings),
        },
    )
    chat_bot = Function(scope, "ChatBot", program=program, operations=operations, errors_before_alarm=LOST_RACES)
    watch_counts(chat_bot, _COUNTED_BY_CHAT_BOT, service=CHAT_BOT_SERVICE, operations=operations)
    return chat_bot


def make_start_bot(
    scope: Construct,
    *,
    package: lambda_.Code,
    contacts: Table,
    topic_arn: str,
    chat_bot: Function,
    settings: Settings,
    operations: Operations,
) -> Function:
    program = Program(
        code=package,
        handler="lambdas.start_bot.handler.handler",
        timeout=START_BOT_TIMEOUT,
        memory_mb=settings.memory_mb,
        snap_start=settings.snap_start,
        kept_started=settings.provisioned_concurrency,
        environment={
            "CONTACTS_TABLE": contacts.name,
            "TOPIC_ARN": topic_arn,
            "CHAT_BOT_FUNCTION": chat_bot.alias.function_arn,
            "LANGUAGE": settings.language,
            "BOT_NAME": settings.bot_name,
            "TOLD_ATTRIBUTES": ",".join(settings.told_attributes),
            "READ_TRANSCRIPT": flag(on=settings.read_transcript),
            "UNANSWERED_SECONDS": str(settings.unanswered_seconds),
            **powertools(START_BOT_SERVICE, settings),
        },
    )
    start_bot = Function(scope, "StartBot", program=program, operations=operations)
    watch_counts(start_bot, _COUNTED_BY_START_BOT, service=START_BOT_SERVICE, operations=operations)
    return start_bot


def retry_and_keep_failures(chat_bot: Function, failures: Queue, *, operations: Operations) -> None:
    """Lambda tries an event of ChatBot again and keeps what it has given up on."""
    lambda_.CfnEventInvokeConfig(
        chat_bot,
        "Retries",
        function_name=chat_bot.function.function_name,
        qualifier=chat_bot.alias.alias_name,
        maximum_retry_attempts=CHAT_BOT_RETRIES,
        maximum_event_age_in_seconds=EVENT_LIVES.to_seconds(),
        destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
            on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=failures.arn)
        ),
    ).node.add_dependency(
        chat_bot.role,  # Lambda refuses a destination that the role may not reach
        chat_bot.alias,  # and a qualifier that does not exist yet; its name is a literal and orders nothing
    )
    failures.accept_from_function(chat_bot)
    operations.alarms.at(
        chat_bot,
        "FailuresLost",
        metric=chat_bot.function.metric("DestinationDeliveryFailures", period=WATCHED_FOR, statistic="Sum"),
        threshold=1,
        means="An event of ChatBot failed and could not be kept: a message is lost. See its role and the key.",
    )


def watch_counts(function: Function, counts: Iterable[Count], *, service: str, operations: Operations) -> None:
    for count in counts:
        operations.alarms.on_count(
            function, count.metric, service=service, threshold=count.threshold, means=count.means
        )


def flag(*, on: bool) -> str:
    return "true" if on else "false"
