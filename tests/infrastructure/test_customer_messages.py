"""The way of a customer's message from Amazon Connect to ChatBot, and what happens when it cannot be gone."""

from __future__ import annotations

import pytest
from moto.sns.utils import FilterPolicyMatcher

from tests.infrastructure.conftest import Synthesize
from tests.infrastructure.template import Template

INSTANCE = "arn:${AWS::Partition}:connect:${AWS::Region}:${AWS::AccountId}:instance/${instanceId}"
OF_THE_INSTANCE = {
    "StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
    "ArnEquals": {"aws:SourceArn": INSTANCE},
}
EVENT = "application/vnd.amazonaws.connect.event"


@pytest.mark.parametrize(
    ("heard", "role", "kind", "content_type"),
    [
        (True, "CUSTOMER", "MESSAGE", "text/plain"),
        (True, "CUSTOMER", "MESSAGE", "application/vnd.amazonaws.connect.message.interactive.response"),
        (True, "CUSTOMER", "ATTACHMENT", "application/vnd.amazonaws.connect.message.attachment"),
        (True, "AGENT", "EVENT", f"{EVENT}.participant.joined"),
        (True, None, "EVENT", f"{EVENT}.chat.ended"),
        (True, "SYSTEM", "EVENT", f"{EVENT}.chat.ended"),
        (False, "CUSTOM_BOT", "MESSAGE", "text/plain"),
        (False, "SYSTEM", "MESSAGE", "text/plain"),
        (False, "AGENT", "MESSAGE", "text/plain"),
        (False, "CUSTOMER", "EVENT", f"{EVENT}.typing"),
        (False, "CUSTOMER", "EVENT", f"{EVENT}.participant.joined"),
        (False, "CUSTOM_BOT", "EVENT", f"{EVENT}.participant.left"),
    ],
)
def test_the_bot_hears_customers_people_and_the_end_but_never_itself(
    template: Template, heard: bool, role: str | None, kind: str, content_type: str
) -> None:
    """Its own messages come back on the topic: without the filter it would answer itself for ever."""
    subscription = template.one("AWS::SNS::Subscription")
    given = {"Type": kind, "ContentType": content_type, **({"ParticipantRole": role} if role else {})}
    attributes = {name: {"Type": "String", "Value": value} for name, value in given.items()}

    matcher = FilterPolicyMatcher(subscription["FilterPolicy"], subscription["FilterPolicyScope"])

    assert matcher.matches(attributes, "") is heard


def test_the_filter_looks_at_message_attributes(template: Template) -> None:
    """In body scope the same policy would let nothing through."""
    assert template.one("AWS::SNS::Subscription")["FilterPolicyScope"] == "MessageAttributes"


def test_messages_go_to_the_live_chat_bot(template: Template) -> None:
    subscription = template.one("AWS::SNS::Subscription")

    assert (subscription["Protocol"], subscription["Endpoint"]) == ("lambda", "${ChatBotAlias}")


def test_connect_may_publish_for_this_instance_only_and_everybody_only_over_tls(template: Template) -> None:
    """The default policy's owner condition would refuse Connect; none would let any instance of any account in."""
    statements = template.one("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]

    assert {
        (each["Effect"], str(each["Principal"]), each["Action"], str(each["Condition"])) for each in statements
    } == {
        ("Allow", str({"Service": "connect.amazonaws.com"}), "sns:Publish", str(OF_THE_INSTANCE)),
        ("Deny", "*", "sns:Publish", str({"Bool": {"aws:SecureTransport": "false"}})),
    }


def test_connect_may_use_the_topics_key_without_a_condition(template: Template) -> None:
    """Which conditions Connect meets towards KMS is not documented, and a wrong one makes the bot deaf in silence."""
    statements = template.all("AWS::KMS::Key")["CustomerMessagesKey"]["KeyPolicy"]["Statement"]

    (connects,) = [each for each in statements if each["Principal"] == {"Service": "connect.amazonaws.com"}]

    assert connects["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert "Condition" not in connects


def test_a_setting_holds_the_topics_key_to_the_instance(template_with: Synthesize) -> None:
    statements = template_with(topic_source_condition=True).all("AWS::KMS::Key")["CustomerMessagesKey"]["KeyPolicy"][
        "Statement"
    ]

    (connects,) = [each for each in statements if each["Principal"] == {"Service": "connect.amazonaws.com"}]

    assert connects["Condition"] == OF_THE_INSTANCE


def test_the_topic_has_its_own_key(template: Template) -> None:
    """What Connect's service principal may use must not open tables and logs."""
    assert template.one("AWS::SNS::Topic")["KmsMasterKeyId"] == "${CustomerMessagesKey.Arn}"
    served = [
        each["Principal"]
        for each in template.all("AWS::KMS::Key")["DataKey"]["KeyPolicy"]["Statement"]
        if "Service" in each["Principal"]
    ]
    logs = {"Service": "logs.${AWS::Region}.amazonaws.com"}
    assert served == [logs, logs, {"Service": "sns.amazonaws.com"}]


def test_what_lambda_does_not_accept_goes_to_the_rescue(template: Template) -> None:
    """SNS needs the queue's consent and its key's, both for this topic only."""
    from_topic = {"ArnEquals": {"aws:SourceArn": "${CustomerMessages}"}}

    redrive = template.one("AWS::SNS::Subscription")["RedrivePolicy"]
    queue_policy = template.all("AWS::SQS::QueuePolicy")["FailuresPolicy"]["PolicyDocument"]["Statement"]
    key_policy = template.all("AWS::KMS::Key")["DataKey"]["KeyPolicy"]["Statement"]

    assert redrive == {"deadLetterTargetArn": "${Failures.Arn}"}
    sns = {"Service": "sns.amazonaws.com"}
    assert [each["Condition"] for each in queue_policy if each["Principal"] == sns] == [from_topic]
    assert [each["Condition"] for each in key_policy if each["Principal"] == sns] == [from_topic]


def test_retries_are_set_when_the_alias_they_are_for_exists(template: Template) -> None:
    """Its name is a literal: without the dependency Lambda may be told of an alias it does not know, and refuses."""
    awaited = set(template.resource("ChatBotRetries")["DependsOn"])

    assert {"ChatBotAlias", "ChatBotRole"} <= awaited


def test_an_event_is_tried_three_times_and_then_kept(template: Template) -> None:
    """Three tries of 180 s with pauses of 60 and 120 s must fit into the event's life, or the last never happens."""
    config = template.one("AWS::Lambda::EventInvokeConfig")
    timeout = template.all("AWS::Lambda::Function")["ChatBot"]["Timeout"]

    assert (config["FunctionName"], config["Qualifier"]) == ("${ChatBot}", "live")
    assert config["MaximumRetryAttempts"] == 2
    assert config["MaximumEventAgeInSeconds"] >= 3 * timeout + 60 + 120
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": "${Failures.Arn}"}}


def test_an_event_that_sns_cannot_even_keep_raises_an_alarm(template: Template) -> None:
    """Nothing else would tell that a message is gone."""
    alarm = template.all("AWS::CloudWatch::Alarm")["CustomerMessagesEventsLost"]

    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SNS", "NumberOfNotificationsFailedToRedriveToDlq")
    assert [each["Name"] for each in alarm["Dimensions"]] == ["TopicName"]
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
