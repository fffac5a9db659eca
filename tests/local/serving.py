"""The emulated chat behind a real server, for tests that speak HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import boto3
import httpx
import uvicorn
from botocore.config import Config
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from local import connect_api, desk, participant_api, sockets
from local.chat import Chats
from local.happenings import Listeners
from local.wire import refuse_unknown_operation
from tests.local.chat_rooms import FLOW, INSTANCE_ARN, MovableTime

if TYPE_CHECKING:
    from types_boto3_connect import ConnectClient
    from types_boto3_connectparticipant import ConnectParticipantClient

EVERY_METHOD = ["GET", "POST", "PUT", "DELETE", "PATCH"]
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass
class Served:
    """The running emulator and clients for it. `time` is its clock; clients do not retry."""

    origin: str
    chats: Chats
    time: MovableTime
    connect: ConnectClient
    participant: ConnectParticipantClient
    http: httpx.Client
    loop: asyncio.AbstractEventLoop

    def call(self, act: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        """Call into the emulator from its own event loop, as flow driver and desk do."""

        async def run() -> Result:
            return act(*args, **kwargs)

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(timeout=5)

    def queue(self, contact_id: str) -> None:
        self.call(self.chats.set_target_queue, contact_id, self.chats.default_queue_arn)
        assert self.call(self.chats.enqueue, contact_id)


def app_of(chats: Chats) -> Starlette:
    """All faces of the emulated chat on one origin."""
    return Starlette(
        routes=[
            *connect_api.routes(chats),
            *participant_api.routes(chats),
            *sockets.routes(chats),
            Mount("/desk", routes=desk.routes(chats)),
            Route("/{path:path}", refuse_unknown_operation, methods=EVERY_METHOD),
        ]
    )


@contextmanager
def serving(*, quotas: bool = False) -> Iterator[Served]:
    """The emulator on a free port of this machine, until the block ends."""
    time = MovableTime()
    chats = Chats(
        INSTANCE_ARN,
        time,
        lambda: str(uuid.uuid4()),
        Listeners(),
        quotas=quotas,
        knows_flow=lambda flow_id: flow_id == FLOW,
    )
    with running(app_of(chats)) as (origin, loop), httpx.Client(base_url=origin) as http:
        session = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name="local")
        once = Config(retries={"total_max_attempts": 1})
        connect = session.client("connect", endpoint_url=origin, config=once)
        participant = session.client("connectparticipant", endpoint_url=origin, config=once)
        yield Served(origin, chats, time, connect, participant, http, loop)
        connect.close()
        participant.close()


@contextmanager
def running(app: Starlette) -> Iterator[tuple[str, asyncio.AbstractEventLoop]]:
    """An app on a free port: its origin and its event loop."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    ready: list[asyncio.AbstractEventLoop] = []
    started = threading.Event()

    async def run() -> None:
        ready.append(asyncio.get_running_loop())
        serving = asyncio.ensure_future(server.serve(sockets=[listening]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.005)
        started.set()
        await serving

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert started.wait(timeout=10)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", ready[0]
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()
