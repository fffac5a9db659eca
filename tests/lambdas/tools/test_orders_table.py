"""Where an order is, told to nobody but its buyer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lambdas.tools.orders_table import Orders
from lambdas.tools.tool_call import Result, run
from tests.lambdas.tools.calls import call, table


@pytest.fixture
def orders() -> Iterator[Orders]:
    with table("order_number") as (name, client):
        things = [{"M": {"name": {"S": "Luma One"}, "quantity": {"N": "2"}}}]
        order = {
            "order_number": {"S": "10020030"},
            "identity_document_number": {"S": "12345678-9"},
            "status": {"S": "scheduled"},
            "items": {"L": things},
            "expected_on": {"S": "2026-11-27"},
            "street": {"S": "Calle Falsa 123"},
            "margin": {"M": {"percent": {"N": "31"}}},
        }
        client.put_item(TableName=name, Item=order)  # type: ignore[arg-type]  # mypy takes the mix for plain dicts
        yield Orders(name, client)


def ask(orders: Orders, **arguments: str) -> Result:
    return run(call("get_order_status", **arguments), orders.functions())


def test_the_buyer_is_told_of_the_order_and_nothing_else_that_the_table_holds(orders: Orders) -> None:
    """Neither the document, which was the key, nor what the shop has for itself."""
    assert ask(orders, order_number="10.020.030", identity_document_number="12.345.678-9") == {
        "order_number": "10020030",
        "status": "scheduled",
        "items": [{"name": "Luma One", "quantity": 2}],
        "expected_on": "2026-11-27",
    }


def test_a_wrong_document_looks_like_an_unknown_order(orders: Orders) -> None:
    """Otherwise anybody could learn which order numbers are real."""
    unknown = ask(orders, order_number="99999999", identity_document_number="12345678-9")
    foreign = ask(orders, order_number="10020030", identity_document_number="44444444-4")

    assert unknown == foreign == {"status": "not_found"}


def test_without_a_document_nothing_is_looked_up(orders: Orders) -> None:
    """The agent is told to ask."""
    assert ask(orders, order_number="10020030")["error"] == "missing_identity_document_number"
