"""The states of a contact, and what its record says about the turn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lambdas.conversation.contact import (
    KEPT_AT_MOST_SECONDS,
    LEASE_SECONDS,
    MOVES,
    Lease,
    Session,
    State,
    TurnRecord,
    origins_of,
    require_move,
)
from lambdas.conversation.errors import IllegalMove
from lambdas.conversation.inbox import Kind, Message
from tests.fakes import NOON
from tests.stage import LAMBDA_RETRY_SECONDS

LEGAL = {(before, after) for before, all_after in MOVES.items() for after in all_after}
ALL = {(before, after) for before in State for after in State}
HELD = Lease(owner="holder", until=NOON + LEASE_SECONDS, asks=())
RUN_OUT = NOON + LEASE_SECONDS + 1
FIRST = Message(id="first", at=NOON, kind=Kind.TEXT, text="Where is my order?")
SECOND = Message(id="second", at=NOON + 1, kind=Kind.TEXT, text="And my ticket?")


def a_record(state: State = State.BOT, *, inbox: tuple[Message, ...] = (), lease: Lease | None = None) -> TurnRecord:
    return TurnRecord(
        contact_id="contact",
        state=state,
        since=NOON,
        stay=1,
        language="en",
        session=Session(id="session"),
        inbox=inbox,
        lease=lease,
    )


def test_a_contact_moves_as_the_design_says() -> None:
    """The table is the design's, word for word; `human` to `joining` is the bot that comes back."""
    assert {
        ("joining", "bot"),
        ("joining", "human"),
        ("bot", "handing_off"),
        ("bot", "human"),
        ("handing_off", "human"),
        ("handing_off", "joining"),
        ("human", "joining"),
        ("joining", "ended"),
        ("bot", "ended"),
        ("handing_off", "ended"),
        ("human", "ended"),
    } == LEGAL


@pytest.mark.parametrize(("before", "after"), sorted(LEGAL))
def test_a_legal_move_is_allowed(before: State, after: State) -> None:
    """Every row of the table."""
    require_move(before, after)


@pytest.mark.parametrize(("before", "after"), sorted(ALL - LEGAL))
def test_any_other_move_is_an_error(before: State, after: State) -> None:
    """A state that is reached on an unknown way is a mistake in the code, not something to live with."""
    with pytest.raises(IllegalMove, match=f"'{before}' to '{after}'"):
        require_move(before, after)


@pytest.mark.parametrize("after", State)
def test_origins_are_the_table_read_backwards(after: State) -> None:
    """Conditions of writes name the states a contact may come from."""
    assert {(before, after) for before in origins_of(after)} == {move for move in LEGAL if move[1] is after}


def test_the_holder_asks_what_its_lease_names() -> None:
    """What came after the turn was taken waits for the next round."""
    record = a_record(inbox=(FIRST, SECOND), lease=replace(HELD, asks=(FIRST.mark,)))

    assert record.asked() == (FIRST,)


def test_nobody_asks_without_a_lease() -> None:
    """A free turn is one without a lease."""
    assert a_record(inbox=(FIRST,)).asked() == ()


def test_work_whose_holder_has_not_renewed_is_abandoned() -> None:
    """Only then may another take the turn over."""
    record = a_record(inbox=(FIRST,), lease=HELD)

    assert not record.abandoned(NOON + LEASE_SECONDS)
    assert record.abandoned(RUN_OUT)


def test_an_unfinished_hand_off_is_abandoned_even_with_an_empty_inbox() -> None:
    """Its deciding write clears the inbox; the customer still waits for the person."""
    assert a_record(State.HANDING_OFF, lease=HELD).abandoned(RUN_OUT)


@pytest.mark.parametrize("state", [State.JOINING, State.HUMAN, State.ENDED])
def test_nothing_is_abandoned_where_the_bot_is_not(state: State) -> None:
    """The flow, a person or nobody owns the chat."""
    assert not a_record(state, inbox=(FIRST,), lease=HELD).abandoned(RUN_OUT)


def test_a_bot_with_nothing_to_answer_has_abandoned_nothing() -> None:
    """A lease without messages is no debt to the customer."""
    assert not a_record(lease=HELD).abandoned(RUN_OUT)


def test_the_lease_ends_before_lambda_tries_again() -> None:
    """Otherwise the first retry would find the turn held by a dead execution and go home."""
    assert LEASE_SECONDS < LAMBDA_RETRY_SECONDS


def test_a_record_outlives_the_longest_chat() -> None:
    """Connect ends a chat after seven days at the latest."""
    assert KEPT_AT_MOST_SECONDS > 7 * 24 * 3600
