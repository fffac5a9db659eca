"""A program for AgentCore Runtime that does what its payload says, for the tests of the machinery around it."""

from __future__ import annotations

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._begin(200, "application/json")
        self.wfile.write(b'{"status": "Healthy"}')

    def do_POST(self) -> None:
        asked: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        match asked["do"]:
            case "tell":
                self._begin(200, "application/json")
                told = {
                    "pid": os.getpid(),
                    "environment": dict(os.environ),
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                }
                self.wfile.write(json.dumps(told).encode())
            case "stream":
                self._begin(200, "text/event-stream")
                self._say(1)
                if "until" in asked:
                    Path(asked["until"]).read_bytes()  # a pipe: reading waits until the test writes
                self._say(2)
                self._say(3)
            case "refuse":
                self._begin(500, "application/json")
            case "die":
                os._exit(3)
            case "die midway":
                self._begin(200, "text/event-stream", length=10_000)
                self._say(1)
                os._exit(3)

    def _begin(self, status: int, content_type: str, *, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _say(self, number: int) -> None:
        self.wfile.write(f'data: {{"text": "{number}"}}\n\n'.encode())
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class names it so)
        """Says nothing of its own."""


if __name__ == "__main__":
    if os.environ.get("BROKEN"):
        sys.exit("the team cannot be read")
    ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Answers).serve_forever()
