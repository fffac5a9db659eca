"""The record of a contact in DynamoDB: one table, two items per contact.

    contact_id (partition key)   item (sort key)   holds
    initial contact id           "turn"            state, stay, inbox, lease: what every turn reads and writes
    initial contact id           "contact"         identity and tokens

Every method is one request; `begin_joining` reads and writes again where it finds a contact, and what clears the inbox
writes again if a message came that the caller did not know. Conditions decide all races. botocore sends a request again
when its answer was lost, so a refused write that finds its own effect counts as done; owners are fresh for each
execution, so a lease of mine can only be the one I just wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from lambdas.adapters.contact_items import (
    Attributes,
    contact_item,
    contact_record,
    handoff_item,
    lease_item,
    message_item,
    milliseconds,
    session_item,
    turn_item,
    turn_record,
)
from lambdas.adapters.contacts_table import ContactsTable, Written
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
from lambdas.conversation.inbox import Mark, Message
from lambdas.conversation.ports import NotTaken, Taken


@dataclass(frozen=True, slots=True)
class DynamoDBContacts:
    """Keeps the ports `Turns`, `Contacts` and `Stays`."""

    table: ContactsTable

    # ---- the turn

    def take(self, contact_id: str, message: Message, *, owner: str, now: float) -> Taken | NotTaken:
        written = self.table.change_turn(
            contact_id,
            "SET inbox.#id = :message, #lease = if_not_exists(#lease, :mine)",
            "#state = :bot AND expires_at > :now AND attribute_not_exists(inbox.#id)"
            " AND NOT contains(done, :mark) AND NOT contains(done, :key)",
            names={"#id": message.key},
            values={
                ":message": message_item(message),
                ":mine": lease_item(Lease(owner=owner, until=now + LEASE_SECONDS, asks=(message.mark,))),
                ":bot": State.BOT.value,
                ":now": int(now),
                ":mark": message.mark,
                ":key": message.key,  # as an earlier version kept it, which may have finished it in this chat
            },
        )
        record = _alive(written.record, now)
        return Taken(record) if record is not None and _holds(owner, record) else NotTaken(record)

    def take_over(self, record: TurnRecord, *, owner: str, now: float) -> TurnRecord | None:
        # What the lease asks stays as it is in the item: its holder may have gone round since `record` was read.
        written = self.table.change_turn(
            record.contact_id,
            "SET #lease.#owner = :me, #lease.#until = :until ADD takeovers :one",
            "#lease.#until < :now AND #state = :state AND #stay = :stay",
            values={
                ":me": owner,
                ":until": milliseconds(now + LEASE_SECONDS),
                ":one": 1,
                ":now": milliseconds(now),
                **_as_known(record),
            },
        )
        return written.record if written.done or _holds(owner, written.record) else None

    def renew(self, record: TurnRecord, *, owner: str, now: float) -> TurnRecord:
        written = self.table.change_turn(
            record.contact_id,
            "SET #lease.#until = :until",
            "#lease.#owner = :me AND #state = :state AND #stay = :stay",
            values={":until": milliseconds(now + LEASE_SECONDS), ":me": owner, **_as_known(record)},
        )
        return _required(written, record)

    def release(self, record: TurnRecord, *, owner: str, answered: TurnRecord) -> TurnRecord | None:
        names, removed = _answered_names(record)
        written = self.table.change_turn(
            record.contact_id,
            f"{_KEEP_ANSWERED} REMOVE #lease, takeovers, pending{removed}",
            "#lease.#owner = :me AND size(inbox) = :asked",
            names=names,
            values={":me": owner, ":asked": len(names), **_answered_values(answered)},
        )
        finished = written.done or _is_finished(owner, record, written.record)
        return None if finished else written.record or record

    def go_round(
        self, record: TurnRecord, *, owner: str, answered: TurnRecord, asks: tuple[Mark, ...]
    ) -> TurnRecord | None:
        names, removed = _answered_names(record)
        written = self.table.change_turn(
            record.contact_id,
            f"{_KEEP_ANSWERED}, #lease.asks = :asks REMOVE takeovers, pending{removed}",
            "#lease.#owner = :me AND #state = :state AND #stay = :stay",
            names=names,
            values={":me": owner, ":asks": list(asks), **_answered_values(answered), **_as_known(record)},
        )
        return written.record if written.done else None

    def keep_pending(self, record: TurnRecord, *, owner: str, pending: str | None) -> None:
        change = "SET pending = :pending" if pending is not None else "REMOVE pending"
        written = self.table.change_turn(
            record.contact_id,
            change,
            "#lease.#owner = :me",
            values={":me": owner, **({":pending": pending} if pending is not None else {})},
        )
        _required(written, record)

    def begin_handoff(self, record: TurnRecord, handoff: Handoff, *, owner: str, now: float, seize: bool) -> TurnRecord:
        require_move(record.state, State.HANDING_OFF)
        mine = "" if seize else " AND #lease.#owner = :me"
        written = self.table.change_turn(
            record.contact_id,
            "SET #state = :handing_off, since = :now, handoff = :handoff, inbox = :empty, #lease = :mine,"
            f" done = list_append(done, :carried){_keep_refused(record)} REMOVE pending, takeovers ADD handoffs :one",
            f"#state = :state AND #stay = :stay{_INBOX_UNCHANGED}{mine}",
            values={
                ":handing_off": State.HANDING_OFF.value,
                ":now": milliseconds(now),
                ":handoff": handoff_item(handoff),
                ":empty": {},
                **_carried(record),
                **_refused_values(record),
                ":mine": lease_item(Lease(owner=owner, until=now + LEASE_SECONDS)),
                ":one": 1,
                **({} if seize else {":me": owner}),
                **_as_known(record),
            },
        )
        decided = written.record
        if decided is not None and decided.state is State.HANDING_OFF and _holds(owner, decided):
            return decided
        if decided is not None and decided.state is record.state and _differs_by_inbox(decided, record):
            known = replace(record, inbox=decided.inbox)
            return self.begin_handoff(known, handoff, owner=owner, now=now, seize=seize)
        raise LeaseLost(record.contact_id)

    def become_human(self, record: TurnRecord, *, now: float) -> None:
        left = self._leave(
            record.contact_id,
            State.HUMAN,
            now=now,
            change=f", done = list_append(done, :carried){_keep_refused(record)}",
            condition=f" AND #stay = :stay{_INBOX_UNCHANGED}",
            extra={":stay": record.stay, **_carried(record), **_refused_values(record)},
        )
        found = None if left.done else left.record
        if found is not None and found.state in origins_of(State.HUMAN) and _differs_by_inbox(found, record):
            self.become_human(replace(record, inbox=found.inbox), now=now)

    def become_ended(self, contact_id: str, *, now: float) -> TurnRecord | None:
        expires_at = int(now + KEPT_AFTER_END_SECONDS)
        left = self._leave(
            contact_id, State.ENDED, now=now, change=", expires_at = :expires_at", extra={":expires_at": expires_at}
        )
        return left.record if left.done else None

    def _leave(
        self,
        contact_id: str,
        state: State,
        *,
        now: float,
        change: str,
        condition: str = "",
        extra: Attributes,
    ) -> Written:
        """To a state without a bot: nothing waits and nobody holds. With the record as it was, moved or not."""
        origins = {f":origin{number}": origin.value for number, origin in enumerate(origins_of(state))}
        return self.table.change_turn(
            contact_id,
            f"SET #state = :after, since = :now, inbox = :empty{change} REMOVE #lease, pending, takeovers",
            f"#state IN ({', '.join(origins)}){condition}",
            values={":after": state.value, ":now": milliseconds(now), ":empty": {}, **origins, **extra},
            returns="ALL_OLD",
        )

    def read(self, contact_id: str, *, now: float) -> TurnRecord | None:
        item = self.table.read(contact_id, "turn")
        return _alive(turn_record(item) if item else None, now)

    # ---- joining

    def begin_joining(self, fresh: TurnRecord, *, now: float) -> TurnRecord:
        is_new = self.table.put(turn_item(fresh), *_still(None, now))
        return fresh if is_new else self._join_known(fresh, now)

    def _join_known(self, fresh: TurnRecord, now: float) -> TurnRecord:
        known = self.read(fresh.contact_id, now=now)
        if known is not None and known.state in {State.JOINING, State.BOT}:
            return known
        record = _next_stay(fresh, known)
        if not self.table.put(turn_item(record), *_still(known, now)):
            # Another try of the same flow block was faster: go on with its stay.
            return self.begin_joining(fresh, now=now)
        return record

    def become_bot(self, record: TurnRecord, *, now: float) -> bool:
        written = self.table.change_turn(
            record.contact_id,
            "SET #state = :bot, since = :now",
            "#state = :joining AND #stay = :stay",
            values={
                ":bot": State.BOT.value,
                ":now": milliseconds(now),
                ":joining": State.JOINING.value,
                ":stay": record.stay,
            },
        )
        entered = written.record
        return entered is not None and entered.state is State.BOT and entered.stay == record.stay

    # ---- the contact item

    def read_contact(self, contact_id: str) -> ContactRecord | None:
        item = self.table.read(contact_id, "contact")
        return contact_record(item) if item else None

    def save_contact(self, contact: ContactRecord, *, expires_at: float) -> None:
        item = contact_item(contact, expires_at)
        self.table.put(item, "attribute_not_exists(#stay) OR #stay <= :stay", {":stay": contact.stay})


def _required(written: Written, record: TurnRecord) -> TurnRecord:
    if not written.done or written.record is None:
        raise LeaseLost(record.contact_id)
    return written.record


def _differs_by_inbox(found: TurnRecord, record: TurnRecord) -> bool:
    """In the same stay, another inbox than the one that was known."""
    return found.stay == record.stay and found.inbox != record.inbox


def _holds(owner: str, record: TurnRecord | None) -> bool:
    return record is not None and record.lease is not None and record.lease.owner == owner


def _is_finished(owner: str, asked: TurnRecord, found: TurnRecord | None) -> bool:
    """The turn was freed, and nothing of what was asked is left."""
    return found is not None and not _holds(owner, found) and not set(asked.asked()) & set(found.inbox)


def _alive(record: TurnRecord | None, now: float) -> TurnRecord | None:
    """Time to live deletes late: an expired record is none."""
    return record if record is not None and record.expires_at > now else None


def _next_stay(fresh: TurnRecord, known: TurnRecord | None) -> TurnRecord:
    if known is None:
        return fresh
    require_move(known.state, State.JOINING)
    again = replace(fresh, stay=known.stay + 1, done=known.done, handoffs=known.handoffs)
    return replace(again, refused=known.refused)


def _still(known: TurnRecord | None, now: float) -> tuple[str, dict[str, Any]]:
    """The condition that nothing has happened to what was read, and its values."""
    if known is None:
        return "attribute_not_exists(#stay) OR expires_at <= :now", {":now": int(now)}
    return "#state = :state AND #stay = :stay", _as_known(known)


# ---- parts of expressions

_INBOX_UNCHANGED = " AND inbox = :waiting"
"""As one value: an expression that named each message would be too long (4 KB) for a hundred of them."""
_KEEP_ANSWERED = (
    "SET done = :done, #session = :session, failures = :failures, refusals = :refusals, refused = :refused,"
    " heard = :heard"
)


def _answered_values(answered: TurnRecord) -> dict[str, Any]:
    return {
        ":done": list(answered.done),
        ":session": session_item(answered.session),
        ":failures": answered.failures,
        ":refusals": answered.refusals,
        ":refused": list(answered.refused),
        ":heard": answered.heard,
    }


def _keep_refused(record: TurnRecord) -> str:
    """A turn that was refused something and then left has no other write; whoever knows of nothing erases nothing."""
    return ", refused = :refused" if record.refused else ""


def _refused_values(record: TurnRecord) -> dict[str, Any]:
    return {":refused": list(record.refused)} if record.refused else {}


def _answered_names(record: TurnRecord) -> tuple[dict[str, str], str]:
    """Placeholders for the asked messages, and the clause that removes them from the inbox."""
    names = {f"#asked{number}": message.key for number, message in enumerate(record.asked())}
    return names, "".join(f", inbox.{name}" for name in names)


def _carried(record: TurnRecord) -> dict[str, Any]:
    """What a person is given is done: a bot that comes back does not answer it, however often its event arrives."""
    waiting = {message.key: message_item(message) for message in record.inbox}
    return {":carried": [message.mark for message in record.inbox], ":waiting": waiting}


def _as_known(record: TurnRecord) -> dict[str, Any]:
    return {":state": record.state.value, ":stay": record.stay}
