"""What the conversation needs from outside, as protocols; the adapters keep them.

Times are seconds since the epoch unless a name says otherwise. Errors are those of `errors`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from lambdas.conversation.contact import ContactRecord, TurnRecord
from lambdas.conversation.handoff import Call, Handoff
from lambdas.conversation.inbox import Mark, Message

Role = Literal["CUSTOMER", "CUSTOM_BOT", "AGENT", "SYSTEM"]
ContentType = Literal["text/plain", "text/markdown"]
"""Of what the bot says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message of the transcript."""

    id: str
    at: float
    role: str
    text: str
    content_type: str
    attachment: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One turn as the agent gets it."""

    contact_id: str
    session_id: str
    turn_id: str
    """The same when the same messages are asked again: tools use it to do nothing twice."""
    text: str
    language: str
    told: Mapping[str, str] = field(default_factory=dict)
    history: tuple[Said, ...] = ()
    """The earlier talk, for a session that does not know it."""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the answer, of any size."""

    text: str
    is_whole: bool = False
    """It ends with the end of a sentence, as is known already; else only what follows tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnControl:
    """The team wants something done outside; `pending` is what the backend needs to be answered.

    Empty, it could not be kept, and the control cannot be answered.
    """

    calls: tuple[Call, ...]
    pending: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A guardrail stepped in; what it kept back is not told to anybody.

    What follows of the answer was let through: usually nothing, but a control still counts.
    """

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens that a whole answer took."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is complete."""

    usage: Usage | None = None
    """Where the backend tells it."""


AgentEvent = Text | ReturnControl | Refused | Finished


@dataclass(frozen=True, slots=True)
class Asking:
    """The team itself is called with the next step; a guardrail that stands before it has let the question through."""


class Result(StrEnum):
    """What came of a control, as the team is told."""

    NOTED = "noted"
    """Done as asked; a control that wants to be confirmed first is confirmed."""
    REFUSED = "refused"
    """Not done, and denied where it wanted to be confirmed."""


class Agents(Protocol):
    """A team of agents. Iterators raise `AgentUnavailable`, also in mid-stream; closing one cancels the call.

    A failure is retryable only if nothing of the answer was read, shown or not: the team may have acted by then.
    """

    def ask(self, question: Question) -> Iterator[Asking | AgentEvent]: ...

    def resume(self, question: Question, pending: str, results: Mapping[str, Result]) -> Iterator[Asking | AgentEvent]:
        """Go on after a control; `results` says for each function called what came of it."""
        ...

    def end(self, session_id: str) -> None:
        """Forget the session; best effort."""
        ...


@dataclass(frozen=True, slots=True)
class Taken:
    """I hold the turn."""

    record: TurnRecord


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Somebody holds the turn, the message is known, or the contact is not the bot's: see the record.

    `record` is `None` for a contact nobody has recorded.
    """

    record: TurnRecord | None


class Turns(Protocol):
    """The turn item. Each method is one conditional write (or one read) of `contact_id`'s record."""

    def take(self, contact_id: str, message: Message, *, owner: str, now: float) -> Taken | NotTaken:
        """The message into the inbox and, if nobody holds it, the lease to `owner`; both or nothing."""
        ...

    def take_over(self, record: TurnRecord, *, owner: str, now: float) -> TurnRecord | None:
        """The lease of somebody who has not renewed in time, with what it asks; `None` if another was faster."""
        ...

    def renew(self, record: TurnRecord, *, owner: str, now: float) -> TurnRecord:
        """Prolong my lease; raises `LeaseLost` unless state and stay are still those of `record`."""
        ...

    def release(self, record: TurnRecord, *, owner: str, answered: TurnRecord) -> TurnRecord | None:
        """Finish the asked messages and free the lease.

        `answered` carries what the item keeps (done, session, failures, refusals, refused, heard). `None` when done, by
        me or by whoever took the turn over; else the record as it is, because messages wait or the lease is not mine.
        """
        ...

    def go_round(
        self, record: TurnRecord, *, owner: str, answered: TurnRecord, asks: tuple[Mark, ...]
    ) -> TurnRecord | None:
        """Finish the asked messages and keep the lease for `asks`; `None` if the lease is not mine."""
        ...

    def keep_pending(self, record: TurnRecord, *, owner: str, pending: str | None) -> None:
        """Note a control that waits for its answer; raises `LeaseLost`."""
        ...

    def begin_handoff(self, record: TurnRecord, handoff: Handoff, *, owner: str, now: float, seize: bool) -> TurnRecord:
        """State `handing_off`, inbox cleared and its messages done, also those that `record` does not know; lease mine.

        What `record` knows to be refused is kept, here and in `become_human`.

        Raises `LeaseLost` if this is no longer my stay or, unless `seize`, not my turn; `IllegalMove` for a record in
        which it is decided already.
        """
        ...

    def become_human(self, record: TurnRecord, *, now: float) -> None:
        """State `human`, if the contact is still in this stay and not already there or ended; what waited is done."""
        ...

    def become_ended(self, contact_id: str, *, now: float) -> TurnRecord | None:
        """State `ended` from any; the record as it was, `None` if there was none or it had ended."""
        ...

    def read(self, contact_id: str, *, now: float) -> TurnRecord | None: ...


class Contacts(Protocol):
    """The contact item: identity and tokens."""

    def read_contact(self, contact_id: str) -> ContactRecord | None: ...

    def save_contact(self, contact: ContactRecord, *, expires_at: float) -> None:
        """Replace the item, unless a later stay has written it."""
        ...


class Stays(Turns, Contacts, Protocol):
    """What joining needs of the record beside the turn."""

    def begin_joining(self, fresh: TurnRecord, *, now: float) -> TurnRecord:
        """A new stay, numbered after the last; the record as it is if a stay is already joining or in the chat."""
        ...

    def become_bot(self, record: TurnRecord, *, now: float) -> bool:
        """State `bot`, if this stay is still joining."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What the bot speaks with."""

    token: str
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Which contact of which instance a call means."""

    instance_id: str
    contact_id: str
    initial_contact_id: str


class Room(Protocol):
    """The chat in Connect, as the bot uses it. Raises `ChatError` and its kinds."""

    def start_streaming(self, chat: Chat, *, topic_arn: str, client_token: str) -> str:
        """The streaming id."""
        ...

    def stop_streaming(self, chat: Chat, streaming_id: str) -> None: ...

    def create_participant(self, chat: Chat, *, name: str, client_token: str) -> str:
        """The participant token."""
        ...

    def connect(self, participant_token: str) -> Connection: ...

    def send(self, token: str, text: str, *, client_token: str, content_type: ContentType = "text/plain") -> str:
        """The message's id, which it has in the transcript, too.

        Raises `FormatRefused` for Markdown that the contact does not show.
        """
        ...

    def show_typing(self, token: str) -> None: ...

    def disconnect(self, token: str) -> None: ...

    def transcript(self, token: str, chat: Chat) -> tuple[Said, ...]:
        """The last messages, oldest first."""
        ...

    def set_attributes(self, chat: Chat, attributes: Mapping[str, str]) -> None: ...


class Clock(Protocol):
    """Time, handed in so that tests move it."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump; for what is left of a lease."""
        ...

    def sleep(self, seconds: float) -> None: ...

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Whether the event came within so many seconds, as `Event.wait`."""
        ...
