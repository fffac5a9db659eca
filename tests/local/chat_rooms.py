"""Chats for tests: a clock the test owns, ids that count up, and everything that happened in a list."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any, TypeVar

from local.chat import Chats, StartedChat
from local.happenings import Happening, ItemAdded, Listeners
from local.open_points import OpenPoints
from local.transcript import PLAIN

INSTANCE_ARN = "arn:aws:connect:local:000000000000:instance/11111111-2222-3333-4444-555555555555"
FLOW = "support"
TOPIC = "arn:aws:sns:local:000000000000:chat"

Told = TypeVar("Told")


@dataclass
class MovableTime:
    """Seconds since the epoch that move only when told."""

    seconds: float = 1_795_170_000.0

    def __call__(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Room:
    """A fresh `Chats` and short ways to do what does not matter in a test."""

    quotas: bool = False
    open_points: OpenPoints = field(default_factory=OpenPoints)
    time: MovableTime = field(default_factory=MovableTime)
    happened: list[Happening] = field(default_factory=list)
    chats: Chats = field(init=False)

    def __post_init__(self) -> None:
        listeners = Listeners()
        listeners.add(self.happened.append)
        numbers = itertools.count(1)
        self.chats = Chats(
            INSTANCE_ARN,
            self.time,
            lambda: f"id-{next(numbers)}",
            listeners,
            quotas=self.quotas,
            knows_flow=lambda flow_id: flow_id == FLOW,
            open_points=self.open_points,
        )

    def start(self, **members: Any) -> StartedChat:
        request = {"InstanceId": self.chats.instance_id, "ContactFlowId": FLOW, **members}
        request.setdefault("ParticipantDetails", {"DisplayName": "Ana"})
        return self.chats.start_chat(request)

    def customer(self, started: StartedChat) -> str:
        """Connect the customer; returns the connection token."""
        return self.connect(started.participant_token)

    def bot(self, contact_id: str) -> str:
        """Stream to the usual topic and connect a custom participant; returns the connection token."""
        self.chats.start_streaming(contact_id, topic_arn=TOPIC)
        invitation = self.chats.create_participant(contact_id, role="CUSTOM_BOT", display_name="Bot")
        return self.connect(invitation.participant_token)

    def queue(self, contact_id: str) -> None:
        self.chats.set_target_queue(contact_id, self.chats.default_queue_arn)
        assert self.chats.enqueue(contact_id)

    def agent(self, contact_id: str) -> str:
        """Queue the contact and connect a human; returns the connection token."""
        self.queue(contact_id)
        return self.connect(self.chats.accept(contact_id))

    def connect(self, participant_token: str) -> str:
        connection = self.chats.create_connection(participant_token, types=["CONNECTION_CREDENTIALS"], connect=True)
        assert connection.token
        return connection.token.text

    def say(self, bearer: str, text: str, **members: Any) -> str:
        """Send plain text; returns the item's id."""
        return self.chats.send_message(bearer, content_type=PLAIN, content=text, **members).item_id

    def told(self, kind: type[Told]) -> list[Told]:
        """The happenings of one kind, in order."""
        return [one for one in self.happened if isinstance(one, kind)]

    def items(self) -> list[str]:
        """Every published item, as `ROLE what`: the text, or the last part of its content type."""
        return [_short(one.item) for one in self.told(ItemAdded)]

    def recorded(self, bearer: str, **request: Any) -> list[str]:
        """One page of the transcript, oldest first, in the same short form."""
        _, page = self.chats.get_transcript(bearer, {"MaxResults": 100, "SortOrder": "ASCENDING", **request})
        return [_short(item) for item in page.items]


def _short(item: Any) -> str:
    said = item.get("Content") or item.get("ContentType", item["Type"]).removeprefix(
        "application/vnd.amazonaws.connect."
    )
    return f"{item.get('ParticipantRole', '-')} {said.removeprefix('event.')}"
