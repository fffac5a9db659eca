"""The ports of the conversation, kept in memory: small, honest, and remembering what happened.

`MemoryStays` obeys the same rules as the DynamoDB adapter (one contract suite runs both); `FakeRoom` is a chat that can
refuse or fail a chosen call; `ScriptedAgents` says what a test wrote for it. Nothing here sleeps.
"""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from lambdas.conversation.errors import AgentUnavailable, ChatError, ConnectionRefused, FormatRefused, TranscriptRefused
from lambdas.conversation.handoff import Call
from lambdas.conversation.inbox import Kind, Message
from lambdas.conversation.ports import (
    AgentEvent,
    Asking,
    Chat,
    Connection,
    ContentType,
    Finished,
    Question,
    Refused,
    Result,
    ReturnControl,
    Role,
    Said,
    Text,
)
from tests.memory_stays import MemoryStays

__all__ = ["Answer", "FakeRoom", "Hang", "ManualClock", "MemoryStays", "Piece", "ScriptedAgents", "ScriptedStream"]

NOON = 1_790_000_000.0
"""When tests begin: seconds since the epoch."""


class ManualClock:
    """Time that moves only when a test, or a sleep, moves it."""

    def __init__(self, now: float = NOON) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now - NOON

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """In real time: who waits runs beside the test, which then asks for a moment only."""
        return event.wait(seconds)

    def advance(self, seconds: float) -> None:
        self._now += seconds


Happening = ChatError | Callable[[], object] | None
"""What a call to the room meets: a failure, something that happens meanwhile, or nothing."""


class FakeRoom:
    """A chat in Connect that remembers what was said and done.

    Operations go by the names of the port's methods. A bearer lives from `connect` until the bot is disconnected, a
    human joins or the chat ends. Connect's clock never shows the same moment twice.
    """

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.items: list[Said] = []
        self.attributes: dict[str, str] = {}
        self.typed: list[str] = []
        """The bearers that showed typing, in order."""
        self.seen: list[str] = []
        """What the customer saw of the bot: its texts, and "dots"."""
        self.streams: set[str] = set()
        self.bearers: set[str] = set()
        """Connection tokens that Connect accepts."""
        self.calls: list[str] = []
        """Every operation asked for, in order, but typing, which runs beside."""
        self.shows_transcript = True
        self.shows_markdown = True
        self._meets: dict[str, list[Happening]] = defaultdict(list)
        self._lost_answers: list[str] = []
        self._participants: dict[str, str] = {}
        self._sent: dict[str, str] = {}
        self._numbers = itertools.count(1)

    # ---- what a test arranges and looks at

    def meets(self, operation: str, *happenings: Happening) -> None:
        """The next calls of `operation` meet these, one each."""
        self._meets[operation].extend(happenings)

    def loses_answer(self, operation: str) -> None:
        """The next call of `operation` does what it should, and its answer is lost on the way."""
        self._lost_answers.append(operation)

    def customer_says(self, text: str = "", *, kind: Kind = Kind.TEXT) -> Message:
        """What the customer sends, as the bot will be told of it."""
        said = self._add("CUSTOMER", text, attachment=kind is Kind.ATTACHMENT)
        return Message(id=said.id, at=said.at, kind=kind, text=text)

    def human_says(self, text: str) -> None:
        self._add("AGENT", text)

    def system_says(self, text: str) -> None:
        self._add("SYSTEM", text)

    def bot_leaves(self) -> None:
        """Connect removes the bot: a person joined, or the chat ended."""
        self.bearers.clear()

    @property
    def bot_said(self) -> list[str]:
        """What the customer heard from the bot."""
        return [said.text for said in self.items if said.role == "CUSTOM_BOT"]

    # ---- the port

    def start_streaming(self, chat: Chat, *, topic_arn: str, client_token: str) -> str:
        self._call("start_streaming")
        self.streams.add(f"stream-of-{chat.contact_id}")
        return f"stream-of-{chat.contact_id}"

    def stop_streaming(self, chat: Chat, streaming_id: str) -> None:
        self._call("stop_streaming")
        self.streams.discard(streaming_id)

    def create_participant(self, chat: Chat, *, name: str, client_token: str) -> str:
        self._call("create_participant")
        return self._participants.setdefault(client_token, f"participant-{next(self._numbers)}")

    def connect(self, participant_token: str) -> Connection:
        self._call("connect")
        if participant_token not in self._participants.values():
            raise ChatError("connect", "ResourceNotFoundException")
        token = f"connection-{next(self._numbers)}"
        self.bearers.add(token)
        return Connection(token=token, expires_at=self.clock.now() + 86_400)

    def send(self, token: str, text: str, *, client_token: str, content_type: ContentType = "text/plain") -> str:
        self._call("send", token)
        if content_type == "text/markdown" and not self.shows_markdown:
            raise FormatRefused("send", "ValidationException")
        if client_token not in self._sent:
            self._sent[client_token] = self._add("CUSTOM_BOT", text, content_type=content_type).id
            self.seen.append(text)
        self._lose_answer("send")
        return self._sent[client_token]

    def show_typing(self, token: str) -> None:
        self._meet("show_typing")
        self._require(token, "show_typing")
        self.typed.append(token)
        self.seen.append("dots")

    def disconnect(self, token: str) -> None:
        self._call("disconnect", token)
        self.bearers.discard(token)
        self._lose_answer("disconnect")

    def transcript(self, token: str, chat: Chat) -> tuple[Said, ...]:
        self._call("transcript")
        if not self.shows_transcript or token not in self.bearers:
            raise TranscriptRefused("transcript", "AccessDeniedException")
        return tuple(self.items)

    def set_attributes(self, chat: Chat, attributes: Mapping[str, str]) -> None:
        self._call("set_attributes")
        self.attributes.update(attributes)

    def _lose_answer(self, operation: str) -> None:
        if operation in self._lost_answers:
            self._lost_answers.remove(operation)
            raise ChatError(operation, "ReadTimeoutError", retryable=True)

    def _call(self, operation: str, token: str | None = None) -> None:
        self.calls.append(operation)
        self._meet(operation)
        if token is not None:
            self._require(token, operation)

    def _meet(self, operation: str) -> None:
        happening = self._meets[operation].pop(0) if self._meets[operation] else None
        if isinstance(happening, ChatError):
            raise happening
        if happening is not None:
            happening()

    def _require(self, token: str, operation: str) -> None:
        if token not in self.bearers:
            raise ConnectionRefused(operation, "AccessDeniedException")

    def _add(self, role: Role, text: str, *, attachment: bool = False, content_type: str = "text/plain") -> Said:
        at = max(self.clock.now(), self.items[-1].at + 0.001 if self.items else 0.0)
        kind = "" if attachment else content_type
        identifier = f"item-{next(self._numbers)}"
        said = Said(id=identifier, at=at, role=role, text=text, content_type=kind, attachment=attachment)
        self.items.append(said)
        return said


