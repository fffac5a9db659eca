"""DynamoDB's expressions, as far as the record of a contact uses them: conditions and updates over one item.

An expression is read once into a function and kept. Values stay as they are on the wire (`{"S": "text"}`). What is not
known here raises. Grammar: DynamoDB developer guide, "Condition expressions" and "Update expressions", read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

Item = dict[str, Any]
Value = Mapping[str, Any]

TOKENS = re.compile(r"[:#]?\w+|<=|>=|<>|[=<>(),.]")
CLAUSES = frozenset({"SET", "REMOVE", "ADD"})
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "<>": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression is about."""

    item: Item
    names: Mapping[str, str]
    values: Mapping[str, Value]

    def at(self, path: Sequence[str]) -> Value | None:
        found: Any = {"M": self.item}
        for step in path:
            found = found.get("M", {}).get(self.name(step)) if found else None
        return dict(found) if found else None

    def name(self, step: str) -> str:
        return self.names[step] if step.startswith("#") else step


Operand = Callable[[Scope], Value | None]
Condition = Callable[[Scope], bool]
Change = Callable[[Scope, Item], None]
"""Of the new item, seen from the old one."""


def holds(condition: str, scope: Scope) -> bool:
    return _condition(condition)(scope)


def changed(update: str, scope: Scope) -> Item:
    """The item after the update."""
    new: Item = deepcopy(scope.item)
    for change in _changes(update):
        change(scope, new)
    return new


@cache
def _condition(text: str) -> Condition:
    return _Reader(text).whole_condition()


@cache
def _changes(text: str) -> tuple[Change, ...]:
    return tuple(_Reader(text).changes())


class _Reader:
    """Reads from left to right; each method reads what it is named after."""

    def __init__(self, text: str) -> None:
        self._tokens = TOKENS.findall(text)
        self._next = 0

    # ---- conditions

    def whole_condition(self) -> Condition:
        condition = self._either()
        if self._peek():
            raise ValueError(f"'{self._peek()}' is not understood")
        return condition

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._skip("OR"):
            parts.append(self._both())
        return lambda scope: any(part(scope) for part in parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._skip("AND"):
            parts.append(self._one())
        return lambda scope: all(part(scope) for part in parts)

    def _one(self) -> Condition:
        if self._skip("NOT"):
            denied = self._one()
            return lambda scope: not denied(scope)
        match self._peek():
            case "attribute_not_exists":
                [path] = self._arguments(self._path)
                return lambda scope: scope.at(path) is None
            case "contains":
                holder, sought = self._arguments(self._operand)
                return lambda scope: sought(scope) in _elements(holder(scope))
        return self._comparison()

    def _comparison(self) -> Condition:
        one = self._operand()
        if self._skip("IN"):
            allowed = self._listed(self._operand)
            return lambda scope: one(scope) in [value(scope) for value in allowed]
        compare = COMPARISONS[self._take()]
        other = self._operand()

        def holds(scope: Scope) -> bool:
            left, right = one(scope), other(scope)
            return left is not None and right is not None and compare(_plain(left), _plain(right))

        return holds

    # ---- updates

    def changes(self) -> list[Change]:
        found: list[Change] = []
        clause = ""
        while self._peek():
            clause = self._take() if self._peek() in CLAUSES else clause
            found.append(self._change(clause))
            self._skip(",")
        return found

    def _change(self, clause: str) -> Change:
        path = self._path()
        if clause == "REMOVE":
            return lambda scope, new: _remove(scope, new, path)
        if clause == "SET" and self._take() != "=":
            raise ValueError("SET wants '='")
        value = self._operand()
        if clause == "ADD":
            return lambda scope, new: _put(scope, new, path, _sum(scope.at(path), value(scope)))
        return lambda scope, new: _put(scope, new, path, value(scope))

    # ---- parts

    def _operand(self) -> Operand:
        match self._peek():
            case "size":
                [path] = self._arguments(self._path)
                return lambda scope: _size(scope.at(path))
            case "if_not_exists":
                sought, instead = self._arguments(self._operand)
                return lambda scope: sought(scope) or instead(scope)
            case "list_append":
                head, tail = self._arguments(self._operand)
                return lambda scope: {"L": [*_elements(head(scope)), *_elements(tail(scope))]}
            case value if value.startswith(":"):
                name = self._take()
                return lambda scope: scope.values[name]
        path = self._path()
        return lambda scope: scope.at(path)

    def _path(self) -> list[str]:
        steps = [self._take()]
        while self._skip("."):
            steps.append(self._take())
        return steps

    def _arguments(self, read: Callable[[], Any]) -> list[Any]:
        """Of the function whose name comes next."""
        self._take()
        return self._listed(read)

    def _listed(self, read: Callable[[], Any]) -> list[Any]:
        if self._take() != "(":
            raise ValueError("a list begins with '('")
        found = [read()]
        while self._skip(","):
            found.append(read())
        if self._take() != ")":
            raise ValueError("a list ends with ')'")
        return found

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self) -> str:
        self._next += 1
        return str(self._tokens[self._next - 1])

    def _skip(self, token: str) -> bool:
        found = self._peek() == token
        self._next += found
        return found


def _plain(value: Value) -> Any:
    return Decimal(value["N"]) if "N" in value else next(iter(value.values()))


def _elements(value: Value | None) -> list[Any]:
    return list(value["L"]) if value else []


def _size(value: Value | None) -> Value | None:
    return {"N": str(len(next(iter(value.values()))))} if value else None


def _sum(value: Value | None, more: Value | None) -> Value:
    return {"N": str(Decimal(value["N"] if value else 0) + Decimal(more["N"] if more else 0))}


def _put(scope: Scope, new: Item, path: Sequence[str], value: Value | None) -> None:
    _holder(scope, new, path)[scope.name(path[-1])] = value


def _remove(scope: Scope, new: Item, path: Sequence[str]) -> None:
    _holder(scope, new, path).pop(scope.name(path[-1]), None)


def _holder(scope: Scope, new: Item, path: Sequence[str]) -> Item:
    """The map in which the last step stands; raises `KeyError` if there is none, as DynamoDB refuses it."""
    holder = new
    for step in path[:-1]:
        holder = holder[scope.name(step)]["M"]
    return holder
