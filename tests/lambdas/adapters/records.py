"""Builders of records and messages: what a test does not name does not matter to it."""

from __future__ import annotations

from dataclasses import replace

from lambdas.conversation.contact import ContactRecord, Session, State, TurnRecord
from lambdas.conversation.handoff import Handoff, Outcome, Reason
from lambdas.conversation.inbox import Kind, Message
from lambdas.conversation.ports import Stays, Taken

CONTACT = "6f0c2f0e-5d34-4a6e-9a43-0d2b7c1f8e55"
NOW = 1_763_633_700.0
"""2025-11-20T10:15:00Z; tests count from here."""
WEEK = 8 * 24 * 3600.0


def fresh(*, contact_id: str = CONTACT, now: float = NOW) -> TurnRecord:
    """A record as joining begins it."""
    return TurnRecord(
        contact_id=contact_id,
        state=State.JOINING,
        since=now,
        stay=1,
        language="es",
        session=Session(id="7d1f0c52-6f5e-4a4e-9c59-0b3c55ad9f01"),
        told={"name": "Ana"},
        expires_at=now + WEEK,
    )


def says(text: str = "Hola", *, at: float = NOW, id: str = "m1", kind: Kind = Kind.TEXT) -> Message:  # noqa: A002  (the field's name)
    return Message(id=id, at=at, kind=kind, text=text if kind is Kind.TEXT else "")


def joined(stays: Stays, *, now: float = NOW) -> TurnRecord:
    """A contact the bot has just joined."""
    record = stays.begin_joining(fresh(now=now), now=now)
    assert stays.become_bot(record, now=now)
    return replace(record, state=State.BOT)


def taken(stays: Stays, message: Message | None = None, *, owner: str = "me", now: float = NOW) -> TurnRecord:
    """The record of a turn that `owner` has just taken."""
    answer = stays.take(CONTACT, message or says(), owner=owner, now=now)
    assert isinstance(answer, Taken)
    return answer.record


def seen(stays: Stays, *, now: float = NOW) -> TurnRecord:
    """The record as it is."""
    record = stays.read(CONTACT, now=now)
    assert record is not None
    return record


def a_handoff(*, reason: Reason = Reason.CUSTOMER_ASKED) -> Handoff:
    return Handoff(
        outcome=Outcome.ESCALATE,
        reason=reason,
        attributes={"handoff_reason": reason.value, "handoff_summary": "pedido 10020030"},
        sentence="Gracias por chatear conmigo.",
    )


def moved_to(stays: Stays, state: State) -> TurnRecord:
    """A contact in `state`, on the shortest way the table allows."""
    if state is State.JOINING:
        return stays.begin_joining(fresh(), now=NOW)
    record = joined(stays)
    if state is State.HANDING_OFF:
        return stays.begin_handoff(record, a_handoff(), owner="leaver", now=NOW, seize=True)
    if state is State.HUMAN:
        stays.become_human(record, now=NOW)
    if state is State.ENDED:
        stays.become_ended(CONTACT, now=NOW)
    return seen(stays)


def in_its_second_stay(stays: Stays) -> TurnRecord:
    """A contact the bot has left and joined again; the record of the first stay."""
    first = joined(stays)
    stays.become_human(first, now=NOW + 60)
    second = stays.begin_joining(fresh(now=NOW + 120), now=NOW + 120)
    assert stays.become_bot(second, now=NOW + 121)
    return first


def a_contact(*, stay: int = 1, connection_expires_at: float = NOW + 24 * 3600) -> ContactRecord:
    """The contact item, with tokens as long as Connect's may be (1,000 characters)."""
    return ContactRecord(
        contact_id=CONTACT,
        current_contact_id=CONTACT,
        instance_id="11111111-2222-4333-8444-555555555555",
        subtype="connect:Chat",
        stay=stay,
        participant_token=f"{stay}p".ljust(1_000, "x"),
        connection_token=f"{stay}c".ljust(1_000, "x"),
        connection_expires_at=connection_expires_at,
        streaming_id="streaming-id",
    )
