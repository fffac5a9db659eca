"""The port `Stays`: what every keeper of the record must do: DynamoDB, the one in memory, the benchmark's table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from lambdas.adapters.contacts_table import ContactsTable
from lambdas.adapters.dynamodb_contacts import DynamoDBContacts
from lambdas.conversation.contact import (
    KEPT_AFTER_END_SECONDS,
    LEASE_SECONDS,
    MOVES,
    Lease,
    Session,
    State,
    TurnRecord,
)
from lambdas.conversation.errors import IllegalMove, LeaseLost
from lambdas.conversation.inbox import Kind
from lambdas.conversation.ports import NotTaken, Stays, Taken
from tests.benchmarks.table_client import TableClient
from tests.lambdas.adapters.moto_tables import dynamodb, new_table
from tests.lambdas.adapters.records import (
    CONTACT,
    NOW,
    WEEK,
    a_contact,
    a_handoff,
    fresh,
    in_its_second_stay,
    joined,
    moved_to,
    says,
    seen,
    taken,
)
from tests.memory_stays import MemoryStays

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

LEASE_OVER = NOW + LEASE_SECONDS + 1


@pytest.fixture(scope="module")
def client() -> Iterator[DynamoDBClient]:
    with dynamodb() as client:
        yield client


@pytest.fixture(params=["dynamodb", "memory", "benchmark"])
def stays(request: pytest.FixtureRequest, client: DynamoDBClient) -> Stays:
    match request.param:
        case "memory":
            return MemoryStays()
        case "benchmark":
            return DynamoDBContacts(ContactsTable(cast("DynamoDBClient", TableClient()), "contacts"))
        case _:
            return DynamoDBContacts(ContactsTable(client, new_table(client)))


# ---- take


def test_the_first_message_takes_the_free_turn(stays: Stays) -> None:
    """One write puts the message into the inbox and the lease to its bringer."""
    joined(stays)
    message = says("¿Dónde está mi pedido?")

    answer = stays.take(CONTACT, message, owner="me", now=NOW)

    assert isinstance(answer, Taken)
    assert answer.record.inbox == (message,)
    assert answer.record.lease == Lease(owner="me", until=NOW + LEASE_SECONDS, asks=(message.mark,))
    assert answer.record.asked() == (message,)


def test_a_message_that_comes_while_the_turn_runs_waits_in_the_inbox(stays: Stays) -> None:
    """A held lease never refuses a message: it would be left behind."""
    joined(stays)
    first, second = says(id="m1"), says(id="m2", at=NOW + 1)
    taken(stays, first, owner="other")

    answer = stays.take(CONTACT, second, owner="me", now=NOW + 1)

    assert isinstance(answer, NotTaken)
    assert answer.record is not None
    assert answer.record.inbox == (first, second)
    assert answer.record.lease == Lease(owner="other", until=NOW + LEASE_SECONDS, asks=(first.mark,))


def test_the_inbox_is_ordered_by_time_then_id(stays: Stays) -> None:
    """SNS promises no order; what waits together goes to the agent as the customer wrote it."""
    joined(stays)
    for message in (says(id="c", at=NOW + 2), says(id="b", at=NOW), says(id="a", at=NOW)):
        stays.take(CONTACT, message, owner="me", now=NOW)

    assert [message.id for message in seen(stays).inbox] == ["a", "b", "c"]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_message_comes_back_as_it_went_in(stays: Stays, kind: Kind) -> None:
    """Also one without text, and with characters of every width."""
    joined(stays)
    message = says("¡Año nuevo! 👩‍👩‍👧 \n 10020030", at=NOW + 0.113, kind=kind)

    assert taken(stays, message).inbox == (message,)


def test_a_message_that_waits_already_is_known(stays: Stays) -> None:
    """SNS delivers at least once; the first delivery counts, for the agent may have been asked with it."""
    joined(stays)
    taken(stays, says("Hola"), owner="other")

    answer = stays.take(CONTACT, says("Hola, otra vez"), owner="me", now=NOW + 1)

    assert answer == NotTaken(seen(stays))
    assert seen(stays).inbox == (says("Hola"),)


def test_a_message_that_was_answered_is_known(stays: Stays) -> None:
    """A retry a minute later finds it in `done`."""
    joined(stays)
    record = taken(stays)
    stays.release(record, owner="me", answered=replace(record, done=(says().mark,)))

    answer = stays.take(CONTACT, says(), owner="late", now=NOW + 60)

    assert answer == NotTaken(seen(stays))
    assert seen(stays).inbox == ()


@pytest.mark.parametrize("state", [state for state in State if state is not State.BOT])
def test_only_a_contact_of_the_bot_takes_messages(stays: Stays, state: State) -> None:
    """In every other state the message belongs to a person, or waits for the record, or is moot."""
    before = moved_to(stays, state)

    answer = stays.take(CONTACT, says(), owner="me", now=NOW)

    assert isinstance(answer, NotTaken)
    assert answer.record is not None
    assert (answer.record.state, answer.record.inbox, answer.record.lease) == (state, (), before.lease)


def test_a_contact_nobody_recorded_takes_no_message(stays: Stays) -> None:
    """The message may be faster than the record of joining."""
    assert stays.take(CONTACT, says(), owner="me", now=NOW) == NotTaken(None)
    assert stays.read(CONTACT, now=NOW) is None


def test_an_expired_record_is_none(stays: Stays) -> None:
    """Time to live deletes late: until then nothing is read from it and nothing written to it."""
    joined(stays)

    answer = stays.take(CONTACT, says(), owner="me", now=NOW + WEEK)

    assert answer == NotTaken(None)
    assert stays.read(CONTACT, now=NOW + WEEK) is None
    assert seen(stays, now=NOW + WEEK - 1).inbox == ()


# ---- take over


def test_a_lease_that_ran_out_is_taken_over_with_what_was_asked(stays: Stays) -> None:
    """The new holder must know which messages the agent may already have seen."""
    joined(stays)
    record = taken(stays, owner="crashed")

    now_mine = stays.take_over(record, owner="me", now=LEASE_OVER)

    assert now_mine is not None
    assert now_mine.lease == Lease(owner="me", until=LEASE_OVER + LEASE_SECONDS, asks=(says().mark,))
    assert now_mine.takeovers == 1
    assert now_mine.inbox == (says(),)


def test_takeovers_are_counted_within_a_turn(stays: Stays) -> None:
    """The first asks again, the second hands off."""
    joined(stays)
    first = stays.take_over(taken(stays, owner="crashed"), owner="second", now=LEASE_OVER)
    assert first is not None

    second = stays.take_over(first, owner="third", now=LEASE_OVER + LEASE_SECONDS + 1)

    assert second is not None
    assert second.takeovers == 2


def test_a_lease_that_lasts_is_not_taken_over(stays: Stays) -> None:
    """A turn is abandoned when the lease has run out, not a moment earlier."""
    joined(stays)
    record = taken(stays, owner="other")

    assert stays.take_over(record, owner="me", now=NOW + LEASE_SECONDS) is None
    assert seen(stays).lease == record.lease


def test_a_lease_renewed_in_time_is_not_taken_over(stays: Stays) -> None:
    """Between reading the record and the second write its holder may have come back."""
    joined(stays)
    record = taken(stays, owner="slow")
    stays.renew(record, owner="slow", now=LEASE_OVER - 0.5)

    assert stays.take_over(record, owner="me", now=LEASE_OVER) is None


def test_of_two_that_take_over_one_succeeds(stays: Stays) -> None:
    """The other sees a lease that lasts."""
    joined(stays)
    record = taken(stays, owner="crashed")

    answers = [stays.take_over(record, owner=owner, now=LEASE_OVER) for owner in ("me", "you")]

    assert [answer is not None for answer in answers] == [True, False]


def test_a_hand_off_that_was_left_unfinished_is_taken_over(stays: Stays) -> None:
    """Its holder crashed between the deciding write and `human`."""
    record = moved_to(stays, State.HANDING_OFF)

    now_mine = stays.take_over(record, owner="me", now=LEASE_OVER)

    assert now_mine is not None
    assert now_mine.handoff == a_handoff()


def test_a_turn_that_has_become_a_hand_off_is_not_taken_over_as_a_turn(stays: Stays) -> None:
    """Between reading the record and the second write another decided the hand-off, and crashed as well."""
    joined(stays)
    record = taken(stays, owner="crashed")
    stays.begin_handoff(record, a_handoff(), owner="flow", now=NOW, seize=True)

    assert stays.take_over(record, owner="me", now=LEASE_OVER) is None
    assert stays.take_over(seen(stays), owner="me", now=LEASE_OVER) is not None


# ---- renew


def test_renewing_prolongs_the_lease_and_nothing_else(stays: Stays) -> None:
    """The timer does nothing else."""
    joined(stays)
    record = taken(stays)

    renewed = stays.renew(record, owner="me", now=NOW + 10)

    assert renewed == replace(record, lease=Lease(owner="me", until=NOW + 10 + LEASE_SECONDS, asks=(says().mark,)))


def test_renewing_shows_what_has_come_meanwhile(stays: Stays) -> None:
    """It is the only read beside a running turn."""
    joined(stays)
    record = taken(stays)
    stays.take(CONTACT, says(id="m2", at=NOW + 1), owner="other", now=NOW + 1)

    assert len(stays.renew(record, owner="me", now=NOW + 10).inbox) == 2


@pytest.mark.parametrize("state", [State.HANDING_OFF, State.HUMAN, State.ENDED])
def test_a_lease_is_lost_with_the_state_it_was_taken_in(stays: Stays, state: State) -> None:
    """A hand-off by the flow, a person who came, the end: the holder may not speak any more."""
    joined(stays)
    record = taken(stays)
    if state is State.HANDING_OFF:
        stays.begin_handoff(record, a_handoff(), owner="flow", now=NOW, seize=True)
    elif state is State.HUMAN:
        stays.become_human(record, now=NOW)
    else:
        stays.become_ended(CONTACT, now=NOW)

    with pytest.raises(LeaseLost):
        stays.renew(record, owner="me", now=NOW + 10)


def test_a_lease_that_was_taken_over_cannot_be_renewed(stays: Stays) -> None:
    """A holder that was stopped for longer than its lease comes back to a turn of somebody else."""
    joined(stays)
    record = taken(stays, owner="slow")
    stays.take_over(record, owner="other", now=LEASE_OVER)

    with pytest.raises(LeaseLost):
        stays.renew(record, owner="slow", now=LEASE_OVER + 1)


def test_the_lease_is_renewed_for_the_record_as_its_holder_last_wrote_it(stays: Stays) -> None:
    """After its own hand-off the timer goes on with the record of the hand-off."""
    joined(stays)
    record = taken(stays)
    decided = stays.begin_handoff(record, a_handoff(), owner="me", now=NOW, seize=False)

    with pytest.raises(LeaseLost):
        stays.renew(record, owner="me", now=NOW + 10)
    assert stays.renew(decided, owner="me", now=NOW + 10).state is State.HANDING_OFF


# ---- release and go round


def test_release_finishes_the_messages_and_frees_the_turn(stays: Stays) -> None:
    """A lone turn is two writes, and this is the second."""
    joined(stays)
    record = taken(stays)
    session = Session(id=record.session.id, used_at=NOW + 3)

    answer = stays.release(
        record, owner="me", answered=replace(record, done=(says().mark,), session=session, failures=1, heard="i7")
    )

    assert answer is None
    after = seen(stays)
    assert (after.lease, after.inbox, after.done) == (None, (), (says().mark,))
    assert (after.session, after.failures, after.heard) == (session, 1, "i7")


def test_release_keeps_what_a_guardrail_refused(stays: Stays) -> None:
    """How often in a row, and which messages must not come back."""
    joined(stays)
    record = taken(stays)

    stays.release(record, owner="me", answered=replace(record, refusals=2, refused=("m1",)))

    assert (seen(stays).refusals, seen(stays).refused) == (2, ("m1",))


def test_leaving_keeps_what_a_guardrail_refused(stays: Stays) -> None:
    """A turn that hands off has no other write, and a later stay is told the earlier talk."""
    joined(stays)
    record = replace(taken(stays), refused=("m1",))

    decided = stays.begin_handoff(record, a_handoff(), owner="me", now=NOW, seize=False)

    assert decided.refused == ("m1",)
    stays.become_human(replace(decided, refused=("m1", "m2")), now=NOW)
    assert seen(stays).refused == ("m1", "m2")
    stays.become_human(replace(decided, refused=()), now=NOW)
    assert joined(stays).refused == ("m1", "m2")


def test_whoever_knows_of_no_refusal_erases_none(stays: Stays) -> None:
    """The flow takes the contact with a record that may be older than the last round."""
    joined(stays)
    record = taken(stays)
    stays.release(record, owner="me", answered=replace(record, done=(says().mark,), refused=("m1",)))

    decided = stays.begin_handoff(record, a_handoff(), owner="flow", now=NOW, seize=True)
    stays.become_human(record, now=NOW)

    assert decided.refused == seen(stays).refused == ("m1",)


def test_release_forgets_takeovers_and_the_pending_control(stays: Stays) -> None:
    """Both are of the turn that ends."""
    joined(stays)
    record = stays.take_over(taken(stays, owner="crashed"), owner="me", now=LEASE_OVER)
    assert record is not None
    stays.keep_pending(record, owner="me", pending="invocation-1")

    stays.release(record, owner="me", answered=record)

    assert (seen(stays).takeovers, seen(stays).pending) == (0, None)


def test_release_is_refused_while_messages_wait(stays: Stays) -> None:
    """The record that comes back tells the holder what to go round with."""
    joined(stays)
    record = taken(stays)
    second = says(id="m2", at=NOW + 1)
    stays.take(CONTACT, second, owner="other", now=NOW + 1)

    found = stays.release(record, owner="me", answered=replace(record, done=(says().mark,)))

    assert found == seen(stays)
    assert found is not None
    assert found.inbox == (says(), second)
    assert found.done == ()
    assert found.lease == record.lease


def test_only_the_holder_releases(stays: Stays) -> None:
    """A late release must not free the turn of whoever took it over."""
    joined(stays)
    record = taken(stays, owner="slow")
    stays.take_over(record, owner="other", now=LEASE_OVER)

    found = stays.release(record, owner="slow", answered=replace(record, done=(says().mark,)))

    assert found == seen(stays)
    assert found is not None
    assert found.lease is not None
    assert (found.lease.owner, found.inbox) == ("other", (says(),))


def test_a_released_turn_is_free_for_the_next_message(stays: Stays) -> None:
    """A free lease is an absent one."""
    joined(stays)
    record = taken(stays)
    stays.release(record, owner="me", answered=record)

    assert taken(stays, says(id="m2", at=NOW + 5), owner="next", now=NOW + 5).lease == Lease(
        owner="next", until=NOW + 5 + LEASE_SECONDS, asks=(says(id="m2", at=NOW + 5).mark,)
    )


def test_going_round_finishes_what_was_asked_and_keeps_the_turn(stays: Stays) -> None:
    """The messages that came meanwhile are asked next, by the same holder."""
    joined(stays)
    record = taken(stays)
    second, third = says(id="m2", at=NOW + 1), says(id="m3", at=NOW + 2)
    for message in (second, third):
        stays.take(CONTACT, message, owner="other", now=NOW + 2)

    after = stays.go_round(
        record, owner="me", answered=replace(record, done=(says().mark,)), asks=(second.mark, third.mark)
    )

    assert after == seen(stays)
    assert after is not None
    assert (after.inbox, after.asked(), after.done) == ((second, third), (second, third), (says().mark,))
    assert after.lease is not None
    assert after.lease.owner == "me"


def test_going_round_leaves_alone_what_comes_meanwhile(stays: Stays) -> None:
    """It tests no size: a message between the refused release and this write waits for the round after."""
    joined(stays)
    record = taken(stays)
    second, third = says(id="m2", at=NOW + 1), says(id="m3", at=NOW + 2)
    for message in (second, third):
        stays.take(CONTACT, message, owner="other", now=NOW + 2)

    after = stays.go_round(record, owner="me", answered=record, asks=(second.mark,))

    assert after is not None
    assert (after.inbox, after.asked()) == ((second, third), (second,))


def test_going_round_ends_the_count_of_takeovers(stays: Stays) -> None:
    """A crash long answered must not make the next one look like the second."""
    joined(stays)
    record = stays.take_over(taken(stays, owner="crashed"), owner="me", now=LEASE_OVER)
    assert record is not None
    stays.keep_pending(record, owner="me", pending="invocation-1")

    after = stays.go_round(record, owner="me", answered=record, asks=())

    assert after is not None
    assert (after.takeovers, after.pending) == (0, None)


def test_only_the_holder_goes_round(stays: Stays) -> None:
    """Otherwise two would answer the same messages."""
    joined(stays)
    record = taken(stays, owner="slow")
    stays.take_over(record, owner="other", now=LEASE_OVER)

    assert stays.go_round(record, owner="slow", answered=record, asks=()) is None
    assert seen(stays).inbox == (says(),)


# ---- pending


def test_a_pending_control_is_kept_until_it_is_answered(stays: Stays) -> None:
    """`ask` abandons it first, so it must survive a crash."""
    joined(stays)
    record = taken(stays)

    stays.keep_pending(record, owner="me", pending='{"invocationId": "i1"}')
    kept = seen(stays).pending
    stays.keep_pending(record, owner="me", pending=None)

    assert (kept, seen(stays).pending) == ('{"invocationId": "i1"}', None)


def test_only_the_holder_keeps_a_pending_control(stays: Stays) -> None:
    """It would make the session of the other look unsound."""
    joined(stays)
    record = taken(stays, owner="slow")
    stays.take_over(record, owner="other", now=LEASE_OVER)

    with pytest.raises(LeaseLost):
        stays.keep_pending(record, owner="slow", pending="i1")
    assert seen(stays).pending is None


# ---- the hand-off


def test_one_write_decides_the_hand_off(stays: Stays) -> None:
    """From here on a retry only carries out: outcome, attributes and sentence are kept, and nothing waits."""
    joined(stays)
    record = taken(stays)
    stays.take(CONTACT, says(id="m2", at=NOW + 1), owner="other", now=NOW + 1)
    stays.keep_pending(record, owner="me", pending="i1")

    after = stays.begin_handoff(record, a_handoff(), owner="me", now=NOW + 4, seize=False)

    assert after == seen(stays)
    assert (after.state, after.since) == (State.HANDING_OFF, NOW + 4)
    assert (after.handoff, after.handoffs) == (a_handoff(), 1)
    assert (after.inbox, after.pending, after.takeovers) == ((), None, 0)
    assert after.lease == Lease(owner="me", until=NOW + 4 + LEASE_SECONDS)


def test_what_waited_when_the_contact_left_is_known(stays: Stays) -> None:
    """It belongs to the person: a duplicate that comes after the bot's return must not be answered by the bot."""
    joined(stays)
    record = taken(stays)
    stays.release(record, owner="me", answered=replace(record, done=(says().mark,)))
    second = says(id="m2", at=NOW + 1)
    record = taken(stays, second, now=NOW + 1)

    after = stays.begin_handoff(record, a_handoff(), owner="me", now=NOW + 4, seize=False)

    assert after.done == (says().mark, second.mark)


