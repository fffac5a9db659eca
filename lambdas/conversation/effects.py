"""What a turn wants done outside itself, one value per step.

A turn is a generator of these and does no I/O: a performer carries each out and sends its result back, so a test can
stop the world between any two. `result = yield from Take(…)` is typed by the effect's parameter.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from lambdas.conversation.contact import ContactRecord, TurnRecord
from lambdas.conversation.errors import AgentUnavailable
from lambdas.conversation.handoff import Handoff
from lambdas.conversation.inbox import Mark, Message
from lambdas.conversation.ports import AgentEvent, ContentType, NotTaken, Question, Result, Said, Taken

Result_co = TypeVar("Result_co", covariant=True)
Answer = TypeVar("Answer")
Steps = Generator["Effect[Any]", Any, Answer]


@dataclass(frozen=True, slots=True)
class Effect(Generic[Result_co]):
    """One step outside; errors of `errors` are thrown into the generator at its `yield`."""

    def __iter__(self) -> Generator[Effect[Any], Any, Result_co]:
        result: Result_co = yield self
        return result


@dataclass(frozen=True, slots=True)
class Take(Effect[Taken | NotTaken]):
    """The message into the inbox, and the turn if nobody holds it."""

    contact_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class TakeOver(Effect[TurnRecord | None]):
    """An abandoned turn; `None` if another was faster."""

    record: TurnRecord


@dataclass(frozen=True, slots=True)
class Pause(Effect[None]):
    seconds: float


@dataclass(frozen=True, slots=True)
class Hold(Effect[None]):
    """The turn is mine: what runs beside it (tokens, typing, renewal of the lease) begins when a step needs it."""

    record: TurnRecord


@dataclass(frozen=True, slots=True)
class ReadContact(Effect[ContactRecord]):
    """Identity and a live connection; read beside the agent call, waited for only here."""


@dataclass(frozen=True, slots=True)
class ReadTranscript(Effect[tuple[Said, ...]]):
    """Throws `TranscriptRefused` where Connect does not show it."""


@dataclass(frozen=True, slots=True)
class Ask(Effect[None]):
    """Put the question; the answer comes by `Listen`."""

    question: Question


@dataclass(frozen=True, slots=True)
class Resume(Effect[None]):
    """Answer a control; the rest of the answer comes by `Listen`."""

    question: Question
    pending: str
    results: Mapping[str, Result]


@dataclass(frozen=True, slots=True)
class Listen(Effect[AgentEvent | None]):
    """The agent's next event, or `None` at `wakes_at`; throws `AgentUnavailable`, and `DeadlineReached` at `until`.

    Both are seconds since the epoch.
    """

    until: float
    wakes_at: float = math.inf


@dataclass(frozen=True, slots=True)
class NoteFailure(Effect[None]):
    """A team that the turn itself gives up on is counted and explained like one that fails."""

    failure: AgentUnavailable


@dataclass(frozen=True, slots=True)
class Send(Effect[str]):
    """One message; its id comes back. Throws `FenceClosed` before, `ConnectionRefused` or `ChatError` after sending."""

    text: str
    client_token: str
    content_type: ContentType = "text/plain"


@dataclass(frozen=True, slots=True)
class SpeakPlainly(Effect[None]):
    """No Markdown to this contact any more; whether that is remembered beyond this turn is best effort."""


@dataclass(frozen=True, slots=True)
class KeepPending(Effect[None]):
    record: TurnRecord
    pending: str | None


@dataclass(frozen=True, slots=True)
class Release(Effect[TurnRecord | None]):
    """Finish what was asked and free the turn; the record instead, if messages wait or the turn is not mine."""

    record: TurnRecord
    answered: TurnRecord


@dataclass(frozen=True, slots=True)
class GoRound(Effect[TurnRecord | None]):
    """Finish what was asked and go on with `asks`; `None` if the turn is not mine."""

    record: TurnRecord
    answered: TurnRecord
    asks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class BeginHandoff(Effect[TurnRecord]):
    """The one write that decides the hand-off; `seize` takes the turn from its holder."""

    record: TurnRecord
    handoff: Handoff
    seize: bool


@dataclass(frozen=True, slots=True)
class SetAttributes(Effect[None]):
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StopStreaming(Effect[None]):
    """One try; a failure is nobody's loss."""


@dataclass(frozen=True, slots=True)
class Disconnect(Effect[None]):
    """A refused connection counts as done."""


@dataclass(frozen=True, slots=True)
class BecomeHuman(Effect[None]):
    record: TurnRecord


@dataclass(frozen=True, slots=True)
class EndSession(Effect[None]):
    session_id: str
