"""One execution environment of a Lambda function: a child process that runs one event at a time.

It is started as `python -m local.worker`, speaks JSON lines over a socket of its own (stdout stays the function's), and
imports the standard library only, so that a function sees no more of the laptop stack than it would see of AWS.

To the worker:   {"invoke": {"requestId", "event", "arn", "deadline", "clientContext", "clockOffset",
                            "clockPace"}}
                 {"clockOffset": seconds}                       the stack's clock was moved while an event runs
From the worker: {"ready": true} | {"failed": payload}          after the handler's module was imported, or was not
                 {"result": text} | {"error": payload}          `text` is the handler's answer as JSON
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import queue
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Handler = Callable[[Any, Any], Any]
LOOK_AT_THE_CLOCK_SECONDS = 0.05
"""Nobody wakes whoever waits for an event when the clock is moved."""


class StackClock:
    """The stack's clock as a function sees it: wall time at the stack's pace, plus an offset.

    A test may move the offset while an event runs.
    """

    def __init__(self) -> None:
        self.pace = 1.0
        self._offset_seconds = 0.0
        self._moved = threading.Condition()

    def move_to(self, offset_seconds: float) -> None:
        with self._moved:
            self._offset_seconds = offset_seconds
            self._moved.notify_all()

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() * self.pace + self._offset_seconds

    def monotonic(self) -> float:
        """Seconds that only grow."""
        return time.monotonic() * self.pace + self._offset_seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """As `Event.wait`, but until this clock has moved on by so much."""
        until = self.monotonic() + seconds
        while (left := until - self.monotonic()) > 0:
            if event.wait(min(left / self.pace, LOOK_AT_THE_CLOCK_SECONDS)):
                return True
        return event.is_set()

    def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        with self._moved:
            while (left := until - self.monotonic()) > 0:
                self._moved.wait(left / self.pace)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientContext:
    """What the invoker told about itself, as Lambda's Python runtime gives it: attributes, no mapping."""

    custom: Mapping[str, Any] | None
    env: Mapping[str, Any] | None
    client: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The context object of Lambda's Python runtime, with the stack's clock added."""

    aws_request_id: str
    function_name: str
    function_version: str
    memory_limit_in_mb: str
    invoked_function_arn: str
    log_group_name: str
    log_stream_name: str
    client_context: ClientContext | None
    clock: StackClock
    deadline: float
    identity: None = None

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - self.clock.now()) * 1000))


class Line:
    """The connection to the stack, one JSON value a line."""

    def __init__(self, connection: socket.socket) -> None:
        self._reader = connection.makefile("r", encoding="utf-8")
        self._connection = connection

    def send(self, message: Mapping[str, Any]) -> None:
        self._connection.sendall(json.dumps(message).encode() + b"\n")

    def receive(self) -> dict[str, Any] | None:
        """The next message, or `None` when the stack is gone."""
        line = self._reader.readline()
        if not line:
            return None
        message: dict[str, Any] = json.loads(line)
        return message

    def close(self) -> None:
        self._reader.close()


def main() -> None:
    connection = socket.socket(fileno=int(sys.argv[1]))
    connection.set_inheritable(False)
    line = Line(connection)
    try:
        handler = import_handler(os.environ["_HANDLER"])
    except Exception as error:
        line.send({"failed": import_error_payload(os.environ["_HANDLER"], error)})
        logging.error("%s", told(error))  # noqa: TRY400  (it would tell the whole chain)
        raise SystemExit(1) from None
    line.send({"ready": True})
    serve(line, handler)


def serve(line: Line, handler: Handler) -> None:
    """Run events until the stack is gone. Reading has its own thread, so that the clock moves while an event runs."""
    clock = StackClock()
    events: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=read_line, args=(line, clock, events), daemon=True).start()
    while True:
        line.send(run(handler, events.get(), clock))


def read_line(line: Line, clock: StackClock, events: queue.Queue[dict[str, Any]]) -> None:
    while (message := line.receive()) is not None:
        if "clockOffset" in message:
            clock.move_to(message["clockOffset"])
        if "invoke" in message:
            clock.pace = message["invoke"]["clockPace"]
            clock.move_to(message["invoke"]["clockOffset"])
            events.put(message["invoke"])
    os._exit(0)  # the stack is gone; a running event must not outlive it


def run(handler: Handler, invocation: Mapping[str, Any], clock: StackClock) -> dict[str, Any]:
    """One event, and the answer or Lambda's error payload."""
    try:
        answer = handler(invocation["event"], context_of(invocation, clock))
    except Exception as error:
        logging.error("%s", told(error))  # noqa: TRY400  (it would tell the whole chain)
        return {"error": error_payload(error)}
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return marshal(answer)


def marshal(answer: Any) -> dict[str, Any]:
    try:
        return {"result": json.dumps(answer)}
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return {"error": {"errorMessage": message, "errorType": "Runtime.MarshalError", "stackTrace": []}}


def context_of(invocation: Mapping[str, Any], clock: StackClock) -> Context:
    name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    return Context(
        aws_request_id=invocation["requestId"],
        function_name=name,
        function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        memory_limit_in_mb=os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        invoked_function_arn=invocation["arn"],
        log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        client_context=client_context_of(invocation["clientContext"]),
        clock=clock,
        deadline=invocation["deadline"],
    )


def client_context_of(told: Mapping[str, Any] | None) -> ClientContext | None:
    if told is None:
        return None
    return ClientContext(custom=told.get("custom"), env=told.get("env"), client=told.get("client"))


def import_handler(path: str) -> Handler:
    """`package.module.function`, imported as Lambda does."""
    module, _, function = path.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), function)
    return handler


def told(error: BaseException) -> str:
    """An error for the log: type, message and stack, but not what caused it, as Lambda's runtime logs it."""
    return "".join(traceback.format_exception(error, chain=False)).rstrip()


def error_payload(error: BaseException) -> dict[str, Any]:
    """What Lambda answers when a Python function raises."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": [line for line in traceback.format_list(frames) if __file__ not in line],
    }


def import_error_payload(path: str, error: Exception) -> dict[str, Any]:
    """What Lambda answers when the handler's module cannot be imported or has no such function."""
    module, _, function = path.rpartition(".")
    payload = error_payload(error)
    if isinstance(error, ImportError):
        payload |= {
            "errorType": "Runtime.ImportModuleError",
            "errorMessage": f"Unable to import module '{module}': {error}",
        }
    elif isinstance(error, SyntaxError):
        payload |= {
            "errorType": "Runtime.UserCodeSyntaxError",
            "errorMessage": f"Syntax error in module '{module}': {error}",
        }
    elif isinstance(error, AttributeError) and not hasattr(sys.modules.get(module), function):
        missing = f"Handler '{function}' missing on module '{module}'"
        payload |= {"errorType": "Runtime.HandlerNotFound", "errorMessage": missing}
    return payload


if __name__ == "__main__":
    main()