@pytest.mark.parametrize("way", ["hand-off", "by the flow", "human"])
def test_what_came_since_the_holder_looked_is_known_too(stays: Stays, way: str) -> None:
    """It waits when the contact leaves, though whoever leaves has not seen it: a duplicate must not be answered."""
    joined(stays)
    record = taken(stays)
    late = says(id="m2", at=NOW + 1)
    stays.take(CONTACT, late, owner="other", now=NOW + 1)

    if way == "human":
        stays.become_human(record, now=NOW + 4)
    else:
        stays.begin_handoff(record, a_handoff(), owner="me", now=NOW + 4, seize=way == "by the flow")

    assert seen(stays).inbox == ()
    assert seen(stays).done == (says().mark, late.mark)


def test_what_was_answered_since_the_flow_looked_is_done_once(stays: Stays) -> None:
    """The flow seizes by what it read; the holder has finished that and begun with something else."""
    joined(stays)
    record = taken(stays)
    stays.release(record, owner="me", answered=replace(record, done=(says().mark,)))
    second = says(id="m2", at=NOW + 1)
    taken(stays, second, now=NOW + 1)

    after = stays.begin_handoff(record, a_handoff(), owner="flow", now=NOW + 4, seize=True)

    assert after.done == (says().mark, second.mark)


