"""A process that races: it does with one contact's record what an execution of a function does, by a plan it is given.

Each racer has its own boto3 client and the real adapter. Time is a number that all of them share and any of them may
move. A racer that lost the turn goes on as if it had not: those are the late writers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import boto3
from botocore.config import Config

from lambdas.adapters.contacts_table import ContactsTable
from lambdas.adapters.dynamodb_contacts import DynamoDBContacts
from lambdas.conversation.contact import KEPT_AT_MOST_SECONDS, LEASE_SECONDS, Session, State, TurnRecord
from lambdas.conversation.errors import IllegalMove, LeaseLost
from lambdas.conversation.handoff import Handoff, Outcome, Reason
from lambdas.conversation.holding import LEAST_LEFT_SECONDS
from lambdas.conversation.inbox import Kind, Message, remember
from lambdas.conversation.ports import Taken
from tests.races.shared_table import NAME

AGE_LIMIT_SECONDS: Final = 300.0


class SharedTime(Protocol):
    """Seconds since the epoch, the same for all processes."""

    value: float

    def get_lock(self) -> Any: ...


class Meeting(Protocol):
    """Where all racers wait for each other."""

    def wait(self) -> Any: ...


class Line(Protocol):
    """The way to whoever makes the plans."""

    def recv(self) -> Any: ...

    def send(self, obj: Any, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What a racer does in one round, by the names in `ACTS`."""

    contact_id: str
    before: Sequence[str]
    """Done alone, before anybody races."""
    race: Sequence[str]


@dataclass(frozen=True, slots=True)
class Done:
    """An act and whether it had its effect."""

    act: str
    won: bool


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer that the holder's own fence let through."""

    owner: str
    at: float
    keys: tuple[str, ...]


@dataclass(slots=True)
class Report:
    """What a racer did in a round."""

    acts: list[Done] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)


