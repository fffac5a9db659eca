"""Numbers as customers write them, in the one form the tables hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from lambdas.tools.numbers import identity_document_number, order_number, ticket_number
from lambdas.tools.tool_call import UnfitArgument

Read = Callable[[Mapping[str, str]], str]


@pytest.mark.parametrize(
    ("read", "written", "form"),
    [
        (order_number, "10020030", "10020030"),
        (order_number, " 10.020.030 ", "10020030"),
        (order_number, "1002-0030", "10020030"),
        (identity_document_number, "12345678-9", "12345678-9"),
        (identity_document_number, "12.345.678-9", "12345678-9"),
        (identity_document_number, "12345678 - 9", "12345678-9"),
        (identity_document_number, "15678234k", "15678234-K"),
        (identity_document_number, "7654321-0", "7654321-0"),
        (ticket_number, "T-100001", "T-100001"),
        (ticket_number, "t 100001", "T-100001"),
        (ticket_number, "100001", "T-100001"),
    ],
)
def test_dots_spaces_and_small_letters_are_forgiven(read: Read, written: str, form: str) -> None:
    """Agents pass on what customers write."""
    assert read({read.__name__: written}) == form


@pytest.mark.parametrize(
    ("read", "written"),
    [
        (order_number, "1002003"),
        (order_number, "my lamp"),
        (identity_document_number, "12345678"),
        (identity_document_number, "12345678-X"),
        (ticket_number, "T-1"),
        (ticket_number, "٣٣٣٣٣٣"),
    ],
)
def test_what_cannot_be_such_a_number_has_a_code_of_its_own(read: Read, written: str) -> None:
    """The agent asks for the right one, in the customer's language."""
    with pytest.raises(UnfitArgument) as raised:
        read({read.__name__: written})

    assert raised.value.code == f"invalid_{read.__name__}"


@pytest.mark.parametrize("read", [order_number, identity_document_number, ticket_number])
def test_a_missing_number_is_told_as_missing(read: Read) -> None:
    """Not the same as a wrong one: there is nothing to correct."""
    with pytest.raises(UnfitArgument) as raised:
        read({})

    assert raised.value.code == f"missing_{read.__name__}"
