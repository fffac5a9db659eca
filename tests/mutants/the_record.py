"""What keeps the record right: the conditions of its writes."""

from __future__ import annotations

from typing import Final

from tests.mutants.mutant import STAYS, TABLE, Mutant

CONTACTS: Final = "lambdas/adapters/dynamodb_contacts.py"
REQUESTS: Final = "lambdas/adapters/contacts_table.py"

THE_RECORD: Final = (
    Mutant(
        name="a message that waits is not taken again",
        without="a duplicate writes over a message that waits: the record no longer holds what the agent was asked",
        file=CONTACTS,
        old=" AND attribute_not_exists(inbox.#id)",
        new="",
        test=f"{STAYS}::test_a_message_that_waits_already_is_known",
    ),
    Mutant(
        name="a message that was answered is not taken again",
        without="a duplicate that comes after the answer is answered once more",
        file=CONTACTS,
        old=" AND NOT contains(done, :id)",
        new="",
        test=f"{STAYS}::test_a_message_that_was_answered_is_known",
    ),
    Mutant(
        name="only the bot's contacts take messages",
        without="the bot answers into a chat that a person or the flow owns",
        file=CONTACTS,
        old='"#state = :bot AND expires_at > :now',
        new='"#state <> :bot_ AND expires_at > :now',
        test=f"{STAYS}::test_only_a_contact_of_the_bot_takes_messages",
    ),
    Mutant(
        name="an expired record takes no message",
        without="a record that time to live has not deleted yet is answered from, with a session and tokens long dead",
        file=CONTACTS,
        old=" AND expires_at > :now AND",
        new=" AND (expires_at > :now OR expires_at <= :now) AND",
        test=f"{STAYS}::test_an_expired_record_is_none",
    ),
    Mutant(
        name="a held turn stays with its holder",
        without="every message takes the turn from whoever answers, and two speak at once",
        file=CONTACTS,
        old="if_not_exists(#lease, :mine)",
        new=":mine",
        test=f"{STAYS}::test_a_message_that_comes_while_the_turn_runs_waits_in_the_inbox",
    ),
    Mutant(
        name="only a lease that ran out is taken over",
        without="a holder that has just renewed loses the turn to a duplicate event",
        file=CONTACTS,
        old='"#lease.#until < :now AND',
        new='"#lease.#until <> :now AND',
        test=f"{STAYS}::test_a_lease_renewed_in_time_is_not_taken_over",
    ),
    Mutant(
        name="a turn is taken over in the state it was seen in",
        without="what has become a hand-off meanwhile is taken over as a turn, and the agent is asked beside it",
        file=CONTACTS,
        old='"#lease.#until < :now AND #state = :state AND',
        new='"#lease.#until < :now AND #state <> :me AND :state = :state AND',
        test=f"{STAYS}::test_a_turn_that_has_become_a_hand_off_is_not_taken_over_as_a_turn",
    ),
    Mutant(
        name="a renewal asks for the lease's owner",
        without="a holder whose turn was taken over goes on renewing, and never learns that it is no longer its own",
        file=CONTACTS,
        old='"SET #lease.#until = :until",\n            "#lease.#owner = :me AND',
        new='"SET #lease.#until = :until",\n            "#lease.#owner <> :until AND :me = :me AND',
        test=f"{STAYS}::test_a_lease_that_was_taken_over_cannot_be_renewed",
    ),
    Mutant(
        name="a turn is freed only if nothing else waits",
        without="a message that comes between the answer and the release waits for nobody",
        file=CONTACTS,
        old=" AND size(inbox) = :asked",
        new=" AND size(inbox) >= :asked",
        test=f"{STAYS}::test_release_is_refused_while_messages_wait",
    ),
    Mutant(
        name="the record is read as it is now",
        without="a read shows what was true before the last write, and a decision is taken on it",
        file=REQUESTS,
        old="ConsistentRead=True",
        new="ConsistentRead=False",
        test=f"{TABLE}::test_the_record_is_read_as_it_is_now",
    ),
)
