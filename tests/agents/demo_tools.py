"""A team's tools on its demo's tables in memory, called with the events that Bedrock sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeSerializer
from moto import mock_aws

from agents.demo import load_demo
from agents.team import Team, load_team
from lambdas.tools.answering import answer
from lambdas.tools.customers_table import Customers
from lambdas.tools.orders_table import Orders
from lambdas.tools.tickets_table import Tickets
from lambdas.tools.tool_call import Function

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

AGENTS = Path(__file__).parents[2] / "agents"
STORE = AGENTS / "store"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

MAKERS: Mapping[str, Callable[[str, DynamoDBClient, float], Mapping[str, Function]]] = {
    "lambdas.tools.customers.handler": lambda table, client, _: Customers(table, client).functions(),
    "lambdas.tools.orders.handler": lambda table, client, _: Orders(table, client).functions(),
    "lambdas.tools.tickets.handler": lambda table, client, now: Tickets(table, client).functions(now=now),
}
"""What each handler makes of its table and the time."""


@dataclass
class DemoTools:
    """Answers tool events and remembers them."""

    team: Team
    client: DynamoDBClient
    now: float = NOON.timestamp()
    events: list[Mapping[str, Any]] = field(default_factory=list)

    async def call_tool(self, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
        self.events.append(event)
        described = self.team.function(function)
        return answer(event, None, MAKERS[described.handler](described.table, self.client, self.now))


@contextmanager
def demo_tools(folder: Path) -> Iterator[DemoTools]:
    """The tools of the team in `folder`, their tables filled as its demo says."""
    team = load_team(folder)
    tables = load_demo(folder, team.functions, today=NOON.date()).tables
    with mock_aws():
        client = boto3.client("dynamodb", "eu-west-1", aws_access_key_id="-", aws_secret_access_key="-")
        for function in team.functions:
            client.create_table(
                TableName=function.table,
                KeySchema=[{"AttributeName": function.partition_key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": function.partition_key, "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
            for row in tables.get(function.table, ()):
                item = {name: TypeSerializer().serialize(value) for name, value in row.items()}
                client.put_item(TableName=function.table, Item=item)
        yield DemoTools(team, client)
