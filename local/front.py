"""The one origin of the stack: all emulated services, the desk and the page behind one address.

It composes and protects; what the parts do is theirs. Rule: only requests for this very address are served, so that a
web page from elsewhere, or a name that was pointed at this machine, reaches nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from local.wire import refuse_unknown_operation

EVERY_METHOD: Final = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]
STARTS_A_CHAT: Final = {("PUT", "/contact/chat"), ("POST", "/local/chats")}


def front(routes: Sequence[BaseRoute], *, on_unknown: Callable[[str], None]) -> Starlette:
    """The routes, and a refusal for everything else that `on_unknown` hears about."""

    async def refuse(request: Request) -> Response:
        on_unknown(f"{request.method} {request.url.path}")
        return await refuse_unknown_operation(request)

    return Starlette(routes=[*routes, Route("/{path:path}", refuse, methods=EVERY_METHOD)])


class OnlyThisAddress:
    """Refuses what was not asked of `host` (`127.0.0.1:8080`), or is asked by a page of another origin."""

    def __init__(self, app: ASGIApp, *, host: str) -> None:
        self._app = app
        self._host = host.encode()
        self._origin = b"http://" + self._host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"} or self._is_welcome(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif self._was_meant(scope):
            await RedirectResponse(self._origin.decode() + "/")(scope, receive, send)
        else:
            refusal = PlainTextResponse(f"This is {self._origin.decode()} and nothing else.\n", status_code=403)
            await refusal(scope, receive, send)

    def _was_meant(self, scope: Scope) -> bool:
        """Somebody typed localhost: ChatJS connects to 127.0.0.1 only, so the page must be opened there."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        typed = b"localhost" + self._host.removeprefix(b"127.0.0.1")
        return headers.get(b"host") == typed and b"origin" not in headers and scope["path"] == "/"

    def _is_welcome(self, scope: Scope) -> bool:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        return headers.get(b"host") == self._host and headers.get(b"origin", self._origin) == self._origin


class BeforeChats:
    """Lets `prepare` finish before a chat is started: an edit made a moment ago counts for it."""

    def __init__(self, app: ASGIApp, *, prepare: Callable[[], Awaitable[None]]) -> None:
        self._app = app
        self._prepare = prepare

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (scope["method"], scope["path"]) in STARTS_A_CHAT:
            await self._prepare()
        await self._app(scope, receive, send)
