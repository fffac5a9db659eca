"""One use of a tool, whoever sent it, and what a tool may answer.

Arguments arrive as text, numbers or truth values; a tool sees texts only, without control characters, none empty and
none longer than `LONGEST_ARGUMENT`. The rule: an argument that does not fit is answered with a code and an explanation
the agent can use, never with an exception, which would end the customer's turn.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_ARGUMENT = 2_000
"""Characters."""
LONGEST_NAME = 64
"""Characters of an argument's name; a team file allows no more."""
LARGEST_NUMBER = 10**18
NO_TEXT = frozenset({"Cc", "Cs"})
"""Unicode's categories of control characters and halves of characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One use of a tool by an agent."""

    function: str
    arguments: Mapping[str, str]
    """Without empty ones."""
    contact_id: str
    """The session's id if nothing names a contact; empty if there is no session either."""
    turn_id: str
    """Empty if nothing names a turn."""


class UnfitArgument(Exception):
    """An argument is missing or wrong. `explanation` is for the agent, `code` for whoever puts it into words."""

    def __init__(self, code: str, explanation: str) -> None:
        super().__init__(explanation)
        self.code = code
        self.explanation = explanation


Result = Mapping[str, Any]
"""Codes and values as JSON, in no language; `status` says how it went."""

Function = Callable[[ToolCall], Result]


def run(call: ToolCall, functions: Mapping[str, Function]) -> Result:
    """What the function answers; a wrong argument or an unknown function is an answer too."""
    try:
        return _function(call, functions)(call)
    except UnfitArgument as unfit:
        return refusal(unfit)


def refusal(unfit: UnfitArgument) -> Result:
    return {"error": unfit.code, "explanation": unfit.explanation}


def repeat_key(call: ToolCall, asked: Mapping[str, str | None]) -> str:
    """Equal for calls of the same turn that mean the same; `asked` are the arguments as the tool understands them."""
    meant = json.dumps([call.contact_id, call.turn_id, call.function, asked], sort_keys=True)
    return hashlib.sha256(meant.encode()).hexdigest()


def outcome(result: Result) -> str:
    """How a call went, in one code that tells nothing about the customer: fit for logs."""
    return str(result.get("error") or result.get("status"))


def texts(arguments: Mapping[str, Any]) -> dict[str, str]:
    """The arguments as texts, the empty ones left out; raises `UnfitArgument` for what no parameter takes."""
    written = {name: _text(name, value).strip() for name, value in arguments.items() if len(name) <= LONGEST_NAME}
    return {name: text for name, text in written.items() if text}


def _text(name: str, value: object) -> str:
    text = _written(value)
    if text is None:
        raise UnfitArgument("unfit_argument", f"'{name}' must be one value: a text, a number, true or false.")
    if len(text) > LONGEST_ARGUMENT:
        raise UnfitArgument("too_long", f"'{name}' may have {LONGEST_ARGUMENT} characters: shorten it and call again.")
    return "".join(" " if unicodedata.category(character) in NO_TEXT else character for character in text)


def _written(value: object) -> str | None:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float() if abs(value) < LARGEST_NUMBER:  # neither infinity nor what is no number
            return str(int(value) if value == int(value) else value)
        case _:
            return None


def _function(call: ToolCall, functions: Mapping[str, Function]) -> Function:
    if call.function not in functions:
        raise UnfitArgument("unknown_function", f"There is no such function; there are {', '.join(functions)}.")
    return functions[call.function]
