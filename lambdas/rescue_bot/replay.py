"""`make replay`: what was put aside goes to ChatBot once more, where that can still help anybody.

An event of a chat that is over, a person's or unknown is deleted; any other is handed to ChatBot as SNS would, which
knows what it has answered. What cannot be read stays where it is, for a person to look at. One call takes no longer
than the function has; `more` says that another one will find something.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from lambdas.adapters.chat_bot_function import ChatBotFunction
from lambdas.adapters.queues import Letter, Queue
from lambdas.chat_bot.events import contact_of, records_of
from lambdas.conversation.contact import State
from lambdas.conversation.errors import InvalidEvent, QueueUnavailable
from lambdas.conversation.ports import Clock, Stays
from lambdas.rescue_bot.events import event_of

HIDDEN_SECONDS = 60
"""Nothing is met twice within one call; what a call that died had in its hands shows up again soon."""
MOST_EVENTS = 1_000
LEAST_LEFT_SECONDS = 6.0
"""Kept free at the end of the function's time, for the event in hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the operator asks for."""

    dry_run: bool
    limit: int

    @classmethod
    def parse(cls, asked: object) -> Request:
        """Raises `InvalidEvent`, so that a misspelt wish does nothing instead of something else."""
        if not isinstance(asked, Mapping) or not asked.keys() <= {"dry_run", "limit"}:
            raise InvalidEvent("a replay has 'dry_run' and 'limit' and nothing else")
        dry_run, limit = asked.get("dry_run", False), asked.get("limit", MOST_EVENTS)
        if not isinstance(dry_run, bool):
            raise InvalidEvent("'dry_run' must be true or false")
        if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MOST_EVENTS:
            raise InvalidEvent(f"'limit' must be a whole number from 1 to {MOST_EVENTS}")
        return cls(dry_run=dry_run, limit=limit)


@dataclass(slots=True)
class Counts:
    """What came of the events; one with several chats counts as handed over if any of them was."""

    dry_run: bool
    read: int = 0
    handed_over: int = 0
    ended: int = 0
    with_a_person: int = 0
    unknown: int = 0
    unreadable: int = 0
    failed: int = 0
    """Neither handed over nor deleted: the table, ChatBot or the queue refused."""
    more: bool = False
    """There may be others: the limit or the time was reached."""


Explain = Callable[[Exception], None]
"""Told why an event was neither handed over nor deleted."""
Fate = Literal["handed_over", "ended", "with_a_person", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Replay with everything it needs."""

    stays: Stays
    chat_bot: ChatBotFunction
    queues: tuple[Queue, ...]

    def run(self, request: Request, *, clock: Clock, ends_at: float, explain: Explain) -> Counts:
        """Raises `QueueUnavailable` if a queue cannot even be read. `ends_at`: epoch seconds."""
        run = _Run(self, request, clock, ends_at, explain, Counts(dry_run=request.dry_run))
        for queue in self.queues:
            run.go_through(queue)
        return run.counts


@dataclass(frozen=True, slots=True)
class _Run:
    parts: Replay
    request: Request
    clock: Clock
    ends_at: float
    explain: Explain
    counts: Counts

    def go_through(self, queue: Queue) -> None:
        stay = list[Letter]()
        try:
            while letters := self._receive(queue):
                stay += [letter for letter in letters if not self._settle(queue, letter)]
        finally:
            for letter in stay:
                with contextlib.suppress(QueueUnavailable):  # then it shows up by itself
                    queue.put_back(letter)

    def _receive(self, queue: Queue) -> tuple[Letter, ...]:
        left = self.request.limit - self.counts.read
        if left < 1 or not self._has_time():
            self.counts.more = True
            return ()
        return queue.receive(left, hidden_seconds=HIDDEN_SECONDS)

    def _has_time(self) -> bool:
        return self.ends_at - self.clock.now() >= LEAST_LEFT_SECONDS

    def _settle(self, queue: Queue, letter: Letter) -> bool:
        """Whether the event may leave the queue, and has."""
        if not self._has_time():
            self.counts.more = True
            return False
        self.counts.read += 1
        try:
            fate = self._replay(letter)
            if not self.request.dry_run:
                queue.delete(letter)
        except InvalidEvent:
            self.counts.unreadable += 1
            return False
        except Exception as failure:  # one event must not keep the others
            self.explain(failure)
            self.counts.failed += 1
            return False
        setattr(self.counts, fate, getattr(self.counts, fate) + 1)
        return not self.request.dry_run

    def _replay(self, letter: Letter) -> Fate:
        event = event_of(letter.body)
        fates = [(record, self._fate(contact_of(record))) for record in records_of(event)]
        wanted = [record for record, fate in fates if fate == "handed_over"]
        if not wanted:
            return _fate_of_all(fate for _, fate in fates)
        if not self.request.dry_run:
            self.parts.chat_bot.replay({**event, "Records": wanted})
        return "handed_over"

    def _fate(self, contact_id: str) -> Fate | None:
        """`None` if the record names no contact."""
        if not contact_id:
            return None
        record = self.parts.stays.read(contact_id, now=self.clock.now())
        match record.state if record else None:
            case None:
                return "unknown"
            case State.ENDED:
                return "ended"
            case State.HUMAN:
                return "with_a_person"
            case _:
                return "handed_over"


def _fate_of_all(fates: Iterable[Fate | None]) -> Fate:
    """Of records none of which is handed over; raises `InvalidEvent` if a person should look at one."""
    last: Fate = "unknown"
    for fate in fates:
        if fate is None:
            raise InvalidEvent("a record names no contact")
        last = fate
    return last
