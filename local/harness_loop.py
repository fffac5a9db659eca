"""The loop of an AgentCore Harness: a model, the tools that the service runs, a stop where only the caller can go on.

It speaks the stream's events (m:bedrock-agentcore InvokeHarness, read 2026-11) and knows no HTTP. Every call of the
model is one message on the stream, with its own messageStop and metadata; what the service's own tools answered
streams past as a message of the user's role. The rule: a message with an inline function ends the stream with
`tool_use` and is kept by nobody but the caller.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast

from strands.models import Model
from strands.types.content import ContentBlock, Message, Messages
from strands.types.tools import ToolResult, ToolSpec, ToolUse

from local.agent_resources import GatewayTool, InlineFunction
from local.event_stream import Event

NO_TOKENS: Final = {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}

CallTool = Callable[[GatewayTool, Mapping[str, Any]], Awaitable[str]]
"""Runs a Gateway's tool and returns its answer as text; what it raises, the model is told as an error."""


class ToolFailed(Exception):
    """A Gateway's tool failed; the message is what the model is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """What the loop runs."""

    model: Model
    system_prompt: str
    inline_functions: Sequence[InlineFunction]
    gateway_tools: Sequence[GatewayTool]
    max_iterations: int

    def tool_specs(self) -> list[ToolSpec]:
        tools: list[InlineFunction | GatewayTool] = [*self.inline_functions, *self.gateway_tools]
        return [
            {"name": tool.name, "description": tool.description, "inputSchema": {"json": dict(tool.schema)}}
            for tool in tools
        ]


async def run(agent: Agent, messages: Messages, call_tool: CallTool) -> AsyncGenerator[Event, None]:
    """The whole stream; `messages` grows by what the service keeps."""
    for _ in range(agent.max_iterations):
        said = _Said()
        async with aclosing(_ask(agent, messages, said)) as events:
            async for event in events:
                yield event
        own, inline = _part(agent, said.uses)
        if own or (said.blocks and not inline):
            messages.append(said.message(own))
        if own:
            results = [await _use(agent, use, call_tool) for use in own]
            messages.append({"role": "user", "content": [{"toolResult": result} for result in results]})
            for event in _tell_results(results):
                yield event
        if inline or not own:
            return
    yield "messageStop", {"stopReason": "max_iterations_exceeded"}


def _part(agent: Agent, uses: Sequence[ToolUse]) -> tuple[list[ToolUse], list[ToolUse]]:
    """What the service does itself (also refusing what it does not know), and what only the caller can do."""
    names = {function.name for function in agent.inline_functions}
    return [use for use in uses if use["name"] not in names], [use for use in uses if use["name"] in names]


async def _ask(agent: Agent, messages: Messages, said: _Said) -> AsyncGenerator[Event, None]:
    """One call of the model."""
    stream = agent.model.stream(messages, agent.tool_specs(), agent.system_prompt)
    async for event in stream:
        for told in said.take(cast("Mapping[str, Any]", event)):
            yield told


@dataclass(slots=True)
class _Said:
    """A message of the model's while it comes."""

    blocks: list[ContentBlock] = field(default_factory=list)
    uses: list[ToolUse] = field(default_factory=list)
    _text: str = ""
    _use: ToolUse | None = None
    _input: str = ""
    _index: int = 0

    def take(self, event: Mapping[str, Any]) -> Iterator[Event]:
        """The stream's events for one of the model's."""
        ((name, content),) = event.items()
        match name:
            case "messageStart" | "messageStop":
                yield name, self._known(name, content)
            case "contentBlockStart":
                yield from self._start(content.get("start", {}))
            case "contentBlockDelta":
                yield from self._take_delta(content["delta"])
            case "contentBlockStop":
                self._finish_block()
                yield "contentBlockStop", {"contentBlockIndex": self._index}
                self._index += 1
            case "metadata":
                usage = {**NO_TOKENS, **content.get("usage", {})}
                latency = content.get("metrics", {}).get("latencyMs", 0)
                yield "metadata", {"usage": usage, "metrics": {"latencyMs": latency}}

    def message(self, uses: Sequence[ToolUse]) -> Message:
        """The message with only these of its uses."""
        used: list[ContentBlock] = [{"toolUse": use} for use in uses]
        return {"role": "assistant", "content": [*self.blocks, *used]}

    def _known(self, name: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """The members that the Harness's event has."""
        key = "role" if name == "messageStart" else "stopReason"
        return {key: content[key]}

    def _start(self, start: Mapping[str, Any]) -> Iterator[Event]:
        self._text, self._use, self._input = "", None, ""
        if "toolUse" in start:
            begun = start["toolUse"]
            self._use = {"toolUseId": begun["toolUseId"], "name": begun["name"], "input": {}}
            told = {"toolUseId": begun["toolUseId"], "name": begun["name"]}
            yield "contentBlockStart", {"contentBlockIndex": self._index, "start": {"toolUse": told}}

    def _take_delta(self, delta: Mapping[str, Any]) -> Iterator[Event]:
        if delta.get("text"):
            self._text += delta["text"]
            yield "contentBlockDelta", {"contentBlockIndex": self._index, "delta": {"text": delta["text"]}}
        elif delta.get("toolUse", {}).get("input"):
            piece = delta["toolUse"]["input"]
            self._input += piece
            yield "contentBlockDelta", {"contentBlockIndex": self._index, "delta": {"toolUse": {"input": piece}}}

    def _finish_block(self) -> None:
        if self._use is not None:
            self._use["input"] = _read_input(self._input)
            self.uses.append(self._use)
        elif self._text:
            self.blocks.append({"text": self._text})


def _read_input(text: str) -> Any:
    try:
        return json.loads(text or "{}")
    except ValueError:
        return {}


async def _use(agent: Agent, use: ToolUse, call_tool: CallTool) -> ToolResult:
    tool = next((each for each in agent.gateway_tools if each.name == use["name"]), None)
    if tool is None:
        return _result(use, "error", f"There is no tool {use['name']}")
    try:
        return _result(use, "success", await call_tool(tool, use["input"]))
    except ToolFailed as failed:
        return _result(use, "error", str(failed))


def _result(use: ToolUse, status: Literal["success", "error"], text: str) -> ToolResult:
    return {"toolUseId": use["toolUseId"], "status": status, "content": [{"text": text}]}


def _tell_results(results: Sequence[ToolResult]) -> Iterator[Event]:
    yield "messageStart", {"role": "user"}
    for index, result in enumerate(results):
        start = {"toolResult": {"toolUseId": result["toolUseId"], "status": result["status"]}}
        yield "contentBlockStart", {"contentBlockIndex": index, "start": start}
        told = [dict(content) for content in result["content"]]
        yield "contentBlockDelta", {"contentBlockIndex": index, "delta": {"toolResult": told}}
        yield "contentBlockStop", {"contentBlockIndex": index}
    yield "messageStop", {"stopReason": "tool_result"}