def test_a_hand_off_in_which_the_flow_speaks_has_no_sentence(stays: Stays) -> None:
    """`None` comes back as `None`, not as an empty sentence."""
    record = joined(stays)
    handoff = replace(a_handoff(), sentence=None)

    assert stays.begin_handoff(record, handoff, owner="flow", now=NOW, seize=True).handoff == handoff


def test_a_hand_off_is_decided_once(stays: Stays) -> None:
    """Whoever finds one under way carries it out; another would count as one more."""
    joined(stays)
    decided = stays.begin_handoff(taken(stays), a_handoff(), owner="me", now=NOW + 4, seize=False)

    for seize in (False, True):
        with pytest.raises(IllegalMove):
            stays.begin_handoff(decided, a_handoff(), owner="me", now=NOW + 5, seize=seize)

    assert seen(stays) == decided


def test_only_the_holder_decides_the_hand_off(stays: Stays) -> None:
    """A late decision of a former holder would take a contact away in the middle of an answer."""
    joined(stays)
    record = taken(stays, owner="slow")
    stays.take_over(record, owner="other", now=LEASE_OVER)

    with pytest.raises(LeaseLost):
        stays.begin_handoff(record, a_handoff(), owner="slow", now=LEASE_OVER + 1, seize=False)
    assert seen(stays).state is State.BOT


