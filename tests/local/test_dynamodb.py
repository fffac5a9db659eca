"""The tables of the template, as boto3 meets them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.dynamodb import DynamoDb, DynamoDbError
from local.template import Table

ORDERS = Table(
    name="Orders",
    logical_id="Orders1",
    definition={
        "TableName": "Orders",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "number", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "number", "AttributeType": "S"}],
    },
)


def database() -> DynamoDb:
    made = DynamoDb()
    made.create([ORDERS])
    return made


def call(tables: DynamoDb, operation: str, **request: Any) -> tuple[int, dict[str, Any]]:
    headers = {"x-amz-target": f"DynamoDB_20120810.{operation}"}
    status, _, body = tables.answer(headers, json.dumps(request).encode())
    return status, json.loads(body)


def test_rows_are_there_in_dynamodb_s_types() -> None:
    """The demo's orders are plain data; the tools read what AWS would give."""
    tables = database()
    tables.put("Orders", [{"number": "1", "items": [{"name": "Luma", "quantity": 2}], "paid": True}])

    _, answer = call(tables, "GetItem", TableName="Orders", Key={"number": {"S": "1"}})

    items = {"L": [{"M": {"name": {"S": "Luma"}, "quantity": {"N": "2"}}}]}
    assert answer["Item"] == {"number": {"S": "1"}, "items": items, "paid": {"BOOL": True}}


def test_a_failed_condition_tells_the_item_that_was_there() -> None:
    """The inbox write depends on it."""
    tables = database()
    tables.put("Orders", [{"number": "1"}])

    status, answer = call(
        tables,
        "PutItem",
        TableName="Orders",
        Item={"number": {"S": "1"}},
        ConditionExpression="attribute_not_exists(#n)",
        ExpressionAttributeNames={"#n": "number"},
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )

    assert status == 400
    assert answer["__type"].endswith("#ConditionalCheckFailedException")
    assert answer["Item"] == {"number": {"S": "1"}}


def test_tables_are_created_once() -> None:
    """A template that is read again adds what is new and keeps the data."""
    tables = database()
    tables.put("Orders", [{"number": "1"}])

    tables.create([ORDERS])

    assert "Item" in call(tables, "GetItem", TableName="Orders", Key={"number": {"S": "1"}})[1]


def test_two_stacks_in_one_process_stay_apart() -> None:
    """Tests run beside each other."""
    database().put("Orders", [{"number": "1"}])

    assert "Item" not in call(database(), "GetItem", TableName="Orders", Key={"number": {"S": "1"}})[1]


def test_an_operation_that_is_not_emulated_is_refused_aloud() -> None:
    """Also one that DynamoDB does not have at all."""
    for operation in ("ExportTableToPointInTime", "Nonsense"):
        status, answer = call(database(), operation)
        assert (status, answer["message"]) == (400, f"{operation} is not emulated")


def test_a_body_that_is_not_json_is_refused() -> None:
    """With DynamoDB's own error."""
    status, headers, _ = database().answer({"x-amz-target": "DynamoDB_20120810.GetItem"}, b"{")

    assert (status, headers["x-amzn-errortype"]) == (400, "SerializationException")


def test_the_stack_s_own_mistakes_are_raised() -> None:
    """Demo rows for a table that is not in the template must stop the start."""
    with pytest.raises(DynamoDbError, match="ResourceNotFoundException"):
        database().put("Parcels", [{"number": "1"}])
