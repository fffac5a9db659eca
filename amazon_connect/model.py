"""A contact flow as values.

It holds what a flow says, not whether that makes sense: `checker` judges, `builder` writes, `content` turns flows into
Amazon Connect's JSON and back, `export` fills them in. Flow sources hold `Phrase` and `Placeholder` values where the
imported flow has sentences and ARNs.

Source: Connect developer guide, "Flow language", Version 2019-10-30, and console exports; read 2026-11-20.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

Value: TypeAlias = "str | int | float | bool | Phrase | Placeholder | Sequence[Value] | Mapping[str, Value] | None"


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence of the flow by its key in the phrase files."""

    key: str


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value that is known only where the flow is installed, such as an ARN. JSON shows it as `${NAME}`."""

    name: str

    def __str__(self) -> str:
        return f"${{{self.name}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Go to `next_action` when `operator` holds between the block's result and `operands`."""

    operator: str
    operands: tuple[str, ...]
    next_action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBranch:
    """Go to `next_action` when the block ends with `error_type`."""

    error_type: str
    next_action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transitions:
    """Where a block can lead. All empty means that the flow ends with this block."""

    next_action: str | None = None
    conditions: tuple[Condition, ...] = ()
    errors: tuple[ErrorBranch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One block. `identifier` is also the name that the designer shows."""

    identifier: str
    type: str
    parameters: Mapping[str, Value] = field(default_factory=dict)
    transitions: Transitions = Transitions()


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the designer, in its pixels from the upper left."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A whole flow, its blocks in the order in which they were written."""

    start: str
    actions: tuple[Action, ...]
    name: str = ""
    description: str = ""
    entry_position: Position = Position(40, 40)
    positions: Mapping[str, Position] = field(default_factory=dict)


def fill(flow: Flow, substitute: Callable[[Phrase | Placeholder], Value]) -> Flow:
    """The same flow with every phrase and placeholder replaced by what `substitute` answers (itself, to keep it)."""
    filled = (
        replace(action, parameters={key: _fill_value(value, substitute) for key, value in action.parameters.items()})
        for action in flow.actions
    )
    return replace(flow, actions=tuple(filled))


def _fill_value(value: Value, substitute: Callable[[Phrase | Placeholder], Value]) -> Value:
    match value:
        case Phrase() | Placeholder():
            return substitute(value)
        case Mapping():
            return {key: _fill_value(member, substitute) for key, member in value.items()}
        case list() | tuple():
            return tuple(_fill_value(member, substitute) for member in value)
        case _:
            return value


def leaves(value: Value) -> Iterator[Value]:
    """The single values inside a parameter, however deep."""
    match value:
        case Mapping():
            for member in value.values():
                yield from leaves(member)
        case list() | tuple():
            for member in value:
                yield from leaves(member)
        case _:
            yield value
