"""Handing early messages to ChatBot: real botocore over HTTP. What the events hold is tested with `event_of`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from lambdas.adapters.chat_bot_function import ChatBotFunction
from lambdas.conversation.errors import FunctionUnavailable
from lambdas.conversation.ports import Chat, Said
from tests.lambdas.aws_server import AwsServer, Reply, refusal

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

CHAT = Chat(instance_id="instance-1", contact_id="contact-2", initial_contact_id="contact-1")
INVOKE = "/2015-03-31/functions/chat-bot:live/invocations"


@pytest.fixture
def aws() -> Iterator[AwsServer]:
    with AwsServer().running() as server:
        yield server


@pytest.fixture
def client(aws: AwsServer) -> Iterator[LambdaClient]:
    client = boto3.client(
        "lambda",
        region_name="eu-west-1",
        endpoint_url=aws.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield client
    client.close()


def said(number: int, text: str = "Hola 👋") -> Said:
    return Said(id=f"m{number}", at=1_763_633_700.0 + number, role="CUSTOMER", text=text, content_type="text/plain")


def test_early_messages_go_together_and_nobody_waits_for_the_answer(aws: AwsServer, client: LambdaClient) -> None:
    """StartBot has 8 seconds; ChatBot answers them as one prompt if they wait together."""
    aws.answers("POST", INVOKE, Reply(status=202, body=b""))

    ChatBotFunction(client, "chat-bot:live").hand_over(CHAT, [said(1), said(2)])

    (request,) = aws.requests
    assert request.headers["x-amz-invocation-type"] == "Event"
    messages = [json.loads(record["Sns"]["Message"]) for record in request.json["Records"]]
    assert [(message["Id"], message["Content"]) for message in messages] == [("m1", "Hola 👋"), ("m2", "Hola 👋")]


def test_the_most_that_can_be_written_early_fits_an_event(aws: AwsServer, client: LambdaClient) -> None:
    """Thirty messages of 16,384 bytes; Lambda takes 1 MB asynchronously."""
    aws.answers("POST", INVOKE, Reply(status=202, body=b""))

    ChatBotFunction(client, "chat-bot:live").hand_over(CHAT, [said(number, "👋" * 4_096) for number in range(30)])

    assert len(aws.requests[0].body) < 1_000_000


def test_a_function_that_cannot_be_invoked_says_so_and_nothing_more(aws: AwsServer, client: LambdaClient) -> None:
    """The flow tries again; the message of AWS may quote the event."""
    aws.answers("POST", INVOKE, refusal("TooManyRequestsException", "Hola", status=429))

    with pytest.raises(FunctionUnavailable) as raised:
        ChatBotFunction(client, "chat-bot:live").hand_over(CHAT, [said(1)])

    assert str(raised.value) == "the ChatBot function could not be invoked: TooManyRequestsException"
