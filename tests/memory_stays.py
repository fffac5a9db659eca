"""The record of contacts in memory, with the rules of the DynamoDB adapter: one contract suite runs both."""

from __future__ import annotations

import threading
from dataclasses import replace

from lambdas.conversation.contact import (
    KEPT_AFTER_END_SECONDS,
    LEASE_SECONDS,
    ContactRecord,
    Lease,
    State,
    TurnRecord,
    origins_of,
    require_move,
)
from lambdas.conversation.errors import LeaseLost
from lambdas.conversation.handoff import Handoff
from lambdas.conversation.inbox import Mark, Message, in_order
from lambdas.conversation.ports import NotTaken, Taken


class MemoryStays:
    """The record in memory; every method is one step that no other interrupts."""

    def __init__(self) -> None:
        self.turns: dict[str, TurnRecord] = {}
        self.contacts: dict[str, ContactRecord] = {}
        self.contacts_expire_at: dict[str, float] = {}
        self._one_at_a_time = threading.RLock()

    def take(self, contact_id: str, message: Message, *, owner: str, now: float) -> Taken | NotTaken:
        with self._one_at_a_time:
            found = self.read(contact_id, now=now)
            if found is None or found.state is not State.BOT or _knows(found, message):
                # A write whose answer was lost is sent again and finds its own effect.
                return Taken(found) if found is not None and _owner(found) == owner else NotTaken(found)
            lease = found.lease or Lease(owner=owner, until=_milliseconds(now + LEASE_SECONDS), asks=(message.mark,))
            record = self._keep(replace(found, inbox=in_order([*found.inbox, message]), lease=lease))
            return Taken(record) if lease.owner == owner else NotTaken(record)

    def take_over(self, record: TurnRecord, *, owner: str, now: float) -> TurnRecord | None:
        with self._one_at_a_time:
            found = self._unchanged(record)
            if found is None or found.lease is None or not found.lease.until < _milliseconds(now):
                return None
            lease = replace(found.lease, owner=owner, until=_milliseconds(now + LEASE_SECONDS))
            return self._keep(replace(found, lease=lease, takeovers=found.takeovers + 1))

    def renew(self, record: TurnRecord, *, owner: str, now: float) -> TurnRecord:
        with self._one_at_a_time:
            found = self._unchanged(record)
            if found is None or found.lease is None or found.lease.owner != owner:
                raise LeaseLost(record.contact_id)
            return self._keep(replace(found, lease=replace(found.lease, until=_milliseconds(now + LEASE_SECONDS))))

    def release(self, record: TurnRecord, *, owner: str, answered: TurnRecord) -> TurnRecord | None:
        with self._one_at_a_time:
            found = self.turns.get(record.contact_id)
            if found is not None and _owner(found) == owner and len(found.inbox) == len(record.asked()):
                self._keep(replace(_finished(found, record, answered), lease=None))
                return None
            freed = found is not None and _owner(found) != owner and not set(record.asked()) & set(found.inbox)
            return None if freed else found or record

    def go_round(
        self, record: TurnRecord, *, owner: str, answered: TurnRecord, asks: tuple[Mark, ...]
    ) -> TurnRecord | None:
        with self._one_at_a_time:
            found = self._unchanged(record)
            if found is None or found.lease is None or found.lease.owner != owner:
                return None
            return self._keep(replace(_finished(found, record, answered), lease=replace(found.lease, asks=asks)))

    def keep_pending(self, record: TurnRecord, *, owner: str, pending: str | None) -> None:
        with self._one_at_a_time:
            found = self.turns.get(record.contact_id)
            if found is None or _owner(found) != owner:
                raise LeaseLost(record.contact_id)
            self._keep(replace(found, pending=pending))

    def begin_handoff(self, record: TurnRecord, handoff: Handoff, *, owner: str, now: float, seize: bool) -> TurnRecord:
        require_move(record.state, State.HANDING_OFF)
        with self._one_at_a_time:
            decided = self.turns.get(record.contact_id)
            if decided is not None and decided.state is State.HANDING_OFF and _owner(decided) == owner:
                return decided
            found = self._unchanged(record)
            if found is None or not (seize or _owner(found) == owner):
                raise LeaseLost(record.contact_id)
            return self._keep(
                replace(
                    found,
                    state=State.HANDING_OFF,
                    since=_milliseconds(now),
                    handoff=handoff,
                    handoffs=found.handoffs + 1,
                    inbox=(),
                    done=_with_carried(found),
                    refused=record.refused or found.refused,
                    lease=Lease(owner=owner, until=_milliseconds(now + LEASE_SECONDS)),
                    pending=None,
                    takeovers=0,
                )
            )

    def become_human(self, record: TurnRecord, *, now: float) -> None:
        with self._one_at_a_time:
            found = self.turns.get(record.contact_id)
            if found is not None and found.stay == record.stay and found.state in origins_of(State.HUMAN):
                refused = record.refused or found.refused
                left = replace(_without_bot(found, State.HUMAN, now), done=_with_carried(found))
                self._keep(replace(left, refused=refused))

    def become_ended(self, contact_id: str, *, now: float) -> TurnRecord | None:
        with self._one_at_a_time:
            found = self.turns.get(contact_id)
            if found is None or found.state not in origins_of(State.ENDED):
                return None
            expires_at = float(int(now + KEPT_AFTER_END_SECONDS))
            self._keep(replace(_without_bot(found, State.ENDED, now), expires_at=expires_at))
            return found

    def read(self, contact_id: str, *, now: float) -> TurnRecord | None:
        found = self.turns.get(contact_id)
        return found if found is not None and found.expires_at > now else None

    def begin_joining(self, fresh: TurnRecord, *, now: float) -> TurnRecord:
        with self._one_at_a_time:
            known = self.read(fresh.contact_id, now=now)
            if known is None:
                return self._keep(fresh)
            if known.state in {State.JOINING, State.BOT}:
                return known
            require_move(known.state, State.JOINING)
            again = replace(fresh, stay=known.stay + 1, done=known.done, handoffs=known.handoffs)
            return self._keep(replace(again, refused=known.refused))

    def become_bot(self, record: TurnRecord, *, now: float) -> bool:
        with self._one_at_a_time:
            found = self.turns.get(record.contact_id)
            if found is None or found.stay != record.stay:
                return False
            if found.state is not State.JOINING:
                return found.state is State.BOT
            self._keep(replace(found, state=State.BOT, since=_milliseconds(now)))
            return True

    def read_contact(self, contact_id: str) -> ContactRecord | None:
        return self.contacts.get(contact_id)

    def save_contact(self, contact: ContactRecord, *, expires_at: float) -> None:
        with self._one_at_a_time:
            known = self.contacts.get(contact.contact_id)
            if known is None or known.stay <= contact.stay:
                self.contacts[contact.contact_id] = contact
                self.contacts_expire_at[contact.contact_id] = expires_at

    def _keep(self, record: TurnRecord) -> TurnRecord:
        self.turns[record.contact_id] = record
        return record

    def _unchanged(self, record: TurnRecord) -> TurnRecord | None:
        """The record, if it is still in the state and the stay in which the caller saw it."""
        found = self.turns.get(record.contact_id)
        return found if found and (found.state, found.stay) == (record.state, record.stay) else None


def _knows(record: TurnRecord, message: Message) -> bool:
    return message.mark in record.done or message.key in {waiting.key for waiting in record.inbox}


def _with_carried(found: TurnRecord) -> tuple[Mark, ...]:
    """What a person is given is done."""
    return (*found.done, *(message.mark for message in found.inbox))


def _owner(record: TurnRecord) -> str | None:
    return record.lease.owner if record.lease else None


def _finished(found: TurnRecord, asked: TurnRecord, answered: TurnRecord) -> TurnRecord:
    keys = {message.key for message in asked.asked()}
    return replace(
        found,
        inbox=tuple(message for message in found.inbox if message.key not in keys),
        done=answered.done,
        session=answered.session,
        failures=answered.failures,
        refusals=answered.refusals,
        refused=answered.refused,
        heard=answered.heard,
        takeovers=0,
        pending=None,
    )


def _without_bot(record: TurnRecord, state: State, now: float) -> TurnRecord:
    return replace(record, state=state, since=_milliseconds(now), inbox=(), lease=None, pending=None, takeovers=0)


def _milliseconds(seconds: float) -> float:
    """The table keeps whole milliseconds."""
    return round(seconds * 1000) / 1000
