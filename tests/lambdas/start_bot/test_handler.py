"""StartBot as Lambda runs it: in a process of its own, with a true environment, speaking HTTP to an AWS of the test.

What joining, watching and leaving mean is tested elsewhere; here it is the edge: the flow's events and answers, logs,
metrics, settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambdas.chat_bot.events import CustomerSpoke, parse, records_of
from lambdas.conversation.contact import State
from lambdas.conversation.inbox import Kind, Message
from lambdas.conversation.phrases import phrases
from lambdas.start_bot.settings import NAMES
from tests.lambdas.aws_for_functions import TABLE, Aws, aws_running
from tests.lambdas.aws_server import answer, refusal
from tests.lambdas.functions import Answered, Function, running
from tests.lambdas.process import ProcessEnded

CHAT_BOT = "arn:aws:lambda:eu-west-1:000000000000:function:chat-bot:live"
SETTINGS = {
    "CONTACTS_TABLE": TABLE,
    "TOPIC_ARN": "arn:aws:sns:eu-west-1:000000000000:chat",
    "CHAT_BOT_FUNCTION": CHAT_BOT,
    "LANGUAGE": "en",
    "BOT_NAME": "Assistant",
    "TOLD_ATTRIBUTES": "name, customer_number",
    "READ_TRANSCRIPT": "true",
    "UNANSWERED_SECONDS": "180",
}
HANDLER = "lambdas.start_bot.handler.handler"
INSTANCE = "arn:aws:connect:eu-west-1:000000000000:instance/11111111-2222-4333-8444-555555555555"
INVOKED = "/2015-03-31/functions/.*/invocations"


@pytest.fixture(scope="module")
def world() -> Iterator[Aws]:
    with aws_running() as aws:
        yield aws


@pytest.fixture(scope="module")
def cold(world: Aws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Function, Answered]]:
    """One execution environment for all events, as Lambda keeps it, and what came of its first."""
    variables = {**SETTINGS, "AWS_ENDPOINT_URL": world.server.url}
    with running(HANDLER, tmp_path_factory.mktemp("start_bot"), variables, timeout_seconds=8) as function:
        world.kindly()
        yield function, function.invoke(flow_asks("join", "cold"))


@pytest.fixture(scope="module")
def start_bot(cold: tuple[Function, Answered]) -> Function:
    return cold[0]


@pytest.fixture
def aws(world: Aws) -> Aws:
    world.kindly()
    return world


def flow_asks(
    action: str, contact_id: str, attributes: dict[str, str] | None = None, **parameters: str
) -> dict[str, Any]:
    """An invocation by the flow, with the nulls that chat contacts bring."""
    contact = {
        "Attributes": {"name": "canary-name", "language": "es-US", **(attributes or {})},
        "Channel": "CHAT",
        "ContactId": contact_id,
        "InitialContactId": contact_id,
        "CustomerEndpoint": None,
        "InstanceARN": INSTANCE,
        "LanguageCode": "en-US",
        "Queue": None,
    }
    return {
        "Name": "ContactFlowEvent",
        "Details": {"ContactData": contact, "Parameters": {"action": action, **parameters}},
    }


def invoke(function: Function, event: object) -> Answered:
    answered = function.invoke(event)
    assert "canary" not in answered.log
    return answered


# ---- joining


def test_the_bot_joins_greets_and_says_so(aws: Aws, start_bot: Function) -> None:
    """The flow gets a flat answer, the log the contact and the status, CloudWatch a count."""
    answered = invoke(start_bot, flow_asks("join", "joins"))

    assert answered.result == {"status": "joined"}
    assert aws.sent() == [phrases("es").say("greeting")]
    assert aws.record("joins").told == {"name": "canary-name"}
    assert answered.metrics == {"BotJoined": [1]}
    (line,) = [line for line in answered.lines if "level" in line]
    assert {key: line[key] for key in ("level", "message", "contact_id", "status", "service")} == {
        "level": "INFO",
        "message": "join",
        "contact_id": "joins",
        "status": "joined",
        "service": "start_bot",
    }


def test_the_chat_is_streamed_to_the_topic_before_the_bot_connects(aws: Aws, start_bot: Function) -> None:
    """`ConnectParticipant` depends on it; the participant connects within 15 seconds."""
    invoke(start_bot, flow_asks("join", "streamed"))

    paths = [request.path for request in aws.server.requests]
    (streaming,) = aws.server.asked("/contact/start-streaming")
    assert streaming.json["ChatStreamingConfiguration"]["StreamingEndpointArn"] == SETTINGS["TOPIC_ARN"]
    assert streaming.json["InstanceId"] == "11111111-2222-4333-8444-555555555555"
    assert paths.index("/contact/start-streaming") < paths.index("/participant/connection")
    assert paths.index("/contact/create-participant") < paths.index("/participant/connection")
    assert aws.server.asked("/contact/create-participant")[0].json["ParticipantDetails"]["DisplayName"] == "Assistant"


def test_a_second_try_of_the_flow_joins_nothing_twice(aws: Aws, start_bot: Function) -> None:
    """The flow may lose the answer to the first."""
    first, second = (invoke(start_bot, flow_asks("join", "again")) for _ in range(2))

    assert (first.result, second.result) == ({"status": "joined"}, {"status": "joined"})
    assert len(aws.server.asked("/contact/create-participant")) == 1
    assert aws.record("again").stay == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/contact/create-participant", "ServiceQuotaExceededException"),
        ("/contact/create-participant", "AccessDeniedException"),
        ("/contact/start-streaming", "ResourceNotFoundException"),
        ("/participant/connection", "ResourceNotFoundException"),
    ],
)
def test_a_bot_that_cannot_join_leaves_the_contact_to_a_person(
    aws: Aws, start_bot: Function, path: str, code: str
) -> None:
    """The flow goes on to the queue; nothing waits for the bot."""
    contact_id = f"refused-{code}-{path}"
    aws.server.answers("POST", path, refusal(code, "canary", status=400))

    answered = invoke(start_bot, flow_asks("join", contact_id))

    assert answered.result == {"status": "failed"}
    assert answered.metrics == {"BotCouldNotJoin": [1]}
    assert aws.state(contact_id) is State.HUMAN


# ---- what was written before


def test_what_the_customer_wrote_early_is_handed_to_chat_bot(aws: Aws, start_bot: Function) -> None:
    """SNS will never bring it; the event looks as if it had."""
    item = {
        "Id": "early-1",
        "Type": "MESSAGE",
        "ContentType": "text/plain",
        "Content": "canary: ¿dónde está mi pedido? 👋",
        "ParticipantRole": "CUSTOMER",
        "AbsoluteTime": "2026-11-20T10:15:02.113Z",
    }
    aws.server.answers("POST", "/participant/transcript", answer(Transcript=[item]))

    answered = invoke(start_bot, flow_asks("join", "early"))

    assert answered.result == {"status": "joined"}
    (invoked,) = aws.server.asked(INVOKED)
    assert CHAT_BOT in invoked.path
    assert invoked.headers["x-amz-invocation-type"] == "Event"
    (record,) = records_of(invoked.json)
    assert parse(record) == CustomerSpoke(
        "early",
        Message(id="early-1", at=1_795_169_702.113, kind=Kind.TEXT, text="canary: ¿dónde está mi pedido? 👋"),
    )


def test_without_a_transcript_the_first_message_comes_from_the_flow(aws: Aws, start_bot: Function) -> None:
    """Whether a custom bot may read the transcript is unconfirmed; two tries hand over the same message."""
    aws.server.answers("POST", "/participant/transcript", refusal("AccessDeniedException", status=403))

    for _ in range(2):
        invoke(start_bot, flow_asks("join", "initial", initialMessage="canary: Hola"))

    first, second = (parse(record) for request in aws.server.asked(INVOKED) for record in records_of(request.json))
    assert isinstance(first, CustomerSpoke)
    assert first.message.text == "canary: Hola"
    assert first == second


def test_early_messages_that_cannot_be_handed_over_fail_the_try(aws: Aws, start_bot: Function) -> None:
    """The flow tries again, and in the end takes the contact to a person; nothing is left behind in silence."""
    aws.server.answers("POST", "/participant/transcript", refusal("AccessDeniedException", status=403))
    aws.server.answers("POST", INVOKED, refusal("ResourceNotFoundException", "no function for 'canary'", status=404))

    answered = invoke(start_bot, flow_asks("join", "lost", initialMessage="canary: Hola"))

    assert answered.error == {
        "errorType": "FunctionUnavailable",
        "errorMessage": "the ChatBot function could not be invoked: ResourceNotFoundException",
    }


def test_half_a_character_does_not_keep_the_bot_out(aws: Aws, start_bot: Function) -> None:
    """Browsers may send lone surrogates; neither the table nor the agent can take them."""
    aws.server.answers("POST", "/participant/transcript", refusal("AccessDeniedException", status=403))

    answered = invoke(start_bot, flow_asks("join", "half", {"name": "Ana \ud83d"}, initialMessage="Hola \ud83d"))

    assert answered.result == {"status": "joined"}
    assert aws.record("half").told == {"name": "Ana ?"}


# ---- watching and leaving


def test_the_flow_is_told_to_wait_while_the_bot_is_in_the_chat(aws: Aws, start_bot: Function) -> None:
    """Asked every 90 seconds: an answer, and a line in the log."""
    aws.joined("watched")

    answered = invoke(start_bot, flow_asks("watch", "watched"))

    assert answered.result == {"status": "wait"}
    assert [line["message"] for line in answered.lines] == ["watch"]


def test_the_flow_takes_the_contact_back(aws: Aws, start_bot: Function) -> None:
    """Attributes, then the bot out of the chat; the flow speaks itself."""
    aws.joined("left")

    answered = invoke(start_bot, flow_asks("leave", "left", reason="unanswered"))

    assert answered.result == {"status": "left"}
    (attributes,) = aws.server.asked("/contact/attributes")
    assert attributes.json["Attributes"]["handoff_reason"] == "unanswered"
    assert aws.sent() == []
    assert len(aws.server.asked("/participant/disconnect")) == 1
    assert aws.state("left") is State.HUMAN
    assert answered.metrics == {"Handoff.unanswered": [1]}


def test_a_chat_that_found_nobody_is_counted(aws: Aws, start_bot: Function) -> None:
    """An alarm watches this number."""
    answered = invoke(start_bot, flow_asks("give_up", "nobody"))

    assert answered.result == {"status": "counted"}
    assert answered.metrics == {"ChatsEndedWithoutAPerson": [1]}


def test_every_answer_is_flat_and_of_strings(aws: Aws, start_bot: Function) -> None:
    """STRING_MAP accepts nothing else."""
    aws.joined("flat")

    for action in ("join", "watch", "leave", "give_up"):
        result = invoke(start_bot, flow_asks(action, "flat")).result
        assert all(isinstance(name, str) and isinstance(value, str) for name, value in result.items())


# ---- failures


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        (flow_asks("canary", "x"), "the flow must send an action, one of join, watch, leave, give_up"),
        ({}, "the flow must send an action, one of join, watch, leave, give_up"),
        (None, "the flow must send an action, one of join, watch, leave, give_up"),
        (flow_asks("join", ""), "the contact has no ContactId or no InstanceARN"),
    ],
)
def test_an_event_that_no_flow_of_ours_sends_says_what_is_missing(
    start_bot: Function, event: object, problem: str
) -> None:
    """Whoever edited the flow reads it."""
    answered = invoke(start_bot, event)

    assert answered.error == {
        "errorType": "InvalidEvent",
        "errorMessage": f"this event cannot be acted on: {problem}",
    }


def test_a_record_that_cannot_be_read_fails_without_a_word_of_it(aws: Aws, start_bot: Function) -> None:
    """The flow's error branch leads to a person; what AWS said stays out of the log."""
    aws.server.answers("POST", "/", refusal("ValidationException", "Value 'canary' is not allowed"))

    answered = invoke(start_bot, flow_asks("watch", "unreadable"))
    aws.server.forget("/")

    assert answered.error == {
        "errorType": "RecordUnavailable",
        "errorMessage": "the record of the contact is unavailable: ValidationException",
    }


