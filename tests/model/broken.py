"""The system with one safeguard taken away, each in its own way: what the judge must find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lambdas.conversation import effects as do
from lambdas.conversation.contact import LEASE_SECONDS, Lease, State, TurnRecord
from lambdas.conversation.handoff import Handoff
from lambdas.conversation.holding import Holding
from lambdas.conversation.inbox import Message
from lambdas.conversation.ports import NotTaken, Said, Taken
from lambdas.start_bot.events import FlowEvent
from tests.memory_stays import MemoryStays
from tests.model.connect import VirtualRoom
from tests.model.functions import RETRIES_SECONDS, VirtualPerformer, VirtualStartBot
from tests.model.scene import Parts


class WithoutDedup(MemoryStays):
    """A message that is done is taken again."""

    def take(self, contact_id: str, message: Message, *, owner: str, now: float) -> Taken | NotTaken:
        found = self.turns.get(contact_id)
        if found is not None:
            self.turns[contact_id] = replace(found, done=())
        return super().take(contact_id, message, owner=owner, now=now)


class WithLongLease(MemoryStays):
    """The lease is longer than all of Lambda's retries."""

    def _keep(self, record: TurnRecord) -> TurnRecord:
        lease = record.lease
        if lease is not None:
            until = lease.until - LEASE_SECONDS + 2 * sum(RETRIES_SECONDS)
            fresh = record.contact_id not in self.turns or self.turns[record.contact_id].lease != lease
            record = replace(record, lease=replace(lease, until=until)) if fresh else record
        return super()._keep(record)


class WithoutStayNumber(MemoryStays):
    """A late write of an earlier stay ends the stay of today."""

    def become_human(self, record: TurnRecord, *, now: float) -> None:
        found = self.turns.get(record.contact_id)
        super().become_human(replace(record, stay=found.stay) if found else record, now=now)


class WithoutLookAtTheInbox(MemoryStays):
    """A turn is released although messages wait."""

    def release(self, record: TurnRecord, *, owner: str, answered: TurnRecord) -> TurnRecord | None:
        waiting = super().release(record, owner=owner, answered=answered)
        if waiting is None or waiting.lease is None or waiting.lease.owner != owner:
            return waiting
        gone = self.go_round(record, owner=owner, answered=answered, asks=())
        self.turns[record.contact_id] = replace(gone or waiting, lease=None)
        return None


class WithSharedLease(MemoryStays):
    """Whoever brings a message holds the turn, also while another does."""

    def take(self, contact_id: str, message: Message, *, owner: str, now: float) -> Taken | NotTaken:
        taken = super().take(contact_id, message, owner=owner, now=now)
        if isinstance(taken, Taken) or taken.record is None or message not in taken.record.inbox:
            return taken
        mine = Lease(owner=owner, until=now + LEASE_SECONDS, asks=(message.mark,))
        return Taken(self._keep(replace(taken.record, lease=mine)))


class WithTwoHandoffs(MemoryStays):
    """A hand-off is decided by whoever comes, held or not, decided or not."""

    def begin_handoff(self, record: TurnRecord, handoff: Handoff, *, owner: str, now: float, seize: bool) -> TurnRecord:
        found = self.turns[record.contact_id]
        known = replace(record, state=found.state, stay=found.stay)
        return super().begin_handoff(known, handoff, owner=owner, now=now, seize=True)


@dataclass(slots=True)
class WithoutFence(VirtualPerformer):
    """Speaks and asks whoever holds the turn."""

    def _require_voice(self) -> None:
        return


@dataclass(slots=True)
class WithLeaseFromNow(VirtualPerformer):
    """A lease that is found again is believed to be as fresh as the look at it."""

    def _hold_from(self, started: float, now: float, record: TurnRecord | None) -> None:
        self._holding = Holding(renewed_at=started)


@dataclass(slots=True)
class WithoutRenewal(VirtualPerformer):
    """Takes the turn and never prolongs it."""

    def _keep_lease(self) -> None:
        return


