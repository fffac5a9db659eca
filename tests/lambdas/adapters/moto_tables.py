"""The contacts table on moto, in this process, as the stack would make it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from moto import mock_aws

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_numbers = itertools.count(1)


@contextmanager
def dynamodb() -> Iterator[DynamoDBClient]:
    """One client is enough for many tests: making it costs more than all that a test asks of it."""
    with mock_aws():
        client = boto3.client(
            "dynamodb",
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )
        yield client
        client.close()


def new_table(client: DynamoDBClient) -> str:
    """An empty contacts table of its own for a test; its name."""
    name = f"contacts-{next(_numbers)}"
    create_table(client, name)
    return name


def create_table(client: DynamoDBClient, name: str) -> None:
    """With the keys that the stack gives it."""
    client.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "contact_id", "KeyType": "HASH"},
            {"AttributeName": "item", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "contact_id", "AttributeType": "S"},
            {"AttributeName": "item", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )


class OneWriteAtATime:
    """DynamoDB takes the writes of an item one after another; moto in one process does not, so this does it."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client
        self._lock = threading.Lock()

    def __getattr__(self, operation: str) -> Any:
        call = getattr(self._client, operation)

        def locked(**request: Any) -> Any:
            with self._lock:
                return call(**request)

        return locked


def item_bytes(item: dict[str, Any]) -> int:
    """The size of an item in DynamoDB's own JSON, as DynamoDB counts it (developer guide, "item sizes", 2026-11)."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return len(content.lstrip("-")) // 2 + 2
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + _value_bytes(entry) for entry in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_bytes(entry) for name, entry in content.items())
        case _:
            raise AssertionError(f"the contacts table holds no {kind}")
