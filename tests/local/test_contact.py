"""A contact's states and attributes."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from local.contact import MAX_ATTRIBUTES_BYTES, MOVES, Contact, Move, State, merged_attributes
from local.participants import IllegalMoveError
from local.wire import AwsError


def contact(**members: Any) -> Contact:
    usual: dict[str, Any] = {
        "contact_id": "c",
        "flow_id": "support",
        "started_at": 0.0,
        "expires_at": 10.0,
        "supported_types": frozenset({"text/plain"}),
        "attributes": {},
        "segment_attributes": {},
        "initial_message": None,
        "customer_id": None,
        "related_contact_id": None,
        "disconnects_agent": False,
    }
    return Contact(**usual | members)


LEGAL = [
    (State.IN_FLOW, Move.QUEUE, State.QUEUED),
    (State.IN_FLOW, Move.END, State.ENDED),
    (State.QUEUED, Move.OFFER, State.OFFERED),
    (State.QUEUED, Move.END, State.ENDED),
    (State.OFFERED, Move.ANSWER, State.WITH_AGENT),
    (State.OFFERED, Move.RETURN, State.QUEUED),
    (State.OFFERED, Move.END, State.ENDED),
    (State.WITH_AGENT, Move.END, State.ENDED),
]


@pytest.mark.parametrize(("state", "move", "then"), LEGAL)
def test_a_legal_move_leads_on(state: State, move: Move, then: State) -> None:
    """One row of the table each."""
    one = contact(state=state)

    one.move(move)

    assert one.state is then


@pytest.mark.parametrize(("state", "move"), sorted(set(itertools.product(State, Move)) - set(MOVES)))
def test_any_other_move_raises_and_changes_nothing(state: State, move: Move) -> None:
    """A chat does not come back from its end, nor out of a human's hands."""
    one = contact(state=state)

    with pytest.raises(IllegalMoveError, match=f"that is {state} cannot {move}"):
        one.move(move)

    assert one.state is state


def test_an_update_sets_what_it_names_and_keeps_the_rest() -> None:
    """UpdateContactAttributes merges; an empty text is a value."""
    assert merged_attributes({"a": "1", "b": "2"}, {"b": "", "c": "3"}) == {"a": "1", "b": "", "c": "3"}


def test_attributes_may_fill_32768_bytes_exactly() -> None:
    """Keys and values count, in UTF-8."""
    full = {"key": "ñ" * ((MAX_ATTRIBUTES_BYTES - 4) // 2), "k": ""}

    assert merged_attributes({}, full) == full
    with pytest.raises(AwsError, match="InvalidRequestException"):
        merged_attributes(full, {"x": ""})


@pytest.mark.parametrize("key", ["with space", "ñ", "a.b", "line\n", ""])
def test_attribute_keys_have_letters_digits_dash_and_underscore_only(key: str) -> None:
    """One bad key refuses the whole update."""
    with pytest.raises(AwsError, match="InvalidRequestException"):
        merged_attributes({}, {"good": "1", key: "2"})


def test_a_refused_update_leaves_the_contact_as_it_was() -> None:
    """All or nothing."""
    one = contact(attributes={"a": "1"})

    with pytest.raises(AwsError):
        one.merge({"a": "2", "bad key": "3"})

    assert one.attributes == {"a": "1"}


@pytest.mark.parametrize(
    ("segment", "subtype"), [({}, "connect:Chat"), ({"connect:Subtype": {"ValueString": "connect:SMS"}}, "connect:SMS")]
)
def test_the_subtype_tells_the_channel(segment: dict[str, Any], subtype: str) -> None:
    """A web chat unless started as another."""
    assert contact(segment_attributes=segment).subtype == subtype
