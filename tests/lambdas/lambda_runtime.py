"""What Lambda's Python runtime does with a handler, in a process of its own; the child of `functions.Function`.

Events come as lines of JSON on stdin, answers go as lines of JSON to the descriptor given as argument. stdout and
stderr are the function's log, where an error is written as awslambdaric 4.2 writes it: the type, the message and the
places of the outermost error, not those of its causes.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Handler = Callable[[Any, Any], Any]


class QuickClock:
    """Wall time, but nobody waits: a sleep moves the clock instead, as the laptop stack does in tests."""

    def __init__(self) -> None:
        self._ahead_seconds = 0.0

    def now(self) -> float:
        return time.time() + self._ahead_seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(seconds)

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead_seconds

    def sleep(self, seconds: float) -> None:
        self._ahead_seconds += seconds


@dataclass(frozen=True)
class Context:
    """The context object, as far as anybody here reads it."""

    aws_request_id: str
    ends_at: float
    clock: QuickClock
    function_name: str = "function"
    function_version: str = "1"
    memory_limit_in_mb: str = "512"
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:000000000000:function:function"
    log_group_name: str = "/aws/lambda/function"
    log_stream_name: str = "stream"
    client_context: None = None
    identity: None = None

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.ends_at - self.clock.now()) * 1000))


def main() -> None:
    with os.fdopen(int(sys.argv[1]), "w") as answers:
        try:
            handler = find(os.environ["_HANDLER"])
        except Exception as error:
            log(error)
            sys.exit(1)
        print(json.dumps({"ready": sorted(sys.modules)}), file=answers, flush=True)
        for number, line in enumerate(sys.stdin):
            print(json.dumps(answer(handler, line, number)), file=answers, flush=True)


def find(path: str) -> Handler:
    module, _, function = path.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), function)
    return handler


def answer(handler: Handler, line: str, number: int) -> dict[str, Any]:
    timeout_seconds = float(os.environ["TIMEOUT_SECONDS"])
    context = Context(aws_request_id=f"request-{number}", ends_at=time.time() + timeout_seconds, clock=QuickClock())
    try:
        return {"result": handler(json.loads(line), context)}
    except Exception as error:
        log(error)
        return {"error": {"errorType": type(error).__name__, "errorMessage": str(error)}}
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def log(error: Exception) -> None:
    places = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
    print(f"[ERROR] {type(error).__name__}: {error}\nTraceback (most recent call last):\n{places}", flush=True)


if __name__ == "__main__":
    main()