@pytest.mark.parametrize("held", [True, False])
def test_the_flow_seizes_the_contact_whoever_holds_the_turn(stays: Stays, *, held: bool) -> None:
    """An unanswered customer must not depend on a holder that may hang."""
    record = joined(stays)
    if held:
        taken(stays, owner="hanging")

    after = stays.begin_handoff(record, a_handoff(), owner="flow", now=NOW + 200, seize=True)

    assert after.state is State.HANDING_OFF
    assert after.lease is not None
    assert after.lease.owner == "flow"


@pytest.mark.parametrize("state", [State.HANDING_OFF, State.HUMAN, State.ENDED])
def test_what_has_left_the_bot_is_not_handed_off_again(stays: Stays, state: State) -> None:
    """Also not by whoever seizes: two hand-offs would say goodbye twice."""
    before = joined(stays)
    if state is State.HANDING_OFF:
        stays.begin_handoff(before, a_handoff(), owner="first", now=NOW, seize=True)
    elif state is State.HUMAN:
        stays.become_human(before, now=NOW)
    else:
        stays.become_ended(CONTACT, now=NOW)
    settled = seen(stays)

    with pytest.raises(LeaseLost):
        stays.begin_handoff(before, a_handoff(), owner="flow", now=NOW + 1, seize=True)
    assert seen(stays) == settled


