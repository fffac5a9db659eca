"""The process of an AgentCore Runtime as the stack sees it: a child that listens on a port of its own, and its end.

AgentCore gives every session a machine of its own; here one process has all of them, which the program allows, because
a laptop would pay two seconds and 100 MB for each chat. Rule: a process that is up answers `/ping`; one that is not is
never asked anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import httpx

from local.guard import Guard, kill_group
from local.server import HOST

PROGRAM: Final = "agents.runtime"
START_SECONDS: Final = 60.0
"""Real time. It imports Strands and the SDK: two seconds on a quiet machine."""
LOOK_EVERY_SECONDS: Final = 0.05
END_SECONDS: Final = 3.0
"""What it may take to end by itself."""


class RuntimeDown(Exception):
    """The process does not run; the message is one line."""


class RuntimeProcess:
    """One child process. Make it with `start`, end it with `end`."""

    def __init__(self, process: subprocess.Popen[bytes], *, url: str, guard: Guard) -> None:
        self._process = process
        self._guard = guard
        self.url = url
        self.answering = 0
        """Requests under way."""

    @classmethod
    async def start(
        cls, *, variables: Mapping[str, str], folder: Path, log_file: Path, guard: Guard, program: str = PROGRAM
    ) -> RuntimeProcess:
        """Start the program and wait until it answers. Raises `RuntimeDown`."""
        port = _free_port()
        told = {**variables, "HOST": HOST, "PORT": str(port)}
        process = _spawn(program, variables=told, folder=folder, log_file=log_file)
        guard.watch(process.pid)
        started = cls(process, url=f"http://{HOST}:{port}", guard=guard)
        try:
            await started._wait_until_ready(log_file)
        except BaseException:
            await started.end(at_once=True)
            raise
        return started

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def crash(self) -> None:
        """Kill it at once, as a fault of its machine would; `end` still has to be called."""
        kill_group(self._process.pid)

    async def end(self, *, at_once: bool = False) -> None:
        """Let it end by itself, but not for long."""
        if self.is_alive and not at_once:
            self._process.send_signal(signal.SIGTERM)
            await self._wait(END_SECONDS)
        if self.is_alive:
            kill_group(self._process.pid)
        await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, self._process.wait))
        self._guard.release(self._process.pid)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            waiting = asyncio.get_running_loop().run_in_executor(None, self._process.wait, seconds)
            await asyncio.shield(waiting)

    async def _wait_until_ready(self, log_file: Path) -> None:
        ends_at = time.monotonic() + START_SECONDS
        async with httpx.AsyncClient(trust_env=False) as client:
            while not await self._answers(client):
                if not self.is_alive:
                    raise RuntimeDown(_last_words(log_file))
                if time.monotonic() > ends_at:
                    raise RuntimeDown(f"it did not start within {START_SECONDS:.0f} s")
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _answers(self, client: httpx.AsyncClient) -> bool:
        try:
            answer = await client.get(f"{self.url}/ping")
        except httpx.TransportError:
            return False
        return answer.is_success


def runtime_variables(*, root: Path, origin: str, access_key: str, region: str) -> dict[str, str]:
    """What AgentCore gives every process: its Region, its credentials, and here the way to the emulated services."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": str(root),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "TZ": ":UTC",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_ENDPOINT_URL": origin,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "OTEL_SDK_DISABLED": "true",
    }


def _spawn(program: str, *, variables: Mapping[str, str], folder: Path, log_file: Path) -> subprocess.Popen[bytes]:
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", program],
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,  # Ctrl-C in the terminal is for the stack, which then ends its children
        )


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
        return port


def _last_words(log_file: Path) -> str:
    lines = [line.strip() for line in log_file.read_text(encoding="utf-8", errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "it ended and said nothing")
