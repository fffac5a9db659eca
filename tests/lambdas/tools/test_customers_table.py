"""Who a customer is, told to nobody but the customer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lambdas.tools.customers_table import Customers
from lambdas.tools.tool_call import Result, run
from tests.lambdas.tools.calls import call, table


@pytest.fixture
def customers() -> Iterator[Customers]:
    with table("contact_point") as (name, client):
        ana = {
            "contact_point": {"S": "email:ana@example.com"},
            "identity_document_number": {"S": "12345678-9"},
            "first_name": {"S": "Ana"},
            "language": {"S": "es"},
            "street": {"S": "Calle Luna 3"},
            "order_numbers": {"L": [{"S": "10020030"}, {"S": "10020070"}]},
        }
        client.put_item(TableName=name, Item=ana)  # type: ignore[arg-type]  # mypy takes the mix for plain dicts
        yield Customers(name, client)


def ask(customers: Customers, **arguments: str) -> Result:
    return run(call("find_customer", **arguments), customers.functions())


def test_the_customer_is_told_the_order_numbers_and_nothing_that_need_not_be_told(customers: Customers) -> None:
    """Neither the document and the address they came with, nor whatever else the table knows."""
    assert ask(customers, phone_or_email="ANA@example.com", identity_document_number="12.345.678-9") == {
        "status": "found",
        "first_name": "Ana",
        "language": "es",
        "order_numbers": ["10020030", "10020070"],
    }


def test_a_wrong_document_looks_like_an_unknown_customer(customers: Customers) -> None:
    """Otherwise anybody could learn whose address is known here."""
    foreign = ask(customers, phone_or_email="ana@example.com", identity_document_number="44444444-4")
    unknown = ask(customers, phone_or_email="eva@example.com", identity_document_number="44444444-4")

    assert foreign == unknown == {"status": "not_found"}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"phone_or_email": "ana@example.com"}, "missing_identity_document_number"),
        ({"identity_document_number": "12345678-9"}, "missing_phone_or_email"),
        ({"phone_or_email": "912345678", "identity_document_number": "12345678-9"}, "invalid_phone_or_email"),
    ],
)
def test_without_both_nothing_is_looked_up(customers: Customers, arguments: dict[str, str], error: str) -> None:
    """The agent is told what to ask for."""
    assert ask(customers, **arguments)["error"] == error


def test_a_customer_without_orders_is_told_so(customers: Customers) -> None:
    """An empty list would be read out as nothing."""
    hugo = {
        "contact_point": {"S": "phone:+34600000000"},
        "identity_document_number": {"S": "20304050-6"},
        "first_name": {"S": "Hugo"},
        "order_numbers": {"L": []},
    }
    customers.client.put_item(TableName=customers.table, Item=hugo)  # type: ignore[arg-type]  # as above

    answered = ask(customers, phone_or_email="+34 600 000 000", identity_document_number="20304050-6")

    assert answered == {"status": "no_orders", "first_name": "Hugo", "order_numbers": []}
