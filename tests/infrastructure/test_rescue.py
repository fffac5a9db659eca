"""The way of an event that failed: to RescueBot, and from there to where somebody or something sees it."""

from __future__ import annotations

from cdk import rescue
from lambdas.conversation.contact import LEASE_SECONDS
from lambdas.conversation.turn import WAIT_FOR_RECORD_SECONDS
from tests.infrastructure.template import Template


def test_both_roads_of_failure_lead_to_the_rescue(template: Template) -> None:
    """What Lambda gave up on, and what SNS could not even give to Lambda."""
    gave_up = template.one("AWS::Lambda::EventInvokeConfig")["DestinationConfig"]["OnFailure"]["Destination"]
    undelivered = template.one("AWS::SNS::Subscription")["RedrivePolicy"]["deadLetterTargetArn"]

    assert gave_up == undelivered == "${Failures.Arn}"


def test_failures_are_given_to_the_live_rescue_bot_one_by_one(template: Template) -> None:
    """One that cannot be settled must not take its neighbours with it, nor a failure pass for a success."""
    mapping = template.one("AWS::Lambda::EventSourceMapping")

    assert (mapping["EventSourceArn"], mapping["FunctionName"]) == ("${Failures.Arn}", "${RescueBotAlias}")
    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_mapping_is_made_when_the_role_may_read_the_queue(template: Template) -> None:
    """Lambda tries it at once, and refuses the mapping if it may not."""
    awaited = set(template.resource("RescueBotFromFailures")["DependsOn"])

    assert {"RescueBotRole", "RescueBotRoleDefaultPolicy"} <= awaited


def test_a_failed_rescue_is_tried_again_soon_but_after_a_dead_holders_lease(template: Template) -> None:
    """Six times the function's timeout, as AWS asks; and the customer has waited for minutes already."""
    hidden_seconds = template.all("AWS::SQS::Queue")["Failures"]["VisibilityTimeout"]
    timeout = template.all("AWS::Lambda::Function")["RescueBot"]["Timeout"]

    assert hidden_seconds == 6 * timeout
    assert LEASE_SECONDS < hidden_seconds <= 90
    assert timeout > WAIT_FOR_RECORD_SECONDS + 5


def test_what_fails_again_and_again_is_moved_where_the_alarm_is(template: Template) -> None:
    """AWS asks for five looks at least, so that throttles alone never raise it."""
    redrive = template.all("AWS::SQS::Queue")["Failures"]["RedrivePolicy"]

    assert redrive == {"deadLetterTargetArn": "${Unrescued.Arn}", "maxReceiveCount": 5}
    assert "RedrivePolicy" not in template.all("AWS::SQS::Queue")["Unrescued"]


def test_no_more_rescues_run_at_once_than_connect_lets_bots_leave(template: Template) -> None:
    """DisconnectParticipant: three a second in an instance, unless AWS has raised it. A rescue takes some seconds."""
    concurrency = template.one("AWS::Lambda::EventSourceMapping")["ScalingConfig"]["MaximumConcurrency"]

    assert concurrency == rescue.RESCUES_AT_ONCE
    assert 2 <= concurrency <= 6


def test_rescue_bot_puts_aside_and_replays_by_the_stacks_own_queues(template: Template) -> None:
    told = template.all("AWS::Lambda::Function")["RescueBot"]["Environment"]["Variables"]

    assert told["KEPT_QUEUE_URL"] == "${Kept}"
    assert told["UNRESCUED_QUEUE_URL"] == "${Unrescued}"
    assert told["CHAT_BOT_FUNCTION"] == "${ChatBotAlias}"
