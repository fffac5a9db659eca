"""Anybody who has boto3 and `/local.json` can be a customer: nothing of this project is imported here."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any, Protocol

import boto3

JSON = {"Content-Type": "application/json"}


class RunningStack(Protocol):
    @property
    def origin(self) -> str: ...


def fetch(url: str, *, post: bool = False) -> Any:
    request = urllib.request.Request(url, data=b"{}" if post else None, headers=JSON)  # noqa: S310  (loopback)
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  (loopback)
        return json.load(answer)


def eventually(look: Callable[[], Any], *, seconds: float = 40.0) -> Any:
    """What `look` finds, tried until it is true or time is over."""
    ends_at, pause = time.monotonic() + seconds, threading.Event()
    while not (found := look()) and time.monotonic() < ends_at:
        pause.wait(0.1)
    assert found, "it never happened"
    return found


def test_a_customer_on_boto3_alone_is_answered_and_reaches_a_human(stack: RunningStack) -> None:
    """The emulator speaks AWS's own wire: an official client holds the whole conversation."""
    place = fetch(f"{stack.origin}/local.json")

    def client(service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=place["endpoint"],
            region_name=place["region"],
            aws_access_key_id=place["accessKeyId"],
            aws_secret_access_key=place["secretAccessKey"],
        )

    connect, participant = client("connect"), client("connectparticipant")
    started = connect.start_chat_contact(
        InstanceId=place["instanceId"],
        ContactFlowId=place["contactFlowId"],
        ParticipantDetails={"DisplayName": "Ana"},
        Attributes={"language": "es"},
    )
    contact_id = started["ContactId"]
    connection = participant.create_participant_connection(
        Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"], ParticipantToken=started["ParticipantToken"]
    )
    token = connection["ConnectionCredentials"]["ConnectionToken"]

    def heard(role: str, words: str) -> list[dict[str, Any]]:
        page = participant.get_transcript(MaxResults=100, SortOrder="ASCENDING", ConnectionToken=token)
        return [
            item
            for item in page["Transcript"]
            if item.get("ParticipantRole") == role and words in item.get("Content", "")
        ]

    def say(text: str) -> None:
        participant.send_message(ContentType="text/plain", Content=text, ConnectionToken=token)

    eventually(lambda: heard("CUSTOM_BOT", ""))
    say("¿Cómo va mi pedido 10020030? Documento 12345678-9")
    eventually(lambda: heard("CUSTOM_BOT", "10020030"))
    say("Necesito hablar con alguien de verdad")
    waiting = eventually(
        lambda: [c for c in fetch(f"{place['deskUrl']}/contacts") if c["id"] == contact_id and c["state"] == "waiting"]
    )
    accepted = fetch(f"{place['deskUrl']}/contacts/{contact_id}/accept", post=True)
    human = participant.create_participant_connection(
        Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"], ParticipantToken=accepted["participantToken"]
    )["ConnectionCredentials"]["ConnectionToken"]
    participant.send_message(ContentType="text/plain", Content="Hola, soy Lucía", ConnectionToken=human)
    eventually(lambda: heard("AGENT", "Lucía"))
    attributes = connect.get_contact_attributes(InstanceId=place["instanceId"], InitialContactId=contact_id)
    described = connect.describe_contact(InstanceId=place["instanceId"], ContactId=contact_id)
    participant.disconnect_participant(ConnectionToken=token)

    assert attributes["Attributes"]["handoff_reason"] == "customer_asked"
    assert attributes["Attributes"]["functionName"] == "escalate"
    assert attributes["Attributes"]["handoff_language"] == "es"
    assert waiting[0]["language"] == "es"
    assert described["Contact"]["Channel"] == "CHAT"
