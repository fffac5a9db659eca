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
"""Runs a tool and returns what the model is told; whatever it raises ends the answer, as a `ToolFailed`."""


class ToolFailed(Exception):
    """A tool gave no answer that may be used; the message holds nothing of a customer."""


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


@dataclass(frozen=True, slots=True)
class Refused:
    """A guardrail stepped in: nothing more is said. What was said before may be the guardrail's own sentence.

    Another agent's control may follow: whoever asked for a person gets one.
    """

    reason: str


Answer = Text | Controls | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What models read and wrote for one answer, in tokens."""

    input_tokens: int
    output_tokens: int


class TooManySteps(Exception):
    """The team asked models or used tools again and again and was stopped; asking again would end likewise."""


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
        before. A control that still waits is given up. Raises `ToolFailed` and `TooManySteps`.
        A control that asks for a person is returned even if a tool failed beside it.
        """
        ...

    def resume(self, results: Mapping[str, str]) -> AsyncGenerator[Answer, None]:
        """Go on after controls; `results` holds an answer for each `ControlCall.id`. Raises as `ask` does."""
        ...

    def waiting(self) -> tuple[ControlCall, ...]:
        """The controls that wait for an answer, also those of a conversation that was kept somewhere."""
        ...

    def usage(self) -> Usage:
        """What the last answer took."""
        ...

    def transcript(self) -> tuple[Said, ...]:
        """What customer and supervisor said, without the tools in between."""
        ...
