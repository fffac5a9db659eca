"""SQS as boto3 meets it on the one origin."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from starlette.applications import Starlette

from local import sqs_api, targets
from local.intrinsics import arn, queue_url
from local.queues import Queues
from local.sqs_api import SqsApi
from tests.local.chat_rooms import MovableTime
from tests.local.serving import running
from tests.local.test_queues import queue

URL = queue_url("Work")


@pytest.fixture(scope="module")
def sqs() -> Iterator[Any]:
    """A client of a stack with two queues; it checks nothing itself and does not retry."""
    numbers = itertools.count(1)
    queues = Queues(now=MovableTime(), new_id=lambda: f"id-{next(numbers)}")
    queues.define([queue("Work", timeout=0, dead_letters="Dead", receives=99), queue("Dead")])
    app = Starlette(routes=[targets.route({sqs_api.TARGET: SqsApi(queues).serve})])
    with running(app) as (origin, _):
        client = boto3.client(
            "sqs",
            endpoint_url=origin,
            region_name="local",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )
        yield client
        client.close()


def received(sqs: Any, **asked: Any) -> list[Any]:
    return list(sqs.receive_message(QueueUrl=URL, **asked).get("Messages", []))


def test_a_message_goes_in_comes_out_and_is_deleted(sqs: Any) -> None:
    """The whole life of one; its hash is that of its text."""
    sent = sqs.send_message(QueueUrl=URL, MessageBody="¿hola?")

    [message] = received(sqs, AttributeNames=["All"])
    sqs.delete_message(QueueUrl=URL, ReceiptHandle=message["ReceiptHandle"])

    assert (message["MessageId"], message["Body"]) == (sent["MessageId"], "¿hola?")
    assert message["MD5OfBody"] == sent["MD5OfMessageBody"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert received(sqs) == []


def test_only_the_attributes_that_are_asked_for_are_told(sqs: Any) -> None:
    """As in AWS; a function that forgets to ask must fail here too."""
    sqs.send_message(QueueUrl=URL, MessageBody="one")

    [plain] = received(sqs)
    [counted] = received(sqs, MessageSystemAttributeNames=["ApproximateReceiveCount"])
    sqs.change_message_visibility(QueueUrl=URL, ReceiptHandle=counted["ReceiptHandle"], VisibilityTimeout=0)
    sqs.delete_message(QueueUrl=URL, ReceiptHandle=counted["ReceiptHandle"])

    assert ("Attributes" in plain, counted["Attributes"]) == (False, {"ApproximateReceiveCount": "2"})


def test_a_queue_tells_what_it_holds_and_what_becomes_of_it(sqs: Any) -> None:
    """Operators look at the depth first."""
    sqs.send_message(QueueUrl=URL, MessageBody="one")
    sqs.send_message(QueueUrl=URL, MessageBody="two", DelaySeconds=900)

    told = sqs.get_queue_attributes(QueueUrl=URL, AttributeNames=["All"])["Attributes"]
    depth = sqs.get_queue_attributes(QueueUrl=URL, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]

    assert told == {
        "QueueArn": arn("sqs", "Work"),
        "VisibilityTimeout": "0",
        "ApproximateNumberOfMessages": "1",
        "ApproximateNumberOfMessagesNotVisible": "1",
        "RedrivePolicy": f'{{"deadLetterTargetArn": "{arn("sqs", "Dead")}", "maxReceiveCount": 99}}',
    }
    assert depth == {"ApproximateNumberOfMessages": "1"}


@pytest.mark.parametrize(
    ("operation", "asked", "code"),
    [
        (
            "send_message",
            {"QueueUrl": queue_url("Gone"), "MessageBody": "x"},
            "AWS.SimpleQueueService.NonExistentQueue",
        ),
        ("send_message", {"QueueUrl": URL}, "MissingParameter"),
        ("send_message", {"QueueUrl": URL, "MessageBody": "\x00"}, "InvalidMessageContents"),
        ("send_message", {"QueueUrl": URL, "MessageBody": "x", "DelaySeconds": 901}, "InvalidParameterValue"),
        ("receive_message", {"QueueUrl": URL, "MaxNumberOfMessages": 11}, "InvalidParameterValue"),
        ("receive_message", {"QueueUrl": URL, "AttributeNames": ["Colour"]}, "InvalidParameterValue"),
        (
            "change_message_visibility",
            {"QueueUrl": URL, "ReceiptHandle": "nobody's", "VisibilityTimeout": 0},
            "ReceiptHandleIsInvalid",
        ),
        (
            "send_message",
            {"QueueUrl": URL, "MessageBody": "x", "MessageGroupId": "1"},
            "AWS.SimpleQueueService.UnsupportedOperation",
        ),
        ("purge_queue", {"QueueUrl": URL}, "AWS.SimpleQueueService.UnsupportedOperation"),
    ],
)
def test_what_is_wrong_or_not_emulated_is_refused(sqs: Any, operation: str, asked: dict[str, Any], code: str) -> None:
    """With the name that boto3 tells."""
    with pytest.raises(ClientError) as refused:
        getattr(sqs, operation)(**asked)

    assert refused.value.response["Error"]["Code"] == code
