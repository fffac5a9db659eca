"""The two people of the demonstration: a customer on boto3, and a human agent at the desk.

They use what anybody can use: `/local.json`, the public APIs, the desk's URL. Nothing here looks inside the stack.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import boto3
from botocore.config import Config

LOOK_EVERY_SECONDS: Final = 0.2
QUIET_SECONDS: Final = 1.0
"""A live view silent for so long has told everything so far."""
Found = TypeVar("Found")


class DemoFailed(Exception):
    """What was missing, in one line."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the whole demonstration may take."""

    ends_at: float

    @classmethod
    def of(cls, seconds: float) -> Patience:
        return cls(time.monotonic() + seconds)

    def wait_for(self, what: str, look: Callable[[], Found | None]) -> Found:
        """What `look` finds in the end; raises `DemoFailed` naming what never came."""
        pause = threading.Event()
        while (found := look()) is None:
            if time.monotonic() > self.ends_at:
                raise DemoFailed(f"{what} did not come")
            pause.wait(LOOK_EVERY_SECONDS)
        return found


class Place:
    """A running stack, as `/local.json` describes it, with a client for each service."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts = facts
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()

    @classmethod
    def at(cls, origin: str) -> Place | None:
        """The stack that answers there; `None` if nobody does, or somebody else."""
        try:
            facts = fetch(f"{origin}/local.json")
        except (OSError, ValueError):
            return None
        return cls(facts) if isinstance(facts, dict) and "contactFlowId" in facts else None

    def client(self, service: Any) -> Any:  # which of boto3's clients it is depends on the name
        """The one client for a service here; any thread may use it."""
        with self._making:
            if service not in self._clients:
                self._clients[service] = boto3.client(
                    service,
                    endpoint_url=self.facts["endpoint"],
                    region_name=self.facts["region"],
                    aws_access_key_id=self.facts["accessKeyId"],
                    aws_secret_access_key=self.facts["secretAccessKey"],
                    config=Config(retries={"total_max_attempts": 2}, read_timeout=10, max_pool_connections=20),
                )
            return self._clients[service]

    def close(self) -> None:
        """End the clients."""
        for client in self._clients.values():
            client.close()


def fetch(url: str, body: Mapping[str, Any] | None = None) -> Any:
    """JSON from the stack; a body makes it a POST."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})  # noqa: S310  (loopback)
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  (loopback)
        return json.load(answer)


@dataclass(slots=True)
class Participant:
    """Somebody in a chat, with a connection of their own."""

    place: Place
    contact_id: str
    connection_token: str
    _client: Any = field(init=False)

    def __post_init__(self) -> None:
        self._client = self.place.client("connectparticipant")

    @classmethod
    def connect(cls, place: Place, contact_id: str, participant_token: str) -> Participant:
        answer = place.client("connectparticipant").create_participant_connection(
            Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"], ParticipantToken=participant_token
        )
        return cls(place, contact_id, answer["ConnectionCredentials"]["ConnectionToken"])

    def say(self, text: str) -> None:
        self._client.send_message(ContentType="text/plain", Content=text, ConnectionToken=self.connection_token)

    def transcript(self) -> list[dict[str, Any]]:
        """The messages so far, oldest first."""
        answer = self._client.get_transcript(
            MaxResults=100, SortOrder="ASCENDING", ScanDirection="BACKWARD", ConnectionToken=self.connection_token
        )
        return [item for item in answer["Transcript"] if item["Type"] == "MESSAGE"]

    def leave(self) -> None:
        self._client.disconnect_participant(ConnectionToken=self.connection_token)


def start_chat(place: Place, *, name: str, language: str) -> Participant:
    """A customer who has just opened a chat."""
    started = place.client("connect").start_chat_contact(
        InstanceId=place.facts["instanceId"],
        ContactFlowId=place.facts["contactFlowId"],
        ParticipantDetails={"DisplayName": name},
        Attributes={"language": language},
    )
    return Participant.connect(place, started["ContactId"], started["ParticipantToken"])


def accept_at_desk(place: Place, contact_id: str) -> Participant:
    """The human who takes the chat."""
    answer = fetch(f"{place.facts['deskUrl']}/contacts/{contact_id}/accept", {"displayName": "Lucía"})
    return Participant.connect(place, contact_id, answer["participantToken"])


def desk_shows(place: Place, contact_id: str) -> Mapping[str, Any] | None:
    """The chat in the desk's list, once it waits for a human."""
    contacts = fetch(f"{place.facts['deskUrl']}/contacts")
    return next((one for one in contacts if one["id"] == contact_id and one["state"] == "waiting"), None)


def attributes_of(place: Place, contact_id: str) -> dict[str, str]:
    answer = place.client("connect").get_contact_attributes(
        InstanceId=place.facts["instanceId"], InitialContactId=contact_id
    )
    attributes: dict[str, str] = answer["Attributes"]
    return attributes


def flow_steps(place: Place, contact_id: str) -> list[str]:
    """The flow's blocks in the order the contact passed them, from the live view."""
    url = f"{place.facts['endpoint']}/local/activity?contact={contact_id}"
    entries: list[dict[str, Any]] = []
    # The view sends at once what has happened so far, and then goes on for ever.
    with (
        urllib.request.urlopen(url, timeout=QUIET_SECONDS) as view,  # noqa: S310  (loopback)
        contextlib.suppress(TimeoutError),
    ):
        for line in view:
            if line.startswith(b"data: "):
                entries.append(json.loads(line.removeprefix(b"data: ")))
    return [entry["block"] for entry in entries if entry["kind"] == "flow" and "block" in entry]
