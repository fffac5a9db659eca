"""The tools `open_ticket` and `get_ticket`, called by Amazon Bedrock as an action group.

The rule: a wrong environment stops the start, in one line, and not the first customer's turn.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import boto3

from lambdas.conversation.clock import SystemClock
from lambdas.conversation.settings import Environment
from lambdas.tools.action_group import answer
from lambdas.tools.dynamodb import QUICK
from lambdas.tools.tickets_table import Tickets


def wire(variables: Mapping[str, str]) -> Tickets:
    """Raises `InvalidSetting` for a wrong environment."""
    return Tickets(Environment(variables).text("TICKETS_TABLE"), boto3.client("dynamodb", config=QUICK))


TICKETS = wire(os.environ)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one action-group event; raises `InvalidEvent` for anything else."""
    clock = getattr(context, "clock", None) or SystemClock()
    return answer(event, TICKETS.functions(now=clock.now()))
