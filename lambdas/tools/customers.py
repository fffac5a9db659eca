"""The tool `find_customer`, called as an action group or through a Gateway.

The rule: a wrong environment stops the start, in one line, and not the first customer's turn.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from lambdas.conversation.settings import Environment
from lambdas.services import client
from lambdas.tools.answering import answer
from lambdas.tools.customers_table import Customers
from lambdas.tools.dynamodb import QUICK


def wire(variables: Mapping[str, str]) -> Customers:
    """Raises `InvalidSetting` for a wrong environment."""
    return Customers(Environment(variables).text("CUSTOMERS_TABLE"), client("dynamodb", config=QUICK))


CUSTOMERS = wire(os.environ)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one event; raises `InvalidEvent` for one that no service sends."""
    return answer(event, context, CUSTOMERS.functions())