# ---- changes of state


@pytest.mark.parametrize("state", [state for state in State if State.HUMAN in MOVES[state]])
def test_the_bot_leaves_from_wherever_the_table_allows(stays: Stays, state: State) -> None:
    """Nothing waits and nobody holds once the contact is a person's."""
    record = moved_to(stays, state)
    if state is State.BOT:
        record = taken(stays)

    stays.become_human(record, now=NOW + 5)

    after = seen(stays)
    assert (after.state, after.since) == (State.HUMAN, NOW + 5)
    assert (after.lease, after.inbox, after.pending, after.takeovers) == (None, (), None, 0)


@pytest.mark.parametrize("state", [State.HUMAN, State.ENDED])
def test_leaving_twice_changes_nothing(stays: Stays, state: State) -> None:
    """A person's arrival and the bot's own last step come in any order."""
    record = moved_to(stays, state)

    stays.become_human(record, now=NOW + 5)

    assert seen(stays) == record


@pytest.mark.parametrize("state", [state for state in State if state is not State.ENDED])
def test_the_chat_ends_from_any_state(stays: Stays, state: State) -> None:
    """The record as it was comes back: its agent session is to be ended, too."""
    before = moved_to(stays, state)

    assert stays.become_ended(CONTACT, now=NOW + 5) == before
    after = seen(stays)
    assert (after.state, after.lease, after.inbox) == (State.ENDED, None, ())
    assert after.expires_at == NOW + 5 + KEPT_AFTER_END_SECONDS


