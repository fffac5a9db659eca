"""A replay as the operator asks for it: the same function, another event."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from lambdas.adapters.chat_bot_function import ChatBotFunction
from lambdas.adapters.queues import Queue
from lambdas.conversation.contact import State
from lambdas.rescue_bot.events import kept
from lambdas.rescue_bot.replay import Replay, Request
from tests.fakes import ManualClock, MemoryStays
from tests.lambdas.aws_for_functions import Aws, aws_running
from tests.lambdas.aws_server import refusal
from tests.lambdas.functions import Answered, Function, running
from tests.lambdas.rescue_bot.failed_events import given_up, published, undelivered
from tests.lambdas.rescue_bot.test_handler import HANDLER, INVOKED, KEPT, SECONDS, SETTINGS, UNRESCUED

NOTHING = {
    "dry_run": False,
    "read": 0,
    "handed_over": 0,
    "ended": 0,
    "with_a_person": 0,
    "unknown": 0,
    "unreadable": 0,
    "failed": 0,
    "more": False,
}


@pytest.fixture(scope="module")
def world() -> Iterator[Aws]:
    with aws_running() as aws:
        yield aws


@pytest.fixture(scope="module")
def rescue_bot(world: Aws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    variables = {**SETTINGS, "AWS_ENDPOINT_URL": world.server.url}
    with running(HANDLER, tmp_path_factory.mktemp("replay"), variables, timeout_seconds=SECONDS) as function:
        yield function


@pytest.fixture
def aws(world: Aws) -> Aws:
    world.kindly()
    return world


def put_aside(record: object, *, done: str = "rescued") -> str:
    return kept({"Records": [record]}, contacts=["canary"], done=[done], at=time.time())


def replay(function: Function, **asked: Any) -> Answered:
    answered = function.invoke({"replay": asked})
    assert "canary" not in answered.log
    return answered


def handed_over(aws: Aws) -> list[Any]:
    return [request.json for request in aws.server.asked(INVOKED)]


def leave(aws: Aws, contact_id: str, state: State) -> str:
    record = aws.joined(contact_id)
    if state is State.HUMAN:
        aws.stays.become_human(record, now=time.time())
    elif state is State.ENDED:
        aws.stays.become_ended(contact_id, now=time.time())
    return contact_id


def test_what_still_waits_goes_to_chat_bot_and_the_rest_is_deleted(aws: Aws, rescue_bot: Function) -> None:
    """Whoever has a person, has left or is not known needs nothing any more."""
    leave(aws, "open", State.BOT)
    for contact_id in ("open", leave(aws, "person", State.HUMAN), leave(aws, "over", State.ENDED), "never-seen"):
        aws.queues.put(KEPT, put_aside(published(contact_id)))

    answered = replay(rescue_bot)

    counts = {"read": 4, "handed_over": 1, "ended": 1, "with_a_person": 1, "unknown": 1}
    assert answered.result == {**NOTHING, **counts}
    assert handed_over(aws) == [{"Records": [published_as_kept(aws, "open")]}]
    assert aws.queues.bodies(KEPT) == []


def published_as_kept(aws: Aws, contact_id: str) -> Any:
    """The record that was handed over, told apart by its contact: its time is the test's own."""
    (event,) = handed_over(aws)
    (record,) = event["Records"]
    assert json.loads(record["Sns"]["Message"])["ContactId"] == contact_id
    return record


def test_chat_bot_is_invoked_as_sns_does_it(aws: Aws, rescue_bot: Function) -> None:
    """Asynchronously and by its alias, so that what fails once more is tried again, and rescued."""
    aws.joined("async")
    record = published("async")
    aws.queues.put(KEPT, put_aside(record))

    replay(rescue_bot)

    (request,) = aws.server.asked(INVOKED)
    assert request.headers["x-amz-invocation-type"] == "Event"
    assert request.path.endswith("ChatBot%3Alive/invocations") or request.path.endswith("ChatBot:live/invocations")
    assert request.json == {"Records": [record]}


@pytest.mark.parametrize("shape", [lambda: given_up(published("raw")), lambda: undelivered("raw")])
def test_what_sqs_moved_to_unrescued_is_understood_as_it_is(aws: Aws, rescue_bot: Function, shape: Any) -> None:
    """There RescueBot never got so far as to write anything."""
    aws.joined("raw")
    aws.queues.put(UNRESCUED, shape())

    answered = replay(rescue_bot)

    assert answered.result == {**NOTHING, "read": 1, "handed_over": 1}
    (event,) = handed_over(aws)
    assert json.loads(event["Records"][0]["Sns"]["Message"])["ContactId"] == "raw"
    assert aws.queues.bodies(UNRESCUED) == []


