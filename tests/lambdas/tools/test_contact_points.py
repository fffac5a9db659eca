"""Phone numbers and addresses as people write them, in the one form the tables hold."""

from __future__ import annotations

import pytest

from lambdas.tools.contact_points import contact_point
from lambdas.tools.tool_call import UnfitArgument


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("+56912345678", "phone:+56912345678"),
        ("+56 9 1234 5678", "phone:+56912345678"),
        ("+56-9-1234-5678", "phone:+56912345678"),
        ("+56 9 1234–5678", "phone:+56912345678"),
        ("+56\u00a09\u00a01234\u00a05678", "phone:+56912345678"),
        ("0056 9 1234.5678", "phone:+56912345678"),
        ("+44 (0)7700 900123", "phone:+447700900123"),
        ("+44 7700/900 123", "phone:+447700900123"),
        ("+1 (202) 555-0123", "phone:+12025550123"),
        ("Ana@Example.COM", "email:ana@example.com"),
        (" ana.maria+luma@mail.example.co.uk ", "email:ana.maria+luma@mail.example.co.uk"),
    ],
)
def test_ways_of_writing_become_one_form(written: str, form: str) -> None:
    """Otherwise a customer would be unknown for a space."""
    assert contact_point({"phone_or_email": written}) == form


@pytest.mark.parametrize(
    "written",
    [
        "912345678",  # of which country?
        "+0 1234 5678",
        "+56 12",
        "+1234567890123456",
        "+٥٦٩١٢٣٤٥٦٧٨",
        "+56 9 1234 5678 ext. 3",
        "ana@",
        "@example.com",
        "ana@example",
        "ana..maria@example.com",
        ".ana@example.com",
        "ana@-example.com",
        "ana maria@example.com",
        "ana@exámple.com",
        "ana@example.com, tom@example.com",
        f"{'a' * 65}@example.com",
        f"ana@{'a.' * 130}com",
        "my phone",
    ],
)
def test_what_is_neither_is_not_guessed(written: str) -> None:
    """A guess could be somebody else."""
    with pytest.raises(UnfitArgument) as raised:
        contact_point({"phone_or_email": written})

    assert raised.value.code == "invalid_phone_or_email"


def test_a_missing_one_is_told_as_missing() -> None:
    """Not the same as a wrong one: there is nothing to correct."""
    with pytest.raises(UnfitArgument) as raised:
        contact_point({})

    assert raised.value.code == "missing_phone_or_email"
