"""ChatBot as Lambda runs it: in a process of its own, with a true environment, speaking HTTP to an AWS of the test.

What a turn does is tested where the turn is; here it is the edge: records, neighbours, logs, metrics, settings.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lambdas.chat_bot.settings import names_of
from lambdas.conversation.contact import State
from lambdas.conversation.phrases import phrases
from tests.lambdas.aws_for_functions import AGENT, TABLE, Aws, aws_running
from tests.lambdas.aws_server import Reply, Stream, chunk, event, failure, refusal
from tests.lambdas.functions import Answered, Function, running
from tests.lambdas.process import ProcessEnded

SETTINGS = {
    "CONTACTS_TABLE": TABLE,
    "BACKEND": "bedrock-agents",
    "AGENT_REGION": "",
    "AGENT_ID": "AGENT0001",
    "AGENT_ALIAS_ID": "ALIAS00001",
    "AGENT_SESSION_IDLE_SECONDS": "600",
    "LANGUAGE": "en",
    "READ_TRANSCRIPT": "true",
    "MESSAGE_AGE_LIMIT_SECONDS": "300",
    "TURN_DEADLINE_SECONDS": "120",
    "SPEAK": "paragraph",
    "MARKDOWN": "true",
    "ONE_MOMENT_SECONDS": "15",
}
HANDLER = "lambdas.chat_bot.handler.handler"
TEXT = "canary-text of the customer"
CONTROL = event(
    "returnControl",
    invocationId="i1",
    invocationInputs=[
        {
            "functionInvocationInput": {
                "actionGroup": "escalation",
                "function": "escalate",
                "parameters": [{"name": "description", "type": "string", "value": "canary-description"}],
            }
        }
    ],
)


@pytest.fixture(scope="module")
def world() -> Iterator[Aws]:
    with aws_running() as aws:
        yield aws


@pytest.fixture(scope="module")
def cold(world: Aws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Function, Answered]]:
    """One execution environment for all events, as Lambda keeps it, and what came of its first."""
    variables = {**SETTINGS, "AWS_ENDPOINT_URL": world.server.url}
    with running(HANDLER, tmp_path_factory.mktemp("chat_bot"), variables, timeout_seconds=180) as function:
        world.kindly()
        world.joined("cold")
        yield function, function.invoke({"Records": [published("cold")]})


@pytest.fixture(scope="module")
def chat_bot(cold: tuple[Function, Answered]) -> Function:
    return cold[0]


@pytest.fixture
def aws(world: Aws) -> Aws:
    world.kindly()
    return world


def published(contact_id: str, **members: Any) -> dict[str, Any]:
    """One record of an SNS event: what Connect published."""
    item = {
        "AbsoluteTime": datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds"),
        "Content": TEXT,
        "ContentType": "text/plain",
        "Id": f"message-of-{contact_id}",
        "Type": "MESSAGE",
        "ParticipantRole": "CUSTOMER",
        "DisplayName": "canary-name",
        "InitialContactId": contact_id,
        "ContactId": contact_id,
        **members,
    }
    return {"EventSource": "aws:sns", "Sns": {"Message": json.dumps(item)}}


def invoke(function: Function, *records: object) -> Answered:
    answered = function.invoke({"Records": records})
    assert "canary" not in answered.log
    return answered


# ---- one record


def test_a_message_is_answered(aws: Aws, chat_bot: Function) -> None:
    """From the SNS event to SendMessage, and the turn is free again."""
    aws.joined("answered")

    answered = invoke(chat_bot, published("answered"))

    assert answered.error is None
    assert aws.sent() == ["Hello! It is on its way."]
    assert aws.server.asked(AGENT)[0].json["inputText"] == TEXT
    assert aws.server.asked("/participant/message")[0].headers["x-amz-bearer"] == "canary-connection-token"
    assert (aws.record("answered").lease, aws.record("answered").inbox) == (None, ())


def test_before_the_agent_is_asked_there_is_one_write(aws: Aws, chat_bot: Function) -> None:
    """Everything else runs beside it."""
    aws.joined("fast")
    aws.server.requests.clear()

    invoke(chat_bot, published("fast"))

    calls = [request.headers.get("x-amz-target", request.path) for request in aws.server.requests]
    before_the_answer = calls[: calls.index("/participant/message")]
    assert before_the_answer.count("DynamoDB_20120810.UpdateItem") == 1
    assert calls[0] == "DynamoDB_20120810.UpdateItem"


def test_the_same_event_twice_is_answered_once(aws: Aws, chat_bot: Function) -> None:
    """SNS and Lambda deliver at least once."""
    aws.joined("twice")
    record = published("twice")

    first, second = invoke(chat_bot, record), invoke(chat_bot, record)

    assert (first.error, second.error) == (None, None)
    assert len(aws.sent()) == 1


def test_a_control_hands_over_and_is_counted(aws: Aws, chat_bot: Function) -> None:
    """Attributes, the closing sentence, out of the chat; the log knows the reason and nothing else."""
    aws.joined("escalated")
    aws.server.answers("POST", AGENT, Stream([CONTROL]))

    answered = invoke(chat_bot, published("escalated"))

    assert answered.error is None
    (attributes,) = aws.server.asked("/contact/attributes")
    assert attributes.json["Attributes"]["handoff_summary"] == "canary-description"
    assert aws.sent() == [phrases("es").say("escalate")]
    assert len(aws.server.asked("/participant/disconnect")) == 1
    assert aws.state("escalated") is State.HUMAN
    assert answered.metrics["Handoff.customer_asked"] == [1]


@pytest.mark.parametrize(
    ("members", "key"),
    [
        ({"Type": "ATTACHMENT", "ContentType": "", "Content": ""}, "attachment"),
        ({"Type": "ATTACHMENT", "Attachments": [{"AttachmentName": "canary.pdf", "Status": "APPROVED"}]}, "attachment"),
        ({"ContentType": "application/json", "Content": '{"a": "canary"}'}, "unreadable"),
        ({"Content": "   "}, "unreadable"),
        ({"Content": ""}, "unreadable"),
        ({"ContentType": "application/vnd.amazonaws.connect.message.interactive.response"}, "unreadable"),
    ],
)
def test_what_the_agent_cannot_read_is_answered_by_the_bot(
    aws: Aws, chat_bot: Function, members: dict[str, Any], key: str
) -> None:
    """Nobody waits in silence, and the agent is not asked about nothing."""
    contact_id = f"unreadable-{abs(hash(json.dumps(members)))}"
    aws.joined(contact_id)

    answered = invoke(chat_bot, published(contact_id, **members))

    assert answered.error is None
    assert aws.sent() == [phrases("es").say(key)]
    assert aws.server.asked(AGENT) == []


def test_a_text_longer_than_a_message_is_cut(aws: Aws, chat_bot: Function) -> None:
    """Connect publishes no more than 16,384 bytes; whatever else comes must not burst the record."""
    aws.joined("oversized")

    answered = invoke(chat_bot, published("oversized", Content="ñ" * 300_000))

    assert answered.error is None
    assert len(aws.server.asked(AGENT)[0].json["inputText"].encode()) <= 16_384


def test_a_person_who_joins_gets_the_contact(aws: Aws, chat_bot: Function) -> None:
    """Connect removes the bot by itself."""
    aws.joined("joined")
    content_type = "application/vnd.amazonaws.connect.event.participant.joined"

    answered = invoke(chat_bot, published("joined", Type="EVENT", ParticipantRole="AGENT", ContentType=content_type))

    assert answered.error is None
    assert aws.state("joined") is State.HUMAN


def test_a_chat_that_ends_is_over(aws: Aws, chat_bot: Function) -> None:
    """The event may come without a role; the agent's session ends, too."""
    before = aws.joined("ended")
    aws.server.answers("POST", AGENT, Stream([]))
    content_type = "application/vnd.amazonaws.connect.event.chat.ended"

    answered = invoke(chat_bot, published("ended", Type="EVENT", ParticipantRole=None, ContentType=content_type))

    assert answered.error is None
    assert aws.state("ended") is State.ENDED
    (session,) = aws.server.asked(AGENT)
    assert session.json["endSession"] is True
    assert before.session.id in session.path
    assert answered.metrics["ChatsEndedWithTheBot"] == [1]


