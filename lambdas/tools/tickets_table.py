"""Tickets: opened once, read by their owner.

Ticket numbers come from what is asked for (contact, turn, tool, arguments), tried one after the other until one is
free: two tickets never share a number, and the same call, repeated, walks the same path and finds the ticket it opened
before. Without a turn id the same words of the same contact count as repeated for ten minutes. The rule: only the owner
may read a ticket; to everybody else it does not exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from lambdas.attribute_values import plain, strings
from lambdas.tools import numbers
from lambdas.tools.tool_call import Function, Result, ToolCall, UnfitArgument, repeat_key

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

DESCRIPTION_CHARACTERS = 1_000
REPEATED_SECONDS = 600.0
TRIES_PER_LENGTH = 4
LENGTHS = (6, 7, 8, 9)
"""Digits of a ticket number; longer ones only when shorter ones are taken."""

SHOWN = ("ticket_number", "status", "description", "opened_on", "order_number")


class NoTicketNumber(Exception):
    """Every number tried is taken: the table holds close to a billion tickets, or something is very wrong."""


@dataclass(frozen=True, slots=True)
class Tickets:
    """The table of tickets."""

    table: str
    client: DynamoDBClient

    def functions(self, *, now: float) -> Mapping[str, Function]:
        """`now` is in seconds since the epoch."""
        return {"open_ticket": partial(self.open_ticket, now=now), "get_ticket": self.get_ticket}

    def open_ticket(self, call: ToolCall, *, now: float) -> Result:
        """A new ticket, or the one that this very call has opened before."""
        asked = {
            "identity_document_number": numbers.identity_document_number(call.arguments),
            "description": _description(call.arguments),
            **({"order_number": numbers.order_number(call.arguments)} if "order_number" in call.arguments else {}),
        }
        key = repeat_key(call, asked)
        for number in _numbers(key):
            ticket = _ticket(number, asked, call, key, now)
            taken = self._put(ticket)
            if taken is None or _is_repeated(taken, call, key, now):
                return {**_shown(taken or ticket), "status": "opened"}
        raise NoTicketNumber

    def get_ticket(self, call: ToolCall) -> Result:
        """The ticket, if it is the asker's own."""
        ticket_number = numbers.ticket_number(call.arguments)
        document = numbers.identity_document_number(call.arguments)
        found = self.client.get_item(
            TableName=self.table, Key={"ticket_number": {"S": ticket_number}}, ConsistentRead=True
        )
        ticket = plain(found.get("Item", {}))
        return _shown(ticket) if ticket.get("identity_document_number") == document else {"status": "not_found"}

    def _put(self, ticket: Mapping[str, str]) -> Mapping[str, Any] | None:
        """Store the ticket; if its number is taken, the ticket that has it."""
        try:
            self.client.put_item(
                TableName=self.table,
                Item=strings(ticket),
                ConditionExpression="attribute_not_exists(ticket_number)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.client.exceptions.ConditionalCheckFailedException as taken:
            return plain(cast("Mapping[str, Any]", taken.response.get("Item", {})))
        return None


def _description(arguments: Mapping[str, str]) -> str:
    description = " ".join(arguments.get("description", "").split())
    if not description:
        raise UnfitArgument("missing_description", "Ask the customer what the problem is and call again.")
    return description[:DESCRIPTION_CHARACTERS]


def _numbers(key: str) -> Iterator[str]:
    """The ticket numbers to try, always the same for the same key; none begins with zero."""
    for length in LENGTHS:
        for attempt in range(TRIES_PER_LENGTH):
            digest = int.from_bytes(hashlib.sha256(f"{key} {length} {attempt}".encode()).digest()[:8])
            first = 10 ** (length - 1)
            yield f"T-{first + digest % (9 * first)}"


def _ticket(number: str, asked: Mapping[str, str], call: ToolCall, key: str, now: float) -> dict[str, str]:
    opened = datetime.fromtimestamp(now, UTC)
    return {
        "ticket_number": number,
        "status": "open",
        **asked,
        "opened_on": opened.date().isoformat(),
        "opened_at": opened.isoformat(),
        "contact_id": call.contact_id,
        "repeat_key": key,
    }


def _is_repeated(taken: Mapping[str, Any], call: ToolCall, key: str, now: float) -> bool:
    if taken.get("repeat_key") != key:
        return False
    return bool(call.turn_id) or now - datetime.fromisoformat(taken["opened_at"]).timestamp() < REPEATED_SECONDS


def _shown(ticket: Mapping[str, Any]) -> dict[str, Any]:
    return {name: ticket[name] for name in SHOWN if name in ticket}
