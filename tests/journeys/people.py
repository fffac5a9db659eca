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
_PLAIN = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
"""What is wrong is refused by the stack, not by the client."""


class Place:
    """A running stack as its `/local.json` describes it, with clients for it."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack
        self.facts = _fetch(f"{stack.origin}/local.json")
        self.started: list[str] = []
        """Contact ids of the chats that were started here."""
        self._clients: dict[str, Any] = {}
        self.connect: ConnectClient = self.client("connect")
        self.participant: ConnectParticipantClient = self.client("connectparticipant")

    def client(self, service: Any) -> Any:  # which of boto3's clients it is depends on the name
        """The one client for a service here."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.facts["endpoint"],
                region_name=self.facts["region"],
                aws_access_key_id=self.facts["accessKeyId"],
                aws_secret_access_key=self.facts["secretAccessKey"],
                config=_PLAIN,
            )
        return self._clients[service]

    def end_chats(self) -> None:
        """End every chat that was started here and has not ended yet."""
        started, self.started = self.started, []

        def end_all(running: Stack) -> None:
            for contact_id in started:
                running.chats.end(contact_id, "API")

        self.stack.call(end_all)

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
        self.end_chats()
        for client in self._clients.values():
            client.close()


class Participant:
    """Somebody in a chat: says something and reads what was said."""

    def __init__(self, place: Place, contact_id: str, participant_token: str) -> None:
        self.place = place
        self.contact_id = contact_id
        self.participant_token = participant_token
        self.token = ""
        self.connects()

    def connects(self) -> None:
        """Get a connection, the first or a new one."""
        answer = self.place.participant.create_participant_connection(
            Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"], ParticipantToken=self.participant_token
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

    def described(self) -> Mapping[str, Any]:
        """The contact as DescribeContact shows it."""
        answer = self.place.connect.describe_contact(
            InstanceId=self.place.facts["instanceId"], ContactId=self.contact_id
        )
        return answer["Contact"]

    def until_the_end(self) -> None:
        """Wait until the chat is over."""
        eventually(lambda: self.described().get("DisconnectReason"), instead=self.described)

    def sends_file(self, name: str, content: bytes) -> None:
        """Upload a file as a chat window does: announce it, put its bytes, confirm it."""
        begun = self.place.participant.start_attachment_upload(
            ContentType="application/pdf",
            AttachmentSizeInBytes=len(content),
            AttachmentName=name,
            ClientToken=f"{self.contact_id}-{name}",
            ConnectionToken=self.token,
        )
        upload = begun["UploadMetadata"]
        request = urllib.request.Request(  # noqa: S310  (loopback)
            upload["Url"], data=content, headers=dict(upload["HeadersToInclude"]), method="PUT"
        )
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310  (loopback)
            pass
        self.place.participant.complete_attachment_upload(
            AttachmentIds=[begun["AttachmentId"]],
            ClientToken=f"{self.contact_id}-{name}-done",
            ConnectionToken=self.token,
        )


def _fetch(url: str, body: Mapping[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})  # noqa: S310  (loopback)
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  (loopback)
        return json.load(answer)
