"""Who a customer is, by phone or e-mail, told to nobody but the customer.

The table has an item for each phone number and each address, keyed by `contact_point`. The rule: without the customer's
document the answer is that of a customer who does not exist, so nobody can learn whose phone or address is known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambdas.attribute_values import plain
from lambdas.tools import numbers
from lambdas.tools.contact_points import contact_point
from lambdas.tools.tool_call import Function, Result, ToolCall

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SHOWN = ("first_name", "language", "order_numbers")


@dataclass(frozen=True, slots=True)
class Customers:
    """The table of customers."""

    table: str
    client: DynamoDBClient

    def functions(self) -> Mapping[str, Function]:
        return {"find_customer": self.find_customer}

    def find_customer(self, call: ToolCall) -> Result:
        """The customer's first name, language and order numbers, without phone, address and document."""
        point = contact_point(call.arguments)
        document = numbers.identity_document_number(call.arguments)
        found = self.client.get_item(TableName=self.table, Key={"contact_point": {"S": point}}, ConsistentRead=True)
        customer = plain(found.get("Item", {}))
        if customer.get("identity_document_number") != document:
            return {"status": "not_found"}
        status = "found" if customer.get("order_numbers") else "no_orders"
        return {"status": status, **{name: customer[name] for name in SHOWN if name in customer}}
