"""What the bot and this program say to each other over InvokeAgentRuntime: JSON in, server-sent events out.

    ask       {"contactId", "turnId", "language", "told": {}, "text", "history": [{"role": "user"|"assistant", "text"}]}
    resume    {"contactId", "turnId", "language", "told": {}, "pending", "results": {"<function>": "<JSON>"}}
    events    {"text"} | {"control": {"calls": [{"function", "actionGroup", "parameters"}], "pending"}}
              {"refused": {"reason"}} | {"finished": {"usage": {"inputTokens", "outputTokens"} | null}}
              {"error": {"code", "message", "retryable"?}}

One event is one `data:` line; a control, a finished or an error is the last. `retryable` is there, and false, once a
tool was used: asking again could do its work twice. Parses and renders; no input, no output.
The rule: a message of an error never holds a customer's words, and `pending` is the caller's to keep, not to read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from agents.conversation import ControlCall, Said, Usage
from agents.tool_events import wire_value

MOST_TEXT: Final = 100_000
"""Characters; AgentCore Memory keeps no longer message in one piece. A chat message has at most 16,384."""
SESSION_ID: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,99}")
"""What AgentCore Memory takes for a session; a contact's id fits it too."""

Event = dict[str, Any]


class InvalidRequest(Exception):
    """The request has not the form above; the message names the member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    contact_id: str
    turn_id: str
    language: str
    told: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(_Request):
    """The customer wrote something."""

    text: str
    history: tuple[Said, ...]
    """What was said before, for a session that does not know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(_Request):
    """Controls were answered."""

    pending: str
    results: Mapping[str, str]


def parse(payload: Any) -> Ask | Resume:
    """The request; raises `InvalidRequest`."""
    if not isinstance(payload, dict):
        raise InvalidRequest("the payload must be a JSON object")
    common: dict[str, Any] = {
        "contact_id": _contact_id(payload),
        "turn_id": _text(payload, "turnId"),
        "language": _text(payload, "language"),
        "told": _texts(payload, "told"),
    }
    if "pending" in payload:
        return Resume(**common, pending=_text(payload, "pending"), results=_texts(payload, "results"))
    text = _text(payload, "text")
    if not text.strip() or len(text) > MOST_TEXT:
        raise InvalidRequest(f"'text' must have 1 to {MOST_TEXT} characters")
    return Ask(**common, text=text, history=tuple(_history(payload.get("history") or ())))


def check_session_id(session_id: str | None) -> str:
    """The id as it is; raises `InvalidRequest`."""
    if session_id is None or not SESSION_ID.fullmatch(session_id):
        raise InvalidRequest("the session's id must have up to 100 letters, digits, '-' or '_'")
    return session_id


def pending_of(calls: Iterable[ControlCall]) -> str:
    """What the caller brings back with the results: one name for these controls, however long their own are."""
    return hashlib.sha256("\n".join(sorted(call.id for call in calls)).encode()).hexdigest()


def match_results(request: Resume, waiting: Iterable[ControlCall]) -> dict[str, str]:
    """What was answered to each control that waits; raises `InvalidRequest` for results nobody waits for."""
    calls = tuple(waiting)
    if not calls or request.pending != pending_of(calls):
        raise InvalidRequest("no control with this 'pending' waits for a result")
    if set(request.results) != {call.control.name for call in calls}:
        raise InvalidRequest("'results' must answer each function that waits, and no other")
    return {call.id: request.results[call.control.name] for call in calls}


def text_event(text: str) -> Event:
    return {"text": text}


def control_event(calls: Iterable[ControlCall]) -> Event:
    calls = tuple(calls)
    rendered = [
        {
            "function": call.control.name,
            "actionGroup": call.control.action_group,
            "parameters": {name: wire_value(value) for name, value in call.arguments.items()},
        }
        for call in calls
    ]
    return {"control": {"calls": rendered, "pending": pending_of(calls)}}


def refused_event(reason: str) -> Event:
    return {"refused": {"reason": reason}}


def finished_event(usage: Usage) -> Event:
    counted = usage.input_tokens or usage.output_tokens
    tokens = {"inputTokens": usage.input_tokens, "outputTokens": usage.output_tokens}
    return {"finished": {"usage": tokens if counted else None}}


def error_event(code: str, message: str) -> Event:
    """`code` is lower-camel."""
    return {"error": {"code": code, "message": message}}


def _contact_id(payload: Mapping[str, Any]) -> str:
    contact_id = _text(payload, "contactId")
    if not SESSION_ID.fullmatch(contact_id):
        raise InvalidRequest("'contactId' must have up to 100 letters, digits, '-' or '_'")
    return contact_id


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name, "")
    if not isinstance(value, str):
        raise InvalidRequest(f"'{name}' must be a string")
    return value


def _texts(payload: Mapping[str, Any], name: str) -> dict[str, str]:
    values = payload.get(name) or {}
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise InvalidRequest(f"'{name}' must be an object of strings")
    return values


def _history(said: Any) -> Iterable[Said]:
    if not isinstance(said, list | tuple):
        raise InvalidRequest("'history' must be a list")
    for each in said:
        role: Literal["user", "assistant"]
        match each:
            case {"role": "user" | "assistant" as role, "text": str(text)}:
                if text.strip():
                    yield Said(role=role, text=text)
            case _:
                raise InvalidRequest("'history' must hold objects with 'role' (user or assistant) and 'text'")
