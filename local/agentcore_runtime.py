"""The local face of Amazon Bedrock AgentCore Runtime: InvokeAgentRuntime and StopRuntimeSession, as boto3 speaks them.

    POST /runtimes/{percent-encoded arn}/invocations?qualifier=…        the payload and the answer as they are
    POST /runtimes/{percent-encoded arn}/stopruntimesession?qualifier=…

Requests are held against botocore's model and handed on to the program of the runtime, which is a process of its own
with the template's environment, started anew when it has ended or its sources have changed. The answer streams through
as it comes. The rule: what the program says is passed on untouched; only its failure to answer becomes an AWS error.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Scope

from local.activity import Activity
from local.agent_resources import Runtime
from local.event_stream import FailNext, StreamFailure, never_fail
from local.guard import Guard
from local.runtime_process import LOOK_EVERY_SECONDS, PROGRAM, RuntimeDown, RuntimeProcess, runtime_variables
from local.server_sent_events import fail_after
from local.wire import AwsError, Operation, read_body, render_error

SERVICE: Final = "bedrock-agentcore"
INVOKE: Final = Operation(SERVICE, "InvokeAgentRuntime")
STOP: Final = Operation(SERVICE, "StopRuntimeSession")
MOST_BODY_BYTES: Final = 100_000_000
SESSION_HEADER: Final = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
DEFAULT_ENDPOINT: Final = "DEFAULT"
"""The endpoint that every runtime has; the laptop knows no other."""

ContactOf = Callable[[Request], str | None]
"""The chat that a request is about, as far as whoever signed it works for one."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Where the processes run, and what becomes of them."""

    root: Path
    logs: Path
    guard: Guard
    activity: Activity
    variables: Callable[[], Mapping[str, str]]
    """What the laptop says in place of the template's variables: the team's folder and its model."""
    origin: Callable[[], str]
    cut: Callable[[Scope], None]
    """Closes the connection of a request at once."""
    program: str = PROGRAM


