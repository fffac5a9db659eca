"""One answer of a team while it is read, whatever the backend; what all of them share beside it.

The call belongs to whoever reads: nothing is asked before the first event is wanted, and `close` may come from any
thread and ends a read that waits. Errors come before the stream (`ThrottlingException`) and inside it
(`throttlingException`); codes are compared without regard to case. The rule: an answer that did not come to its end
raises, so that half of one never passes for a whole.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

from botocore.eventstream import ParserError
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from lambdas.conversation.errors import AgentUnavailable
from lambdas.conversation.ports import AgentEvent, Question, Said

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

    def __init__(self, work: Callable[[Line], Iterator[AgentEvent]]) -> None:
        self._line = Line()
        self._events = self._read(work)

    def __iter__(self) -> Iterator[AgentEvent]:
        return self

    def __next__(self) -> AgentEvent:
        return next(self._events)

    def close(self) -> None:
        self._line.hang_up()
        with contextlib.suppress(ValueError):  # being read: the reader was woken and closes
            self._events.close()

    def _read(self, work: Callable[[Line], Iterator[AgentEvent]]) -> Generator[AgentEvent]:
        try:
            yield from work(self._line)
        except HungUp:
            return
        except FAILURES as error:
            if not self._line.closed:
                raise unavailable(error) from error
        except AgentUnavailable:
            if not self._line.closed:  # an answer that was hung up on ends without its end
                raise


def unavailable(error: Exception) -> AgentUnavailable:
    """One of `FAILURES` in the words of the port."""
    if isinstance(error, ClientError):
        return failed(error.response["Error"]["Code"])
    return AgentUnavailable(type(error).__name__, retryable=True)


def failed(code: str) -> AgentUnavailable:
    """A failure that the service, or our own runtime, names by a code."""
    return AgentUnavailable(code, retryable=code.lower() in RETRYABLE)


def without_end() -> AgentUnavailable:
    return AgentUnavailable("AnswerWithoutEnd", retryable=True)


def kept(pending: str) -> str:
    """What the backend needs to be answered, if the turn item has room for it; else a person takes the chat."""
    if len(pending.encode()) > MOST_PENDING_BYTES:
        raise AgentUnavailable("ControlTooLarge", retryable=False)
    return pending


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
