"""A Lambda execution environment as the stack sees it: one child process, its connection, its freezing and its end.

It does not choose which event runs where; `workers` does. Rule: one event at a time, and between events it is frozen,
as Lambda freezes it, so that nothing a function left running goes on unseen.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from local.clock import Clock
from local.guard import Guard, kill_group
from local.template import Function

INIT_LIMIT_SECONDS: Final = 60.0
"""Real time. Lambda allows 10 s; a laptop that is starting eight of them at once may need more."""
PAYLOAD_LIMIT_BYTES: Final = 6 * 1024 * 1024
"""Of a synchronous invoke, each way (LD:gettingstarted-limits, read 2026-11)."""
_CLOCK_STEP_SECONDS: Final = 1.0


class FunctionError(Exception):
    """The function failed; `payload` is what Lambda answers: errorMessage, errorType and, if it raised, stackTrace."""

    def __init__(self, payload: Mapping[str, Any]) -> None:
        super().__init__(f"{payload.get('errorType', 'Error')}: {payload.get('errorMessage', '')}")
        self.payload = dict(payload)

    def in_one_line(self) -> str:
        """At most 300 characters of it."""
        return " ".join(str(self).split())[:300]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One event for one function. A retry of Lambda's repeats the request id."""

    request_id: str
    function: Function
    invoked_arn: str
    event: Any
    client_context: Mapping[str, Any] | None
    contact_id: str | None


class ExecutionEnvironment:
    """One child process of a function. Make it with `start`, end it with `kill`."""

    def __init__(
        self,
        *,
        process: subprocess.Popen[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        clock: Clock,
        guard: Guard,
        access_key: str,
        generation: int,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._guard = guard
        self.access_key = access_key
        self.generation = generation

    @classmethod
    async def start(
        cls,
        *,
        variables: Mapping[str, str],
        folder: Path,
        log_file: Path,
        clock: Clock,
        guard: Guard,
        generation: int,
    ) -> ExecutionEnvironment:
        """Start a process and import the handler's module in it. Raises `FunctionError` if that fails."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                reader, writer = await asyncio.open_connection(sock=ours, limit=2 * PAYLOAD_LIMIT_BYTES)
            except BaseException:
                ours.close()
                raise
            try:
                process = _spawn(theirs, variables=variables, folder=folder, log_file=log_file)
            except OSError:
                writer.close()
                raise
        guard.watch(process.pid)
        started = cls(
            process=process,
            reader=reader,
            writer=writer,
            clock=clock,
            guard=guard,
            access_key=variables["AWS_ACCESS_KEY_ID"],
            generation=generation,
        )
        try:
            await started._wait_until_ready()
        except BaseException:
            await started.kill()
            raise
        return started

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    async def run(self, invocation: Invocation) -> Any:
        """The function's answer. Raises `FunctionError`; after a timeout or a crash the process is dead."""
        deadline = self._clock.now() + invocation.function.timeout_seconds
        self.thaw()
        try:
            told = self._clock.offset_seconds
            self._send({"invoke": self._as_message(invocation, deadline)})
            reply = await self._reply_before(deadline, told)
        except TimeoutError:
            await self.kill()
            seconds = invocation.function.timeout_seconds
            raise FunctionError(_timed_out(invocation.request_id, seconds)) from None
        except ConnectionError:
            raise FunctionError(_exited(invocation.request_id, await self.kill())) from None
        if "error" in reply:
            raise FunctionError(reply["error"])
        return json.loads(reply["result"])

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def crash(self) -> None:
        """End the process as a fault would; whoever runs an event in it is told by its broken connection."""
        kill_group(self._process.pid)

    async def kill(self) -> int:
        """End the process and give its exit status, as `subprocess` counts it."""
        if self.is_alive:
            kill_group(self._process.pid)
        self._writer.close()
        status = await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, self._process.wait))
        self._guard.release(self._process.pid)
        return status

    def _as_message(self, invocation: Invocation, deadline: float) -> dict[str, Any]:
        return {
            "requestId": invocation.request_id,
            "event": invocation.event,
            "arn": invocation.invoked_arn,
            "clientContext": invocation.client_context,
            "deadline": deadline,
            "clockOffset": self._clock.offset_seconds,
            "clockPace": self._clock.pace,
        }

    def _send(self, message: Mapping[str, Any]) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def _wait_until_ready(self) -> None:
        try:
            said = await asyncio.wait_for(self._receive(), INIT_LIMIT_SECONDS)
        except TimeoutError:
            message = f"Error: Runtime did not start within {INIT_LIMIT_SECONDS:.0f} seconds"
            raise FunctionError({"errorType": "Sandbox.Timedout", "errorMessage": message}) from None
        except ConnectionError:
            raise FunctionError(_exited("init", await self.kill())) from None
        if "failed" in said:
            raise FunctionError(said["failed"])

    async def _reply_before(self, deadline: float, told: float) -> dict[str, Any]:
        """The answer, unless the stack's clock passes the deadline first: then `TimeoutError`."""
        reply = asyncio.ensure_future(self._receive())
        time_is_up = asyncio.ensure_future(self._follow_clock(deadline, told))
        try:
            await asyncio.wait({reply, time_is_up}, return_when=asyncio.FIRST_COMPLETED)
            if not reply.done():
                raise TimeoutError
            return reply.result()
        finally:
            reply.cancel()
            time_is_up.cancel()

    async def _follow_clock(self, deadline: float, told: float) -> None:
        """Pass on every move of the stack's clock since it was told, until the deadline has come."""
        while (left := deadline - self._clock.now()) > 0:
            if self._clock.offset_seconds != told:
                told = self._clock.offset_seconds
                self._send({"clockOffset": told})
            await self._clock.sleep(min(left, _CLOCK_STEP_SECONDS))

    async def _receive(self) -> dict[str, Any]:
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise ConnectionResetError("the worker is gone")
        message: dict[str, Any] = json.loads(line)
        return message