def test_of_an_event_with_several_chats_only_the_open_ones_are_handed_over(aws: Aws, rescue_bot: Function) -> None:
    aws.joined("still-open")
    leave(aws, "gone", State.HUMAN)
    aws.queues.put(UNRESCUED, given_up(published("gone"), published("still-open")))

    answered = replay(rescue_bot)

    assert answered.result["handed_over"] == 1
    (event,) = handed_over(aws)
    assert [json.loads(each["Sns"]["Message"])["ContactId"] for each in event["Records"]] == ["still-open"]


def test_a_record_that_cannot_be_read_keeps_no_neighbour_from_its_replay(aws: Aws, rescue_bot: Function) -> None:
    aws.joined("neighbour")
    aws.queues.put(UNRESCUED, given_up(None, published("neighbour")))

    answered = replay(rescue_bot)

    assert answered.result == {**NOTHING, "read": 1, "handed_over": 1}
    (event,) = handed_over(aws)
    assert [json.loads(each["Sns"]["Message"])["ContactId"] for each in event["Records"]] == ["neighbour"]


def test_half_of_a_surrogate_pair_stops_no_replay(aws: Aws, rescue_bot: Function) -> None:
    """Browsers send it; Lambda takes UTF-8, which cannot hold it."""
    aws.joined("emoji")
    broken = published("emoji")
    broken["Sns"]["Subject"] = "canary \ud83d"
    aws.queues.put(UNRESCUED, given_up(broken))

    assert replay(rescue_bot).result == {**NOTHING, "read": 1, "handed_over": 1}
    assert handed_over(aws)[0]["Records"][0]["Sns"]["Subject"] == "canary ?"


def test_a_dry_run_tells_and_changes_nothing(aws: Aws, rescue_bot: Function) -> None:
    """And a replay that follows at once finds everything."""
    aws.joined("looked-at")
    aws.queues.put(KEPT, put_aside(published("looked-at")))
    aws.queues.put(UNRESCUED, given_up(published("never-seen")))

    looked = replay(rescue_bot, dry_run=True)

    assert looked.result == {**NOTHING, "dry_run": True, "read": 2, "handed_over": 1, "unknown": 1}
    assert handed_over(aws) == []
    assert len(aws.queues.visible(KEPT)) == len(aws.queues.visible(UNRESCUED)) == 1
    assert replay(rescue_bot).result == {**NOTHING, "read": 2, "handed_over": 1, "unknown": 1}


def test_a_limit_holds_and_says_that_there_may_be_more(aws: Aws, rescue_bot: Function) -> None:
    for number in range(15):
        aws.queues.put(KEPT, put_aside(published(f"unknown-{number}")))

    assert replay(rescue_bot, limit=12).result == {**NOTHING, "read": 12, "unknown": 12, "more": True}
    assert replay(rescue_bot).result == {**NOTHING, "read": 3, "unknown": 3}


def test_what_cannot_be_read_stays_for_a_person_to_look_at(aws: Aws, rescue_bot: Function) -> None:
    """In nobody's way: it is seen once in a replay, and again by the next one."""
    aws.joined("readable")
    aws.queues.put(KEPT, kept("canary {", contacts=(), done=("not_understood",), at=time.time()))
    aws.queues.put(KEPT, put_aside(None, done="not_understood"))
    aws.queues.put(KEPT, put_aside(published("readable")))

    answered = replay(rescue_bot)

    assert answered.result == {**NOTHING, "read": 3, "handed_over": 1, "unreadable": 2}
    assert len(aws.queues.visible(KEPT)) == 2


def test_what_chat_bot_does_not_take_stays(aws: Aws, rescue_bot: Function) -> None:
    """Nothing is deleted before somebody else has it."""
    aws.joined("not-taken")
    aws.queues.put(KEPT, put_aside(published("not-taken")))
    aws.server.answers("POST", INVOKED, refusal("AccessDeniedException", "canary", status=403))

    answered = replay(rescue_bot)
    aws.server.forget(INVOKED)

    assert answered.result == {**NOTHING, "read": 1, "failed": 1}
    assert len(aws.queues.visible(KEPT)) == 1
    (line,) = [line for line in answered.lines if line.get("level") == "ERROR"]
    assert (line["message"], line["error"]) == ("replay failed", "FunctionUnavailable")
    assert "AccessDeniedException" in line["reason"]


