"""Paths are found in texts as Connect finds them."""

from __future__ import annotations

import pytest

from amazon_connect.jsonpath import broken_paths_in, is_path, keys_of, paths_in, replace_paths


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("$.Channel", ("Channel",)),
        ("$.Attributes.handoff_outcome", ("Attributes", "handoff_outcome")),
        ("$.Attributes['order number']", ("Attributes", "order number")),
        ('$["Queue"]["Name"]', ("Queue", "Name")),
        ("$.SegmentAttributes['connect:Subtype']", ("SegmentAttributes", "connect:Subtype")),
    ],
)
def test_dots_and_brackets_name_the_same_members(path: str, keys: tuple[str, ...]) -> None:
    """Odd keys need brackets; both forms may mix."""
    assert is_path(path)
    assert keys_of(path) == keys


@pytest.mark.parametrize("text", ["", "$", "$1000", "$.", "Channel", "$.Channel ", "hi $.Channel"])
def test_anything_else_is_no_path(text: str) -> None:
    """Compare takes one whole path and nothing around it."""
    assert not is_path(text)


def test_paths_inside_a_text_are_replaced() -> None:
    """The full stop that ends a sentence is not part of a path."""
    text = "Hola $.Attributes.name, su pedido $.Attributes.order."

    assert [*paths_in(text)] == ["$.Attributes.name", "$.Attributes.order"]
    assert replace_paths(text, lambda keys: keys[-1].upper()) == "Hola NAME, su pedido ORDER."


def test_a_price_is_no_path() -> None:
    """Money is written with the same sign."""
    assert [*paths_in("It costs $1000 today")] == []
    assert [*broken_paths_in("It costs $1000 today")] == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [("$.", "$."), ("see $.Atributes.name", "$.Atributes.name"), ("$.[0]", "$.[0]"), ("$['", "$['")],
)
def test_what_begins_like_a_path_and_is_none_is_named(text: str, broken: str) -> None:
    """Connect would take it as a mistake or as plain text; either way the customer would see it."""
    assert [*broken_paths_in(text)] == [broken]
