"""One chat contact: its state, its participants, its attributes.

The entity only; who may do what, and who is told, is `local/chat.py`. Rule: the state changes only by `Contact.move`
and only as `MOVES` says; any other move raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from local.attachments import Attachments
from local.participants import IllegalMoveError, Participant, Role
from local.transcript import Transcript
from local.wire import AwsError


class State(StrEnum):
    """Where a contact is; the values are what the desk shows."""

    IN_FLOW = "bot"
    QUEUED = "waiting"
    OFFERED = "offered"
    """A human accepted it and has not connected yet."""
    WITH_AGENT = "connected"
    ENDED = "ended"


class Move(StrEnum):
    """What can happen to a contact."""

    QUEUE = "be queued"
    OFFER = "be accepted"
    RETURN = "go back to the queue"
    ANSWER = "be answered"
    END = "end"


MOVES: Final[Mapping[tuple[State, Move], State]] = {
    (State.IN_FLOW, Move.QUEUE): State.QUEUED,
    (State.IN_FLOW, Move.END): State.ENDED,
    (State.QUEUED, Move.OFFER): State.OFFERED,
    (State.QUEUED, Move.END): State.ENDED,
    (State.OFFERED, Move.ANSWER): State.WITH_AGENT,
    (State.OFFERED, Move.RETURN): State.QUEUED,
    (State.OFFERED, Move.END): State.ENDED,
    (State.WITH_AGENT, Move.END): State.ENDED,
}

MAX_ATTRIBUTES_BYTES: Final = 32_768
"""UTF-8 bytes of all keys and values of a contact together. Source: UpdateContactAttributes, botocore 1.44.5."""
ATTRIBUTE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(slots=True)
class Queue:
    """A queue; `capacity` is how many contacts may wait in it, None for no limit of its own."""

    name: str
    capacity: int | None = None


@dataclass(slots=True, kw_only=True)
class Contact:
    """A chat from its start to its end. Moments are seconds since the epoch.

    There is one segment only: nothing here transfers a chat from agent to agent, so contact id and initial contact id
    are equal and there is no previous contact.
    """

    contact_id: str
    flow_id: str
    started_at: float
    expires_at: float
    supported_types: frozenset[str]
    attributes: dict[str, str]
    segment_attributes: Mapping[str, Any]
    initial_message: str | None
    customer_id: str | None
    related_contact_id: str | None
    disconnects_agent: bool
    """Whether the agent is disconnected when the customer leaves (DisconnectOnCustomerExit)."""

    name: str | None = None
    description: str | None = None
    language_code: str | None = None
    state: State = State.IN_FLOW
    target_queue_arn: str | None = None
    queued_at: float | None = None
    connected_at: float | None = None
    ended_at: float | None = None
    end_reason: str | None = None
    updated_at: float = 0.0
    customer_left: bool = False
    participants: dict[str, Participant] = field(default_factory=dict)
    streams: dict[str, str] = field(default_factory=dict)
    """Streaming ids with their topics."""
    transcript: Transcript = field(default_factory=Transcript)
    attachments: Attachments = field(default_factory=Attachments)

    @property
    def initial_contact_id(self) -> str:
        return self.contact_id

    @property
    def subtype(self) -> str:
        """The channel's subtype; `connect:Chat` unless the chat was started as another."""
        return str(self.segment_attributes.get("connect:Subtype", {}).get("ValueString", "connect:Chat"))

    @property
    def has_ended(self) -> bool:
        return self.state is State.ENDED

    @property
    def customer(self) -> Participant:
        """The customer, still here or gone."""
        return next(one for one in self.participants.values() if one.role is Role.CUSTOMER)

    def present(self, role: Role) -> Participant | None:
        """The participant of this role who is in the chat or invited to it."""
        return next((one for one in self.participants.values() if one.role is role and one.is_present), None)

    def move(self, move: Move) -> None:
        """Make one move of `MOVES`, or raise `IllegalMoveError`."""
        if (self.state, move) not in MOVES:
            raise IllegalMoveError(f"a contact that is {self.state} cannot {move}")
        self.state = MOVES[self.state, move]

    def merge(self, attributes: Mapping[str, str]) -> None:
        """Set these attributes and keep the others; raises InvalidRequestException and changes nothing if refused."""
        self.attributes = merged_attributes(self.attributes, attributes)


def merged_attributes(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Attributes after an update. Refused: keys of other characters, and more than `MAX_ATTRIBUTES_BYTES` in all."""
    if not all(ATTRIBUTE_KEY.fullmatch(key) for key in new):
        message = "Attribute keys can include only alphanumeric, dash, and underscore characters"
        raise AwsError("InvalidRequestException", message)
    merged = {**old, **new}
    if sum(len(key.encode()) + len(value.encode()) for key, value in merged.items()) > MAX_ATTRIBUTES_BYTES:
        message = f"The attributes of the contact exceed {MAX_ATTRIBUTES_BYTES} bytes"
        raise AwsError("InvalidRequestException", message)
    return merged