def test_a_chat_ends_once(stays: Stays) -> None:
    """`chat.ended` may be delivered twice, or be the only thing ever heard of a contact."""
    assert stays.become_ended(CONTACT, now=NOW) is None
    moved_to(stays, State.ENDED)

    assert stays.become_ended(CONTACT, now=NOW + 5) is None
    assert seen(stays).since == NOW


# ---- joining


def test_the_first_stay_begins_as_given(stays: Stays) -> None:
    """With an empty inbox and no lease."""
    assert stays.begin_joining(fresh(), now=NOW) == fresh()
    assert seen(stays) == fresh()


@pytest.mark.parametrize("state", [State.JOINING, State.BOT])
def test_a_retry_goes_on_with_the_stay_it_finds(stays: Stays, state: State) -> None:
    """The flow tries StartBot up to three times; one participant is enough."""
    before = moved_to(stays, state)

    assert stays.begin_joining(fresh(now=NOW + 3), now=NOW + 3) == before
    assert seen(stays) == before


@pytest.mark.parametrize("state", [state for state in State if State.JOINING in MOVES[state]])
def test_a_returning_bot_begins_a_new_stay(stays: Stays, state: State) -> None:
    """Numbered after the last; what was answered stays known, and hand-offs go on counting."""
    first = joined(stays)
    record = taken(stays)
    stays.release(record, owner="me", answered=replace(record, done=(says().mark,)))
    stays.begin_handoff(first, a_handoff(), owner="flow", now=NOW, seize=True)
    if state is State.HUMAN:
        stays.become_human(first, now=NOW)
    again = replace(fresh(now=NOW + 600), session=Session(id="session-of-the-second-stay"))

    second = stays.begin_joining(again, now=NOW + 600)

    assert second == replace(again, stay=2, done=(says().mark,), handoffs=1)
    assert seen(stays) == second


