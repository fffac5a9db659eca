"""The record in virtual time: `MemoryStays` with a stop before every request, and requests that fail.

The client of DynamoDB repeats what was not answered; so a request fails only when it gave up, and then nobody knows
whether it had its effect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lambdas.conversation.contact import ContactRecord, State, TurnRecord
from lambdas.conversation.errors import RecordUnavailable
from lambdas.conversation.handoff import Handoff
from lambdas.conversation.inbox import Mark, Message
from lambdas.conversation.ports import NotTaken, Taken
from tests.memory_stays import MemoryStays
from tests.model.connect import CONTACT, FAILED, LATE, LOST
from tests.model.judge import Judge
from tests.model.virtual_time import WELL, Tasks

Answer = TypeVar("Answer")
FATES = (FAILED, LOST, LATE)


class VirtualStays:
    """The port `Stays`."""

    def __init__(self, tasks: Tasks, judge: Judge, memory: MemoryStays) -> None:
        self.memory = memory
        self._tasks = tasks
        self._judge = judge

    @property
    def record(self) -> TurnRecord | None:
        return self.memory.turns.get(CONTACT)

    def take(self, contact_id: str, message: Message, *, owner: str, now: float) -> Taken | NotTaken:
        def take() -> Taken | NotTaken:
            taken = self.memory.take(contact_id, message, owner=owner, now=now)
            if isinstance(taken, Taken):
                self._judge.turn_taken(self._tasks.process, taken.record.stay)
            self._judge.message_reached(message, taken)
            return taken

        return self._call("take", take)

    def take_over(self, record: TurnRecord, *, owner: str, now: float) -> TurnRecord | None:
        def take_over() -> TurnRecord | None:
            before = self.record
            taken = self.memory.take_over(record, owner=owner, now=now)
            if taken is not None and taken is not before:
                self._judge.turn_taken_over(self._tasks.process, taken.stay)
            return taken

        return self._write("take over", record, take_over)

    def renew(self, record: TurnRecord, *, owner: str, now: float) -> TurnRecord:
        return self._write("renew", record, lambda: self.memory.renew(record, owner=owner, now=now))

    def release(self, record: TurnRecord, *, owner: str, answered: TurnRecord) -> TurnRecord | None:
        def release() -> TurnRecord | None:
            waiting = self.memory.release(record, owner=owner, answered=answered)
            if waiting is None:
                self._judge.turn_released(self._tasks.process)
            return waiting

        return self._write("release", record, release)

    def go_round(
        self, record: TurnRecord, *, owner: str, answered: TurnRecord, asks: tuple[Mark, ...]
    ) -> TurnRecord | None:
        def go_round() -> TurnRecord | None:
            gone = self.memory.go_round(record, owner=owner, answered=answered, asks=asks)
            if gone is not None:
                self._judge.round_finished(self._tasks.process)
            return gone

        return self._write("go round", record, go_round)

    def keep_pending(self, record: TurnRecord, *, owner: str, pending: str | None) -> None:
        self._write("keep pending", record, lambda: self.memory.keep_pending(record, owner=owner, pending=pending))

    def begin_handoff(self, record: TurnRecord, handoff: Handoff, *, owner: str, now: float, seize: bool) -> TurnRecord:
        def begin() -> TurnRecord:
            before = self.record
            decided = self.memory.begin_handoff(record, handoff, owner=owner, now=now, seize=seize)
            if decided is not before:
                self._judge.handoff_begun(self._tasks.process, decided.stay, handoff)
            return decided

        return self._write("begin handoff", record, begin)

    def become_human(self, record: TurnRecord, *, now: float) -> None:
        def become_human() -> None:
            before = self.record
            self.memory.become_human(record, now=now)
            if before is not None and before.state is State.BOT and self.record != before:
                self._judge.bot_became_human(self._tasks.process, before.stay)

        self._write("become human", record, become_human)

    def become_ended(self, contact_id: str, *, now: float) -> TurnRecord | None:
        return self._call("become ended", lambda: self.memory.become_ended(contact_id, now=now))

    def read(self, contact_id: str, *, now: float) -> TurnRecord | None:
        return self._call("read", lambda: self.memory.read(contact_id, now=now))

    def read_contact(self, contact_id: str) -> ContactRecord | None:
        return self._call("read contact", lambda: self.memory.read_contact(contact_id))

    def save_contact(self, contact: ContactRecord, *, expires_at: float) -> None:
        self._call("save contact", lambda: self.memory.save_contact(contact, expires_at=expires_at))

    def begin_joining(self, fresh: TurnRecord, *, now: float) -> TurnRecord:
        def begin() -> TurnRecord:
            record = self.memory.begin_joining(fresh, now=now)
            self._judge.stay_began(record.stay)
            return record

        return self._call("begin joining", begin)

    def become_bot(self, record: TurnRecord, *, now: float) -> bool:
        return self._write("become bot", record, lambda: self.memory.become_bot(record, now=now))

    def _write(self, operation: str, known: TurnRecord, effect: Callable[[], Answer]) -> Answer:
        """A write of a stay; one of an earlier stay changes nothing."""

        def write() -> Answer:
            before = self.record
            try:
                return effect()
            finally:
                if before is not None and before.stay != known.stay and self.record != before:
                    self._judge.violated(f"'{operation}' of stay {known.stay} changed the record of stay {before.stay}")

        return self._call(operation, write)

    def _call(self, operation: str, effect: Callable[[], Answer]) -> Answer:
        fate = self._tasks.stop_at("record", operation)
        if fate == WELL:
            return effect()
        self._judge.trouble(self._tasks.process, operation, fate)
        if fate == FAILED:
            raise RecordUnavailable("ThrottlingException")
        answer = effect()
        if fate == LOST:
            raise RecordUnavailable("ReadTimeoutError")
        self._tasks.stop_at("record", f"answer of {operation}")
        return answer
