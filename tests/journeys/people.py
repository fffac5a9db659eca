"""A customer and a human agent on plain boto3, as journeys need them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from local.stack import Stack
from tests.running_stack import RunningStack, eventually

if TYPE_CHECKING:
    from types_boto3_connect import ConnectClient
    from types_boto3_connectparticipant import ConnectParticipantClient

BOT, HUMAN, FLOW = "CUSTOM_BOT", "AGENT", "SYSTEM"
_ONCE = Config(retries={"total_max_attempts": 1})


class Place:
    """A running stack as its `/local.json` describes it, with clients for it."""

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack
        self.facts = _fetch(f"{stack.origin}/local.json")
        self.started: list[str] = []
        """Contact ids of the chats that were started here."""
        session = boto3.Session(
            aws_access_key_id=self.facts["accessKeyId"],
            aws_secret_access_key=self.facts["secretAccessKey"],
            region_name=self.facts["region"],
        )
        endpoint = self.facts["endpoint"]
        self.connect: ConnectClient = session.client("connect", endpoint_url=endpoint, config=_ONCE)
        self.participant: ConnectParticipantClient = session.client(
            "connectparticipant", endpoint_url=endpoint, config=_ONCE
        )

    def desk(self) -> list[dict[str, Any]]:
        """What the desk shows."""
        contacts: list[dict[str, Any]] = _fetch(f"{self.facts['deskUrl']}/contacts")
        return contacts

    def accept(self, contact_id: str, *, name: str = "Lucía") -> Participant:
        """A human takes a chat that waits."""
        url = f"{self.facts['deskUrl']}/contacts/{contact_id}/accept"
        token = _fetch(url, {"displayName": name})["participantToken"]
        return Participant(self, contact_id, token)

    def close(self) -> None:
        """End every chat that was started here, and the clients."""

        def end_all(running: Stack) -> None:
            for contact_id in self.started:
                running.chats.end(contact_id, "API")

        self._stack.call(end_all)
        self.connect.close()
        self.participant.close()


class Participant:
    """Somebody in a chat: says something and reads what was said."""

    def __init__(self, place: Place, contact_id: str, participant_token: str) -> None:
        self.place = place
        self.contact_id = contact_id
        answer = place.participant.create_participant_connection(
            Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"], ParticipantToken=participant_token
        )
        self.token = answer["ConnectionCredentials"]["ConnectionToken"]

    def says(self, text: str) -> str:
        """The id of the message."""
        answer = self.place.participant.send_message(ContentType="text/plain", Content=text, ConnectionToken=self.token)
        return answer["Id"]

    def transcript(self) -> list[dict[str, Any]]:
        """Messages, events and files so far, oldest first."""
        answer = self.place.participant.get_transcript(
            MaxResults=100, SortOrder="ASCENDING", ScanDirection="BACKWARD", ConnectionToken=self.token
        )
        return [dict(item) for item in answer["Transcript"]]

    def heard(self, role: str) -> list[str]:
        """The texts of one role so far, oldest first."""
        said = [item for item in self.transcript() if item["Type"] == "MESSAGE"]
        return [item["Content"] for item in said if item["ParticipantRole"] == role]

    def hears(self, role: str, *words: str) -> str:
        """Wait for a text of `role` with all these words, whatever their case."""

        def find() -> str | None:
            texts = (text for text in self.heard(role) if all(word.lower() in text.lower() for word in words))
            return next(texts, None)

        return eventually(find, instead=lambda: self.heard(role))

    def leaves(self) -> None:
        self.place.participant.disconnect_participant(ConnectionToken=self.token)


class Customer(Participant):
    """Somebody who has just opened a chat."""

    def __init__(self, place: Place, *, name: str = "Ana", language: str = "en", **members: Any) -> None:
        started = place.connect.start_chat_contact(
            InstanceId=place.facts["instanceId"],
            ContactFlowId=place.facts["contactFlowId"],
            ParticipantDetails={"DisplayName": name},
            **{"Attributes": {"language": language}, **members},
        )
        place.started.append(started["ContactId"])
        super().__init__(place, started["ContactId"], started["ParticipantToken"])

    def is_greeted(self) -> str:
        return self.hears(BOT)

    def is_waiting(self) -> Mapping[str, Any]:
        """Wait until the desk shows the chat in a queue; what it shows."""

        def find() -> Mapping[str, Any] | None:
            waiting = (one for one in self.place.desk() if one["state"] == "waiting")
            return next((one for one in waiting if one["id"] == self.contact_id), None)

        return eventually(find)

    def attributes(self) -> dict[str, str]:
        answer = self.place.connect.get_contact_attributes(
            InstanceId=self.place.facts["instanceId"], InitialContactId=self.contact_id
        )
        return answer["Attributes"]


def _fetch(url: str, body: Mapping[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})  # noqa: S310  (loopback)
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  (loopback)
        return json.load(answer)