@dataclass(slots=True)
class Racer:
    """One process in one round."""

    stays: DynamoDBContacts
    time: SharedTime
    contact_id: str
    name: str
    report: Report = field(default_factory=Report)
    held: TurnRecord | None = None
    """As this racer believes, long after it may have lost it."""
    _renewed_at: float = 0.0
    _owner: str = ""
    _executions: int = 0
    _messages: int = 0

    def do(self, acts: Iterable[str]) -> None:
        for act in acts:
            try:
                won = ACTS[act](self)
            except (LeaseLost, IllegalMove):
                won = False
            self.report.acts.append(Done(act, won))

    # Acts

    def take(self) -> bool:
        self._messages += 1
        return self._take(f"{self.name}-{self._messages}", at=self.time.value)

    def take_same(self) -> bool:
        """The message that everybody brings."""
        return self._take("same", at=float(int(self.contact_id.rpartition("@")[2])))

    def _take(self, message_id: str, *, at: float) -> bool:
        owner, now = self._execution(), self.time.value
        message = Message(id=message_id, at=at, kind=Kind.TEXT, text=message_id)
        found = self.stays.take(self.contact_id, message, owner=owner, now=now)
        if isinstance(found, Taken):
            self._hold(found.record, owner, now)
        return isinstance(found, Taken)

    def take_over(self) -> bool:
        """As any event does that finds an abandoned turn."""
        now = self.time.value
        seen = self.stays.read(self.contact_id, now=now)
        if seen is None or not seen.abandoned(now):
            return False
        owner = self._execution()
        taken = self.stays.take_over(seen, owner=owner, now=now)
        if taken is not None:
            self._hold(taken, owner, now)
        return taken is not None

    def renew(self) -> bool:
        if self.held is None:
            return False
        now = self.time.value
        self.stays.renew(self.held, owner=self._owner, now=now)
        self._renewed_at = now
        return True

    def release(self) -> bool:
        """Answer what was asked and free the turn."""
        if self.held is None or self.held.state is not State.BOT:
            return False
        self._speak(self.held)
        left = self.stays.release(self.held, owner=self._owner, answered=self._answered(self.held))
        return left is None

    def go_round(self) -> bool:
        if self.held is None or self.held.state is not State.BOT:
            return False
        seen = self.stays.read(self.contact_id, now=self.time.value)
        asked = {message.mark for message in self.held.asked()}
        asks = tuple(message.mark for message in (seen.inbox if seen else ()) if message.mark not in asked)
        if not asks:
            return False
        self._speak(self.held)
        gone = self.stays.go_round(self.held, owner=self._owner, answered=self._answered(self.held), asks=asks)
        self.held = gone or self.held
        return gone is not None

    def settle(self) -> bool:
        """Release, and go round for whatever has come, until nothing is left; false if the turn was lost."""
        while not self.release():
            if not self.go_round():
                return False
        return True

    def keep_pending(self) -> bool:
        if self.held is None:
            return False
        self.stays.keep_pending(self.held, owner=self._owner, pending="pending")
        return True

    def hand_off(self) -> bool:
        if self.held is None or self.held.state is not State.BOT:
            return False
        return self._begin_handoff(self.held, self._owner, seize=False)

    def seize(self) -> bool:
        """As StartBot's `leave` does, whoever holds the turn."""
        seen = self.stays.read(self.contact_id, now=self.time.value)
        if seen is None or seen.state is not State.BOT:
            return False
        return self._begin_handoff(seen, self._execution(), seize=True)

    def _begin_handoff(self, record: TurnRecord, owner: str, *, seize: bool) -> bool:
        handoff = Handoff(outcome=Outcome.ESCALATE, reason=Reason.CUSTOMER_ASKED, attributes={}, sentence=None)
        now = self.time.value
        decided = self.stays.begin_handoff(record, handoff, owner=owner, now=now, seize=seize)
        self._owner = owner
        self._hold(decided, owner, now)
        return True

    def human(self) -> bool:
        """The last step of a hand-off, by whoever believes to hold the turn, or by whoever looks."""
        record = self.held or self.stays.read(self.contact_id, now=self.time.value)
        if record is None:
            return False
        self.stays.become_human(record, now=self.time.value)
        return True

    def join(self) -> bool:
        now = self.time.value
        record = self.stays.begin_joining(
            TurnRecord(
                contact_id=self.contact_id,
                state=State.JOINING,
                since=now,
                stay=1,
                language="en",
                session=Session(id=self._execution()),
                expires_at=int(now) + KEPT_AT_MOST_SECONDS,
            ),
            now=now,
        )
        return self.stays.become_bot(record, now=now)

    def end(self) -> bool:
        return self.stays.become_ended(self.contact_id, now=self.time.value) is not None

    def jump(self) -> bool:
        """Time in which a holder that stands still loses its lease."""
        with self.time.get_lock():
            self.time.value += LEASE_SECONDS + 1
        return True

    # What it believes

    def _execution(self) -> str:
        self._executions += 1
        return f"{self.name}/{self._executions}"

    def _hold(self, record: TurnRecord, owner: str, now: float) -> None:
        self.held, self._owner, self._renewed_at = record, owner, now

    def _speak(self, record: TurnRecord) -> None:
        at = self.time.value
        if self._renewed_at + LEASE_SECONDS - at >= LEAST_LEFT_SECONDS:
            keys = tuple(message.key for message in record.asked())
            self.report.spoken.append(Spoken(self._owner, at, keys))

    def _answered(self, record: TurnRecord) -> TurnRecord:
        done = remember(record.done, record.asked(), now=self.time.value, age_limit_seconds=AGE_LIMIT_SECONDS)
        return replace(record, done=done, takeovers=0, pending=None)


ACTS: Final[dict[str, Callable[[Racer], bool]]] = {
    "end": Racer.end,
    "go_round": Racer.go_round,
    "hand_off": Racer.hand_off,
    "human": Racer.human,
    "join": Racer.join,
    "jump": Racer.jump,
    "keep_pending": Racer.keep_pending,
    "release": Racer.release,
    "renew": Racer.renew,
    "seize": Racer.seize,
    "settle": Racer.settle,
    "take": Racer.take,
    "take_over": Racer.take_over,
    "take_same": Racer.take_same,
}


def contacts_at(origin: str) -> DynamoDBContacts:
    """The adapter as the functions have it, on a client of this process."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=origin,
        region_name="us-east-1",
        aws_access_key_id="RACER",
        aws_secret_access_key="none",
        config=Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1}),
    )
    return DynamoDBContacts(ContactsTable(client, NAME))


def race(origin: str, name: str, time: SharedTime, meeting: Meeting, line: Line) -> None:
    """The process: a plan, a race, a report, until there are no more plans."""
    stays = contacts_at(origin)
    line.send(None)
    while (plan := line.recv()) is not None:
        racer = Racer(stays=stays, time=time, contact_id=plan.contact_id, name=name)
        racer.do(plan.before)
        meeting.wait()
        racer.do(plan.race)
        line.send(racer.report)
