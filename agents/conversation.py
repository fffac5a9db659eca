"""What is said between a team and whoever asks it, whatever the team is built with.

Plain data and one protocol; nothing here runs. The rule: a control ends an answer, and nothing goes on until it is
answered or the conversation begins anew with what was said.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from agents.team import Agent, Control, Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """An agent uses a tool."""

    tool: Tool
    agent: Agent
    arguments: Mapping[str, Any]
    """As the model wrote them: unchecked."""


RunTool = Callable[[ToolCall], Awaitable[str]]
"""Runs a tool and returns what the model is told; what it raises, the model is told as an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlCall:
    """An agent asks for something that only its caller can do."""

    id: str
    """Opaque, and long when the control is a collaborator's."""
    control: Control
    agent: Agent
    arguments: Mapping[str, Any]
    """As the model wrote them: unchecked."""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the supervisor's answer, of any size."""

    text: str


@dataclass(frozen=True, slots=True)
class Controls:
    """The team waits for its caller."""

    calls: tuple[ControlCall, ...]


Answer = Text | Controls


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One side's words in the talk so far."""

    role: Literal["user", "assistant"]
    text: str


class Conversation(Protocol):
    """A team that remembers what was said and answers one prompt at a time."""

    def ask(
        self, text: str, *, shared: Mapping[str, str] | None = None, own: Mapping[str, str] | None = None
    ) -> AsyncGenerator[Answer, None]:
        """Answer the customer.

        `shared` facts are told to every agent, `own` facts to the supervisor only; both replace those of the turn
        before. Fails while a control waits for its answer.
        """
        ...

    def resume(self, results: Mapping[str, str]) -> AsyncGenerator[Answer, None]:
        """Go on after controls; `results` holds an answer for each `ControlCall.id`."""
        ...

    def transcript(self) -> tuple[Said, ...]:
        """What customer and supervisor said, without the tools in between."""
        ...
