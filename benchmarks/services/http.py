"""HTTP/1.1 with keep-alive, as much of it as the SDK speaks: one request at a time on a connection, its length known.

It is small so that it takes little time: what it takes must fit into the delay that each answer has anyway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import cast

HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    method: str
    path: str
    """As it came, with what is escaped in it, without the query."""
    headers: Mapping[str, str]
    """By names in small letters."""
    body: bytes
    arrived: float
    """Monotonic seconds at its first byte."""


class Reply:
    """The way back; whole, or piece by piece."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def whole(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._transport.write(_head(status, {**headers, "content-length": str(len(body))}) + body)

    def begin(self, headers: Mapping[str, str]) -> None:
        self._transport.write(_head(200, {**headers, "transfer-encoding": "chunked"}))

    def piece(self, data: bytes) -> None:
        self._transport.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def end(self) -> None:
        self._transport.write(b"0\r\n\r\n")


Serve = Callable[[Request, Reply], Awaitable[None]]


class Connection(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._received = b""
        self._arrived: float | None = None
        self._serving: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # what a stream server makes

    def data_received(self, data: bytes) -> None:
        if self._arrived is None:
            self._arrived = asyncio.get_running_loop().time()
        self._received += data
        request = self._complete(self._arrived)
        if request is not None:
            self._received, self._arrived = b"", None
            self._serving = asyncio.ensure_future(self._serve(request, Reply(self._transport)))

    def connection_lost(self, _: Exception | None) -> None:
        if self._serving is not None:
            self._serving.cancel()

    def _complete(self, arrived: float) -> Request | None:
        head, found, body = self._received.partition(HEAD_END)
        if not found:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if len(body) < int(headers.get("content-length", 0)):
            return None
        method, path, _ = first.split(" ", 2)
        return Request(method=method, path=path.partition("?")[0], headers=headers, body=body, arrived=arrived)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} -\r\n{lines}\r\n".encode()
