"""Items of the tables as plain values."""

from __future__ import annotations

import pytest

from lambdas.attribute_values import attributes, plain, strings


def test_items_become_plain_values() -> None:
    """What tools answer is JSON."""
    item = {
        "a": {"S": "x"},
        "b": {"N": "3"},
        "c": {"N": "1.5"},
        "d": {"BOOL": True},
        "e": {"L": [{"M": {"f": {"S": "y"}}}]},
        "g": {"NULL": True},
    }

    assert plain(item) == {"a": "x", "b": 3, "c": 1.5, "d": True, "e": [{"f": "y"}], "g": None}


def test_a_type_these_tables_do_not_hold_is_a_mistake() -> None:
    """A guess would be read out to a customer."""
    with pytest.raises(ValueError, match="type SS"):
        plain({"a": {"SS": ["x"]}})


def test_strings_become_an_item() -> None:
    """Tickets hold nothing else."""
    assert plain(strings({"a": "x"})) == {"a": "x"}


def test_plain_values_become_an_item_and_come_back() -> None:
    """Calendars hold lists and maps; what no table holds is a mistake."""
    values = {"a": "x", "b": 3, "c": True, "d": [{"e": "y"}], "f": None}

    assert plain(attributes(values)) == values
    with pytest.raises(ValueError, match="float"):
        attributes({"a": 1.5})
