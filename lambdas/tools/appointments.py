"""The tools of the appointment book, called as an action group or through a Gateway.

The rule: a wrong environment stops the start, in one line, and not the first customer's turn.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from lambdas.conversation.settings import Environment
from lambdas.services import client
from lambdas.tools.answering import answer, clock_of
from lambdas.tools.appointments_table import Appointments
from lambdas.tools.dynamodb import QUICK


def wire(variables: Mapping[str, str]) -> Appointments:
    """Raises `InvalidSetting` for a wrong environment."""
    return Appointments(Environment(variables).text("APPOINTMENTS_TABLE"), client("dynamodb", config=QUICK))


APPOINTMENTS = wire(os.environ)


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Answer one event; raises `InvalidEvent` for one that no service sends."""
    return answer(event, context, APPOINTMENTS.functions(now=clock_of(context).now()))
