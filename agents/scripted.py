"""A model that follows a script instead of thinking: for demonstrations and tests, on any machine, at no cost.

To Strands it is a model like any other. It keeps no state, sees exactly what a model sees (the messages, the system
prompt, the tools) and answers as a model does: text or the use of a tool, streamed in pieces. The rule: it does nothing
that a model could not do by reading its input.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncGenerator, Iterator
from typing import Any, NoReturn

from strands.models import Model
from strands.types.content import Messages
from strands.types.streaming import StreamEvent
from strands.types.tools import ToolSpec

from agents.prompt_attacks import looks_like_an_attack
from agents.replies import Say, Use, last_words, reply
from agents.script import Script

_PIECE = re.compile(r"(?:\S+\s*){1,3}|\s+")
"""About as much as a model's stream brings at a time."""


class ScriptedModel(Model):
    """The script as a Strands model; `guarded`, as a model that is called through a guardrail."""

    def __init__(self, script: Script, *, guarded: bool = False) -> None:
        self._script = script
        self._guarded = guarded

    def update_config(self, **model_config: Any) -> None:
        """Nothing can be configured."""

    def get_config(self) -> dict[str, Any]:
        return {"model_id": "scripted"}

    def structured_output(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError("a script has no structured output")

    async def stream(
        self,
        messages: Messages,
        tool_specs: list[ToolSpec] | None = None,
        system_prompt: str | None = None,
        **_: Any,
    ) -> AsyncGenerator[StreamEvent, None]:
        if self._guarded and looks_like_an_attack(last_words(messages)):
            for event in _KEPT_BACK:
                yield event
            return
        answer = reply(self._script, messages, tool_specs or [], system_prompt or "")
        for event in _events(answer, use_id=_identify(messages)):
            yield event


_KEPT_BACK: tuple[StreamEvent, ...] = (
    {"messageStart": {"role": "assistant"}},
    {"contentBlockStart": {"start": {}}},
    {"contentBlockDelta": {"delta": {"text": " "}}},
    {"contentBlockStop": {}},
    {"messageStop": {"stopReason": "guardrail_intervened"}},
    {"redactContent": {"redactUserContentMessage": "[Kept back.]"}},
)
"""What Strands hears of a guardrail that blocked the customer's words; a real one says its sentence, too."""


def _identify(messages: Messages) -> str:
    """An id for a tool use: the same for the same conversation, another for any other."""
    return f"use_{hashlib.sha256(json.dumps(messages, default=str).encode()).hexdigest()[:20]}"


def _events(answer: Say | Use, *, use_id: str) -> Iterator[StreamEvent]:
    yield {"messageStart": {"role": "assistant"}}
    match answer:
        case Say(text=text):
            yield {"contentBlockStart": {"start": {}}}
            for piece in _PIECE.findall(text):
                yield {"contentBlockDelta": {"delta": {"text": piece}}}
        case Use(tool=tool, arguments=arguments):
            yield {"contentBlockStart": {"start": {"toolUse": {"name": tool, "toolUseId": use_id}}}}
            for piece in _PIECE.findall(json.dumps(arguments, ensure_ascii=False)):
                yield {"contentBlockDelta": {"delta": {"toolUse": {"input": piece}}}}
    yield {"contentBlockStop": {}}
    yield {"messageStop": {"stopReason": "tool_use" if isinstance(answer, Use) else "end_turn"}}
    yield {
        "metadata": {
            "usage": {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0},
            "metrics": {"latencyMs": 0},
        }
    }
