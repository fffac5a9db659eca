"""The port is ours before anything else starts, or the start ends with one line."""

from __future__ import annotations

import socket

import pytest

from local.server import Server
from local.settings import CannotStart


async def test_a_busy_port_is_told_with_a_way_out() -> None:
    """Before workers, templates or tables are made."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(CannotStart, match=rf"port {port} is taken .* make run PORT={port + 1}"):
            Server(port)


async def test_port_0_takes_a_free_one_on_this_machine_only() -> None:
    """Tests and demos run beside a stack in use."""
    server = Server(0)

    assert server.origin == f"http://127.0.0.1:{server.port}"
    assert server.port > 0
    await server.close()
