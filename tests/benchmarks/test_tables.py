"""What the benchmark's table bills; that it keeps DynamoDB's rules is held by the contract of `Stays`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.services.tables import Tables, size_of

KEY = {"contact_id": {"S": "c"}, "item": {"S": "turn"}}


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"name": {"S": "ñ"}}, 4 + 2),
        ({"n": {"N": "1700000000000"}}, 1 + 2),
        ({"n": {"N": "-12.5"}}, 1 + 3),
        ({"m": {"M": {"a": {"S": "b"}}}}, 1 + 3 + 1 + 2),
        ({"l": {"L": [{"S": "ab"}, {"S": "c"}]}}, 1 + 3 + 2 + 3),
        ({"b": {"BOOL": True}}, 1 + 1),
    ],
)
def test_an_item_is_as_large_as_the_developer_guide_counts_it(item: dict[str, Any], size: int) -> None:
    assert size_of(item) == size


def test_a_write_is_billed_by_the_larger_item_in_whole_kilobytes() -> None:
    """Also when it makes the item smaller, and when its condition refuses it."""
    tables = Tables()
    large = {**KEY, "text": {"S": "x" * 2000}}
    change = {"Key": KEY, "UpdateExpression": "REMOVE text", "ConditionExpression": "attribute_not_exists(gone)"}

    put = tables.serve("PutItem", json.dumps({"Item": large}).encode())
    refused = tables.serve("PutItem", json.dumps({"Item": KEY, "ConditionExpression": "text = item"}).encode())
    shrunk = tables.serve("UpdateItem", json.dumps(change).encode())
    small = tables.serve("UpdateItem", json.dumps(change).encode())

    assert (put.write_units, refused.write_units, shrunk.write_units, small.write_units) == (2, 2, 2, 1)
    assert (refused.status, shrunk.status) == (400, 200)


@pytest.mark.parametrize("expression", ["begins_with(item, :a)", "item = :a whatever"])
def test_an_expression_that_is_not_known_is_refused_aloud(expression: str) -> None:
    """A condition that is passed over would let every write through."""
    asked = {"Item": KEY, "ConditionExpression": expression, "ExpressionAttributeValues": {":a": {"S": "turn"}}}

    with pytest.raises((ValueError, KeyError)):
        Tables().serve("PutItem", json.dumps(asked).encode())
