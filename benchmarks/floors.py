"""What cannot be left out: the calls alone, in line, on the SDK as it comes, in a process like any function's.

An event says which floor (`words`, `hand-off`, `joining`) and whose chat. Nothing is kept and nothing is checked, so no
bot can be faster and keep the order of its calls; what is done beside one another here may be so in any bot.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.agent_calls import AGENT_CALLS
from benchmarks.services.answers import FIRST_TOKENS, asking_for

TABLE = os.environ["CONTACTS_TABLE"]
INSTANCE = "instance"
TOKEN = "t" * 1000
ROW = {"contact_id": {"S": "floor"}, "item": {"S": "turn"}}

dynamodb = boto3.client("dynamodb")
connect = boto3.client("connect")
participant = boto3.client("connectparticipant")
bedrock = boto3.client("bedrock-runtime")
ask = AGENT_CALLS[os.environ["BACKEND"]](Config(read_timeout=130))
beside = ThreadPoolExecutor(max_workers=1)


def handler(event: Mapping[str, Any], _: object) -> None:
    FLOORS[event["floor"]](event)


def words(event: Mapping[str, Any]) -> None:
    """The inbox write, the model until the token after the first sentence, one send; then the rest, and one send."""
    answer, judged = event["answer"], bool(os.environ.get("GUARDRAIL_ID"))
    _write()
    if judged:
        _judge("INPUT", asking_for(answer))
    said: list[str] = []
    first = FIRST_TOKENS[answer]
    for text in filter(None, ask(event["contact_id"], asking_for(answer))):
        said.append(text)
        if len(said) == first + 1:
            _say("".join(said[:first]), judged=judged)
    _say("".join(said[first:]), judged=judged)


def hand_off(_: Mapping[str, Any]) -> None:
    """The deciding write, attributes, closing sentence, the stream's stop, disconnect."""
    _write()
    connect.update_contact_attributes(
        InstanceId=INSTANCE, InitialContactId="floor", Attributes={f"handoff_{n}": "a few words" for n in range(8)}
    )
    _say("I am looking for somebody who can help you.", judged=False)
    connect.stop_contact_streaming(InstanceId=INSTANCE, ContactId="floor", StreamingId="stream")
    participant.disconnect_participant(ConnectionToken=TOKEN)


def joining(_: Mapping[str, Any]) -> None:
    """A record, streaming beside the participant, the connection, a record, the greeting."""
    _write()
    streaming = beside.submit(
        connect.start_contact_streaming,
        InstanceId=INSTANCE,
        ContactId="floor",
        ChatStreamingConfiguration={"StreamingEndpointArn": os.environ["TOPIC_ARN"]},
        ClientToken="floor",
    )
    connect.create_participant(
        InstanceId=INSTANCE,
        ContactId="floor",
        ParticipantDetails={"ParticipantRole": "CUSTOM_BOT", "DisplayName": "Bot"},
    )
    streaming.result()
    participant.create_participant_connection(Type=["CONNECTION_CREDENTIALS"], ParticipantToken=TOKEN)
    _write()
    _say("Hello! How can I help you?", judged=False)


FLOORS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "words": words,
    "hand-off": hand_off,
    "joining": joining,
}


def _write() -> None:
    dynamodb.update_item(
        TableName=TABLE,
        Key=ROW,
        UpdateExpression="SET waiting = :message",
        ExpressionAttributeValues={":message": {"S": "a message of a customer"}},
        ReturnValues="ALL_NEW",
    )


def _say(text: str, *, judged: bool) -> None:
    if judged:
        _judge("OUTPUT", text)
    participant.send_message(ContentType="text/plain", Content=text, ConnectionToken=TOKEN)


def _judge(source: Any, text: str) -> None:
    bedrock.apply_guardrail(
        guardrailIdentifier=os.environ["GUARDRAIL_ID"],
        guardrailVersion=os.environ["GUARDRAIL_VERSION"],
        source=source,
        content=[{"text": {"text": text}}],
    )
