"""Who takes part in a chat, and the moves their presence can make.

No rule about the contact is here (who may join whom: `local/chat.py`). Rule: presence changes only by
`Participant.move` and only as `MOVES` says; any other move raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """Connect's ParticipantRole, as far as a chat of this stack has it."""

    CUSTOMER = "CUSTOMER"
    AGENT = "AGENT"
    CUSTOM_BOT = "CUSTOM_BOT"
    SYSTEM = "SYSTEM"


class Presence(StrEnum):
    """Where a participant stands."""

    INVITED = "invited"
    """Has a participant token and has not used it."""
    ADMITTED = "admitted"
    """Asked for a connection, is not in the chat yet."""
    CONNECTED = "connected"
    LEFT = "left"
    EXPIRED = "expired"
    """Did not use the participant token in time."""


class Step(StrEnum):
    """What can happen to a participant."""

    ADMIT = "admit"
    CONNECT = "connect"
    LEAVE = "leave"
    EXPIRE = "expire"


MOVES: Final[Mapping[tuple[Presence, Step], Presence]] = {
    (Presence.INVITED, Step.ADMIT): Presence.ADMITTED,
    (Presence.INVITED, Step.LEAVE): Presence.LEFT,
    (Presence.INVITED, Step.EXPIRE): Presence.EXPIRED,
    (Presence.ADMITTED, Step.ADMIT): Presence.ADMITTED,
    (Presence.ADMITTED, Step.CONNECT): Presence.CONNECTED,
    (Presence.ADMITTED, Step.LEAVE): Presence.LEFT,
    (Presence.CONNECTED, Step.ADMIT): Presence.CONNECTED,
    (Presence.CONNECTED, Step.LEAVE): Presence.LEFT,
}
PRESENT: Final = frozenset({Presence.INVITED, Presence.ADMITTED, Presence.CONNECTED})

USE_TOKEN_WITHIN_SECONDS: Final[Mapping[Role, float]] = {Role.CUSTOM_BOT: 15, Role.AGENT: 20, Role.CUSTOMER: 300}
"""From invitation to the first CreateParticipantConnection: the 15 s of a custom participant, the 20 s an agent has to
accept a chat, the 5 minutes StartChatContact gives the customer. Source: administrator guide and botocore, 2026-11."""


class IllegalMoveError(Exception):
    """A presence or contact was asked for a move that its table does not have."""


@dataclass(slots=True, kw_only=True)
class Participant:
    """One participant of one contact."""

    participant_id: str
    role: Role
    display_name: str
    invited_at: float
    presence: Presence = Presence.INVITED
    connected_at: float | None = None

    @property
    def is_present(self) -> bool:
        return self.presence in PRESENT

    def move(self, step: Step) -> None:
        """Make one step of `MOVES`, or raise `IllegalMoveError`."""
        if (self.presence, step) not in MOVES:
            raise IllegalMoveError(f"a participant who is {self.presence} cannot {step}")
        self.presence = MOVES[self.presence, step]

    def is_overdue(self, now: float) -> bool:
        """Whether the time to use the participant token has passed unused; just in time is in time."""
        limit = USE_TOKEN_WITHIN_SECONDS.get(self.role)
        return self.presence is Presence.INVITED and limit is not None and now - self.invited_at > limit