def test_one_event_that_nobody_foresaw_keeps_the_others_from_nothing(aws: Aws, rescue_bot: Function) -> None:
    """It stays where it is, and the log says of what kind the failure was."""
    aws.joined("broken")
    item = aws.stays.table.read("broken", "turn")
    assert item is not None
    aws.put_raw({**item, "state": {"S": "canary-state"}})
    aws.joined("sound")
    for contact_id in ("broken", "sound"):
        aws.queues.put(KEPT, put_aside(published(contact_id)))

    answered = replay(rescue_bot)

    assert answered.result == {**NOTHING, "read": 2, "handed_over": 1, "failed": 1}
    (line,) = [line for line in answered.lines if line.get("level") == "ERROR"]
    assert line["error"] == "ValueError"
    assert len(aws.queues.visible(KEPT)) == 1


def test_an_event_that_cannot_be_deleted_is_counted_as_failed(aws: Aws, rescue_bot: Function) -> None:
    """ChatBot gets it once more with the next replay, and knows it."""
    aws.joined("not-deleted")
    aws.queues.put(KEPT, put_aside(published("not-deleted")))
    aws.queues.refused["DeleteMessage"] = "AWS.SimpleQueueService.NonExistentQueue"

    assert replay(rescue_bot).result == {**NOTHING, "read": 1, "failed": 1}
    assert len(aws.queues.visible(KEPT)) == 1


def test_a_queue_that_cannot_be_read_fails_the_replay_aloud(aws: Aws, rescue_bot: Function) -> None:
    """Nothing found and nothing seen must not look alike."""
    aws.queues.refused["ReceiveMessage"] = "AccessDeniedException"

    answered = replay(rescue_bot)

    assert answered.error == {
        "errorType": "QueueUnavailable",
        "errorMessage": "a queue of failed events is unavailable: AccessDeniedException",
    }


@pytest.mark.parametrize(
    "asked",
    [None, [], "canary", {"dryrun": True}, {"dry_run": "yes"}, {"limit": 0}, {"limit": 1001}, {"limit": True}],
)
def test_a_wish_that_is_misspelt_does_nothing(aws: Aws, rescue_bot: Function, asked: object) -> None:
    """A dry run must never turn out to have been none."""
    aws.queues.put(KEPT, put_aside(published("canary-contact")))

    answered = rescue_bot.invoke({"replay": asked})

    assert answered.error is not None
    assert answered.error["errorType"] == "InvalidEvent"
    assert len(aws.queues.visible(KEPT)) == 1
    assert "canary" not in answered.log


# ---- time


class SlowQueue:
    """A queue that never ends and takes its time; what is received of it is not seen again."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.received = 0
        self.put_back: list[str] = []

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> object:  # noqa: N803  (boto3's names)
        raise AssertionError(f"nothing is sent to {QueueUrl}: {MessageBody}")

    def receive_message(self, **asked: Any) -> dict[str, Any]:
        self.clock.advance(1)
        numbers = range(self.received, self.received + asked["MaxNumberOfMessages"])
        self.received = numbers.stop
        body = put_aside(published("nobody"))
        return {"Messages": [{"Body": body, "ReceiptHandle": f"receipt-{number}"} for number in numbers]}

    def delete_message(self, **asked: Any) -> None:
        self.clock.advance(0.5)

    def change_message_visibility(self, **asked: Any) -> None:
        self.put_back.append(asked["ReceiptHandle"])


def test_a_replay_ends_before_its_function_would_be_stopped() -> None:
    """What it has in its hands then is put back, and the answer says that there is more."""
    clock = ManualClock()
    slow = SlowQueue(clock)
    # ChatBot is never asked: nobody knows these contacts.
    replay = Replay(
        stays=MemoryStays(),
        chat_bot=ChatBotFunction(boto3.client("lambda", region_name="eu-west-1"), "ChatBot"),
        queues=(Queue(slow, KEPT),),
    )
    started, failures = clock.now(), list[Exception]()

    counts = replay.run(Request.parse({}), clock=clock, ends_at=started + SECONDS, explain=failures.append)

    assert failures == []
    assert counts.more
    assert 0 < counts.unknown < slow.received
    assert len(slow.put_back) == slow.received - counts.unknown
    assert clock.now() <= started + SECONDS - 5