def test_an_error_that_nobody_foresaw_is_named_but_not_quoted(aws: Aws, start_bot: Function) -> None:
    """Python's own messages quote values; this one would say "'canary-state' is not a valid State"."""
    aws.joined("broken")
    item = aws.stays.table.read("broken", "turn")
    assert item is not None
    aws.put_raw({**item, "state": {"S": "canary-state"}})

    answered = invoke(start_bot, flow_asks("watch", "broken"))

    assert answered.error == {"errorType": "ActionFailed", "errorMessage": "watch failed: ValueError"}
    (line,) = answered.lines
    assert (line["message"], line["error"]) == ("action failed", "ValueError")


# ---- log and settings


def test_a_cold_start_is_counted(cold: tuple[Function, Answered]) -> None:
    """The flow waits 8 seconds in all: a cold start must fit in."""
    assert cold[1].metrics == {"ColdStart": [1], "BotJoined": [1]}
    assert "canary" not in cold[1].log
    assert all(json.loads(line) for line in cold[1].log.splitlines())


def test_the_settings_of_this_test_are_those_of_the_function() -> None:
    """The stack writes exactly these names."""
    assert set(SETTINGS) == NAMES


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("UNANSWERED_SECONDS", "soon", "must be a whole number of seconds from 60 to 200, not 'soon'"),
        ("READ_TRANSCRIPT", "yes", "must be one of true, false, not 'yes'"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path, name: str, value: str, problem: str) -> None:
    """It names the setting and what to do about it."""
    with (
        pytest.raises(ProcessEnded) as stopped,
        running(HANDLER, tmp_path, {**SETTINGS, name: value}, timeout_seconds=8),
    ):
        pass

    assert str(stopped.value).splitlines()[0] == f"[ERROR] InvalidSetting: setting {name}: {problem}"
