"""The program as a real process, and the part of AWS it speaks to on loopback."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.agentcore_memory import AgentCoreMemory, routes
from tests.local.serving import running
from tests.running_stack import eventually

ROOT = Path(__file__).parents[3]
MEMORY = "sessions-a1b2c3d4e5"
TOOL = "arn:aws:lambda:us-east-1:111122223333:function:LoansTool:live"
SESSION = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
START_SECONDS = 60.0
RENEWED = {"status": "renewed", "until": "2027-01-02"}

Events = list[dict[str, Any]]


@dataclass
class Aws:
    """AgentCore Memory, and a Lambda function that renews loans. To Memory each call comes a second after the last.

    `failing` makes an operation of Memory fail with a code.
    """

    url: str = ""
    memory: AgentCoreMemory = field(
        default_factory=lambda: AgentCoreMemory(
            knows=lambda memory_id: memory_id == MEMORY, now=partial(next, itertools.count(1_800_000_000.0))
        )
    )
    tool_events: list[dict[str, Any]] = field(default_factory=list)
    tool_answer: Any = field(default_factory=lambda: answer(RENEWED))
    function_error: str = ""
    tool_asked: threading.Event = field(default_factory=threading.Event)
    tool_may_answer: threading.Event = field(default_factory=threading.Event)
    """Set unless a test holds the answer back."""
    failing: dict[str, str] = field(default_factory=dict)

    async def invoke(self, request: Request) -> Response:
        assert request.path_params["name"] == TOOL
        self.tool_events.append(await request.json())
        self.tool_asked.set()
        await asyncio.to_thread(self.tool_may_answer.wait, START_SECONDS)
        headers = {"X-Amz-Function-Error": self.function_error} if self.function_error else {}
        return JSONResponse(self.tool_answer, headers=headers)

    def events(self) -> list[dict[str, Any]]:
        """All that Memory keeps."""
        return [event for session in self.memory._sessions.values() for event in session.events]

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/2015-03-31/functions/{name}/invocations", self.invoke, methods=["POST"]),
                *(Route(r.path, self._unless_failing(r), methods=list(r.methods or ())) for r in routes(self.memory)),
            ]
        )

    def _unless_failing(self, route: Route) -> Any:
        async def serve(request: Request) -> Response:
            code = self.failing.get(route.name.rpartition(".")[2])
            if code:
                return JSONResponse({"message": "no"}, status_code=400, headers={"x-amzn-ErrorType": code})
            response: Response = await route.endpoint(request)
            return response

        return serve


def answer(result: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """What a tool's function answers."""
    body = {"TEXT": {"body": json.dumps(result)}}
    return {"messageVersion": "1.0", "response": {"functionResponse": {"responseBody": body, **more}}}


@contextmanager
def aws() -> Iterator[Aws]:
    made = Aws()
    made.tool_may_answer.set()
    with running(made.app()) as (url, _):
        made.url = url
        yield made


@dataclass
class Program:
    """A running process. `logs` is what it wrote, once it has ended."""

    process: subprocess.Popen[str]
    http: httpx.Client
    logs: str = ""

    def invoke(self, session_id: str = "session-1", **payload: Any) -> Events:
        """The events of one answer."""
        common = {"contactId": "contact-1", "turnId": "turn-1", "language": "en", "told": {}}
        headers = {SESSION: session_id}
        response = self.http.post("/invocations", json={**common, **payload}, headers=headers)
        assert response.headers["content-type"].startswith("text/event-stream")
        return [json.loads(line.removeprefix("data: ")) for line in response.text.splitlines() if line]

    def hang_up(self, cloud: Aws, **payload: Any) -> None:
        """Ask, and be gone once the tool is being used."""
        cloud.tool_asked.clear()
        cloud.tool_may_answer.clear()
        with socket.create_connection((self.http.base_url.host, self.http.base_url.port or 0)) as line:
            body = json.dumps({"contactId": "contact-1", "turnId": "turn-1", "language": "en", **payload})
            head = ("POST /invocations HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", f"{SESSION}: session-1")
            line.sendall("\r\n".join((*head, "", body)).encode())
            assert cloud.tool_asked.wait(START_SECONDS)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self._collect()

    def stop(self) -> None:
        self.process.terminate()
        self._collect()

    def _collect(self) -> None:
        self.logs += self.process.communicate(timeout=START_SECONDS)[0]


@contextmanager
def program(
    team: Path, cloud: Aws | None = None, *, start: Sequence[str] = ("-m", "agents.runtime"), **environment: str
) -> Iterator[Program]:
    """The process, listening; killed at the end if it still runs."""
    port = _free_port()
    variables = {
        "PATH": os.environ["PATH"],
        "TEAM": str(team),
        "PORT": str(port),
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_EC2_METADATA_DISABLED": "true",
        "TOOL_FUNCTIONS": json.dumps({"LoansTool": TOOL}),
        **({"AWS_ENDPOINT_URL": cloud.url, "MEMORY_ID": MEMORY} if cloud else {}),
        **environment,
    }
    process = subprocess.Popen(
        [sys.executable, *start],
        cwd=ROOT,
        env=variables,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=START_SECONDS) as http:
        made = Program(process, http)
        try:
            _wait_for_ping(made)
            yield made
        finally:
            if process.poll() is None:
                made.kill()


def text_of(events: Events) -> str:
    return "".join(event.get("text", "") for event in events)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _wait_for_ping(made: Program) -> None:
    def listens() -> bool:
        assert made.process.poll() is None, made.process.communicate()[0]
        try:
            return bool(made.http.get("/ping").json()["status"] == "Healthy")
        except httpx.TransportError:
            return False

    eventually(listens, seconds=START_SECONDS, instead=lambda: "no answer to /ping")