class Hang:
    """The agent says nothing more, and does not end."""


Piece = str | Refused | Finished | Call | tuple[Call, ...] | Hang | Exception | Callable[[], object]
"""A text, a guardrail's refusal, an end that tells its usage, a control (or several), nothing ever again, a failure, or
what happens meanwhile."""
Answer = Sequence[Piece]


class ScriptedAgents:
    """A team that says what it was given.

    A question for which `to` has an answer gets that one each time; every other question, and every resumed control,
    gets the next of `answers`. Asking more often than there are answers is a mistake of the test.
    """

    def __init__(self, *answers: Answer, to: Callable[[str], Answer | None] = lambda _: None) -> None:
        self._answers = list(answers)
        self._to = to
        self.asked: list[Question] = []
        self.resumed: list[tuple[str, Mapping[str, Result]]] = []
        """The pending note and the results of each resumed control."""
        self.ended: list[str] = []
        """The sessions that were ended."""

    def ask(self, question: Question) -> Iterator[Asking | AgentEvent]:
        self.asked.append(question)
        answer = self._to(question.text)
        return ScriptedStream(self._answers.pop(0) if answer is None else answer)

    def resume(self, question: Question, pending: str, results: Mapping[str, Result]) -> Iterator[Asking | AgentEvent]:
        self.resumed.append((pending, results))
        return ScriptedStream(self._answers.pop(0))

    def end(self, session_id: str) -> None:
        self.ended.append(session_id)


class ScriptedStream:
    """One answer; unlike a generator it can be closed by another thread than the one that reads it."""

    def __init__(self, answer: Answer) -> None:
        self._pieces = iter(answer)
        self._asked = False
        self._over = False
        self._begun = False
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[Asking | AgentEvent]:
        return self

    def __next__(self) -> Asking | AgentEvent:
        if self._over or self._closed.is_set():
            raise StopIteration
        if not self._asked:
            self._asked = True
            return Asking()
        match next(self._pieces, Finished()):
            case Finished() as finished:
                self._over = True
                return finished
            case str(text):
                self._begun = True
                return Text(text)
            case Refused() as refused:
                self._begun = True
                return refused
            case AgentUnavailable() as failure if self._begun:
                raise AgentUnavailable(failure.code, retryable=False)
            case Call() | tuple() as calls:
                return self._return_control(calls if isinstance(calls, tuple) else (calls,))
            case Exception() as error:
                raise error
            case Hang():
                self._closed.wait(timeout=5.0)
                raise StopIteration
            case happening:
                happening()
                return next(self)

    def _return_control(self, calls: tuple[Call, ...]) -> ReturnControl:
        self._over = True
        return ReturnControl(calls=calls, pending="pending")

    def close(self) -> None:
        self._closed.set()