def test_what_the_filter_should_have_kept_away_is_counted(aws: Aws, chat_bot: Function) -> None:
    """The bot's own messages come back on the topic; answering them would never end."""
    aws.joined("echo")

    answered = invoke(chat_bot, published("echo", ParticipantRole="CUSTOM_BOT"))

    assert answered.error is None
    assert aws.sent() == []
    assert answered.metrics["IrrelevantEvents"] == [1]


@pytest.mark.parametrize("state", [State.HUMAN, State.ENDED])
def test_a_message_for_a_contact_that_has_left_is_nobodys_here(aws: Aws, chat_bot: Function, state: State) -> None:
    """It belongs to the person, or to nobody."""
    record = aws.joined(f"gone-{state}")
    if state is State.HUMAN:
        aws.stays.become_human(record, now=time.time())
    else:
        aws.stays.become_ended(record.contact_id, now=time.time())

    answered = invoke(chat_bot, published(record.contact_id))

    assert answered.error is None
    assert aws.sent() == []


# ---- failures


def test_a_message_for_an_unknown_contact_fails_the_event(aws: Aws, chat_bot: Function) -> None:
    """Lambda tries again in a minute; in the end the event is kept."""
    answered = invoke(chat_bot, published("unknown"))

    assert answered.error == {"errorType": "TurnFailed", "errorMessage": "1 record(s) failed: ContactNotReady"}
    assert answered.metrics["TurnsFailed"] == [1]


