"""A model that does what a test tells it, also what no model should."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from strands.models import Model
from strands.types.content import Messages
from strands.types.event_loop import StopReason
from strands.types.exceptions import ModelThrottledException
from strands.types.streaming import StreamEvent
from strands.types.tools import ToolSpec

BLOCKED = "I may not talk about that."


@dataclass(frozen=True, slots=True)
class Say:
    text: str


@dataclass(frozen=True, slots=True)
class Use:
    """Tools, in one message."""

    tools: tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class Blocked:
    """A guardrail blocks, as Strands' Bedrock model tells it."""

    text: str = BLOCKED


@dataclass(frozen=True, slots=True)
class Masked:
    """A guardrail masks a word: the same reason to stop, and nothing is redacted."""

    text: str


@dataclass(frozen=True, slots=True)
class Fail:
    """The model cannot be asked."""


@dataclass(frozen=True, slots=True)
class Ramble:
    """An answer that is cut where it has grown too long."""

    text: str = "and then, and then"


Step = Say | Use | Blocked | Masked | Fail | Ramble
Decide = Callable[[str, Messages], Step]
"""What to do, given the system prompt and the messages."""


class UnrulyModel(Model):
    """`calls` counts how often it was asked."""

    def __init__(self, decide: Decide) -> None:
        self._decide = decide
        self._numbers = itertools.count()
        self.calls = 0
        self.seen: list[Messages] = []

    def update_config(self, **model_config: Any) -> None:
        """Nothing can be configured."""

    def get_config(self) -> dict[str, Any]:
        return {"model_id": "unruly"}

    def structured_output(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError

    async def stream(
        self,
        messages: Messages,
        tool_specs: list[ToolSpec] | None = None,
        system_prompt: str | None = None,
        **_: Any,
    ) -> AsyncGenerator[StreamEvent, None]:
        self.calls += 1
        self.seen.append(list(messages))
        step = self._decide(system_prompt or "", messages)
        if isinstance(step, Fail):
            raise ModelThrottledException("slow down")
        yield {"messageStart": {"role": "assistant"}}
        for event in self._use(step) if isinstance(step, Use) else _text(step.text):
            yield event
        yield {"messageStop": {"stopReason": _why(step)}}
        if isinstance(step, Blocked):
            yield {"redactContent": {"redactUserContentMessage": "[User input redacted.]"}}
        usage = {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}
        yield {"metadata": {"usage": usage, "metrics": {"latencyMs": 0}}}  # type: ignore[typeddict-item]

    def _use(self, step: Use) -> Iterator[StreamEvent]:
        for name, arguments in step.tools:
            use = {"name": name, "toolUseId": f"use_{next(self._numbers)}"}
            yield {"contentBlockStart": {"start": {"toolUse": use}}}  # type: ignore[typeddict-item]
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": json.dumps(arguments)}}}}
            yield {"contentBlockStop": {}}


def _text(text: str) -> Iterator[StreamEvent]:
    yield {"contentBlockStart": {"start": {}}}
    if text:
        yield {"contentBlockDelta": {"delta": {"text": text}}}
    yield {"contentBlockStop": {}}


def _why(step: Step) -> StopReason:
    match step:
        case Use():
            return "tool_use"
        case Ramble():
            return "max_tokens"
        case Blocked() | Masked():
            return "guardrail_intervened"
        case _:
            return "end_turn"
