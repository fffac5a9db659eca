"""The demo store's tools on tables in memory, called with the events that Bedrock sends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeSerializer
from moto import mock_aws

from agents.demo import Row, load_demo
from agents.team import load_team
from lambdas.tools.answering import answer
from lambdas.tools.orders_table import Orders
from lambdas.tools.tickets_table import Tickets

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

STORE = Path(__file__).parents[2] / "agents" / "store"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass
class DemoStore:
    """Answers tool events and remembers them."""

    orders: Orders
    tickets: Tickets
    now: float = NOON.timestamp()
    events: list[Mapping[str, Any]] = field(default_factory=list)

    async def call_tool(self, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
        self.events.append(event)
        if function == "OrdersTool":
            return answer(event, None, self.orders.functions())
        if function == "TicketsTool":
            return answer(event, None, self.tickets.functions(now=self.now))
        raise LookupError(function)


@contextmanager
def demo_store() -> Iterator[DemoStore]:
    """The demo's tables, filled."""
    tables = load_demo(STORE, load_team(STORE).functions, today=NOON.date()).tables
    with mock_aws():
        client = boto3.client("dynamodb", "eu-west-1", aws_access_key_id="-", aws_secret_access_key="-")
        _fill(client, "orders", "order_number", tables["Orders"])
        _fill(client, "tickets", "ticket_number", tables["Tickets"])
        yield DemoStore(Orders("orders", client), Tickets("tickets", client))


def _fill(client: DynamoDBClient, table: str, key: str, rows: Iterable[Row]) -> None:
    client.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for row in rows:
        client.put_item(TableName=table, Item={n: TypeSerializer().serialize(v) for n, v in row.items()})