MALFORMED: dict[str, object] = {
    "nothing": None,
    "no object": "canary",
    "no notification": {},
    "no message": {"Sns": {}},
    "no JSON": {"Sns": {"Message": "canary {"}},
    "no item": {"Sns": {"Message": '["canary"]'}},
    "no contact": published(""),
    "no id": published("neighbour", Id=None),
    "no time": published("neighbour", AbsoluteTime=None),
    "no such time": published("neighbour", AbsoluteTime="canary o'clock"),
    "a time before time": published("neighbour", AbsoluteTime="0001-01-01T00:00:00Z"),
}


def test_one_bad_record_never_costs_its_neighbours(aws: Aws, chat_bot: Function) -> None:
    """Every record is tried; then the event fails, so that the bad ones are kept and looked at."""
    aws.joined("first")
    aws.joined("last")

    answered = invoke(chat_bot, published("first"), *MALFORMED.values(), published("last"))

    assert len(aws.sent()) == 2
    assert answered.error is not None
    assert answered.error["errorMessage"].startswith(f"{len(MALFORMED)} record(s) failed: InvalidEvent")
    assert answered.metrics["TurnsFailed"] == [1] * len(MALFORMED)
    reasons = {line["reason"] for line in answered.lines if line.get("level") == "ERROR"}
    assert "this event cannot be acted on: a record has no Sns.Message" in reasons
    assert "this event cannot be acted on: a message has no Id" in reasons


@pytest.mark.parametrize("event", [None, [], "canary", {}, {"Records": None}, {"Records": []}, {"Records": "canary"}])
def test_an_event_without_records_fails(chat_bot: Function, event: object) -> None:
    """It is not from SNS: a mistake in the subscription must not pass in silence."""
    answered = chat_bot.invoke(event)

    assert answered.error is not None
    assert answered.error["errorType"] == "InvalidEvent"
    assert "canary" not in answered.log


def test_an_agent_that_fails_is_met_with_a_sentence_and_a_person(aws: Aws, chat_bot: Function) -> None:
    """Its message may quote the question; the customer hears a plain sentence."""
    aws.joined("agent-down")
    refused = refusal("AccessDeniedException", f"not allowed to ask '{TEXT}'", status=403)
    aws.server.answers("POST", AGENT, refused)

    answered = invoke(chat_bot, published("agent-down"))

    assert answered.error is None
    assert aws.sent() == [phrases("es").say("agent_unavailable")]
    assert answered.metrics["Handoff.agent_unavailable"] == [1]
    assert answered.metrics["AgentFailures"] == [1]
    (explained,) = [line for line in answered.lines if line.get("message") == "agent failed"]
    assert explained["contact_id"] == "agent-down"
    assert (explained["code"], explained["retryable"]) == ("AccessDeniedException", False)
    assert explained["request_id"].startswith("request-")
    assert explained["location"].startswith("explain:")
    assert TEXT not in answered.log


