"""Tickets: opened once, read by their owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lambdas.attribute_values import strings
from lambdas.tools.answering import answer
from lambdas.tools.tickets_table import LENGTHS, TRIES_PER_LENGTH, NoTicketNumber, Tickets
from lambdas.tools.tool_call import Result, run
from tests.lambdas.tools.calls import TURN, call, table, through_gateway

NOON = 1_795_176_000.0
NO_TURN = {"contact_id": "c-1"}


@pytest.fixture
def tickets() -> Iterator[Tickets]:
    with table("ticket_number") as (name, client):
        yield Tickets(name, client)


def open_ticket(
    tickets: Tickets, attributes: Mapping[str, str] = TURN, /, *, now: float = NOON, **arguments: Any
) -> Result:
    given = {"identity_document_number": "44444444-4", "description": "a broken lamp", **arguments}
    return run(call("open_ticket", attributes, **given), tickets.functions(now=now))


def read(tickets: Tickets, number: str, document: str) -> Result:
    asked = call("get_ticket", ticket_number=number, identity_document_number=document)
    return run(asked, tickets.functions(now=NOON))


def stored(tickets: Tickets) -> list[Any]:
    return tickets.client.scan(TableName=tickets.table)["Items"]


def test_a_ticket_is_opened_and_its_owner_may_read_it(tickets: Tickets) -> None:
    """What was told is what is kept."""
    opened = open_ticket(tickets, description="a  broken\nlamp", order_number="1002-0040")

    assert opened == {
        "status": "opened",
        "ticket_number": opened["ticket_number"],
        "description": "a broken lamp",
        "opened_on": "2026-11-20",
        "order_number": "10020040",
    }
    assert read(tickets, opened["ticket_number"], "44.444.444-4") == {**opened, "status": "open"}


def test_to_everybody_else_a_ticket_does_not_exist(tickets: Tickets) -> None:
    """Another's ticket and no ticket are the same answer."""
    number = open_ticket(tickets)["ticket_number"]

    assert read(tickets, number, "12345678-9") == read(tickets, "T-999999999", "44444444-4") == {"status": "not_found"}


def test_a_repeated_call_makes_no_second_ticket(tickets: Tickets) -> None:
    """Agents and networks repeat; the customer has one problem."""
    first = open_ticket(tickets)

    again = open_ticket(tickets, now=NOON + 3_600)

    assert again == first
    assert len(stored(tickets)) == 1


@pytest.mark.parametrize(
    ("attributes", "changed"),
    [
        ({"contact_id": "c-1", "turn_id": "t-2"}, {}),
        ({"contact_id": "c-2", "turn_id": "t-1"}, {}),
        (TURN, {"description": "a broken lamp and a broken shade"}),
        (TURN, {"order_number": "10020040"}),
        (TURN, {"identity_document_number": "12345678-9"}),
    ],
)
def test_another_turn_contact_or_wording_is_another_ticket(
    tickets: Tickets, attributes: Mapping[str, str], changed: dict[str, Any]
) -> None:
    """Only the very same call is a repeated one."""
    first = open_ticket(tickets)

    assert open_ticket(tickets, attributes, **changed)["ticket_number"] != first["ticket_number"]


def test_without_a_turn_the_same_words_count_as_repeated_for_ten_minutes(tickets: Tickets) -> None:
    """Not every caller names its turns; after a while the same words are a new problem."""
    first = open_ticket(tickets, NO_TURN)["ticket_number"]

    soon = open_ticket(tickets, NO_TURN, now=NOON + 599)["ticket_number"]
    later = open_ticket(tickets, NO_TURN, now=NOON + 601)["ticket_number"]
    after_that = open_ticket(tickets, NO_TURN, now=NOON + 1_100)["ticket_number"]

    assert soon == first
    assert later != first
    assert after_that == later


def test_without_contact_and_turn_it_is_the_words_of_the_same_person_that_repeat(tickets: Tickets) -> None:
    """A Gateway names neither; another person's ticket is another ticket all the same."""
    given = {"identity_document_number": "44444444-4", "description": "a broken lamp"}

    def through_a_gateway(*, now: float = NOON, **changed: str) -> str:
        asked = answer({**given, **changed}, through_gateway("tickets___open_ticket"), tickets.functions(now=now))
        return str(asked["ticket_number"])

    first = through_a_gateway()

    assert through_a_gateway(now=NOON + 599, description="a broken  lamp") == first
    assert through_a_gateway(now=NOON + 601) != first
    assert through_a_gateway(identity_document_number="12345678-9") != first
    assert open_ticket(tickets)["ticket_number"] != first


def test_repeated_at_the_same_moment_it_is_still_one_ticket(tickets: Tickets) -> None:
    """The table decides who was first."""
    with ThreadPoolExecutor(8) as agents:
        opened = list(agents.map(lambda _: open_ticket(tickets)["ticket_number"], range(8)))

    assert len(set(opened)) == len(stored(tickets)) == 1


def test_a_number_that_is_taken_is_never_given_again(tickets: Tickets) -> None:
    """Two customers with one number could read each other's ticket."""
    number = open_ticket(tickets)["ticket_number"]
    foreign = {"ticket_number": number, "identity_document_number": "12345678-9", "status": "open"}
    tickets.client.put_item(TableName=tickets.table, Item=strings(foreign))

    opened = open_ticket(tickets)["ticket_number"]

    assert opened != number
    assert read(tickets, number, "12345678-9")["status"] == "open"


def test_numbers_grow_longer_when_the_short_ones_are_taken(tickets: Tickets) -> None:
    """And only when all of them are taken, nothing is opened and the failure is told."""
    for length in LENGTHS:
        for _ in range(TRIES_PER_LENGTH):
            number = open_ticket(tickets)["ticket_number"]
            assert len(number.removeprefix("T-")) == length
            tickets.client.put_item(TableName=tickets.table, Item=strings({"ticket_number": number}))

    with pytest.raises(NoTicketNumber):
        open_ticket(tickets)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"description": "  "}, "missing_description"),
        ({"identity_document_number": "me"}, "invalid_identity_document_number"),
        ({"order_number": "the last one"}, "invalid_order_number"),
    ],
)
def test_a_ticket_with_a_wrong_argument_is_not_opened(tickets: Tickets, arguments: dict[str, Any], error: str) -> None:
    """The agent is told what to ask for."""
    assert open_ticket(tickets, **arguments)["error"] == error
    assert stored(tickets) == []
