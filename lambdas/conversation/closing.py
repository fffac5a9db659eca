"""What closes a contact's record from outside: a person came, or the chat is over."""

from __future__ import annotations

from lambdas.conversation.contact import KEPT_AFTER_END_SECONDS, TurnRecord
from lambdas.conversation.ports import Clock, Stays


def human_joined(contact_id: str, at: float, stays: Stays, clock: Clock) -> TurnRecord | None:
    """Connect has removed the bot; what waits in the inbox is the person's to answer. The record as it was.

    An event that comes late, from before this stay, is about a person who has gone again: then `None`.
    """
    record = stays.read(contact_id, now=clock.now())
    if record is None or at < record.joined_at:
        return None
    stays.become_human(record, now=clock.now())
    return record


def chat_ended(contact_id: str, stays: Stays, clock: Clock) -> TurnRecord | None:
    """Both items expire a day later; the record as it was, `None` if there was none or it had ended."""
    before = stays.become_ended(contact_id, now=clock.now())
    contact = stays.read_contact(contact_id) if before is not None else None
    if contact is not None:
        stays.save_contact(contact, expires_at=clock.now() + KEPT_AFTER_END_SECONDS)
    return before