@pytest.mark.parametrize(
    ("path", "reply"),
    [
        ("/participant/message", refusal("ValidationException", f"Value '{TEXT}' is not allowed")),
        ("/participant/message", refusal("SomethingNewException", f"nothing like '{TEXT}'")),
        ("/", refusal("ValidationException", f"Value '{TEXT}' is not allowed")),
    ],
    ids=["a message refused", "a refusal nobody knows", "the table refuses"],
)
def test_what_aws_says_about_a_failure_stays_out_of_the_log(
    aws: Aws, chat_bot: Function, path: str, reply: Reply
) -> None:
    """Its messages quote what they refuse; the code, the type and the place are enough."""
    contact_id = f"refused-{path}-{reply.headers['x-amzn-ErrorType']}"
    aws.joined(contact_id)
    aws.server.answers("POST", path, reply)

    answered = invoke(chat_bot, published(contact_id))
    aws.server.forget(path)

    assert answered.error is not None
    (line,) = [line for line in answered.lines if line.get("level") == "ERROR"]
    assert line["message"] == "turn failed"
    assert reply.headers["x-amzn-ErrorType"] in line["reason"]
    assert line["where"].rpartition(":")[2].isdecimal()


def test_an_error_that_nobody_foresaw_is_named_but_not_quoted(aws: Aws, chat_bot: Function) -> None:
    """Python's own messages quote values; this one would say "'canary-state' is not a valid State"."""
    aws.joined("broken")
    item = aws.stays.table.read("broken", "turn")
    assert item is not None
    aws.put_raw({**item, "state": {"S": "canary-state"}})

    answered = invoke(chat_bot, published("broken"))

    assert answered.error == {"errorType": "TurnFailed", "errorMessage": "1 record(s) failed: ValueError"}
    (line,) = [line for line in answered.lines if line.get("level") == "ERROR"]
    assert line["error"] == "ValueError"
    assert "reason" not in line


def test_half_an_answer_is_heard_and_then_a_person_comes(aws: Aws, chat_bot: Function) -> None:
    """The stream breaks after its first paragraph: it is not asked again."""
    aws.joined("half")
    aws.server.answers("POST", AGENT, Stream([chunk("First.\n\nSec"), failure("throttlingException", TEXT)]))

    answered = invoke(chat_bot, published("half"))

    assert answered.error is None
    assert aws.sent() == ["First.", phrases("es").say("agent_unavailable")]
    assert len(aws.server.asked(AGENT)) <= 2  # the question, and the end of the session


# ---- the log


def test_an_ordinary_turn_is_counted_and_leaves_no_noise(aws: Aws, chat_bot: Function) -> None:
    """What is always there is never read."""
    aws.joined("quiet")

    answered = invoke(chat_bot, published("quiet"))

    assert answered.metrics == {"TurnsFinished": [1]}
    assert len(answered.log.splitlines()) == 1


def test_a_cold_start_is_counted(cold: tuple[Function, Answered]) -> None:
    """It is what a customer waits for once in a while."""
    assert cold[1].metrics == {"ColdStart": [1], "TurnsFinished": [1]}
    assert all(json.loads(line)["service"] == "chat_bot" for line in cold[1].log.splitlines())


def test_a_cold_start_whose_first_event_fails_is_counted_with_the_next(aws: Aws, tmp_path: Path) -> None:
    """Each start once; what a failed event counted is written with it."""
    variables = {**SETTINGS, "AWS_ENDPOINT_URL": aws.server.url}
    with running(HANDLER, tmp_path, variables, timeout_seconds=180) as function:
        aws.joined("after")
        failed, answered = invoke(function, "no record"), invoke(function, published("after"))

    assert failed.metrics == {"TurnsFailed": [1]}
    assert failed.lines[0]["request_id"] == "request-0"
    assert answered.metrics == {"ColdStart": [1], "TurnsFinished": [1]}


# ---- settings


def test_the_settings_of_this_test_are_those_of_the_function() -> None:
    """The stack writes exactly these names."""
    assert set(SETTINGS) == names_of("bedrock-agents")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("CONTACTS_TABLE", "", "is missing or empty"),
        ("SPEAK", "word", "must be one of first-sentence, paragraph, whole, not 'word'"),
        ("HANDOFF_POLICY", "/nowhere/policy.json", "cannot read /nowhere/policy.json: No such file or directory"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path, name: str, value: str, problem: str) -> None:
    """It names the setting and what to do about it."""
    with (
        pytest.raises(ProcessEnded) as stopped,
        running(HANDLER, tmp_path, {**SETTINGS, name: value}, timeout_seconds=180),
    ):
        pass

    assert str(stopped.value).splitlines()[0] == f"[ERROR] InvalidSetting: setting {name}: {problem}"
