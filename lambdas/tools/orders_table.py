"""Where an order is, told to nobody but its buyer.

The rule: without the buyer's document the answer is that of an order which does not exist, so nobody can learn which
order numbers are real.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.attribute_values import plain
from lambdas.tools import numbers
from lambdas.tools.tool_call import Function, Result, ToolCall

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

NOT_FOUND: Result = {"status": "not_found"}
SHOWN = ("order_number", "status", "items", "ordered_on", "dispatched_on", "expected_on", "delivered_on")
"""Whatever else the table holds about the buyer stays there."""


@dataclass(frozen=True, slots=True)
class Orders:
    """The table of orders."""

    table: str
    client: DynamoDBClient

    def functions(self) -> Mapping[str, Function]:
        return {"get_order_status": self.get_order_status}

    def get_order_status(self, call: ToolCall) -> Result:
        """What the buyer may know of the order."""
        order_number = numbers.order_number(call.arguments)
        document = numbers.identity_document_number(call.arguments)
        found = self.client.get_item(
            TableName=self.table, Key={"order_number": {"S": order_number}}, ConsistentRead=True
        )
        order = plain(found.get("Item", {}))
        if order.get("identity_document_number") != document:
            return NOT_FOUND
        return {name: order[name] for name in SHOWN if name in order}
