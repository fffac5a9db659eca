"""One answer of a team while it is read, whatever the backend; what all of them share beside it.

The call belongs to whoever reads: nothing is asked before the first event is wanted, and `close` may come from any
thread and ends a read that waits. Errors come before the stream (`ThrottlingException`) and inside it
(`throttlingException`); codes are compared without regard to case. Two rules: an answer that did not come to its end
raises, so that half of one never passes for a whole; and once something of it was read, heard by the customer or not,
asking again cannot help, because the team has begun to act.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

from botocore.eventstream import ParserError
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from lambdas.conversation.errors import AgentUnavailable
from lambdas.conversation.ports import AgentEvent, Asking, Question, Said

RETRYABLE = frozenset(
    code.lower()
    for code in (
        "BadGatewayException",
        "ConflictException",
        "DependencyFailedException",
        "InternalServerException",
        "ModelNotReadyException",
        "ModelStreamErrorException",
        "ModelTimeoutException",
        "RetryableConflictException",
        "RuntimeClientError",  # the container failed; its next process may not
        "ServiceUnavailableException",
        "ThrottlingException",
    )
)
"""All other codes are about the request or the account: asking again gives the same answer."""

CUT_OR_GARBLED = (HTTPError, ParserError, ResponseParserError)
"""What comes through from urllib3 and botocore's parsers while an answer is read."""
FAILURES = (ClientError, BotoCoreError, *CUT_OR_GARBLED)

MOST_PENDING_BYTES = 16 * 1024
"""What the turn item has room for."""

HISTORY_ROLES = {"CUSTOMER": "user", "CUSTOM_BOT": "assistant", "AGENT": "assistant"}


class HungUp(Exception):
    """Nobody listens any more; never leaves an `Answer`."""


class Line:
    """The connection an answer comes over; only one at a time is open."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._closed = False
        self._begun = False

    @property
    def begun(self) -> bool:
        """Something of the answer was read."""
        return self._begun

    def begin(self) -> None:
        """Text, a tool use, a control, a thought: the team has begun to act on what it was asked."""
        self._begun = True

    @property
    def closed(self) -> bool:
        return self._closed

    @contextlib.contextmanager
    def over(self, stream: Any) -> Generator[Any]:
        """Read from `stream`, a body that botocore opened; it is closed in any case."""
        self._stream = stream
        with contextlib.closing(stream):
            self.require()
            yield stream

    def require(self) -> None:
        """Whoever was hung up on calls nobody else."""
        if self._closed:
            raise HungUp

    def hang_up(self) -> None:
        self._closed = True
        if self._stream is not None:
            # Ends a read that waits in another thread; closing would wait for it. botocore offers no way to its
            # response. The errors are those of an answer that has ended by itself.
            with contextlib.suppress(OSError, RuntimeError, ValueError):
                self._stream._raw_stream.shutdown()  # noqa: SLF001


class Answer:
    """The events that `work` reads, over a line that can be closed."""

    def __init__(self, work: Callable[[Line], Iterator[Asking | AgentEvent]]) -> None:
        self._line = Line()
        self._events = self._read(work)

    def __iter__(self) -> Iterator[Asking | AgentEvent]:
        return self

    def __next__(self) -> Asking | AgentEvent:
        return next(self._events)

    def close(self) -> None:
        self._line.hang_up()
        with contextlib.suppress(ValueError):  # being read: the reader was woken and closes
            self._events.close()

    def _read(self, work: Callable[[Line], Iterator[Asking | AgentEvent]]) -> Generator[Asking | AgentEvent]:
        try:
            yield from work(self._line)
        except HungUp:
            return
        except Exception as error:
            if self._line.closed:  # an answer that was hung up on ends without its end
                return
            failure = unavailable(error)
            if self._line.begun:
                raise AgentUnavailable(failure.code, retryable=False) from error
            if failure is error:
                raise
            raise failure from error


def unavailable(error: Exception) -> AgentUnavailable:
    """A failure in the words of the port; one that nobody foresaw is a mistake, here or there, and stays one."""
    if isinstance(error, AgentUnavailable):
        return error
    if isinstance(error, ClientError):
        return failed(error.response["Error"]["Code"])
    return AgentUnavailable(type(error).__name__, retryable=isinstance(error, FAILURES))


def failed(code: str) -> AgentUnavailable:
    """A failure that the service, or our own runtime, names by a code."""
    return AgentUnavailable(code, retryable=code.lower() in RETRYABLE)


def without_end() -> AgentUnavailable:
    return AgentUnavailable("AnswerWithoutEnd", retryable=True)


def kept(pending: str) -> str:
    """What the backend needs to be answered; nothing, if the turn item has no room for it.

    The control itself counts all the same: one that leaves the chat is not answered.
    """
    whole = pending.encode(errors="replace")  # half a character could not be written
    return whole.decode() if len(whole) <= MOST_PENDING_BYTES else ""


def talk_and_text(question: Question) -> tuple[list[tuple[str, str]], str]:
    """The earlier talk and what is asked now; roles take turns, so a question nobody answered is asked along."""
    talk = earlier_talk(question.history)
    if talk and talk[-1][0] == "user":
        return talk[:-1], f"{talk[-1][1]}\n{question.text}"
    return talk, question.text


def earlier_talk(history: Iterable[Said]) -> list[tuple[str, str]]:
    """Role and text, as every model wants a talk: it begins with the user, and roles take turns."""
    talk: list[tuple[str, str]] = []
    for said in history:
        role = HISTORY_ROLES.get(said.role)
        if role is None or not said.text or (not talk and role == "assistant"):
            continue
        if talk and talk[-1][0] == role:
            talk[-1] = (role, f"{talk[-1][1]}\n{said.text}")
        else:
            talk.append((role, said.text))
    return talk


def as_text(value: object) -> str:
    """A control's parameter as a string, which attributes are; what is no text is written as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
