"""Conditions compare as the flow language says."""

from __future__ import annotations

import pytest

from amazon_connect.operators import OPERATORS


@pytest.mark.parametrize(
    ("operator", "value", "operand", "holds"),
    [
        ("Equals", "end", "end", True),
        ("Equals", "End", "end", False),
        ("Equals", "", "end", False),
        ("TextStartsWith", "wait for it", "wait", True),
        ("TextEndsWith", "wait for it", "it", True),
        ("TextContains", "wait for it", "for", True),
        ("TextContains", "wait", "wait for it", False),
        ("NumberGreaterThan", "10", "9", True),
        ("NumberGreaterThan", "9", "9", False),
        ("NumberGreaterOrEqualTo", "9", "9.0", True),
        ("NumberLessThan", "-1", "0", True),
        ("NumberLessOrEqualTo", "0.5", "0.50", True),
    ],
)
def test_each_operator_compares_value_with_operand(operator: str, value: str, operand: str, holds: bool) -> None:
    """Text by case, numbers by value and not by their letters."""
    assert OPERATORS[operator](value, operand) is holds


@pytest.mark.parametrize("operator", [name for name in OPERATORS if name.startswith("Number")])
@pytest.mark.parametrize(("value", "operand"), [("", "1"), ("many", "1"), ("1", "many"), ("NaN", "1"), ("1e3", "1")])
def test_a_numeric_comparison_without_numbers_is_false(operator: str, value: str, operand: str) -> None:
    """Neither an error nor a guess."""
    assert OPERATORS[operator](value, operand) is False


def test_these_are_all_the_operators_that_are_documented() -> None:
    """A ninth one would be a guess."""
    assert len(OPERATORS) == 8
