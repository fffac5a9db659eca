"""The record of a contact: its states, and the two small items that are kept of it.

States move by one table; any other move raises. Every change of state names the stay (one presence of the bot in the
contact, numbered from 1), so that a late write of an earlier stay changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from lambdas.conversation.errors import IllegalMove
from lambdas.conversation.handoff import Handoff
from lambdas.conversation.inbox import Mark, Message

LEASE_SECONDS = 30.0
"""How long a holder owns the turn without renewal: less than Lambda's first retry (60 s), so a retry can take over."""

KEPT_AFTER_END_SECONDS = 24 * 3600
KEPT_AT_MOST_SECONDS = 8 * 24 * 3600
"""Longer than the longest chat (7 days)."""


class State(StrEnum):
    JOINING = "joining"
    BOT = "bot"
    HANDING_OFF = "handing_off"
    HUMAN = "human"
    """The bot has left: the flow or a person owns the chat."""
    ENDED = "ended"


MOVES: Mapping[State, frozenset[State]] = {
    State.JOINING: frozenset({State.BOT, State.HUMAN, State.ENDED}),
    State.BOT: frozenset({State.HANDING_OFF, State.HUMAN, State.ENDED}),
    State.HANDING_OFF: frozenset({State.HUMAN, State.JOINING, State.ENDED}),
    State.HUMAN: frozenset({State.JOINING, State.ENDED}),
    State.ENDED: frozenset(),
}


def origins_of(state: State) -> tuple[State, ...]:
    """The states from which a contact may move to `state`."""
    return tuple(before for before, after in MOVES.items() if state in after)


def require_move(before: State, after: State) -> None:
    """Raise `IllegalMove` unless the table knows the move."""
    if after not in MOVES[before]:
        raise IllegalMove(before, after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to answer a contact."""

    owner: str
    """Fresh for each execution: Lambda's request id would be the same in a retry."""
    until: float
    """Seconds since the epoch."""
    asks: tuple[Mark, ...] = ()
    """The messages this holder puts to the agent; the rest of the inbox waits for the next round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The agent's memory of this stay."""

    id: str
    used_at: float | None = None
    """Seconds since the epoch of the last finished answer; `None` until the first."""

    def used(self, now: float) -> Session:
        return replace(self, used_at=now)

    def unsound(self) -> Session:
        """An answer broke off in it, so nobody knows what the agent remembers: it counts as lapsed long ago."""
        return replace(self, used_at=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    """The item every turn reads and writes (under 1 KB, one write unit, for twenty turns in ten minutes)."""

    contact_id: str
    """The initial contact id: constant over transfers."""
    state: State
    since: float
    """Seconds since the epoch of the last change of state."""
    stay: int
    language: str
    session: Session
    told: Mapping[str, str] = field(default_factory=dict)
    """The few customer attributes worth telling the agent."""
    inbox: tuple[Message, ...] = ()
    """In the order of their keys, which is (AbsoluteTime, Id)."""
    lease: Lease | None = None
    done: tuple[Mark, ...] = ()
    """Recently finished messages."""
    takeovers: int = 0
    """Takeovers of the turn under way."""
    pending: str | None = None
    """The backend's own note of a control not yet answered."""
    handoff: Handoff | None = None
    handoffs: int = 0
    failures: int = 0
    """Answers in a row in which the agent said nothing."""
    refusals: int = 0
    """Answers in a row at which a guardrail stepped in."""
    refused: tuple[str, ...] = ()
    """Ids of the last messages it stepped in at: no agent is told them again."""
    heard: str = ""
    """Id of the last message the bot said in a finished round: only what follows it answers the round under way."""
    expires_at: float = 0.0
    """Seconds since the epoch. Time to live deletes late, so readers compare."""

    @property
    def joined_at(self) -> float:
        """Seconds since the epoch, whole: when the stay's first try began, from which time to live counts."""
        return self.expires_at - KEPT_AT_MOST_SECONDS

    def asked(self) -> tuple[Message, ...]:
        """The messages of the inbox that the holder of the lease puts to the agent."""
        asks = self.lease.asks if self.lease else ()
        return tuple(message for message in self.inbox if message.mark in asks)

    def abandoned(self, now: float) -> bool:
        """Work is left and whoever held the turn has not renewed in time."""
        left = self.state is State.HANDING_OFF or (self.state is State.BOT and bool(self.inbox))
        return left and self.lease is not None and self.lease.until < now


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRecord:
    """The item with identity and tokens; read beside the agent call, never before it."""

    contact_id: str
    current_contact_id: str
    """Differs from the initial contact id after a transfer."""
    instance_id: str
    subtype: str
    """Connect's channel subtype, for example `connect:Chat` or `connect:SMS`; decides the size of a message."""
    stay: int
    participant_token: str
    connection_token: str
    connection_expires_at: float
    """Seconds since the epoch."""
    streaming_id: str
    shows_markdown: bool = True
    """Until Connect has refused it: nothing tells a bot beforehand what a contact supports."""
