"""Which calls are tried again, how often and after what pause.

Connect's quotas count for all chats of an instance together, so whoever is refused must neither give up nor insist at
once: pauses double and are drawn at random from nothing up to their length (full jitter), which spreads the callers
over the time that the quota needs for them. No layer below tries again for Connect.

Quotas: Amazon Connect service limits, read 2026-11 (CreateParticipant 5/s; SendMessage and SendEvent together 10/s,
DisconnectParticipant 3/s per instance).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from lambdas.conversation.effects import Effect, Pause, Steps
from lambdas.conversation.errors import ChatError, ChatThrottled, HandoffError, RecordUnavailable
from lambdas.conversation.ports import Clock
from lambdas.conversation.world import World

Result = TypeVar("Result")
Random = Callable[[], float]
"""From 0 up to, but not, 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How one call is repeated."""

    tries: int
    """Of a call that fails inside or never answers. One that is throttled is tried for as long as there is time."""
    first_pause_seconds: float
    longest_pause_seconds: float

    def pause_seconds(self, failures: int, random: Random) -> float:
        """After so many failures."""
        doubled = self.first_pause_seconds * float(2 ** min(failures - 1, 16))
        return random() * min(doubled, self.longest_pause_seconds)


JOINING = Retry(tries=3, first_pause_seconds=0.5, longest_pause_seconds=1.5)
"""StartBot's calls: the flow waits 8 s in all."""
SPEAKING = Retry(tries=4, first_pause_seconds=0.5, longest_pause_seconds=8.0)
"""SendMessage: fifty chats that speak at once are through after five seconds."""
READING = Retry(tries=2, first_pause_seconds=0.5, longest_pause_seconds=2.0)
"""GetTranscript: without it the conversation goes on, only more carefully."""
LEAVING = Retry(tries=5, first_pause_seconds=1.0, longest_pause_seconds=8.0)
"""UpdateContactAttributes and DisconnectParticipant: Lambda's own next try would come a silent minute later."""
RECORDING = Retry(tries=3, first_pause_seconds=0.5, longest_pause_seconds=4.0)
"""Writes of the record after something was said; botocore has tried three times before it counts as a failure."""


@dataclass(slots=True)
class Tries:
    """What has been tried of one call."""

    retry: Retry
    random: Random
    _failures: int = 0
    _without_answer: int = 0

    def pause_after(self, failure: HandoffError, *, now: float, until: float) -> float | None:
        """Seconds until the next try; `None` if there is no use in one, or no time before `until`."""
        self._failures += 1
        self._without_answer += not isinstance(failure, ChatThrottled)
        seconds = self.retry.pause_seconds(self._failures, self.random)
        is_over = self._without_answer >= self.retry.tries or now + seconds >= until
        return None if is_over or not _may_pass(failure) else seconds


def insist(step: Effect[Result], retry: Retry, world: World, *, until: float) -> Steps[Result]:
    """The step's result, after as many tries as `retry` allows before `until` (epoch seconds); else its last failure.

    Every try is a step of its own: the fence is asked before each.
    """
    tries = Tries(retry, world.random)
    while True:
        try:
            return (yield from step)
        except (ChatError, RecordUnavailable) as failure:
            pause_seconds = tries.pause_after(failure, now=world.now(), until=until)
            if pause_seconds is None:
                raise
        yield from Pause(pause_seconds)


def insist_on(call: Callable[[], Result], retry: Retry, *, clock: Clock, random: Random, until: float) -> Result:
    """The same for a plain call, as StartBot makes them."""
    tries = Tries(retry, random)
    while True:
        try:
            return call()
        except (ChatError, RecordUnavailable) as failure:
            pause_seconds = tries.pause_after(failure, now=clock.now(), until=until)
            if pause_seconds is None:
                raise
        clock.sleep(pause_seconds)


def _may_pass(failure: HandoffError) -> bool:
    """Whether the same call may do better later."""
    return isinstance(failure, RecordUnavailable) or (isinstance(failure, ChatError) and failure.retryable)
