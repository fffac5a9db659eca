"""A queue of failed events over SQS's own wire format."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import boto3
import pytest
from botocore.config import Config

from lambdas.adapters.queues import Letter, Queue, SqsClient
from lambdas.conversation.errors import QueueUnavailable
from tests.lambdas.aws_server import AwsServer, refusal
from tests.lambdas.wire_queues import WireQueues

URL = "https://sqs.eu-west-1.amazonaws.com/000000000000/Kept"


@pytest.fixture
def server() -> Iterator[AwsServer]:
    with AwsServer().running() as server:
        yield server


@pytest.fixture
def queue(server: AwsServer) -> Queue:
    return Queue(_client(server.url), URL)


def _client(url: str) -> SqsClient:
    client: SqsClient = boto3.client(
        "sqs",
        region_name="eu-west-1",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(connect_timeout=1, retries={"total_max_attempts": 1}),
    )
    return client


def test_what_is_sent_is_received_until_it_is_deleted(server: AwsServer, queue: Queue) -> None:
    """Characters that JSON or XML would mind arrive as they were."""
    queues = WireQueues()
    server.answers("POST", "/", queues.answer)
    body = '{"text": "¿Dónde está? <&> \\u0007 \U0001f600"}'
    queue.send(body)

    (letter,) = queue.receive(5, hidden_seconds=60)
    assert letter.body == body
    assert queue.receive(5, hidden_seconds=60) == ()
    queue.put_back(letter)
    assert [again.body for again in queue.receive(5, hidden_seconds=60)] == [body]
    queue.delete(letter)
    assert queues.bodies(URL) == []


def test_a_receive_waits_and_asks_for_no_more_than_sqs_gives(server: AwsServer, queue: Queue) -> None:
    """Without waiting SQS asks only some of its servers; more than ten at once it refuses."""
    server.answers("POST", "/", WireQueues().answer)

    queue.receive(1_000, hidden_seconds=60)

    (asked,) = [request.json for request in server.requests]
    assert asked["MaxNumberOfMessages"] == 10
    assert asked["WaitTimeSeconds"] >= 1
    assert asked["VisibilityTimeout"] == 60


LETTER = Letter(body="canary", receipt="canary")
CALLS: dict[str, Callable[[Queue], object]] = {
    "send": lambda queue: queue.send("canary"),
    "receive": lambda queue: queue.receive(1, hidden_seconds=1),
    "delete": lambda queue: queue.delete(LETTER),
    "put back": lambda queue: queue.put_back(LETTER),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_refusal_is_told_by_its_code_alone(server: AwsServer, queue: Queue, call: Callable[[Queue], object]) -> None:
    """The message of an error ends up in a log."""
    server.answers("POST", "/", refusal("KmsAccessDenied", "canary"))

    with pytest.raises(QueueUnavailable) as failed:
        call(queue)

    assert str(failed.value) == "a queue of failed events is unavailable: KmsAccessDenied"


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_answer_at_all_is_told_by_its_type(call: Callable[[Queue], object]) -> None:
    with pytest.raises(QueueUnavailable, match="EndpointConnectionError"):
        call(Queue(_client("http://127.0.0.1:9"), URL))
