"""Which call it is, how long it takes and what it answers.

Paths are those of botocore's service models. A call that is not known here is refused aloud.
"""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import botocore.session

from benchmarks.services import streams
from benchmarks.services.answers import answer_to, token_seconds
from benchmarks.services.calls import Calls
from benchmarks.services.http import Reply, Request
from benchmarks.services.tables import TARGET, Tables
from local.event_stream import MEDIA_TYPE

DYNAMODB_SECONDS = 0.005
CONNECT_SECONDS = 0.030
GUARDRAIL_SECONDS = 0.100
"""No figure of Amazon's is known for ApplyGuardrail; this is a choice, and its floors hold the same."""
TOKEN = "t" * 1000
"""Of a participant or a connection, as long as they are said to become."""
LASTS = "2100-01-01T00:00:00.000Z"
JSON = {"content-type": "application/json"}
AMZ_JSON = {"content-type": "application/x-amz-json-1.0"}

Pieces = Callable[[Request, str], Iterator[streams.Piece]]


def _id() -> dict[str, Any]:
    return {"Id": str(uuid.uuid4()), "AbsoluteTime": LASTS}


PLAIN: Mapping[str, tuple[str, float, Callable[[], Mapping[str, Any]]]] = {
    "StartContactStreaming": ("connect", CONNECT_SECONDS, lambda: {"StreamingId": str(uuid.uuid4())}),
    "StopContactStreaming": ("connect", CONNECT_SECONDS, dict),
    "CreateParticipant": (
        "connect",
        CONNECT_SECONDS,
        lambda: {"ParticipantCredentials": {"ParticipantToken": TOKEN, "Expiry": LASTS}, "ParticipantId": "p"},
    ),
    "UpdateContactAttributes": ("connect", CONNECT_SECONDS, dict),
    "CreateParticipantConnection": (
        "connectparticipant",
        CONNECT_SECONDS,
        lambda: {"ConnectionCredentials": {"ConnectionToken": TOKEN, "Expiry": LASTS}},
    ),
    "SendMessage": ("connectparticipant", CONNECT_SECONDS, _id),
    "SendEvent": ("connectparticipant", CONNECT_SECONDS, _id),
    "DisconnectParticipant": ("connectparticipant", CONNECT_SECONDS, dict),
    "GetTranscript": ("connectparticipant", CONNECT_SECONDS, lambda: {"Transcript": []}),
    "ApplyGuardrail": (
        "bedrock-runtime",
        GUARDRAIL_SECONDS,
        lambda: {"usage": {}, "action": "NONE", "outputs": [], "assessments": []},
    ),
    "StopRuntimeSession": ("bedrock-agentcore", CONNECT_SECONDS, dict),
    "Invoke": ("lambda", CONNECT_SECONDS, dict),
}
"""Answered at once: service, delay, answer."""


def _bedrock_agents(request: Request, text: str) -> Iterator[streams.Piece]:
    return streams.of_bedrock_agents(answer_to(text), traced=json.loads(request.body).get("enableTrace", False))


STREAMED: Mapping[str, tuple[str, str, Pieces]] = {
    "InvokeAgent": ("bedrock-agent-runtime", MEDIA_TYPE, _bedrock_agents),
    "InvokeAgentRuntime": (
        "bedrock-agentcore",
        "text/event-stream",
        lambda _, text: streams.of_runtime(answer_to(text)),
    ),
    "InvokeHarness": ("bedrock-agentcore", MEDIA_TYPE, lambda _, text: streams.of_harness(answer_to(text))),
}
"""Answered token by token: service, content type, pieces."""


class Operations:
    """All of them, on one table."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._tables = Tables()
        self._routes = list(_routes())

    async def serve(self, request: Request, reply: Reply) -> None:
        target = request.headers.get("x-amz-target", "")
        if target.startswith(TARGET):
            await self._serve_table(target.partition(".")[2], request, reply)
            return
        name = next((name for way, name in self._routes if way.fullmatch(f"{request.method} {request.path}")), None)
        if name is None:
            reply.whole(404, JSON, json.dumps({"message": f"{request.method} {request.path} is not known"}).encode())
        elif name in STREAMED:
            await self._serve_stream(name, request, reply)
        else:
            await self._serve_plain(name, request, reply)

    async def _serve_table(self, operation: str, request: Request, reply: Reply) -> None:
        call = self._calls.note(operation, request.arrived)
        counted = self._tables.serve(operation, request.body)
        call.write_units, call.read_units = counted.write_units, counted.read_units
        call.answered = await _at(request.arrived + DYNAMODB_SECONDS)
        reply.whole(counted.status, AMZ_JSON, counted.body)

    async def _serve_plain(self, name: str, request: Request, reply: Reply) -> None:
        call = self._calls.note(name, request.arrived)
        _, seconds, answer = PLAIN[name]
        body = json.dumps(answer()).encode()
        call.answered = await _at(request.arrived + seconds)
        reply.whole(200, JSON, body)

    async def _serve_stream(self, name: str, request: Request, reply: Reply) -> None:
        call = self._calls.note(name, request.arrived)
        _, content_type, pieces_of = STREAMED[name]
        begun = False
        for number, piece in [*pieces_of(request, request.body.decode())]:
            call.answered = await _at(request.arrived + token_seconds(number))
            if not begun:
                reply.begin({"content-type": content_type})
                begun = True
            reply.piece(piece)
        reply.end()


async def _at(moment: float) -> float:
    """Wait until then; the moment it has become."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(max(0.0, moment - loop.time()))
    return loop.time()


def _routes() -> Iterator[tuple[re.Pattern[str], str]]:
    session = botocore.session.get_session()
    services = {name: service for name, (service, _, _) in [*PLAIN.items(), *STREAMED.items()]}
    for name, service in services.items():
        http = session.get_service_model(service).operation_model(name).http
        way = re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(f"{http['method']} {http['requestUri'].partition('?')[0]}"))
        yield re.compile(way), name
