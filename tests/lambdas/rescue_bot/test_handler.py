"""RescueBot as Lambda runs it: in a process of its own, with a true environment, speaking HTTP to an AWS of the test.

What a rescue does is tested where the domain is; here it is the edge: what the queue holds, neighbours, what is put
aside, logs, metrics, settings.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lambdas.conversation.contact import State
from lambdas.conversation.inbox import Kind, Message
from lambdas.conversation.phrases import phrases
from lambdas.conversation.ports import Taken
from lambdas.rescue_bot.settings import NAMES
from tests.lambdas.aws_for_functions import AGENT, TABLE, Aws, aws_running
from tests.lambdas.aws_server import refusal
from tests.lambdas.functions import Answered, Function, running
from tests.lambdas.process import ProcessEnded
from tests.lambdas.rescue_bot.failed_events import TEXT, given_up, published, undelivered

KEPT, UNRESCUED = "https://sqs.eu-west-1.amazonaws.com/0/Kept", "https://sqs.eu-west-1.amazonaws.com/0/Unrescued"
SETTINGS = {
    "CONTACTS_TABLE": TABLE,
    "CHAT_BOT_FUNCTION": "arn:aws:lambda:eu-west-1:000000000000:function:ChatBot:live",
    "KEPT_QUEUE_URL": KEPT,
    "UNRESCUED_QUEUE_URL": UNRESCUED,
    "READ_TRANSCRIPT": "true",
}
HANDLER = "lambdas.rescue_bot.handler.handler"
EVENT = "application/vnd.amazonaws.connect.event"
INVOKED = "/2015-03-31/functions/.*/invocations"
SECONDS = 15


@pytest.fixture(scope="module")
def world() -> Iterator[Aws]:
    with aws_running() as aws:
        yield aws


@pytest.fixture(scope="module")
def rescue_bot(world: Aws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    """One execution environment for all events, as Lambda keeps it."""
    variables = {**SETTINGS, "AWS_ENDPOINT_URL": world.server.url}
    with running(HANDLER, tmp_path_factory.mktemp("rescue_bot"), variables, timeout_seconds=SECONDS) as function:
        yield function


@pytest.fixture
def aws(world: Aws) -> Aws:
    world.kindly()
    return world


def from_sqs(*bodies: str) -> dict[str, Any]:
    records = [
        {"messageId": f"sqs-{number}", "receiptHandle": "r", "body": body, "eventSource": "aws:sqs", "attributes": {}}
        for number, body in enumerate(bodies)
    ]
    return {"Records": records}


def invoke(function: Function, *bodies: str) -> Answered:
    answered = function.invoke(from_sqs(*bodies))
    assert "canary" not in answered.log
    return answered


def put_aside(aws: Aws) -> list[dict[str, Any]]:
    return [json.loads(body) for body in aws.queues.bodies(KEPT)]


SETTLED: dict[str, Any] = {"batchItemFailures": []}

# ---- a rescue


def test_a_customer_whose_message_was_given_up_on_hears_a_sentence_and_gets_a_person(
    aws: Aws, rescue_bot: Function
) -> None:
    """The person finds what waited, and the bot leaves as in every hand-off."""
    aws.joined("waiting")

    answered = invoke(rescue_bot, given_up(published("waiting")))

    assert answered.result == SETTLED
    assert aws.sent() == [phrases("es").say("rescued")]
    (attributes,) = aws.server.asked("/contact/attributes")
    assert attributes.json["Attributes"]["handoff_reason"] == "rescued"
    assert attributes.json["Attributes"]["handoff_summary"] == TEXT
    assert len(aws.server.asked("/contact/stop-streaming")) == 1
    assert len(aws.server.asked("/participant/disconnect")) == 1
    assert aws.state("waiting") is State.HUMAN
    assert aws.server.asked(AGENT) == []
    assert answered.metrics["CustomersRescued"] == [1]
    assert answered.metrics["Handoff.rescued"] == [1]


def test_what_was_done_is_put_aside_with_the_event(aws: Aws, rescue_bot: Function) -> None:
    """Whose it is, what came of it and when, so that an operator can follow it and replay it."""
    aws.joined("aside")
    record = published("aside")

    invoke(rescue_bot, given_up(record))

    (kept,) = put_aside(aws)
    assert kept["event"] == {"Records": [record]}
    assert (kept["contacts"], kept["done"]) == (["aside"], ["rescued"])
    assert abs(datetime.fromisoformat(kept["kept_at"]).timestamp() - time.time()) < 60


def test_characters_that_sqs_refuses_are_put_aside_all_the_same(aws: Aws, rescue_bot: Function) -> None:
    """Half of a surrogate pair, for one: browsers send it, and no text that leaves the function may hold it."""
    aws.joined("emoji")
    broken = published("emoji", Content="canary \ud83d")
    broken["Sns"]["Subject"] = "canary \ud83d \uffff"

    answered = invoke(rescue_bot, given_up(broken))

    assert answered.result == SETTLED
    (body,) = aws.queues.bodies(KEPT)
    assert body.isascii()
    assert json.loads(body)["event"] == {"Records": [broken]}


def test_what_sns_could_not_deliver_is_rescued_too(aws: Aws, rescue_bot: Function) -> None:
    """Lambda was never asked, so nobody has tried anything."""
    aws.joined("undelivered")

    answered = invoke(rescue_bot, undelivered("undelivered"))

    assert answered.result == SETTLED
    assert aws.sent() == [phrases("es").say("rescued")]
    assert aws.state("undelivered") is State.HUMAN


def test_a_rescue_that_is_repeated_says_and_does_nothing_more(aws: Aws, rescue_bot: Function) -> None:
    """SQS delivers at least once."""
    aws.joined("again")
    body = given_up(published("again"))
    invoke(rescue_bot, body)
    aws.server.requests.clear()

    answered = invoke(rescue_bot, body)

    assert answered.result == SETTLED
    assert aws.sent() == []
    assert "CustomersRescued" not in answered.metrics
    assert len(put_aside(aws)) == 1


@pytest.mark.parametrize("state", [State.HUMAN, State.ENDED])
def test_whoever_has_a_person_or_has_left_needs_no_rescue(aws: Aws, rescue_bot: Function, state: State) -> None:
    """Nor is the text kept any longer."""
    record = aws.joined(f"gone-{state}")
    if state is State.HUMAN:
        aws.stays.become_human(record, now=time.time())
    else:
        aws.stays.become_ended(record.contact_id, now=time.time())

    answered = invoke(rescue_bot, given_up(published(record.contact_id)))

    assert answered.result == SETTLED
    assert aws.sent() == []
    assert put_aside(aws) == []


def test_a_person_who_came_and_the_end_of_a_chat_are_noted(aws: Aws, rescue_bot: Function) -> None:
    """These events fail, too, and a record that stays open would be answered for."""
    aws.joined("joined")
    aws.joined("ended")
    joined = published("joined", Type="EVENT", ParticipantRole="AGENT", ContentType=f"{EVENT}.participant.joined")
    joined_now = json.loads(joined["Sns"]["Message"])
    joined_now["AbsoluteTime"] = datetime.fromtimestamp(time.time() + 1, UTC).isoformat(timespec="milliseconds")
    ended = published("ended", Type="EVENT", ParticipantRole=None, ContentType=f"{EVENT}.chat.ended")

    answered = invoke(rescue_bot, given_up({"Sns": {"Message": json.dumps(joined_now)}}, ended))

    assert answered.result == SETTLED
    assert (aws.state("joined"), aws.state("ended")) == (State.HUMAN, State.ENDED)
    assert aws.sent() == []
    assert put_aside(aws) == []


# ---- what cannot be done (yet)


def test_a_message_for_an_unknown_contact_comes_again(aws: Aws, rescue_bot: Function) -> None:
    """Its record may be on its way; if it never comes, SQS moves the event to where the alarm is."""
    answered = invoke(rescue_bot, given_up(published("unknown")))

    assert answered.result == {"batchItemFailures": [{"itemIdentifier": "sqs-0"}]}
    assert answered.metrics["RescuesFailed"] == [1]
    (line,) = [line for line in answered.lines if line.get("level") == "ERROR"]
    assert (line["contact_id"], line["error"]) == ("unknown", "ContactNotReady")
    assert put_aside(aws) == []


def test_a_message_that_a_holder_may_still_answer_comes_again(aws: Aws, rescue_bot: Function) -> None:
    """The holder may be the third try that died a moment ago: if nobody answers, the next look rescues."""
    record = aws.joined("held")
    asked = Message(id="first", at=time.time(), kind=Kind.TEXT, text=TEXT)
    assert isinstance(aws.stays.take(record.contact_id, asked, owner="alive", now=time.time()), Taken)

    answered = invoke(rescue_bot, given_up(published("held")))

    assert answered.result == {"batchItemFailures": [{"itemIdentifier": "sqs-0"}]}
    assert aws.sent() == []
    assert len(aws.record("held").inbox) == 2
    assert [line["message"] for line in answered.lines if "level" in line] == ["looked at again later"]


def test_what_a_dead_holder_left_is_rescued(aws: Aws, rescue_bot: Function) -> None:
    """All that waited reaches the person."""
    record = aws.joined("abandoned")
    asked = Message(id="first", at=time.time() - 300, kind=Kind.TEXT, text="canary-earlier")
    assert isinstance(aws.stays.take(record.contact_id, asked, owner="dead", now=time.time() - 40), Taken)

    answered = invoke(rescue_bot, given_up(published("abandoned")))

    assert answered.result == SETTLED
    (attributes,) = aws.server.asked("/contact/attributes")
    assert attributes.json["Attributes"]["handoff_summary"] == f"canary-earlier\n{TEXT}"
    assert answered.metrics["CustomersRescued"] == [1]


def test_a_table_that_cannot_be_reached_brings_the_event_again(aws: Aws, rescue_bot: Function) -> None:
    aws.joined("no-table")
    aws.server.answers("POST", "/", refusal("ProvisionedThroughputExceededException"))

    answered = invoke(rescue_bot, given_up(published("no-table")))
    aws.server.forget("/")

    assert answered.result == {"batchItemFailures": [{"itemIdentifier": "sqs-0"}]}
    assert invoke(rescue_bot, given_up(published("no-table"))).result == SETTLED
    assert aws.state("no-table") is State.HUMAN


def test_an_event_that_cannot_be_put_aside_comes_again(aws: Aws, rescue_bot: Function) -> None:
    """The customer has been rescued; the next look finds that, and has nothing to put aside."""
    aws.joined("not-aside")
    aws.queues.refused["SendMessage"] = "KMS.AccessDeniedException"

    answered = invoke(rescue_bot, given_up(published("not-aside")))

    assert answered.result == {"batchItemFailures": [{"itemIdentifier": "sqs-0"}]}
    assert aws.state("not-aside") is State.HUMAN


UNREADABLE = {
    "no JSON": "canary {",
    "deep": "[" * 100_000,
    "a list": '["canary"]',
    "nothing": "null",
    "empty": "{}",
    "no payload": json.dumps({"version": "1.0", "requestContext": {"condition": "RetriesExhausted"}}),
    "a payload that is none": json.dumps({"requestPayload": "canary"}),
    "no records": json.dumps({"requestPayload": {"Records": []}}),
    "records that are none": json.dumps({"requestPayload": {"Records": "canary"}}),
    "a notification without a message": json.dumps({"Type": "Notification", "Message": None}),
    "a bad record": given_up(None),
    "a message without an id": given_up(published("somebody", Id=None)),
    "a notification that is no JSON": json.dumps({"Type": "Notification", "Message": "canary {"}),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_put_aside_and_raises_an_alarm(aws: Aws, rescue_bot: Function, name: str) -> None:
    """Trying it again would change nothing, and throwing it away would lose a message."""
    answered = invoke(rescue_bot, UNREADABLE[name])

    assert answered.result == SETTLED
    (kept,) = put_aside(aws)
    assert kept["done"] == ["not_understood"]
    assert answered.metrics["EventsNotUnderstood"] == [1]


def test_a_bad_neighbour_costs_nobody_anything(aws: Aws, rescue_bot: Function) -> None:
    """Neither a record in the same event nor a message in the same batch."""
    aws.joined("first")
    aws.joined("second")

    answered = invoke(
        rescue_bot,
        UNREADABLE["no JSON"],
        given_up(None, published("first")),
        given_up(published("unknown-neighbour")),
        given_up(published("second")),
    )

    assert answered.result == {"batchItemFailures": [{"itemIdentifier": "sqs-2"}]}
    assert (aws.state("first"), aws.state("second")) == (State.HUMAN, State.HUMAN)
    assert [kept["done"] for kept in put_aside(aws)] == [["not_understood"], ["not_understood", "rescued"], ["rescued"]]


@pytest.mark.parametrize("event", [None, [], "canary", {}, {"Records": None}, {"Records": ["canary"]}])
def test_an_event_that_is_none_of_sqs_fails(rescue_bot: Function, event: object) -> None:
    """A mistake in the mapping must not pass in silence."""
    answered = rescue_bot.invoke(event)

    assert answered.error is not None
    assert answered.error["errorType"] == "InvalidEvent"
    assert "canary" not in answered.log


def test_an_error_that_nobody_foresaw_brings_the_event_again(aws: Aws, rescue_bot: Function) -> None:
    """Python's own messages quote values; the log names the type and the place."""
    aws.joined("broken")
    item = aws.stays.table.read("broken", "turn")
    assert item is not None
    aws.put_raw({**item, "state": {"S": "canary-state"}})

    answered = invoke(rescue_bot, given_up(published("broken")))

    assert answered.result == {"batchItemFailures": [{"itemIdentifier": "sqs-0"}]}
    (line,) = [line for line in answered.lines if line.get("level") == "ERROR"]
    assert line["error"] == "ValueError"
    assert "reason" not in line


# ---- settings


def test_the_settings_of_this_test_are_those_of_the_function() -> None:
    """The stack writes exactly these names."""
    assert set(SETTINGS) == NAMES


def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(ProcessEnded) as stopped,
        running(HANDLER, tmp_path, {**SETTINGS, "KEPT_QUEUE_URL": ""}, timeout_seconds=SECONDS),
    ):
        pass

    line = str(stopped.value).splitlines()[0]
    assert line == "[ERROR] InvalidSetting: setting KEPT_QUEUE_URL: is missing or empty"