class AgentCoreRuntime:
    """The template's runtime, for any number of sessions at once."""

    def __init__(self, *, runtime: Callable[[], Runtime | None], host: Host, contact_of: ContactOf) -> None:
        """`fail_next` may be set at any time; its failures are events of our own protocol."""
        self.fail_next: FailNext = never_fail
        self.ended: set[str] = set()
        self._runtime = runtime
        self._host = host
        self._contact_of = contact_of
        self._client: httpx.AsyncClient | None = None
        self._process: RuntimeProcess | None = None
        self._access_key = ""
        self._keys = itertools.count(1)
        self._starting = asyncio.Lock()
        self._stale = False
        self._ending: set[asyncio.Task[None]] = set()
        self._sessions: set[str] = set()
        self._answering: list[str | None] = []
        """The contact of each request under way."""

    @property
    def pid(self) -> int | None:
        """Of the process that answers the next request, if it is up."""
        return self._process.pid if self._process and self._process.is_alive else None

    def caller_of(self, access_key: str) -> tuple[str, str | None] | None:
        """Whose call is signed with this key: the runtime's name, and the chat if only one is being answered."""
        runtime = self._runtime()
        if not self._access_key or access_key != self._access_key or runtime is None:
            return None
        chats = set(self._answering)
        return runtime.shown_as, chats.pop() if len(chats) == 1 else None

    def crash(self, access_key: str) -> None:
        """Kill the process that signs with this key; every session that it answers loses it."""
        if self._process is not None and access_key == self._access_key:
            self._process.crash()

    async def warm_up(self) -> None:
        """Have the process up. Raises `RuntimeDown`."""
        runtime = self._runtime()
        if runtime is not None:
            await self._up(runtime)

    def renew(self) -> None:
        """The next request gets a fresh process; what is being answered is finished in the old one."""
        self._stale = True

    async def close(self) -> None:
        if self._process is not None:
            await self._process.end()
        for ending in self._ending:
            ending.cancel()
        await asyncio.gather(*self._ending, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def invoke(self, request: Request) -> Response:
        """Answer one InvokeAgentRuntime."""
        try:
            runtime, asked = await self._read(INVOKE, request)
            process = await self._up_or_refuse(runtime)
            self._sessions.add(asked.get("runtimeSessionId", ""))
            return await self._forward(request, runtime, process, asked)
        except AwsError as error:
            return render_error(SERVICE, error)

    async def stop(self, request: Request) -> Response:
        """Answer one StopRuntimeSession. The session ends; the process goes on, because it is everybody's."""
        try:
            _, asked = await self._read(STOP, request)
            self._forget(asked["runtimeSessionId"])
        except AwsError as error:
            return render_error(SERVICE, error)
        return JSONResponse({}, headers={SESSION_HEADER: asked["runtimeSessionId"]})

    def _forget(self, session_id: str) -> None:
        if session_id not in self._sessions:
            raise AwsError("ResourceNotFoundException", "There is no such session")
        self._sessions.discard(session_id)
        self.ended.add(session_id)

    async def _read(self, operation: Operation, request: Request) -> tuple[Runtime, dict[str, Any]]:
        body = await read_body(request, MOST_BODY_BYTES)
        if body is None:
            raise AwsError("ValidationException", f"The request is cut off or larger than {MOST_BODY_BYTES} bytes")
        asked = operation.read(request.path_params, request.headers, body, query=request.query_params)
        runtime = self._runtime()
        endpoint = asked.get("qualifier", DEFAULT_ENDPOINT)
        if runtime is None or asked["agentRuntimeArn"] != runtime.arn or endpoint != DEFAULT_ENDPOINT:
            raise AwsError("ResourceNotFoundException", f"No endpoint or agent found with qualifier '{endpoint}'")
        return runtime, asked

    async def _up_or_refuse(self, runtime: Runtime) -> RuntimeProcess:
        try:
            return await self._up(runtime)
        except RuntimeDown as down:
            logger.error("the runtime's process does not start: %s", down)  # noqa: TRY400  (one line says it all)
            raise AwsError(
                "RuntimeClientError", "The runtime's process did not start; the stack's log says why"
            ) from down

    async def _up(self, runtime: Runtime) -> RuntimeProcess:
        """The process that answers, started if there is none or a stale one."""
        async with self._starting:
            if self._process is None or self._stale or not self._process.is_alive:
                self._put_away(self._process)
                self._process, self._stale = None, False
                self._process = await self._start(runtime)
            return self._process

    async def _start(self, runtime: Runtime) -> RuntimeProcess:
        _, _, _, region, _, _ = runtime.arn.split(":")
        access_key = f"RUNTIME{next(self._keys):013d}"
        ours = runtime_variables(root=self._host.root, origin=self._host.origin(), access_key=access_key, region=region)
        process = await RuntimeProcess.start(
            variables={**ours, **runtime.environment, **self._host.variables()},
            folder=self._host.root,
            log_file=self._host.logs / f"{runtime.name}.log",
            guard=self._host.guard,
            program=self._host.program,
        )
        self._access_key = access_key
        return process

    def _put_away(self, process: RuntimeProcess | None) -> None:
        if process is not None:
            ending = asyncio.get_running_loop().create_task(_end_when_idle(process))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def _forward(
        self, request: Request, runtime: Runtime, process: RuntimeProcess, asked: Mapping[str, Any]
    ) -> Response:
        contact_id = self._contact_of(request)
        started = time.monotonic()
        self._begin(runtime, process, contact_id)

        def finish(error: str = "") -> None:
            self._finish(runtime, process, contact_id, ms=round((time.monotonic() - started) * 1000), error=error)

        try:
            answer = await self._ask(process, request, asked)
        except BaseException as error:
            finish(type(error).__name__)
            if isinstance(error, httpx.TransportError):
                raise AwsError("RuntimeClientError", "The runtime's process ended before it answered") from error
            raise
        if not answer.is_success:
            await answer.aclose()
            finish(f"HTTP {answer.status_code}")
            raise AwsError("RuntimeClientError", f"Received error ({answer.status_code}) from runtime")
        failure = self.fail_next(asked.get("runtimeSessionId", ""))
        headers = {"Content-Type": answer.headers.get("content-type", "application/json")}
        if "runtimeSessionId" in asked:
            headers[SESSION_HEADER] = asked["runtimeSessionId"]
        return StreamingResponse(self._body(answer, failure, request.scope, finish), headers=headers)

    async def _ask(self, process: RuntimeProcess, request: Request, asked: Mapping[str, Any]) -> httpx.Response:
        if self._client is None:
            self._client = httpx.AsyncClient(trust_env=False, timeout=httpx.Timeout(None, connect=5.0))
        told = {name: request.headers[name] for name in ("content-type", "accept") if name in request.headers}
        if "runtimeSessionId" in asked:
            told[SESSION_HEADER] = asked["runtimeSessionId"]
        payload = base64.b64decode(asked["payload"])
        sent = self._client.build_request("POST", f"{process.url}/invocations", content=payload, headers=told)
        return await self._client.send(sent, stream=True)

    async def _body(
        self, answer: httpx.Response, failure: StreamFailure | None, scope: Scope, finish: Callable[..., None]
    ) -> AsyncGenerator[bytes, None]:
        """The answer as it comes; a process that dies in the middle breaks the caller's connection, too."""
        error = ""
        try:
            pieces = answer.aiter_raw() if failure is None else fail_after(answer.aiter_raw(), failure)
            async for piece in pieces:
                yield piece
        except httpx.TransportError as broken:
            error = type(broken).__name__
            self._host.cut(scope)
        finally:
            finish(error)
            await answer.aclose()

    def _begin(self, runtime: Runtime, process: RuntimeProcess, contact_id: str | None) -> None:
        process.answering += 1
        self._answering.append(contact_id)
        self._report(runtime, contact_id, "started")

    def _finish(
        self, runtime: Runtime, process: RuntimeProcess, contact_id: str | None, *, ms: int, error: str
    ) -> None:
        process.answering -= 1
        self._answering.remove(contact_id)
        self._report(runtime, contact_id, "failed" if error else "finished", ms=ms, error=error)

    def _report(self, runtime: Runtime, contact_id: str | None, phase: str, *, ms: int = 0, error: str = "") -> None:
        self._host.activity.add("invocation", contact_id, function=runtime.shown_as, phase=phase, ms=ms, error=error)

    def routes(self) -> list[Route]:
        """Every route of this face."""
        at = "/runtimes/{agentRuntimeArn:path}"
        return [
            Route(f"{at}/invocations", self.invoke, methods=["POST"], name=f"{SERVICE}.InvokeAgentRuntime"),
            Route(f"{at}/stopruntimesession", self.stop, methods=["POST"], name=f"{SERVICE}.StopRuntimeSession"),
        ]


async def _end_when_idle(process: RuntimeProcess) -> None:
    try:
        while process.answering and process.is_alive:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
    finally:
        await process.end()
