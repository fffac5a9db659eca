"""One origin: unknown calls are refused aloud, other origins are not served, edits count before a chat starts."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from local.front import BeforeChats, OnlyThisAddress, front

HERE = "http://127.0.0.1:8080"


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


async def greet(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


def guarded() -> ASGIApp:
    routes = [Route("/", hello), WebSocketRoute("/socket", greet)]
    return OnlyThisAddress(Starlette(routes=routes), host="127.0.0.1:8080")


async def get(app: ASGIApp, url: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return await client.get(url, headers=headers)


async def test_what_no_part_answers_is_refused_by_name() -> None:
    """A call that is not emulated must not look like one that was done."""
    heard: list[str] = []
    app = front([Route("/", hello)], on_unknown=heard.append)

    answer = await get(app, f"{HERE}/contact/metrics/i-1/c-1")

    assert answer.status_code == 404
    assert answer.headers["x-amzn-errortype"] == "UnknownOperationException"
    assert heard == ["GET /contact/metrics/i-1/c-1"]


@pytest.mark.parametrize(
    ("url", "headers", "status"),
    [
        (f"{HERE}/", {}, 200),
        (f"{HERE}/", {"Origin": HERE}, 200),
        ("http://localhost:8080/", {}, 307),
        ("http://localhost:8080/", {"Origin": "http://localhost:8080"}, 403),
        ("http://localhost:8080/local.json", {}, 403),
        ("http://127.0.0.1:9090/", {}, 403),
        ("http://rebound.example:8080/", {}, 403),
        (f"{HERE}/", {"Origin": "http://elsewhere.example"}, 403),
        (f"{HERE}/", {"Origin": "null"}, 403),
    ],
)
async def test_only_this_very_address_is_served(url: str, headers: dict[str, str], status: int) -> None:
    """A page from elsewhere, or a name pointed at this machine, could otherwise read the chats."""
    assert (await get(guarded(), url, **headers)).status_code == status


def test_a_socket_of_another_origin_is_refused() -> None:
    """Browsers open sockets across origins without asking."""
    client = TestClient(guarded(), base_url=HERE)

    with client.websocket_connect("ws://127.0.0.1:8080/socket", headers={"Origin": HERE}):
        pass
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("ws://127.0.0.1:8080/socket", headers={"Origin": "http://elsewhere.example"}),
    ):
        pass


@pytest.mark.parametrize(
    ("method", "path", "prepared"),
    [("PUT", "/contact/chat", 1), ("POST", "/local/chats", 1), ("POST", "/participant/message", 0)],
)
async def test_edits_are_taken_over_before_a_chat_starts(method: str, path: str, prepared: int) -> None:
    """And not before every message: that would cost each one a look at the files."""
    looked: list[None] = []

    async def look() -> None:
        looked.append(None)

    app = BeforeChats(Starlette(routes=[Route(path, hello, methods=[method])]), prepare=look)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as client:
        await client.request(method, path)

    assert len(looked) == prepared