def test_nobody_joins_a_chat_that_has_ended(stays: Stays) -> None:
    """The table of states knows no way out of `ended`."""
    before = moved_to(stays, State.ENDED)

    with pytest.raises(IllegalMove):
        stays.begin_joining(fresh(now=NOW + 5), now=NOW + 5)
    assert seen(stays) == before


def test_an_expired_record_does_not_count_when_joining(stays: Stays) -> None:
    """Time to live deletes late."""
    in_its_second_stay(stays)
    again = fresh(now=NOW + 2 * WEEK)

    assert stays.begin_joining(again, now=NOW + 2 * WEEK) == again


def test_a_bot_that_is_joining_enters(stays: Stays) -> None:
    """Only now do messages reach it."""
    record = stays.begin_joining(fresh(), now=NOW)

    assert stays.become_bot(record, now=NOW + 2)
    assert (seen(stays).state, seen(stays).since) == (State.BOT, NOW + 2)


def test_a_bot_that_is_in_enters_again_without_a_change(stays: Stays) -> None:
    """A write whose answer was lost is repeated, and must not look like a failure."""
    record = stays.begin_joining(fresh(), now=NOW)
    stays.become_bot(record, now=NOW + 2)

    assert stays.become_bot(record, now=NOW + 3)
    assert seen(stays).since == NOW + 2


@pytest.mark.parametrize("state", [State.HANDING_OFF, State.HUMAN, State.ENDED])
def test_a_bot_that_was_too_slow_does_not_enter(stays: Stays, state: State) -> None:
    """The flow has gone on: the contact is not the bot's any more."""
    record = moved_to(stays, state)

    assert not stays.become_bot(record, now=NOW + 9)
    assert seen(stays) == record


def test_a_late_entry_of_an_earlier_stay_leaves_the_next_one_joining(stays: Stays) -> None:
    """Messages must not reach a bot that has not connected yet."""
    first = joined(stays)
    stays.become_human(first, now=NOW + 60)
    second = stays.begin_joining(fresh(now=NOW + 120), now=NOW + 120)

    assert not stays.become_bot(first, now=NOW + 121)
    assert seen(stays) == second


