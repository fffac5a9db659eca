"""A conversation as it went: what was said by whom, which tools were used, how it ended.

Plain data, and how a tool's use is read from the event of its function. The rule: nothing here judges.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from agents.conversation_tests import ConversationTest

BOT: Final = "CUSTOM_BOT"
GATEWAY_TOOL: Final = "bedrockAgentCoreToolName"
"""Where a Gateway names the tool, as `{target}___{tool}` (AgentCore's developer guide, read 2026-11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """A tool was used, through whichever kind of event."""

    tool: str
    arguments: Mapping[str, Any]
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that the customer heard; `role` is Connect's."""

    role: str
    text: str


@dataclass(slots=True, kw_only=True)
class PlayedTurn:
    """A message of the customer and what came of it."""

    customer: str
    heard: list[Line] = field(default_factory=list)
    tools: list[ToolUse] = field(default_factory=list)
    seconds: float = 0.0
    """From sending to the end of the bot's turn."""

    @property
    def answer(self) -> str:
        """All that the bot said."""
        return "\n".join(line.text for line in self.heard if line.role == BOT)


@dataclass(slots=True, kw_only=True)
class Played:
    """One run of a conversation."""

    test: ConversationTest
    heard_first: list[Line] = field(default_factory=list)
    turns: list[PlayedTurn] = field(default_factory=list)
    outcome: str = ""
    """`stays`, or the hand-off's `escalate` or `end`; empty if it is unknown."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    broken: str = ""
    """Why it could not be played to its end."""
    seconds: float = 0.0

    def uses(self) -> Iterator[ToolUse]:
        return (use for turn in self.turns for use in turn.tools)


def tool_use(event: Any, client_context: Mapping[str, Any] | None, answer: Any) -> ToolUse | None:
    """The use of a tool that a function's event was; `None` if it was something else."""
    custom = (client_context or {}).get("custom") or {}
    if isinstance(custom, Mapping) and GATEWAY_TOOL in custom:
        tool = str(custom[GATEWAY_TOOL]).rpartition("___")[2]
        result = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        return ToolUse(tool=tool, arguments=event, result=result)
    match event, answer:
        case (
            {"function": str(tool), "actionGroup": str(), "parameters": list(parameters)},
            {"response": {"functionResponse": {"responseBody": {"TEXT": {"body": str(result)}}}}},
        ):
            arguments = {each["name"]: each.get("value", "") for each in parameters}
            return ToolUse(tool=tool, arguments=arguments, result=result)
    return None