@dataclass(slots=True)
class WithOwnerReused(VirtualPerformer):
    """The owner is Lambda's request id, which a retry repeats; a lease of "mine" is believed to be alive."""

    def _perform(self, step: do.Effect[Any]) -> Any:
        self.owner = self.process.name.partition("#")[0]
        if isinstance(step, do.Take):
            found = self.stays.read(step.contact_id, now=self.clock.now())
            if found is not None and found.lease is not None and found.lease.owner == self.owner:
                self._hold_from(self.clock.monotonic(), self.clock.now(), found)
                return Taken(found)
        return VirtualPerformer._perform(self, step)


@dataclass(slots=True)
class WithAttributesLast(VirtualPerformer):
    """The flow wakes before what it should read is written."""

    def _perform(self, step: do.Effect[Any]) -> Any:
        return None if isinstance(step, do.SetAttributes) else VirtualPerformer._perform(self, step)


@dataclass(slots=True)
class WithoutLookAtTheLease(VirtualPerformer):
    """Whose message is known goes home, whoever has died."""

    def _perform(self, step: do.Effect[Any]) -> Any:
        result = VirtualPerformer._perform(self, step)
        if not isinstance(step, do.Take) or not isinstance(result, NotTaken) or result.record is None:
            return result
        return NotTaken(replace(result.record, lease=None))


@dataclass(slots=True)
class WithoutWaitForTheRecord(VirtualPerformer):
    """A message that comes before the bot has joined is nobody's."""

    def _perform(self, step: do.Effect[Any]) -> Any:
        result = VirtualPerformer._perform(self, step)
        if not isinstance(step, do.Take) or not isinstance(result, NotTaken) or result.record is None:
            return result
        early = result.record.state is State.JOINING
        return NotTaken(replace(result.record, state=State.HUMAN)) if early else result


@dataclass
class WithoutLookAtTheTranscript(VirtualRoom):
    """After a takeover nothing seems to have been heard."""

    def _transcript(self, token: str) -> tuple[Said, ...]:
        return tuple(said for said in super()._transcript(token) if said.role == "CUSTOMER")


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutWatch(VirtualStartBot):
    """The flow is always told to wait."""

    def act(self, event: FlowEvent) -> dict[str, str]:
        return {"status": "wait"} if event.action == "watch" else VirtualStartBot.act(self, event)


BROKEN: Mapping[str, Parts] = {
    "the dedup by finished ids": Parts(memory=WithoutDedup),
    "a lease shorter than the retry": Parts(memory=WithLongLease),
    "the stay number in `human`": Parts(memory=WithoutStayNumber),
    "the look at the inbox before the release": Parts(memory=WithoutLookAtTheInbox),
    "one holder at a time": Parts(memory=WithSharedLease),
    "one hand-off a stay": Parts(memory=WithTwoHandoffs),
    "the fence before sends and asks": Parts(performer=WithoutFence),
    "the renewal": Parts(performer=WithoutRenewal),
    "a fresh owner for each execution": Parts(performer=WithOwnerReused),
    "any event's look at the lease": Parts(performer=WithoutLookAtTheLease),
    "attributes before the disconnect": Parts(performer=WithAttributesLast),
    "the look at the transcript after a takeover": Parts(room=WithoutLookAtTheTranscript),
    "the flow's watch": Parts(start_bot=WithoutWatch),
}
"""The safeguard, and the system without it."""

BY_EXAMPLE: Mapping[str, str] = {"one hand-off a stay": "a_hand_off_decided_for_an_earlier_stay"}
"""Safeguards that need so many things at once that chance may pass them by: an example of `test_named_examples`
plays what happens without them."""
AT_RANDOM: Mapping[str, Parts] = {name: parts for name, parts in BROKEN.items() if name not in BY_EXAMPLE}
"""The others: the judge must miss each within a bounded number of random steps."""
