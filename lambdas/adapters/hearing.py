"""Hearing an agent's answer while a deadline runs.

The stream is read in a thread of its own, so that waiting for it can end. Nothing is decided here: events and errors
come out in the order in which they came in. That the team is being asked is no part of its answer and can be waited
for, by whoever has something to do that is not to come before it.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator

from lambdas.conversation.errors import AgentUnavailable, DeadlineReached
from lambdas.conversation.ports import AgentEvent, Asking, Clock

LOOK_AT_THE_CLOCK_SECONDS = 0.2
"""A wait is cut into pieces this long: the clock is handed in and may be moved, and Lambda may freeze in between."""
CALL_COMES_WITHIN_SECONDS = 0.5
"""A guardrail before the team takes less; nobody waits longer for one that hangs."""


class Hearing:
    """One answer as it comes; `close` when it is not wanted any more."""

    def __init__(self, stream: Iterator[Asking | AgentEvent]) -> None:
        self._stream = stream
        self._asking = threading.Event()
        self._heard: queue.SimpleQueue[AgentEvent | BaseException] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, daemon=True, name="agent-stream")
        self._thread.start()

    def wait_for_call(self, clock: Clock) -> None:
        """Until the team is being asked or the answer is over without it, but not for long."""
        clock.wait(self._asking, CALL_COMES_WITHIN_SECONDS)

    def next(self, *, until: float, wakes_at: float, clock: Clock) -> AgentEvent | None:
        """The next event, or `None` at `wakes_at`; raises what reading raised, and `DeadlineReached` at `until`.

        Both are seconds since the epoch.
        """
        while (left := min(until, wakes_at) - clock.now()) > 0:
            with contextlib.suppress(queue.Empty):
                return _event(self._heard.get(timeout=min(left, LOOK_AT_THE_CLOCK_SECONDS)))
        if clock.now() < until:
            return None
        self.close()
        raise DeadlineReached

    def close(self) -> None:
        """Cancel the call. A stream that is a plain generator cannot be closed while it is being read; it is left."""
        close = getattr(self._stream, "close", None)
        if close is not None:
            with contextlib.suppress(ValueError):
                close()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _read(self) -> None:
        try:
            for event in self._stream:
                if isinstance(event, Asking):
                    self._asking.set()
                else:
                    self._heard.put(event)
        except BaseException as error:  # raised again by the thread that listens
            self._heard.put(error)
        else:
            # Nobody asks for more after the last event, unless there was none.
            self._heard.put(AgentUnavailable("AnswerWithoutEnd", retryable=True))
        finally:
            self._asking.set()


def _event(heard: AgentEvent | BaseException) -> AgentEvent:
    if isinstance(heard, BaseException):
        raise heard
    return heard
