"""A Lambda function in a process of its own, with a meter: `python -m benchmarks.function_process <descriptor>`.

Events come as lines of JSON on stdin; the answer to each goes as a line of JSON to the descriptor, with the moments at
which the SDK began and ended each call, and the CPU time that the process and the calling thread had used by then. The
SDK tells them itself, by its events, so that the function is not touched.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import botocore
from botocore.session import Session

TIMEOUT_SECONDS = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What Lambda's Python runtime hands to a handler."""

    aws_request_id: str
    ends_at: float
    function_name: str = "function"
    function_version: str = "1"
    memory_limit_in_mb: str = "512"
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:000000000000:function:function"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.ends_at - time.time()) * 1000))


class Meter:
    """Notes the moments of one event."""

    def __init__(self) -> None:
        self.marks: list[dict[str, Any]] = []

    def watch(self, session: Session) -> None:
        session.register("provide-client-params", self._noter("begun"))
        session.register("after-call", self._noter("ended"))
        session.register("after-call-error", self._noter("ended"))

    def note(self, what: str, operation: str = "") -> None:
        self.marks.append(
            {
                "what": what,
                "operation": operation,
                "at": time.monotonic(),
                "process_cpu": time.process_time(),
                "thread_cpu": time.thread_time(),
                "thread": threading.get_ident(),
            }
        )

    def take(self) -> list[dict[str, Any]]:
        taken, self.marks = self.marks, []
        return taken

    def _noter(self, what: str) -> Callable[..., None]:
        def note(event_name: str, **_: Any) -> None:
            self.note(what, event_name.rpartition(".")[2])

        return note


def main() -> None:
    meter = Meter()
    botocore.register_initializer(meter.watch)
    module, _, function = os.environ["_HANDLER"].rpartition(".")
    handler = getattr(importlib.import_module(module), function)
    with os.fdopen(int(sys.argv[1]), "w") as answers:
        print(json.dumps({"ready": True}), file=answers, flush=True)
        for number, line in enumerate(sys.stdin):
            event = json.loads(line)
            context = Context(aws_request_id=f"request-{number}", ends_at=time.time() + TIMEOUT_SECONDS)
            meter.note("invoked")
            result = handler(event, context)
            meter.note("returned")
            print(json.dumps({"result": result, "marks": meter.take()}), file=answers, flush=True)


if __name__ == "__main__":
    main()
