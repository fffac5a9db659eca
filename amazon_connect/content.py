"""A contact flow as "Content": the JSON that Amazon Connect imports and exports.

Reading keeps every action, parameter and branch; of the metadata it keeps what the designer shows (name, description,
positions). It accepts any flow of Version 2019-10-30, sensible or not; what is not a flow at all raises
`UnreadableFlow`, which names the place in words that fit somebody who never saw JSON. A `Phrase` must be filled in
before a flow can become JSON; a `Placeholder` may stay.

Source: Connect developer guide, "Flow language", and console exports (whose metadata names are used); read 2026-11-20.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amazon_connect.model import (
    Action,
    Condition,
    ErrorBranch,
    Flow,
    Phrase,
    Placeholder,
    Position,
    Transitions,
    Value,
)

VERSION = "2019-10-30"
_PLACEHOLDER = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


class UnreadableFlow(Exception):
    """The text is not a contact flow. `where` names the place in it, `what` says what is wrong there."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


class UnfilledPhrase(Exception):
    """The flow still holds a phrase key where Connect needs a sentence."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the sentence '{key}' is not filled in")
        self.key = key


def to_content(flow: Flow) -> dict[str, Any]:
    """The flow as the object that Connect imports; raises `UnfilledPhrase`."""
    return {
        "Version": VERSION,
        "StartAction": flow.start,
        "Metadata": {
            "entryPointPosition": _position_json(flow.entry_position),
            "ActionMetadata": {
                identifier: {"position": _position_json(position), "isFriendlyName": True}
                for identifier, position in flow.positions.items()
            },
            "Annotations": [],
            "name": flow.name,
            "description": flow.description,
            "type": "contactFlow",
            "status": "PUBLISHED",
            "hash": {},
        },
        "Actions": [_action_json(action) for action in flow.actions],
    }


def _position_json(position: Position) -> dict[str, float]:
    return {"x": position.x, "y": position.y}


def _action_json(action: Action) -> dict[str, Any]:
    return {
        "Identifier": action.identifier,
        "Type": action.type,
        "Parameters": {key: _value_json(value) for key, value in action.parameters.items()},
        "Transitions": _transitions_json(action.transitions),
    }


def _value_json(value: Value) -> Any:
    match value:
        case Phrase(key):
            raise UnfilledPhrase(key)
        case Placeholder():
            return str(value)
        case Mapping():
            return {key: _value_json(member) for key, member in value.items()}
        case list() | tuple():
            return [_value_json(member) for member in value]
        case _:
            return value


def _transitions_json(transitions: Transitions) -> dict[str, Any]:
    if transitions == Transitions():
        return {}
    written: dict[str, Any] = {} if transitions.next_action is None else {"NextAction": transitions.next_action}
    written["Conditions"] = [
        {"NextAction": branch.next_action, "Condition": {"Operator": branch.operator, "Operands": [*branch.operands]}}
        for branch in transitions.conditions
    ]
    written["Errors"] = [
        {"NextAction": branch.next_action, "ErrorType": branch.error_type} for branch in transitions.errors
    ]
    return written


def from_content(content: str | Mapping[str, Any]) -> Flow:
    """Read a flow from its JSON text or from the parsed object; raises `UnreadableFlow`."""
    whole = _Part("the file", _parsed(content) if isinstance(content, str) else content)
    version = whole.text("Version")
    if version != VERSION:
        raise UnreadableFlow("the file, 'Version'", f"is '{version}', but flows have the version {VERSION}")
    metadata = whole.optional_part("Metadata")
    placed = metadata.optional_part("ActionMetadata")
    return Flow(
        start=whole.text("StartAction"),
        actions=tuple(_action(part) for part in whole.parts("Actions")),
        name=metadata.text("name", default=""),
        description=metadata.text("description", default=""),
        entry_position=metadata.optional_part("entryPointPosition").position(),
        positions={
            identifier: placed.part(identifier).optional_part("position").position() for identifier in placed.object()
        },
    )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableFlow(f"line {error.lineno}, character {error.colno}", f"not JSON: {error.msg}") from error


def _action(part: _Part) -> Action:
    identifier = part.text("Identifier")
    block = _Part(f"the block '{identifier}'", part.value)
    return Action(
        identifier=identifier,
        type=block.text("Type"),
        parameters={key: _read_value(value) for key, value in block.optional_part("Parameters").object().items()},
        transitions=_transitions(block.optional_part("Transitions")),
    )


def _transitions(part: _Part) -> Transitions:
    return Transitions(
        next_action=part.text("NextAction", default="") or None,
        conditions=tuple(_condition(branch) for branch in part.parts("Conditions", optional=True)),
        errors=tuple(
            ErrorBranch(error_type=branch.text("ErrorType"), next_action=branch.text("NextAction"))
            for branch in part.parts("Errors", optional=True)
        ),
    )


def _condition(branch: _Part) -> Condition:
    test = branch.part("Condition")
    return Condition(
        operator=test.text("Operator"),
        operands=tuple(operand.as_text() for operand in test.parts("Operands")),
        next_action=branch.text("NextAction"),
    )


def _read_value(value: Any) -> Value:
    match value:
        case str():
            placeholder = _PLACEHOLDER.fullmatch(value)
            return Placeholder(placeholder[1]) if placeholder else value
        case Mapping():
            return {key: _read_value(member) for key, member in value.items()}
        case list() | tuple():
            return tuple(_read_value(member) for member in value)
        case int() | float() | None:
            return value
        case _:
            raise UnreadableFlow("the file", f"{value!r} has no place in JSON")


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of the JSON that knows its place, so that an error can name it."""

    where: str
    value: Any

    def object(self) -> Mapping[str, Any]:
        if not isinstance(self.value, Mapping):
            raise UnreadableFlow(self.where, "should be an object, written in { }")
        return self.value

    def part(self, key: str) -> _Part:
        if key not in self.object():
            raise UnreadableFlow(self.where, f"has no '{key}'; is this a flow exported from Amazon Connect?")
        return _Part(f"{self.where}, '{key}'", self.object()[key])

    def optional_part(self, key: str) -> _Part:
        return self.part(key) if key in self.object() else _Part(f"{self.where}, '{key}'", {})

    def parts(self, key: str, *, optional: bool = False) -> Sequence[_Part]:
        if optional and key not in self.object():
            return ()
        members = self.part(key)
        if not isinstance(members.value, list | tuple):
            raise UnreadableFlow(members.where, "should be a list, written in [ ]")
        return [_Part(f"{members.where} number {n}", member) for n, member in enumerate(members.value, start=1)]

    def as_text(self) -> str:
        if not isinstance(self.value, str):
            raise UnreadableFlow(self.where, "should be text, written in double quotes")
        return self.value

    def text(self, key: str, *, default: str | None = None) -> str:
        if default is not None and key not in self.object():
            return default
        return self.part(key).as_text()

    def position(self) -> Position:
        x, y = self.object().get("x", 0), self.object().get("y", 0)
        if not isinstance(x, int | float) or not isinstance(y, int | float):
            raise UnreadableFlow(self.where, "should give x and y as numbers")
        return Position(x, y)
