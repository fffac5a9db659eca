"""An answer on the wire of each backend: pieces of bytes, each with the token that brings it.

Bedrock Agents and the Harness frame events, the Runtime's program writes lines of server-sent events, in the form that
the adapters read.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.services.answers import CONTROL, CONTROL_TOKENS
from local.event_stream import frame

Piece = tuple[int, bytes]
"""The number of the token it comes with, and what comes."""
DESCRIPTION = "The customer wants to talk to a person about a lamp that came broken."


def of_bedrock_agents(tokens: Sequence[str] | None, *, traced: bool) -> Iterator[Piece]:
    if traced:
        thought = {"modelInvocationInput": {"type": "ORCHESTRATION", "text": "How the agent is told what it is."}}
        yield 1, frame("trace", {"trace": {"orchestrationTrace": thought}})
    if tokens is None:
        yield CONTROL_TOKENS, frame("returnControl", _returned_control())
        return
    for number, token in enumerate(tokens, start=1):
        yield number, frame("chunk", {"bytes": base64.b64encode(token.encode()).decode()})


def of_runtime(tokens: Sequence[str] | None) -> Iterator[Piece]:
    if tokens is None:
        call = {"function": CONTROL, "actionGroup": "escalation", "parameters": {"description": DESCRIPTION}}
        yield CONTROL_TOKENS, _line({"control": {"calls": [call], "pending": "interrupt-1"}})
        return
    for number, token in enumerate(tokens, start=1):
        yield number, _line({"text": token})
    usage = {"inputTokens": 400, "outputTokens": len(tokens)}
    yield len(tokens), _line({"finished": {"usage": usage}})


def of_harness(tokens: Sequence[str] | None) -> Iterator[Piece]:
    yield 1, frame("messageStart", {"role": "assistant"})
    if tokens is None:
        start = {"toolUse": {"toolUseId": "tool-1", "name": CONTROL, "type": "tool_use"}}
        given = {"toolUse": {"input": json.dumps({"description": DESCRIPTION})}}
        yield 1, frame("contentBlockStart", {"contentBlockIndex": 0, "start": start})
        yield CONTROL_TOKENS, frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": given})
        yield CONTROL_TOKENS, _harness_end("tool_use", CONTROL_TOKENS)
        return
    for number, token in enumerate(tokens, start=1):
        yield number, frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": token}})
    yield len(tokens), _harness_end("end_turn", len(tokens))


def _harness_end(reason: str, tokens: int) -> bytes:
    usage = {"inputTokens": 400, "outputTokens": tokens, "totalTokens": 400 + tokens}
    return b"".join(
        (
            frame("contentBlockStop", {"contentBlockIndex": 0}),
            frame("messageStop", {"stopReason": reason}),
            frame("metadata", {"usage": usage, "metrics": {"latencyMs": 1000}}),
        )
    )


def _returned_control() -> dict[str, Any]:
    called = {
        "actionGroup": "escalation",
        "function": CONTROL,
        "agentId": "AGENT12345",
        "actionInvocationType": "RESULT",
        "parameters": [{"name": "description", "type": "string", "value": DESCRIPTION}],
    }
    return {"invocationId": "invocation-1", "invocationInputs": [{"functionInvocationInput": called}]}


def _line(event: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()
