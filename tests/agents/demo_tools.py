"""A team's tools on its demo's tables in memory, called with the events that Bedrock sends."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws

from agents.demo import Demo, load_demo
from agents.team import Team, load_team
from lambdas.attribute_values import attributes
from lambdas.tools.answering import answer
from lambdas.tools.appointments_table import Appointments
from lambdas.tools.customers_table import Customers
from lambdas.tools.orders_table import Orders
from lambdas.tools.tickets_table import Tickets
from lambdas.tools.tool_call import Function

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

AGENTS = Path(__file__).parents[2] / "agents"
STORE = AGENTS / "store"
CLINIC = AGENTS / "clinic"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

MAKERS: Mapping[str, Callable[[str, DynamoDBClient, float], Mapping[str, Function]]] = {
    "lambdas.tools.appointments.handler": lambda table, client, now: Appointments(table, client).functions(now=now),
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
    tables: Mapping[str, str]
    """The physical name of each table."""
    now: float = NOON.timestamp()
    events: list[Mapping[str, Any]] = field(default_factory=list)

    async def call_tool(self, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
        self.events.append(event)
        described = self.team.function(function)
        made = MAKERS[described.handler](self.tables[described.table], self.client, self.now)
        return answer(event, None, made)


@contextmanager
def database() -> Iterator[DynamoDBClient]:
    """DynamoDB in memory."""
    with mock_aws():
        yield boto3.client("dynamodb", "eu-west-1", aws_access_key_id="-", aws_secret_access_key="-")


def demo_tools(folder: Path, client: DynamoDBClient) -> DemoTools:
    """The tools of the team in `folder`, on new tables that are filled as its demo says."""
    team, demo = _read(folder)
    names = {function.table: f"{function.table}-{uuid.uuid4()}" for function in team.functions}
    for function in team.functions:
        client.create_table(
            TableName=names[function.table],
            KeySchema=[{"AttributeName": function.partition_key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": function.partition_key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for row in demo.tables.get(function.table, ()):
            client.put_item(TableName=names[function.table], Item=attributes(row))
    return DemoTools(team, client, names)


@cache
def _read(folder: Path) -> tuple[Team, Demo]:
    team = load_team(folder)
    return team, load_demo(folder, team.functions, today=NOON.date())
