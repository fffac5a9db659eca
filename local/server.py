"""The HTTP server of the stack: uvicorn on 127.0.0.1 and nowhere else.

It takes its port before anything else starts, leaves signals to the program, and can cut a single connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.settings import CannotStart

HOST = "127.0.0.1"
_GRACE_SECONDS = 1
_LOOK_EVERY_SECONDS = 0.005
_IDLE_SECONDS = 75
"""How long a connection that nobody uses is kept: one that closes just when it is used again looks like a fault."""


class Server:
    """A port that is ours from the start. Raises `CannotStart` if it is taken."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((HOST, port))
            self._socket.listen(128)
        except OSError as error:
            self._socket.close()
            raise CannotStart(_reason(port, error)) from error
        self.port: int = self._socket.getsockname()[1]
        self._server: _Uvicorn | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def host(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    async def start(self, app: ASGIApp) -> None:
        """Serve `app` from now on."""
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            http=H11Protocol,
            ws="websockets-sansio",
            timeout_graceful_shutdown=_GRACE_SECONDS,
            timeout_keep_alive=_IDLE_SECONDS,
        )
        self._server = _Uvicorn(config)
        self._serving = asyncio.get_running_loop().create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started and not self._serving.done():
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    def cut(self, scope: Scope) -> None:
        """Close the connection of a request at once, as if a cable had been pulled."""
        for connection in list(self._server.server_state.connections) if self._server else ():
            if isinstance(connection, H11Protocol) and connection.client == scope["client"]:
                connection.transport.abort()

    async def close(self) -> None:
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        self._socket.close()


class _Uvicorn(uvicorn.Server):
    """uvicorn, without its own handling of Ctrl-C: the stack ends in its own order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _reason(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken by another program. Stop it, or choose another port: make run PORT={port + 1}"
    return f"port {port} cannot be used: {error.strerror}"
