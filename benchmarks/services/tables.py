"""DynamoDB behind its delay: one table of items that are read, put and changed one by one, and what that is billed.

An emulator with all of DynamoDB's rules takes longer than the delay is; the tests hold this one against the same
contract. Sizes are counted as the developer guide says ("DynamoDB item sizes and formats", read 2026-11): names and
texts in UTF-8, numbers by their digits, three bytes for a list or a map and one more for each of its elements.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.services.expressions import Item, Scope, changed, holds

TARGET = "DynamoDB_20120810"
CONTACTS_TABLE = "Contacts"
WRITE_UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096

Asked = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One call's answer and its price in units."""

    status: int
    body: bytes
    write_units: int = 0
    read_units: float = 0.0


class Tables:
    """By contact and kind of item, whatever the table's name."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def serve(self, operation: str, body: bytes) -> Counted:
        """Raises `KeyError` for an operation that is not known here."""
        return _SERVED[operation](self, json.loads(body))

    def _get(self, asked: Asked) -> Counted:
        item = self._items.get(_key(asked["Key"]), {})
        units = max(1, -(-size_of(item) // READ_UNIT_BYTES)) * (1.0 if asked.get("ConsistentRead") else 0.5)
        return _answered({"Item": item} if item else {}, read_units=units)

    def _put(self, asked: Asked) -> Counted:
        return self._write(asked, asked["Item"], lambda _: dict(asked["Item"]))

    def _update(self, asked: Asked) -> Counted:
        return self._write(asked, asked["Key"], lambda scope: changed(asked["UpdateExpression"], scope))

    def _write(self, asked: Asked, named: Mapping[str, Any], make: Callable[[Scope], Item]) -> Counted:
        """A write is billed by the larger of the item before and after, also if its condition refuses it."""
        key = _key(named)
        old = self._items.get(key, {})
        names, values = (asked.get(f"ExpressionAttribute{part}", {}) for part in ("Names", "Values"))
        condition = asked.get("ConditionExpression")
        if condition and not holds(condition, Scope(old, names, values)):
            return _refused(old if asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else {}, _units(old))
        new = make(Scope(old or {name: named[name] for name in ("contact_id", "item")}, names, values))
        self._items[key] = new
        returned = {"ALL_NEW": new, "ALL_OLD": old}.get(asked.get("ReturnValues", ""))
        return _answered({"Attributes": returned} if returned else {}, write_units=max(_units(old), _units(new)))


_SERVED: Mapping[str, Callable[[Tables, Asked], Counted]] = {
    "GetItem": Tables._get,  # noqa: SLF001
    "PutItem": Tables._put,  # noqa: SLF001
    "UpdateItem": Tables._update,  # noqa: SLF001
}


def _key(named: Mapping[str, Any]) -> str:
    return f"{named['contact_id']['S']} {named['item']['S']}"


def _units(item: Item) -> int:
    return max(1, -(-size_of(item) // WRITE_UNIT_BYTES))


def _answered(answer: Mapping[str, Any], *, write_units: int = 0, read_units: float = 0.0) -> Counted:
    return Counted(status=200, body=json.dumps(answer).encode(), write_units=write_units, read_units=read_units)


def _refused(found: Item, units: int) -> Counted:
    told = {
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed",
        **({"Item": found} if found else {}),
    }
    return Counted(status=400, body=json.dumps(told).encode(), write_units=units)


def size_of(item: Mapping[str, Any]) -> int:
    """In bytes, as DynamoDB bills it."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            digits = content.lstrip("-").replace(".", "").strip("0")
            return (len(digits) + 1) // 2 + 1
        case "M":
            return 3 + size_of(content) + len(content)
        case "L":
            return 3 + sum(1 + _value_size(element) for element in content)
        case "BOOL" | "NULL":
            return 1
        case _:
            raise ValueError(f"an item of ours holds no {kind}")
