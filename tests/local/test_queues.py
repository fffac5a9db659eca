"""A queue keeps a message until it is deleted, shows it to one receiver at a time, and gives it up in the end."""

from __future__ import annotations

import itertools

import pytest

from local.intrinsics import arn, queue_url
from local.queues import BODY_LIMIT_BYTES, Queues, UnfitBodyError, UnknownQueueError, UnknownReceiptError
from local.template import Queue
from tests.local.chat_rooms import MovableTime


def queue(name: str, *, timeout: float = 60, dead_letters: str | None = None, receives: int | None = None) -> Queue:
    return Queue(
        name=name,
        logical_id=f"{name}0A1B2C3D",
        arn=arn("sqs", name),
        url=queue_url(name),
        visibility_timeout_seconds=timeout,
        dead_letter_arn=arn("sqs", dead_letters) if dead_letters else None,
        max_receive_count=receives,
    )


class Post:
    """Two queues, of which the second takes what the first gives up after two receives."""

    def __init__(self) -> None:
        numbers = itertools.count(1)
        self.time = MovableTime()
        self.queues = Queues(now=self.time, new_id=lambda: f"id-{next(numbers)}")
        self.queues.define([queue("Work", dead_letters="Dead", receives=2), queue("Dead")])

    def receive(self, name: str = "Work", most: int = 10) -> list[str]:
        return [message.body for message in self.queues.receive(name, most=most)]


def test_a_message_is_received_and_then_hidden_until_its_timeout() -> None:
    """So that two receivers do not work on the same one."""
    post = Post()
    post.queues.send("Work", "one")

    first, at_once = post.receive(), post.receive()
    post.time.advance(59)
    early = post.receive()
    post.time.advance(1)
    later = post.receive()

    assert (first, at_once, early, later) == (["one"], [], [], ["one"])


def test_a_deleted_message_does_not_come_back() -> None:
    """Whoever has done the work says so with the handle of the receive."""
    post = Post()
    post.queues.send("Work", "one")
    [message] = post.queues.receive("Work", most=1)

    post.queues.delete("Work", str(message.receipt_handle))
    post.time.advance(3_600)

    assert (post.receive(), post.queues.bodies("Work")) == ([], [])


def test_the_handle_of_an_earlier_receive_deletes_nothing() -> None:
    """A worker that was too slow must not delete what another one is working on."""
    post = Post()
    post.queues.send("Work", "one")
    [message] = post.queues.receive("Work", most=1)
    too_old = str(message.receipt_handle)
    post.time.advance(60)
    post.queues.receive("Work", most=1)

    post.queues.delete("Work", too_old)

    assert post.queues.bodies("Work") == ["one"]


def test_no_more_is_received_than_was_asked_for() -> None:
    """The oldest first, which is SQS's habit and not its promise."""
    post = Post()
    for body in ("one", "two", "three"):
        post.queues.send("Work", body)

    assert (post.receive(most=2), post.receive(most=2)) == (["one", "two"], ["three"])


def test_after_its_last_receive_a_message_moves_to_the_dead_letters() -> None:
    """With its id and time, and the queue that gave it up; it is moved when it would have been received again."""
    post = Post()
    sent = post.queues.send("Work", "one")
    for _ in range(2):
        assert post.receive() == ["one"]
        post.time.advance(60)

    received = post.receive()

    [dead] = post.queues.receive("Dead", most=10)
    assert (received, post.queues.bodies("Work")) == ([], [])
    assert (dead.id, dead.body, dead.sent_at) == (sent.id, "one", sent.sent_at)
    assert dead.attributes()["DeadLetterQueueSourceArn"] == arn("sqs", "Work")


def test_a_receive_tells_how_often_and_when() -> None:
    """In SQS's strings, with milliseconds since the epoch."""
    post = Post()
    sent_at = post.time()
    post.queues.send("Work", "one")
    post.time.advance(2)
    post.receive()
    post.time.advance(60)

    [message] = post.queues.receive("Work", most=1)

    assert message.attributes() == {
        "ApproximateReceiveCount": "2",
        "SentTimestamp": str(round(sent_at * 1000)),
        "SenderId": "local",
        "ApproximateFirstReceiveTimestamp": str(round((sent_at + 2) * 1000)),
    }


def test_the_timeout_can_be_another_for_one_receive_or_changed_after_it() -> None:
    """Zero gives the message back at once."""
    post = Post()
    post.queues.send("Dead", "one")
    [message] = post.queues.receive("Dead", most=1, visibility_timeout_seconds=5)

    post.queues.change_visibility("Dead", str(message.receipt_handle), seconds=0)

    assert post.receive("Dead") == ["one"]
    with pytest.raises(UnknownReceiptError):
        post.queues.change_visibility("Dead", "nobody's", seconds=0)


def test_a_delayed_message_is_there_but_not_yet_visible() -> None:
    """Counted with the hidden ones."""
    post = Post()

    post.queues.send("Work", "later", delay_seconds=10)

    assert (post.receive(), post.queues.counts("Work")) == ([], (0, 1))
    assert post.queues.next_visible_at("Work") == post.time() + 10


@pytest.mark.parametrize("body", ["", "\x00", "half a \ud83d", "x" * (BODY_LIMIT_BYTES + 1)])
def test_what_sqs_cannot_carry_is_refused(body: str) -> None:
    """It must fail here as it would in AWS, where it is lost otherwise."""
    with pytest.raises(UnfitBodyError):
        Post().queues.send("Work", body)


def test_a_queue_is_known_by_arn_url_name_and_logical_id() -> None:
    """Functions know the URL, the template's resources the ARN, tests the name."""
    post = Post()

    found = {post.queues.queue(name).name for name in (arn("sqs", "Work"), queue_url("Work"), "Work", "Work0A1B2C3D")}

    assert found == {"Work"}
    with pytest.raises(UnknownQueueError):
        post.queues.send("Elsewhere", "lost")


def test_a_template_that_is_read_again_keeps_what_lies_in_its_queues() -> None:
    """An edit during a demonstration loses nothing; a queue that is gone is gone."""
    post = Post()
    post.queues.send("Work", "one")
    post.queues.send("Dead", "two")

    post.queues.define([queue("Work", timeout=5)])

    assert post.queues.bodies("Work") == ["one"]
    with pytest.raises(UnknownQueueError):
        post.queues.bodies("Dead")


def test_listeners_hear_of_what_is_put_moved_and_given_back() -> None:
    """Whoever reads a queue need not look again and again."""
    post = Post()
    heard: list[str] = []
    post.queues.listeners.append(heard.append)

    post.queues.send("Work", "one")
    for _ in range(2):
        post.receive()
        post.time.advance(60)
    post.receive()

    assert heard == [*[arn("sqs", "Work")] * 3, arn("sqs", "Dead")]