@contextlib.contextmanager
def faults_as_errors() -> Iterator[None]:
    """What this machine refuses (no process, no file, a broken line) fails the invocation, as Lambda's sandbox would.

    So the event is tried again and at last kept; any other exception would lose it.
    """
    try:
        yield
    except (OSError, ValueError) as fault:
        message = f"{type(fault).__name__}: {fault}"
        raise FunctionError({"errorType": "Sandbox.Fault", "errorMessage": message}) from fault


def _spawn(
    theirs: socket.socket, *, variables: Mapping[str, str], folder: Path, log_file: Path
) -> subprocess.Popen[bytes]:
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "local.worker", str(theirs.fileno())],
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[theirs.fileno()],
            process_group=0,  # Ctrl-C in the terminal is for the stack, which then ends its workers
        )


def variables_of(
    function: Function, *, root: Path, origin: str, access_key: str, extra: Mapping[str, str]
) -> dict[str, str]:
    """The environment variables of a worker: the template's, Lambda's own, and the way to the emulated services."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    _, _, _, region, _, _, _ = function.arn.split(":")
    return {
        **kept,
        "PYTHONPATH": str(root),
        "PYTHONUTF8": "1",
        "TZ": ":UTC",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_ENDPOINT_URL": origin,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": access_key,
        "LAMBDA_TASK_ROOT": str(root),
        "_HANDLER": function.handler,
        **function.environment,
        **extra,
    }


def _timed_out(request_id: str, seconds: float) -> dict[str, str]:
    message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    return {"errorType": "Sandbox.Timedout", "errorMessage": message}


def _exited(request_id: str, status: int) -> dict[str, str]:
    how = f"signal: {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    message = f"RequestId: {request_id} Error: Runtime exited with error: {how}"
    return {"errorType": "Runtime.ExitError", "errorMessage": message}