# ---- late writes of an earlier stay

LATE_WRITES: dict[str, Callable[[Stays, TurnRecord], object]] = {
    "take over": lambda stays, first: stays.take_over(first, owner="first", now=NOW + 1000),
    "release": lambda stays, first: stays.release(
        first, owner="first", answered=replace(first, done=(says(id="x").mark,))
    ),
    "go round": lambda stays, first: stays.go_round(first, owner="first", answered=first, asks=()),
    "become human": lambda stays, first: stays.become_human(first, now=NOW + 1000),
    "become bot": lambda stays, first: stays.become_bot(first, now=NOW + 1000),
    "contact": lambda stays, _: stays.save_contact(a_contact(stay=1), expires_at=NOW + WEEK),
}
LATE_WRITES_THAT_RAISE: dict[str, Callable[[Stays, TurnRecord], object]] = {
    "renew": lambda stays, first: stays.renew(first, owner="first", now=NOW + 1000),
    "pending": lambda stays, first: stays.keep_pending(first, owner="first", pending="i1"),
    "hand-off": lambda stays, first: stays.begin_handoff(
        first, a_handoff(), owner="first", now=NOW + 1000, seize=False
    ),
    "seizing hand-off": lambda stays, first: stays.begin_handoff(
        first, a_handoff(), owner="first", now=NOW + 1000, seize=True
    ),
}


@pytest.mark.parametrize("write", [*LATE_WRITES, *LATE_WRITES_THAT_RAISE])
def test_a_late_write_of_an_earlier_stay_changes_nothing(stays: Stays, write: str) -> None:
    """Between two stays a person had the chat; whatever still runs from then is no longer asked for."""
    first = in_its_second_stay(stays)
    stays.save_contact(a_contact(stay=2), expires_at=NOW + WEEK)
    taken(stays, says(id="m9", at=NOW + 200), owner="second", now=NOW + 200)
    before = seen(stays)

    if write in LATE_WRITES_THAT_RAISE:
        with pytest.raises(LeaseLost):
            LATE_WRITES_THAT_RAISE[write](stays, first)
    else:
        LATE_WRITES[write](stays, first)

    assert seen(stays) == before
    assert stays.read_contact(CONTACT) == a_contact(stay=2)


@pytest.mark.parametrize("write", ["become human", "seizing hand-off"])
def test_the_next_stay_is_not_left_by_the_one_before_though_nothing_waits_in_either(stays: Stays, write: str) -> None:
    """Nothing but the number of the stay tells these two apart."""
    first = in_its_second_stay(stays)
    before = seen(stays)
    assert (before.state, before.inbox) == (first.state, first.inbox)

    with pytest.raises(LeaseLost) if write in LATE_WRITES_THAT_RAISE else nullcontext():
        {**LATE_WRITES, **LATE_WRITES_THAT_RAISE}[write](stays, first)

    assert seen(stays) == before


# ---- the contact item


def test_identity_and_tokens_are_kept_beside_the_turn(stays: Stays) -> None:
    """They are read beside the agent call, never before it."""
    joined(stays)

    before = stays.read_contact(CONTACT)
    stays.save_contact(a_contact(), expires_at=NOW + WEEK)

    assert before is None
    assert stays.read_contact(CONTACT) == a_contact()
    assert seen(stays).state is State.BOT


def test_a_contact_that_shows_no_markdown_is_remembered(stays: Stays) -> None:
    """It is spoken to plainly from then on."""
    plain = replace(a_contact(), shows_markdown=False)

    stays.save_contact(plain, expires_at=NOW + WEEK)

    assert stays.read_contact(CONTACT) == plain


@pytest.mark.parametrize("stay", [1, 2])
def test_a_new_connection_or_a_new_stay_replaces_the_tokens(stays: Stays, stay: int) -> None:
    """Connections live a day, chats up to seven."""
    stays.save_contact(a_contact(), expires_at=NOW + WEEK)
    newer = replace(a_contact(stay=stay), connection_token="newer")

    stays.save_contact(newer, expires_at=NOW + WEEK)

    assert stays.read_contact(CONTACT) == newer
