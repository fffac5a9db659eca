"""The tool `get_order_status`, called as an action group or through a Gateway.

The rule: a wrong environment stops the start, in one line, and not the first customer's turn.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from lambdas.conversation.settings import Environment
from lambdas.services import client
from lambdas.tools.answering import answer
from lambdas.tools.dynamodb import QUICK
from lambdas.tools.orders_table import Orders


def wire(variables: Mapping[str, str]) -> Orders:
    """Raises `InvalidSetting` for a wrong environment."""
    return Orders(Environment(variables).text("ORDERS_TABLE"), client("dynamodb", config=QUICK))


ORDERS = wire(os.environ)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one event; raises `InvalidEvent` for one that no service sends."""
    return answer(event, context, ORDERS.functions())
