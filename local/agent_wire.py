"""What InvokeAgent says on the wire, as plain functions.

    chunk     {"bytes": base64}; joined they are UTF-8, a single one may end inside a character
    control   {"invocationId", "invocationInputs": [{"functionInvocationInput": {…}}]}

No sessions, no server, no team; tools' events are `agents.tool_events`. The rule: values of parameters are strings on
the wire, whatever their type. Shapes: botocore 1.44.5 `bedrock-agent-runtime`, read 2026-11.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from agents.conversation import ControlCall, Said
from agents.sessions import Session
from agents.tool_events import agent_id, wire_parameters
from local.event_stream import Event

FIRST_OF_LONG: Final = 0xC0
"""From here on a byte begins a character of several bytes in UTF-8."""


@dataclass(slots=True, kw_only=True)
class AnswerBytes:
    """The text of an answer on its way into chunks."""

    in_pieces: bool
    text: str = ""
    _bytes: bytes = b""

    def take(self, text: str) -> Iterator[Event]:
        """The next piece; what follows the first byte of a piece's last long character waits for the next one."""
        self.text += text
        self._bytes += text.encode()
        if self.in_pieces:
            long = [place for place, byte in enumerate(self._bytes) if byte >= FIRST_OF_LONG]
            yield from self._send(long[-1] + 1 if long else len(self._bytes))

    def finish(self) -> Iterator[Event]:
        yield from self._send(len(self._bytes))

    def _send(self, length: int) -> Iterator[Event]:
        sent, self._bytes = self._bytes[:length], self._bytes[length:]
        if sent:
            yield "chunk", {"bytes": base64.b64encode(sent).decode()}


def resumes(asked: Mapping[str, Any]) -> bool:
    return bool(asked.get("sessionState", {}).get("returnControlInvocationResults"))


def history(state: Mapping[str, Any]) -> list[Said]:
    messages = state.get("conversationHistory", {}).get("messages", [])
    return [
        Said(role=message["role"], text="\n".join(content.get("text", "") for content in message["content"]))
        for message in messages
    ]


def result_of(member: Mapping[str, Any]) -> tuple[tuple[str, str], str]:
    """Which function was answered, and what."""
    result = member.get("functionResult") or {}
    bodies = [content.get("body", "") for content in result.get("responseBody", {}).values()]
    return (result.get("actionGroup", ""), result.get("function", "")), "\n".join(bodies) or "{}"


def invocation_input(session: Session, call: ControlCall) -> dict[str, Any]:
    """A control on its way to the caller; only a collaborator's names who asked."""
    is_collaborator = call.agent in session.loaded.team.collaborators
    asked_by = {"agentId": agent_id(call.agent.name), "collaboratorName": call.agent.name}
    return {
        **(asked_by if is_collaborator else {}),
        "actionGroup": call.control.action_group,
        "function": call.control.name,
        "actionInvocationType": "RESULT",
        "parameters": wire_parameters(call.arguments, call.control.parameters),
    }
